"""What goes wrong between a primary and its mirrors: each recovers by itself, or says clearly why not.

Knot, NSD, BIND and another dnsbld follow dnsbld over a line that is cut, held and mended (between.py), with the
wrong key, by a wrong clock, and from a serial that is yet to come. None of them ever serves half a
change: with the old serial the old answers, with the new one the new.
"""

import contextlib
import os
import re
import shutil
import signal

import pytest

from between import Between
from dnsbld import SUBLISTS, zone
from lists import LONG
from metrics import scrape
from names import reversed_name
from peers.bind import Bind
from peers.knot import Knot
from peers.mirror import Mirror
from peers.nsd import Nsd
from peers.server import KEY, secret
from ports import free_port
from process import await_until
from signing import Key

ZONE = "dnsbl.example.org"
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
STEP = 10 if LONG else 50

every_kind = pytest.mark.parametrize("kind", [Knot, Nsd, Bind, Mirror])


def odd(prefix, count):
    """Addresses, of which none makes a wildcard with its neighbours."""
    return [f"{prefix}.{i >> 7}.{(i << 1 & 255) + 1}" for i in range(count)]


class World:
    """dnsbld, a line, and who follows over it."""

    def __init__(self, install, make_folder, kinds):
        self.metrics = free_port()
        self.secondaries = [kind(make_folder(), ZONE) for kind in kinds]
        told = ", ".join(f'"127.0.0.1:{s.notify_port} key {KEY.name}"' for s in self.secondaries)
        self.primary = install(
            SUBLISTS + zone(ZONE, f'transfer {{ allow = {{ "127.0.0.1" }} keys = {{ "mirror" }} }}'
                            f' notify = {{ {told} }}')
            + f'key "{KEY.name}" {{ algorithm = "{KEY.algorithm}" secret = "{secret(KEY)}" }}\n'
            + "notify_delay = 0\n", f'metrics = "127.0.0.1:{self.metrics}"\n')

    def fill(self, count):
        self.add(odd("20.0", count))
        self.primary.start()

    def made_anew(self, *words):
        """The database; the server does not run then."""
        self.primary.stop()
        shutil.rmtree(self.primary.database)
        self.primary.feeder("init", *words)

    def add(self, addresses):
        self.primary.feeder("add", "-", "--sublist", "relay",
                            input="".join(f"{a}\n" for a in addresses))

    def serial(self):
        return self.primary.serial(ZONE)

    def await_all(self):
        for s in self.secondaries:
            s.await_serial(self.serial())

    def go_on(self):
        """The list is one that changes, here each second. Who missed a NOTIFY or was not served
        then follows at the next one, long before the SOA's retry: BIND leaves a primary alone that
        cut it off, and does not ask of itself when it starts."""
        for again in range(60):
            self.add([f"23.0.{again}.1", f"23.{self.serial() & 127}.0.1"])
            with contextlib.suppress(AssertionError):
                for s in self.secondaries:
                    s.await_serial(self.serial(), 1)
                return
        self.await_all()

    def acknowledged(self):
        return scrape(self.metrics).value("dnsbld_notify_ended_total", result="acknowledged")

    def lists(self, server, address):
        return bool(server.ask(reversed_name(address, ZONE)).answer)

    def said(self, pattern):
        """That dnsbld's log has such a line; returns it."""
        return await_until(lambda: re.search(f"^.*{pattern}.*$", self.primary.server.text(), re.M),
                           lambda: f"{pattern!r} in\n{self.primary.server.text()[-4000:]}")[0]


@pytest.fixture
def world(install, make_folder):
    made = []

    def make(*kinds):
        made.append(World(install, make_folder, kinds))
        return made[-1]

    yield make
    for one in made:
        for s in one.secondaries:
            s.stop()


@every_kind
def test_a_secondary_killed_in_the_middle_begins_again(world, kind):
    w = world(kind)
    w.fill(3000)
    secondary, = w.secondaries
    with Between(w.primary.port) as line:
        line.hold_at(30000)
        secondary.follow(line.port, KEY)
        line.held()
        secondary.kill()
        line.mend()
        w.said("transfer of .* was cut off: full")
        secondary.start()
        w.await_all()
        assert w.lists(secondary, "20.0.23.111")

        # The same amid a difference.
        line.hold_at(300)
        w.add(odd("21.0", 1000))
        line.held()
        assert not w.lists(secondary, "21.0.0.1")
        secondary.kill()
        line.mend()
        secondary.start()
        w.go_on()
        assert w.lists(secondary, "21.0.7.207")


@every_kind
def test_a_primary_killed_in_the_middle_is_asked_again(world, kind):
    w = world(kind)
    w.fill(3000)
    secondary, = w.secondaries
    with Between(w.primary.port) as line:
        line.hold_at(30000)
        secondary.follow(line.port, KEY)
        line.held()
        w.primary.stop(signal.SIGKILL)
        line.mend()
        assert secondary.serial() is None
        w.primary.start()
        w.go_on()

        line.hold_at(300)
        old = w.serial()
        w.add(odd("21.0", 1000))
        line.held()
        w.primary.stop(signal.SIGKILL)
        line.mend()
        assert secondary.serial() == old and not w.lists(secondary, "21.0.0.1")
        w.primary.start()
        w.go_on()
        assert w.lists(secondary, "21.0.7.207")


def test_a_connection_cut_anywhere_changes_nothing(world):
    """At every tenth octet of a difference (in the short run, every fiftieth)."""
    w = world(Knot, Nsd, Bind, Mirror)
    w.fill(10)
    lines = []
    try:
        for s in w.secondaries:
            lines.append(Between(w.primary.port).__enter__())
            s.follow(lines[-1].port, KEY)
        w.await_all()
        w.add(["192.0.2.0"])
        w.await_all()
        size = min(line.await_end()[-1] for line in lines)
        assert 300 < size < 1000
        for number, octet in enumerate(range(0, size, STEP), 1):
            old, added = w.serial(), f"192.0.2.{number}"
            before = [line.cuts for line in lines]
            for line in lines:
                line.cut_at(octet)
            w.add([added])
            for line, cuts, s in zip(lines, before, w.secondaries):
                line.await_cut(cuts)
                assert s.serial() == old and not w.lists(s, added)
            for line in lines:
                line.mend()
            w.go_on()
            assert all(w.lists(s, added) for s in w.secondaries)
    finally:
        for line in lines:
            line.__exit__()


WRONG_KEYS = {"another secret": Key(KEY.name, KEY.algorithm, "A" * 43 + "="),
              "another name": Key("stranger", KEY.algorithm, "A" * 43 + "=")}


@every_kind
@pytest.mark.parametrize("fault", WRONG_KEYS)
def test_with_a_wrong_key_there_is_nothing_and_a_reason(world, kind, fault):
    w = world(kind)
    w.fill(10)
    secondary, = w.secondaries
    secondary.follow(w.primary.port, WRONG_KEYS[fault])
    secondary.process.await_line("(?i)bad ?(sig|key|tsig)|tsig error|failed to verify tsig")
    w.said("(transfer of|answers NOTIFY with) .*BAD(SIG|KEY)")
    assert secondary.serial() is None
    secondary.stop()
    secondary.follow(w.primary.port, KEY)
    w.await_all()


@pytest.mark.parametrize("kind", [Knot, Nsd, Mirror])
@pytest.mark.parametrize("clock", ["-1h", "+1h"])
def test_a_clock_an_hour_off_is_told_so_and_right_again_follows(world, kind, clock):
    w = world(kind)
    w.fill(10)
    secondary, = w.secondaries
    secondary.env = {**os.environ, "LD_PRELOAD": FAKETIME, "FAKETIME": clock,
                     "DONT_FAKE_MONOTONIC": "1"}
    secondary.follow(w.primary.port, KEY)
    secondary.process.await_line("BADTIME|Bad Time")
    w.said("(transfer of|answers NOTIFY with) .*BADTIME")
    assert secondary.serial() is None
    secondary.stop()
    secondary.env = None
    secondary.follow(w.primary.port, KEY)
    # Knot has written down to ask again when it is an hour later.
    w.go_on()


@every_kind
def test_a_serial_yet_to_come_is_kept_until_the_primary_is_past_it(world, kind):
    """A primary that was made anew with too low a serial: what its secondaries have is newer to
    them, and they keep it. Given a serial that is newer still, they take it whole."""
    w = world(kind)
    w.fill(10)
    secondary, = w.secondaries
    future = w.serial() + 1000000
    w.made_anew("--serial", future)
    w.fill(10)
    secondary.follow(w.primary.port, KEY)
    kept = w.serial()
    assert kept >= future
    w.await_all()

    w.made_anew()
    w.add(["192.0.2.1"])
    w.fill(10)
    for number in (1, 2):
        await_until(lambda: w.acknowledged() >= number, "it was told")
        assert w.serial() < future
        assert secondary.serial() == kept and not w.lists(secondary, "192.0.2.1")
        w.add([f"192.0.2.{number + 1}"])

    w.made_anew("--serial", kept + 1)
    w.add(["192.0.2.1"])
    w.fill(10)
    w.await_all()
    assert w.lists(secondary, "192.0.2.1")
