"""feeder ingest over files: what every sample report means, what policy makes of it, what is kept.

tests/data/reports holds one report a file (relaytests.jsonl: three), all about 21 November 2026.
"""

import json
import re

import pytest

from dnsbld import REPOSITORY, SUBLISTS, zone

REPORTS = REPOSITORY / "tests/data/reports"
NOW = "2026-11-21T12:00:00Z"
ARRIVED, DATED = "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z"


def body(policy="policy { reports = 2  reporters = 2  within = 24h }"):
    return SUBLISTS.replace("    expires = 7d\n", f"    expires = 7d\n    {policy}\n") + zone(
        "dnsbl.example.org")


@pytest.fixture
def base(install):
    return install(body())


@pytest.fixture(scope="module")
def shared(install_for_file):
    """For what a dry run shows."""
    return install_for_file(body())


def ingest(base, *words, reporter="isp", now=NOW, status=0, config=None):
    """One object a report, the file as its bare name."""
    paths = [REPORTS / w if (REPORTS / w).is_file() else w for w in words]
    done = base.feeder("ingest", "--json", "--now", now, "--reporter", reporter, *paths,
                       status=status, config=config)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for row in rows:
        row["file"] = row["file"].rpartition("/")[2]
    return rows


def dispositions(rows):
    return [row["disposition"] for row in rows]


def claims(base):
    return {(row["prefix"].removesuffix("/32"), row["sublist"]): row for row in base.rows("list")}


def told(source="192.0.2.1", category="spam", disposition="evidence", observed=ARRIVED,
         confidence=1, format="arf"):
    return {"format": format, "source": source, "source_via": "field" if source else None,
            "category": category, "observed": observed, "reporter": "isp",
            "confidence": confidence, "disposition": disposition}


OUTPUT = ("192.0.2.9", "multihop")      # who delivered what 192.0.2.1 or 192.0.2.31 had taken


def relay(disposition, confidence, source="192.0.2.1"):
    return told(source, "relay", disposition, confidence=confidence, format="relaytest")


def nmap(disposition, confidence, source="192.0.2.1"):
    return told(source, "relay", disposition, confidence=confidence, format="nmap")


def hop(source):
    """The host of a Received field."""
    return {**told(source, confidence=0.6), "source_via": "received"}


def rows(format, category):
    return told("192.0.2.1", category, observed="2026-11-20T10:00:00Z", format=format)


SAMPLES = {
    "arf-abuse.eml": told(),
    "arf-ipv6.eml": told("2001:db8::7"),
    "arf-base64.eml": told(),
    "arf-quoted-printable.eml": told(),
    "arf-crlf.eml": told(),
    "arf-cr.eml": told(),
    "arf-bom.eml": told(),
    "arf-mbox.eml": told(),
    "arf-unclosed.eml": told(),
    "arf-decorated.eml": told(),
    "arf-mapped.eml": told(category="virus"),
    "arf-twice.eml": told(),
    "arf-torn.eml": told(None, disposition="review", confidence=0),
    "arf-no-source.eml": hop("203.0.113.98"),
    "arf-no-date.eml": told(observed=DATED),
    "arf-fraud.eml": told(category="fraud"),
    "arf-opt-out.eml": told(category="opt-out", disposition="ignored"),
    "arf-not-spam.eml": told(category="not-spam", disposition="negative"),
    "arf-auth-failure.eml": told(category="auth-failure", disposition="ignored"),
    "arf-reserved.eml": told("10.0.0.1", disposition="excluded"),
    "relaytest-delivered.json": relay("evidence", 1),
    "relaytest-suspected.json": relay("evidence", 0.5),
    "relaytest-refused.json": relay("negative", 1),
    "relaytest-auth.json": relay("ignored", 0),
    "relaytest-local.json": relay("ignored", 0),
    "relaytest-ipv6.json": relay("evidence", 1, "2001:db8::7"),
    "xarf3-spam.json": told(format="xarf3"),
    "xarf3-source.json": told("2001:db8::7", format="xarf3"),
    "xarf3-page.json": told(None, "fraud", "ignored", confidence=0, format="xarf3"),
    "xarf4-spam.json": told(confidence=0.9, format="xarf4"),
    "xarf4-domain.json": told(None, "fraud", "ignored", confidence=0, format="xarf4"),
    "nmap-open.xml": nmap("evidence", 0.3),
    "nmap-counted.xml": nmap("evidence", 0.3),
    "nmap-ipv6.xml": nmap("evidence", 0.3, "2001:db8::7"),
    "nmap-closed.xml": nmap("negative", 0.5),
    "nmap-local.xml": nmap("ignored", 0),
    "nmap-failed.xml": nmap("ignored", 0),
    "shadowserver-scan.csv": rows("shadowserver", "vulnerable"),
    "shadowserver-zip.eml": rows("shadowserver", "bot"),
    "uceprotect.csv": rows("uceprotect", "spam"),
    "arf-lost-boundary.eml": told("192.0.2.7"),
    "arf-quoted.eml": told("192.0.2.7"),
    "arf-received-helo.eml": hop("192.0.2.7"),
    "arf-received-headers.eml": hop("192.0.2.7"),
    "arf-received-unclear.eml": told(None, disposition="review", confidence=0),
    "jmrp.eml": {**told("192.0.2.7", confidence=0.8, format="jmrp"), "source_via": "subject"},
    "xarf0-login.eml": told("192.0.2.7", "attack", format="xarf0"),
    "xarf0-page.eml": told(None, "fraud", "ignored", confidence=0, format="xarf0"),
    "spamcop.eml": told("192.0.2.7", format="spamcop"),
    "spamcop-page.eml": told(None, "content", "ignored", DATED, 0, "spamcop"),
    "xarf4.eml": told("192.0.2.7", format="xarf4"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_is_read(shared, name):
    row, = ingest(shared, "--dry-run", name)
    assert row == {**SAMPLES[name], "file": name}


def test_every_sample_is_in_the_table():
    others = {"relaytests.jsonl", "xarf4-array.json", "relaytest-bad.json", "notice.eml", "arf-inside.eml"}
    assert {path.name for path in REPORTS.iterdir()} == set(SAMPLES) | others


@pytest.mark.parametrize("name", ["notice.eml", "arf-inside.eml"])
def test_a_mail_without_a_report_is_kept_and_unrecognised(base, name):
    """Also where the mail that it encloses is a report: that one somebody else wrote."""
    row, = ingest(base, name, status=65)
    assert row == {"format": None, "source": None, "source_via": None, "category": None,
                   "observed": None, "reporter": "isp", "confidence": 0,
                   "disposition": "unrecognised", "file": name}
    assert dispositions(ingest(base, name, status=65)) == ["duplicate"]


def test_all_samples_at_once_are_one_change(base):
    before = base.stats()["changes"]
    rows = ingest(base, *SAMPLES)
    # What differs in its line ends or its clothes alone is another report all the same.
    assert rows == [{**SAMPLES[name], "file": name} for name in SAMPLES]
    assert base.stats()["changes"] == before + 1
    base.feeder("check")
    assert set(dispositions(ingest(base, *SAMPLES))) == {"duplicate"}
    assert base.stats()["changes"] == before + 1


def test_a_stream_of_relay_tests_is_a_report_each(base):
    rows = ingest(base, "relaytests.jsonl")
    assert [(row["source"], row["disposition"]) for row in rows] == [
        ("192.0.2.31", "evidence"), ("192.0.2.32", "evidence"), ("192.0.2.33", "negative")]
    assert set(claims(base)) == {("192.0.2.31", "relay"), ("192.0.2.32", "relay"), OUTPUT}


def test_one_of_a_stream_is_known_by_itself(base, folder):
    ingest(base, "relaytests.jsonl")
    first = folder / "first"
    first.write_text((REPORTS / "relaytests.jsonl").read_text().splitlines()[0])
    assert dispositions(ingest(base, first)) == ["duplicate"]


def test_one_bad_object_of_a_stream_takes_no_other_with_it(base, folder):
    lines = (REPORTS / "relaytests.jsonl").read_text().splitlines()
    mixed = folder / "mixed"
    mixed.write_text("\n".join([lines[0], '{"relaytest": 1, "target": ', lines[1].replace(
        "192.0.2.32", "nowhere"), lines[2]]))
    done = base.feeder("ingest", "--now", NOW, mixed, status=65)
    assert "report 2" in done.stderr and "report 3: 'target'" in done.stderr
    assert set(claims(base)) == {("192.0.2.31", "relay"), OUTPUT}


def test_a_bad_relay_test_is_named_and_kept_for_a_human(base):
    done = base.feeder("ingest", "--json", REPORTS / "relaytest-bad.json", status=65)
    assert [json.loads(line)["disposition"] for line in done.stdout.splitlines()] == [
        "unrecognised"]
    assert re.search(r"relaytest-bad\.json: probe 1: 'stage'", done.stderr)
    held, = base.rows("review", "list")
    assert base.feeder("review", "show", held["id"]).stdout == (
        REPORTS / "relaytest-bad.json").read_text().rstrip("\n")
    # Where the format was asked for, it is something else, and nothing is kept.
    done = base.feeder("ingest", "--format", "relaytest", REPORTS / "relaytest-bad.json", status=65)
    assert done.stdout == "" and len(base.rows("review", "list")) == 1


def test_strict_keeps_nothing_where_one_is_bad(base):
    before = base.everything()
    for bad in ("relaytest-bad.json", "notice.eml", "nosuch"):
        status = 66 if bad == "nosuch" else 65
        assert ingest(base, "--strict", "relaytest-delivered.json", bad, status=status) == []
    assert base.everything() == before
    assert dispositions(ingest(base, "relaytest-delivered.json")) == ["evidence"]


@pytest.mark.parametrize("text", ["", " \n", "\ufeff"], ids=["empty", "blank", "mark"])
def test_nothing_is_bad(base, text):
    done = base.feeder("ingest", "-", input=text, status=65)
    assert "empty" in done.stderr and done.stdout == ""


def test_stdin_is_read_where_no_file_is_given(base):
    text = (REPORTS / "relaytest-delivered.json").read_text()
    base.feeder("ingest", "--now", NOW, input=text)
    assert set(claims(base)) == {("192.0.2.1", "relay"), OUTPUT}


def test_a_format_that_is_given_is_tried_alone(base):
    assert dispositions(ingest(base, "--format", "arf", "arf-abuse.eml")) == ["evidence"]
    assert ingest(base, "--format", "relaytest", "arf-abuse.eml", status=65) == []
    assert ingest(base, "--format", "arf", "relaytest-delivered.json", status=65) == []
    base.feeder("ingest", "--format", "mbox", REPORTS / "arf-abuse.eml", status=64)


def test_a_reporter_has_a_name(base):
    for name in ("", "two words", "-x", "x" * 64):
        base.feeder("ingest", f"--reporter={name}", REPORTS / "arf-abuse.eml", status=64)


def test_a_folder_is_no_report(base, folder):
    base.feeder("ingest", folder, status=66)


def test_no_database_is_said_so(install):
    base = install(body(), init=False)
    base.feeder("ingest", REPORTS / "arf-abuse.eml", status=66)


def test_who_gives_no_name_is_one_reporter(base):
    for name in ("arf-abuse.eml", "arf-fraud.eml", "arf-bom.eml"):
        done = base.feeder("ingest", "--json", "--now", NOW, REPORTS / name)
        assert json.loads(done.stdout)["reporter"] == "anonymous"
    assert claims(base) == {}
    ingest(base, "arf-crlf.eml")
    assert set(claims(base)) == {("192.0.2.1", "hijacked")}


def test_a_listing_by_policy_says_why_and_until_when(base):
    ingest(base, "arf-abuse.eml", reporter="isp-a")
    ingest(base, "arf-no-date.eml", reporter="isp-b")
    claim = claims(base)["192.0.2.1", "hijacked"]
    assert claim["source"] == "policy"
    assert claim["reason"] == "complaints: 2 reports by 2 reporters within 1d"
    # Seven days after the later one, not after it came in.
    assert claim["expires"] == "2026-11-28T11:00:00Z"
    row, = [row for row in base.rows("audit") if row["event"] == "add"]
    assert (row["prefix"], row["sublist"], row["source"], row["reason"]) == (
        "192.0.2.1", "hijacked", "policy", claim["reason"])


def test_more_evidence_renews_a_listing(base):
    ingest(base, "arf-abuse.eml", reporter="isp-a")
    ingest(base, "arf-fraud.eml", reporter="isp-b")
    assert claims(base)["192.0.2.1", "hijacked"]["expires"] == "2026-11-28T10:00:00Z"
    ingest(base, "arf-no-date.eml", reporter="isp-c")
    assert claims(base)["192.0.2.1", "hijacked"]["expires"] == "2026-11-28T11:00:00Z"
    assert [row["event"] for row in base.rows("audit")].count("add") == 1


def test_a_listing_by_policy_ends_when_it_expires(base):
    ingest(base, "relaytest-delivered.json")
    base.feeder("expire", "--now", "2026-12-21T09:59:59Z")
    assert set(claims(base)) == {("192.0.2.1", "relay"), OUTPUT}
    base.feeder("expire", "--now", "2026-12-21T10:00:01Z")
    assert claims(base) == {}


def test_evidence_that_comes_too_late_lists_nothing(base):
    ingest(base, "relaytest-delivered.json", now="2026-12-21T10:00:00Z")
    assert claims(base) == {}


def test_what_an_operator_removed_older_evidence_does_not_bring_back(base, folder):
    ingest(base, "relaytest-delivered.json")
    base.feeder("remove", "192.0.2.1", "192.0.2.9", "--reason", "closed", "--now", NOW)
    ingest(base, "arf-abuse.eml", "relaytest-suspected.json", "relaytest-refused.json")
    ingest(base, "relaytest-delivered.json", reporter="another")
    assert claims(base) == {}
    again = folder / "again.json"
    again.write_text((REPORTS / "relaytest-delivered.json").read_text().replace(
        "2026-11-21T10:00:00Z", "2026-11-21T12:00:01Z"))
    ingest(base, again, now="2026-11-21T13:00:00Z")
    assert set(claims(base)) == {("192.0.2.1", "relay"), OUTPUT}


def test_a_disabled_policy_lists_nothing_and_evidence_is_kept(base):
    ingest(base, "relaytests.jsonl")
    base.feeder("source", "disable", "policy")
    assert dispositions(ingest(base, "relaytest-delivered.json")) == ["evidence"]
    assert ("192.0.2.1", "relay") not in claims(base)
    assert dispositions(ingest(base, "relaytest-delivered.json")) == ["duplicate"]


def test_reserved_addresses_are_listed_where_the_config_wants_them(install):
    base = install(body("policy { reports = 1  reporters = 1  within = 24h }"),
                   head="exclude_reserved = false\n")
    assert dispositions(ingest(base, "arf-reserved.eml")) == ["evidence"]
    assert set(claims(base)) == {("10.0.0.1", "hijacked")}


def test_without_a_relay_sublist_a_relay_test_is_kept(install):
    base = install("""
sublist bots {
    code    = 3
    text    = "Bot {ip}"
    expires = 7d
}
""" + zone("dnsbl.example.org"))
    assert dispositions(ingest(base, "relaytest-delivered.json")) == ["evidence"]
    assert claims(base) == {}


def test_show_tells_of_every_kept_report(base):
    names = ("relaytest-delivered.json", "arf-not-spam.eml", "arf-auth-failure.eml")
    ingest(base, *names, reporter="tester7")
    object, = base.rows("show", "192.0.2.1")
    assert sorted((row["category"], row["reporter"]) for row in object["evidence"]) == [
        ("auth-failure", "tester7"), ("not-spam", "tester7"), ("relay", "tester7")]


def test_the_name_of_a_shadowserver_file_says_what_it_is_about(base, folder):
    row = '"timestamp","ip","port","tag"\n"2026-11-20 10:00:00","192.0.2.1","25",""\n'
    for name, category in (("2026-11-20-scan_smtp_vulnerable-example-asn.csv", "vulnerable"),
                           ("2026-11-20-event4_sinkhole-example-asn.csv", "bot")):
        (folder / name).write_text(row)
        assert [r["category"] for r in ingest(base, folder / name)] == [category]
