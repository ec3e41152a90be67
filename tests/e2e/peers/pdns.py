"""A real PowerDNS as a secondary."""

import shutil
import subprocess

from peers.server import Server, example, user
from process import program

HEAD = """
local-address=127.0.0.1
local-port={port}
socket-dir={folder}
setuid={user}
setgid={group}
daemon=no
guardian=no
disable-syslog=yes
log-timestamp=yes
loglevel=6
security-poll-suffix=
xfr-cycle-interval=5
# What is asked while a transfer is committed may be answered so long from what was before it.
cache-ttl=1
query-cache-ttl=1
negquery-cache-ttl=1
"""


class Pdns(Server):
    def follow(self, port, key):
        config = self.folder / "pdns.conf"
        config.write_text(HEAD.format(port=self.port, folder=self.folder, user=user(),
                                      group="nogroup" if user() else "")
                          + self.here(example("pdns.conf", self.zone, port, key)))
        words = self.here(example("pdns.sh", self.zone, port, key))
        subprocess.run(["sh", "-eu", "-c", words.replace(
            "pdnsutil", f"{program('pdnsutil')} --config-dir={self.folder}")],
            check=True, capture_output=True, timeout=60)
        if user():
            for file in self.folder.iterdir():
                shutil.chown(file, user())
        return self.start([program("pdns_server"), f"--config-dir={self.folder}"])

    def here(self, text):
        return text.replace("/var/lib/powerdns", str(self.folder))
