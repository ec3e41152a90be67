"""rbldnsd's own files, imported, mean what they meant: dnsbld answers as rbldnsd does from the file.

    random file ─▶ rbldnsd          ┐
                ─▶ feeder import ─▶ ├─▶ the same questions ─▶ the same answers
                   dnsbld           ┘

An address has one text on a sublist here, where rbldnsd gives each of them; so a text goes with its
code and with the octet class of its entry.
"""

import ipaddress

import pytest

from agreement import meaning
from asker import A, TXT, ask_all
from dnsbld import zone
from lists import LONG, neighbours, random_in, rng
from names import reversed_name
from peers.rbldnsd import Rbldnsd

ZONE = "dnsbl.example.org"
SUBLISTS = "".join(f"sublist code{n} {{ code = {n} }}\n" for n in (2, 4, 5))
# What a file begins with: peers.rbldnsd waits for the test entry, and TTLs are compared.
HEAD = """$SOA 5m ns1.example.net hostmaster.example.org 1 10m 5m 1d 1m
$TTL 5m
$1 variable
$DATASET ip4set:test @
:2:
127.0.0.2
"""
NETWORKS = {4: ("64.16.0.0/14", 14), 6: ("2001:db8::/32", 32)}


def prefixes(random, version, count):
    """Nested more often than chance would have it."""
    outer, shortest = NETWORKS[version]
    outer = ipaddress.ip_network(outer)
    bits = outer.max_prefixlen
    made = []
    while len(made) < count:
        inside = random.choice(made) if made and random.random() < 0.6 else outer
        length = random.choice((bits, (inside.prefixlen + bits) // 2,
                                random.randint(max(shortest, inside.prefixlen), bits)))
        made.append(ipaddress.ip_network((random_in(random, inside), length), strict=False))
    return made


def value(random, network, any_text):
    """What follows an address: a code, and a text of its own, the default's or none."""
    code = random.choice((2, 4, 5))
    if any_text:
        return random.choice((f" :{code}:", f" :{code}:text {random.randint(1, 3)} $",
                              f":{code}: $$ $1 for $ $9", " text alone, $=", f" :{code}", "",
                              " # a comment"))
    return f" :{code}:text {code} of /{(network.prefixlen + 7) // 8 * 8} for $"


def spelled(random, network, ranges):
    """The prefix in one of the ways that rbldnsd knows."""
    if network.version == 6:
        return str(network).removesuffix("/128")
    octets = str(network.network_address).split(".")
    ways = [str(network)]
    if network.prefixlen % 8 == 0:
        ways.append(".".join(octets[:network.prefixlen // 8]))
    if ranges:
        ways.append(f"{network.network_address}-{network.broadcast_address}")
    return random.choice(ways)


def dataset(random, kind, version, count):
    lines = [f"$DATASET {kind}:random @", ":4:default for $"]
    networks = prefixes(random, version, count)
    for n in networks:
        word = spelled(random, n, kind == "ip4set")
        lines.append("!" + word if random.random() < 0.15
                     else word + value(random, n, kind != "ip4set"))
    return "\n".join(lines) + "\n", networks


@pytest.fixture
def compare(install, make_folder):
    """compare(text, networks): an installation and an rbldnsd, each with the file, are asked."""
    started = []

    def run(text, networks):
        server = install(SUBLISTS + zone(ZONE)).start()
        folder = make_folder()
        file = folder / "list"
        file.write_text(text)
        file.chmod(0o644)
        started.append(Rbldnsd(folder, ZONE, file))
        server.feeder("import", "--source", "old", "--sublist", "code2", "--format", "combined",
                      file)
        random = rng()
        addresses = sorted(set().union(*map(neighbours, networks))
                           | {random_in(random, n) for n in networks for _ in range(8)},
                           key=lambda a: (a.version, a))
        questions = [(reversed_name(a, ZONE), t) for a in addresses for t in (A, TXT)]
        ours, theirs = (ask_all(port, questions) for port in (server.port, started[0].port))
        for i, question in enumerate(questions):
            address = addresses[i // 2]
            assert meaning(ours[i], address) == meaning(theirs[i], address), (
                f"{question[0]} of\n{text}")
        return sum(bool(answer[2]) for answer in theirs[::2]), len(addresses)

    yield run
    for peer in started:
        peer.stop()


@pytest.mark.parametrize("kind, version", [("ip4set", 4), ("ip4trie", 4), ("ip6trie", 6)])
def test_random_files_are_answered_alike(compare, kind, version):
    text, networks = dataset(rng(), kind, version, 3000 if LONG else 400)
    listed, asked = compare(HEAD + text, networks)
    assert asked / 10 < listed < asked      # a comparison of nothing proves nothing


def test_datasets_of_one_file_do_not_hide_each_other(compare):
    text = HEAD + """$DATASET ip4trie:wide @
:4:wide $
64.16.0.0/16
!64.16.1.0/24
$DATASET ip4set:hosts @
:5:host $
64.16.1.7
64.16.2.7
!64.16.3.7
$DATASET generic:hosts @
www A 192.0.2.80
"""
    networks = [ipaddress.ip_network(n) for n in ("64.16.0.0/16", "64.16.1.0/24", "64.16.1.7",
                                                  "64.16.2.7", "64.16.3.7")]
    compare(text, networks)
