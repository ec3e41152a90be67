"""One installation of dnsbld: a folder with a config file and a database, feeder, and the server.

    Dnsbld(folder, BODY)  writes the config ─▶ feeder("init") ─▶ start() ─▶ ask() … ─▶ stop()

stop() is a check as well: a process that crashed would have been replaced without anybody noticing.

The config's head (database, listen, user, map_size) is written here, the sublists and zones come
from the test. As root the server drops to `nobody`, as an operator's would to an account of its
own; otherwise everything belongs to the caller. The folder therefore has to be one that nobody can
reach, which pytest's own temporary folders are not.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest

from ports import free_port, has_ipv6
from proc import children_of
from process import Process, absent

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("DNSBLD_BUILD", REPOSITORY / "build"))

SUBLISTS = """
sublist relay {
    code    = 2
    text    = "Open relay, see https://dnsbl.example.org/lookup?ip={ip}"
    expires = 30d
}
sublist hijacked {
    code    = 4
    text    = "Hijacked host, see https://dnsbl.example.org/lookup?ip={ip}"
    expires = 7d
}
sublist multihop {
    code    = 5
    text    = "Relays for an open relay, see https://dnsbl.example.org/lookup?ip={ip}"
    expires = 30d
}
sublist netblock {
    code    = 9
    text    = "Spammers' network, see https://dnsbl.example.org/lookup?ip={ip}"
    expires = 90d
}
"""


def zone(name, body="", ttl="5m", minimum="1m", ns='"ns1.example.net", "ns2.example.net"'):
    return f"""
zone "{name}" {{
    ns  = {{ {ns} }}
    ttl = {ttl}
    soa {{ mname = "ns1.example.net"  rname = "hostmaster.example.org"
          refresh = 10m  retry = 5m  expire = 1d  minimum = {minimum} }}
    {body}
}}
"""


def template(sublist, address):
    """The TXT that SUBLISTS makes for an address."""
    words = {"relay": "Open relay", "hijacked": "Hijacked host",
             "multihop": "Relays for an open relay", "netblock": "Spammers' network"}
    return f"{words[sublist]}, see https://dnsbl.example.org/lookup?ip={address}"


def built(name):
    path = BUILD / name
    if not os.access(path, os.X_OK):
        absent(f"{path} is not built")
    return str(path)


@contextlib.contextmanager
def freed_memory_is_free():
    """For a server that is started inside and whose memory is looked at: AddressSanitizer would
    keep for long what was freed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1")
        yield


class Dnsbld:
    ipv6 = has_ipv6()

    def __init__(self, folder, body, head=""):
        self.folder = Path(folder)
        self.port = free_port()
        self.config = self.folder / "dnsbld.conf"
        self.database = self.folder / "db"
        self.extra_head = head
        self.server = None
        self.starts = 0
        self.loses_processes = False    # a test that takes some away says True
        self.configure(body)

    def configure(self, body, config=None):
        """Write the config file, or one beside it."""
        listen = f'"127.0.0.1:{self.port}"' + (f', "[::1]:{self.port}"' if self.ipv6 else "")
        head = f'database = "db"\nlisten = {{ {listen} }}\n'
        if os.geteuid() == 0:
            head += 'user = "nobody"\n'
        for option, value in (("map_size", "1G"), ("workers", "2")):
            if f"{option} " not in self.extra_head:
                head += f"{option} = {value}\n"
        place = config or self.config
        text = head + self.extra_head + body
        place.write_text(text)
        # Or both programs refuse it.
        place.chmod(0o600 if "secret" in text else 0o644)
        return place

    def feeder(self, *words, status=0, input=None, config=None, **options):
        """Run feeder; anything but the expected exit status is a failure that shows its words."""
        argv = [built("feeder"), *map(str, words)]
        env = {**os.environ, "DNSBLD_CONF": str(config or self.config)}
        done = subprocess.run(argv, input=input, capture_output=True, text=True, timeout=120,
                              env=env, **options)
        if status is not None:
            assert done.returncode == status, (
                f"feeder {' '.join(map(str, words))}: exit {done.returncode}, expected {status}\n"
                f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done

    def init(self):
        self.feeder("init")
        return self

    def start(self):
        """The server, after its `ready:` line."""
        self.server = self.launch()
        self.server.await_line(r"ready: serving \d+ zones? on .*")
        return self

    def launch(self):
        """The server, whatever becomes of it."""
        self.starts += 1
        return Process([built("dnsbld"), "-c", self.config],
                       self.folder / f"dnsbld.{self.starts}.log")

    def stop(self, number=signal.SIGTERM):
        """The server's exit status; None where it does not run."""
        if self.server is None:
            return None
        server, self.server = self.server, None
        status = server.stop(number)
        lost = re.findall(r"^.*(?:replacing it|stands still).*$", server.text(), re.M)
        assert self.loses_processes or not lost, "\n".join(lost)
        assert not re.search(r"Sanitizer|runtime error", server.text()), server.text()[-8000:]
        return status

    def children(self):
        return children_of(self.server.pid)

    def ask(self, name, rdtype="A", tcp=False, address="127.0.0.1", timeout=5, **options):
        """One question, one datagram or connection, no repetition."""
        query = dns.message.make_query(name, rdtype, **options)
        query.flags = 0
        over = dns.query.tcp if tcp else dns.query.udp
        return over(query, address, port=self.port, timeout=timeout)

    def serial(self, zone):
        """The serial that it serves."""
        (rrset,) = self.ask(zone, "SOA").answer
        return rrset[0].serial

    def rcode(self, name, rdtype="A", **options):
        return dns.rcode.to_text(self.ask(name, rdtype, **options).rcode())

    def texts(self, name, **options):
        """What a TXT query brings, each record's strings joined, sorted."""
        return sorted(b"".join(rd.strings).decode()
                      for rrset in self.ask(name, "TXT", **options).answer for rd in rrset)

    def codes(self, name, **options):
        """The A records' values, sorted as numbers; [] where there are none."""
        found = [rd.address for rrset in self.ask(name, "A", **options).answer for rd in rrset]
        return sorted(found, key=lambda a: tuple(map(int, a.split("."))))

    def rows(self, *words):
        """What a verb shows with --json: one object a line."""
        return [json.loads(line) for line in self.feeder(*words, "--json").stdout.splitlines()]

    def stats(self):
        object, = self.rows("stats")
        return object

    def listed(self, **which):
        """The prefixes that are claimed, sorted as text; `which` are list's options."""
        words = [w for k, v in which.items() for w in ("--" + k, v)]
        return sorted(row["prefix"] for row in self.rows("list", *words))

    def everything(self):
        """All that a verb could have changed, to compare before and after."""
        stats = self.stats()
        return (self.rows("list"), self.rows("exclude", "list"), self.rows("audit"),
                self.rows("source", "list"), self.rows("access", "list"), stats["serials"], stats["changes"])
