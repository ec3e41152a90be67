"""The real nmap's script smtp-open-relay at a real Postfix, its XML through feeder ingest.

nmap stops after RCPT, so that an open relay is suspected and never listed for it.
"""

import datetime
import json
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from dnsbld import SUBLISTS, zone
from peers.relay import Relay
from process import need_root, program

TRUSTED, STRANGER = "127.0.0.0/8", "127.0.0.254/32"
SCRIPT = "smtp-open-relay"


@pytest.fixture(scope="module")
def start_relay(make_folder):
    need_root("Postfix's master runs as root")
    started = []

    def start(trusts):
        started.append(Relay(make_folder(), trusts))
        return started[-1]

    yield start
    for relay in started:
        relay.stop()


@pytest.fixture(scope="module")
def open_relay(start_relay):
    return start_relay(TRUSTED)


@pytest.fixture(scope="module")
def closed_relay(start_relay):
    return start_relay(STRANGER)


@pytest.fixture
def base(install):
    """127.0.0.1 is what there is to test, so nothing is excluded."""
    policy = "policy { reports = 1  reporters = 1  within = 24h }"
    sublists = SUBLISTS.replace("    expires = 7d\n", f"    expires = 7d\n    {policy}\n")
    return install(sublists + zone("dnsbl.example.org"), head="exclude_reserved = false\n")


def scan(relay, *words):
    """nmap's XML of a test of the relay. `+` runs the script whatever port SMTP is at."""
    host, port = relay.address
    return subprocess.run(
        [program("nmap"), "-n", "-Pn", "-sT", "-p", str(port), "--script", f"+{SCRIPT}", *words,
         "-oX", "-", host], check=True, capture_output=True, text=True, timeout=120).stdout


def said(xml):
    script, = ElementTree.fromstring(xml).iter("script")
    assert script.get("id") == SCRIPT
    return script.get("output")


def ended(xml):
    time = int(ElementTree.fromstring(xml).find("host").get("endtime"))
    return datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def ingest(base, xml):
    done = base.feeder("ingest", "--json", "--reporter", "t1", "-", input=xml)
    row, = [json.loads(line) for line in done.stdout.splitlines()]
    return row


def told(xml, disposition, confidence):
    return {"format": "nmap", "source": "127.0.0.1", "source_via": "field", "category": "relay",
            "observed": ended(xml), "reporter": "t1", "confidence": confidence,
            "disposition": disposition, "file": "-"}


def assert_unlisted(base):
    base.feeder("show", "127.0.0.1", status=1)
    assert base.rows("list") == []


@pytest.mark.parametrize("words", [(), ("-vv",)], ids=["count", "envelopes"])
def test_an_open_relay_is_suspected_and_not_listed(base, open_relay, words):
    xml = scan(open_relay, *words)
    assert "Server is an open relay (" in said(xml)
    assert ("MAIL FROM:<>" in said(xml)) == bool(words)
    assert ingest(base, xml) == told(xml, "evidence", 0.3)
    assert_unlisted(base)


def test_a_closed_server_speaks_against_a_listing(base, closed_relay):
    xml = scan(closed_relay, "-vv")
    assert "all tests failed" in said(xml)
    assert ingest(base, xml) == told(xml, "negative", 0.5)
    assert_unlisted(base)


def test_nmap_sends_no_message(open_relay):
    scan(open_relay)
    assert "queued" not in open_relay.log() and "relay=none" not in open_relay.log()


def test_the_same_scan_again_is_known(base, open_relay):
    xml = scan(open_relay, "-vv")
    assert ingest(base, xml)["disposition"] == "evidence"
    assert ingest(base, xml)["disposition"] == "duplicate"
    assert_unlisted(base)
