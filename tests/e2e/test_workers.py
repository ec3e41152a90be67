"""UDP workers: how many, on which CPUs, what their sockets hold, and what their loop costs.

A worker is found by its socket: /proc/net/udp has the inodes at an address, /proc/PID/fd who has
them open.
"""

import collections
import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from asker import A, question
from dnsbld import SUBLISTS, Dnsbld, built, zone
from load import Load
from names import reversed_name
from process import Process, absent, await_until, need_root, program
from wire import exchange

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
LISTED = reversed_name("192.0.2.1", ZONE)

CPUS = sorted(os.sched_getaffinity(0))
FIRST, LAST = CPUS[0], CPUS[-1]
NO_CPU = 8000
ADDRESSES = 2 if Dnsbld.ipv6 else 1

DROPPED = (r"UDP worker 1 at 127\.0\.0\.1:\d+: the kernel dropped (\d+) queries in the last (\d+) s,"
           r" as its receive buffer \((\d+) KiB\) was full")


def packet(number, name=LISTED):
    return struct.pack("!HHHHHH", number, 0, 1, 0, 0, 0) + question(name, A)


def allowed(pid):
    """Cpus_allowed_list of a process, as in "0-1"; None where it has gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return re.search(r"^Cpus_allowed_list:\t(.*)$", Path(f"/proc/{pid}/status").read_text(),
                         re.M).group(1)


def everywhere():
    return allowed(os.getpid())


def pinned(server):
    """How many of the server's children have which list of CPUs."""
    return collections.Counter(map(allowed, server.children()))


def expected(*cpus):
    """The same of these workers for each address, and of the TCP process."""
    wanted = collections.Counter(map(str, cpus * ADDRESSES))
    wanted[everywhere()] += 1
    return wanted


def udp_workers(server):
    """The processes that read the UDP sockets at 127.0.0.1."""
    at = f"0100007F:{server.port:04X}"
    rows = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    wanted = {f"socket:[{row[9]}]" for row in rows if row[1] == at}
    found = []
    for pid in server.children():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if wanted & {os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()}:
                found.append(pid)
    return found


# --- how many, and where ------------------------------------------------------------------------


def test_there_is_a_worker_for_each_cpu_that_the_server_may_run_on(install):
    server = install(BODY, head="# workers and affinity as they are by default\n")
    server.start()
    assert pinned(server) == {everywhere(): len(CPUS) * ADDRESSES + 1}
    server.stop()
    os.sched_setaffinity(0, {LAST})
    try:
        server.start()
    finally:
        os.sched_setaffinity(0, CPUS)
    assert pinned(server) == {str(LAST): ADDRESSES + 1}


def test_workers_run_on_the_cpus_of_the_list_in_turn(install):
    server = install(BODY, head=f"workers = 3\naffinity = {{ {LAST}, {FIRST} }}\n").start()
    assert pinned(server) == expected(LAST, FIRST, LAST)


def test_a_replaced_worker_is_pinned_again(install):
    server = install(BODY, head=f"workers = 1\naffinity = {LAST}\n").start()
    server.loses_processes = True
    for victim in server.children():
        os.kill(victim, signal.SIGKILL)
        await_until(lambda: victim not in server.children() and pinned(server) == expected(LAST),
                    lambda: f"{victim} is replaced: {pinned(server)}")


def test_sighup_applies_another_affinity(install):
    server = install(BODY, head=f"affinity = {{ {FIRST} }}\n").start()
    assert pinned(server) == expected(FIRST, FIRST)
    for head, wanted in ((f"affinity = {{ {LAST}, {FIRST} }}\n", expected(LAST, FIRST)),
                         ("affinity = { }\n", collections.Counter(
                             {everywhere(): 2 * ADDRESSES + 1}))):
        server.extra_head = head
        server.configure(BODY)
        server.server.send(signal.SIGHUP)
        await_until(lambda: pinned(server) == wanted,
                    lambda: f"{wanted} came of {head}: {pinned(server)}")


def assert_refused(server, cpu):
    line = server.config.read_text().splitlines().index(f"{cpu} }}") + 1
    words = rf"dnsbld\.conf:{line}: affinity = {cpu}: there is no such CPU"
    refused = server.launch()
    assert refused.wait() == 78
    assert re.search(words, refused.text())
    tested = subprocess.run([built("dnsbld"), "-t", "-c", server.config], capture_output=True,
                            text=True, timeout=30)
    assert tested.returncode == 78
    assert re.search(words, tested.stderr)


def test_a_cpu_that_there_is_not_is_refused_with_its_line(install):
    server = install(BODY, head=f"affinity = {{ {FIRST},\n{NO_CPU} }}\n", init=False)
    assert_refused(server, NO_CPU)
    # feeder may run on another machine, where that is so.
    server.feeder("init")


def test_a_cpu_that_the_server_may_not_run_on_is_refused(install):
    if len(CPUS) == 1:
        pytest.skip("needs two CPUs")
    server = install(BODY, head=f"affinity = {{\n{FIRST} }}\n")
    os.sched_setaffinity(0, {LAST})
    try:
        assert_refused(server, FIRST)
    finally:
        os.sched_setaffinity(0, CPUS)


def test_sighup_with_a_cpu_that_there_is_not_keeps_the_old_config(install):
    server = install(BODY, head=f"affinity = {{ {FIRST} }}\n").start()
    children = server.children()
    server.extra_head = f"affinity = {{ {NO_CPU} }}\n"
    server.configure(BODY)
    server.server.send(signal.SIGHUP)
    server.server.await_line(rf"affinity = {NO_CPU}: .*: the old config stays")
    assert server.children() == children


# --- what sockets hold, and what is dropped -----------------------------------------------------


@pytest.fixture
def small(install):
    """One worker at each address, with a receive buffer for a few dozen queries."""
    server = install(BODY, head="workers = 1\nreceive_buffer = 16K\n")
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    return server.start()


def flood(server, client, victim, count=400):
    """More than its socket holds, while the worker stands still."""
    os.kill(victim, signal.SIGSTOP)
    await_until(lambda: Path(f"/proc/{victim}/stat").read_text().rpartition(")")[2].split()[0]
                == "T", "the worker stands still")
    client.connect(("127.0.0.1", server.port))
    for number in range(count):
        client.send(packet(number))
    return count


def answers(client):
    """How many come, until the one to a last question, which is behind all others."""
    last = 0xFFFF
    client.settimeout(5)
    client.send(packet(last))
    count = 0
    while int.from_bytes(client.recv(65535)[:2], "big") != last:
        count += 1
    return count


@pytest.mark.parametrize("killed", [False, True], ids=["that-goes-on", "that-is-replaced"])
def test_what_the_kernel_drops_before_a_worker_is_counted(small, killed):
    """Exactly what was sent and not answered, once; the socket outlives the worker."""
    small.loses_processes = killed
    victim, = udp_workers(small)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        sent = flood(small, client, victim)
        os.kill(victim, signal.SIGKILL if killed else signal.SIGCONT)
        warning = small.server.await_line(DROPPED)
        answered = answers(client)
        dropped, within_s, buffer_kib = map(int, warning.groups())
        assert dropped == sent - answered
        assert 0 < answered < sent
        assert buffer_kib == 16
        assert 1 <= within_s <= 10
        # Seconds later, in another process, it is not told again.
        for victim in udp_workers(small):
            small.loses_processes = True
            os.kill(victim, signal.SIGKILL)
            await_until(lambda: victim not in udp_workers(small) and udp_workers(small),
                        "the worker is replaced")
        assert exchange(small, packet(1))[:2] == b"\0\1"
    assert len(re.findall(DROPPED, small.server.text())) == 1


def test_sighup_gives_the_sockets_another_receive_buffer(small):
    small.extra_head = "workers = 1\nreceive_buffer = 48K\n"
    small.configure(BODY)
    small.server.send(signal.SIGHUP)
    small.server.await_line("reloaded: ")
    # The old worker finishes; two would take turns.
    victim, = await_until(lambda: len(small.children()) == ADDRESSES + 1 and udp_workers(small),
                          "the old processes have gone")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        flood(small, client, victim)
        os.kill(victim, signal.SIGCONT)
        assert small.server.await_line(DROPPED).group(3) == "48"


def test_a_receive_buffer_that_the_kernel_does_not_give_is_said_once(install):
    most = int(Path("/proc/sys/net/core/rmem_max").read_text())
    if most >= 512 << 20:
        pytest.skip("net.core.rmem_max allows any")
    server = install(BODY, head="receive_buffer = 512M\n")
    argv = [built("dnsbld"), "-c", server.config]
    if os.geteuid() == 0:
        argv = [program("setpriv"), "--bounding-set", "-net_admin", *argv]
    server.server = Process(argv, server.folder / "dnsbld.log")
    server.server.await_line(r"ready: ")
    said, = re.findall(r"receive buffers of (\d+) KiB and not of (\d+) KiB: "
                       r"set the sysctl net\.core\.rmem_max to (\d+) or more", server.server.text())
    assert said == (str(most // 1024), str(512 << 10), str(512 << 20))


def test_a_receive_buffer_that_the_kernel_gives_is_no_matter(install):
    server = install(BODY, head="receive_buffer = 16K\n").start()
    assert "rmem_max" not in server.server.text()


# In a network of its own: 192.0.2.1 is ours, and nobody else is there.
ALONE = """
set -e
ip link set lo up
ip link add ours type veth peer name theirs
ip address add 192.0.2.1/24 dev ours
ip link set ours up
ip link set theirs up
exec "$@"
"""

# Queries with the address of somebody who does not exist, then one from ourselves.
SPOOF = """
import socket, struct, sys
port, query = int(sys.argv[1]), bytes.fromhex(sys.argv[2])
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
udp = struct.pack("!HHHH", 5000, port, 8 + len(query), 0) + query
ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                 socket.inet_aton("192.0.2.99"), socket.inet_aton("192.0.2.1"))
for _ in range(1000):
    raw.sendto(ip + udp, ("192.0.2.1", 0))
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(5)
client.connect(("192.0.2.1", port))
client.send(query)
print(client.recv(65535).hex())
"""


def test_a_neighbour_that_is_silent_keeps_nobody_from_answers(install):
    """Replies to him wait in the kernel for seconds, and fill a send buffer of the usual size."""
    need_root("a network namespace")
    ip = program("ip")
    server = install(BODY, head="workers = 1\n")
    text, times = re.subn(r"(?m)^listen = .*$", f'listen = {{ "192.0.2.1:{server.port}" }}',
                          server.config.read_text())
    assert times == 1
    server.config.write_text(text)
    namespace = [program("unshare"), "--net", "sh", "-c", ALONE.replace("ip ", ip + " "), "sh"]
    server.server = Process([*namespace, built("dnsbld"), "-c", server.config],
                            server.folder / "dnsbld.log")
    server.server.await_line(r"ready: ")
    done = subprocess.run(
        [program("nsenter"), f"--net=/proc/{server.server.pid}/ns/net", sys.executable, "-c",
         SPOOF, str(server.port), packet(7).hex()],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0007")


# --- what the loop costs ------------------------------------------------------------------------


def test_a_busy_worker_makes_two_system_calls_and_no_others(install, folder):
    """One to receive and one to send a batch; what it looks after once a second comes to that."""
    strace = program("strace")
    server = install(BODY, head="workers = 1\n")
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    victim, = udp_workers(server.start())
    trace = folder / "trace"
    # strace starts its lines with the seconds of the clock.
    tracer = Process([strace, "-q", "-ttt", "-o", trace, "-p", victim], folder / "strace.log")
    await_until(lambda: not tracer.running() or trace.exists() and trace.stat().st_size > 0,
                "strace is attached")
    if not tracer.running():
        absent(f"strace may not: {tracer.text()}")
    with Load(server.port, {LISTED: ["127.0.0.2"]}, udp_clients=8, tcp_clients=0) as load:
        # With three looks at the count of drops two whole seconds are in the trace.
        await_until(lambda: load.count > 5000 and trace.read_text().count("SO_MEMINFO") >= 3,
                    lambda: f"a load is on: {load.count}", 60, every=0.5)
    tracer.stop(signal.SIGINT)
    assert load.wrong == []

    lines = trace.read_text().splitlines()
    calls = collections.Counter(re.findall(r"(?m)^\d+\.\d+ (\w+)\(", "\n".join(lines)))
    seconds = float(lines[-1].split()[0]) - float(lines[0].split()[0])
    batches = calls.pop("recvmmsg")
    waits = len(re.findall(r"recvmmsg\(.*EAGAIN", "\n".join(lines)))
    print(f"{load.count} queries, {batches} batches in {seconds:.1f} s; others: {calls}")
    assert abs(calls.pop("sendmmsg") - (batches - waits)) <= 1
    # The database's file, and the socket's count of drops.
    assert set(calls) <= {"newfstatat", "stat", "statx", "getsockopt"}
    assert all(count <= seconds + 2 for count in calls.values()), calls
