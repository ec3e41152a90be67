"""Resolvers that load a response policy zone, and have a zone of names and a blocklist to ask.

    names.example (a zone file) ┐
    dnsbl.example.org (dnsbld)  ┴▶ BIND or Unbound ─▶ what the policy leaves of the answer
"""

import dns.exception
import dns.message
import dns.query

from ports import free_port
from process import Process, await_until, program

NAMED = """
options {{
    directory "{folder}";
    pid-file none;
    session-keyfile none;
    lock-file none;
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    recursion yes;
    dnssec-validation no;
    empty-zones-enable no;
    response-policy {{ zone "{policy}"; }};
}};
controls {{ }};
zone "." {{ type hint; file "/dev/null"; }};
zone "{policy}" {{ type primary; file "{policy_file}"; }};
zone "{names}" {{ type primary; file "{names_file}"; }};
zone "{blocklist}" {{ type forward; forward only; forwarders {{ 127.0.0.1 port {server_port}; }}; }};
"""

UNBOUND = """
server:
    interface: 127.0.0.1@{port}
    access-control: 127.0.0.0/8 allow
    do-ip6: no
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: "{folder}/unbound.pid"
    use-syslog: no
    logfile: ""
    module-config: "respip iterator"
    root-hints: ""
    do-not-query-localhost: no
rpz:
    name: "{policy}"
    zonefile: "{policy_file}"
auth-zone:
    name: "{names}"
    zonefile: "{names_file}"
    for-downstream: no
    for-upstream: yes
stub-zone:
    name: "{blocklist}"
    stub-addr: 127.0.0.1@{server_port}
remote-control:
    control-enable: no
"""


class Resolver:
    """`policy` and `names`: (zone, file); `blocklist`: (zone, port of its server). `ready`: a name
    that has an address all the same."""

    def __init__(self, folder, policy, names, blocklist, ready):
        self.port = free_port()
        config = folder / "resolver.conf"
        config.write_text(self.config.format(
            folder=folder, port=self.port, policy=policy[0], policy_file=policy[1],
            names=names[0], names_file=names[1],
            blocklist=blocklist[0], server_port=blocklist[1]))
        self.process = Process(self.argv(config), folder / "resolver.log")
        await_until(lambda: self.answers(ready), lambda: "ready: " + self.process.text(), 60)

    def answers(self, name):
        if not self.process.running():
            raise AssertionError("the resolver ended:\n" + self.process.text())
        try:
            return self.ask(name, "A", 0.5).answer
        except (dns.exception.Timeout, OSError):
            return False

    def ask(self, name, rdtype, timeout=5):
        return dns.query.udp(dns.message.make_query(name, rdtype), "127.0.0.1", port=self.port,
                             timeout=timeout)

    def stop(self):
        self.process.stop()


class Bind(Resolver):
    config = NAMED

    @staticmethod
    def argv(config):
        return [program("named"), "-g", "-n", "1", "-c", config]


class Unbound(Resolver):
    config = UNBOUND

    @staticmethod
    def argv(config):
        return [program("unbound"), "-d", "-p", "-c", config]
