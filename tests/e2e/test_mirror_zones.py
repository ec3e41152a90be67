"""dnsbld as the mirror of zones that others made: Knot, BIND and NSD serve a zone file, and the
mirror of each is asked the same questions, after a full transfer and after differences. No answer
differs in what a mail server sees.

The zones have what RFC 4592 is about: wildcards below wildcards, names that cut holes into them
because they exist, be it with other types or as empty non-terminals, wildcards of single digits
that stand for IPv4 and IPv6; sets of A and TXT; names that are no address; hosts.

Names are drawn in few places, so that they meet. A record is (owner, type, rdata), owners without
the zone; the last change of a zone is a set of them that came or went.
"""

import ipaddress
import random

import pytest

from asker import A, TXT, ask_all
from lists import LONG, random_in
from names import labels, reversed_name
from peers.bind import Bind
from peers.knot import Knot
from peers.mirror import Mirror
from peers.nsd import Nsd
from peers.server import KEY
from wire import section

ZONE = "dnsbl.example.org"
SEEDS = range(1, 9) if LONG else (1,)
CHANGES = 8 if LONG else 3
ASKED = 4000 if LONG else 1500
OWN = ((ZONE, "SOA"), (ZONE, "NS"), (ZONE, "A"), (ZONE, "AAAA"), (f"www.{ZONE}", "A"),
       (f"www.{ZONE}", "AAAA"), (f"ns1.{ZONE}", "A"))

# Places to draw in: owner labels from the apex on, and how many more there may be.
PLACES4 = ("5.6.7", "5.6.8", "5.6", "9.8", "20", "1.0.0", "2.0.0", "200.1.2")
PLACES6 = ("2001:db8::/32", "2001:db8:0:1::/64", "2001:db8::/124", "5678::/16", "2a00::/12")
TEXTS = ("a", "b", "listed {ip}", "see {ip}, and 5.6.7.0/24", "{{ip}}", "\\\\ \\\"", "z" * 200, "\\195\\169")

HANDMADE = """
*.7.6.5 A 127.0.0.2
*.7.6.5 TXT "all of 5.6.7.0/24"
9.7.6.5 A 127.0.0.4
9.7.6.5 TXT "5.6.7.9 itself"
10.7.6.5 TXT "exists, and has no A"
11.7.6.5 MX 10 mail.example.
below.12.7.6.5 A 127.0.0.9
*.13.7.6.5 A 127.0.0.9
*.6.5 A 127.0.0.3
below.200.6.5 TXT "so 5.6.200.0/24 exists"
*.9 A 127.0.0.5
1.1.9.9 A 127.0.0.6
*.8.b.d.0.1.0.0.2 A 127.0.0.2
*.8.b.d.0.1.0.0.2 TXT "2001:db8::/32"
1.0.0.0.8.b.d.0.1.0.0.2 TXT "a hole of 2001:db8:1000::/48"
*.0.0.2 A 127.0.0.7
1.0.0.2 A 127.0.0.8
*.3 A 127.0.0.10
1.2.3.4 A 127.0.0.2
1.2.3.4 A 127.0.0.3
1.2.3.4 A 127.0.0.4
1.2.3.4 TXT "one"
1.2.3.4 TXT "two"
2.2.3.4 A 127.0.0.2
2.2.3.4 TXT "no {ip} of ours, 4.3.2.2 it is"
3.2.3.4 A 10.1.2.3
4.2.3.4 A 127.0.0.2
4.2.3.4 A 192.0.2.1
2.0.0.127 A 127.0.0.2
2.0.0.127 TXT "test"
www A 192.0.2.80
www AAAA 2001:db8::80
www TXT "a host"
ns1 A 192.0.2.53
_dmarc TXT "v=DMARC1"
a.b.c A 192.0.2.99
sub NS ns.example.
@ A 192.0.2.1
@ AAAA 2001:db8::1
@ MX 10 mail.example.
@ TXT "a list"
"""


class ZoneFile:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.serial = 100
        self.records = {tuple(line.split(" ", 2)) for line in HANDMADE.strip().splitlines()}
        for _ in range(400):
            self.put(self.draw())

    def text(self):
        head = (f"$ORIGIN {ZONE}.\n$TTL 300\n@ SOA ns1 hostmaster {self.serial} 600 300 86400 60\n"
                "@ NS ns1\n@ NS ns2.example.\n")
        return head + "".join(" ".join(r) + "\n" for r in sorted(self.records))

    def put(self, new):
        owner = next(iter(new))[0]
        self.records = {r for r in self.records if r[0] != owner} | new

    def draw(self):
        """The records of one owner."""
        owner = self.owner()
        # An owner has one set of A, whose texts are no more than its codes.
        codes = self.random.sample(range(2, 12), self.random.choice((1, 1, 1, 2, 3)))
        kind = self.random.random()
        if kind < 0.08:
            return {(owner, "TXT", '"no address"')}
        if kind < 0.14:
            return {("mail." + owner.removeprefix("*."), "A", "127.0.0.2")}
        texts = self.random.sample(TEXTS, self.random.randint(0, len(codes)))
        return ({(owner, "A", f"127.0.0.{c}") for c in codes}
                | {(owner, "TXT", f'"{t.replace("{ip}", self.said(owner))}"') for t in texts})

    @staticmethod
    def said(owner):
        """The address of an owner; for a wildcard something of the kind."""
        parts = owner.removeprefix("*.").split(".")[::-1]
        return ".".join(parts) if len(parts) <= 4 else ":".join(parts)

    def owner(self):
        if self.random.random() < 0.55:
            parts = self.random.choice(PLACES4).split(".")
            while len(parts) < 4:
                if len(parts) > 1 and self.random.random() < 0.12:
                    parts.append("*")
                    break
                parts.append(str(self.random.choice((0, 1, 2, 9, self.random.randrange(256)))))
        else:
            place = ipaddress.ip_network(self.random.choice(PLACES6))
            parts = labels(random_in(self.random, place))[::-1]
            if self.random.random() < 0.4:
                cut = self.random.randint(max(4, place.prefixlen // 4), 31)
                parts = parts[:cut] + ["*"]
        return ".".join(parts[::-1])

    def change(self):
        """Some owners go, some come, some have something else."""
        self.serial += 1
        owners = sorted({r[0] for r in self.records} - {"@", "www", "ns1", "sub"})
        gone = set(self.random.sample(owners, self.random.choice((1, 5, 60))))
        self.records = {r for r in self.records if r[0] not in gone}
        for _ in range(self.random.choice((1, 5, 60))):
            self.put(self.draw())

    def addresses(self, count):
        """At, around and below the owners there are, and anywhere."""
        networks = [n for n in map(covered, {r[0] for r in self.records}) if n]
        found = set()
        for n in self.random.choices(sorted(networks, key=lambda n: (n.version, n)), k=count):
            kind = type(n.network_address)
            first, last = int(n.network_address), int(n.broadcast_address)
            found |= {kind(first), kind(last), random_in(self.random, n)}
            found |= {kind(a) for a in (first - 1, last + 1) if 0 <= a < 1 << n.max_prefixlen}
        return sorted(found, key=lambda a: (a.version, a))


def covered(owner):
    """The network that an owner's labels stand for; None where they stand for none."""
    parts = owner.split(".")[::-1]
    if parts[-1] == "*":
        parts.pop()
    if all(p.isdigit() and int(p) < 256 for p in parts) and len(parts) <= 4:
        address = ".".join(parts + ["0"] * (4 - len(parts)))
        return ipaddress.ip_network(f"{address}/{8 * len(parts)}")
    if all(p in "0123456789abcdef" for p in parts) and len(parts) <= 32:
        return ipaddress.ip_network((int("".join(parts).ljust(32, "0"), 16), 4 * len(parts)))
    return None


def seen(a, txt):
    """What a mail server sees of an address: its codes; and where there is one, the texts."""
    codes = tuple(r for r in a[2] if r[2][:3] == b"\x7f\0\0" and r[2][3] not in (0, 1, 255))
    return codes, txt[2] if codes else ()


def differing(primary, mirror, zone_file):
    asked = zone_file.addresses(ASKED)
    questions = [(reversed_name(a, ZONE), t) for a in asked for t in (A, TXT)]
    theirs, ours = (ask_all(s.port, questions) for s in (primary, mirror))
    found = []
    for i, address in enumerate(asked):
        if address in (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::ffff:7f00:1")):
            continue
        at = slice(2 * i, 2 * i + 2)
        if seen(*theirs[at]) != seen(*ours[at]):
            found.append((address, theirs[at], ours[at]))
    listed = sum(bool(answer[2]) for answer in ours[::2])
    assert 0 < listed < len(asked)
    return found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [Knot, Bind, Nsd])
def test_a_mirror_answers_as_its_primary(make_folder, kind, seed):
    zone_file = ZoneFile(seed)
    folder = make_folder()
    file = folder / "zone"
    file.write_text(zone_file.text())
    file.chmod(0o644)
    mirror = Mirror(make_folder(), ZONE)
    primary = kind(folder, ZONE)
    try:
        primary.serve(file, KEY, mirror.notify_port).await_serial(zone_file.serial)
        mirror.follow(primary.port, KEY).await_serial(zone_file.serial)
        assert differing(primary, mirror, zone_file)[:3] == []
        for name, rdtype in OWN:
            theirs, ours = (section(s.ask(name, rdtype).answer) for s in (primary, mirror))
            assert theirs == ours != {}
        for _ in range(CHANGES):
            zone_file.change()
            primary.reload(zone_file.text())
            mirror.await_serial(zone_file.serial)
            assert differing(primary, mirror, zone_file)[:3] == []
        assert "differences" in mirror.text(), mirror.text()
        mirror.installation.feeder("check")
    finally:
        mirror.stop()
        primary.stop()
