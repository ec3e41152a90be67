"""dnsbld beside the field's servers, serving the same zone: do they give a mail server one answer?

    feeder export --format rbldnsd ─▶ rbldnsd                       ┐
    feeder export --format bind    ─▶ NSD, Knot, BIND               ├─▶ the same question to each
                    LMDB ─▶ dnsbld ─▶ itself                        │   ─▶ disagreements()
    AXFR, NOTIFY, IXFR     └────────▶ NSD, Knot, BIND, Pdns, UnboundAuth, Mirror ┘

The same rcode, and the same records with the same TTL, except for what must differ:
- a name of four single digits is NXDOMAIN or NODATA: dnsbld and NSD know it as the parent of an
  IPv6 /16, rbldnsd does not;
- under a wildcard, a TXT's {ip} is the wildcard's prefix, which has to contain the address;
- rbldnsd cuts texts at 254 octets, drops blanks at their end, and lists IPv4 below 2002::/16.
Between Knot and another dnsbld (Mirror), which have the same records, texts may not differ either.
"""

import ipaddress
import re
import time
from dataclasses import dataclass

from asker import A, TXT, ask_all
from dnsbld import template
from names import reversed_name
from peers.rbldnsd import Rbldnsd
from peers.server import KEY, secret

NOERROR, NXDOMAIN = 0, 3
TO_RBLDNSD_IPV4 = ipaddress.ip_network("2002::/16")


@dataclass
class Disagreement:
    address: object
    rdtype: int
    ours: tuple
    whose: str
    theirs: tuple


class Peers:
    """Servers by name, dnsbld the first of them; stop() ends all the others."""

    def __init__(self, zone, make_folder):
        self.zone, self.make_folder = zone, make_folder
        self.server = None
        self.peers = {}

    def load(self, server, *kinds):
        """Each of these serves what feeder exports now."""
        self.server = server
        for kind in kinds:
            file = self.make_folder() / "zone"
            self.export(kind, file)
            if kind is Rbldnsd:
                peer = Rbldnsd(file.parent, self.zone, file)
            else:
                peer = kind(file.parent, self.zone).serve(file)
            self.peers[kind.__name__] = peer
        self.await_serials()
        return self

    def export(self, kind, file):
        self.server.feeder("export", "--zone", self.zone, "--format",
                           "rbldnsd" if kind is Rbldnsd else "bind", "--force", "-o", file)
        file.chmod(0o644)

    def secondaries(self, *kinds):
        """What dnsbld's config has to say of the zone, and beside it, for these to follow()."""
        for kind in kinds:
            self.peers[kind.__name__] = kind(self.make_folder(), self.zone)
        told = ", ".join(f'"127.0.0.1:{p.notify_port}{f" key {KEY.name}" if p.signs else ""}"'
                         for p in self.peers.values())
        return (f'transfer {{ allow = {{ "127.0.0.1" }} }}\nnotify = {{ {told} }}\n',
                f'notify_delay = 0\nkey "{KEY.name}" {{ algorithm = "{KEY.algorithm}" '
                f'secret = "{secret(KEY)}" }}\n')

    def follow(self, server):
        self.server = server
        for peer in self.peers.values():
            peer.follow(server.port, KEY)
        self.await_serials()
        return self

    def follow_change(self):
        """After something was written: rbldnsd is given it, the others know where to get it."""
        for peer in self.peers.values():
            if isinstance(peer, Rbldnsd):
                before = peer.file.stat().st_mtime
                self.export(Rbldnsd, peer.file)
                peer.reload_written(before)
        self.await_serials()

    def await_serials(self):
        """Until all serve the serial that dnsbld serves."""
        serial = self.server.serial(self.zone)
        for peer in self.peers.values():
            peer.await_serial(serial)

    def stop(self):
        for peer in self.peers.values():
            peer.stop()

    def disagreements(self, addresses):
        """Asks all for A and TXT of each address; also what dnsbld says of each A. What differs is
        asked for again: NSD's old process and PowerDNS' cache may answer once more from the zone
        that was before."""
        found, self.said = self.compare(addresses)
        end = time.monotonic() + 5
        while found and time.monotonic() < end:
            found, _ = self.compare(sorted({d.address for d in found}, key=by_family))
        listed = {a for a, answer in zip(addresses, self.said[::2]) if answer[2]}
        return found, listed

    def compare(self, addresses):
        """The disagreements, and dnsbld's answers."""
        questions = [(reversed_name(a, self.zone), t) for a in addresses for t in (A, TXT)]
        said = {name: ask_all(port, questions) for name, port in self.ports().items()}
        found = []
        for name in self.peers:
            for i, (ours, theirs) in enumerate(zip(said["dnsbld"], said[name], strict=True)):
                address, rdtype = addresses[i // 2], (A, TXT)[i % 2]
                if ours != theirs and not self.same(name, address, ours, theirs):
                    found.append(Disagreement(address, rdtype, ours, name, theirs))
        for i, (mirror, knot) in enumerate(zip(said.get("Mirror", ()), said.get("Knot", ()))):
            if mirror[2] != knot[2]:
                found.append(Disagreement(addresses[i // 2], (A, TXT)[i % 2], mirror, "Knot", knot))
        return found, said["dnsbld"]

    def same(self, name, address, *answers):
        if isinstance(self.peers[name], Rbldnsd):
            if address in TO_RBLDNSD_IPV4:
                return True
            answers = map(to_rbldnsd, answers)
        return len({meaning(answer, address) for answer in answers}) == 1

    def ports(self):
        return {"dnsbld": self.server.port, **{n: p.port for n, p in self.peers.items()}}


def by_family(address):
    return address.version, address


def meaning(answer, address):
    """An answer in which everything that may differ is made equal."""
    rcode, authoritative, records = answer
    if rcode == NXDOMAIN and re.fullmatch(r"\d\.\d\.\d\.\d", str(address)):
        rcode = NOERROR
    return rcode, authoritative, tuple(sorted(
        (rdtype, ttl, unwildcarded(rdata, address) if rdtype == TXT else rdata)
        for rdtype, ttl, rdata in records))


def to_rbldnsd(answer):
    """An answer with texts as rbldnsd is able to say them."""
    rcode, authoritative, records = answer
    return rcode, authoritative, tuple(
        (rdtype, ttl, rdata[:1] + rdata[1:255].rstrip(b" ") if rdtype == TXT else rdata)
        for rdtype, ttl, rdata in records)


def unwildcarded(rdata, address):
    """A TXT in which a prefix that contains the address is the address."""
    def say(match):
        try:
            return str(address) if address in ipaddress.ip_network(match[0]) else match[0]
        except ValueError:
            return match[0]

    text = rdata[1:].decode("latin-1")
    while (shorter := re.sub(r"[0-9a-f.:]*[0-9a-f:]/\d+", say, text)) != text:
        text = shorter
    return text


def check_texts(server, zone, sublist, addresses):
    """That the templates name the very address: three servers could agree on a wrong one."""
    for address in addresses:
        assert server.texts(reversed_name(address, zone)) == [template(sublist, address)]


def simple(answer):
    """The records of an answer as sorted text."""
    return tuple(sorted(rdata[1:].decode() if rdtype == TXT else ".".join(map(str, rdata))
                        for rdtype, _, rdata in answer[2]))
