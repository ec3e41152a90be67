"""A mirror answers a mail server as its primary does, whatever is in the zone: random zones full of
what RFC 4592 has rules for, on a real Knot, NSD and BIND, change and are followed by IXFR. For all
addresses around the names of a zone A and TXT are what the primary says of them, without what a
DNSBL cannot say; and a Knot that follows the mirror says it as well.

The short run draws a zone for each make of primary, DNSBLD_LONG=1 ten.
"""

import ipaddress
import random

import pytest

from agreement import Peers, meaning
from asker import A, TXT, ask_all
from dnsbld import built
from lists import LONG
from names import reversed_name
from peers.bind import Bind
from peers.knot import Knot
from peers.nsd import Nsd
from peers.server import KEY
from ports import free_port
from primary import ZONE
from process import Process, await_until

HEAD = f"""$ORIGIN {ZONE}.
$TTL 300
@ SOA ns1.example.net. hostmaster.example.org. {{serial}} 3600 600 86400 60
@ NS ns1.example.net.
"""
CNAME, DNAME = 5, 39
SEEDS = range(1, 11) if LONG else (1,)
CHANGES = 8 if LONG else 3
NAMES = 250

# Where names are: few, so that they nest. Single digits are IPv4 and IPv6 alike.
PLACES = ("192.0.2", "192.0", "192", "10.1", "2.0.0", "1.0", "20", "2.0.0.1.0.d.b.8",
          "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0", "2.a.0", "3")
DATA = ("A 127.0.0.2", "A 127.0.0.2", "A 127.0.0.4", "A 127.0.0.254", "A 127.0.0.9",
        "A 127.0.0.1", "A 127.0.0.255", "A 127.0.1.2", "A 192.0.2.1")
TEXTS = ("listed", "listed", "see {ip}", "is {own}", "{own}", "{own}1 {own} x{own}", "", r'a \"quote\"',
         r"\000 NUL", r"\255\001", "x" * 255, "192.0.2.0/24", "$ } {", "{", r"\123\125", 'two" "strings')
OTHERS = ('MX 10 mail.example.net.', 'AAAA 2001:db8::1', 'HINFO "a" "b"', 'TYPE65280 \\# 1 00')


class Zone:
    """Owners, as labels from the zone down, and their records."""

    def __init__(self, seed, wide):
        self.random = random.Random(seed)
        self.wide = wide
        self.names = {}
        while len(self.names) < NAMES:
            self.add()

    def labels(self):
        draw = self.random
        labels = draw.choice(PLACES).split(".")
        longest = 32 if len(labels) > 4 or labels[-1] in "abcdef" or draw.random() < 0.2 else 4
        labels = labels[:draw.randint(1, len(labels))] if draw.random() < 0.3 else labels
        digits = "0123f" if longest == 32 else ("0", "1", "2", "9", "10", "20", "100", "255")
        depth = draw.choice((longest, longest, draw.randint(len(labels), longest)))
        while len(labels) < depth:
            labels.append(draw.choice(digits))
        if draw.random() < 0.35:
            labels = labels[:draw.randint(1, max(1, len(labels) - 1))] + ["*"]
        if draw.random() < 0.1:
            labels.append(draw.choice(("foo", "01", "256", "*", "g", "-", r"\033")))
        return tuple(labels)

    def add(self):
        draw, labels = self.random, self.labels()
        narrow = labels[-1] != "*" or len(labels) > 4 or len(numbers_of(labels, 6)) < len(labels) - 1
        if labels == ("*",) or not (self.wide or narrow) or any(self.names.get(labels[:i], [""])[0].startswith("DNAME")
                                   for i in range(len(labels))):
            return
        kind = draw.random()
        if kind < 0.03:
            records = ["CNAME listed.example.net."]
        elif kind < 0.05 and "*" not in labels:
            records = ["NS ns.example.net."]
        elif kind < 0.06 and "*" not in labels and len(labels) > 2:
            records = ["DNAME example.net."]
            for below in [n for n in self.names if n[:len(labels)] == labels]:
                del self.names[below]
        else:
            own = text_of(labels)
            records = draw.choices(DATA, k=draw.choice((0, 1, 1, 1, 2, 3)))
            records += [f'TXT "{text.replace("{own}", own)}"'
                        for text in draw.choices(TEXTS, k=draw.choice((0, 1, 1, 1, 2, 3)))]
            records += draw.choices(OTHERS, k=draw.choice((0, 0, 0, 1)))
        self.names[labels] = sorted(set(records)) or ["A 127.0.0.2"]

    def change(self):
        for labels in self.random.sample(sorted(self.names), 20):
            self.names.pop(labels, None)
        while len(self.names) < NAMES:
            self.add()

    def file(self, serial):
        return HEAD.format(serial=serial) + "".join(
            f"{'.'.join(reversed(labels))} {record}\n"
            for labels, records in self.names.items() for record in records)

    def addresses(self):
        """At and beside all that names are of, and two inside."""
        found = set()
        for labels in self.names:
            for version, bits in ((4, 8), (6, 4)):
                for prefix in prefixes_of(labels, version, bits):
                    first, last = int(prefix[0]), int(prefix[-1])
                    found |= {(version, n) for n in (
                        first - 1, first, last, last + 1, *(self.random.randint(first, last)
                                                            for _ in range(2)))}
        make = {4: ipaddress.IPv4Address, 6: ipaddress.IPv6Address}
        return [make[version](n) for version, n in sorted(found) if 0 <= n < 2 ** (32 if version == 4
                                                                                  else 128)]


def numbers_of(labels, version):
    """Those before the first label that is none."""
    numbers = []
    for label in labels:
        if version == 6 and label not in tuple("0123456789abcdef"):
            break
        if version == 4 and not (label.isdigit() and str(int(label)) == label and int(label) < 256):
            break
        numbers.append(int(label, 16 if version == 6 else 10))
    return numbers[:4 if version == 4 else 32]


def prefixes_of(labels, version, bits):
    """Of the name, and of the one above it."""
    numbers = numbers_of(labels, version)
    whole = 32 if version == 4 else 128
    for count in range(max(1, len(numbers) - 1), len(numbers) + 1):
        value = 0
        for n in numbers[:count]:
            value = value << bits | n
        yield ipaddress.ip_network((value << (whole - bits * count), bits * count)) \
            if version == 6 else ipaddress.IPv4Network((value << (whole - bits * count), bits * count))


def text_of(labels):
    """The address that an owner is of, or anything."""
    for version, bits in ((4, 8), (6, 4)):
        numbers = numbers_of(labels, version)
        if len(numbers) == len(labels) == (4 if version == 4 else 32):
            value = 0
            for n in numbers:
                value = value << bits | n
            return str((ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address)(value))
    return "192.0.2.1"


def codes_and_texts(a, txt):
    """What a mail server sees in answers to A and TXT, as far as a DNSBL can say it."""
    said = []
    for _, authoritative, records in (a, txt):
        alias = any(rdtype in (CNAME, DNAME) for rdtype, _, _ in records)
        said.append([] if alias or not authoritative else [rdata for _, _, rdata in records])
    codes = [rdata[3] for rdata in said[0] if rdata[:3] == b"\x7f\0\0" and 2 <= rdata[3] <= 254]
    texts = [rdata[1:1 + rdata[0]] for rdata in said[1]]
    return sorted(codes), sorted(set(texts[:len(codes)]))


def ask(port, addresses):
    return ask_all(port, [(reversed_name(a, ZONE), t) for a in addresses for t in (A, TXT)])


class World:
    """A primary, dnsbld and its feeder mirror, and a Knot behind those."""

    def __init__(self, install, make_folder, make, seed, behind):
        self.zone = Zone(seed, wide=not behind)
        self.primary = make(make_folder(), ZONE)
        self.last = Peers(ZONE, make_folder)
        body, others = self.last.secondaries(*behind)
        self.port = free_port()
        self.server = install(f"""{others}
mirror {{
    listen = "127.0.0.1:{self.port}"
    zone "{ZONE}" {{ primaries = {{ "127.0.0.1:{self.primary.port}" }} {body} }}
}}
""")
        self.daemon = None
        self.file = self.primary.folder / "zone"

    def start(self):
        self.file.write_text(self.zone.file(1))
        self.file.chmod(0o644)
        self.primary.serve(self.file, notify=self.port).await_serial(1)
        self.server.start()
        self.daemon = Process([built("feeder"), "-c", self.server.config, "mirror"],
                              self.server.folder / "mirror.log")
        self.await_served(1)
        self.last.follow(self.server)

    def change(self, serial):
        self.zone.change()
        self.primary.reload(self.zone.file(serial))
        self.primary.await_serial(serial)
        self.await_served(serial)
        self.last.await_serials()

    def await_served(self, serial):
        def served():
            answer = self.server.ask(ZONE, "SOA").answer
            return answer and answer[0][0].serial == serial

        await_until(served, lambda: f"serial {serial} is served:\n{self.daemon.text()}")

    def check(self):
        addresses = self.zone.addresses()
        theirs = ask(self.primary.port, addresses)
        ours = ask(self.server.port, addresses)
        behind = [ask(peer.port, addresses) for peer in self.last.peers.values()]
        listed = 0
        for i, address in enumerate(addresses):
            pair = slice(2 * i, 2 * i + 2)
            wanted = codes_and_texts(*theirs[pair])
            assert codes_and_texts(*ours[pair]) == wanted, f"{address}, of its primary {theirs[pair]}"
            for answers in behind:
                one, other = ([meaning(a, address)[2] for a in some[pair]] for some in (ours, answers))
                assert one == other, f"{address}, behind the mirror {answers[pair]}"
            listed += wanted[0] != []
        assert len(addresses) / 20 < listed < len(addresses)

    def stop(self):
        self.primary.stop()
        self.last.stop()
        if self.daemon:
            assert self.daemon.stop() == 0


@pytest.fixture
def world(install, make_folder):
    made = []

    def make(*words):
        made.append(World(install, make_folder, *words))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def follow(w):
    w.start()
    w.check()
    for serial in range(2, 2 + CHANGES):
        w.change(serial)
        w.check()
    w.server.feeder("check")
    assert w.daemon.text().count(": differences") == CHANGES, w.daemon.text()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", [Knot, Nsd, Bind], ids=["knot", "nsd", "bind"])
def test_a_mirror_answers_as_its_primary_does(world, make, seed):
    follow(world(make, seed, ()))


@pytest.mark.parametrize("seed", SEEDS)
def test_who_follows_a_mirror_answers_as_it_does(world, seed):
    follow(world(Knot, seed, (Knot, Nsd, Bind)))
