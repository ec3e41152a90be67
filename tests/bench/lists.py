"""The list in each server's own format, and packets that are none. list.c makes the list itself and its queries."""

import random
import shutil

ZONE = "dnsbl.example.org"
TEXT = "Open relay, see https://dnsbl.example.org/lookup?ip="

DNSBLD = """\
database = "db"  listen = {{ "127.0.0.1:{port}" }}  workers = {workers}  user = "nobody"
sublist relay {{ code = 2  text = "{text}{{ip}}" }}
zone "{zone}" {{
    ns = {{ "ns1.example.net" }}  ttl = 300
    soa {{ mname = "ns1.example.net"  rname = "hostmaster.example.org"
          refresh = 600  retry = 300  expire = 86400  minimum = 300 }}
    {zone_more}
}}
"""

# The test entry, 127.0.0.2, is what tells that a server is ready.
RBLDNSD = """\
$SOA 300 ns1.example.net hostmaster.example.org 1 600 300 86400 300
$NS 300 ns1.example.net
$TTL 300
:127.0.0.2:{text}$
127.0.0.2
"""
BIND = """\
$ORIGIN {zone}.
$TTL 300
@ SOA ns1.example.net. hostmaster.example.org. 1 600 300 86400 300
@ NS ns1.example.net.
2.0.0.127 A 127.0.0.2
"""


# What keeps floods and strangers in bounds, with bounds that the generator stays within.
DEFENCES = """\
rrl {{ rate = 100000  exempt = {{ "192.0.2.0/24", "2001:db8::/32" }} }}
clients {{ refuse = {{ "198.51.100.0/24", "203.0.113.7" }}  drop = {{ "203.0.113.0/24", "2001:db8:bad::/48" }} }}
metrics = "127.0.0.1:{metrics}"
"""


def write_dnsbld(path, port, workers, more="", zone_more=""):
    with open(path, "w") as out:
        out.write(DNSBLD.format(port=port, workers=workers, text=TEXT, zone=ZONE, zone_more=zone_more) + more)


def write_behind(path, head, source):
    """`source` is list.c's: addresses for rbldnsd, records for zone files."""
    with open(path, "w") as out, open(source) as lines:
        out.write(head.format(text=TEXT, zone=ZONE))
        shutil.copyfileobj(lines, out, 1 << 20)


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def message(question=b"", counts=(1, 0, 0, 0), flags=0, rest=b""):
    return b"\0\0" + b"".join(n.to_bytes(2, "big") for n in (flags, *counts)) + question + rest


def opt(owner=b"\0", version=0, rdlen=0, data=b""):
    return owner + b"\0\x29\x04\xd0\0" + bytes([version]) + b"\0\0" + rdlen.to_bytes(2, "big") + data


def malformed(rng, name):
    """A packet with something wrong about the question for `name`, and what it gets."""
    asked = wire(name) + b"\0\1\0\1"
    whole = message(asked)
    record = wire(name) + b"\0\1\0\1\0\0\1\x2c\0\4\x7f\0\0\2"
    noise = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 64)))
    pointer = bytes([0xC0 | rng.randrange(64), rng.randrange(256)])
    cut = asked[:rng.randrange(len(asked))]
    return rng.choice([
        (whole[:rng.randrange(12)], "drop"),
        (message(asked, flags=0x8000), "drop"),
        (message(cut), "formerr"),
        (message(counts=(0, 0, 0, 0)), "formerr"),
        (message(asked, (2, 0, 0, 0)), "formerr"),
        (message(asked * 2, (2, 0, 0, 0)), "formerr"),
        (message(asked, (65535, 0, 0, 0)), "formerr"),
        (message(asked, (1, 1, 0, 0), rest=record), "formerr"),
        (message(asked, (1, 0, 1, 0), rest=record), "formerr"),
        (message(asked, (1, 0, 0, 1), rest=record), "formerr"),
        (message(asked, (1, 0, 0, rng.randrange(1, 65536))), "formerr"),
        (whole + noise, "formerr"),
        (message(pointer + b"\0\1\0\1"), "formerr"),
        (message(b"\3abc" + pointer + b"\0\1\0\1"), "formerr"),
        (message(bytes([0x40 + rng.randrange(0x80)]) + asked), "formerr"),
        (message((b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1"), "formerr"),
        (message(asked, (1, 0, 0, 2), rest=opt() * 2), "formerr"),
        (message(asked, (1, 0, 0, 1), rest=opt(owner=b"\1a\0")), "formerr"),
        (message(asked, (1, 0, 0, 1), rest=opt(rdlen=rng.randrange(1, 65536))), "formerr"),
        (message(asked, (1, 0, 0, 1), rest=opt(rdlen=4, data=b"\0\x0a\0\x09")), "formerr"),
        (message(asked, (1, 0, 0, 1), rest=opt(version=rng.randrange(1, 256))), "badvers"),
        (message(asked, flags=rng.choice([1, 2, 3, 6, 7, 15]) << 11), "notimp"),
    ])


def write_malformed(path, good):
    """Behind each packet that gets no answer there is a good query, which does: what is on the way stays bounded."""
    rng = random.Random(5)
    with open(good) as asked, open(path, "w") as out:
        for line in asked:
            packet, wanted = malformed(rng, line.split(" ")[0])
            out.write("%s raw %s\n" % (packet.hex(), wanted))
            if wanted == "drop":
                out.write(line)
            if out.tell() > 4_000_000:
                break
