"""Packets that no honest client sends, against the running server: what each gets is a table."""

import contextlib
import os
import socket
import struct
import time
from pathlib import Path

import pytest

from dnsbld import freed_memory_is_free
from lists import LONG
from odd_packets import (A, CONFIG, EDNS, LISTED, QUERY, SIGNED, TABLE, TWENTY, TXT, UNLISTED,
                         VALID, an_opt_full_of_options, opcode, opt, pointers_to_pointers,
                         two_thousand_tsigs)
from one_zone import BODY, fill
from packets import OPT, TRANSPORTS, describe, make, over_tcp, over_udp, question_end, records
from signing import Record, mac_of, verify
from wire import read_framed

PATIENT = "tcp { idle = 1m }\n"    # so that a connection that closes was closed for its packet
GROUP = 64      # datagrams in flight: no socket buffer overflows
CLASSES = (1, 3, 4, 254, 255, 65280)


@pytest.fixture(scope="module")
def server(install_for_file):
    with freed_memory_is_free():
        return fill(install_for_file(BODY + CONFIG, PATIENT)).start()


@pytest.fixture(autouse=True)
def no_process_is_lost(server):
    """One that crashed would be replaced before anybody noticed."""
    before = server.children()
    yield
    assert server.children() == before


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]}: {row[1]}")
def test_each_odd_packet_gets_what_the_table_says(server, row, transport):
    _, _, text, *wanted = row
    packet = make(text)
    replies = TRANSPORTS[transport](server, [packet])
    reply, = replies or [b""]
    assert describe(reply) == wanted[-1 if transport == "TCP" else 0]
    if replies:
        check(packet, reply, transport)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("row", SIGNED, ids=lambda row: f"{row[0]}: {row[1]}")
def test_each_signed_packet_gets_what_the_table_says(server, row, transport):
    _, _, key, made, *wanted = row
    packet, before = made(), int(time.time()) - 1    # by a clock that ticks 250 times a second
    reply, = TRANSPORTS[transport](server, [packet])
    assert describe(reply) == wanted[transport == "TCP"]
    # Who has the key may get more: the key's name in full, our time, the rest of a MAC.
    check(packet, reply, transport, 23 if "signed" not in describe(reply) else 23 + 80 + 6 + 32)
    if "signed" not in describe(reply):
        return
    assert verify(reply, key, mac_of(packet)) is None
    record, asked = Record(reply), Record(packet)
    if record.error == 18:
        assert (record.time, record.fudge) == (asked.time, asked.fudge)
        assert before <= int.from_bytes(record.other, "big") <= time.time()
        assert len(record.other) == 6
    else:
        assert before <= record.time <= time.time() and record.fudge == 300
        assert record.other == b""


def gets_reply(packet):
    return len(packet) >= 12 and not packet[2] & 0x80


def size_taken(packet, reply):
    """What the client takes by UDP: its OPT's size, where the reply shows that it was read."""
    if not any(rdtype == OPT for rdtype, *_ in records(reply)):
        return 512
    at = packet.index(b"\0\0\x29", question_end(reply))     # the root's label, OPT's type
    return max(512, struct.unpack_from("!H", packet, at + 3)[0])


def check(packet, reply, transport, more=23):
    """What holds for every reply; an error has at most so many octets more than its query."""
    assert reply[:2] == packet[:2]
    assert reply[2] & 0xF8 == packet[2] & 0x78 | 0x80
    assert reply[3] & 0xF0 == 0, "RA, Z, AD or CD"
    rcode, *_ = describe(reply).split()
    end = question_end(reply)
    assert reply[12:end] == packet[12:end]
    if rcode not in ("NOERROR", "NXDOMAIN"):
        assert len(reply) <= len(packet) + more
    if transport == "UDP":
        assert len(reply) <= min(1232, size_taken(packet, reply))


def check_all(server, packets):
    """All packets by UDP and by TCP, and each reply with its own query."""
    for at in range(0, len(packets), GROUP):
        group = packets[at:at + GROUP]
        answered = [p for p in group if gets_reply(p)]
        for transport, given in (("UDP", group), ("TCP", answered)):
            replies = TRANSPORTS[transport](server, given)
            assert len(replies) == len(answered)
            for packet, reply in zip(answered, replies):
                check(packet, reply, transport)


def test_every_prefix_of_a_query_gets_a_short_error_or_nothing(server):
    check_all(server, [packet[:n] for packet in VALID for n in range(len(packet) + 1)])


def test_every_flipped_bit_of_a_query_gets_what_fits_its_question(server):
    flipped = []
    for packet in VALID:
        for bit in range(8 * len(packet)):
            bent = bytearray(packet)
            bent[bit // 8] ^= 1 << bit % 8
            flipped.append(bytes(bent))
    check_all(server, flipped)


def test_types_in_six_classes(server):
    """Every 97th, or every one of them."""
    check_all(server, [make(f"{EDNS}{LISTED} {rdtype:04x} {rdclass:04x} {opt()}")
                       for rdclass in CLASSES for rdtype in range(0, 65536, 1 if LONG else 97)])


def test_all_opcodes_with_all_flags(server):
    check_all(server, [make(opcode(n, questions, flags) + question)
                       for n in range(16) for flags in (0, 0x7FF, *(1 << bit for bit in range(11)))
                       for questions, question in (("0001", LISTED + A), ("0000", ""))])


def test_what_gets_no_reply_closes_its_tcp_connection_and_no_other(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as other:
        for packet in (b"", b"\x12\x34", make("1234 8000 0001 0000 0000 0000 " + LISTED + A)):
            good = make(QUERY + UNLISTED + A)
            replies = over_tcp(server, [good, packet, good])
            assert [describe(r) for r in replies] == ["NXDOMAIN aa 0/1/0"]
        other.sendall(struct.pack("!H", len(good)) + good)
        assert describe(read_framed(other)) == "NXDOMAIN aa 0/1/0"


# --- what it costs ------------------------------------------------------------------------------

def resident(server):
    """Octets of memory that each process really has."""
    return {pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
            for pid in server.children()}


def cpu_time(server):
    """Seconds that the processes have run."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
               for pid in server.children())


def assert_not_grown(server, before, most):
    after = resident(server)
    assert {pid: after[pid] - before[pid] for pid in before
            if after[pid] - before[pid] > most} == {}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("attack", [two_thousand_tsigs, pointers_to_pointers,
                                    an_opt_full_of_options], ids=lambda f: f.__name__)
def test_a_packet_that_costs_others_their_time_costs_none_and_no_memory(server, attack, transport):
    packet = attack()
    # A datagram has a header to fit in too. None of them is that long when it is honest.
    packet = packet[:65507] if transport == "UDP" else packet

    def attack_once():
        replies = TRANSPORTS[transport](server, [packet] * 10)
        assert len(replies) == 10
        check(packet, replies[-1], transport)

    for _ in range(10):
        attack_once()
    memory, begin = resident(server), cpu_time(server)
    for _ in range(1000):
        attack_once()
    each = (cpu_time(server) - begin) / 10000
    assert_not_grown(server, memory, 1 << 20)
    # All of it: connections, the kernel's copies, our own reading, which is the least.
    print(f"{each * 1e6:.1f} us")
    assert each < 0.0005


def send_some(s, stream):
    """What is left after as much as there is room for."""
    with contextlib.suppress(BlockingIOError):
        stream = stream[s.send(stream, socket.MSG_DONTWAIT):]
    return stream


def test_a_client_that_asks_and_never_reads_is_no_burden(server):
    """2,000 queries in each of 16 connections, whose answers have 3.5 kB, wait with little."""
    query = make(QUERY + TWENTY + TXT)
    stream = (struct.pack("!H", len(query)) + query) * 2000
    over_tcp(server, [query] * 10)
    before = resident(server)
    clients = []
    try:
        for _ in range(16):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(("127.0.0.1", server.port))
            clients.append([s, stream])
        for _ in range(200):
            for client in clients:
                client[1] = send_some(*client)
            assert describe(over_udp(server, [query])[0]) == "NOERROR aa tc 0/0/0"
        assert_not_grown(server, before, 16 * (1 << 18))
        s, rest = clients[0]
        s.settimeout(10)
        for _ in range(2000):
            assert describe(read_framed(s)) == "NOERROR aa 20/0/0"
            rest = send_some(s, rest)
    finally:
        for s, _ in clients:
            s.close()
