"""TCP as clients really use it: in pieces, in bulk, not at all, and too often (RFC 7766)."""

import contextlib
import socket
import struct
import time

import dns.message
import pytest

from dnsbld import SUBLISTS, zone
from names import reversed_name
from process import await_until
from wire import read_framed

ZONE = "dnsbl.example.org"
LISTED = reversed_name("192.0.2.1", ZONE)
LIMITS = "tcp { clients = 20  per_client = 8  idle = 2s  partial = 1s }\n"


@pytest.fixture(scope="module")
def server(install_for_file):
    server = install_for_file(SUBLISTS + LIMITS + zone(ZONE))
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    return server.start()


@pytest.fixture
def connect(server):
    """connect() is a new connection, closed after the test; connect(FROM) one from an address."""
    with contextlib.ExitStack() as opened:
        yield lambda source="127.0.0.1": opened.enter_context(socket.create_connection(
            ("127.0.0.1", server.port), timeout=10, source_address=(source, 0)))


def framed(number=1, name=LISTED, rdtype="A"):
    packet = dns.message.make_query(name, rdtype, id=number).to_wire()
    return struct.pack("!H", len(packet)) + packet


def answer(s):
    return dns.message.from_wire(read_framed(s))


def closed(s):
    """Whether the server has closed the connection; waits for it."""
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_query_in_single_octets_is_answered(connect):
    s = connect()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for octet in framed():
        s.send(bytes((octet,)))
    assert answer(s).answer


def test_queries_one_after_the_other_share_a_connection(connect):
    s = connect()
    for number in range(50):
        s.sendall(framed(number))
        assert answer(s).id == number


def test_two_thousand_queries_are_answered_though_the_client_reads_late(connect):
    s = connect()
    s.settimeout(0.5)
    data = b"".join(framed(number) for number in range(2000))
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < len(data):
            sent += s.send(data[sent:])
    s.settimeout(10)
    seen = set()
    while len(seen) < 2000:
        seen.add(answer(s).id)
        if sent < len(data):
            sent += s.send(data[sent:sent + 100])
    assert seen == set(range(2000))


def test_a_client_that_closes_its_side_still_gets_its_answers(connect):
    s = connect()
    s.sendall(b"".join(framed(number) for number in range(20)))
    s.shutdown(socket.SHUT_WR)
    assert {answer(s).id for _ in range(20)} == set(range(20))
    assert closed(s)


def test_a_silent_connection_is_closed_after_the_idle_time(connect):
    s = connect()
    s.sendall(framed())
    assert answer(s).answer
    begin = time.monotonic()
    assert closed(s)
    assert 1.5 < time.monotonic() - begin < 5


def test_half_a_query_is_given_up_after_the_partial_time(connect):
    s = connect()
    s.sendall(framed()[:9])
    begin = time.monotonic()
    assert closed(s)
    assert 0.5 < time.monotonic() - begin < 4


@pytest.mark.parametrize("data", [
    struct.pack("!H", 0), struct.pack("!H", 11) + bytes(11),
    struct.pack("!H", 12) + bytes((0, 1, 0x80, 0)) + bytes(8)],
    ids=["length 0", "length 11", "an answer"])
def test_what_is_no_query_closes_the_connection(connect, data):
    s = connect()
    begin = time.monotonic()
    s.sendall(data)
    assert closed(s)
    assert time.monotonic() - begin < 0.9, "not by a time limit"


def test_a_client_has_no_more_connections_than_per_client_and_others_are_served(connect):
    mine = [connect() for _ in range(8)]
    for s in mine:
        s.sendall(framed())
        assert answer(s).answer
    ninth = connect()
    with contextlib.suppress(ConnectionError):
        ninth.sendall(framed())
    assert closed(ninth)
    other = connect("127.0.0.2")
    other.sendall(framed())
    assert answer(other).answer
    mine.pop().close()

    def again():
        s = connect()
        try:
            s.sendall(framed())
            return answer(s).answer
        except (ConnectionError, AssertionError):
            return False

    await_until(again, "a place that was left is free again")


def test_tcp_does_not_disturb_udp_when_it_is_full(connect, server):
    held = [connect(f"127.0.0.{n}") for n in range(10, 13) for _ in range(8)]
    for _ in range(100):
        assert server.codes(LISTED) == ["127.0.0.2"]
    assert len(held) == 24
