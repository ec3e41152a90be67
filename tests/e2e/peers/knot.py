"""A real Knot DNS: a secondary, or the primary of a zone file."""

import re
import shutil
import signal
import subprocess

from peers.server import KEY, Server, example, secret, user
from process import program

HEAD = """
server:
    rundir: {folder}
    {user}
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {folder}
    journal-db-max-size: 256M
log:
  - target: stdout
    any: info
template:
  - id: default
    storage: {folder}
"""

PRIMARY = """
key:
  - id: {name}
    algorithm: {algorithm}
    secret: {secret}
remote:
  - id: secondary
    address: 127.0.0.1@{notify}
    {signed}
acl:
  - id: secondary
    address: 127.0.0.1
    {signed}
    action: transfer
zone:
  - domain: {zone}
    file: {file}
    acl: secondary
    {notified}
    zonefile-load: difference
    zonefile-sync: -1
"""


class Knot(Server):
    """Before 3.2.9 (Debian 12 has 3.2.6) its stack overflows on an IXFR in which some 2,500 names
    one after the other get one more record each, or lose one; its NEWS has it as "may crash when
    storing changeset of a big zone". Here it begins again then, with nothing."""
    overflows = 0

    def serial(self):
        if self.process.child.poll() == -signal.SIGSEGV and self.is_old():
            self.overflows += 1
            for name in ("journal", "timers"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / f"{self.zone}.zone").unlink(missing_ok=True)
            self.start()
        return super().serial()

    @staticmethod
    def is_old():
        said = subprocess.run([program("knotd"), "--version"], capture_output=True, text=True,
                              check=True)
        return tuple(map(int, re.findall(r"\d+", said.stdout)[:3])) < (3, 2, 9)

    def follow(self, port, key):
        return self.launch(example("knot.conf", self.zone, port, key))

    def serve(self, file, key=None, notify=None):
        self.file = file
        signed = f"key: {key.name}" if key else ""
        key = key or KEY        # is declared, and then not used
        return self.launch(PRIMARY.format(
            zone=self.zone, file=file, notify=notify or 1, name=key.name, algorithm=key.algorithm,
            secret=secret(key), signed=signed, notified="notify: secondary" if notify else ""))

    def launch(self, text):
        config = self.folder / "knot.conf"
        config.write_text(HEAD.format(folder=self.folder, port=self.port,
                                      user=f"user: {user()}" if user() else "") + text)
        return self.start([program("knotd"), "-c", config])
