"""feeder killed at any instant: the database is the state before or after; dnsbld never notices.

Twenty kills, two hundred with DNSBLD_LONG=1, spread over the time that the same command takes when
it is left alone.
"""

import ipaddress
import os
import random
import signal
import subprocess
import time

import pytest

from asker import A, ask_all
from dnsbld import SUBLISTS, built, zone
from lists import LONG, SEED
from load import Load
from names import reversed_name

ZONE = "dnsbl.example.org"
KILLS = 200 if LONG else 20
ROWS = 6000
ALWAYS = {reversed_name("192.0.2.1", ZONE): ["127.0.0.4"],
          reversed_name("127.0.0.2", ZONE): ["127.0.0.2"],
          reversed_name("192.0.2.2", ZONE): []}


@pytest.fixture
def server(install):
    server = install(SUBLISTS + zone(ZONE))
    server.feeder("add", "192.0.2.1", "--sublist", "hijacked", "--expires", "never")
    return server.start()


def command(server, *words):
    return [built("feeder"), "-c", str(server.config), *map(str, words)]


def feed(file, rng):
    """A list of ROWS addresses in 32.0.0.0/3, where nothing is excluded, written to a file."""
    numbers = sorted(rng.sample(range(1 << 29, 1 << 30), ROWS))
    addresses = [str(ipaddress.IPv4Address(n)) for n in numbers]
    file.write_text("\n".join(addresses) + "\n")
    return set(addresses)


def timed(argv):
    start = time.monotonic()
    subprocess.run(argv, check=True, capture_output=True)
    return time.monotonic() - start


def watch(server):
    """Asks without end, one question at a time over UDP and over TCP."""
    return Load(server.port, ALWAYS, udp_clients=1, tcp_clients=1, window=1, pause=0.002)


def killed_at(argv, delay):
    """Run it and kill it after `delay` seconds. Its exit status, None when it was killed."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return process.wait(delay)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        status = process.wait()
        return None if status == -signal.SIGKILL else status


def served(server, addresses):
    """Which of the addresses are listed, as DNS says it."""
    addresses = sorted(addresses)
    answers = ask_all(server.port, [(reversed_name(a, ZONE), A) for a in addresses])
    return {a for a, answer in zip(addresses, answers) if answer[2]}


def test_an_import_killed_at_any_instant_is_done_or_not_done(server):
    rng = random.Random(SEED)
    files = [server.folder / "list0", server.folder / "list1"]
    lists = [feed(file, rng) for file in files]

    def replace(n):
        return command(server, "import", "--source", "feed", "--sublist", "relay", "--format",
                       "plain", "--replace", files[n])

    subprocess.run(replace(0), check=True, capture_output=True)
    now = 0
    outcomes = {"done": 0, "not done": 0}
    with watch(server) as load:
        duration = (timed(replace(1)) + timed(replace(0))) / 2
        for _ in range(KILLS):
            following = 1 - now
            status = killed_at(replace(following), rng.uniform(0, 1.1 * duration))
            assert status in (0, None)
            server.feeder("check")
            found = served(server, lists[0] | lists[1])
            assert found in (lists[now], lists[following])
            if status == 0:
                assert found == lists[following]
            outcomes["done" if found == lists[following] else "not done"] += 1
            now = following if found == lists[following] else now
    assert load.wrong == []
    assert load.count > 1000
    assert all(outcomes.values()), f"the instants were not spread: {outcomes}"


def test_an_add_that_was_acknowledged_is_never_lost(server):
    rng = random.Random(SEED)
    acknowledged, killed = set(), set()
    numbers = iter(range(1, 1 << 16))
    with watch(server) as load:
        duration = timed(command(server, "add", "198.51.100.0", "--sublist", "relay"))
        while len(killed) < KILLS:
            n = next(numbers)
            address = f"101.0.{n >> 8}.{n & 255}"
            argv = command(server, "add", address, "--sublist", "relay", "--expires", "never")
            status = killed_at(argv, rng.uniform(0, 1.5 * duration))
            assert status in (0, None)
            (killed if status is None else acknowledged).add(address)
            if status is None:
                server.feeder("check")
                assert acknowledged <= served(server, acknowledged)
    assert load.wrong == []
    assert acknowledged, "no add lived to the end"
    assert served(server, killed) <= killed
    assert {line.split()[0].removesuffix("/32") for line in
            server.feeder("list", "--sublist", "relay").stdout.splitlines()} >= acknowledged


def test_every_batch_that_a_stream_acknowledged_is_there(server):
    """`add --stream` commits when its input pauses, and says so."""
    rng = random.Random(SEED)
    for turn in range(max(2, KILLS // 10)):
        process = subprocess.Popen(
            command(server, "add", "--stream", "--sublist", "relay", "--expires", "never", "-"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        acknowledged = set()
        for n in range(rng.randrange(1, 6)):
            batch = [f"102.{turn}.{n}.{i}" for i in range(20)]
            process.stdin.write("".join(a + "\n" for a in batch))
            process.stdin.flush()
            assert process.stdout.readline() != ""
            acknowledged |= set(batch)
            assert served(server, acknowledged) == acknowledged
        process.stdin.write(f"102.{turn}.255.1\n102.{turn}.255.2\n")
        process.stdin.flush()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()
        server.feeder("check")
        assert served(server, acknowledged) == acknowledged
