"""feeder mirror beside a primary that does as it is told: what it takes over, when it asks, whom it
believes. Whatever a primary does wrong, nothing that is served changes, the log says why, and the
next good attempt succeeds.
"""

import fcntl
import itertools
import json
import os
import pwd
import signal
import socket
import threading
import time
from pathlib import Path

import dns.rcode
import dns.rrset
import dns.tsig
import pytest

from dnsbld import SUBLISTS, built, zone
from lists import LONG
from ports import free_port
from primary import ORIGIN, ZONE, Asked, Fault, Primary, listing, record, soa
from process import Process, await_until, need_root
from signing import Key

SECRET = "bWFrZSBvbmUgYnkgZmVlZGVyIGtleWdlbiBtaXJyb3I="
KEY = Key("mirror", "hmac-sha256", SECRET)
OTHER = Key("mirror", "hmac-sha256", "QW5vdGhlciBzZWNyZXQgb2YgdGhlIHNhbWUgbmFtZSE=")

FIRST = listing("192.0.2.1") | listing("192.0.2.2", 4)
SECOND = FIRST - listing("192.0.2.1") | listing("198.51.100.7")
MANY = set().union(*(listing(f"203.0.{i}.{k}") for i in range(4) for k in range(250)))


class Mirror:
    """An installation with mirrored zones alone, and its daemon."""

    def __init__(self, install, *primaries, key=None, head=""):
        self.port = free_port()
        secret = f'key "mirror" {{ algorithm = "hmac-sha256"  secret = "{SECRET}" }}\n'
        self.primaries = ", ".join(p.at for p in primaries)
        places = ", ".join(f'"{p.at}"' for p in primaries)
        signed = 'key = "mirror"' if key else ""
        self.body = f"""{secret if key else ""}
mirror {{
    listen = "127.0.0.1:{self.port}"
    zone "{ZONE}" {{ {signed} primaries = {{ {places} }} }}
}}
"""
        self.installation = install(self.body, head=head)
        self.feeder = self.installation.feeder
        self.daemon = None
        self.starts = 0

    def once(self, status=0):
        """What `--once --json` prints for the zone, and what it says."""
        done = self.feeder("mirror", "--once", "--json", status=status)
        return json.loads(done.stdout), done.stderr

    def has(self, zone=ZONE):
        """Serial and records, as `stats` has them; None without a zone."""
        found = self.installation.stats()["mirrors"].get(zone)
        return found and (found["serial"], found["records"])

    def everything(self):
        stats = self.installation.stats()
        return self.has(), stats["listings"], stats["changes"], self.installation.rows("list")

    def start(self):
        self.starts += 1
        self.daemon = Process([built("feeder"), "-c", self.installation.config, "mirror"],
                              self.installation.folder / f"mirror.{self.starts}.log")
        self.daemon.await_line(r"ready: following \d+ zones")
        return self

    def stop(self):
        if self.daemon:
            assert self.daemon.stop() == 0
            assert "Sanitizer" not in self.daemon.text()
            self.daemon = None

    def await_serial(self, serial):
        await_until(lambda: (self.has() or [0])[0] == serial,
                    lambda: f"serial {serial}, not {self.has()}:\n{self.daemon.text()}")


@pytest.fixture
def primary():
    made = Primary().publish(1, FIRST)
    yield made
    made.stop()


@pytest.fixture
def signing():
    made = Primary(KEY).publish(1, FIRST)
    yield made
    made.stop()


@pytest.fixture
def mirrors(install):
    made = []

    def make(*primaries, **options):
        made.append(Mirror(install, *primaries, **options))
        return made[-1]

    yield make
    for mirror in made:
        mirror.stop()


def size(records):
    return len(records) + 2     # SOA and NS


# --- once ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, KEY], ids=["unsigned", "signed"])
def test_once_takes_all_then_differences_then_nothing(mirrors, primary, signing, key):
    primary = signing if key else primary
    mirror = mirrors(primary, key=key)
    row, said = mirror.once()
    assert row.pop("seconds") < 30
    assert row == {"zone": ZONE, "primary": primary.at, "serial": 1, "kind": "full",
                   "records": size(FIRST), "outside": 0}
    assert f"{ZONE}: serial 1 from {primary.at}: the whole zone" in said
    # Nobody has to be asked which serial there is where anything is newer than nothing.
    assert primary.asked == [Asked("AXFR", True)]
    assert mirror.has() == (1, size(FIRST))

    primary.publish(2, SECOND)
    row, said = mirror.once()
    assert (row["kind"], row["serial"], row["records"]) == ("incremental", 2, size(SECOND))
    assert "serial 1 to 2" in said
    assert primary.asked[1:] == [Asked("SOA", False), Asked("IXFR", True, 1)]

    changes = mirror.installation.stats()["changes"]
    row, said = mirror.once()
    assert (row["kind"], row["serial"], row["primary"]) == ("current", 2, primary.at)
    assert primary.asked[3:] == [Asked("SOA", False)]
    assert mirror.installation.stats()["changes"] == changes


def test_once_prints_a_line_a_zone(mirrors, primary):
    mirror = mirrors(primary)
    done = mirror.feeder("mirror", "--once")
    assert done.stdout == f"{ZONE}\t{primary.at}\t1\tfull\t{size(FIRST)}\t0\n"


def test_what_arrived_is_listed(mirrors, primary):
    mirror = mirrors(primary.publish(2, FIRST | listing("*.198.51.100", 4, "all of it")))
    mirror.once()
    assert mirror.installation.listed() == ["192.0.2.1", "192.0.2.2", "198.51.100.0/24"]
    primary.publish(3, SECOND)
    mirror.once()
    assert mirror.installation.listed() == ["192.0.2.2", "198.51.100.7"]
    mirror.feeder("check")


def test_what_is_outside_the_model_is_counted_by_kind(mirrors, primary):
    odd = {("1.2.0.192", "A", "192.0.2.80"), ("www", "MX", "10 mail.example.net."),
           ("2.2.0.192", "TXT", '"more than its codes"')}
    row, log = mirrors(primary.publish(2, FIRST | odd)).once()
    assert (row["records"], row["outside"]) == (size(FIRST | odd), 3)
    assert f"; 3 of {size(FIRST | odd)} outside the model, 1 " in log


def test_several_differences_in_one_answer(mirrors, primary):
    mirror = mirrors(primary)
    mirror.once()
    records = FIRST
    for serial in range(2, 9):
        records = records - listing(f"203.0.113.{serial - 1}") | listing(f"203.0.113.{serial}")
        primary.publish(serial, records)
    row, _ = mirror.once()
    assert (row["kind"], row["serial"], row["records"]) == ("incremental", 8, size(records))


def test_serials_wrap(mirrors):
    primary = Primary().publish(0xffffffff, FIRST)
    try:
        mirror = mirrors(primary)
        mirror.once()
        primary.publish(5, SECOND)
        row, _ = mirror.once()
        assert (row["kind"], row["serial"]) == ("incremental", 5)
    finally:
        primary.stop()


@pytest.mark.parametrize("between", [0, 1, 98])
def test_a_transfer_of_many_messages_some_of_them_signed(mirrors, signing, between):
    signing.publish(2, MANY)
    signing.per_message = 10
    signing.fault.unsigned_between = between
    row, _ = mirrors(signing, key=KEY).once()
    assert (row["serial"], row["records"]) == (2, size(MANY))


def test_truncated_over_udp_is_asked_over_tcp(mirrors, primary):
    mirror = mirrors(primary)
    mirror.once()
    primary.fault.udp_truncated = True
    primary.publish(2, SECOND)
    assert mirror.once()[0]["serial"] == 2
    assert primary.asked[1:3] == [Asked("SOA", False), Asked("SOA", True)]


def test_silent_over_udp_is_asked_over_tcp(mirrors, primary):
    mirror = mirrors(primary)
    mirror.once()
    primary.fault.udp_silent = True
    primary.publish(2, SECOND)
    assert mirror.once()[0]["serial"] == 2
    assert primary.asked[1:5] == 3 * [Asked("SOA", False)] + [Asked("SOA", True)]


@pytest.mark.parametrize("fault, said", [
    (Fault(refuse_ixfr=dns.rcode.REFUSED), "REFUSED"),
    (Fault(refuse_ixfr=dns.rcode.NOTIMP), "NOTIMP"),
    (Fault(refuse_ixfr=dns.rcode.FORMERR), "FORMERR"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_without_ixfr_all_is_taken(mirrors, primary, fault, said):
    mirror = mirrors(primary)
    mirror.once()
    primary.publish(2, SECOND).fault = fault
    row, log = mirror.once()
    assert (row["kind"], row["serial"], row["records"]) == ("full", 2, size(SECOND))
    assert said in log
    assert primary.questions()[1:] == ["SOA", "IXFR", "AXFR"]


def test_a_whole_zone_may_answer_an_ixfr(mirrors, primary):
    mirror = mirrors(primary)
    mirror.once()
    primary.publish(2, SECOND).fault.full_for_ixfr = True
    row, _ = mirror.once()
    assert (row["kind"], row["serial"], row["records"]) == ("full", 2, size(SECOND))
    assert primary.questions()[1:] == ["SOA", "IXFR"]


def test_differences_that_do_not_fit_are_followed_by_all(mirrors, primary):
    """The primary's journal speaks of what it never served."""
    mirror = mirrors(primary)
    mirror.once()
    primary.versions[1] = primary.versions[1] | listing("203.0.113.9")
    primary.publish(2, SECOND)
    row, log = mirror.once()
    assert (row["kind"], row["serial"], row["records"]) == ("full", 2, size(SECOND))
    assert primary.questions()[1:] == ["SOA", "IXFR", "AXFR"]
    assert primary.at in log


# --- faults --------------------------------------------------------------------------------------


def without_end(records):
    def more():
        yield records[0]
        for i in itertools.count():
            yield record(f"{i % 250}.{i // 250 % 250}.{i // 62500}.203", "A", "127.0.0.2")
    return more()


def other_end(records):
    return [*records[:-1], soa(7)]


def foreign(records):
    return [records[0], dns.rrset.from_text("1.2.0.192.example.com.", 300, "IN", "A", "127.0.0.2"),
            *records[1:]]


def more_behind(records):
    return [*records, records[1]]


def no_soa(records):
    return records[1:]


def backwards(records):
    """All of it says that the serial is older than ours."""
    return [soa(0), *records[1:-1], soa(0)]


# fault, exit status, what the log says
FAULTS = {
    "refused": (Fault(rcode=dns.rcode.REFUSED), 75, "REFUSED"),
    "servfail": (Fault(rcode=dns.rcode.SERVFAIL), 75, "SERVFAIL"),
    "another id": (Fault(wrong_id=True), 65, " id"),
    "another end": (Fault(alter=other_end), 65, "SOA"),
    "a foreign name": (Fault(alter=foreign), 65, "example.com"),
    "more behind its end": (Fault(alter=more_behind), 65, ""),
    "no SOA": (Fault(alter=no_soa), 65, "SOA"),
    "closed at once": (Fault(cut=0), 75, "closed"),
}


@pytest.mark.parametrize("have", [False, True], ids=["without a zone", "with one"])
@pytest.mark.parametrize("fault, status, said", FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_changes_nothing_and_is_mended(mirrors, primary, have, fault, status, said):
    mirror = mirrors(primary)
    if have:
        mirror.once()
    before = mirror.everything()
    primary.publish(2, SECOND).fault = fault
    row, log = mirror.once(status)
    assert (row["kind"], row["primary"]) == ("failed", None)
    assert row["serial"] == (1 if have else None)
    assert f"{ZONE}: {primary.at}: " in log and said in log
    assert mirror.everything() == before
    primary.fault = Fault()
    assert mirror.once()[0]["serial"] == 2
    assert mirror.has() == (2, size(SECOND))


SIGNED_FAULTS = {
    "unsigned": (Fault(unsigned=True), "not signed with the key 'mirror.'"),
    "another secret": (Fault(key=OTHER), "has it another secret for the key 'mirror.'?"),
    "an hour late": (Fault(late=3600), "3600 s behind our clock"),
    "an hour early": (Fault(late=-3600), "3600 s ahead of our clock"),
}


@pytest.mark.parametrize("have", [False, True], ids=["without a zone", "with one"])
@pytest.mark.parametrize("fault, said", SIGNED_FAULTS.values(), ids=SIGNED_FAULTS)
def test_what_is_not_signed_as_it_should_be_is_not_believed(mirrors, signing, have, fault, said):
    mirror = mirrors(signing, key=KEY)
    if have:
        mirror.once()
    before = mirror.everything()
    signing.publish(2, SECOND).fault = fault
    row, log = mirror.once(65)
    assert row["kind"] == "failed" and said in log
    assert mirror.everything() == before
    signing.fault = Fault()
    assert mirror.once()[0]["serial"] == 2


def test_a_key_that_the_primary_does_not_have(mirrors, signing):
    signing.key = OTHER
    mirror = mirrors(signing, key=KEY)
    row, log = mirror.once(75)
    assert row["kind"] == "failed" and "NOTAUTH" in log
    signing.key = KEY
    assert mirror.once()[0]["serial"] == 1


def test_too_many_messages_without_a_signature(mirrors, signing):
    signing.publish(2, MANY)
    signing.per_message = 10
    signing.fault.unsigned_between = 100
    mirror = mirrors(signing, key=KEY)
    _, log = mirror.once(65)
    assert "BADSIG" in log or "signed" in log
    assert mirror.has() is None


@pytest.mark.parametrize("rdtype", ["AXFR", "IXFR"])
def test_cut_at_each_tenth_octet(mirrors, primary, rdtype):
    mirror = mirrors(primary)
    primary.per_message = 2
    if rdtype == "IXFR":
        mirror.once()
        primary.publish(2, SECOND)
    before = mirror.everything()
    whole = mirrors(primary)
    if rdtype == "IXFR":
        old = primary.versions.pop(2)
        whole.once()
        primary.versions[2] = old
    whole.once()
    length = primary.sent
    for cut in range(0, length, 10):
        primary.fault.cut = cut
        row, log = mirror.once(75)
        assert row["kind"] == "failed" and "closed the connection" in log, (cut, log)
    assert mirror.everything() == before
    primary.fault.cut = None
    assert mirror.once()[0]["serial"] == primary.serial
    assert primary.sent == length


@pytest.mark.skipif(not LONG, reason="half a minute each")
@pytest.mark.parametrize("fault", [Fault(tcp_silent=True), Fault(stop=60)],
                         ids=["from the beginning", "in the middle"])
def test_silence_is_given_up(mirrors, primary, fault):
    primary.fault = fault
    mirror = mirrors(primary)
    row, log = mirror.once(75)
    assert "silent for 30 s" in log and 29 < row["seconds"] < 40
    primary.fault = Fault()
    assert mirror.once()[0]["serial"] == 1


def test_an_older_serial_is_not_followed(mirrors, primary):
    mirror = mirrors(primary.publish(7, FIRST))
    mirror.once()
    before = mirror.everything()
    primary.fault.says_serial = 5
    row, log = mirror.once(65)
    assert row["kind"] == "failed"
    assert "its serial, 5, is older than ours, 7: not followed" in log
    assert mirror.everything() == before


def test_a_serial_half_the_circle_apart_is_not_followed(mirrors, primary):
    mirror = mirrors(primary)
    mirror.once()
    primary.fault.says_serial = 1 + 2 ** 31
    assert mirror.once(65)[0]["serial"] == 1


def test_a_transfer_that_is_older_than_the_soa_said(mirrors, primary):
    mirror = mirrors(primary.publish(7, FIRST))
    mirror.once()
    before = mirror.everything()
    primary.fault = Fault(says_serial=9, alter=backwards, refuse_ixfr=dns.rcode.NOTIMP)
    _, log = mirror.once(65)
    assert primary.at in log
    assert mirror.everything() == before


def test_a_zone_without_end_is_given_up(mirrors, primary):
    """The map is small, so that half of it is soon full."""
    mirror = mirrors(primary, head="map_size = 8M\n")
    primary.fault.alter = without_end
    _, log = mirror.once(65)
    assert "half of map_size" in log
    assert mirror.has() is None
    primary.fault = Fault()
    assert mirror.once()[0]["serial"] == 1


# --- more than one primary -----------------------------------------------------------------------


@pytest.fixture
def second():
    made = Primary().publish(1, FIRST)
    yield made
    made.stop()


def test_primaries_are_tried_in_order(mirrors, primary, second):
    mirror = mirrors(primary, second)
    assert mirror.once()[0]["primary"] == primary.at
    assert second.asked == []
    # The first one has nothing newer.
    second.publish(2, SECOND)
    row, _ = mirror.once()
    assert (row["primary"], row["serial"]) == (second.at, 2)
    assert primary.questions() == ["AXFR", "SOA"]


def test_the_next_primary_where_one_fails(mirrors, primary, second):
    primary.fault.rcode = dns.rcode.REFUSED
    mirror = mirrors(primary, second)
    row, log = mirror.once()
    assert (row["primary"], row["serial"]) == (second.at, 1)
    assert f"{primary.at}: " in log
    row, _ = mirror.once()
    assert (row["primary"], row["kind"]) == (second.at, "current")


class Nowhere:
    """An address that the kernel refuses to send to."""
    at = "255.255.255.255:53"


def test_the_next_primary_where_there_is_no_way_to_one(mirrors, primary):
    mirror = mirrors(Nowhere, primary)
    assert mirror.once()[0]["primary"] == primary.at
    primary.publish(2, SECOND)
    row, log = mirror.once()
    assert (row["primary"], row["kind"]) == (primary.at, "incremental")
    assert f"{Nowhere.at}: no " in log


def test_one_that_is_behind_does_not_keep_from_another_that_is_current(mirrors, primary, second):
    mirror = mirrors(primary, second)
    primary.publish(2, SECOND)
    second.publish(2, SECOND)
    mirror.once()
    primary.fault.says_serial = 1
    row, log = mirror.once()
    assert (row["primary"], row["kind"]) == (second.at, "current")
    assert "older than ours" in log


def test_current_is_not_said_where_a_newer_zone_could_not_be_had(mirrors, primary, second):
    mirror = mirrors(primary, second)
    mirror.once()
    primary.publish(2, SECOND).fault.cut = 40
    row, _ = mirror.once(75)
    assert (row["kind"], row["serial"]) == ("failed", 1)


# --- the daemon ----------------------------------------------------------------------------------


def test_the_daemon_follows_notify(mirrors, primary):
    mirror = mirrors(primary).start()
    mirror.await_serial(1)
    for serial in range(2, 6):
        primary.publish(serial, FIRST | listing(f"203.0.113.{serial}"))
        reply = primary.notify(mirror.port, tcp=serial % 2 == 0)
        assert reply.rcode() == dns.rcode.NOERROR and reply.question[0].name == ORIGIN
        mirror.await_serial(serial)


def test_the_daemon_asks_each_refresh(mirrors):
    primary = Primary(refresh=1).publish(1, FIRST)
    try:
        mirror = mirrors(primary).start()
        mirror.await_serial(1)
        primary.publish(2, SECOND)
        mirror.await_serial(2)
        # Also when nothing is new the primary has said so.
        refreshed = mirror.installation.stats()["mirrors"][ZONE]["refreshed"]
        await_until(lambda: mirror.installation.stats()["mirrors"][ZONE]["refreshed"] > refreshed,
                    "a younger refreshed")
        assert mirror.daemon.text().count(f"{ZONE}: ") == 2, mirror.daemon.text()
    finally:
        primary.stop()


def test_the_daemon_without_a_zone_tries_again_soon(mirrors, primary):
    primary.fault.rcode = dns.rcode.REFUSED
    mirror = mirrors(primary).start()
    primary.await_question("AXFR", 2)
    primary.fault = Fault()
    mirror.await_serial(1)
    text = mirror.daemon.text()
    assert text.count("REFUSED") == 1 and "well again" in text, text


def test_the_same_fault_is_said_once(mirrors, primary):
    """RETRY is a second."""
    mirror = mirrors(primary).start()
    mirror.await_serial(1)
    primary.fault.rcode = dns.rcode.SERVFAIL
    primary.notify(mirror.port)
    primary.await_question("SOA", 4)
    assert mirror.daemon.text().count("SERVFAIL") == 1


def test_a_zone_that_expires_is_said(mirrors):
    primary = Primary(expire=2).publish(1, FIRST)
    try:
        mirror = mirrors(primary).start()
        mirror.await_serial(1)
        primary.fault.rcode = dns.rcode.SERVFAIL
        primary.notify(mirror.port)
        mirror.daemon.await_line("expired: for 2 s")
    finally:
        primary.stop()


NOBODY = Key("nobody", "hmac-sha256", SECRET)


def test_notify_of_others_is_refused(mirrors, primary):
    mirror = mirrors(primary).start()
    mirror.await_serial(1)
    asked = len(primary.asked)
    for tcp in (False, True):
        reply = primary.notify(mirror.port, source="127.0.0.2", tcp=tcp)
        assert reply.rcode() == dns.rcode.REFUSED
        reply = primary.notify(mirror.port, zone="other.example.org", tcp=tcp)
        assert reply.rcode() == dns.rcode.NOTAUTH
    assert len(primary.asked) == asked


def test_notify_is_signed_where_the_primary_has_a_key(mirrors, signing):
    mirror = mirrors(signing, key=KEY).start()
    mirror.await_serial(1)
    asked = len(signing.asked)
    assert signing.notify(mirror.port).rcode() == dns.rcode.REFUSED
    with pytest.raises(dns.tsig.PeerBadSignature):
        signing.notify(mirror.port, key=OTHER)
    with pytest.raises(dns.tsig.PeerBadKey):
        signing.notify(mirror.port, key=NOBODY)
    assert len(signing.asked) == asked
    signing.publish(2, SECOND)
    reply = signing.notify(mirror.port, key=KEY)
    assert reply.rcode() == dns.rcode.NOERROR and reply.had_tsig
    mirror.await_serial(2)


def test_many_notifies_are_few_refreshes(mirrors, primary):
    mirror = mirrors(primary).start()
    mirror.await_serial(1)
    asked = len(primary.asked)
    began = time.monotonic()
    for _ in range(200):
        primary.notify(mirror.port)
    primary.publish(2, SECOND)
    primary.notify(mirror.port)
    mirror.await_serial(2)
    most = 4 + 5 * (time.monotonic() - began)
    assert primary.questions()[asked:].count("SOA") <= most


def test_a_notify_during_a_transfer_is_remembered(mirrors, primary):
    mirror = mirrors(primary)
    primary.fault.hold = threading.Event()
    mirror.start()
    primary.await_question("AXFR")
    primary.publish(2, SECOND)
    hold, primary.fault.hold = primary.fault.hold, None
    primary.notify(mirror.port)
    assert primary.questions() == ["AXFR"]
    hold.set()
    mirror.await_serial(2)


def test_another_writer_only_delays(mirrors, primary):
    """One that holds the lock while a transfer has come."""
    mirror = mirrors(primary)
    with open(mirror.installation.database / "writer.lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mirror.start()
        primary.await_question("AXFR")
        # It answers meanwhile.
        assert primary.notify(mirror.port).rcode() == dns.rcode.NOERROR
        assert mirror.has() is None
        row = mirror.feeder("mirror", "--once", "--json", "--wait", "0.2", status=75)
        assert "another feeder is writing" in row.stderr
        asked = primary.questions().count("AXFR")
    mirror.await_serial(1)
    assert primary.questions().count("AXFR") == asked


@pytest.mark.parametrize("when", ["silent", "stopped", "writing", "idle"])
def test_sigterm_ends_at_once(mirrors, primary, when):
    mirror = mirrors(primary)
    with open(mirror.installation.database / "writer.lock", "r+") as lock:
        if when == "silent":
            primary.fault.tcp_silent = True
        elif when == "stopped":
            primary.fault.stop = 60
        elif when == "writing":
            fcntl.flock(lock, fcntl.LOCK_EX)
        mirror.start()
        primary.await_question("AXFR")
        if when == "idle":
            mirror.await_serial(1)
        began = time.monotonic()
        mirror.stop()
        assert time.monotonic() - began < 3
    assert not list(mirror.installation.database.glob("transfer*"))
    primary.fault = Fault()
    assert mirror.once()[0]["serial"] == 1


def test_killed_during_a_transfer(mirrors, primary):
    mirror = mirrors(primary)
    primary.fault.stop = 100
    mirror.start()
    primary.await_question("AXFR")
    mirror.daemon.send(signal.SIGKILL)
    mirror.daemon.wait()
    mirror.daemon = None
    assert mirror.has() is None
    assert not list(mirror.installation.database.glob("transfer*"))
    primary.fault = Fault()
    mirror.start().await_serial(1)


def test_the_primary_killed_during_a_transfer(mirrors, primary):
    mirror = mirrors(primary)
    primary.fault.stop = 100
    mirror.start()
    primary.await_question("AXFR")
    primary.stop()
    mirror.daemon.await_line("closed the connection|Connection")
    primary.fault = Fault()
    primary.start()
    mirror.await_serial(1)


def test_sighup_reads_the_config_again(mirrors, primary, second):
    second.publish(5, SECOND)
    mirror = mirrors(primary).start()
    mirror.await_serial(1)
    good = mirror.installation.config.read_text()
    mirror.installation.config.write_text(good + "nonsense\n")
    mirror.daemon.send(signal.SIGHUP)
    mirror.daemon.await_line("the old config stays")
    mirror.installation.config.write_text(good)
    primary.publish(2, SECOND)
    primary.notify(mirror.port)
    mirror.await_serial(2)
    mirror.installation.config.write_text(good.replace(primary.at, second.at))
    mirror.daemon.send(signal.SIGHUP)
    mirror.daemon.await_line("reloaded: 1 zones")
    mirror.await_serial(5)


def test_a_second_one_does_not_start(mirrors, primary):
    mirror = mirrors(primary).start()
    done = mirror.feeder("mirror", status=75)
    assert "unable to listen for NOTIFY" in done.stderr


def test_nothing_to_follow(install):
    installation = install(SUBLISTS + zone(ZONE))
    assert "no zone in 'mirror'" in installation.feeder("mirror", "--once", status=78).stderr


def test_without_a_database(install, primary):
    body = f'mirror {{ zone "{ZONE}" {{ primaries = {{ "{primary.at}" }} }} }}'
    installation = install(body, init=False)
    installation.feeder("mirror", "--once", status=66)
    assert primary.asked == []


def test_json_is_for_once(mirrors, primary):
    assert "--once" in mirrors(primary).feeder("mirror", "--json", status=64).stderr


def test_systemd_is_told(mirrors, primary, folder):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(folder / "notify"))
        told.settimeout(15)
        mirror = mirrors(primary)
        daemon = Process([built("feeder"), "-c", mirror.installation.config, "mirror"],
                         folder / "log", env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify")})
        assert told.recv(100) == b"READY=1"
        assert daemon.stop() == 0


def test_root_becomes_the_owner_of_the_database(mirrors, primary):
    need_root("another owner of the database")
    mirror = mirrors(primary)
    nobody = pwd.getpwnam("nobody")
    for path in (mirror.installation.database, *mirror.installation.database.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    mirror.start().await_serial(1)
    status = Path(f"/proc/{mirror.daemon.pid}/status").read_text()
    assert f"Uid:\t{nobody.pw_uid}\t{nobody.pw_uid}\t{nobody.pw_uid}" in status
