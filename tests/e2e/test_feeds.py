"""Feeds as their makers publish them, imported as snapshots without a word about their format.

The real ones are kept beside the repository; what each must yield stands there too.
"""

import gzip
import ipaddress
import json
import time

import pytest

from asker import A, ask_all
from dnsbld import SUBLISTS, zone
from lists import drop_networks, lines_of, shared_file
from names import reversed_name
from peers.rbldnsd import Rbldnsd

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
INTELMQ = "corpus/certtools+intelmq/intelmq/tests/bots/parsers/"

# File, and the listings with their reasons; None: a reason is not looked at.
FEEDS = {
    "blocklistde/imap.txt": {"192.0.2.4": None, "192.0.2.45": None, "198.51.100.34": None,
                             "198.51.100.80": None, "203.0.113.34": None, "203.0.113.254": None},
    "dshield/block.txt": {"43.229.53.0/24": "788 targets, Japan Inet",
                          "194.63.140.0/24": "585 targets"},
    "spamhaus/cert.txt": {"198.51.100.54": "open relay, port 25, seen 2018-03-03T13:41:36Z"},
    "spamhaus/drop.txt": {"1.4.0.0/17": "SBL256893", "2a06:e480::/29": "SBL301771"},
}


@pytest.fixture
def list_(install):
    return install(BODY, head="exclude_reserved = false\n")


def load(list_, file, *words, source="feed", status=0, **options):
    return list_.feeder("import", "--source", source, "--sublist", "relay", "--replace", *words,
                        file, status=status, **options)


def reasons(list_, source="feed"):
    return {row["prefix"]: row["reason"] for row in list_.rows("list", "--source", source)}


@pytest.mark.parametrize("name", FEEDS)
def test_a_real_feed_yields_what_it_must(list_, name):
    file = shared_file(INTELMQ + name)
    done = load(list_, file)
    assert "0 excluded, 0 bad" in done.stderr
    assert reasons(list_) == FEEDS[name]
    before = list_.stats()
    load(list_, file)
    assert list_.stats()["serials"] == before["serials"], "the same again changes nothing"
    list_.start()
    for prefix in FEEDS[name]:
        address = ipaddress.ip_network(prefix)[0]
        assert list_.codes(reversed_name(address, ZONE)) == ["127.0.0.2"]


@pytest.mark.parametrize("level, count", [("7", 70), ("1", 120430)])
def test_a_real_list_of_addresses_yields_as_many(list_, level, count):
    name = f"corpus/stamparm+ipsum/levels/{level}.txt"
    load(list_, shared_file(name))
    assert list_.stats()["listings"] == count
    assert list_.listed() == sorted(set(lines_of(name)))


@pytest.mark.parametrize("name, agreed", [
    ("blocklistde/imap.txt", "6 entries"), ("dshield/block.txt", "2 networks"),
    ("spamhaus/drop.txt", "2 network entries")])
def test_the_counts_are_the_agreed_ones(name, agreed):
    rows = [line.split("\t") for line in lines_of("corpus/expected.tsv")]
    verdict, = (row[8] for row in rows if row[2] == "intelmq/tests/bots/parsers/" + name)
    assert verdict.startswith(agreed) and int(agreed.split()[0]) == len(FEEDS[name])


def drop_json(networks, records=None):
    lines = [{"cidr": str(n), "sblid": f"SBL{i}", "rir": "ripencc"}
             for i, n in enumerate(networks)]
    lines.append({"type": "metadata", "timestamp": int(time.time()) - 60, "size": 1,
                  "records": len(networks) if records is None else records, "copyright": "x"})
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_drop_means_the_same_as_text_and_as_json(list_):
    load(list_, shared_file(INTELMQ + "spamhaus/drop.txt"), source="text")
    load(list_, "-", input=drop_json(drop_networks()), source="json")
    assert list(reasons(list_, "text")) == list(reasons(list_, "json"))


NETWORKS = list(ipaddress.ip_network("64.0.0.0/16").subnets(new_prefix=24))[:100]


@pytest.mark.parametrize("text", [
    pytest.param("", id="nothing"),
    pytest.param(drop_json(NETWORKS)[:-200], id="cut off in the last lines"),
    pytest.param(drop_json(NETWORKS[:99], records=100), id="a record short"),
    pytest.param("<!DOCTYPE html>\n<title>Too many requests</title>\n64.0.0.0/24\n", id="a page"),
    pytest.param('{"error": "Too many requests"}\n', id="an error in JSON"),
])
def test_a_download_that_failed_withdraws_nothing(list_, text):
    load(list_, "-", input=drop_json(NETWORKS))
    before = list_.everything()
    done = load(list_, "-", input=text, status=65)
    assert done.stderr.strip()
    assert list_.everything() == before


def test_a_file_that_is_compressed_is_named(list_):
    file = list_.folder / "feed.gz"
    file.write_bytes(gzip.compress(b"192.0.2.1\n"))
    done = load(list_, file, status=65)
    assert f"'{file}': it is compressed with gzip" in done.stderr
    assert list_.listed() == []


def test_a_writer_that_stops_halfway_is_a_download_that_failed(list_):
    """curl … | feeder import -: where curl dies, all that feeder sees is the end of its input."""
    load(list_, "-", input="".join(f"{n}\n" for n in NETWORKS))
    before = list_.everything()
    load(list_, "-", input="".join(f"{n}\n" for n in NETWORKS[:49]), status=65)
    assert list_.everything() == before


def test_good_rows_count_and_bad_ones_are_named(list_):
    text = "ip,comment\n192.0.2.1,a\nmail.example.org,b\n192.0.2.2,c\n,d\n"
    done = load(list_, "-", "--strict", input=text, status=65)
    assert list_.listed() == []
    done = load(list_, "-", input=text, status=65)
    assert "line 3: 'mail.example.org' is no address" in done.stderr and "line 5: " in done.stderr
    assert reasons(list_) == {"192.0.2.1": "a", "192.0.2.2": "c"}


def test_a_set_of_the_firewall_expires_entry_by_entry(list_):
    load(list_, "-", "--now", "2026-11-21T10:00:00Z",
         input='create bad hash:net family inet timeout 600 comment\n'
               'add bad 192.0.2.0/24 timeout 60 comment "a trap"\n'
               'add bad 192.0.2.64/26 nomatch\n')
    assert [(row["prefix"], row["reason"], row["expires"]) for row in
            list_.rows("list", "--now", "2026-11-21T10:00:00Z")] == [
                ("192.0.2.0/26", "a trap", "2026-11-21T10:01:00Z"),
                ("192.0.2.128/25", "a trap", "2026-11-21T10:01:00Z")]


def test_an_rbldnsd_file_that_has_expired_is_refused(list_):
    text = "$TIMESTAMP 2026:11:20:10:00:00 +1d\n:127.0.0.2:Relay $\n192.0.2.1\n"
    load(list_, "-", "--now", "2026-11-21T09:00:00Z", input=text)
    before = list_.everything()
    done = load(list_, "-", "--now", "2026-11-21T11:00:00Z", input=text + "192.0.2.2\n", status=65)
    assert "expired" in done.stderr
    assert list_.everything() == before


RANGES = """$DATASET ip4set:set @
$MAXRANGE4 {most}
127.0.0.2
64.1.0.0/23
64.2.0/24
64.3.0.0-64.3.1.0
64.4.0.0-64.4.0.255
!64.2.0.128/25
$DATASET ip4trie:trie @
64.5.0.0/23
64.6.0/24
"""


PROBES = [ipaddress.ip_address(f"64.{n}.{m}.{k}") for n in range(1, 7) for m in (0, 1)
          for k in (0, 127, 128, 255)]


def listed_by(port):
    answers = ask_all(port, [(reversed_name(address, ZONE), A) for address in PROBES])
    return {address for address, answer in zip(PROBES, answers) if answer[2]}


@pytest.mark.parametrize("most", ["256", "/24", "257", "512", "/16"])
def test_ranges_wider_than_maxrange4_are_left_out_as_rbldnsd_does(list_, make_folder, most):
    folder = make_folder()
    file = folder / "list"
    file.write_text("$SOA 5m ns1.example.net hostmaster.example.org 1 10m 5m 1d 1m\n"
                    + RANGES.format(most=most))
    file.chmod(0o644)
    peer = Rbldnsd(folder, ZONE, file)
    try:
        done = list_.feeder("import", "--source", "feed", "--sublist", "relay", file, status=None)
        ours, theirs = listed_by(list_.start().port), listed_by(peer.port)
        assert ours == theirs
        assert 0 < len(ours) < len(PROBES)
        assert done.returncode == (65 if most in ("256", "/24", "257") else 0)
    finally:
        peer.stop()
