"""feeder mirror killed at any instant: while it asks, takes a transfer, writes to the database. What
is served is what its primary had at some serial, all of it, and what it missed follows.

Ten kills of the daemon, which takes the process that writes with it, spread over the time that it
takes from a NOTIFY to the new serial; two hundred with DNSBLD_LONG=1, and then as many of the process
that writes alone: it is seldom met, for it is done in a few milliseconds.
"""

import os
import random
import signal
import time

import pytest

from dnsbld import built
from lists import LONG, SEED
from load import Load
from names import reversed_name
from ports import free_port
from primary import ZONE, Primary, listing
from proc import children_of, session_members
from process import Process, await_until
from transfers import axfr

KILLS = 200 if LONG else 10
ALWAYS = listing("192.0.2.1", 4) | listing("127.0.0.2")
ADDRESSES = [f"101.{n}.{n * 7 % 250}.1" for n in range(250)]
WATCHED = {reversed_name("192.0.2.1", ZONE): ["127.0.0.4"],
           reversed_name("127.0.0.2", ZONE): ["127.0.0.2"],
           reversed_name("192.0.2.2", ZONE): []}


class World:
    """A primary whose zone changes, and a mirror of it that dnsbld serves."""

    def __init__(self, install):
        self.rng = random.Random(SEED)
        self.primary, self.was = Primary(), {}
        self.change()
        self.port = free_port()
        self.server = install(f"""
mirror {{
    listen = "127.0.0.1:{self.port}"
    zone "{ZONE}" {{ primaries = {{ "{self.primary.at}" }}  transfer {{ allow = {{ "127.0.0.1" }} }} }}
}}
""")
        self.server.feeder("mirror", "--once")
        self.server.start()
        self.daemon, self.starts = None, 0

    def change(self):
        """Of what it has, and whether a difference is to be had."""
        serial = len(self.was) + 1
        some = self.rng.sample(ADDRESSES, 150)
        records = ALWAYS.union(*(listing(a, self.rng.choice((2, 4))) for a in some))
        self.primary.publish(serial, records)
        self.was[serial] = {(f"{owner}.{ZONE}.", rdtype, text) for owner, rdtype, text in records}
        self.primary.versions.pop(serial - 3, None)
        self.primary.fault.full_for_ixfr = self.rng.random() < 0.3

    def start(self):
        self.starts += 1
        self.daemon = Process([built("feeder"), "-c", self.server.config, "mirror"],
                              self.server.folder / f"mirror.{self.starts}.log")
        self.daemon.await_line("ready: ")

    def served(self):
        """The serial; what comes with it has to be what the primary had then."""
        rows = axfr(self.server, ZONE)
        serial = int(rows[0][3].split()[2])
        found = {(owner, rdtype, text) for owner, _, rdtype, text in rows
                 if rdtype not in ("SOA", "NS")}
        assert found == self.was[serial]
        return serial

    def await_newest(self):
        await_until(lambda: self.server.serial(ZONE) == self.primary.serial,
                    lambda: f"serial {self.primary.serial}:\n{self.daemon.text()}", 60)
        assert self.served() == self.primary.serial

    def assert_whole(self):
        self.server.feeder("check")
        return self.served()


@pytest.fixture
def world(install):
    made = World(install)
    yield made
    if made.daemon:
        made.daemon.stop()
    made.primary.stop()


def changed_and_told(world):
    """How long it then takes."""
    world.change()
    began = time.monotonic()
    world.primary.notify(world.port)
    world.await_newest()
    return time.monotonic() - began


class Instants:
    """Spread over a time that is longer now and shorter then, on a machine that others use."""

    def __init__(self, rng, latest):
        self.rng, self.latest = rng, latest
        self.counts = {"before": 0, "after": 0}

    def pick(self):
        return self.rng.uniform(0, self.latest)

    def was(self, after):
        self.latest *= 0.9 if after else 1.05
        self.counts["after" if after else "before"] += 1


def test_the_daemon_killed_at_any_instant(world):
    world.start()
    instants = Instants(world.rng, changed_and_told(world))
    with Load(world.server.port, WATCHED, udp_clients=1, tcp_clients=1, window=1, pause=0.002) as load:
        for _ in range(KILLS):
            old = world.primary.serial
            world.change()
            world.primary.notify(world.port)
            time.sleep(instants.pick())
            world.daemon.send(signal.SIGKILL)
            world.daemon.wait()
            await_until(lambda: not session_members(world.daemon.pid), "what it began ends with it")
            has = world.assert_whole()
            assert has in (old, old + 1)
            instants.was(has > old)
            world.start()
            world.await_newest()
    print(f"{KILLS} kills of the daemon: {instants.counts}")
    assert load.wrong == []
    assert load.count > 100
    assert all(instants.counts.values()), "the instants were not spread"


def writer_of(world):
    """A descriptor of the process that writes, soon after it began; None where it was too quick."""
    writers = await_until(lambda: children_of(world.daemon.pid)
                          or (world.server.serial(ZONE) == world.primary.serial and [None]),
                          "one writes", every=0)
    try:
        pidfd = writers[0] and os.pidfd_open(writers[0])
    except ProcessLookupError:
        return None
    if pidfd and writers[0] not in children_of(world.daemon.pid):
        os.close(pidfd)
        return None
    return pidfd


def killed(pidfd, delay):
    time.sleep(delay)
    try:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(pidfd)


@pytest.mark.skipif(not LONG, reason="minutes until ten were met: DNSBLD_LONG=1")
def test_the_process_that_writes_killed_at_any_instant(world):
    """The daemon goes on, says so, and tries again after the SOA's RETRY."""
    world.start()
    changed_and_told(world)
    instants = Instants(world.rng, 0.02)
    while instants.counts["before"] < KILLS:
        old = world.primary.serial
        world.change()
        world.primary.notify(world.port)
        pidfd = writer_of(world)
        if pidfd is not None:
            before = killed(pidfd, instants.pick())
            instants.was(not before)
            assert not before or world.assert_whole() in (old, old + 1)
        world.await_newest()
    print(f"kills of the process that writes: {instants.counts}")
    world.daemon.await_line("the process that wrote to the database ended by signal 9")
    assert world.daemon.running()
    world.server.feeder("check")
