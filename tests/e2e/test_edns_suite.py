"""The tests of ISC's DNS compliance suite (genreport), each with what that calls ok (RFC 8906 §8).

A row is what the suite sends for the zone's name; judge() names, as the suite does, whatever is
wrong with the reply. What it only remarks on, such as a cookie or an NSID, is not wrong.
"""

import dataclasses
import struct

import pytest

from odd_packets import ZONE, opt
from one_zone import BODY, fill
from packets import OPT, TRANSPORTS, make, question_end, records

NSID, SUBNET, EXPIRE, COOKIE, UNKNOWN = (
    "0003 0000", "0008 0004 00010000", "0009 0000", "000a 0008 0102030405060708", "0064 0000")
AA, TC, RD, RA, Z, AD, CD = 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
DO = 0x8000
SOA, DNSKEY = 6, 48


@dataclasses.dataclass
class Sent:
    header: int = 0
    rdtype: int = SOA
    options: str = None     # of the OPT; None: there is none
    version: int = 0
    size: int = 4096
    flags: int = 0
    opcode: int = 0         # another one is sent as a header alone
    transport: str = "UDP"

    def packet(self):
        question = f"{ZONE} {self.rdtype:04x} 0001 " if self.opcode == 0 else ""
        edns = "" if self.options is None else opt(
            self.options, size=self.size, version=self.version, flags=self.flags)
        return make(f"1234 {self.opcode << 11 | self.header:04x} {bool(question):04x} 0000 0000 "
                    f"{bool(edns):04x} {question}{edns}")


ROWS = {
    "dns": Sent(),
    "aa": Sent(AA),
    "ad": Sent(AD),
    "cd": Sent(CD),
    "ra": Sent(RA),
    "rd": Sent(RD),
    "tc": Sent(TC),
    "zflag": Sent(Z),
    "opcode": Sent(opcode=15),
    "opcodeflg": Sent(AA | TC | RD | RA | Z | AD | CD, opcode=15),
    "type666": Sent(rdtype=666),
    "tcp": Sent(transport="TCP"),
    "edns": Sent(options=""),
    "edns1": Sent(options="", version=1),
    "edns@512": Sent(rdtype=DNSKEY, options="", size=512, flags=DO),
    "ednsopt": Sent(options=UNKNOWN),
    "edns1opt": Sent(options=UNKNOWN, version=1),
    "do": Sent(options="", flags=DO),
    "docd": Sent(CD, options="", flags=DO),
    "docookie": Sent(options=COOKIE, flags=DO),
    "edns1do": Sent(options="", version=1, flags=DO),
    "ednsflags": Sent(options="", flags=0x0080),
    "optlist": Sent(options=NSID + SUBNET + EXPIRE + COOKIE),
    "ednsnsid": Sent(options=NSID),
    "ednscookie": Sent(options=COOKIE),
    "ednsexpire": Sent(options=EXPIRE),
    "ednssubnet": Sent(options=SUBNET),
    "edns1nsid": Sent(options=NSID, version=1),
    "edns1cookie": Sent(options=COOKIE, version=1),
    "edns1expire": Sent(options=EXPIRE, version=1),
    "edns1subnet": Sent(options=SUBNET, version=1),
    "ednstcp": Sent(rdtype=DNSKEY, options="", size=512, flags=DO, transport="TCP"),
    "bind11": Sent(options=COOKIE, flags=DO),
    "dig11": Sent(RD | AD, options=COOKIE),
    **{f"TYPE{n}": Sent(rdtype=n) for n in (
        *range(1, 31), 33, *range(35, 40), *range(42, 54), 55, 59, 60, 61, 99, *range(104, 110),
        256, 257, 258, 259, 1000, 32769)},
}


@pytest.fixture(scope="module", params=["", 'nsid = "fra1"\n'], ids=["no name", "a name"])
def server(request, install_for_file):
    return fill(install_for_file(BODY, request.param)).start()


def judge(sent, reply):
    """What is wrong with a reply, in the suite's words."""
    found = records(reply)      # malformed: an error of its own
    flags, questions, answers, authorities, additionals = struct.unpack_from("!HHHHH", reply, 2)
    edns = [r for r in found if r[0] == OPT]
    ttl = edns[0][2] if edns else 0
    rcode = flags & 15 | ttl >> 24 << 4
    soa = any(r[0] == SOA for r in found[:answers])
    query = sent.opcode == 0
    wanted = 16 if sent.version else 0 if query else 4
    checks = {
        "mismatch": reply[:2] != b"\x12\x34" or query and (
            reply[12:question_end(reply)] != sent.packet()[12:question_end(reply)]),
        "no reply": not flags & 0x8000,
        "opcode": flags >> 11 & 15 != sent.opcode,
        "rcode": rcode != wanted,
        "sections": not query and (questions, answers, authorities, additionals) != (0, 0, 0, 0),
        "version-not-zero": ttl >> 16 & 255 != 0,
        "noopt": sent.options is not None and not edns,
        "opt": sent.options is None and bool(edns),
        "two OPTs": len(edns) > 1,
        "nosoa": query and sent.rdtype == SOA and not sent.version and not soa,
        "soa": soa and (sent.rdtype != SOA or bool(sent.version)),
        "echoed": any(bytes.fromhex(UNKNOWN)[:2] == r[3][:2] for r in edns),
        "nodo": bool(sent.flags & DO and not ttl & DO),
        "noaa": query and not sent.version and not flags & AA,
        "aa": not query and bool(flags & AA),
        "ra": bool(flags & RA),
        "rd": bool(flags & RD) != bool(query and sent.header & RD),
        "ad": bool(flags & AD),
        "cd": bool(flags & CD),
        "z": bool(flags & Z),
        "tc": bool(flags & TC),
        "mbz": ttl & 0x7FFF != 0,
        "toobig": sent.transport == "UDP" and len(reply) > (sent.size if edns else 512),
    }
    return [name for name, wrong in checks.items() if wrong]


@pytest.mark.parametrize("row", ROWS)
def test_the_suite_calls_it_ok(server, row):
    sent = ROWS[row]
    reply, = TRANSPORTS[sent.transport](server, [sent.packet()])
    assert judge(sent, reply) == []
