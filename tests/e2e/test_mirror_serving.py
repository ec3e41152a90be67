"""What dnsbld answers for a zone that `feeder mirror` has from a primary: nothing yet, all of it,
what its primary says of itself, and nothing again when that was not reached for too long.

Which records make which answers is compared with real servers elsewhere.
"""

import signal
import time

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from dnsbld import SUBLISTS, Dnsbld, zone
from load import Load
from metrics import scrape
from names import reversed_name
from ports import free_port
from primary import ZONE, Primary, listing
from process import await_until
from secondary import Secondary
from wire import section

OWN = "relays.example.org"
LISTED = reversed_name("192.0.2.1", ZONE)
RECORDS = listing("192.0.2.1", 4) | listing("127.0.0.2", 4)

NOT_READY, INVALID_DATA = 14, 24


@pytest.fixture
def primary():
    made = Primary().publish(7, RECORDS)
    yield made
    made.stop()


@pytest.fixture
def make(install):
    """An installation with a zone of its own and the primary's, and metrics."""
    def made(primary, body=""):
        metrics = free_port()
        server = install(SUBLISTS + zone(OWN) + f"""
mirror {{ zone "{ZONE}" {{ primaries = {{ "{primary.at}" }} {body} }} }}
""", head=f'notify_delay = 0\nmetrics = "127.0.0.1:{metrics}"\n')
        server.metrics = metrics
        server.feeder("add", "192.0.2.1", "--sublist", "relay")
        return server

    return made


def everybody(server, name, rdtype="A", **options):
    """The answers of every process, by UDP from many ports and by TCP: they have to be alike."""
    ways = [{}] * 12 + [{"tcp": True}] + ([{"address": "::1"}] * 12 if Dnsbld.ipv6 else [])
    answers = [server.ask(name, rdtype, use_edns=0, **way, **options) for way in ways]
    said = [(a.rcode(), a.flags, sorted(map(str, a.answer)), sorted(map(str, a.authority)), a.options)
            for a in answers]
    assert all(s == said[0] for s in said), said
    return answers[0]


def assert_servfail(server, code):
    """For all that the zone has."""
    for name, rdtype in ((LISTED, "A"), (LISTED, "TXT"), (ZONE, "SOA"), (ZONE, "NS"),
                         (f"2.0.0.127.{ZONE}", "A"), (f"1.2.{ZONE}", "A"), (f"ns9.{ZONE}", "A")):
        answer = everybody(server, name, rdtype)
        assert (answer.rcode(), answer.answer) == (dns.rcode.SERVFAIL, []), (name, rdtype)
        assert [option.code for option in answer.options] == [code]
    assert axfr(server).rcode() == dns.rcode.SERVFAIL
    assert scrape(server.metrics).value("dnsbld_zone_ready", zone=ZONE) == 0
    # What is beside it is served.
    assert server.codes(reversed_name("192.0.2.1", OWN)) == ["127.0.0.2"]


def axfr(server):
    query = dns.message.make_query(ZONE, "AXFR")
    return dns.query.tcp(query, "127.0.0.1", port=server.port, timeout=5)


def serial_of(answer):
    return [rd.serial for rrset in answer.answer if rrset.rdtype == dns.rdatatype.SOA
            for rd in rrset]


def assert_served(server, serial):
    assert serial_of(everybody(server, ZONE, "SOA")) == [serial]
    assert section(everybody(server, LISTED).answer) == {(LISTED, "A"): (300, {"127.0.0.4"})}
    assert section(everybody(server, LISTED, "TXT").answer) == {(LISTED, "TXT"): (300, {'"listed"'})}


def test_it_is_not_ready_until_the_first_transfer_and_then_served(make, primary):
    server = make(primary, 'transfer { allow = { "127.0.0.1" } }').start()
    assert_servfail(server, NOT_READY)
    server.server.await_line(rf"warning: zone {ZONE} is a mirror that has nothing of its primary yet")
    server.feeder("mirror", "--once")
    assert_served(server, 7)
    began = time.time()
    page = await_until(lambda: (p := scrape(server.metrics)).value("dnsbld_zone_ready", zone=ZONE)
                       and p, "the page of metrics, which is a second old, has it")
    assert page.value("dnsbld_zone_serial", zone=ZONE) == 7
    refreshed = page.value("dnsbld_mirror_refreshed_timestamp_seconds", zone=ZONE)
    assert began - 30 < refreshed <= time.time()
    assert page.value("dnsbld_mirror_expires_timestamp_seconds", zone=ZONE) == refreshed + 86400
    assert page.value("dnsbld_listings", sublist=f"{ZONE}/4") == 2
    # The names of both zones are apart.
    assert server.codes(reversed_name("192.0.2.1", OWN)) == ["127.0.0.2"]
    assert server.codes(reversed_name("127.0.0.2", OWN)) == ["127.0.0.2"]
    assert everybody(server, reversed_name("127.0.0.4", ZONE)).rcode() == dns.rcode.NXDOMAIN
    assert server.rcode(f"1.0.0.127.{ZONE}") == "NXDOMAIN"


def test_what_the_primary_says_of_itself_is_in_the_next_answer(make, primary):
    server = make(primary)
    server.feeder("mirror", "--once")
    server.start()
    assert_served(server, 7)
    assert section(everybody(server, ZONE, "NS").answer) == {
        (ZONE, "NS"): (300, {"ns1.example.net."})}
    for serial in range(8, 14):
        host = f"ns{serial}"
        primary.timers = 3600, serial, 86400
        primary.publish(serial, RECORDS | {("@", "NS", f"{host}.{ZONE}."), ("@", "A", "192.0.2.80"),
                                           (host, "A", f"192.0.2.{serial}")})
        server.feeder("mirror", "--once")
        answer = everybody(server, ZONE, "NS")
        assert section(answer.answer)[ZONE, "NS"][1] == {"ns1.example.net.", f"{host}.{ZONE}."}
        assert section(answer.additional)[f"{host}.{ZONE}", "A"][1] == {f"192.0.2.{serial}"}
        soa, = everybody(server, ZONE, "SOA").answer[0]
        assert (soa.serial, soa.retry) == (serial, serial)
        assert section(everybody(server, f"{host}.{ZONE}").answer)[f"{host}.{ZONE}", "A"][1] == {
            f"192.0.2.{serial}"}
        assert everybody(server, f"ns{serial - 1}.{ZONE}").rcode() == dns.rcode.NXDOMAIN
        assert_served(server, serial)


def test_queries_do_not_notice_that_zones_are_prepared_anew(make, primary):
    server = make(primary)
    server.feeder("mirror", "--once")
    server.start()
    wanted = {LISTED: ["127.0.0.4"], reversed_name("192.0.2.9", ZONE): [],
              reversed_name("192.0.2.1", OWN): ["127.0.0.2"],
              reversed_name("192.0.2.9", OWN): []}
    with Load(server.port, wanted) as load:
        for serial in range(8, 16):
            primary.publish(serial, RECORDS | {("www", "A", f"192.0.2.{serial}")})
            server.feeder("mirror", "--once")
    assert load.wrong == []
    assert load.count > 1000
    page = scrape(server.metrics)
    asked = page.sum("dnsbld_queries_total", zone=ZONE)
    assert asked >= load.count / 2 - 10, "each query is counted, before and after"


def test_past_soa_expire_it_is_servfail_until_the_primary_is_reached_again(make, primary):
    primary.timers = 1, 1, 5
    primary.publish(8, RECORDS)
    server = make(primary, 'transfer { allow = { "127.0.0.1" } }').start()
    server.feeder("mirror", "--once")
    refreshed = time.time()
    assert_served(server, 8)
    await_until(lambda: everybody_is_servfail(server), "it expires")
    assert 3.5 < time.time() - refreshed < 9
    server.server.await_line(rf"error: zone {ZONE} has expired: its primary was last reached \d+ s ago")
    await_until(lambda: scrape(server.metrics).value("dnsbld_zone_ready", zone=ZONE) == 0,
                "the page of metrics, which is a second old, has it")
    assert_servfail(server, INVALID_DATA)
    # Nothing new is enough.
    server.feeder("mirror", "--once")
    assert serial_of(server.ask(ZONE, "SOA")) == [8]
    assert server.codes(LISTED) == ["127.0.0.4"]
    server.server.await_line(rf"zone {ZONE}: its primary was reached again")
    assert "its primary was last reached" in server.server.text().split("has expired")[0]


def everybody_is_servfail(server):
    return all(server.rcode(ZONE, "SOA") == "SERVFAIL" for _ in range(20))


def test_a_restart_and_a_reload_serve_what_the_database_has(make, primary):
    server = make(primary)
    server.feeder("mirror", "--once")
    primary.stop()
    try:
        for _ in range(2):
            server.start()
            assert_served(server, 7)
            before = server.children()
            wanted = {LISTED: ["127.0.0.4"], reversed_name("192.0.2.9", ZONE): []}
            with Load(server.port, wanted, pause=0.001) as load:
                server.server.send(signal.SIGHUP)
                await_until(lambda: not set(server.children()) & set(before), "all are replaced")
            assert load.wrong == []
            assert_served(server, 7)
            server.stop()
    finally:
        primary.start()


def test_a_notify_to_the_server_itself_is_refused(make, primary):
    """feeder mirror has a port of its own for it."""
    server = make(primary).start()
    server.feeder("mirror", "--once")
    asked = len(primary.asked)
    assert primary.notify(server.port).rcode() == dns.rcode.REFUSED
    assert len(primary.asked) == asked


def test_it_is_handed_on(make, primary):
    """To secondaries of the mirror: NOTIFY with the primary's serial, then AXFR."""
    with Secondary() as peer:
        server = make(primary, f'notify = {{ "{peer.remote}" }} '
                               'transfer { allow = { "127.0.0.1" } }').start()
        assert peer.waiting() == 0
        server.feeder("mirror", "--once")
        told = peer.next()
        assert (told.zone, told.serial) == (ZONE, 7)
        primary.publish(8, RECORDS | listing("192.0.2.2", 9))
        server.feeder("mirror", "--once")
        assert peer.next().serial == 8
        records = section(r for m in dns.query.xfr("127.0.0.1", ZONE, port=server.port,
                                                   relativize=False) for r in m.answer)
        assert {key: values for key, (_, values) in records.items()} == {
            (ZONE, "SOA"): {"ns1.example.net. hostmaster.example.org. 8 3600 1 86400 60"},
            (ZONE, "NS"): {"ns1.example.net."},
            (LISTED, "A"): {"127.0.0.4"}, (LISTED, "TXT"): {'"listed"'},
            (reversed_name("127.0.0.2", ZONE), "A"): {"127.0.0.4"},
            (reversed_name("127.0.0.2", ZONE), "TXT"): {'"listed"'},
            (reversed_name("192.0.2.2", ZONE), "A"): {"127.0.0.9"},
            (reversed_name("192.0.2.2", ZONE), "TXT"): {'"listed"'}}
        assert peer.waiting() == 0
