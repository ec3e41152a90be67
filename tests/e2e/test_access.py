"""Keys in the name and quotas: `feeder access` and the server's very next answer.

Each test has keys of its own, for what was counted stays counted. Days are those of UTC, so none of
this begins just before one ends.
"""

import os
import signal
import socket
import struct
import subprocess
import threading
import time

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest

from dnsbld import SUBLISTS, Dnsbld, built, zone
from mail import await_accepted, await_refused
from names import partial_names, reversed_name
from peers.exim import Exim
from peers.postfix import Postfix
from peers.unbound import Unbound
from process import await_until, need_root
from smtp import deliver
from tap import Tap

ZONE = "keys.example.org"
OTHER = "other.example.org"
STATE = 'state = "state"\n'
LISTED, UNLISTED, LISTED6 = "192.0.2.1", "192.0.2.2", "2001:db8::1"


def body(access="", other="access { }"):
    return SUBLISTS + zone(ZONE, f"access {{ {access} }}") + zone(OTHER, other)


@pytest.fixture(scope="session", autouse=True)
def not_at_midnight():
    await_until(lambda: time.time() % 86400 < 86400 - 300, "a new day", deadline=400, every=1)


@pytest.fixture
def make(install):
    def make(access="", **parts):
        server = install(body(access, **parts), STATE)
        server.feeder("add", LISTED, LISTED6, "--sublist", "relay")
        server.feeder("add", LISTED, "--sublist", "hijacked")
        return server.start()

    return make


@pytest.fixture
def server(make):
    return make()


def give(server, *words, name="acme", zones=ZONE):
    return server.feeder("access", "add", name, "--zone", zones, *words).stdout.strip()


def under(key, address, zone=ZONE):
    return reversed_name(address, f"{key}.{zone}")


def row(server, key):
    found, = [r for r in server.rows("access", "list") if r["key"] == key]
    return found


def used(server, key):
    found = row(server, key)
    assert found["today"] == found["total"]
    return found["total"]


def answers(server, name, **where):
    """The codes, or what else was said."""
    return server.codes(name, **where) or server.rcode(name, **where)


def rcode_from(server, source, name):
    query = dns.message.make_query(name, "A")
    reply = dns.query.udp(query, "127.0.0.1", port=server.port, timeout=5, source=source)
    return dns.rcode.to_text(reply.rcode())


BOTH = ["127.0.0.2", "127.0.0.4"]
SPELLINGS = {"lower": str.lower, "upper": str.upper, "mixed": str.title}


def test_a_key_is_good_from_the_next_answer_to_its_revocation(server):
    places = [{}, {"tcp": True}] + ([{"address": "::1"}] if Dnsbld.ipv6 else [])
    for n in range(12):
        where = places[n % len(places)]
        key = give(server)
        assert len(key) >= 20 and key.isalnum() and key == key.lower()
        # Several datagrams from several ports reach both workers.
        assert [server.codes(under(key, LISTED), **where) for _ in range(4)] == [BOTH] * 4
        server.feeder("access", "revoke", key)
        for _ in range(4):
            assert server.rcode(under(key, LISTED), **where) == "REFUSED"
            assert server.rcode(f"{key}.{ZONE}", **where) == "NXDOMAIN"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_case_means_nothing(server, spelling):
    key = give(server)
    name = under(SPELLINGS[spelling](key), LISTED)
    assert server.codes(name) == BOTH
    reply = server.ask(name)
    assert reply.question[0].name.to_text(omit_final_dot=True) == name
    assert used(server, key) == 2


def test_ipv6_and_texts_under_a_key(server):
    key = give(server)
    assert server.codes(under(key, LISTED6)) == ["127.0.0.2"]
    assert server.texts(under(key, LISTED6)) == [
        f"Open relay, see https://dnsbl.example.org/lookup?ip={LISTED6}"]
    assert server.rcode(under(key, UNLISTED)) == "NXDOMAIN"
    assert server.rcode(under(key, "2001:db8::2")) == "NXDOMAIN"
    assert used(server, key) == 4


def test_a_key_is_good_in_its_own_zones(server):
    one, both = give(server), give(server, zones=f"{OTHER},{ZONE}")
    assert answers(server, under(one, LISTED)) == BOTH
    assert answers(server, under(one, LISTED, OTHER)) == "REFUSED"
    assert answers(server, under(both, LISTED)) == BOTH
    assert answers(server, under(both, LISTED, OTHER)) == BOTH
    # One count for all of its zones.
    assert used(server, both) == 2


def test_names_that_are_no_addresses_and_test_entries_are_never_counted(server):
    key = give(server, "--quota-day", "1")
    assert answers(server, under(key, LISTED)) == BOTH
    assert answers(server, under(key, LISTED)) == "REFUSED"
    for address in (LISTED, LISTED6):
        for name in [*partial_names(address, f"{key}.{ZONE}"), f"{key}.{ZONE}"]:
            for rdtype in ("A", "NS", "TXT"):
                reply = server.ask(name, rdtype)
                assert (reply.rcode(), reply.answer) == (dns.rcode.NOERROR, []), name
                assert reply.authority[0].name.to_text() == ZONE + "."
    assert server.codes(under(key, "127.0.0.2")) == ["127.0.0.2"]
    assert server.codes(under(key, "::ffff:7f00:2")) == ["127.0.0.2"]
    assert server.rcode(under(key, "127.0.0.1")) == "NXDOMAIN"
    assert used(server, key) == 1


def test_what_is_no_key_does_not_exist_and_an_address_under_it_is_refused(server):
    for label in ("x", "rspamd", "z" * 20, "a" * 63):
        assert server.rcode(f"{label}.{ZONE}") == "NXDOMAIN"
    assert server.rcode(under("z" * 20, LISTED)) == "REFUSED"
    assert server.rcode(under("z" * 20, LISTED6)) == "REFUSED"
    assert server.rcode(under("short", LISTED)) == "NXDOMAIN"


def test_a_quota_a_second_lets_so_many_through(server):
    key = give(server, "--quota-second", "2")
    name = under(key, LISTED)

    def burst():
        begun = time.monotonic()
        got = [server.rcode(name) for _ in range(10)]
        return got.count("NOERROR"), time.monotonic() - begun

    taken, spent = burst()
    assert 2 <= taken <= 2 + 2 * (spent + 0.05), (taken, spent)
    # It fills again by itself: half a second for the next one.
    await_until(lambda: server.rcode(name) == "NOERROR", "one more is let through")
    assert used(server, key) <= taken + 2


def test_all_processes_count_to_the_exact_number(server):
    """Four clients at both UDP workers and TCP: the quota, and not one more."""
    key = give(server, "--quota-day", "500")
    packet = dns.message.make_query(under(key, LISTED), "A").to_wire()
    served, lock = [], threading.Lock()

    def ask_by_udp():
        for _ in range(20):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(10)
                s.connect(("127.0.0.1", server.port))
                for _ in range(10):
                    s.send(packet)
                    keep(s.recv(4096))

    def ask_by_tcp():
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
            stream = s.makefile("rb")
            for _ in range(200):
                s.sendall(struct.pack("!H", len(packet)) + packet)
                keep(stream.read(struct.unpack("!H", stream.read(2))[0]))

    def keep(reply):
        with lock:
            served.append(reply[3] & 15)

    threads = [threading.Thread(target=t) for t in (ask_by_udp, ask_by_udp, ask_by_tcp, ask_by_udp)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(served), served.count(0), served.count(5)) == (800, 500, 300)
    assert used(server, key) == 500


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_counts_outlast_the_server(server, number):
    key = give(server, "--quota-day", "5")
    assert [answers(server, under(key, LISTED)) for _ in range(3)] == [BOTH] * 3
    server.stop(number)
    assert used(server, key) == 3
    server.start()
    assert [answers(server, under(key, LISTED)) for _ in range(3)] == [BOTH, BOTH, "REFUSED"]
    assert used(server, key) == 5
    assert "damaged" not in server.server.text()


def test_counts_outlast_a_reload_and_the_new_config_holds(server):
    key = give(server, "--quota-day", "4")
    assert [answers(server, under(key, LISTED)) for _ in range(3)] == [BOTH] * 3
    assert answers(server, reversed_name(LISTED, ZONE)) == BOTH
    server.configure(body('required = true  overdrawn = "empty"'))
    server.server.send(signal.SIGHUP)
    await_until(lambda: {answers(server, reversed_name(LISTED, ZONE)) == "REFUSED"
                         for _ in range(20)} == {True}, "a key is required")
    assert [answers(server, under(key, LISTED)) for _ in range(2)] == [BOTH, "NXDOMAIN"]
    assert used(server, key) == 4


def test_a_worker_that_is_killed_takes_no_count_with_it(server):
    server.loses_processes = True
    key = give(server)
    before = server.children()
    for pid in before:
        # Whoever answers: of a few datagrams each worker gets some.
        for _ in range(8):
            assert answers(server, under(key, LISTED)) == BOTH
        os.kill(pid, signal.SIGKILL)
        await_until(lambda: pid not in server.children() and len(server.children()) == len(before),
                    "its successor")
    server.server.await_line(r"(?s)(replacing it.*){%d}" % len(before))
    await_until(lambda: answers(server, under(key, LISTED), timeout=1) == BOTH, "all is well")
    assert used(server, key) == 8 * len(before) + 1


def test_a_zone_may_require_a_key(make):
    server = make("required = true")
    key = give(server)
    for address in (LISTED, UNLISTED, LISTED6, "127.0.0.2", "127.0.0.1"):
        assert server.rcode(reversed_name(address, ZONE)) == "REFUSED"
    reply = server.ask(reversed_name(LISTED, ZONE), use_edns=0)
    assert [o.code for o in reply.options] == [18]
    for name in partial_names(LISTED, ZONE):
        assert server.rcode(name) == "NOERROR"
    for rdtype in ("SOA", "NS"):
        assert server.ask(ZONE, rdtype).answer
    assert server.codes(under(key, LISTED)) == BOTH


def test_a_key_sees_its_sublists_alone(server):
    server.feeder("add", "192.0.2.3", "--sublist", "relay")
    part = give(server, "--sublist", "hijacked,netblock")
    whole = give(server)
    for _ in range(3):
        assert server.codes(under(whole, LISTED)) == BOTH
        assert server.codes(under(part, LISTED)) == ["127.0.0.4"]
        assert server.texts(under(part, LISTED)) == [
            f"Hijacked host, see https://dnsbl.example.org/lookup?ip={LISTED}"]
        assert server.codes(under(part, "127.0.0.2")) == ["127.0.0.4"]
        assert server.rcode(under(part, "192.0.2.3")) == "NXDOMAIN"
        assert server.codes(reversed_name(LISTED, ZONE)) == BOTH
    server.feeder("add", "192.0.2.3", "--sublist", "netblock")
    assert server.codes(under(part, "192.0.2.3")) == ["127.0.0.9"]


ACTIONS = {"refuse": "REFUSED", "empty": "NXDOMAIN", "error": ["127.255.255.252"], "drop": None}


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_said_under_no_key(make, action):
    server = make(f"unknown = {action}")
    name = under("z" * 26, LISTED)
    if ACTIONS[action] is None:
        with pytest.raises(dns.exception.Timeout):
            server.ask(name, timeout=0.5)
        with pytest.raises(EOFError):
            server.ask(name, tcp=True)
    else:
        assert answers(server, name) == ACTIONS[action]
        assert answers(server, name, tcp=True) == ACTIONS[action]


def test_errors_have_codes_and_texts_of_the_operators_own(make):
    server = make("""
        unknown = error    unknown_code = 1      unknown_text = "No key, {ip}: see example.org"
        overdrawn = error  overdrawn_code = 254  overdrawn_text = "Enough for today" """)
    key = give(server, "--quota-day", "1")
    assert server.codes(under(key, LISTED)) == BOTH
    assert server.codes(under(key, LISTED)) == ["127.255.255.254"]
    assert server.texts(under(key, LISTED)) == ["Enough for today"]
    assert server.codes(under("z" * 20, LISTED6)) == ["127.255.255.1"]
    assert server.texts(under("z" * 20, LISTED6)) == [f"No key, {LISTED6}: see example.org"]
    assert server.rcode("z" * 20 + "." + ZONE) == "NXDOMAIN"


def test_clients_without_a_key_have_a_quota_by_address(make):
    server = make("address_day = 3")
    key = give(server)

    def ask(source, zone=ZONE, address=LISTED):
        return rcode_from(server, source, reversed_name(address, zone))

    for client in ("127.0.0.5", "127.0.0.6"):
        assert [ask(client) for _ in range(5)] == ["NOERROR"] * 3 + ["REFUSED"] * 2
        assert ask(client, address="127.0.0.2") == "NOERROR"
        assert ask(client, OTHER) == "NOERROR"
        assert ask(client, f"{key}.{ZONE}") == "NOERROR"
    if Dnsbld.ipv6:
        got = [server.rcode(reversed_name(LISTED, ZONE), address="::1") for _ in range(4)]
        assert got == ["NOERROR"] * 3 + ["REFUSED"]
    # These too outlast a restart.
    server.stop(signal.SIGKILL)
    server.start()
    assert ask("127.0.0.5") == "REFUSED"
    assert ask("127.0.0.7") == "NOERROR"


def test_clients_without_a_key_have_a_quota_a_second(make):
    server = make("address_second = 3")
    name = reversed_name(LISTED, ZONE)
    begun = time.monotonic()
    taken = [server.rcode(name) for _ in range(12)].count("NOERROR")
    assert 3 <= taken <= 3 + 3 * (time.monotonic() - begun + 0.05)
    await_until(lambda: server.rcode(name) == "NOERROR", "one more is let through")


def test_a_good_key_comes_before_what_the_zone_says_of_its_clients(install):
    server = install(SUBLISTS + zone(ZONE, """access { }
        clients { empty = { "127.0.0.5" }  error = { "127.0.0.6" }  refuse = { "127.0.0.7" } }"""),
                     STATE).start()
    server.feeder("add", LISTED, "--sublist", "relay")
    key = give(server)
    for client, listed, unlisted in (("127.0.0.5", "NXDOMAIN", "NXDOMAIN"),
                                      ("127.0.0.6", "NOERROR", "NOERROR"),
                                      ("127.0.0.7", "REFUSED", "REFUSED"),
                                      ("127.0.0.8", "NOERROR", "NXDOMAIN")):
        assert rcode_from(server, client, reversed_name(LISTED, ZONE)) == listed
        assert rcode_from(server, client, reversed_name(UNLISTED, ZONE)) == unlisted
        refused = client == "127.0.0.7"
        for name, wanted in ((under(key, LISTED), "NOERROR"), (under(key, UNLISTED), "NXDOMAIN")):
            assert rcode_from(server, client, name) == ("REFUSED" if refused else wanted)
    assert used(server, key) == 6


# --- through a resolver and a mail server --------------------------------------------------------


@pytest.fixture
def world(make, folder):
    """dnsbld, a tap, and a strictly minimising Unbound on port 53."""
    need_root("port 53 and a private mount namespace")
    server = make("required = true")
    tap = Tap(("127.0.0.1", server.port))
    resolver = None
    try:
        resolver = Unbound(folder, [ZONE], tap.port)
        yield server, tap, resolver
    finally:
        tap.stop()
        if resolver:
            resolver.stop()


def test_minimised_names_are_never_counted(world):
    server, tap, resolver = world
    key = give(server)
    wanted = 0
    for address in ("203.0.113.9", LISTED, "2001:db8:9::9", LISTED6, "2.0.0.1", "127.0.0.2"):
        name = under(key, address)
        for rdtype in ("A", "TXT"):
            resolver.ask(name, rdtype)
            wanted += address not in ("127.0.0.2", "2.0.0.1")
    asked = tap.names()
    partial = {n for a in (LISTED, LISTED6) for n in partial_names(a, f"{key}.{ZONE}")}
    assert f"{key}.{ZONE}" in asked and len(partial & set(asked)) >= 8, asked
    assert all(tap.rcodes(name) == {"NOERROR"} for name in partial & set(asked))
    # Each full name was asked once a type; a resolver may try one again on a busy machine.
    full = [n for n in asked if n in {under(key, a) for a in
                                      ("203.0.113.9", LISTED, "2001:db8:9::9", LISTED6)}]
    assert len(full) >= wanted
    assert used(server, key) == len(full)


# As in README.md: strangers are not told the key.
SECRET = """
default_rbl_reply = $rbl_code $rbl_class [$rbl_what] is listed${{rbl_reason?; $rbl_reason}}
postscreen_dnsbl_reply_map = inline:{{ {{ {key}.{zone} = {zone} }} }}
"""


def test_mail_servers_ask_with_a_key(world, make_folder):
    server, _, resolver = world
    server.feeder("add", "192.0.2.77", "--sublist", "relay")
    key = give(server, name="customer")
    zone_with_key = f"{key}.{ZONE}"
    exim = Exim(make_folder(), zone_with_key, resolver.resolv_conf)
    assert exim.deliver("192.0.2.77").refused
    assert exim.deliver("192.0.2.78").accepted
    postfix = Postfix(make_folder(), zone_with_key, resolver.resolv_conf, extra=SECRET.format(
        key=key, zone=ZONE))
    try:
        for at, via in ((postfix.smtpd, "xclient"), (postfix.postscreen, "proxy")):
            outcome = await_refused(lambda at=at, via=via: deliver(at, "192.0.2.77", via=via))
            assert key not in outcome.text and "192.0.2.77" in outcome.text
        await_accepted(lambda: deliver(postfix.smtpd, "192.0.2.78", via="xclient"))
        assert used(server, key) > 0
    finally:
        postfix.stop()
    server.feeder("access", "revoke", "customer")
    # Not refused for what the list no longer says: REFUSED is an error, and mail goes through.
    assert exim.deliver("192.0.2.79").accepted


# --- the state folder ----------------------------------------------------------------------------


def test_the_counters_file_has_its_modes(server):
    state = server.folder / "state"
    assert (state.stat().st_mode & 0o7777, (state / "quotas").stat().st_mode & 0o7777) == (
        0o750, 0o640)
    assert state.stat().st_uid == (state / "quotas").stat().st_uid == os.geteuid()
    if os.geteuid() == 0:
        # The workers' group may read what they count in; the database is the same group's.
        assert (state / "quotas").stat().st_gid == server.database.stat().st_gid
    assert not list(state.glob("quotas.*"))


def test_a_damaged_file_is_set_aside(server):
    key = give(server, "--quota-day", "2")
    assert answers(server, under(key, LISTED)) == BOTH
    server.stop()
    quotas = server.folder / "state/quotas"
    for damage in (b"", b"nonsense", b"\0" * quotas.stat().st_size):
        quotas.write_bytes(damage)
        if damage != b"\0" * 6295552:
            assert row(server, key)["today"] is None
        server.start()
        server.server.await_line(r"quotas is damaged, or no file of counters: it is kept as")
        assert (server.folder / "state/quotas.damaged").read_bytes() == damage
        assert [answers(server, under(key, LISTED)) for _ in range(3)] == [BOTH, BOTH, "REFUSED"]
        server.stop()


def test_any_octets_behind_the_head_stop_nobody_for_longer_than_today(server):
    key = give(server)
    assert answers(server, under(key, LISTED)) == BOTH
    server.stop()
    quotas = server.folder / "state/quotas"
    size = quotas.stat().st_size
    for fill in (b"\xff", os.urandom(64)):
        quotas.write_bytes((quotas.read_bytes()[:4096] + fill * size)[:size])
        server.start()
        assert answers(server, under(key, LISTED)) == BOTH
        assert answers(server, reversed_name(LISTED, ZONE)) == BOTH
        assert row(server, key)["today"] >= 1
        server.stop()


def test_a_file_that_others_may_write_is_refused(server):
    server.stop()
    quotas = server.folder / "state/quotas"
    quotas.chmod(0o666)
    process = server.launch()
    assert process.wait() == 77
    assert "is open to others" in process.text()
    quotas.unlink()
    quotas.symlink_to(server.config)
    process = server.launch()
    assert process.wait() == 77
    assert "symbolic link" in process.text()
    assert "zone" in server.config.read_text()


def test_a_state_folder_that_cannot_be_made_is_an_error(server):
    server.stop()
    (server.folder / "file").write_text("")
    server.extra_head = 'state = "file/state"\n'
    server.configure(body())
    process = server.launch()
    assert process.wait() == 74
    assert "file/state" in process.text()


def test_a_disk_that_is_full_is_an_error_and_nothing_is_left(server):
    need_root("a small disk of its own")
    server.stop()
    disk = server.folder / "disk"
    disk.mkdir()
    server.extra_head = f'state = "{disk}/state"\n'
    server.configure(body())
    script = ('mount -t tmpfs -o size=2m none "$1" && "$2" -c "$3"; status=$?; '
              'find "$1" -type f; exit "$status"')
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script,
                           "sh", disk, built("dnsbld"), server.config],
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (75, ""), done.stderr
    assert f"{disk}/state/quotas.new': No space left" in done.stderr


def test_a_zone_with_keys_needs_a_state_folder(install):
    server = install(body(), init=False)
    done = server.feeder("init", status=78)
    assert 'state = "/var/lib/dnsbld-state"' in done.stderr
    assert server.launch().wait() == 78


def test_a_state_folder_that_is_new_takes_a_restart(install):
    server = install(SUBLISTS + zone(ZONE)).start()
    server.feeder("add", LISTED, "--sublist", "relay")
    server.extra_head = STATE
    server.configure(body())
    server.feeder("sync")
    server.server.send(signal.SIGHUP)
    server.server.await_line("state is new, which takes a restart: the old config stays")
    assert server.codes(reversed_name(LISTED, ZONE)) == ["127.0.0.2"]
    server.stop()
    server.start()
    assert server.codes(under(give(server), LISTED)) == ["127.0.0.2"]


# --- feeder --------------------------------------------------------------------------------------


def test_feeder_lists_what_it_gave(server):
    key = give(server, "--sublist", "relay,netblock", "--quota-day", "100000", "--quota-second",
               "20", "--now", "2026-11-21T10:00:00Z")
    given, = server.rows("access", "add", "bob", "--zone", OTHER)
    other = given.pop("key")
    assert given == {"name": "bob", "number": 2}
    assert row(server, key) == {
        "key": key, "name": "acme", "number": 1, "zones": [ZONE], "sublists": ["relay", "netblock"],
        "quota_day": 100000, "quota_second": 20, "today": 0, "total": 0,
        "created": "2026-11-21T10:00:00Z"}
    assert [r["key"] for r in server.rows("access", "list", "--zone", OTHER)] == [other]
    lines = server.feeder("access", "list", "--zone", ZONE).stdout
    assert lines == (f"{key}\tacme\t{ZONE}\trelay,netblock\t100000\t20\t0\t0\t"
                     "2026-11-21T10:00:00Z\n")
    # Of another day nothing was used; in all it was.
    server.ask(under(key, LISTED))
    tomorrow = server.rows("access", "list", "--now", "2100-01-01T00:00:00Z", "--zone", ZONE)
    assert [(r["today"], r["total"]) for r in tomorrow] == [(0, 1)]
    (server.folder / "state/quotas").rename(server.folder / "elsewhere")
    done = server.feeder("access", "list", "--zone", OTHER)
    assert done.stdout.split("\t")[6:8] == ["-", "-"]
    assert "is not known" in done.stderr


def test_feeder_takes_back_one_key_or_all_of_a_name(server):
    first, second, third = give(server), give(server), give(server, name="bob")
    server.feeder("access", "revoke", first.upper())
    assert [answers(server, under(k, LISTED)) for k in (first, second, third)] == [
        "REFUSED", BOTH, BOTH]
    give(server)
    server.feeder("access", "revoke", "acme")
    assert [r["key"] for r in server.rows("access", "list")] == [third]
    done = server.feeder("access", "revoke", "acme", status=1)
    assert "access list" in done.stderr


def test_giving_and_taking_is_audited_without_the_key_and_moves_no_serial(server):
    before = server.stats()["serials"]
    key = give(server, "--quota-day", "5", "--reason", "contract 17", "--actor", "ann")
    server.feeder("access", "revoke", key, "--actor", "bob", "--reason", "unpaid")
    assert server.stats()["serials"] == before
    added, revoked = server.rows("audit")[-2:]
    assert (added["actor"], added["verb"], added["event"], added["source"], added["reason"]) == (
        "ann", "access", "access-add", "acme", f"key 1 in {ZONE}, 5 a day: contract 17")
    assert (revoked["actor"], revoked["event"], revoked["source"], revoked["reason"]) == (
        "bob", "access-revoke", "acme", "key 1: unpaid")
    assert key not in server.feeder("audit").stdout
    server.feeder("check")


def test_a_dry_run_gives_and_takes_nothing(server):
    key = give(server)
    before = server.everything()
    assert give(server, "--dry-run") == ""
    server.feeder("access", "revoke", key, "--dry-run")
    assert server.everything() == before
    assert answers(server, under(key, LISTED)) == BOTH


MINE = "abcdefghijklmnopqrst"
PART = "part.example.org"
LONG = ".".join(["l" * 60, "l" * 60, "example.org"])
REFUSED = {
    "a short key": (["--key", "abcdefghijklmnopqrs"], 65),
    "a long key": (["--key", "a" * 64], 65),
    "a key with a hyphen": (["--key", "abcdefghij-klmnopqrst"], 65),
    "a key that is a host": (["--key", "HostHostHostHostHost"], 65),
    "a key that is a sublist": (["--key", "sublistsublistsublist"], 65),
    "a key on the way to a zone": (["--key", "middlemiddlemiddlemi"], 65),
    "an unknown zone": (["--zone", "nosuch.example.org"], 65),
    "a zone without access": (["--zone", f"deep.middlemiddlemiddlemi.{ZONE}"], 65),
    "a zone twice": (["--zone", f"{ZONE},{ZONE.upper()}"], 65),
    "no zone": (["--zone", ""], 65),
    "an unknown sublist": (["--sublist", "nosuch"], 65),
    "a sublist twice": (["--sublist", "relay,relay"], 65),
    "sublists that the zone has not": (["--zone", PART, "--sublist", "hijacked,netblock"], 65),
    "no room for IPv6": (["--zone", LONG, "--key", "a" * 63], 65),
    "no quota": (["--quota-day", "0"], 64),
    "a quota that is none": (["--quota-day", "many"], 64),
    "a negative quota": (["--quota-second", "-1"], 64),
    "a quota too large": (["--quota-second", "100001"], 64),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_feeder_refuses(install, fault):
    server = install(SUBLISTS + 'sublist sublistsublistsublist { code = 77 }\n'
                     + zone(ZONE, 'access { } host "hosthosthosthosthost" { a = "192.0.2.53" }')
                     + zone(f"deep.middlemiddlemiddlemi.{ZONE}") + zone(LONG, "access { }")
                     + zone(PART, 'access { } sublists = { "relay" }'), STATE)
    words, status = REFUSED[fault]
    if "--zone" not in words:
        words = ["--zone", ZONE, *words]
    before = server.everything()
    done = server.feeder("access", "add", "acme", *words, status=status)
    assert done.stdout == "" and done.stderr
    assert server.everything() == before and server.rows("access", "list") == []


def test_a_given_key_is_given_once(server):
    assert give(server, "--key", MINE.upper()) == MINE
    assert answers(server, under(MINE, LISTED)) == BOTH
    server.feeder("access", "add", "bob", "--zone", ZONE, "--key", MINE, status=65)
    assert row(server, MINE)["name"] == "acme"
    # Given anew it has a new number, and counts from nothing.
    server.feeder("access", "revoke", MINE)
    give(server, "--key", MINE, name="bob")
    assert (row(server, MINE)["number"], used(server, MINE)) == (2, 0)
