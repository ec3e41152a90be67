"""Killed at any instant: feeder, and the database is the state before or after, and dnsbld never
notices; a process of dnsbld, and it is replaced; all of dnsbld, and it starts again.

Twenty kills of each, two hundred with DNSBLD_LONG=1. Those of feeder are spread over the time that
the same command takes when it is left alone.
"""

import configparser
import ipaddress
import os
import random
import signal
import subprocess
import time

import pytest

from asker import A, ask_all
from dnsbld import REPOSITORY, SUBLISTS, built, zone
from lists import LONG, SEED
from load import Asking, Load, attempt
from names import reversed_name
from process import await_until, session_members

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
        latest = 1.1 * (timed(replace(1)) + timed(replace(0))) / 2
        for _ in range(KILLS):
            following = 1 - now
            status = killed_at(replace(following), rng.uniform(0, latest))
            assert status in (0, None)
            # On a machine that others use it takes now longer, now less.
            latest *= 0.9 if status == 0 else 1.03
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


# --- dnsbld ---------------------------------------------------------------------------------------


LISTED = reversed_name("192.0.2.1", ZONE)
BATCH = 32          # queries that a worker has taken from its socket and not answered, at most
REPLACED = 12       # seconds; it takes one, on a machine that has nothing else to do


def assert_served_by_all(server, address, codes):
    name = reversed_name(address, ZONE)
    await_until(lambda: all(attempt(server.port, name, tcp) == codes
                            for tcp in [False] * 16 + [True]),
                lambda: f"{address} is {codes}:\n{server.server.text()[-3000:]}", REPLACED)


def test_processes_killed_at_random_instants_are_replaced_and_lose_what_they_held_at_most(server):
    """Their sockets stay, and with them what was not yet taken from them."""
    rng = random.Random(SEED)
    server.loses_processes = True
    count = len(server.children())
    killed = 0
    with Load(server.port, ALWAYS, udp_clients=4, tcp_clients=0) as load:
        while killed < KILLS:
            time.sleep(rng.uniform(0, 0.2))
            for victim in rng.sample(server.children(), 1) if server.children() else []:
                os.kill(victim, signal.SIGKILL)
                killed += 1
            if killed % 10 == 0:
                address = f"101.0.0.{killed}"
                server.feeder("add", address, "--sublist", "relay")
                assert_served_by_all(server, address, ["127.0.0.2"])
        await_until(lambda: len(server.children()) == count, "all are replaced", REPLACED)
        answered = load.count
        await_until(lambda: load.count > answered + 1000, "the load goes on")
    print(f"{killed} kills, {load.count} answers, {len(load.lost)} lost")
    assert load.wrong == load.lost, "no answer is wrong"
    assert len(load.lost) <= killed * BATCH
    assert load.count > 100 * killed
    server.feeder("check")


def test_a_parent_killed_at_random_instants_starts_again_and_serves(server):
    """As under a supervisor that starts it again at once, whatever it ended with."""
    rng = random.Random(SEED)
    server.loses_processes = True
    server.stop()
    begin = time.monotonic()
    server.start()
    duration = time.monotonic() - begin
    statuses, acknowledged = set(), []
    with Asking(server.port, LISTED, ["127.0.0.4"]) as asking:
        for turn in range(KILLS):
            if turn % 10 == 0:
                # What the last one left keeps the new one from nothing for long.
                await_until(lambda: begun(server, statuses), "it serves again", REPLACED)
                address = f"101.0.1.{turn}"
                server.feeder("add", address, "--sublist", "relay")
                assert_served_by_all(server, address, ["127.0.0.2"])
                acknowledged.append(address)
            time.sleep(rng.uniform(0, 2 * duration))
            former = server.server
            if former.running():
                former.send(signal.SIGKILL)
            statuses.add(former.wait())
            server.server = server.launch()
            await_until(lambda: not session_members(former.pid), "its processes end with it")
        await_until(lambda: begun(server, statuses), "it serves again", REPLACED)
        for address in acknowledged:
            assert_served_by_all(server, address, ["127.0.0.2"])
    print(f"{KILLS} kills, ends {statuses}, {asking.answered} of {asking.asked} answered")
    assert asking.wrong == []
    assert asking.answered > KILLS
    # 75: those before still had the address.
    assert statuses <= {-signal.SIGKILL, 75}
    server.feeder("check")
    assert server.stop() == 0


def begun(server, statuses):
    """Whether the server is ready; one that ended is started again."""
    if not server.server.running():
        statuses.add(server.server.wait())
        server.server = server.launch()
    return "ready: " in server.server.text()


def test_the_unit_starts_a_killed_server_again():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(REPOSITORY / "dnsbld/dnsbld.service")
    # A kill is a failure (systemd.service(5)), and so is any exit status but 0.
    assert unit["Service"]["Restart"] in ("on-failure", "always")
    assert 0 < int(unit["Service"]["RestartSec"]) <= 5
