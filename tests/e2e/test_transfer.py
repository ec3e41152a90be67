"""Transfers out of dnsbld over TCP (RFC 5936, RFC 1995): to whom, what is in them, and what becomes
of those that do not end as they should. dnspython, dig and kdig are the secondaries here; real
servers are in files of their own.
"""

import re
import signal
import socket
import subprocess
import time

import dns.exception
import dns.name
import dns.query
import dns.tsig
import dns.zone
import pytest

from dnsbld import SUBLISTS, zone
from metrics import scrape
from packets import describe, make, over_tcp, over_udp
from ports import free_port
from process import await_until, program
from signing import Key, sign
from transfers import (Slow, axfr, empty, exported, follow, is_export, ixfr, plain_export,
                       rows_of_zone, serial_of, wire_rows)

ZONE = "dnsbl.example.org"
SECRET = "c2l4dHkgZm91ciBvY3RldHMsIGFzIG1hbnkgYXMgdGhlIGxvbmdlc3QgTUFDIGhhcy4uLg=="
KEYS = [Key(name, algorithm, SECRET) for name, algorithm in (
    ("mirror", "hmac-sha256"), ("second", "hmac-sha384"), ("third", "hmac-sha512"))]
OTHER = Key("other", "hmac-sha256", SECRET)
CONFIG = "".join(f'key "{k.name}" {{ algorithm = "{k.algorithm}"  secret = "{SECRET}" }}\n'
                 for k in (*KEYS, OTHER))
ALLOWED = 'transfer { allow = { "127.0.0.1" } }'

AXFR, IXFR = " 00fc 0001 ", " 00fb 0001 "


def axfr_query(name=ZONE, rdclass="0001"):
    return make(f"1234 0000 0001 0000 0000 0000 n:{name} 00fc {rdclass}")


def ixfr_query(serial, name=ZONE):
    return make(f"1234 0000 0001 0000 0001 0000 n:{name} {IXFR} c00c 0006 0001 00000000 0016 00 00 "
                f"{serial:08x} 00000001 00000001 00000001 00000001")


def said(server, pattern):
    """The line of the log, once it is there."""
    return server.server.await_line(pattern)


@pytest.fixture(scope="module")
def full(install_for_file):
    """A zone with a bit of everything, and another below it; who may have them is all of loopback
    by address, and keys in two more."""
    apart = " ".join(zone(name, body) for name, body in (
        ("nobody.example", ""), ("allow.example", 'transfer { allow = { "127.0.0.2" } }'),
        ("keys.example", 'transfer { keys = { "mirror", "second", "third" } }'),
        ("both.example", 'transfer { allow = { "127.0.0.2" }  keys = { "mirror" } }'),
        ("refused.example", 'transfer { allow = { "127.0.0.0/8" } }'
                            'clients { refuse = "127.0.0.3"  drop = "127.0.0.4" }')))
    server = install_for_file(
        SUBLISTS + CONFIG + zone(ZONE, ALLOWED + """
    apex { a = { "192.0.2.80" }  aaaa = { "2001:db8::80" } }
    host "ns1" { a = { "192.0.2.53" }  aaaa = { "2001:db8::53" } }
""", ns='"ns1.dnsbl.example.org", "ns2.example.net"')
        + zone("v6.dnsbl.example.org", 'sublists = { "relay" }', ns='"ns1.example.net"') + apart)
    for sublist, prefixes in (
            ("relay", ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2.0.0.2", "198.51.100.0/24")),
            ("hijacked", ("192.0.2.1", "198.51.96.0/20", "2001:db8:1::/48", "2001:db8:8000::/33")),
            ("netblock", ("203.0.112.0/23", "5.0.0.0/15", "2001:4000::/22"))):
        server.feeder("add", *prefixes, "--sublist", sublist)
    server.feeder("exclude", "add", "198.51.100.77", "203.0.113.128/25")
    server.feeder("add", "192.0.2.200", "--sublist", "relay", "--text", 'A "text", with \\ in it')
    return server.start()


# --- what is in it ---------------------------------------------------------------------------------


def assert_same_zone(rows, wanted):
    """The SOA is first and last, and each record is there once."""
    assert rows[0] == rows[-1] and rows[0][2] == "SOA"
    assert sorted(rows[1:]) == sorted(wanted)


def test_axfr_is_what_an_export_has(full):
    wanted = exported(full, ZONE)
    assert len(wanted) > 300
    assert_same_zone(axfr(full, ZONE), wanted)


@pytest.mark.parametrize("client", ["dig", "kdig"])
def test_real_clients_read_it_as_the_export(full, client):
    done = subprocess.run([program(client), "@127.0.0.1", "-p", str(full.port), ZONE, "AXFR",
                           *(("+onesoa",) if client == "dig" else ())],
                          capture_output=True, text=True, timeout=30)
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(";")]
    records = lines if client == "dig" else lines[:-1]
    read = dns.zone.from_text("\n".join(records), origin=ZONE, relativize=False)
    assert rows_of_zone(read) == exported(full, ZONE)
    assert len(records) == len(rows_of_zone(read))
    assert not re.search(r"(?i)warning|expected|error", done.stdout + done.stderr)


def test_every_message_has_the_question_and_is_authoritative(full):
    for message in dns.query.xfr("127.0.0.1", ZONE, port=full.port, relativize=False):
        assert describe(message.to_wire()).startswith("NOERROR aa ")
        assert [q.name.to_text() for q in message.question] == [ZONE + "."]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.algorithm)
def test_a_signed_stream_is_verified_by_dnspython(full, key):
    assert_same_zone(axfr(full, "keys.example", key=key), exported(full, "keys.example"))


@pytest.mark.parametrize("client", ["dig", "kdig"])
def test_a_signed_stream_is_verified_by_real_clients(full, client):
    argv = [program(client), "@127.0.0.1", "-p", str(full.port), "keys.example", "AXFR", "-y"]
    good, bad = (subprocess.run([*argv, key.text], capture_output=True, text=True, timeout=30)
                 for key in (KEYS[0], Key("mirror", "hmac-sha256", "A" * 44)))
    assert "hijacked" not in bad.stdout and not re.search(r"\sTXT\s", bad.stdout)
    assert len(re.findall(r"\sTXT\s", good.stdout)) > 10
    assert not re.search(r"(?i)warning|verif|BADSIG", good.stdout + good.stderr)
    assert re.search(r"(?i)BADSIG|failed", bad.stdout + bad.stderr)


# --- to whom ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, source, key, wanted", [
    ("nobody.example", "127.0.0.1", None, False),
    ("nobody.example", "127.0.0.1", KEYS[0], False),
    ("allow.example", "127.0.0.2", None, True),
    ("allow.example", "127.0.0.1", None, False),
    ("allow.example", "127.0.0.1", KEYS[0], False),
    ("keys.example", "127.0.0.1", None, False),
    ("keys.example", "127.0.0.1", OTHER, False),
    ("keys.example", "127.0.0.5", KEYS[1], True),
    ("both.example", "127.0.0.2", KEYS[0], True),
    ("both.example", "127.0.0.2", KEYS[1], False),
    ("both.example", "127.0.0.2", None, False),
    ("both.example", "127.0.0.1", KEYS[0], False),
    ("refused.example", "127.0.0.1", None, True),
    ("refused.example", "127.0.0.3", None, False),
])
def test_who_may_have_it(full, name, source, key, wanted):
    if wanted:
        assert len(axfr(full, name, key=key, source=source)) > 10
    else:
        with pytest.raises(dns.query.TransferError) as refused:
            axfr(full, name, key=key, source=source)
        assert refused.value.rcode == 5


def test_who_is_dropped_is_dropped(full):
    with pytest.raises((EOFError, ConnectionError)):
        axfr(full, "refused.example", source="127.0.0.4")


@pytest.mark.parametrize("packet, wanted", [
    (axfr_query("www." + ZONE), "NOTAUTH 0/0/0"),
    (axfr_query("1.2.0.192." + ZONE), "NOTAUTH 0/0/0"),
    (axfr_query("example.org"), "NOTAUTH 0/0/0"),
    (axfr_query(rdclass="00ff"), "REFUSED 0/0/0"),
    (axfr_query(rdclass="0003"), "REFUSED 0/0/0"),
    (axfr_query(rdclass="00fe"), "REFUSED 0/0/0"),
    (axfr_query("nobody.example"), "REFUSED 0/0/0"),
    (make(f"1234 0000 0001 0000 0000 0001 n:nobody.example {AXFR} 00 0029 04d0 00000000 0000"),
     "REFUSED 0/0/1 opt ede=18"),
    (make(f"1234 0000 0001 0000 0000 0000 n:{ZONE} {IXFR}"), "FORMERR 0/0/0"),
    (ixfr_query(1)[:-20] + b"\0" * 16, "FORMERR 0/0/0"),
    (make(f"1234 0000 0001 0000 0002 0000 n:{ZONE} {IXFR}"
          + "c00c 0006 0001 00000000 0016 00 00" * 2 + "00" * 20), "FORMERR 0/0/0"),
], ids=["a name", "a listed name", "above", "ANY", "CHAOS", "NONE", "nobody's", "nobody's, EDNS",
        "IXFR without SOA", "IXFR with a cut SOA", "IXFR with two SOAs"])
def test_what_is_no_transfer_begins_none(full, packet, wanted):
    reply, = over_tcp(full, [packet])
    assert describe(reply) == wanted


def signed_query(key, **wrong):
    return sign(axfr_query("keys.example"), key, **wrong)


@pytest.mark.parametrize("packet, wanted", [
    (lambda: signed_query(Key("nosuch", "hmac-sha256", SECRET)), "NOTAUTH 0/0/1 tsig=17"),
    (lambda: signed_query(Key("mirror", "hmac-sha512", SECRET)), "NOTAUTH 0/0/1 tsig=17"),
    (lambda: signed_query(Key("mirror", "hmac-sha256", "A" * 44)), "NOTAUTH 0/0/1 tsig=16"),
    (lambda: signed_query(KEYS[0], spoil=lambda mac: mac[:-1] + b"\0"), "NOTAUTH 0/0/1 tsig=16"),
    (lambda: signed_query(KEYS[0], time=int(time.time()) - 3600),
     "NOTAUTH 0/0/1 tsig=18 signed"),
    (lambda: signed_query(KEYS[0], time=int(time.time()) + 3600),
     "NOTAUTH 0/0/1 tsig=18 signed"),
], ids=["no such key", "another algorithm", "another secret", "a wrong MAC", "an hour late",
        "an hour early"])
def test_what_is_not_genuine_begins_none(full, packet, wanted):
    reply, = over_tcp(full, [packet()])
    assert describe(reply) == wanted
    said(full, r"transfer of keys.example to 127.0.0.1 refused: .*BAD(KEY|SIG|TIME)")


@pytest.mark.parametrize("client", ["dig", "kdig"])
def test_real_clients_say_that_it_is_refused(full, client):
    done = subprocess.run([program(client), "@127.0.0.1", "-p", str(full.port), "nobody.example",
                           "AXFR"], capture_output=True, text=True, timeout=30)
    assert re.search(r"(?i)transfer failed|REFUSED", done.stdout + done.stderr)
    said(full, r"transfer of nobody.example to 127.0.0.1 refused: the zone has no `transfer`")


# --- what has changed ------------------------------------------------------------------------------


CHANGES = [
    ("add", "192.0.2.7", "--sublist", "relay"),
    ("add", "192.0.2.7", "--sublist", "hijacked"),
    ("remove", "192.0.2.1", "--reason", "test"),
    ("add", "203.0.112.0/22", "--sublist", "netblock"),
    ("exclude", "add", "203.0.113.64/26"),
    ("add", "203.0.113.65", "203.0.113.200", "--sublist", "relay", "--force"),
    ("exclude", "remove", "203.0.113.64/26"),
    ("add", "2001:db8:4::/46", "2001:db8:5::9", "--sublist", "relay"),
    ("remove", "2001:db8::1", "--reason", "test"),
    ("add", "192.0.2.9", "--sublist", "relay", "--text", "Its own text"),
    ("remove", "203.0.112.0/22", "--reason", "test"),
    ("add", "192.0.2.1", "--sublist", "relay"),
]


def install_with_metrics(install, body):
    port = free_port()
    server = install(body, head=f'metrics = "127.0.0.1:{port}"\n')
    server.metrics = port
    return server


def await_sent(server, **wanted):
    """So many transfers of each kind, by the page of metrics, which is shown for a second. (The log
    says them too, but of so many not each.)"""
    def look():
        page = scrape(server.metrics)
        sent = {kind: page.value("dnsbld_transfers_total", result=kind) for kind in wanted}
        return page if sent == wanted else None

    return await_until(look, lambda: f"{wanted}:\n{scrape(server.metrics).text}", every=0.3)


@pytest.fixture
def changing(install):
    """A zone, and what it was after each of CHANGES."""
    server = install_with_metrics(install, SUBLISTS + CONFIG + zone(ZONE, ALLOWED))
    server.feeder("add", "192.0.2.1", "192.0.2.2", "2001:db8::1", "--sublist", "relay")
    server.feeder("add", *(f"198.51.{n}.{n}" for n in range(100)), "--sublist", "hijacked")
    server.start()
    server.copies = [follow(server, empty(ZONE))]
    for words in CHANGES:
        server.feeder(*words)
        server.copies.append(follow(server, empty(ZONE)))
    return server


def test_ixfr_from_each_serial_gives_the_zone_that_axfr_gives(changing):
    wanted = rows_of_zone(changing.copies[-1])
    assert wanted == exported(changing, ZONE)
    serials = [serial_of(copy) for copy in changing.copies]
    assert serials == sorted(set(serials))
    for copy in changing.copies[:-1]:
        follow(changing, copy)
        assert rows_of_zone(copy) == wanted
    await_sent(changing, full=len(CHANGES) + 1, incremental=len(CHANGES))


def test_ixfr_step_by_step_gives_the_same(install):
    server = install(SUBLISTS + zone(ZONE, ALLOWED))
    server.feeder("add", "192.0.2.1", "2001:db8::1", "--sublist", "relay")
    server.start()
    copy = follow(server, empty(ZONE))
    for words in CHANGES:
        server.feeder(*words)
        follow(server, copy)
        assert rows_of_zone(copy) == exported(server, ZONE)
    said(server, rf"transfer of {ZONE} to 127.0.0.1: incremental, serial \d+ to \d+, \d+ records")


def test_the_current_serial_gets_one_soa(changing):
    serial = serial_of(changing.copies[-1])
    for packet in (ixfr_query(serial), sign(ixfr_query(serial), KEYS[0])):
        reply, = over_tcp(changing, [packet])
        assert describe(reply).startswith("NOERROR aa 1/0/")
        assert wire_rows(reply) == [(ZONE + ".", 6, serial.to_bytes(4, "big"))]
    await_sent(changing, current=2)


def test_a_newer_serial_gets_one_soa(changing):
    """RFC 1995 §2; whoever has a serial from the future sees which one we have."""
    serial = serial_of(changing.copies[-1])
    for newer in (1, 12345, (1 << 31) - 1):
        reply, = over_tcp(changing, [ixfr_query(serial + newer & 0xFFFFFFFF)])
        assert wire_rows(reply) == [(ZONE + ".", 6, serial.to_bytes(4, "big"))]


def test_a_serial_that_there_never_was_gets_the_whole_zone(changing):
    first = serial_of(changing.copies[0])
    for older in (first - 100000, first - (1 << 31) + 1000 & 0xFFFFFFFF):
        assert_same_zone(ixfr(changing, ZONE, older), exported(changing, ZONE))
    await_sent(changing, full=len(CHANGES) + 1 + 2, incremental=0)


def test_over_udp_there_is_the_soa_alone(changing):
    serial = serial_of(changing.copies[-1])
    for have in (serial, serial - 1, 1):
        reply, = over_udp(changing, [ixfr_query(have)])
        assert describe(reply) == "NOERROR aa 1/0/0"
        assert wire_rows(reply) == [(ZONE + ".", 6, serial.to_bytes(4, "big"))]


def test_another_config_is_servfail_until_both_agree(changing):
    text = changing.config.read_text()
    changing.config.write_text(text.replace("ttl = 5m", "ttl = 6m"))
    changing.feeder("sync")
    reply, = over_tcp(changing, [axfr_query()])
    assert describe(reply) == "SERVFAIL 0/0/0"
    said(changing, rf"transfer of {ZONE} to 127.0.0.1 refused: the database has the zone by another")
    changing.server.send(signal.SIGHUP)
    copy = await_until(lambda: attempt_copy(changing), "the new config is served")
    assert rows_of_zone(copy) == exported(changing, ZONE)
    # A barrier: no differences lead across it.
    follow(changing, changing.copies[-1])
    assert rows_of_zone(changing.copies[-1]) == rows_of_zone(copy)
    await_sent(changing, full=len(CHANGES) + 1 + 2, incremental=0)


def attempt_copy(server):
    try:
        return follow(server, empty(ZONE))
    except (dns.query.TransferError, dns.exception.DNSException, OSError):
        return None


# --- as clients take it ----------------------------------------------------------------------------


@pytest.fixture
def large(install):
    """More than the buffers hold, and no more than two transfers at once."""
    server = install_with_metrics(
        install, SUBLISTS + "tcp { transfers = 2  idle = 2s }\n" + zone(ZONE, ALLOWED))
    lines = "".join(f"198.{51 + n // 40000}.{n // 200 % 200}.{n % 200}\n" for n in range(20000))
    server.feeder("import", "--source", "feed", "--sublist", "relay", "-", input=lines)
    return server.start()


def whole(server, query=None):
    """The rows of a transfer that nothing holds up."""
    client = Slow(server, query or axfr_query(), window=None)
    rows = client.read_transfer()
    client.close()
    return rows


def running(server):
    return scrape(server.metrics).value("dnsbld_transfers_running")


def await_running(server, number):
    await_until(lambda: running(server) == number, f"{number} transfers run", every=0.3)


def test_a_half_closed_client_gets_all_of_it(large):
    client = Slow(large, axfr_query(), window=None)
    client.socket.shutdown(socket.SHUT_WR)
    assert is_export(client.read_transfer(), plain_export(large, ZONE))
    assert not client.read(1)


def test_a_client_that_goes_away_leaves_nothing_behind(large):
    for _ in range(3):
        client = Slow(large, axfr_query())
        client.message()
        client.close()
    await_running(large, 0)
    await_sent(large, cut=3, full=0)
    assert is_export(whole(large), plain_export(large, ZONE))
    said(large, rf"transfer of {ZONE} to 127.0.0.1 was cut off: full, serial \d+, \d+ records")


def test_a_client_that_takes_nothing_is_cut_off(large):
    client = Slow(large, axfr_query())
    said(large, rf"transfer of {ZONE} to 127.0.0.1 was cut off")
    with pytest.raises(ConnectionError):
        while client.read(65536):
            pass
        raise ConnectionError("closed, but not all of it is there")


def test_what_is_asked_behind_it_is_answered_after_it(large):
    question = make(f"4321 0000 0001 0000 0000 0000 n:1.0.51.198.{ZONE} 0001 0001")
    client = Slow(large, question, axfr_query(), question, question, window=None)
    client.socket.shutdown(socket.SHUT_WR)
    while client.read(65536):
        pass
    answers = [n for n, message in enumerate(client.messages) if message[:2] == question[:2]]
    last = len(client.messages) - 1
    assert answers == [0, last - 1, last] and last > 10
    assert all(describe(client.messages[n]) == "NOERROR aa 1/0/0" for n in answers)


def test_there_are_so_many_at_once_and_one_more_is_told_to_come_again(large):
    serial = large.stats()["serials"][ZONE]
    slow = [Slow(large, axfr_query()) for _ in range(2)]
    assert all(describe(client.message()).startswith("NOERROR") for client in slow)
    await_running(large, 2)
    for packet, wanted in ((axfr_query(), "SERVFAIL 0/0/0"), (ixfr_query(1), "SERVFAIL 0/0/0"),
                           (ixfr_query(serial), "NOERROR aa 1/0/0")):
        reply, = over_tcp(large, [packet])
        assert describe(reply) == wanted
    said(large, rf"transfer of {ZONE} to 127.0.0.1 refused: too many transfers at once")
    slow[0].close()
    await_running(large, 1)
    assert is_export(whole(large), plain_export(large, ZONE))
    slow[1].close()


def test_many_clients_get_it_at_the_same_time(install):
    server = install(SUBLISTS + zone(ZONE, ALLOWED))
    lines = "".join(f"198.51.{n // 200}.{n % 200}\n" for n in range(5000))
    server.feeder("import", "--source", "feed", "--sublist", "relay", "-", input=lines)
    server.start()
    clients = [Slow(server, axfr_query(), window=None) for _ in range(10)]
    wanted = plain_export(server, ZONE)
    for client in clients:
        assert is_export(client.read_transfer(), wanted)
        client.close()


def test_what_is_sent_is_counted(large):
    rows = whole(large)
    assert whole(large, ixfr_query(1)) == rows
    over_tcp(large, [ixfr_query(large.stats()["serials"][ZONE])])
    page = await_sent(large, full=2, current=1, refused=0, incremental=0, cut=0)
    assert page.value("dnsbld_transfer_records_total") == 2 * len(rows) + 1
    assert page.value("dnsbld_transfer_bytes_total") > 40 * len(rows)
    assert page.value("dnsbld_transfers_running") == 0


def test_a_reload_lets_it_end(large):
    """It has a few seconds, in which this client takes it."""
    client = Slow(large, axfr_query(), window=None)
    client.message()
    large.server.send(signal.SIGHUP)
    said(large, "reloaded: ")
    client.read_transfer()
    client.close()


def test_a_stop_lets_it_end(large):
    client = Slow(large, axfr_query(), window=None)
    client.message()
    large.server.send(signal.SIGTERM)
    client.read_transfer()
    client.close()
    assert large.stop() == 0


def test_a_zone_that_the_database_does_not_know_is_servfail(install):
    server = install(SUBLISTS + zone(ZONE, ALLOWED))
    server.configure(SUBLISTS + zone(ZONE, ALLOWED) + zone("new.example", ALLOWED))
    server.start()
    reply, = over_tcp(server, [axfr_query("new.example")])
    assert describe(reply) == "SERVFAIL 0/0/0"
    server.feeder("sync")
    assert_same_zone(axfr(server, "new.example"), exported(server, "new.example"))
