"""A real Unbound as the mail servers' resolver, on port 53 of an address of its own in 127.77/16.

It minimises strictly (RFC 9156) and reaches dnsbld through a stub-zone: a forward-zone would switch
minimisation off. Everything else is a static local zone, so no packet leaves loopback, and the root
is a closed port besides. aggressive-nsec and validation are off: nothing but dnsbld's own answers
decides what a mail server is told.
"""

import dns.exception
import dns.message
import dns.query
import dns.rcode

from ports import free_address
from process import Process, await_until, program

CONFIG = """
server:
    interface: {address}@53
    access-control: 127.0.0.0/8 allow
    port: 53
    do-ip6: no
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: "{folder}/unbound.pid"
    use-syslog: no
    logfile: ""
    verbosity: 1
    num-threads: 1
    module-config: "iterator"
    qname-minimisation: yes
    qname-minimisation-strict: yes
    aggressive-nsec: no
    do-not-query-localhost: no
    cache-min-ttl: 0
    root-hints: ""
    local-zone: "." static
{local}
stub-zone:
    name: "."
    stub-addr: 127.0.0.1@1
{stubs}
remote-control:
    control-enable: no
"""


class Unbound:
    def __init__(self, folder, zones, server_port):
        """zones: the names to ask at 127.0.0.1 port server_port."""
        self.folder = folder
        self.address = free_address(53)
        config = folder / "unbound.conf"
        config.write_text(CONFIG.format(
            address=self.address, folder=folder,
            local="".join(f'    local-zone: "{z}" transparent\n    domain-insecure: "{z}"\n'
                          for z in zones),
            stubs="".join(f'stub-zone:\n    name: "{z}"\n    stub-addr: 127.0.0.1@{server_port}\n'
                          for z in zones)))
        self.process = Process([program("unbound"), "-d", "-p", "-c", config],
                               folder / "unbound.log")
        self.process.await_line("start of service")
        self.resolv_conf = folder / "resolv.conf"
        self.resolv_conf.write_text(f"nameserver {self.address}\noptions timeout:5 attempts:1\n")
        await_until(self.answers, "Unbound answers")

    def answers(self):
        """A name of its static zone: says that it listens, and asks nobody else."""
        try:
            return self.ask("ready.example", "A").rcode() == dns.rcode.NXDOMAIN
        except (dns.exception.Timeout, OSError):
            return False

    def ask(self, name, rdtype, timeout=5):
        query = dns.message.make_query(name, rdtype)
        return dns.query.udp(query, self.address, port=53, timeout=timeout)

    def stop(self):
        self.process.stop()
