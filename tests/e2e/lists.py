"""Lists to import and addresses to ask for: the real ones that are kept beside the repository, and
seeded random ones.
"""

import ipaddress
import json
import os
import random
from pathlib import Path

import pytest

from dnsbld import REPOSITORY

LONG = os.environ.get("DNSBLD_LONG") == "1"
SHARED = Path(os.environ.get("DNSBLD_SHARED", REPOSITORY.parent / "shared"))
SEED = 20261121

IPSUM = "corpus/stamparm+ipsum/levels/1.txt"
DROP = "corpus/certtools+intelmq/intelmq/tests/bots/parsers/spamhaus/drop.txt"
SENDERS = "corpus/MISP+misp-warninglists/lists/smtp-sending-ips/list.json"
OFFICE = "corpus/MISP+misp-warninglists/lists/microsoft-office365-ip/list.json"

# What `feeder init` excludes (DESIGN.md); addresses in it are never listed.
RESERVED = [ipaddress.ip_network(n) for n in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
    "::/3", "4000::/2", "8000::/1", "2001::/23")]


def shared_file(name):
    """A real list is not ours to keep in the repository, so CI may lack it too."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


def lines_of(name):
    return [line.strip() for line in shared_file(name).read_text().splitlines() if line.strip()]


def networks_of(name):
    """The prefixes of a JSON warning list."""
    return [ipaddress.ip_network(p, strict=False)
            for p in json.loads(shared_file(name).read_text())["list"]]


def drop_networks():
    """Prefixes of Spamhaus' text format: `prefix ; reference`, and comments."""
    found = (line.partition(";")[0].strip() for line in lines_of(DROP))
    return [ipaddress.ip_network(p) for p in found if p]


def reserved(address):
    return any(address.version == n.version and address in n for n in RESERVED)


def neighbours(network):
    """The first and last addresses of a network, and those just outside it."""
    first, last = int(network.network_address), int(network.broadcast_address)
    kind = type(network.network_address)
    top = 2 ** network.max_prefixlen - 1
    return {kind(n) for n in (first - 1, first, last, last + 1) if 0 <= n <= top}


def random_in(rng, network):
    return network.network_address + rng.getrandbits(network.max_prefixlen - network.prefixlen)


def random_ipv4(rng):
    return ipaddress.IPv4Address(rng.getrandbits(32))


def around(rng, listed, count):
    """`count` addresses that are not in `listed` but near it, or anywhere: a quarter are next
    neighbours, a half in a listed address' /24, a quarter anywhere."""
    pool = sorted(listed)
    found = set()
    while len(found) < count:
        base = int(rng.choice(pool))
        number = rng.choice((base ^ 1, base & 0xFFFFFF00 | rng.getrandbits(8),
                             base & 0xFFFFFF00 | rng.getrandbits(8), rng.getrandbits(32)))
        address = ipaddress.IPv4Address(number)
        if address not in listed:
            found.add(address)
    return sorted(found)


def rng():
    return random.Random(SEED)
