"""TCP as clients really use it: in pieces, in bulk, not at all, and too often (RFC 7766)."""

import contextlib
import os
import re
import resource
import select
import socket
import struct
import subprocess
import time
from pathlib import Path

import dns.edns
import dns.message
import dns.rcode
import pytest

from dnsbld import SUBLISTS, built, freed_memory_is_free, zone
from lists import LONG
from load import Load
from names import reversed_name
from process import DEADLINE, absent, await_until, program
from wire import read_framed

ZONE = "dnsbl.example.org"
LISTED = reversed_name("192.0.2.1", ZONE)
LIMITS = "tcp { clients = 20  per_client = 8  idle = 2s  partial = 1s }\n"
MANY = 1500
AT_ONCE = 1.0       # seconds; less than any limit here


@pytest.fixture(scope="module")
def serve(install_for_file):
    """serve(LIMITS) is a new server with these."""
    def start(limits):
        server = install_for_file(SUBLISTS + limits + zone(ZONE))
        server.feeder("add", "192.0.2.1", "--sublist", "relay")
        with freed_memory_is_free():
            server.tcp = TcpProcess(server.start())
        return server

    return start


@pytest.fixture(scope="module")
def server(serve):
    return serve(LIMITS)


@pytest.fixture
def opened():
    """Closes, after the test, what is open."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def connect(opened, server):
    """connect() is a new connection; connect(FROM) one from an address, connect(at=…) elsewhere."""
    def new(source="127.0.0.1", at=server):
        return opened.enter_context(socket.create_connection(
            ("127.0.0.1", at.port), timeout=10, source_address=(source, 0)))

    return new


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * MANY:
        absent(f"no more than {hard} files may be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * MANY), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def memory(octets):
    """Room for so much: AddressSanitizer adds to what is allocated."""
    return octets * (8 if b"__asan_init" in Path(built("dnsbld")).read_bytes() else 1)


def address(number):
    """Clients' addresses: twenty connections from each."""
    return f"127.0.1.{1 + number // 20}"


def packet(number=1, name=LISTED, rdtype="A", **options):
    return dns.message.make_query(name, rdtype, id=number, **options).to_wire()


def frame(message):
    return struct.pack("!H", len(message)) + message


def framed(number=1, name=LISTED, rdtype="A", **options):
    return frame(packet(number, name, rdtype, **options))


def answer(s):
    return dns.message.from_wire(read_framed(s))


def assert_served(s):
    begin = time.monotonic()
    s.sendall(framed())
    assert answer(s).answer
    assert time.monotonic() - begin < AT_ONCE


def closed(s):
    """Whether the server has closed the connection; waits for it."""
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True


def which_ended(connections):
    """The places of those that the server has closed, or that have something to read."""
    poll = select.poll()
    places = {s.fileno(): place for place, s in enumerate(connections)}
    for fd in places:
        poll.register(fd, select.POLLIN)
    return sorted(places[fd] for fd, _ in poll.poll(0))


class TcpProcess:
    """The child that has the listening socket, of a server that nobody is connected to yet."""

    def __init__(self, server):
        inodes = {f"socket:[{row[9]}]" for row in self.sockets(server.port) if row[3] == "0A"}
        self.port = server.port
        self.pid, = (pid for pid in server.children() if inodes & set(self.files(pid).values()))
        self.own = self.count_sockets()

    @staticmethod
    def sockets(port):
        """The IPv4 rows of /proc/net/tcp that are the server's ends."""
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return [row for row in rows if row[1].endswith(f":{port:04X}")]

    @staticmethod
    def files(pid):
        found = {}
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found[int(entry.name)] = os.readlink(entry)
        return found

    def count_sockets(self):
        return sum(name.startswith("socket:") for name in self.files(self.pid).values())

    def clients(self):
        """How many connections it has accepted and not closed."""
        return self.count_sockets() - self.own

    def await_no_client(self, deadline=DEADLINE):
        await_until(lambda: self.clients() == 0, "all have gone", deadline)

    def pss(self):
        """Octets of memory that are its own, its share of what others use too included."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss: +(\d+) kB$", rollup, re.M)[1]) * 1024

    def unsent(self):
        """The most octets that the kernel keeps for one client."""
        return max((int(row[4].split(":")[0], 16) for row in self.sockets(self.port)
                    if row[3] != "0A"), default=0)

    def cpu(self):
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def allow_files(self, count):
        """At most so many descriptors from now on; None: as many as it may have."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        same = {word.lower(): int(re.search(rf"^{word[0]}id:\t(\d+)", status, re.M)[1])
                for word in ("User", "Group")} if os.geteuid() == 0 else {}
        soft = resource.prlimit(0, resource.RLIMIT_NOFILE)[1] if count is None else count
        # Root may do that only where containers allow it, the process' own user everywhere.
        subprocess.run([program("prlimit"), f"--pid={self.pid}", f"--nofile={soft}:"], check=True,
                       cwd="/", extra_groups=[] if same else None, **same)


@contextlib.contextmanager
def udp_goes_on(server):
    """Meanwhile every question over UDP is answered, and rightly."""
    with Load(server.port, {LISTED: ["127.0.0.2"]}, udp_clients=2, tcp_clients=0,
              pause=0.01) as load:
        await_until(lambda: load.count > 0, "an answer over UDP")
        yield
        before = load.count
        await_until(lambda: load.count > before + 10, "answers over UDP")
    assert load.wrong == []
    assert load.unanswered_before(time.monotonic()) == 0


# --- messages -------------------------------------------------------------------------------------

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


def test_a_thousand_queries_in_one_write_are_all_answered(connect):
    s = connect()
    s.sendall(b"".join(framed(number) for number in range(1000)))
    assert {answer(s).id for _ in range(1000)} == set(range(1000))


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


@pytest.mark.parametrize("count", [1, 20, 2000])
def test_a_client_that_closes_its_side_still_gets_its_answers(connect, count):
    s = connect()
    s.sendall(b"".join(framed(number) for number in range(count)))
    s.shutdown(socket.SHUT_WR)
    assert {answer(s).id for _ in range(count)} == set(range(count))
    assert closed(s)


def padded(size):
    """A query of `size` octets: its OPT has an option as long as that takes."""
    query = packet()
    rdlen = size - len(query) - 11
    opt = b"\0" + struct.pack("!HHIHHH", 41, 1232, 0, rdlen, 65001, rdlen - 4)
    return query[:11] + b"\1" + query[12:] + opt + bytes(rdlen - 4)


@pytest.mark.parametrize("message, rcode", [
    (padded(65535), dns.rcode.NOERROR), (packet().ljust(65535, b"\0"), dns.rcode.FORMERR)],
    ids=["an option", "no record"])
def test_a_message_may_have_65535_octets(connect, message, rcode):
    assert len(message) == 65535
    s = connect()
    for _ in range(3):
        s.sendall(frame(message) + framed(2))
        assert answer(s).rcode() == rcode
        assert answer(s).id == 2


@pytest.mark.parametrize("before", [0, 3], ids=["at first", "after queries"])
@pytest.mark.parametrize("data", [
    struct.pack("!H", 0), struct.pack("!H", 11) + bytes(11),
    struct.pack("!H", 12) + bytes((0, 1, 0x80, 0)) + bytes(8)],
    ids=["length 0", "length 11", "an answer"])
def test_what_is_no_query_closes_the_connection(connect, data, before):
    s = connect()
    begin = time.monotonic()
    s.sendall(b"".join(framed(number) for number in range(before)) + data + framed(99))
    assert [answer(s).id for _ in range(before)] == list(range(before))
    assert closed(s)
    assert time.monotonic() - begin < 0.9, "not by a time limit"


# --- time -----------------------------------------------------------------------------------------

def test_a_silent_connection_is_closed_after_the_idle_time(connect):
    s = connect()
    s.sendall(framed())
    assert answer(s).answer
    begin = time.monotonic()
    assert closed(s)
    assert 1.5 < time.monotonic() - begin < 5


def test_a_connection_that_asks_now_and_then_stays(connect):
    s = connect()
    begin = time.monotonic()
    while time.monotonic() - begin < 4:
        s.sendall(framed())
        assert answer(s).answer
        time.sleep(0.8)


@pytest.mark.parametrize("data", [
    framed()[:9], framed()[:1], framed()[:2], framed() + framed()[:9]],
    ids=["half", "one octet", "its length", "after a whole one"])
def test_half_a_query_is_given_up_after_the_partial_time(connect, data):
    s = connect()
    begin = time.monotonic()
    s.sendall(data)
    if len(data) > len(framed()):
        assert answer(s).answer
    assert closed(s)
    assert 0.5 < time.monotonic() - begin < 1.9, "not the idle time"


def test_octets_that_trickle_in_do_not_give_a_message_more_time(connect):
    s = connect()
    begin = time.monotonic()
    s.sendall(b"\xff\xff")
    s.settimeout(0.2)
    with contextlib.suppress(ConnectionError):
        while time.monotonic() - begin < 10:
            with contextlib.suppress(TimeoutError):
                assert s.recv(1) == b""
                break
            s.send(b"x")
    assert 0.5 < time.monotonic() - begin < 1.9


KEEPALIVE = dns.edns.GenericOption(11, b"")


def told(options):
    """The times that an answer says a connection may be idle (RFC 7828), in tenths of a second."""
    return [struct.unpack("!H", o.data)[0] for o in options if o.otype == 11]


@pytest.mark.parametrize("name", [LISTED, reversed_name("192.0.2.2", ZONE), "example.com"])
def test_who_asks_for_it_by_tcp_is_told_the_idle_time(server, name):
    def ask(**options):
        return told(server.ask(name, use_edns=0, **options).options)

    assert ask(tcp=True, options=[KEEPALIVE]) == [20]
    assert ask(tcp=True, options=[dns.edns.GenericOption(65001, b"x"), KEEPALIVE]) == [20]
    assert ask(tcp=True) == []
    assert ask(options=[KEEPALIVE]) == [], "RFC 7828 3.2.1: it has no meaning over UDP"


# --- limits ---------------------------------------------------------------------------------------

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


def test_when_all_places_are_taken_the_longest_silent_makes_room(serve, connect):
    server = serve("tcp { clients = 20  per_client = 8  idle = 1m  partial = 1m }\n")
    held = [connect(f"127.0.0.{2 + number // 8}", server) for number in range(20)]
    for s in held[:3]:
        assert_served(s)
    held[4].sendall(framed()[:5])       # busy, but it has not asked anything for longest
    for number, victim in enumerate((3, 4, 5)):
        new = connect("127.0.0.9", server)
        assert_served(new)
        assert closed(held[victim])
        assert which_ended(held) == list(range(3, 4 + number))
        held.append(new)


def test_tcp_does_not_disturb_udp_when_it_is_full(connect, server):
    held = [connect(f"127.0.0.{n}") for n in range(10, 13) for _ in range(8)]
    for _ in range(100):
        assert server.codes(LISTED) == ["127.0.0.2"]
    assert len(held) == 24


def test_without_options_1500_idle_connections_are_cut_to_1000_and_all_are_served(
        serve, connect, many_files):
    server = serve("")
    with udp_goes_on(server):
        held = [connect(address(number), server) for number in range(MANY)]
        assert_served(connect(at=server))
        # As it came last, all before it have been dealt with.
        assert which_ended(held) == list(range(MANY - 1000 + 1))
        assert_served(held[-1])
        assert_served(connect(at=server))


@pytest.fixture(scope="module")
def large(serve):
    """Takes them all; `idle` is short, so that tests end."""
    return serve(f"tcp {{ clients = {MANY + 100}  per_client = 20  idle = 3s  partial = 1s }}\n")


def test_1500_idle_connections_take_little_memory_and_nobody_waits(large, connect, many_files):
    process = large.tcp
    process.await_no_client()
    before = process.pss()
    with udp_goes_on(large):
        held = [connect(address(number), large) for number in range(MANY)]
        assert_served(connect(at=large))
        assert which_ended(held) == []
        each = (process.pss() - before) / MANY
        assert each < memory(2048), f"{each:.0f} octets for each"
        process.await_no_client()
        assert len(which_ended(held)) == MANY


def test_1500_half_closed_connections_are_answered_and_leave(large, connect, many_files):
    process = large.tcp
    with udp_goes_on(large):
        held = [connect(address(number), large) for number in range(MANY)]
        for s in held:
            s.sendall(framed())
            s.shutdown(socket.SHUT_WR)
        assert_served(connect(at=large))
        begin = time.monotonic()
        for s in held:
            assert answer(s).answer
            assert closed(s)
        assert time.monotonic() - begin < AT_ONCE, "not by a time limit"
        process.await_no_client()


# --- clients that do not read ---------------------------------------------------------------------

def send_until_stuck(connections, data):
    """Sends `data` again and again on each until no socket takes any more."""
    poll = select.poll()
    left = {}
    for s in connections:
        s.setblocking(False)
        poll.register(s.fileno(), select.POLLOUT)
        left[s.fileno()] = (s, b"")
    while ready := poll.poll(500):
        for fd, _ in ready:
            s, rest = left[fd]
            with contextlib.suppress(BlockingIOError):
                rest = rest or data
                rest = rest[s.send(rest):]
            left[fd] = (s, rest)


def test_clients_that_never_read_cost_bounded_memory_and_go(large, connect, many_files):
    process = large.tcp
    count = MANY if LONG else 100
    process.await_no_client()
    before = process.pss()
    peaks = []
    with udp_goes_on(large):
        for _ in range(2):
            held = [connect(address(number), large) for number in range(count)]
            send_until_stuck(held, framed(rdtype="TXT") * 1000)
            assert_served(connect(at=large))
            peaks.append((process.pss() - before) / count)
            assert peaks[-1] < memory(4 * 65536), f"{peaks[-1]:.0f} octets for each"
            assert process.unsent() < 4 * 65536
            process.await_no_client()
    assert peaks[1] < 1.25 * peaks[0] + memory(16384), "what they leave is used again"


def test_a_client_that_reads_slowly_gets_all_its_answers(large, opened):
    s = opened.enter_context(socket.socket())
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    s.settimeout(10)
    s.connect(("127.0.0.1", large.port))
    s.sendall(b"".join(framed(number, rdtype="TXT") for number in range(3000)))
    begin = time.monotonic()
    seen = set()
    while len(seen) < 3000:
        seen.add(answer(s).id)
        if len(seen) % 100 == 0:
            time.sleep(0.15)
    assert seen == set(range(3000))
    assert time.monotonic() - begin > 4, "longer than any limit"


# --- what goes wrong ------------------------------------------------------------------------------

@pytest.mark.parametrize("data", [b"", framed()[:9], framed(), framed(rdtype="TXT") * 2000],
                         ids=["nothing", "half a query", "a query", "2000 queries"])
def test_a_client_that_resets_leaves_nothing_behind(large, connect, data):
    process = large.tcp
    for number in range(20):
        held = [connect(address(20 * number), large) for _ in range(20)]
        for s in held:
            s.settimeout(0.1)
            with contextlib.suppress(TimeoutError, ConnectionError):
                s.sendall(data)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
    assert_served(connect(at=large))
    await_until(lambda: process.clients() == 1, "they have gone", deadline=AT_ONCE)


def test_without_descriptors_the_process_rests_and_then_serves(serve, connect):
    server = serve("")
    process = server.tcp
    with udp_goes_on(server):
        process.allow_files(1)
        waiting = connect(at=server)
        waiting.sendall(framed())
        server.server.await_line(r"accepting a TCP connection: Too many open files")
        before = process.cpu()
        time.sleep(2)
        assert process.cpu() - before < 0.1
        assert server.server.text().count("accepting a TCP connection") == 1
        process.allow_files(None)
        assert answer(waiting).answer


def test_without_descriptors_the_longest_silent_makes_room(serve, connect):
    server = serve("tcp { idle = 1m }\n")
    process = server.tcp
    held = [connect(address(number), server) for number in range(50)]
    assert_served(held[0])
    await_until(lambda: process.clients() == 50, "all are accepted")
    process.allow_files(max(process.files(process.pid)) + 1)
    assert_served(connect(at=server))
    assert closed(held[1])
    assert which_ended(held) == [1]
