"""Packets as text, and replies as text, so that a table of tests can be read.

    "1234 0100 0001 0000 0000 0000  n:1.2.0.192.dnsbl.example.org 0001 0001"

Words are octets in hex, or n:NAME, a name in wire form. A reply becomes its rcode, its flags, its
counts, and what its OPT and TSIG say: "NXDOMAIN aa 0/1/0", "REFUSED 0/0/1 opt ede=20",
"NOERROR aa 1/0/1 opt cookie=0102030405060708" (the client's half), "NOTAUTH 0/0/1 tsig=17",
"NOERROR aa 3/0/1 tsig=0 signed", "FORMERR 12" (the header alone), "drop".
"""

import contextlib
import socket
import struct

from wire import read_framed

RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED",
          9: "NOTAUTH", 16: "BADVERS", 23: "BADCOOKIE"}
FLAGS = ((0x0400, "aa"), (0x0200, "tc"), (0x0100, "rd"), (0x0080, "ra"), (0x0040, "z"),
         (0x0020, "ad"), (0x0010, "cd"))
OPT, TSIG = 41, 250
NSID, COOKIE, EDE = 3, 10, 15
TIMEOUT = 10

# What is asked after packets that may get no reply: when its answer is there, theirs would be.
LAST = b"\xfe\xdc" + bytes.fromhex("0000 0001 0000 0000 0000 00 0001 0001")


def name(text):
    """Plain labels, without escapes; "" is the root."""
    labels = text.encode().split(b".") if text else []
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


def make(text):
    return b"".join(name(word[2:]) if word.startswith("n:") else bytes.fromhex(word)
                    for word in text.split())


def skip_name(packet, at):
    while 0 < packet[at] < 0x40:
        at += packet[at] + 1
    if packet[at] < 0x40:
        return at + 1
    target = struct.unpack_from("!H", packet, at)[0]
    assert 0xC00C <= target < 0xC000 + at, f"a pointer to {target:#x} at {at}"
    return at + 2


def question_end(reply):
    """Where a reply's question ends, 12 where it has none."""
    at = 12
    if reply[4:6] == b"\0\1":
        while reply[at]:
            at += reply[at] + 1
        at += 5
    return at


def records(packet):
    """(type, class, TTL, rdata) of each record, in order; all of the packet has to be one."""
    questions, *counts = struct.unpack_from("!HHHH", packet, 4)
    at = 12
    for _ in range(questions):
        at = skip_name(packet, at) + 4
    found = []
    for _ in range(sum(counts)):
        at = skip_name(packet, at)
        rdtype, rdclass, ttl, length = struct.unpack_from("!HHIH", packet, at)
        at += 10 + length
        assert at <= len(packet), "rdata past the end"
        found.append((rdtype, rdclass, ttl, packet[at - length:at]))
    assert at == len(packet), "octets behind the last record"
    return found


def options(rdata):
    """(code, data) of each option of an OPT."""
    found = []
    while rdata:
        code, length = struct.unpack_from("!HH", rdata)
        assert len(rdata) >= 4 + length, "an option that is cut"
        found.append((code, rdata[4:4 + length]))
        rdata = rdata[4 + length:]
    return found


def tsig(rdata):
    """Its error, and whether there is a MAC."""
    after = skip_name(rdata, 0) + 8
    size, = struct.unpack_from("!H", rdata, after)
    error, = struct.unpack_from("!H", rdata, after + 4 + size)
    return [f"tsig={error}", "signed"] if size else [f"tsig={error}"]


def describe_cookie(data):
    """RFC 9018 §4: the client's octets, our version, three octets of nothing, time and hash."""
    assert len(data) == 24 and data[8:12] == bytes.fromhex("01000000"), data.hex()
    return "cookie=" + data[:8].hex()


def describe(reply):
    if not reply:
        return "drop"
    flags, questions, *counts = struct.unpack_from("!HHHHH", reply, 2)
    assert flags & 0x8000, "no reply"
    rcode, words = flags & 15, [text for bit, text in FLAGS if flags & bit]
    if len(reply) == 12:
        assert (questions, counts) == (0, [0, 0, 0])
        return " ".join([RCODES[rcode], *words, "12"])
    words.append("/".join(map(str, counts)))
    for rdtype, _, ttl, rdata in records(reply):
        if rdtype == OPT:
            words += ["opt", "do"] if ttl & 0x8000 else ["opt"]
            rcode |= ttl >> 24 << 4
            assert ttl & 0x00FF7FFF == 0, "an OPT of another version, or with flags"
            for code, data in options(rdata):
                words.append({EDE: lambda d: f"ede={struct.unpack('!H', d[:2])[0]}",
                              NSID: lambda d: f"nsid={d.decode()}",
                              COOKIE: describe_cookie}
                             .get(code, lambda d, code=code: f"option={code}")(data))
        elif rdtype == TSIG:
            words += tsig(rdata)
    return " ".join([RCODES[rcode], *words])


def over_udp(server, packets):
    """The replies to packets, in order: all go to one worker, which takes them one by one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(TIMEOUT)
        s.connect(("127.0.0.1", server.port))
        for packet in [*packets, LAST]:
            s.send(packet)
        replies = []
        while True:
            reply = s.recv(65535)
            if reply[:2] == LAST[:2]:
                return replies
            replies.append(reply)


def over_tcp(server, packets):
    """The replies to packets in one connection, up to where the server closes it."""
    replies = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as s:
        with contextlib.suppress(ConnectionError):
            s.sendall(b"".join(struct.pack("!H", len(p)) + p for p in packets))
        for _ in packets:
            try:
                replies.append(read_framed(s))
            except (AssertionError, ConnectionError):
                break       # closed
    return replies


TRANSPORTS = {"UDP": over_udp, "TCP": over_tcp}
