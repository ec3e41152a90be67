"""A real Unbound as a secondary: an auth-zone that it also answers clients from."""

from peers.server import Server, example, user
from process import program

HEAD = """
server:
    interface: 127.0.0.1
    port: {port}
    access-control: 127.0.0.0/8 allow
    do-ip6: no
    do-daemonize: no
    username: "{user}"
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    verbosity: 2
    num-threads: 1
    module-config: "iterator"
    do-not-query-localhost: no
    root-hints: ""
    # Nothing but the zone, so that no packet leaves loopback.
    local-zone: "." static
    local-zone: "{zone}" transparent
remote-control:
    control-enable: no
"""


class UnboundAuth(Server):
    signs = False       # it has no TSIG

    def follow(self, port, _=None):
        config = self.folder / "unbound.conf"
        config.write_text(HEAD.format(folder=self.folder, port=self.port, user=user(),
                                      zone=self.zone)
                          + example("unbound.conf", self.zone, port))
        return self.start([program("unbound"), "-d", "-p", "-c", config])
