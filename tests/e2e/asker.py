"""Asks a server hundreds of thousands of questions, and says what each was answered.

    answers = ask_all(port, [(name, TYPE), …])   one tuple (rcode, aa, ((type, ttl, rdata), …)) each

Packets are built and read by hand: dnspython takes 100 times as long. A window of questions is in
flight on one connected UDP socket; what was not answered in time is asked again, and a question
that stays unanswered is an error. Rdata is compared as octets, in which a TXT or an A record has
no compressed name.
"""

import collections
import select
import socket
import struct
import time

A = 1
TXT = 16
WINDOW = 64
PATIENCE = 1.0      # seconds until a question is asked again
TRIES = 6

# Four long TXT records do not fit into 512 octets.
OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)


def question(name, rdtype):
    """QNAME, QTYPE, QCLASS of a name without escapes or final dot."""
    labels = b"".join(bytes((len(label),)) + label for label in name.encode().split(b"."))
    return labels + b"\0" + struct.pack("!HH", rdtype, 1)


def read_answer(packet, asked):
    """(rcode, aa, sorted answer records) of a packet whose question is `asked`."""
    if packet[12:12 + len(asked)] != asked:
        raise ValueError(f"{packet!r} does not answer {asked!r}")
    flags, _, answers = struct.unpack_from("!HHH", packet, 2)
    if flags & 0x0200:
        raise ValueError("a truncated answer: ask less, or by TCP")
    at = 12 + len(asked)
    records = []
    for _ in range(answers):
        while 0 < packet[at] < 0xC0:
            at += packet[at] + 1
        at += 2 if packet[at] >= 0xC0 else 1
        rdtype, _, ttl, length = struct.unpack_from("!HHIH", packet, at)
        at += 10
        records.append((rdtype, ttl, packet[at:at + length]))
        at += length
    records.sort()
    return flags & 15, bool(flags & 0x0400), tuple(records)


def ask_all(port, questions):
    asked = [question(name, rdtype) for name, rdtype in questions]
    answers = [None] * len(asked)
    waiting = {}        # id → (position in `asked`, when to ask again, tries)
    free = collections.deque(range(65536))      # the id that rested longest is used next
    position = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.connect(("127.0.0.1", port))
        s.setblocking(False)
        send, receive, unpack = s.send, s.recv, struct.Struct("!H").unpack_from
        while waiting or position < len(asked):
            while len(waiting) < WINDOW and position < len(asked):
                number = free.popleft()
                send(struct.pack("!HHHHHH", number, 0, 1, 0, 0, 1) + asked[position] + OPT)
                waiting[number] = (position, time.monotonic() + PATIENCE, 1)
                position += 1
            readable, _, _ = select.select([s], [], [], PATIENCE)
            while readable and waiting:
                try:
                    packet = receive(65535)
                except BlockingIOError:
                    break
                number, = unpack(packet)
                if number in waiting:
                    which = waiting.pop(number)[0]
                    answers[which] = read_answer(packet, asked[which])
                    free.append(number)
            if not readable:
                ask_again(send, waiting, asked, questions)
    return answers


def ask_again(send, waiting, asked, questions):
    now = time.monotonic()
    for number, (which, when, tries) in list(waiting.items()):
        if when <= now:
            if tries == TRIES:
                raise AssertionError(f"no answer to {questions[which]} after {tries} questions")
            send(struct.pack("!HHHHHH", number, 0, 1, 0, 0, 1) + asked[which] + OPT)
            waiting[number] = (which, now + PATIENCE, tries + 1)
