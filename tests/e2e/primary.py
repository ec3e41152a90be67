"""A primary that does as it is told: UDP and TCP on loopback, SOA, AXFR, IXFR and NOTIFY, signed
with TSIG where it has a key, and lying where a test says how.

    primary = Primary(key)
    primary.publish(1, listing("192.0.2.1") + …)    ─▶ publish(2, …): the difference goes by IXFR
    primary.fault.cut = 100                         one thing wrong; primary.fault = Fault() mends it
    primary.await_question("AXFR")                  what it was asked, in order
    primary.notify(port)                            what was replied

Each wrong thing is a field of Fault, so that a table of tests can be read.
"""

import contextlib
import itertools
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig

from ports import free_port
from process import await_until
from transfers import ring

ZONE = "dnsbl.example.org"
ORIGIN = dns.name.from_text(ZONE)


def listing(address, code=2, text="listed"):
    """The records of one listed address; "*." before a shorter one makes it a wildcard."""
    octets = address.removeprefix("*.").split(".")
    owner = ".".join((["*"] if address.startswith("*.") else []) + octets[::-1])
    return {(owner, "A", f"127.0.0.{code}"), (owner, "TXT", f'"{text}"')}


def record(owner, rdtype, text):
    """One record, for the wire; "@" is the zone's own name."""
    name = ORIGIN if owner == "@" else dns.name.from_text(owner, ORIGIN)
    return dns.rrset.from_text(name, 300, "IN", rdtype, text)


def soa(serial, refresh=3600, retry=1, expire=86400):
    return record("@", "SOA", "ns1.example.net. hostmaster.example.org. "
                              f"{serial} {refresh} {retry} {expire} 60")


@dataclass
class Fault:
    udp_silent: bool = False
    udp_truncated: bool = False
    tcp_silent: bool = False
    rcode: int = 0                  # of every answer
    refuse_ixfr: int = 0            # its rcode
    full_for_ixfr: bool = False
    says_serial: int = None         # of SOA questions alone
    cut: int = None                 # octets of a transfer that are sent before it is closed
    stop: int = None                # octets after which nothing more comes
    pace: float = 0                 # seconds before each message
    alter: object = None            # of the records of a transfer, in order, to others
    wrong_id: bool = False
    unsigned: bool = False
    late: int = 0                   # seconds by which its clock is wrong
    key: object = None              # signs with this one instead
    unsigned_between: int = 0       # messages between two that are signed
    hold: threading.Event = None    # a transfer's last message waits for it


@dataclass
class Asked:
    rdtype: str
    tcp: bool
    serial: int = None


class Primary:
    def __init__(self, key=None, refresh=3600, retry=1, expire=86400, address="127.0.0.1"):
        self.key = key
        self.timers = (refresh, retry, expire)
        self.address, self.port = address, free_port()
        self.fault = Fault()
        self.per_message = 50
        self.versions = {}              # serial -> records, in the order of publication
        self.asked = []
        self.sent = 0                   # octets of the last transfer
        self.done = threading.Event()
        self.sockets = []
        self.start()

    @property
    def at(self):
        return f"{self.address}:{self.port}"

    @property
    def serial(self):
        return list(self.versions)[-1]

    # --- the zone ---------------------------------------------------------------------------------

    def publish(self, serial, records):
        self.versions[serial] = frozenset(records) | {("@", "NS", "ns1.example.net.")}
        return self

    def soa(self, serial):
        return soa(serial, *self.timers)

    def records(self, some):
        return [record(*words) for words in sorted(some)]

    def full(self):
        soa = self.soa(self.serial)
        return [soa, *self.records(self.versions[self.serial]), soa]

    def differences(self, since):
        """None where that is not known."""
        serials = list(self.versions)
        if since not in serials:
            return None
        soa = self.soa(self.serial)
        if since == self.serial:
            return [soa]
        answer = [soa]
        steps = serials[serials.index(since):]
        for old, new in zip(steps, steps[1:]):
            answer += [self.soa(old), *self.records(self.versions[old] - self.versions[new]),
                       self.soa(new), *self.records(self.versions[new] - self.versions[old])]
        return answer + [soa]

    # --- answers ----------------------------------------------------------------------------------

    def message(self, query, answers, rcode=0, question=True):
        reply = dns.message.Message(query.id ^ self.fault.wrong_id)
        reply.flags = dns.flags.QR | dns.flags.AA
        reply.set_rcode(rcode)
        if question:
            reply.question = query.question
        reply.answer = answers
        return reply

    def wire(self, query, reply, context=None, multi=False, sign=True):
        """The octets, and the context for the next one's signature."""
        key, octets = self.fault.key or self.key, reply.to_wire()
        if not key or self.fault.unsigned:
            return octets, None
        if not sign:
            context.update(octets)      # digested with the next that is signed
            return octets, context
        secret, = ring(key).values()
        empty = dns.message.Message._make_tsig(secret.name, secret.algorithm, 0, 300, b"",
                                               reply.id, 0, b"")[0]
        tsig, context = dns.tsig.sign(octets, secret, empty, int(time.time()) - self.fault.late,
                                      query.mac if query.had_tsig else b"", context, multi)
        rdata = tsig.to_wire()
        counts = octets[:10] + struct.pack("!H", struct.unpack_from("!H", octets, 10)[0] + 1)
        return (counts + octets[12:] + secret.name.to_wire()
                + struct.pack("!HHIH", dns.rdatatype.TSIG, dns.rdataclass.ANY, 0, len(rdata))
                + rdata), context

    def transfer(self, query, records):
        """Messages, one after the other: there may be no end of them."""
        if self.fault.alter:
            records = self.fault.alter(list(records))
        records = iter(records)
        context, unsigned = None, 0
        some = list(itertools.islice(records, self.per_message))
        first = True
        while some:
            following = list(itertools.islice(records, self.per_message))
            sign = first or not following or unsigned == self.fault.unsigned_between
            unsigned = 0 if sign else unsigned + 1
            octets, context = self.wire(query, self.message(query, some, question=first), context,
                                        multi=True, sign=sign)
            if self.fault.pace:
                time.sleep(self.fault.pace)
            if not following and self.fault.hold:
                self.fault.hold.wait(30)
            yield octets
            some, first = following, False

    def answer(self, packet, tcp):
        """Messages; None: silence."""
        keys = ring(self.key) if self.key else None
        try:
            query = dns.message.from_wire(packet, keyring=keys)
        except dns.exception.DNSException:
            # Signed with what we do not have, or wrongly: NOTAUTH.
            return [packet[:2] + b"\x84\x09" + bytes(8)]
        if query.flags & dns.flags.QR:
            return None
        question, = query.question
        rdtype = dns.rdatatype.to_text(question.rdtype)
        serial = query.authority[0][0].serial if rdtype == "IXFR" else None
        self.asked.append(Asked(rdtype, tcp, serial))
        fault = self.fault
        if fault.tcp_silent if tcp else fault.udp_silent:
            return None
        if self.key and not query.had_tsig:
            return [self.message(query, [], dns.rcode.REFUSED).to_wire()]
        if fault.rcode:
            return [self.wire(query, self.message(query, [], fault.rcode))[0]]
        if rdtype == "SOA":
            serial = self.serial if fault.says_serial is None else fault.says_serial
            reply = self.message(query, [self.soa(serial)])
            if fault.udp_truncated and not tcp:
                reply.answer = []
                reply.flags |= dns.flags.TC
            return [self.wire(query, reply)[0]]
        if rdtype == "IXFR" and fault.refuse_ixfr:
            return [self.wire(query, self.message(query, [], fault.refuse_ixfr))[0]]
        records = self.differences(serial) if rdtype == "IXFR" else self.full()
        if records is None or (rdtype == "IXFR" and fault.full_for_ixfr):
            records = self.full()
        return self.transfer(query, records)

    # --- sockets ----------------------------------------------------------------------------------

    def start(self):
        self.done.clear()
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for s in (udp, tcp):
            s.bind((self.address, self.port))
            s.settimeout(0.1)
        tcp.listen(16)
        self.sockets = [udp, tcp]
        self.threads = [threading.Thread(target=self.serve_udp, args=(udp,), daemon=True),
                        threading.Thread(target=self.serve_tcp, args=(tcp,), daemon=True)]
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.done.set()
        for thread in self.threads:
            thread.join()
        for s in self.sockets:
            s.close()

    def serve_udp(self, udp):
        while not self.done.is_set():
            with contextlib.suppress(TimeoutError, ConnectionError):
                packet, client = udp.recvfrom(65535)
                for reply in self.answer(packet, False) or ():
                    udp.sendto(reply, client)

    def serve_tcp(self, tcp):
        while not self.done.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = tcp.accept()
                threading.Thread(target=self.serve_connection, args=(connection,),
                                 daemon=True).start()

    def serve_connection(self, connection):
        with connection, contextlib.suppress(OSError, EOFError):
            connection.settimeout(0.1)
            while not self.done.is_set():
                length, = struct.unpack("!H", self.receive(connection, 2))
                messages = self.answer(self.receive(connection, length), True)
                if messages is not None and not self.send(connection, messages):
                    return

    def receive(self, connection, count):
        octets = b""
        while len(octets) < count:
            with contextlib.suppress(TimeoutError):
                more = connection.recv(count - len(octets))
                if not more:
                    raise EOFError
                octets += more
            if self.done.is_set():
                raise EOFError
        return octets

    def send(self, connection, messages):
        """False: it is to be closed."""
        fault, sent = self.fault, 0
        connection.settimeout(30)
        for message in messages:
            octets = struct.pack("!H", len(message)) + message
            if fault.cut is not None and sent + len(octets) > fault.cut:
                connection.sendall(octets[:fault.cut - sent])
                return False
            if fault.stop is not None and sent + len(octets) > fault.stop:
                connection.sendall(octets[:fault.stop - sent])
                self.done.wait(60)
                return False
            if self.done.is_set():
                return False
            connection.sendall(octets)
            sent += len(octets)
        self.sent = sent
        connection.settimeout(0.1)
        return True

    # --- what a test does -------------------------------------------------------------------------

    def questions(self):
        return [asked.rdtype for asked in self.asked]

    def await_question(self, rdtype, count=1):
        await_until(lambda: self.questions().count(rdtype) >= count,
                    lambda: f"{count} {rdtype} in {self.asked}")

    def notify(self, port, zone=ZONE, key=None, tcp=False, source=None, serial=None):
        """The reply."""
        query = dns.message.make_query(zone, "SOA")
        query.flags = dns.flags.AA
        query.set_opcode(dns.opcode.NOTIFY)
        if serial is not None:
            query.answer = [self.soa(serial)]
        if key:
            query.use_tsig(ring(key), key.name)
        over = dns.query.tcp if tcp else dns.query.udp
        return over(query, "127.0.0.1", port=port, timeout=5, source=source or self.address)
