"""What the policy leaves to a human: feeder review."""

import json

import pytest

from dnsbld import SUBLISTS, zone
from names import reversed_name
from reports import arf, relaytest

ZONE = "dnsbl.example.org"
NOW = "2026-11-21T12:00:00Z"
POLICY = "    policy { reports = 1  reporters = 1  within = 24h  neighbours = 4 }\n"
BODY = SUBLISTS.replace("    expires = 7d\n", "    expires = 7d\n" + POLICY) + zone(ZONE)


@pytest.fixture
def server(install):
    return install(BODY).start()


def ingest(server, text, reporter="t1", now=NOW, status=0):
    done = server.feeder("ingest", "--json", "--now", now, "--reporter", reporter, input=text,
                         status=status)
    return [json.loads(line) for line in done.stdout.splitlines()]


def reviews(server, *words):
    done = server.feeder("review", "list", "--json", "--now", NOW, *words)
    return [json.loads(line) for line in done.stdout.splitlines()]


def codes(server, address="192.0.2.1"):
    return server.codes(reversed_name(address, ZONE))


def test_nothing_waits_in_a_new_database(server):
    assert reviews(server) == []


def test_a_report_without_an_address_waits_and_is_accepted_with_one(server):
    ingest(server, arf(address=None))
    (held,) = reviews(server)
    assert (held["kind"], held["category"], held["disposition"]) == ("report", "spam", "review")
    server.feeder("review", "accept", held["id"], "--now", NOW, status=64)
    server.feeder("review", "accept", held["id"], "--address", "192.0.2.0/24", status=64)
    server.feeder("review", "accept", held["id"], "--address", "192.0.2.1", "--now", NOW)
    assert reviews(server) == []
    assert codes(server) == ["127.0.0.4"]
    (kept,) = json.loads(server.feeder("show", "192.0.2.1", "--json").stdout)["evidence"]
    assert (kept["source_via"], kept["disposition"], kept["reporter"]) == (
        "argument", "evidence", "t1")
    server.feeder("review", "accept", held["id"], "--address", "192.0.2.1", status=65)


def test_the_body_of_a_report_is_shown_as_it_came_in(server):
    text = arf(address=None)
    ingest(server, text)
    (held,) = reviews(server)
    assert server.feeder("review", "show", held["id"]).stdout == text
    assert server.feeder("review", "show", held["id"][:8]).stdout == text
    server.feeder("review", "show", "0" * 16, status=65)
    server.feeder("review", "show", "xyz", status=64)


def test_a_refused_report_does_not_come_again(server):
    text = arf(address=None)
    ingest(server, text)
    (held,) = reviews(server)
    server.feeder("review", "refuse", held["id"], status=64)    # says why, or does nothing
    assert len(reviews(server)) == 1
    server.feeder("review", "refuse", held["id"], "--reason", "no address in it", "--now", NOW)
    assert reviews(server) == []
    assert ingest(server, text)[0]["disposition"] == "duplicate"
    assert reviews(server) == []
    audit = server.feeder("audit").stdout
    assert "refuse" in audit and "no address in it" in audit


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_a_suspected_relay_is_a_candidate_and_not_listed(server, stage):
    ingest(server, relaytest(stage))
    (candidate,) = reviews(server)
    assert (candidate["kind"], candidate["prefix"], candidate["sublist"]) == (
        "candidate", "192.0.2.1", "relay")
    assert codes(server) == []
    assert reviews(server, "--sublist", "hijacked") == []
    server.feeder("review", "accept", "192.0.2.1", "--reason", "tried by hand", "--now", NOW)
    assert codes(server) == ["127.0.0.2"]
    claims = json.loads(server.feeder("show", "192.0.2.1", "--json").stdout)["claims"]
    assert claims[0]["source"] == "operator" and "tried by hand" in claims[0]["reason"]


def test_a_refused_candidate_comes_again_with_new_evidence_alone(server):
    ingest(server, relaytest("rcpt"))
    server.feeder("review", "refuse", "192.0.2.1", "--reason", "it only says so", "--now", NOW)
    assert reviews(server) == []
    ingest(server, relaytest("rcpt", time="2026-11-21T11:59:00Z"))
    assert reviews(server) == []
    ingest(server, relaytest("rcpt", time="2026-11-21T12:00:01Z"))
    assert len(reviews(server)) == 1


def test_a_proof_makes_the_candidate_a_listing(server):
    ingest(server, relaytest("rcpt"))
    ingest(server, relaytest("delivered", time="2026-11-21T11:00:00Z"))
    assert reviews(server) == []
    assert codes(server) == ["127.0.0.2"]


def test_many_neighbours_propose_their_range_and_list_nothing_more(server):
    for host in range(1, 4):
        ingest(server, arf(f"192.0.2.{host}"))
    assert reviews(server) == []
    done = server.feeder("ingest", "--now", NOW, "--reporter", "t1", input=arf("192.0.2.4"))
    assert "192.0.2.0/24" in done.stderr and "review list" in done.stderr
    (range_,) = reviews(server)
    assert (range_["kind"], range_["prefix"], range_["sublist"]) == (
        "range", "192.0.2.0/24", "hijacked")
    assert codes(server, "192.0.2.5") == []
    server.feeder("review", "accept", "192.0.2.0/24", "--now", NOW)
    assert codes(server, "192.0.2.5") == ["127.0.0.4"]
    assert reviews(server) == []


def test_a_refused_range_does_not_come_again(server):
    for host in range(1, 5):
        ingest(server, arf(f"192.0.2.{host}"))
    server.feeder("review", "refuse", "192.0.2.0/24", "--reason", "an ISP", "--now", NOW)
    assert reviews(server) == []
    ingest(server, arf("192.0.2.9"))
    assert reviews(server) == []
    assert codes(server, "192.0.2.200") == []


def test_a_dry_run_leaves_it_waiting(server):
    ingest(server, relaytest("rcpt"))
    ingest(server, arf(address=None))
    held = next(r for r in reviews(server) if r["kind"] == "report")
    server.feeder("review", "accept", "192.0.2.1", "--dry-run", "--now", NOW)
    server.feeder("review", "accept", held["id"], "--address", "192.0.2.7", "--dry-run",
                  "--now", NOW)
    server.feeder("review", "refuse", held["id"], "--reason", "x", "--dry-run", "--now", NOW)
    assert len(reviews(server)) == 2
    assert codes(server) == codes(server, "192.0.2.7") == []


def test_what_does_not_wait_cannot_be_accepted(server):
    for word in ("192.0.2.9", "198.51.100.0/24", "0123456789abcdef"):
        server.feeder("review", "accept", word, status=65)
        server.feeder("review", "refuse", word, "--reason", "x", status=65)
    server.feeder("review", "accept", "what", status=64)


def test_an_excluded_candidate_is_not_accepted(server):
    ingest(server, relaytest("rcpt"))
    server.feeder("exclude", "add", "192.0.2.1")
    server.feeder("review", "accept", "192.0.2.1", "--now", NOW, status=65)
    assert codes(server) == []


def test_what_was_accepted_is_known_when_it_comes_again(server):
    text = arf(address=None)
    ingest(server, text)
    (held,) = reviews(server)
    server.feeder("review", "accept", held["id"], "--address", "192.0.2.1", "--reason", "it is",
                  "--now", NOW)
    assert ingest(server, text)[0]["disposition"] == "duplicate"
    assert reviews(server) == []
    audit = server.feeder("audit", "--json").stdout
    row, = [r for r in map(json.loads, audit.splitlines()) if r["event"] == "accept"]
    assert (row["prefix"], row["reason"]) == ("192.0.2.1", f"report {held['id']}: it is")


def test_a_disabled_source_accepts_nothing(server):
    ingest(server, relaytest("rcpt"))
    server.feeder("add", "192.0.2.99", "--sublist", "relay", "--source", "ops")
    server.feeder("source", "disable", "ops")
    server.feeder("review", "accept", "192.0.2.1", "--source", "ops", "--now", NOW, status=65)
    assert codes(server) == []


def test_a_long_reason_is_cut_at_a_character(server):
    ingest(server, relaytest("rcpt"))
    server.feeder("review", "accept", "192.0.2.1", "--reason", "a" + "ä" * 511, "--now", NOW)
    (row,) = [json.loads(line) for line in server.feeder("list", "--json").stdout.splitlines()]
    assert "\ufffd" not in row["reason"] and len(row["reason"].encode()) <= 1024
    assert "accepted in review" in row["reason"]
