"""Every report that others sent, in ../shared/corpus, as its table says: source, category, time, what it is worth.

The corpus lies beside the repository under its own licences; where it does not, this is skipped.
"""

import csv
import json
import re

import pytest

from dnsbld import REPOSITORY, SUBLISTS, zone

CORPUS = REPOSITORY.parent / "shared/corpus"
NOW = "2026-11-21T12:00:00Z"

FORMATS = {"arf": "arf", "jmrp": "jmrp", "xarf0-mail": "xarf0", "xarf3-json": "xarf3",
           "xarf4-json": "xarf4", "shadowserver": "shadowserver"}

CATEGORIES = {
    "arf": {"abuse": "spam", "auth-failure": "auth-failure", "opt-out": "opt-out"},
    "xarf0": {"abuse/malware-attack": "virus"},
    "xarf": {"spam": "spam", "bulk_messaging": "spam", "phishing": "fraud", "fraud": "fraud",
             "malware": "virus", "botnet": "bot", "infected_host": "bot",
             "compromised_server": "bot", "loginattack": "attack", "login_attack": "attack",
             "ddos": "attack", "port_scan": "attack", "openservice": "vulnerable",
             "open_service": "vulnerable", "cve": "vulnerable", "misconfiguration": "vulnerable",
             "copyright": "content", "brand_infringement": "content", "p2p": "content"},
}


def table():
    path = CORPUS / "expected.tsv"
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as rows:
        return [row for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)
                if row["kind"].split()[0] in FORMATS]


ROWS = table()


@pytest.fixture(scope="module")
def shared(install_for_file):
    """For what a dry run shows, of reserved addresses too."""
    return install_for_file(SUBLISTS + zone("dnsbl.example.org"), head="exclude_reserved = false\n")


def ingest(server, path, status=0):
    done = server.feeder("ingest", "--json", "--dry-run", "--now", NOW, path, status=status)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_the_table_has_rows():
    if not CORPUS.exists():
        pytest.skip("there is no ../shared/corpus beside the repository")
    assert len(ROWS) >= 90


def seconds(text):
    found = re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
    return found and found[0]


def check_category(row, report):
    kind, said = FORMATS[row["kind"].split()[0]], row["category"]
    words = CATEGORIES.get(kind, CATEGORIES["xarf"])
    key = said if kind in ("arf", "xarf0") else said.lower().rpartition("/")[2]
    if key in words:
        assert report["category"] == words[key]
    else:
        assert report["category"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['repo']}/{row['path']}"[-70:])
def test_a_report_means_what_its_row_says(shared, row):
    path = CORPUS / row["repo"] / row["path"]
    verdict, kind = row["verdict"], row["kind"].split()[0]
    if verdict.startswith("reject"):
        reports, words = ingest(shared, path, status=65)
        assert [report["disposition"] for report in reports] == ["unrecognised"]
        assert re.search(r"error: .*\.json: \S", words)
        return
    reports, _ = ingest(shared, path)
    many = re.match(r"(\d+) rows; first (\S+)", row["source"])
    assert len(reports) == (int(many[1]) if many else 1)
    report = reports[0]
    source = many[2] if many else row["source"].split()[0]
    assert report["format"] == FORMATS[kind]
    check_category(row, report)
    is_address = re.fullmatch(r"[0-9.]+|[0-9a-f:]+", source)
    if report["disposition"] not in ("ignored", "negative") or report["source"]:
        assert report["source"] == (source if is_address else None)
    expected = "evidence" if verdict.startswith("evidence") else "ignored"
    assert report["disposition"] == expected
    if seconds(row["event_time_utc"]):
        assert report["observed"] == seconds(row["event_time_utc"])
    if report["source"]:
        from_hop = "Received" in verdict or "Received" in row["event_time_utc"]
        via = "received" if from_hop else "subject" if kind == "jmrp" else "field"
        assert report["source_via"] == via
        assert (report["confidence"] < 1) == (via != "field")
