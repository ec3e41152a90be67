"""A transfer that takes as long as a thousand changes: the zone is that of its first moment, the
database does not grow by it, and nobody else waits.

The client's pace is that of the commits: it reads some kilobytes after each of them.
"""

import subprocess

import dns.query

from dnsbld import SUBLISTS, built, zone
from lists import LONG
from names import reversed_name
from packets import make
from transfers import Slow, empty, follow, is_export, plain_export, rows_of_zone, serial_of

ZONE = "dnsbl.example.org"
LISTINGS = 200_000
COMMITS = 3000 if LONG else 1000
OTHER = "small.example"


class Commits:
    """One change a call, each of which is on disk when it returns."""

    def __init__(self, server):
        self.feeder = subprocess.Popen(
            [built("feeder"), "-c", server.config, "add", "--stream", "--sublist", "relay", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.count = 0

    def add(self):
        """An address in a block of its own: the journal keeps whole blocks."""
        n, self.count = self.count, self.count + 1
        self.feeder.stdin.write(f"{64 + n // 250}.{n % 250}.0.1\n")
        assert self.feeder.stdout.readline() == f"committed {self.count}\n"

    def close(self):
        self.feeder.stdin.close()
        assert self.feeder.wait(30) == 0


def growth(server, what):
    """Octets by which the database grows."""
    before = server.stats()["db_bytes"]
    what()
    return server.stats()["db_bytes"] - before


def test_a_slow_transfer_holds_nothing_but_its_own_copy(install):
    server = install(SUBLISTS + zone(ZONE, 'transfer { allow = { "127.0.0.1" } }')
                     + zone(OTHER, 'sublists = { "hijacked" } transfer { allow = { "127.0.0.1" } }'))
    lines = "".join(f"{20 + n // 60000}.{n // 240 % 250}.{n % 240}.{n % 7 + 1}\n"
                    for n in range(LISTINGS))
    server.feeder("import", "--source", "feed", "--sublist", "relay", "-", input=lines)
    server.feeder("add", "192.0.2.1", "--sublist", "hijacked")
    server.start()
    commits = Commits(server)
    try:
        for _ in range(100):
            commits.add()
        alone = growth(server, lambda: [commits.add() for _ in range(500)])

        wanted = plain_export(server, ZONE)
        assert len(wanted) > 2 * LISTINGS
        client = Slow(server, make(f"1234 0000 0001 0000 0000 0000 n:{ZONE} 00fc 0001"))
        client.message()

        def meanwhile():
            for n in range(COMMITS):
                commits.add()
                client.read(4096)
                if n % 300 == 0:
                    others_are_served(server, commits)

        beside = growth(server, meanwhile)
        octets = sum(map(len, client.messages))
        rows = client.read_transfer()
        # It was not over before: more was left than buffers hold.
        assert sum(map(len, client.messages)) > octets + 1_000_000
    finally:
        commits.close()
    assert is_export(rows, wanted)
    # A snapshot that is held would keep each page that one of so many commits has written anew.
    assert beside < COMMITS / 500 * max(alone, 100_000) * 2
    copy = follow(server, empty(OTHER))
    assert serial_of(copy) and len(rows_of_zone(copy)) > 4


def others_are_served(server, commits):
    n = commits.count - 1
    name = reversed_name(f"{64 + n // 250}.{n % 250}.0.1", ZONE)
    for tcp in (False, True):
        assert server.codes(name, tcp=tcp, timeout=2) == ["127.0.0.2"]
    assert len(list(dns.query.xfr("127.0.0.1", OTHER, port=server.port, timeout=5))) == 1
