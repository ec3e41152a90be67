"""dnsbld as an operator runs it: starting, changing, reloading, stopping, and losing a process."""

import os
import shutil
import signal
import socket
import time

import dns.exception
import pytest

from dnsbld import SUBLISTS, Dnsbld, zone
from load import Load
from names import reversed_name
from process import await_until, need_root
from schema import set_schema

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
LISTED = reversed_name("192.0.2.1", ZONE)
UNLISTED = reversed_name("192.0.2.2", ZONE)
WANTED = {LISTED: ["127.0.0.2"], UNLISTED: []}

# Above the 3 s after which a worker that stands still is replaced, with room for a busy machine.
REPLACED = 12


@pytest.fixture
def server(install):
    server = install(BODY)
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    return server.start()


def test_a_committed_change_is_in_the_very_next_answer(server):
    """No waiting, no polling: feeder has exited, the next query sees it, whoever answers."""
    places = [{}, {"tcp": True}] + ([{"address": "::1"}] if Dnsbld.ipv6 else [])
    for n in range(40):
        address, name = f"198.51.100.{n}", reversed_name(f"198.51.100.{n}", ZONE)
        where = places[n % len(places)]
        assert server.codes(name, **where) == []
        server.feeder("add", address, "--sublist", "netblock")
        # Several datagrams from several ports reach both workers.
        assert [server.codes(name, **where) for _ in range(6)] == [["127.0.0.9"]] * 6
        server.feeder("remove", address, "--reason", "fixed")
        assert [server.codes(name, **where) for _ in range(6)] == [[]] * 6


def test_ready_line_names_zones_and_addresses(server):
    line = server.server.await_line(r"ready: .*").group(0)
    assert "serving 1 zone" in line
    assert f"127.0.0.1:{server.port}" in line
    assert not Dnsbld.ipv6 or f"[::1]:{server.port}" in line


def test_a_second_server_on_the_same_address_exits_75(server):
    second = server.launch()
    assert second.wait() == 75
    assert f"127.0.0.1:{server.port}" in second.text()
    assert server.codes(LISTED) == ["127.0.0.2"]


def test_a_zone_that_the_database_does_not_know_is_servfail_until_it_is_synced(install):
    server = install(BODY)
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    server.configure(BODY + zone("new.example.org"))
    server.start()
    fresh = reversed_name("192.0.2.1", "new.example.org")
    for rdtype in ("A", "SOA"):
        assert server.rcode(fresh, rdtype) == "SERVFAIL"
        assert server.rcode("new.example.org", rdtype) == "SERVFAIL"
    assert server.codes(LISTED) == ["127.0.0.2"]
    server.feeder("sync")
    assert server.codes(fresh) == ["127.0.0.2"]
    assert server.rcode("new.example.org", "SOA") == "NOERROR"


def test_sighup_serves_a_new_zone_after_sync_and_never_stops_the_old_one(server):
    fresh = reversed_name("192.0.2.1", "new.example.org")
    assert server.rcode(fresh) == "REFUSED"
    with Load(server.port, WANTED) as load:
        server.configure(BODY + zone("new.example.org"))
        server.feeder("sync")
        server.server.send(signal.SIGHUP)
        # For a moment the old generation takes queries from the same sockets.
        await_until(lambda: [server.codes(fresh) for _ in range(20)] == [["127.0.0.2"]] * 20,
                    "the new zone is served, whichever process answers")
    assert load.wrong == []
    assert load.count > 100


def test_sighup_drops_a_zone_that_the_config_no_longer_has(install):
    server = install(BODY + zone("old.example.org")).start()
    assert server.rcode("old.example.org", "SOA") == "NOERROR"
    server.configure(BODY)
    server.feeder("sync")
    server.server.send(signal.SIGHUP)
    await_until(lambda: server.rcode("old.example.org", "SOA") == "REFUSED", "the zone has gone")


def test_sighup_with_a_bad_config_keeps_the_old_one_and_says_why(server):
    server.configure(BODY + "nonsense = 1\n")
    line = server.config.read_text().splitlines().index("nonsense = 1") + 1
    server.server.send(signal.SIGHUP)
    server.server.await_line(rf"dnsbld\.conf:{line}: .*nonsense")
    assert server.codes(LISTED) == ["127.0.0.2"]
    server.configure(BODY + zone("new.example.org"))
    server.feeder("sync")
    server.server.send(signal.SIGHUP)
    await_until(lambda: server.rcode("new.example.org", "SOA") == "NOERROR", "the next one counts")


def test_sigterm_answers_everything_received_before_it_and_exits_0(server):
    with Load(server.port, WANTED) as load:
        await_until(lambda: load.count > 2000, lambda: f"a load is on: {load.count}")
        stopped = time.monotonic()
        server.server.send(signal.SIGTERM)
        assert server.server.wait() == 0
        load.server_gone.set()
    assert load.unanswered_before(stopped) == 0
    assert load.wrong == []


def test_sigterm_does_not_wait_for_a_silent_tcp_client(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5):
        assert server.codes(LISTED, tcp=True) == ["127.0.0.2"]
        begin = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begin < 8, "the idle time is 10 s"


def test_sighup_replaces_every_process_and_leaves_none_of_the_old(server):
    before = server.children()
    server.server.send(signal.SIGHUP)
    await_until(lambda: len(server.children()) == len(before)
                and not set(server.children()) & set(before),
                lambda: f"all of {before} are replaced: {server.children()}", 35)
    assert server.codes(LISTED) == ["127.0.0.2"]


def test_sigint_ends_it_too(server):
    assert server.stop(signal.SIGINT) == 0


def test_no_process_is_left_after_the_end(server):
    children = server.children()
    assert len(children) >= 3      # 2 UDP workers or more, and one for TCP
    parent = server.server.pid
    assert server.stop() == 0
    for pid in (parent, *children):
        assert state(pid) == "Z"


def state(pid):
    """The letter of proc(5); Z, a zombie, too for a process that has gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def stricken(victim, number):
    """Send a signal and wait until it has struck: until then a process may still take a query."""
    os.kill(victim, number)
    await_until(lambda: state(victim) == ("T" if number == signal.SIGSTOP else "Z"),
                lambda: f"{victim} has state {state(victim)}")


def assert_all_answered(server, deadline):
    """One datagram from each of 48 ports, none repeated: whatever worker gets it must answer."""
    for _ in range(48):
        assert server.codes(LISTED, timeout=deadline) == ["127.0.0.2"]
    assert server.codes(LISTED, tcp=True, timeout=deadline) == ["127.0.0.2"]


def test_killed_children_are_replaced_and_every_query_is_answered(server):
    server.loses_processes = True
    for victim in server.children():
        before = server.children()
        stricken(victim, signal.SIGKILL)
        assert_all_answered(server, deadline=5)
        await_until(lambda: victim not in server.children()
                    and len(server.children()) == len(before),
                    lambda: f"{victim} is replaced: {before}, now {server.children()}")
    assert server.server.running()


def test_a_worker_that_stands_still_is_replaced_and_its_queue_answered(server):
    server.loses_processes = True
    for victim in server.children():
        before = server.children()
        stricken(victim, signal.SIGSTOP)
        assert_all_answered(server, deadline=REPLACED)
        await_until(lambda: victim not in server.children()
                    and len(server.children()) == len(before),
                    lambda: f"{victim} is replaced: {before}, now {server.children()}", REPLACED)
        assert state(victim) == "Z"
    assert server.server.running()


def test_an_idle_server_is_not_taken_for_one_that_stands_still(server):
    """Twice the time after which a worker that does not tick is killed."""
    children = server.children()
    end = time.monotonic() + 7
    with pytest.raises(AssertionError, match="not within"):
        await_until(lambda: server.children() != children, "children change",
                    end - time.monotonic())


def test_a_server_that_never_saw_its_database_exits_66(install):
    server = install(BODY, init=False)
    first = server.launch()
    assert first.wait() == 66
    assert str(server.database) in first.text()


def test_a_database_that_the_workers_cannot_read_is_exit_77(install):
    need_root("a database of another owner")
    server = install(BODY)
    for name in ("data.mdb", "lock.mdb"):
        os.chmod(server.database / name, 0o600)
        os.chown(server.database / name, 0, 0)
    refused = server.launch()
    assert refused.wait() == 77
    assert str(server.database) in refused.text()


def test_a_newer_schema_is_exit_78_for_both_programs(install):
    server = install(BODY)
    set_schema(server.database, 1000)
    refused = server.launch()
    assert refused.wait() == 78
    assert "1000" in refused.text()
    assert "1000" in server.feeder("list", status=78).stderr
    server.feeder("add", "192.0.2.1", "--sublist", "relay", status=78)


def test_a_database_replaced_under_the_server_is_served_from_then_on(install):
    """Restored into the same place: workers see another inode and start anew."""
    server = install(BODY)
    server.loses_processes = True
    copy = server.folder / "copy"
    shutil.copytree(server.database, copy, copy_function=shutil.copy2)
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    server.start()
    assert server.codes(LISTED) == ["127.0.0.2"]
    for name in ("data.mdb", "lock.mdb"):
        theirs = os.stat(server.database / name)
        os.chown(copy / name, theirs.st_uid, theirs.st_gid)
    os.rename(copy / "data.mdb", server.database / "data.mdb")

    def unlisted():
        try:
            return server.codes(LISTED, timeout=1) == []
        except dns.exception.Timeout:
            return False

    await_until(unlisted, "the restored database is served", REPLACED)
    assert server.server.running()
