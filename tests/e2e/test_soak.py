"""Everything at once for a while: ten seconds, ten minutes with DNSBLD_LONG=1.

    good clients, UDP and TCP ─┐
    packets that are no query ─┼─▶ dnsbld ◀─ SIGHUP, again and again
    AXFR, IXFR and silence    ─┘     ▲
                                 feeder add --stream, 50 commits a second

At the end every good client had every answer, nothing complained, no process was lost, and what
the processes hold has not grown.
"""

import os
import random
import re
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

from asker import A, question
from dnsbld import SUBLISTS, built, zone
from lists import LONG, SEED
from load import Background, Load, attempt
from names import reversed_name
from ports import free_port
from process import await_until

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE, "access { address_second = 100000 }") + zone("other.example.org")
# With bounds that the good clients stay within.
BOUNDS = """\
rrl { rate = 100000  exempt = { "192.0.2.0/24" } }
clients { refuse = { "198.51.100.0/24" } }
state = "state"
metrics = "127.0.0.1:%d"
"""
DURATION = 600 if LONG else 10
RELOAD = 10 if LONG else 2.5
COMMITS = 50        # a second
AXFR, IXFR, SOA = 252, 251, 6

LISTED = {reversed_name(f"101.{n % 50}.7.{n}", ZONE): ["127.0.0.2"] for n in range(100)}
WANTED = {**LISTED, **{reversed_name(f"101.{n % 50}.8.{n}", ZONE): [] for n in range(100)},
          reversed_name("127.0.0.2", ZONE): ["127.0.0.2"]}


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

    def __init__(self, port):
        self.port, self.rng = port, random.Random(SEED)
        self.wrong, self.again = [], 0

    def __call__(self):
        for name in self.rng.sample(list(WANTED), 4):
            answer = attempt(self.port, name, tcp=True, timeout=5)
            if answer is None:
                self.again += 1
                answer = attempt(self.port, name, tcp=True, timeout=5)
            if answer != WANTED[name]:
                self.wrong.append((name, answer))


class Malformed:
    """Good queries that were cut, lengthened and overwritten, and noise."""

    def __init__(self, port):
        self.port, self.rng = port, random.Random(SEED)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect(("127.0.0.1", port))

    def packet(self):
        rng = self.rng
        packet = bytearray(struct.pack("!HHHHHH", 1, 0, 1, 0, 0, 0)
                           + question(rng.choice(list(WANTED)), A))
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


class Transfers:
    """Transfers that nobody allowed, over TCP and UDP; the connection is held for a while."""

    def __init__(self, port):
        self.port, self.held = port, []
        self.answers = 0

    def __call__(self):
        tcp = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        self.held.append(tcp)
        for rdtype in (AXFR, IXFR):
            packet = struct.pack("!HHHHHH", 1, 0, 1, 0, 0, 0) + question(ZONE, rdtype)
            try:
                tcp.sendall(struct.pack("!H", len(packet)) + packet)
                self.answers += len(tcp.recv(65535)) > 0
            except (ConnectionError, TimeoutError):
                pass
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(packet, ("127.0.0.1", self.port))
        if len(self.held) > 5:
            self.held.pop(0).close()


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


def memory_kib(pid):
    """What a process has of its own: not the file's pages, which are the kernel's to keep."""
    return int(re.search(r"RssAnon:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def holdings(server):
    """(parent's KiB, all children's KiB, parent's descriptors, all children's descriptors)"""
    parent, children = server.server.pid, server.children()
    return (memory_kib(parent), sum(map(memory_kib, children)), descriptors(parent),
            sum(map(descriptors, children)))


def reload(server, count):
    """SIGHUP, and the old generation has gone."""
    reloaded = server.server.text().count("reloaded: ")
    server.server.send(signal.SIGHUP)
    await_until(lambda: server.server.text().count("reloaded: ") > reloaded, "it is reloaded", 60)
    await_until(lambda: len(server.children()) == count, "the old processes have gone", 60)


def test_mixed_load_leaks_nothing_and_loses_no_answer(install):
    server = install(BODY, BOUNDS % free_port())
    rows = "".join(f"101.{n % 50}.7.{n // 50}\n" for n in range(100 * 50))
    server.feeder("import", "--source", "feed", "--sublist", "relay", "--format", "plain", "-",
                  input=rows)
    server.start()
    count = len(server.children())
    commits, tcp = Commits(server), TcpClient(server.port)
    malformed, transfers = Malformed(server.port), Transfers(server.port)
    begin = time.monotonic()
    reloads, samples = 0, []
    with (Load(server.port, WANTED, udp_clients=3, tcp_clients=0, pause=0.002) as load,
          Repeating(tcp, 0.01) as asking, Repeating(malformed, 0.02) as noise,
          Repeating(transfers, 0.05) as transferring, Repeating(commits, 1 / COMMITS) as writing):
        while time.monotonic() < begin + DURATION:
            time.sleep(max(0, begin + (reloads + 1) * RELOAD - time.monotonic()))
            samples.append(holdings(server))
            reload(server, count)
            reloads += 1
        threads = (asking, noise, transferring, writing)
    for held in transfers.held:
        held.close()
    assert commits.end() == 0
    seconds = time.monotonic() - begin
    print(f"{seconds:.0f} s: {load.count} answers over UDP, {asking.times * 4} over TCP "
          f"({tcp.again} asked again), {noise.times * 20} malformed, "
          f"{transferring.times} transfers, {len(commits.acknowledged)} commits, "
          f"{reloads} reloads\nfirst {samples[0]}, last {samples[-1]}")
    assert [thread.error for thread in threads] == [None] * len(threads)
    assert load.wrong == []
    assert tcp.wrong == []
    assert load.count > 100 * seconds
    assert len(commits.acknowledged) > COMMITS / 5 * seconds, "feeder was not held up"
    assert transfers.answers > 0

    # What is acknowledged is there, the newest of it served.
    listed = set(server.listed(sublist="relay"))
    assert {f"{a}" for a in commits.acknowledged} <= {p.removesuffix("/32") for p in listed}
    newest = reversed_name(commits.acknowledged[-1], ZONE)
    assert attempt(server.port, newest) == ["127.0.0.2"]
    server.feeder("check")

    # Nothing was said but that it was reloaded.
    said = [line for line in server.server.text().splitlines()
            if not re.match(r"ready: |dnsbld: reloaded: ", line)]
    assert said == []

    # The first sample is of a server that has done it all for a while.
    (parent, children, fds, child_fds), last = samples[0], samples[-1]
    index_kib = server.stats()["index_bytes"] // 1024
    # AddressSanitizer keeps what is freed for a while, and finds leaks itself.
    if b"__asan_init" not in Path(built("dnsbld")).read_bytes():
        assert last[0] <= parent + 512
        # Each process has what it was asked for of the index, and twice as it makes room anew.
        assert last[1] <= children + count * (2 * index_kib + 1024)
    assert last[2] <= fds
    assert last[3] <= child_fds + 10, "connections come and go"
    assert server.stop() == 0
