"""dnstap: what a reader gets is what clients sent and got; no reader can disturb the answers."""

import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest

from dnsbld import SUBLISTS, Dnsbld, zone
from dnstap import QUERY, RESPONSE, Reader
from names import reversed_name
from packets import make
from process import await_until, program
from wire import read_framed

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
LISTED = reversed_name("192.0.2.1", ZONE)
UNLISTED = reversed_name("192.0.2.2", ZONE)

IS_READ = r"dnstap: \S+ is read"
NOBODY = r"dnstap: nobody reads \S+"


def section(**options):
    words = "  ".join(f"{name} = {value}" for name, value in options.items())
    return f'dnstap {{ socket = "dnstap.sock"  {words} }}\n'


@pytest.fixture
def make_server(install):
    def make_server(head=section()):
        server = install(BODY, head)
        server.feeder("add", "192.0.2.1", "--sublist", "relay")
        return server

    return make_server


def query(name, number=0x1234):
    return make(f"{number:04x} 0000 0001 0000 0000 0001 n:{name} 0001 0001"
                " 00 0029 04d0 0000 0000 0000")


class Asked:
    """Packets that were sent, with all that dnstap should tell of them."""

    def __init__(self, server):
        self.server = server
        self.expected = []      # (tcp, client, server, query, response or None)

    def udp(self, packet, to="127.0.0.1", dropped=False):
        family = socket.AF_INET6 if ":" in to else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.settimeout(10)
            s.connect((to, self.server.port))
            s.send(packet)
            ends = s.getsockname()[:2], (to, self.server.port)
            reply = None
            if not dropped:
                reply = s.recv(65535)
            self.expected.append((False, *ends, packet, reply))

    def tcp(self, packets, to="127.0.0.1"):
        with socket.create_connection((to, self.server.port), timeout=10) as s:
            ends = s.getsockname()[:2], (to, self.server.port)
            s.sendall(b"".join(struct.pack("!H", len(p)) + p for p in packets))
            for packet in packets:
                self.expected.append((True, *ends, packet, read_framed(s)))


def told(messages):
    """Queries and responses, each as Asked has them; what belongs together has the same time."""
    queries = sorted((m.tcp, m.client, m.server, m.query) for m in messages if m.type == QUERY)
    responses = sorted((m.tcp, m.client, m.server, m.response) for m in messages
                       if m.type == RESPONSE)
    assert len(queries) + len(responses) == len(messages)
    return queries, responses


def assert_told(messages, asked):
    queries, responses = told(messages)
    assert queries == sorted(e[:4] for e in asked.expected)
    assert responses == sorted((*e[:3], e[4]) for e in asked.expected if e[4] is not None)


def ask_everything(asked):
    addresses = ["127.0.0.1"] + (["::1"] if Dnsbld.ipv6 else [])
    for to in addresses:
        for n, name in enumerate((LISTED, UNLISTED, "example.net", ZONE)):
            asked.udp(query(name, n), to)
        asked.tcp([query(LISTED, 100 + n) for n in range(5)], to)
        asked.udp(make("0001 0000 0001 0000 0000 0000"), to)        # FORMERR
        asked.udp(make(f"0002 8000 0001 0000 0000 0000 n:{LISTED} 0001 0001"), to, dropped=True)
    # A question of more octets than fit into one read, and an answer as long as they get.
    asked.tcp([query(LISTED) + b"\0" * 5000])


def test_every_query_and_answer_is_told_as_it_was(make_server):
    server = make_server('nsid = "fra1"\nversion = "9"\n' + section())
    began = time.time()
    with Reader(server) as reader:
        server.start()
        server.server.await_line(IS_READ)
        asked = Asked(server)
        ask_everything(asked)
        assert server.stop() == 0
    messages = reader.messages()
    assert_told(messages, asked)
    assert {(m.identity, m.version) for m in messages} == {(b"fra1", b"9")}
    assert all(began < m.queried < time.time() for m in messages)
    responses = [m for m in messages if m.type == RESPONSE]
    assert all(m.queried <= m.responded < m.queried + 5 for m in responses)
    times = {(m.client, m.queried) for m in messages if m.type == QUERY}
    assert {(m.client, m.queried) for m in responses} <= times


def test_a_socket_for_all_addresses_tells_the_one_that_was_asked(make_server):
    server = make_server()
    server.config.write_text(server.config.read_text().replace("127.0.0.1:", "0.0.0.0:")
                             .replace("[::1]", "[::]"))
    with Reader(server) as reader:
        server.start()
        server.server.await_line(IS_READ)
        asked = Asked(server)
        for to in ["127.0.0.1", "127.1.2.3"] + (["::1"] if server.ipv6 else []):
            asked.udp(query(LISTED), to)
            asked.tcp([query(LISTED)], to)
        server.stop()
    assert_told(reader.messages(), asked)


def test_another_decoder_reads_it_and_the_host_is_named(make_server):
    server = make_server()
    with Reader(server) as reader:
        server.start()
        server.server.await_line(IS_READ)
        assert server.codes(LISTED) == ["127.0.0.2"]
        assert server.rcode(UNLISTED, tcp=True) == "NXDOMAIN"
        server.stop()
    messages = reader.messages()
    assert {m.identity for m in messages} == {socket.gethostname().encode()}
    assert all(m.version.startswith(b"dnsbld ") for m in messages)
    done = subprocess.run([program("dnstap-ldns"), "-q", "-r", reader.file], capture_output=True,
                          text=True, timeout=30)
    lines = [line.split()[2:] for line in done.stdout.splitlines()]
    assert sorted((kind, address, transport, name) for kind, address, transport, _, name, *_
                  in lines) == sorted(
        (kind, "127.0.0.1", transport, f'"{name}."') for kind in ("AQ", "AR")
        for transport, name in (("UDP", LISTED), ("TCP", UNLISTED))), done.stdout + done.stderr


@pytest.mark.parametrize("options, kinds", [
    ({"queries": "false"}, {RESPONSE}),
    ({"responses": "false"}, {QUERY}),
])
def test_one_kind_alone(make_server, options, kinds):
    server = make_server(section(**options))
    with Reader(server) as reader:
        server.start()
        server.server.await_line(IS_READ)
        for n in range(10):
            server.codes(LISTED, tcp=n % 2)
        server.stop()
    messages = reader.messages()
    assert len(messages) == 10 and {m.type for m in messages} == kinds


def flood(server, count):
    """Asks so much, twenty at a time, and gets an answer to each."""
    packet = query(LISTED)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(10)
        s.connect(("127.0.0.1", server.port))
        for _ in range(count // 20):
            for _ in range(20):
                s.send(packet)
            for _ in range(20):
                s.recv(4096)


def test_a_sample_of_ten_is_a_tenth(make_server):
    server = make_server(section(sample=10))
    with Reader(server) as reader:
        server.start()
        server.server.await_line(IS_READ)
        for _ in range(5):
            flood(server, 1000)
        server.stop()
    queries, responses = told(reader.messages())
    # Each process tells its first one, and from then on each tenth.
    assert 500 <= len(queries) <= 500 + server.ipv6 * 4 + 4
    assert len(responses) == len(queries)


def test_a_reader_that_stands_still_costs_messages_and_no_answer(make_server):
    """What is asked is more than the ring and the socket's buffers hold."""
    server = make_server()
    with Reader(server) as reader:
        server.start()
        server.server.await_line(IS_READ)
        reader.process.send(signal.SIGSTOP)
        flood(server, 40000)
        server.server.await_line(r"dnstap: \d+ queries with their answers were lost: "
                                 "the reader is too slow")
        # Longer than the parent's patience with a process that stands still.
        ended = time.monotonic() + 5
        while time.monotonic() < ended:
            flood(server, 100)
        reader.process.send(signal.SIGCONT)
        # More than was in the socket's buffers: the ring has room again.
        await_until(lambda: reader.file.stat().st_size > 10 ** 6, "the reader reads on")
        asked = Asked(server)
        asked.udp(query(LISTED, 0xabcd))
        assert server.stop() == 0
    queries, responses = told(reader.messages())
    assert 1000 < len(queries) < 40000 and len(queries) == len(responses)
    assert queries.count(asked.expected[0][:4]) == 1


def test_a_reader_that_goes_and_comes_is_found_again(make_server):
    server = make_server()
    server.start()
    server.server.await_line(NOBODY)
    asked = Asked(server)
    asked.udp(query(LISTED, 1))
    with Reader(server, traces=True) as first:
        server.server.await_line(IS_READ)
        asked.udp(query(LISTED, 2))
        first.await_frames(4)
        first.process.stop()
    await_until(lambda: len(re.findall(NOBODY, server.server.text())) == 2, "it is missed")
    asked.udp(query(LISTED, 3))
    with Reader(server) as second:
        await_until(lambda: len(re.findall(IS_READ, server.server.text())) == 2, "a reader again")
        asked.udp(query(LISTED, 4))
        server.stop()
    assert len(re.findall(NOBODY, (server.folder / "dnsbld.1.log").read_text())) == 2
    assert_told(first.messages() + second.messages(), asked)
    assert len(second.messages()) >= 2


def dnstap_process(server):
    """The one child that has not opened the database; None where there is none."""
    found = []
    for pid in server.children():
        with contextlib.suppress(FileNotFoundError):
            files = [os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()]
            if not any(file.endswith(".mdb") for file in files):
                found.append((pid, files))
    return found[0] if len(found) == 1 else None


def test_the_process_is_replaced_and_goes_on(make_server):
    server = make_server()
    server.loses_processes = True
    with Reader(server) as reader:
        server.start()
        server.server.await_line(IS_READ)
        pid, _ = await_until(lambda: dnstap_process(server), "the dnstap process")
        asked = Asked(server)
        asked.udp(query(LISTED, 1))
        os.kill(pid, signal.SIGKILL)
        server.server.await_line(r"dnstap process ended by signal 9 \(Killed\): replacing it")
        asked.udp(query(LISTED, 2))
        await_until(lambda: len(re.findall(IS_READ, server.server.text())) == 2, "a reader again")
        asked.udp(query(LISTED, 3))
        server.stop()
    queries, _ = told(reader.messages())
    # The first one may have died with the process, or be told twice.
    assert set(queries) - {asked.expected[0][:4]} == {e[:4] for e in asked.expected[1:]}


def status_of(pid, field):
    return re.search(rf"^{field}:\t(\w+)", Path(f"/proc/{pid}/status").read_text(), re.M).group(1)


def is_told_to_end(pid):
    """SIGTERM waits for a process that stands still."""
    return int(status_of(pid, "ShdPnd"), 16) >> (signal.SIGTERM - 1) & 1


def test_the_process_ends_when_all_others_have(make_server):
    """Queries that are answered after SIGTERM are told as well."""
    server = make_server()
    with Reader(server) as reader:
        server.start()
        server.server.await_line(IS_READ)
        last, _ = await_until(lambda: dnstap_process(server), "the dnstap process")
        others = [pid for pid in server.children() if pid != last]
        for pid in others:
            os.kill(pid, signal.SIGSTOP)
        await_until(lambda: all(status_of(pid, "State") == "T" for pid in others), "they stop")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(10)
            s.connect(("127.0.0.1", server.port))
            for number in range(50):
                s.send(query(LISTED, number))
            server.server.send(signal.SIGTERM)
            await_until(lambda: all(map(is_told_to_end, others)), "SIGTERM for all others")
            ended = time.monotonic() + 0.3
            while time.monotonic() < ended:
                assert last in server.children()
            for pid in others:
                os.kill(pid, signal.SIGCONT)
            replies = {s.recv(4096) for _ in range(50)}
        assert server.server.wait() == 0
    queries, responses = told(reader.messages())
    assert [q[3] for q in queries] == [query(LISTED, number) for number in range(50)]
    assert {r[3] for r in responses} == replies and len(responses) == 50


def test_the_process_has_no_rights_and_nothing_open_but_the_reader(make_server):
    server = make_server()
    with Reader(server):
        server.start()
        server.server.await_line(IS_READ)
        pid, files = await_until(lambda: dnstap_process(server), "the dnstap process")
        sockets = [file for file in files if file.startswith("socket:")]
        assert len(sockets) == 1, files
        assert not any(str(server.folder) in file and not file.endswith(".log")
                       for file in files), files
        status = Path(f"/proc/{pid}/status").read_text()
        assert re.search(r"^Seccomp:\t2$", status, re.M)
        assert re.search(r"^NoNewPrivs:\t1$", status, re.M)
        assert re.findall(r"^Cap(?:Inh|Prm|Eff|Amb):\t(.*)$", status, re.M) == ["0" * 16] * 4
        if os.geteuid() == 0:
            assert not re.search(r"^Uid:.*\b0\b", status, re.M)


def test_sighup_turns_it_on_and_off(make_server):
    server = make_server("")
    server.start()
    children = len(server.children())
    on, off = section(), ""
    with Reader(server) as reader:
        server.extra_head = on
        server.configure(BODY)
        server.server.send(signal.SIGHUP)
        server.server.await_line(IS_READ)
        await_until(lambda: len(server.children()) == children + 1, "the former ones have ended")
        asked = Asked(server)
        for n in range(20):
            asked.udp(query(LISTED, n))
        server.extra_head = off
        server.configure(BODY)
        server.server.send(signal.SIGHUP)
        await_until(lambda: server.server.text().count("reloaded") == 2
                    and len(server.children()) == children, "those after them")
        assert server.codes(LISTED) == ["127.0.0.2"]
    assert_told(reader.messages(), asked)


def silent(connection):
    connection.recv(65536)
    time.sleep(0.2)


def garbage(connection):
    with contextlib.suppress(OSError):
        connection.sendall(os.urandom(65536))


def another_type(connection):
    """ACCEPT, of a content type that is not ours."""
    field = struct.pack("!II", 1, 5) + b"other"
    control = struct.pack("!I", 1) + field
    connection.sendall(struct.pack("!II", 0, len(control)) + control)
    connection.recv(65536)


def hang_up(connection):
    connection.close()


@pytest.mark.parametrize("behaviour", [silent, garbage, another_type, hang_up])
def test_what_is_no_reader_harms_nothing(make_server, behaviour):
    server = make_server()
    place = server.folder / "dnstap.sock"
    kept, done = [], threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        place.chmod(0o777)
        listener.listen()
        listener.settimeout(0.1)

        def serve():
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = listener.accept()
                    kept.append(connection)
                    behaviour(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            server.start()
            # The silent one has it waiting, the others have it try again.
            await_until(lambda: len(kept) == (1 if behaviour is silent else 3), "connections")
            ended = time.monotonic() + (4 if behaviour is silent else 0)
            while True:     # longer than the parent waits for a heartbeat
                flood(server, 1000)
                if time.monotonic() > ended:
                    break
            pid, _ = await_until(lambda: dnstap_process(server), "the dnstap process")
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < 10
        finally:
            done.set()
            thread.join()
            for connection in kept:
                connection.close()


@pytest.mark.parametrize("words, fault", [
    ('dnstap { socket = "/run/d.sock"  sample = 0 }', "sample"),
    ('dnstap { socket = "/run/d.sock"  queries = no  responses = no }', "says nothing"),
    (f'dnstap {{ socket = "/run/{"d" * 103}" }}', "107 octets"),
])
def test_a_fault_in_the_config_is_named(install, words, fault):
    server = install(BODY, words + "\n", init=False)
    refused = server.launch()
    assert refused.wait() == 78
    assert fault in refused.text()
