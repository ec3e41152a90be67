"""Evidence: what is kept of reports, how it is told, read again and dropped."""

import datetime
import hashlib
import json
import os
import subprocess

import pytest

from dnsbld import SUBLISTS, built, zone
from process import UNTRACED_LEAKS
from reports import arf, relaytest

ZONE = "dnsbl.example.org"
NOW = "2026-11-21T12:00:00Z"
BODY = SUBLISTS + zone(ZONE)


@pytest.fixture
def server(install):
    return install(BODY, head='reports { keep = 30d }\n')


def ingest(server, text, *words, reporter="t1", now=NOW, status=0):
    words += ("--reporter", reporter) if reporter else ()
    done = server.feeder("ingest", "--json", "--now", now, *words, input=text, status=status)
    return [json.loads(line) for line in done.stdout.splitlines()]


def evidence(server, address="192.0.2.1", *words):
    return json.loads(server.feeder("show", address, "--json", *words, status=None).stdout)[
        "evidence"]


def test_the_same_report_by_another_way_is_the_same(server):
    text = arf(id="one")
    assert ingest(server, text)[0]["disposition"] == "evidence"
    assert ingest(server, text)[0]["disposition"] == "duplicate"
    again = "Received: from x.example.net by y.example.net; Sat, 21 Nov 2026 11:30:00 +0000\n" + text
    assert ingest(server, again)[0]["disposition"] == "duplicate"
    assert ingest(server, text, reporter="t2")[0]["disposition"] == "evidence"
    # One number, two reports: what they say differs.
    assert ingest(server, arf("192.0.2.2", id="one"))[0]["disposition"] == "evidence"
    assert len(evidence(server)) == 2


def test_a_report_without_a_number_is_known_by_its_octets(server):
    text = relaytest()
    assert ingest(server, text)[0]["disposition"] == "evidence"
    assert ingest(server, text)[0]["disposition"] == "duplicate"
    assert ingest(server, relaytest())[0]["disposition"] == "evidence"


def test_show_tells_all_to_us_and_no_names_to_the_public(server):
    ingest(server, arf(id="one"), reporter="isp-fbl")
    ingest(server, relaytest(), reporter="tester7")
    (relay, spam) = sorted(evidence(server), key=lambda e: e["category"])
    assert relay["proof"] and relay["reporter"] == "tester7"
    assert (spam["format"], spam["source_via"], spam["confidence"]) == ("arf", "field", 1)
    assert (spam["observed"], spam["received"]) == ("2026-11-21T11:00:00Z", NOW)
    assert spam["reference"] == "<one@isp.example.net>"
    assert spam["recipient"] == "victim@isp.example.net"
    text = server.feeder("show", "192.0.2.1").stdout
    for word in ("isp-fbl", "tester7", "one@isp.example.net", "victim", "arf", "relay test:",
                 "2026-12-21T10:00:00Z", spam["id"]):
        assert word in text, word
    for words in ((), ("--json",)):
        text = server.feeder("show", "192.0.2.1", "--public", *words).stdout
        for word in ("isp-fbl", "tester7", "one@isp", "victim", "isp.example.net", spam["id"]):
            assert word not in text, word
        for word in ("spam", "relay test:", "2026-12-21T10:00:00Z", "2026-11-21T11:00:00Z"):
            assert word in text, word


def test_what_was_kept_long_enough_goes_with_its_body(server):
    text = arf(id="old")
    ingest(server, text, now="2026-10-01T00:00:00Z")
    ingest(server, text, now="2026-10-10T00:00:00Z", reporter="t2")
    first, _ = evidence(server)
    assert server.feeder("review", "show", first["id"]).stdout == text
    done = server.feeder("expire", "--json", "--now", "2026-11-01T00:00:00Z")
    assert json.loads(done.stdout)["reports"] == 1
    (left,) = evidence(server)
    assert left["reporter"] == "t2"
    # The other row has the same body.
    assert server.feeder("review", "show", left["id"]).stdout == text
    ingest(server, arf("192.0.2.7"), now="2026-12-01T00:00:00Z")     # every ingest drops as well
    assert evidence(server) == []
    server.feeder("review", "show", left["id"], status=65)


def minute_of(text):
    """When `expire` looks at the part of all bodies where this one is (feeder/retention.c)."""
    part = hashlib.sha256(text.encode()).digest()[0]
    first = int(datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc).timestamp()) // 60
    minute = next(m for m in range(first, first + 400) if m * 2654435769 % 2**32 >> 24 == part)
    return datetime.datetime.fromtimestamp(minute * 60, datetime.timezone.utc).isoformat()


def test_the_body_that_an_ingest_left_when_it_was_killed_goes_too(server, strace):
    """Between the body, which is on disk first, and the row."""
    ingest(server, arf(id="kept"))
    text = arf("192.0.2.8", id="killed")
    words = [built("feeder"), "-c", server.config, "ingest", "--reporter", "t1", "--now", NOW]
    left = []
    for sync in range(1, 9):
        done = subprocess.run(
            [strace, "-f", "-qq", "-o", os.devnull,
             "-e", f"inject=fdatasync:signal=SIGKILL:when={sync}", *map(str, words)],
            input=text, text=True, capture_output=True, env=UNTRACED_LEAKS)
        server.feeder("check")
        if evidence(server, "192.0.2.8"):
            break       # the row was there before this one
        assert done.returncode != 0
        swept = server.feeder("expire", "--now", minute_of(text)).stderr
        left.append("1 bodies dropped that no report has" in swept)
        assert "bodies dropped" not in server.feeder("expire", "--now", minute_of(text)).stderr
    assert any(left), "no kill was between the two"
    (kept,) = evidence(server)
    assert server.feeder("review", "show", kept["id"]).stdout == arf(id="kept")
    assert ingest(server, text)[0]["disposition"] in ("evidence", "duplicate")


def test_a_long_body_is_cut(install):
    server = install(BODY, head='reports { body_size = 2K }\n')
    text = arf(address=None) + "x" * 10000
    ingest(server, text)
    (held,) = [json.loads(line)
               for line in server.feeder("review", "list", "--json").stdout.splitlines()]
    assert server.feeder("review", "show", held["id"]).stdout == text[:2048]


def test_what_named_no_address_is_read_again(install):
    """All hops were thought to be our own; when one is not any more, the report names it."""
    server = install(BODY, head='trusted_hops = { "192.0.2.0/24" }\n')
    ingest(server, "Subject: hello\n\nNo report at all.\n", status=65)
    text = arf(address=None, kind="fraud").replace(
        "From: <sender@example.com>\n",
        "Received: from mx.isp.example.net (mx.isp.example.net [192.0.2.25])\n"
        "\tby mail.isp.example.net; Sat, 21 Nov 2026 10:59:00 +0000\n"
        "Received: from relay.example.com (relay.example.com [192.0.2.1])\n"
        "\tby mx.isp.example.net; Sat, 21 Nov 2026 10:58:00 +0000\n"
        "From: <sender@example.com>\n", 1)
    (held,) = ingest(server, text, now="2026-11-21T11:30:00Z")
    assert (held["disposition"], held["source"]) == ("review", None)
    assert ingest(server, None, "--retry", reporter=None) == []
    server.extra_head = 'trusted_hops = { "192.0.2.25" }\n'
    server.configure(BODY)
    assert ingest(server, None, "--retry", "--dry-run", reporter=None)
    (found,) = ingest(server, None, "--retry", reporter=None)
    assert (found["source"], found["source_via"], found["disposition"], found["reporter"]) == (
        "192.0.2.1", "received", "evidence", "t1")
    (kept,) = evidence(server)
    assert kept["confidence"] < 1 and kept["received"] == "2026-11-21T11:30:00Z"
    assert server.feeder("review", "show", kept["id"]).stdout == text
    assert ingest(server, None, "--retry", reporter=None) == []
    for words in (("--reporter", "x"), ("somefile",), ("--format", "arf")):
        server.feeder("ingest", "--retry", *words, status=64)


def test_what_can_be_read_in_part_stays_for_a_human(server):
    good, bad = relaytest(), '{"what": "is this"}'
    text = f"Subject: x\nContent-Type: application/json\n\n{good}\n{bad}\n"
    dispositions = {r["disposition"] for r in ingest(server, text, status=65)}
    assert "unrecognised" in dispositions
    before = server.feeder("review", "list").stdout
    ingest(server, None, "--retry", reporter=None)
    assert server.feeder("review", "list").stdout == before != ""


def test_half_a_report_is_not_read_again(install):
    """Its second Source-IP, which made it one for review, was cut off."""
    server = install(BODY, head='reports { body_size = 1K }\n')
    text = arf("192.0.2.1").replace("Arrival-Date", "X-Filler: " + "x" * 900 +
                                    "\nSource-IP: 192.0.2.2\nArrival-Date")
    assert ingest(server, text)[0]["disposition"] == "review"
    done = server.feeder("ingest", "--retry", "--now", NOW)
    assert "too long to be kept whole" in done.stderr and "0 of 1" in done.stderr
    assert evidence(server) == []


def test_two_ports_of_a_host_are_two_findings(server):
    refused, taken = relaytest("rejected"), relaytest("rcpt")
    rows = ingest(server, f"Subject: x\nContent-Type: application/json\nMessage-ID: <1@a.example>"
                          f"\n\n{refused}\n{taken}\n")
    assert [r["disposition"] for r in rows] == ["negative", "evidence"]


def test_a_field_that_cannot_be_read_blames_nobody_else(server):
    """Not the host of a Received field: that is for reports that say nothing."""
    received = ("Received: from relay.example.com (relay.example.com [192.0.2.77])\n"
                "\tby mx.isp.example.net; Sat, 21 Nov 2026 10:58:00 +0000\n"
                "From: <sender@example.com>\n")
    for address, source in (("192.0.2.4, 192.0.2.5", None), ("192.0.2.4%eth0", None),
                            ("unknown", "192.0.2.77"), ("", "192.0.2.77")):
        text = arf(address or " ").replace("From: <sender@example.com>\n", received, 1)
        (report,) = ingest(server, text)
        assert (report["source"], report["disposition"]) == (
            source, "evidence" if source else "review"), address
