"""feeder ingest: from a report on stdin to what the server answers."""

import json

import pytest

import reports
from dnsbld import SUBLISTS, zone
from names import reversed_name
from reports import relaytest

ZONE = "dnsbl.example.org"
NOW = "2026-11-21T12:00:00Z"
POLICY = "    policy { reports = 3  reporters = 2  within = 24h }\n"
BODY = SUBLISTS.replace("    expires = 7d\n", "    expires = 7d\n" + POLICY) + zone(ZONE)


def arf(address="192.0.2.1", number=1, **members):
    """The same number twice is the same report twice."""
    return reports.arf(address, id=f"r{number}", **members)


@pytest.fixture
def server(install):
    return install(BODY).start()


def ingest(server, text, *words, reporter="isp", status=0):
    done = server.feeder("ingest", "--json", "--now", NOW, "--reporter", reporter, *words, "-",
                         input=text, status=status)
    return [json.loads(line) for line in done.stdout.splitlines()]


def codes(server, address="192.0.2.1"):
    return server.codes(reversed_name(address, ZONE))


def test_a_feedback_report_is_read_and_told_of(server):
    assert ingest(server, arf()) == [{
        "format": "arf", "source": "192.0.2.1", "source_via": "field", "category": "spam",
        "observed": "2026-11-21T11:00:00Z", "reporter": "isp", "confidence": 1,
        "disposition": "evidence", "file": "-"}]


def test_complaints_by_enough_reporters_list_an_address_at_once(server):
    ingest(server, arf(number=1), reporter="isp-a")
    ingest(server, arf(number=2), reporter="isp-a")
    assert codes(server) == []
    ingest(server, arf(number=3), reporter="isp-b")
    assert codes(server) == ["127.0.0.4"]
    row, = server.rows("list")
    assert (row["source"], row["sublist"], row["prefix"]) == ("policy", "hijacked", "192.0.2.1")
    assert row["reason"]


def test_any_number_of_complaints_by_one_reporter_lists_nothing(server):
    for number in range(6):
        ingest(server, arf(number=number))
    assert codes(server) == []


def test_the_same_report_counts_once(server):
    for reporter in ("isp-a", "isp-a", "isp-a", "isp-b"):
        rows = ingest(server, arf(), reporter=reporter)
    assert rows[0]["disposition"] == "evidence"
    assert ingest(server, arf(), reporter="isp-b")[0]["disposition"] == "duplicate"
    assert codes(server) == []


def test_old_complaints_do_not_count(server):
    for number, reporter in enumerate(("isp-a", "isp-b", "isp-c")):
        ingest(server, arf(number=number, date="Thu, 19 Nov 2026 11:00:00 +0000"),
               reporter=reporter)
    assert codes(server) == []


def test_what_is_no_complaint_lists_nothing(server):
    for kind, disposition in (("not-spam", "negative"), ("auth-failure", "ignored")):
        for number, reporter in enumerate(("isp-a", "isp-b", "isp-c")):
            rows = ingest(server, arf(number=number, kind=kind), reporter=reporter)
            assert rows[0]["disposition"] == disposition
    assert codes(server) == []


def test_a_delivered_relay_test_lists_a_relay_at_once(server):
    row, = ingest(server, relaytest(output="192.0.2.9"), reporter="tester")
    assert (row["format"], row["category"]) == ("relaytest", "relay")
    assert row["disposition"] == "evidence"
    assert codes(server) == ["127.0.0.2"]
    assert codes(server, "192.0.2.9") == ["127.0.0.5"]    # the host that delivered


@pytest.mark.parametrize("report", [
    relaytest("rejected"), relaytest("rcpt"), relaytest("data"), relaytest(auth=True),
    relaytest(names=["tester.example"])], ids=["rejected", "rcpt", "data", "auth", "local"])
def test_a_relay_test_that_proves_nothing_lists_nothing(server, report):
    ingest(server, report)
    assert codes(server) == []


def test_reports_about_an_excluded_address_list_nothing(server):
    server.feeder("exclude", "add", "192.0.2.0/24")
    assert ingest(server, relaytest())[0]["disposition"] == "excluded"
    server.feeder("exclude", "remove", "192.0.2.0/24")
    assert codes(server) == []


def test_a_dry_run_tells_the_same_and_keeps_nothing(server):
    before = server.everything()
    assert ingest(server, relaytest(), "--dry-run")[0]["disposition"] == "evidence"
    assert server.everything() == before
    assert ingest(server, relaytest())[0]["disposition"] == "evidence"


def test_a_bad_report_is_named_and_the_others_are_kept(server, folder):
    for name, text in (("good", relaytest()), ("bad", '{"relaytest": 1, "target": ')):
        (folder / name).write_text(text)
    done = server.feeder("ingest", "--now", NOW, folder / "bad", folder / "good", status=65)
    assert str(folder / "bad") in done.stderr
    assert codes(server) == ["127.0.0.2"]


def test_a_file_that_is_not_there_is_exit_66_and_the_others_are_kept(server, folder):
    (folder / "good").write_text(relaytest())
    server.feeder("ingest", "--now", NOW, folder / "nosuch", folder / "good", status=66)
    assert codes(server) == ["127.0.0.2"]


def test_show_tells_the_evidence_but_not_to_the_public(server):
    ingest(server, relaytest(), reporter="tester7")
    assert "tester7" in server.feeder("show", "192.0.2.1").stdout
    assert "tester7" not in server.feeder("show", "192.0.2.1", "--public").stdout


def test_the_body_of_a_report_is_out_of_the_servers_reach(server):
    ingest(server, arf())
    evidence = server.database / "evidence"
    assert evidence.stat().st_mode & 0o777 == 0o700
    assert any(p.stat().st_size for p in evidence.iterdir())
    assert b"Subject: offer" not in (server.database / "data.mdb").read_bytes()
