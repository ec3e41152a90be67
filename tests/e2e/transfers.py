"""Zones as secondaries get them.

    rows = axfr(server, ZONE)               every record in the order in which it came, as text
    exported(server, ZONE)                  what `feeder export` has, to compare with
    is_export(rows, plain_export(…))        the same of large zones, read by hand
    follow(server, copy, keys=…)            AXFR or IXFR into a dns.zone.Zone, as a secondary does it
    Slow(server, packet, …)                 a client that reads as much as it is told to
"""

import functools
import socket
import struct

import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.tsig
import dns.xfr
import dns.zone

from packets import skip_name


def ring(key):
    """The key of signing.py for dnspython."""
    name = dns.name.from_text(key.name)
    return {name: dns.tsig.Key(name, key.secret, key.algorithm)}


def row(name, ttl, rdtype, rdata):
    return (name.to_text().lower(), ttl, dns.rdatatype.to_text(rdtype), rdata.to_text())


def rows_of(messages):
    return [row(rrset.name, rrset.ttl, rrset.rdtype, rdata)
            for message in messages for rrset in message.answer for rdata in rrset]


def axfr(server, zone, address="127.0.0.1", key=None, **options):
    """Raises what dnspython does where there is no transfer."""
    signed = {"keyring": ring(key), "keyname": key.name} if key else {}
    return rows_of(dns.query.xfr(address, zone, port=server.port, relativize=False, timeout=10,
                                 lifetime=60, **signed, **options))


def ixfr(server, zone, serial, **options):
    return axfr(server, zone, rdtype="IXFR", serial=serial, **options)


def exported(server, zone):
    """All records but what only this export has."""
    return list(rows_of_text(export_text(server, zone), zone))


def export_text(server, zone):
    """Without its comments, which say when it was made."""
    text = server.feeder("export", "--zone", zone, "--format", "bind").stdout
    return "".join(line for line in text.splitlines(True) if not line.startswith(";"))


@functools.lru_cache(4)
def rows_of_text(text, zone):
    """dnspython takes its time, and many tests of a file compare with one zone."""
    return rows_of_zone(dns.zone.from_text(text, origin=zone, relativize=False), {"ZONEMD"})


def plain_export(server, zone):
    """As wire_rows() has records of A and TXT, and an SOA's serial."""
    rows, owner = [], None
    for line in export_text(server, zone).splitlines():
        if line[0] == "$":
            continue
        first, *rest = line.split("\t")
        owner = (f"{zone}." if first == "@" else f"{first}.{zone}.") if first else owner
        rdtype, rdata = rest[-2:]
        if rdtype == "A":
            rows.append((owner, 1, bytes(map(int, rdata.split(".")))))
        elif rdtype == "TXT":
            rows.append((owner, 16, bytes((len(rdata) - 2,)) + rdata[1:-1].encode()))
        elif rdtype == "SOA":
            rows.append((owner, 6, int(rdata.split()[2]).to_bytes(4, "big")))
    return sorted(rows)


def is_export(rows, wanted):
    """Whether a whole transfer's wire_rows() are what plain_export() has."""
    return (rows[0] == rows[-1] and rows[0][1] == 6
            and sorted(row for row in rows[1:] if row[1] in (1, 6, 16)) == wanted)


def rows_of_zone(zone, without=()):
    return sorted(row(name, ttl, rdata.rdtype, rdata)
                  for name, ttl, rdata in zone.iterate_rdatas()
                  if dns.rdatatype.to_text(rdata.rdtype) not in without)


def empty(zone):
    return dns.zone.Zone(dns.name.from_text(zone), relativize=False)


def serial_of(copy):
    return copy.get_rdataset(copy.origin, "SOA")[0].serial


def follow(server, copy, address="127.0.0.1", key=None, whole=False):
    """What a secondary does with its copy, which may be empty."""
    begun = not whole and copy.get_node(copy.origin) is not None
    signed = {"keyring": ring(key), "keyname": key.name} if key else {}
    query, _ = dns.xfr.make_query(copy, serial=0 if begun else None, **signed)
    dns.query.inbound_xfr(address, copy, query, port=server.port, timeout=10, lifetime=60)
    return copy


class Slow:
    """One connection that has sent queries; its window is small, so the server notices."""

    def __init__(self, server, *queries, window=4096, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.settimeout(10)
        self.socket.connect((address, server.port))
        self.socket.sendall(b"".join(struct.pack("!H", len(q)) + q for q in queries))
        self.rest = b""         # of a message that is not whole yet
        self.messages = []

    def read(self, size):
        """At most so many octets. True until the server has closed the connection."""
        data = self.socket.recv(size)
        self.rest += data
        while len(self.rest) >= 2 and len(self.rest) >= 2 + struct.unpack_from("!H", self.rest)[0]:
            end = 2 + struct.unpack_from("!H", self.rest)[0]
            self.messages.append(self.rest[2:end])
            self.rest = self.rest[end:]
        return bool(data)

    def message(self):
        """Reads until there is a whole one."""
        while not self.messages:
            assert self.read(4096), "the connection was closed"
        return self.messages[0]

    def rows(self):
        """wire_rows() of all there is."""
        return [row for message in self.messages for row in wire_rows(message)]

    def read_transfer(self):
        """The rows of a whole one: the SOA is first and last."""
        rows, seen = [], 0
        while len(rows) < 2 or rows[-1] != rows[0]:
            assert self.read(65536), "it was cut off"
            rows += [row for message in self.messages[seen:] for row in wire_rows(message)]
            seen = len(self.messages)
        return rows

    def close(self):
        self.socket.close()


def wire_name(packet, at, known):
    """The name at an offset as text, in lower case; `known` keeps those of the message."""
    name = known.get(at)
    if name is None:
        size = packet[at]
        if size >= 0xC0:
            name = wire_name(packet, struct.unpack_from("!H", packet, at)[0] & 0x3FFF, known)
        elif size == 0:
            name = ""
        else:
            label = packet[at + 1:at + 1 + size].decode().lower()
            name = f"{label}.{wire_name(packet, at + 1 + size, known)}"
        known[at] = name
    return name


def wire_rows(packet):
    """(owner, type, rdata) of each answer, quickly: rdata as octets, but for an SOA its serial."""
    count, = struct.unpack_from("!H", packet, 6)
    at, known, rows = skip_name(packet, 12) + 4, {}, []
    for _ in range(count):
        owner = wire_name(packet, at, known)
        at = skip_name(packet, at)
        rdtype, _, _, size = struct.unpack_from("!HHIH", packet, at)
        rdata = packet[at + 10:at + 10 + size]
        rows.append((owner, rdtype, rdata[-20:-16] if rdtype == 6 else rdata))
        at += 10 + size
    return rows
