"""Questions without a pause, in the background, each kept with when it was sent and its answer.

    with Load(port, {name: [A, …]}) as load: …
    then load.unanswered_before(t), load.wrong, load.count

`wrong` has what was answered wrongly and what was not answered; `lost` the second alone.

One thread a client, a small window of questions in flight on each UDP socket or TCP connection, so
that no socket buffer runs over: an answer that is missing is the server's doing. Nothing is asked
twice. A client ends when its server has gone, or when it is told to and everything is answered.
"""

import collections
import random
import select
import socket
import struct
import threading
import time

from asker import A, question, read_answer

PATIENCE = 5    # seconds; an answer later than that is a missing one


class Load:
    def __init__(self, port, wanted, udp_clients=4, tcp_clients=2, window=8, pause=0):
        """`wanted` maps a name to the A records' values that every answer must have.

        With a pause (seconds) a client watches rather than loads: what runs beside it has the
        processor.
        """
        self.port, self.window, self.pause = port, window, pause
        self.questions = [(question(n, A), tuple(map(socket.inet_aton, v)))
                          for n, v in wanted.items()]
        self.stopping = threading.Event()       # ask no more; wait for what is missing
        self.server_gone = threading.Event()    # nothing will come that is not there yet
        self.clients = ([UdpClient(self) for _ in range(udp_clients)]
                        + [TcpClient(self) for _ in range(tcp_clients)])

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *exception):
        self.stopping.set()
        for client in self.clients:
            client.join(30)

    @property
    def count(self):
        return sum(client.answered for client in self.clients)

    @property
    def wrong(self):
        return [w for client in self.clients for w in client.wrong + client.lost]

    @property
    def lost(self):
        return [name for client in self.clients for name in client.lost]

    def unanswered_before(self, moment):
        """How many questions had left before `moment` and were never answered. After the end."""
        return sum(1 for client in self.clients for when, _ in client.sent.values()
                   if when < moment)


class Client(threading.Thread):
    def __init__(self, load):
        super().__init__(daemon=True)
        self.load = load
        self.number = 0
        # id → (when, (question, the wanted values)), unanswered so far, the oldest first
        self.sent = collections.OrderedDict()
        self.answered = 0
        self.wrong = []
        self.lost = []

    def run(self):
        with self.connected() as self.socket:
            try:
                while not self.done():
                    self.load.stopping.wait(self.load.pause)
                    self.fill_window()
                    self.take_answers(0.2)
            except (ConnectionError, ServerClosed):
                pass
            self.drain()

    def done(self):
        return self.load.server_gone.is_set() or (self.load.stopping.is_set() and not self.sent)

    def fill_window(self):
        while len(self.sent) < self.load.window and not self.load.stopping.is_set():
            self.number = (self.number + 1) & 0xFFFF
            which = self.load.questions[self.number % len(self.load.questions)]
            self.send(struct.pack("!HHHHHH", self.number, 0, 1, 0, 0, 0) + which[0])
            self.sent[self.number] = (time.monotonic(), which)

    def take_answers(self, patience):
        """False when nothing came."""
        self.give_up_on_the_oldest()
        if not select.select([self.socket], [], [], patience)[0]:
            return False
        for packet in self.receive():
            number = int.from_bytes(packet[:2], "big")
            if number not in self.sent:
                self.wrong.append(f"an answer too late or twice: {packet}")
                continue
            _, (asked, values) = self.sent.pop(number)
            rcode, _, records = read_answer(packet, asked)
            self.answered += 1
            if tuple(rdata for _, _, rdata in records) != values:
                self.wrong.append(f"{asked}: rcode {rcode}, {records}")
        return True

    def give_up_on_the_oldest(self):
        while self.sent and time.monotonic() - next(iter(self.sent.values()))[0] > PATIENCE:
            _, (_, (asked, _)) = self.sent.popitem(last=False)
            self.lost.append(f"no answer to {asked}")

    def drain(self):
        """What had come when the server went; a refused datagram's error comes first, once."""
        for _ in range(2):
            try:
                while self.take_answers(0.1):
                    pass
                return
            except (ConnectionError, ServerClosed):
                pass


class ServerClosed(Exception):
    pass


class UdpClient(Client):
    def connected(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.connect(("127.0.0.1", self.load.port))
        return s

    def send(self, packet):
        self.socket.send(packet)

    def receive(self):
        return [self.socket.recv(65535)]


class TcpClient(Client):
    rest = b""

    def connected(self):
        s = socket.create_connection(("127.0.0.1", self.load.port), timeout=5)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def send(self, packet):
        self.socket.sendall(struct.pack("!H", len(packet)) + packet)

    def receive(self):
        data = self.socket.recv(65535)
        if not data:
            raise ServerClosed
        self.rest += data
        messages = []
        while len(self.rest) >= 2 and len(self.rest) >= 2 + int.from_bytes(self.rest[:2], "big"):
            size = int.from_bytes(self.rest[:2], "big")
            messages.append(self.rest[2:2 + size])
            self.rest = self.rest[2 + size:]
        return messages


def attempt(port, name, tcp=False, timeout=1):
    """One question from a new port: the A records' values, the rcode where it is no answer, or None
    where nothing comes."""
    asked, number = question(name, A), random.getrandbits(16)
    packet = struct.pack("!HHHHHH", number, 0, 1, 0, 0, 0) + asked
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        try:
            s.connect(("127.0.0.1", port))
            s.sendall(struct.pack("!H", len(packet)) + packet if tcp else packet)
            reply = s.recv(65535)
            while tcp and 0 < len(reply) < 2 + int.from_bytes(reply[:2], "big"):
                reply += s.recv(65535)
        except (TimeoutError, ConnectionError):
            return None
    reply = reply[2:] if tcp else reply
    if reply[:2] != number.to_bytes(2, "big"):
        return None
    rcode, _, records = read_answer(reply, asked)
    return [socket.inet_ntoa(rdata) for _, _, rdata in records] if rcode in (0, 3) else rcode


class Background(threading.Thread):
    """What goes on as long as a `with` lasts: run() until self.over is set."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.over.set()
        self.join(60)


class Asking(Background):
    """Asks one question without end, each time from a new port, though nothing may answer.

    Right are the wanted values, SERVFAIL and silence; anything else is kept in `wrong`.
    """

    def __init__(self, port, name, wanted):
        super().__init__()
        self.port, self.name, self.wanted = port, name, wanted
        self.wrong, self.answered, self.asked = [], 0, 0

    def run(self):
        while not self.over.wait(0.001):
            answer = attempt(self.port, self.name, timeout=0.05)
            self.asked += 1
            self.answered += answer == self.wanted
            if answer not in (self.wanted, 2, None):
                self.wrong.append(answer)
