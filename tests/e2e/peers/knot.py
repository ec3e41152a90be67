"""A real Knot DNS: a secondary, or the primary of a zone file."""

from peers.server import KEY, Server, example, secret, user
from process import program

HEAD = """
server:
    rundir: {folder}
    user: "{user}"
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
        config.write_text(HEAD.format(folder=self.folder, port=self.port, user=user()) + text)
        return self.start([program("knotd"), "-c", config])
