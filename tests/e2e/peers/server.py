"""What the authoritative servers beside dnsbld have in common: each is started in the foreground,
in a folder of its own, on a free port of loopback, as `nobody` where root starts it.

    Knot(folder, ZONE).follow(port, key)           a secondary of the primary on that port
    Knot(folder, ZONE).serve(file, key, notify)    a primary of a zone file, which tells that port

How each is made a secondary is what README.md shows under "Adding a mirror": the files of
tests/data/mirrors, in which only addresses, the zone's name and the secret are an example's.
"""

import base64
import os
import re
import signal

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from dnsbld import REPOSITORY
from ports import free_port
from process import Process, await_until
from signing import Key

EXAMPLES = REPOSITORY / "tests/data/mirrors"
EXAMPLE_ZONE = "dnsbl.example.org"
EXAMPLE_PRIMARY = "192.0.2.1"
KEY = Key("mirror", "hmac-sha256", "bWFrZSBvbmUgYnkgZmVlZGVyIGtleWdlbiBtaXJyb3I=")


def example(name, zone, port, key=KEY):
    """README's configuration of that server, as the secondary of the primary on `port`."""
    text = (EXAMPLES / name).read_text()
    for between in ("@", ":", " port "):
        text = text.replace(f"{EXAMPLE_PRIMARY}{between}53", f"127.0.0.1{between}{port}")
    text = text.replace(EXAMPLE_PRIMARY, "127.0.0.1").replace(EXAMPLE_ZONE, zone)
    # But for the name of dnsbld's own section.
    return re.sub(rf"\b{KEY.name}\b(?! {{)", key.name, text.replace(secret(KEY), secret(key)))


def secret(key):
    return base64.b64encode(key.secret).decode()


def user():
    """Who runs it: `nobody` where root starts it, else the caller."""
    return "nobody" if os.geteuid() == 0 else ""


class Server:
    patience = 60       # seconds until the zone has to be served
    signs = True

    def __init__(self, folder, zone):
        self.folder, self.zone = folder, zone
        self.port = self.notify_port = free_port()
        self.starts = 0
        self.argv = self.env = self.process = None
        os.chmod(folder, 0o777)

    def start(self, argv=None):
        """With the words of the last start where none are given; does not wait for the zone."""
        self.argv = argv or self.argv
        self.starts += 1
        self.process = Process(self.argv, self.folder / f"log.{self.starts}", env=self.env)
        return self

    def ask(self, name, rdtype="A", tcp=False, timeout=5, **options):
        query = dns.message.make_query(name, rdtype, **options)
        query.flags = 0
        over = dns.query.tcp if tcp else dns.query.udp
        return over(query, "127.0.0.1", port=self.port, timeout=timeout)

    def serial(self):
        """Of the zone that it serves; None while it serves none."""
        if not self.process.running():
            raise AssertionError(f"{self.process.name} ended:\n{self.text()[-4000:]}")
        try:
            answer = self.ask(self.zone, "SOA", timeout=1)
        except (dns.exception.DNSException, OSError):
            return None
        found = [rd.serial for rrset in answer.answer for rd in rrset
                 if rrset.rdtype == dns.rdatatype.SOA]
        return found[0] if found and answer.rcode() == dns.rcode.NOERROR else None

    def await_serial(self, serial=None, deadline=None):
        """Until it serves the zone, with this serial where one is given. Returns the serial."""
        def served():
            now = self.serial()
            return now if now is not None and serial in (None, now) else None

        return await_until(served, lambda: (
            f"{self.process.name} serves {self.zone} {serial or ''}, not {self.serial()}:\n"
            f"{self.text()[-4000:]}"), deadline or self.patience, every=0.05)

    def reload(self, text):
        """A primary's zone file is `text` now."""
        before = self.file.stat().st_mtime
        self.file.write_text(text)
        self.reload_written(before)

    def reload_written(self, before):
        """The file has been written; `before` is when it had been. Some compare whole seconds."""
        now = self.file.stat().st_mtime
        if int(now) <= int(before):
            os.utime(self.file, (before + 1, before + 1))
        self.process.send(signal.SIGHUP)

    def text(self):
        return self.process.text()

    def running(self):
        return self.process is not None and self.process.running()

    def stop(self):
        if self.process:
            self.process.stop()

    def kill(self):
        """As a crash would end it."""
        self.process.stop(signal.SIGKILL)
