"""Messages as octets, and what tests ask of an answer."""

import socket
import struct

import dns.flags
import dns.rcode
import dns.rdatatype


def section(rrsets):
    """A section as {(owner, type): (ttl, the set of its rdata)}."""
    return {(r.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(r.rdtype)):
            (r.ttl, {rd.to_text() for rd in r}) for r in rrsets}


def assert_negative(answer, rcode, apex, ttl=60):
    """RFC 2308: no answer, and the SOA with the negative TTL in the authority section."""
    assert dns.rcode.to_text(answer.rcode()) == rcode
    assert answer.flags & dns.flags.AA
    assert answer.answer == []
    assert [(r.name.to_text(omit_final_dot=True), r.rdtype, r.ttl) for r in answer.authority] == [
        (apex, dns.rdatatype.SOA, ttl)]


def exchange(server, packet, tcp=False):
    if tcp:
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as s:
            s.sendall(struct.pack("!H", len(packet)) + packet)
            return read_framed(s)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.connect(("127.0.0.1", server.port))
        s.send(packet)
        return s.recv(65535)


def read_framed(s):
    """One message from a TCP connection; a shorter one when it closes."""
    stream = s.makefile("rb", buffering=0)
    head = read_all(stream, 2)
    return read_all(stream, struct.unpack("!H", head)[0])


def read_all(stream, size):
    data = b""
    while len(data) < size:
        more = stream.read(size - len(data))
        assert more, f"the connection closed {size - len(data)} octets early"
        data += more
    return data
