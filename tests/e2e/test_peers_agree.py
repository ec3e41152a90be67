"""Exports mean the same: rbldnsd, NSD, Knot and BIND, loaded with them, answer as dnsbld does.

The short run asks for a tenth of the addresses, DNSBLD_LONG=1 for all.
"""

import ipaddress

import pytest

from agreement import Peers, check_texts
from dnsbld import SUBLISTS, zone
from lists import (DROP, IPSUM, LONG, OFFICE, SENDERS, around, drop_networks, lines_of, neighbours,
                   networks_of, random_in, random_ipv4, reserved, rng, shared_file)
from peers.bind import Bind
from peers.knot import Knot
from peers.nsd import Nsd
from peers.rbldnsd import Rbldnsd

ZONE = "dnsbl.example.org"
STEP = 1 if LONG else 10


@pytest.fixture
def agree(make_folder):
    """agree(server): peers with the zone's exports, stopped afterwards."""
    made = []

    def make(server):
        made.append(Peers(ZONE, make_folder))
        return made[-1].load(server, Rbldnsd, Nsd, Knot, Bind)

    yield make
    for peers in made:
        peers.stop()


@pytest.fixture
def server(install):
    return install(SUBLISTS + zone(ZONE)).start()


def listed_by(networks, addresses):
    """Which addresses any of the networks covers, exclusions apart: worked out without dnsbld."""
    ranges = {4: [], 6: []}
    for n in networks:
        ranges[n.version].append((int(n.network_address), int(n.broadcast_address)))
    return {a for a in addresses if not reserved(a)
            and any(first <= int(a) <= last for first, last in ranges[a.version])}


def test_a_real_list_of_addresses_is_answered_alike(server, agree):
    listed = {ipaddress.ip_address(line) for line in lines_of(IPSUM)}
    assert len(listed) == 120430
    server.feeder("import", "--source", "ipsum", "--sublist", "relay", "--format", "plain",
                  shared_file(IPSUM))
    peers = agree(server)
    others = around(rng(), listed, 100000 // STEP)
    addresses = sorted(listed)[::STEP] + others
    found, answered = peers.disagreements(addresses)
    assert found[:10] == []
    assert answered == set(sorted(listed)[::STEP])
    check_texts(server, ZONE, "relay", sorted(listed)[::6000])


def test_a_real_list_of_ranges_is_answered_alike(server, agree):
    networks = {"drop": drop_networks(), "senders": networks_of(SENDERS),
                "office": networks_of(OFFICE)}
    assert len(networks["drop"]) == 2 and len(networks["senders"]) > 1000
    server.feeder("import", "--source", "drop", "--sublist", "netblock", "--format", "cidr",
                  shared_file(DROP))
    for source, sublist in (("senders", "relay"), ("office", "hijacked")):
        server.feeder("import", "--source", source, "--sublist", sublist, "--format", "cidr", "-",
                      input="".join(f"{n}\n" for n in networks[source]))
    every = sum(networks.values(), [])
    random = rng()
    addresses = sorted(
        set().union(*map(neighbours, every))
        | {random_in(random, random.choice(every)) for _ in range(40000 // STEP)}
        | {random_ipv4(random) for _ in range(40000 // STEP)}, key=lambda a: (a.version, a))
    found, answered = agree(server).disagreements(addresses)
    assert found[:10] == []
    assert answered == listed_by(every, addresses)


def awkward_networks(random):
    """Prefixes of every length over a few /8s and /16s: overlaps, holes, full and nearly full /24s
    and /16s, neighbours whose wildcards could meet, and IPv6 from /16 to /128."""
    networks = ["5.0.0.0/8", "6.0.0.0/15", "6.3.0.0/16", "7.7.0.0/17", "2.0.0.0/22", "2.0.1.0/24",
                "11.2.3.0/24", "11.2.4.0/25", "11.2.4.128/26", "11.2.4.192/27", "11.2.255.255/32",
                "2001:db8::/32", "2001:db8::/48", "2001:db9::/31", "2400::/16", "2a06:e480::/29"]
    for where, lengths, each in (("64.0.0.0/2", range(9, 16), 3), ("12.0.0.0/6", range(16, 33), 20),
                                 ("2600::/12", range(18, 129), 2)):
        networks += [f"{random_in(random, ipaddress.ip_network(where))}/{length}"
                     for length in lengths for _ in range(each)]
    return [ipaddress.ip_network(n, strict=False) for n in networks]


def test_awkward_ranges_on_several_sublists_are_answered_alike(server, agree):
    random = rng()
    networks = awkward_networks(random)
    by_sublist = {s: [n for i, n in enumerate(networks) if i % 4 == k or i < 16 and k == i % 3]
                  for k, s in enumerate(("relay", "hijacked", "multihop", "netblock"))}
    for sublist, chosen in by_sublist.items():
        server.feeder("import", "--source", "awkward-" + sublist, "--sublist", sublist, "--format",
                      "cidr", "-", input="".join(f"{n}\n" for n in chosen))
    holes = ["5.0.0.0/30", "5.128.0.0/16", "6.1.2.3/32", "11.2.3.7/32", "2001:db8:0:1::/64",
             "2400:1234::/32", "6.3.255.255/32", "2.0.0.1/32"]
    server.feeder("exclude", "add", *holes)
    holes = [ipaddress.ip_network(h) for h in holes]
    every = networks + holes
    addresses = sorted(
        set().union(*map(neighbours, every))
        | {random_in(random, random.choice(every)) for _ in range(60000 // STEP)},
        key=lambda a: (a.version, a))
    found, answered = agree(server).disagreements(addresses)
    assert found[:10] == []
    assert answered == listed_by(networks, addresses) - {
        a for a in addresses for h in holes if a.version == h.version and a in h}
