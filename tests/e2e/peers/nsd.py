"""A real NSD that serves a zone file, in the foreground, with one config folder of its own."""

import os

import dns.exception
import dns.message
import dns.query
import dns.rcode

from ports import free_port
from process import Process, await_until, program

CONFIG = """
server:
    ip-address: 127.0.0.1@{port}
    server-count: 1
    username: "{user}"
    chroot: ""
    zonesdir: "{folder}"
    pidfile: "{folder}/nsd.pid"
    database: ""
    logfile: "{folder}/nsd.out"
    xfrdfile: "{folder}/xfrd.state"
    zonelistfile: "{folder}/zone.list"
    xfrdir: "{folder}"
    rrl-ratelimit: 0
    minimal-responses: no
remote-control:
    control-enable: no
zone:
    name: "{zone}"
    zonefile: "{file}"
"""


class Nsd:
    def __init__(self, folder, zone, file):
        self.zone = zone
        self.port = free_port()
        config = folder / "nsd.conf"
        user = "nobody" if os.geteuid() == 0 else ""
        config.write_text(CONFIG.format(folder=folder, zone=zone, file=file, port=self.port,
                                        user=user))
        os.chmod(folder, 0o777)
        self.process = Process([program("nsd"), "-d", "-c", config], folder / "nsd.log")
        await_until(self.loaded, lambda: "NSD serves " + zone + ": " + self.process.text(), 60)

    def loaded(self):
        if not self.process.running():
            raise AssertionError("NSD ended:\n" + self.process.text())
        try:
            answer = dns.query.udp(dns.message.make_query(self.zone, "SOA"), "127.0.0.1",
                                   port=self.port, timeout=2)
            return answer.rcode() == dns.rcode.NOERROR and answer.answer
        except (dns.exception.Timeout, OSError):
            return False

    def stop(self):
        self.process.stop()
