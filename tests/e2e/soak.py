"""Who takes part in a soak (test_soak.py): each is called again and again in a thread of its own, and
raises what is not as it should be.

    with Repeating(TcpClient(port, wanted), 0.01) as asking: …
    then asking.error is None, asking.times
"""

import contextlib
import random
import re
import socket
import struct
import subprocess
import threading
import time

from asker import A, question
from dnsbld import built
from lists import SEED
from load import Background, attempt
from packets import describe, make, over_tcp
from process import program
from secondary import acknowledge
from signing import Key, sign
from transfers import Slow

AXFR, IXFR = 252, 251


class Repeating(Background):
    """Does something again and again until it is told to stop; what it raises is kept."""

    def __init__(self, what, pause):
        super().__init__()
        self.what, self.pause = what, pause
        self.times, self.error = 0, None

    def run(self):
        begin = time.monotonic()
        while not self.over.is_set():
            try:
                self.what()
            except Exception as error:      # the test fails with it
                self.error = error
                return
            self.times += 1
            # By the clock, so that a slow turn is made up for.
            self.over.wait(max(0, begin + self.times * self.pause - time.monotonic()))


class TcpClient:
    """A few questions on a connection, then the next connection.

    A server may close a connection that waits for a question (RFC 7766 §6.2.4): it is asked again
    on another, once.
    """

    def __init__(self, port, wanted):
        self.port, self.wanted, self.rng = port, wanted, random.Random(SEED)
        self.wrong, self.again = [], 0

    def __call__(self):
        for name in self.rng.sample(list(self.wanted), 4):
            answer = attempt(self.port, name, tcp=True, timeout=5)
            if answer is None:
                self.again += 1
                answer = attempt(self.port, name, tcp=True, timeout=5)
            if answer != self.wanted[name]:
                self.wrong.append((name, answer))


class Malformed:
    """Good queries that were cut, lengthened and overwritten, and noise."""

    def __init__(self, port, names):
        self.port, self.names, self.rng = port, names, random.Random(SEED)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect(("127.0.0.1", port))

    def packet(self):
        rng = self.rng
        packet = bytearray(struct.pack("!HHHHHH", 1, 0, 1, 0, 0, 0)
                           + question(rng.choice(self.names), A))
        for _ in range(rng.randrange(1, 6)):
            packet[rng.randrange(len(packet))] = rng.randrange(256)
        return rng.choice((bytes(packet), bytes(packet[:rng.randrange(len(packet))]),
                           rng.randbytes(rng.randrange(600)), bytes(packet) + rng.randbytes(9)))

    def __call__(self):
        for _ in range(20):
            self.udp.send(self.packet())
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as tcp:
            packet = self.packet()
            length = self.rng.choice((len(packet), len(packet) + 40, 0, 65535))
            try:
                tcp.sendall(struct.pack("!H", length) + packet)
            except ConnectionError:
                pass        # it had enough


class Held:
    """Transfers that are begun, over TCP and UDP, and not read; the connection is held for a while
    and what it has not taken goes with it."""

    def __init__(self, port, zone):
        self.port, self.zone, self.held = port, zone, []
        self.answers = 0

    def __call__(self):
        tcp = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        self.held.append(tcp)
        for rdtype in (AXFR, IXFR):
            packet = struct.pack("!HHHHHH", 1, 0, 1, 0, 0, 0) + question(self.zone, rdtype)
            try:
                tcp.sendall(struct.pack("!H", len(packet)) + packet)
                self.answers += len(tcp.recv(65535)) > 0
            except (ConnectionError, TimeoutError):
                pass
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(packet, ("127.0.0.1", self.port))
        if len(self.held) > 5:
            self.held.pop(0).close()

    def end(self):
        for tcp in self.held:
            tcp.close()


class Leaving:
    """Takes little of a transfer, at a small window, and hangs up."""

    def __init__(self, server, zone):
        self.server, self.rng = server, random.Random(SEED)
        self.query = make(f"1234 0000 0001 0000 0000 0000 n:{zone} 00fc 0001")

    def __call__(self):
        client = Slow(self.server, self.query)
        try:
            for _ in range(self.rng.randrange(4)):
                client.read(2000)
        except ConnectionError:
            pass
        client.close()


class Taking:
    """dig and kdig in turn: a whole zone, then differences from what the last one had.

    A server that ends its processes gives a transfer some seconds, and takes no new one: it is
    asked again, once.
    """

    def __init__(self, port, zone, least, key=None):
        self.zone, self.least = zone, least
        self.argv = ["@127.0.0.1", "-p", str(port), "+tcp", zone]
        self.key = ["-y", key.text] if key else []
        self.serial, self.turn, self.again = None, 0, 0

    def take(self, client, rdtype):
        done = subprocess.run([program(client), *self.argv, rdtype, *self.key],
                              capture_output=True, text=True, timeout=60)
        rows = [line for line in done.stdout.splitlines() if line and line[0] != ";"]
        serials = [int(row.split()[6]) for row in rows if row.split()[3] == "SOA"]
        if not serials or len(serials) > 1 and serials[0] != serials[-1]:
            return None, done
        return (serials[0], len(rows)), done

    def __call__(self):
        client = ("dig", "kdig")[self.turn % 2]
        whole = self.turn % 8 < 2
        rdtype = "AXFR" if whole else f"IXFR={self.serial}"
        got, done = self.take(client, rdtype)
        if got is None:
            self.again += 1
            got, done = self.take(client, rdtype)
        said = f"{client} {rdtype}\n{done.stdout[-1000:]}\n{done.stderr[-1000:]}"
        assert got is not None, said
        serial, rows = got
        assert self.serial is None or serial >= self.serial, said
        assert not re.search(r"(?i)warning|BADSIG|verif|malformed", done.stderr), said
        assert rows > self.least if whole else rows >= 1, said
        self.serial = serial
        self.turn += 1


class Refused:
    """Who has no key, or another one, gets nothing of a zone and is told so."""

    def __init__(self, server, zone):
        self.server, self.answers = server, 0
        query = make(f"1234 0000 0001 0000 0000 0000 n:{zone} 00fc 0001")
        stranger = Key("stranger", "hmac-sha256", "A" * 43 + "=")
        self.wanted = ((query, "REFUSED 0/0/0"),
                       (lambda: sign(query, stranger), "NOTAUTH 0/0/1 tsig=17"))

    def __call__(self):
        for packet, wanted in self.wanted:
            # None where a generation of processes ends.
            for reply in over_tcp(self.server, [packet() if callable(packet) else packet]):
                assert describe(reply) == wanted
                self.answers += 1


def late(peer, notify):
    """An answer to NOTIFY that comes when it was sent again."""
    def answer():
        with contextlib.suppress(OSError):      # the soak is over
            peer.socket.sendto(acknowledge(peer, notify), notify.source)

    threading.Timer(1.2, answer).start()


class Commits:
    """One address at a time into `feeder add --stream`, which acknowledges each commit."""

    def __init__(self, server):
        self.stream = subprocess.Popen(
            [built("feeder"), "-c", server.config, "add", "--stream", "--sublist", "relay",
             "--expires", "never", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.acknowledged = []

    def __call__(self):
        n = len(self.acknowledged)
        address = f"102.{n >> 8 & 255}.{n >> 16}.{n & 255}"
        self.stream.stdin.write(address + "\n")
        self.stream.stdin.flush()
        assert self.stream.stdout.readline() != "", "the stream goes on"
        self.acknowledged.append(address)

    def end(self):
        self.stream.stdin.close()
        self.stream.stdout.close()
        return self.stream.wait(30)
