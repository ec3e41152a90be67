"""A real rbldnsd that serves one zone from one `combined` file, in the foreground."""

import os

import dns.exception
import dns.message
import dns.query
import dns.rcode

from ports import free_port
from process import Process, await_until, program


class Rbldnsd:
    def __init__(self, folder, zone, file):
        self.zone = zone
        self.port = free_port()
        os.chmod(folder, 0o755)
        argv = [program("rbldnsd"), "-n", "-b", f"127.0.0.1/{self.port}", "-w", str(folder), "-c",
                "0", f"{zone}:combined:{file}"]
        if os.geteuid() == 0:
            argv[1:1] = ["-u", "nobody"]
        self.process = Process(argv, folder / "rbldnsd.log")
        await_until(self.loaded, lambda: "rbldnsd serves " + zone + ": " + self.process.text(), 60)

    def loaded(self):
        """The test entry is in every export (RFC 5782 §5)."""
        if not self.process.running():
            raise AssertionError("rbldnsd ended:\n" + self.process.text())
        try:
            answer = dns.query.udp(dns.message.make_query("2.0.0.127." + self.zone, "A"),
                                   "127.0.0.1", port=self.port, timeout=2)
            return answer.rcode() == dns.rcode.NOERROR
        except (dns.exception.Timeout, OSError):
            return False

    def stop(self):
        self.process.stop()
