"""A real NSD: a secondary, or the primary of a zone file."""

from peers.server import Server, example, secret, user
from process import program

HEAD = """
server:
    ip-address: 127.0.0.1@{port}
    server-count: 1
    username: "{user}"
    chroot: ""
    zonesdir: "{folder}"
    pidfile: "{folder}/nsd.pid"
    database: ""
    xfrdfile: "{folder}/xfrd.state"
    zonelistfile: "{folder}/zone.list"
    xfrdir: "{folder}"
    xfrd-reload-timeout: 0
    rrl-ratelimit: 0
    minimal-responses: no
    verbosity: 2
remote-control:
    control-enable: no
"""

KEY = """
key:
    name: "{name}"
    algorithm: {algorithm}
    secret: "{secret}"
"""

PRIMARY = """
zone:
    name: "{zone}"
    zonefile: "{file}"
    store-ixfr: yes
    create-ixfr: yes
    provide-xfr: 127.0.0.1 {key}
"""


class Nsd(Server):
    def follow(self, port, key):
        return self.launch(example("nsd.conf", self.zone, port, key))

    def serve(self, file, key=None, notify=None):
        self.file = file
        text, name = "", "NOKEY"
        if key:
            name = key.name
            text = KEY.format(name=name, algorithm=key.algorithm, secret=secret(key))
        text += PRIMARY.format(zone=self.zone, file=file, key=name)
        if notify:
            text += f"    notify: 127.0.0.1@{notify} {name}\n"
        return self.launch(text)

    def launch(self, text):
        config = self.folder / "nsd.conf"
        config.write_text(HEAD.format(folder=self.folder, port=self.port, user=user()) + text)
        return self.start([program("nsd"), "-d", "-c", config])
