"""A secondary's ear: a UDP socket that gets NOTIFY, and answers as it is told.

    with Secondary() as peer:
        peer.remote                       '"127.0.0.1:PORT"', for the config
        peer.answer = acknowledge         or silence, or a function of yours
        notify = peer.next()              the next one that was not taken yet
        peer.waiting()                    how many are left: none came that nobody expected

An answer is a function: (peer, Notify) -> octets to send back, or None.
"""

import queue
import socket
import threading
import time

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype

from process import DEADLINE


def acknowledge(peer, notify):
    """As dnspython makes it: signed where the NOTIFY was."""
    return dns.message.make_response(notify.message).to_wire()


def refuse(peer, notify):
    response = dns.message.make_response(notify.message)
    response.set_rcode(dns.rcode.REFUSED)
    return response.to_wire()


def silence(peer, notify):
    return None


class Notify:
    def __init__(self, wire, source, keyring):
        self.wire, self.source, self.time = wire, source, time.monotonic()
        # With a TSIG this verifies it, and raises where it is wrong or unknown.
        self.message = dns.message.from_wire(wire, keyring=keyring)

    @property
    def zone(self):
        question, = self.message.question
        assert question.rdtype == dns.rdatatype.SOA
        return question.name.to_text(omit_final_dot=True)

    @property
    def serial(self):
        """Of the SOA that it hints at."""
        rrset, = self.message.answer
        assert rrset.name == self.message.question[0].name
        return rrset[0].serial


class Secondary:
    def __init__(self, address="127.0.0.1", answer=acknowledge, keyring=None):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.port = self.socket.getsockname()[1]
        self.answer, self.keyring = answer, keyring
        self.received = queue.Queue()
        self.thread = threading.Thread(target=self.listen, daemon=True)

    @property
    def remote(self):
        address = self.socket.getsockname()[0]
        return f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        # A closed socket would not wake its reader up; an empty datagram does.
        with socket.socket(self.socket.family, socket.SOCK_DGRAM) as s:
            s.sendto(b"", self.socket.getsockname())
        self.thread.join(DEADLINE)
        self.socket.close()

    def listen(self):
        while True:
            wire, source = self.socket.recvfrom(65535)
            if not wire:
                return
            try:
                notify = Notify(wire, source, self.keyring)
                reply = self.answer(self, notify)
            except Exception as error:      # for the test, in its own thread
                self.received.put(error)
                continue
            if reply:
                self.socket.sendto(reply, source)
            self.received.put(notify)

    def next(self, deadline=DEADLINE):
        try:
            notify = self.received.get(timeout=deadline)
        except queue.Empty:
            raise AssertionError(f"no NOTIFY within {deadline:g} s") from None
        if isinstance(notify, Exception):
            raise notify
        assert notify.message.opcode() == dns.opcode.NOTIFY
        assert notify.message.flags & (dns.flags.QR | dns.flags.AA) == dns.flags.AA
        return notify

    def waiting(self):
        return self.received.qsize()
