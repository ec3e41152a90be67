"""dnsbld beside rbldnsd and NSD, each serving the same zone: do they give a mail server one answer?

    feeder export --format rbldnsd ─▶ rbldnsd ┐
    feeder export --format bind    ─▶ NSD     ├─▶ the same question to each ─▶ disagreements()
                             LMDB  ─▶ dnsbld  ┘

The same rcode, and the same records with the same TTL, except for what must differ:
- a name of four single digits is NXDOMAIN or NODATA: dnsbld and NSD know it as the parent of an
  IPv6 /16, rbldnsd does not;
- under a wildcard, a TXT's {ip} is the wildcard's prefix, which has to contain the address.
"""

import ipaddress
import re
from dataclasses import dataclass

from asker import A, TXT, ask_all
from dnsbld import template
from names import reversed_name
from peers.nsd import Nsd
from peers.rbldnsd import Rbldnsd

NOERROR, NXDOMAIN = 0, 3


@dataclass
class Disagreement:
    address: object
    rdtype: int
    answers: dict


class Peers:
    def __init__(self, server, zone, make_folder):
        self.server, self.zone = server, zone
        self.started = []
        try:
            self.ports = {"dnsbld": server.port,
                          "rbldnsd": self.start(Rbldnsd, make_folder(), "rbldnsd"),
                          "NSD": self.start(Nsd, make_folder(), "bind")}
        except BaseException:
            self.stop()
            raise

    def start(self, peer, folder, export_format):
        file = folder / "zone"
        self.server.feeder("export", "--zone", self.zone, "--format", export_format, "-o", file)
        file.chmod(0o644)
        self.started.append(peer(folder, self.zone, file))
        return self.started[-1].port

    def stop(self):
        for peer in self.started:
            peer.stop()

    def disagreements(self, addresses):
        """Asks all three for A and TXT of each address; also what dnsbld says of each A."""
        questions = [(reversed_name(a, self.zone), t) for a in addresses for t in (A, TXT)]
        said = {name: ask_all(port, questions) for name, port in self.ports.items()}
        found = []
        for i, (ours, *theirs) in enumerate(zip(*said.values(), strict=True)):
            if all(ours == other for other in theirs):
                continue
            address, rdtype = addresses[i // 2], (A, TXT)[i % 2]
            if len({meaning(answer, address) for answer in (ours, *theirs)}) > 1:
                found.append(Disagreement(address, rdtype, {n: said[n][i] for n in said}))
        listed = {a for a, answer in zip(addresses, said["dnsbld"][::2]) if answer[2]}
        return found, listed


def meaning(answer, address):
    """An answer in which everything that may differ is made equal."""
    rcode, authoritative, records = answer
    if rcode == NXDOMAIN and re.fullmatch(r"\d\.\d\.\d\.\d", str(address)):
        rcode = NOERROR
    return rcode, authoritative, tuple(sorted(
        (rdtype, ttl, unwildcarded(rdata, address) if rdtype == TXT else rdata)
        for rdtype, ttl, rdata in records))


def unwildcarded(rdata, address):
    """A TXT whose {ip} is a prefix that contains the address, as if it were the address."""
    text = rdata[1:].decode()
    match = re.search(r"ip=([0-9a-f.:]+/\d+)$", text)
    if match and address in ipaddress.ip_network(match.group(1)):
        text = text[:match.start(1)] + str(address)
    return text


def check_texts(server, zone, sublist, addresses):
    """That the templates name the very address: three servers could agree on a wrong one."""
    for address in addresses:
        assert server.texts(reversed_name(address, zone)) == [template(sublist, address)]
