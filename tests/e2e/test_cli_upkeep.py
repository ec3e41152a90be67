"""feeder exclude, expire, purge, source, sync, check and stats: looking after a database."""

import pytest

from dnsbld import SUBLISTS, zone
from names import reversed_name

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
NOW = "2026-03-01T12:00:00Z"
LATER = "2026-03-03T12:00:00Z"
FAR = "2036-01-01T00:00:00Z"


@pytest.fixture
def list_(install):
    return install(BODY)


@pytest.fixture
def server(install):
    return install(BODY).start()


def served(server, address):
    return bool(server.codes(reversed_name(address, ZONE)))


def test_exclusions_are_added_listed_checked_and_removed(list_):
    list_.feeder("exclude", "add", "192.0.2.0/24", "2001:db8::/48", "--comment", "ours")
    rows = {row["prefix"]: row for row in list_.rows("exclude", "list")}
    assert rows["192.0.2.0/24"]["comment"] == rows["2001:db8::/48"]["comment"] == "ours"
    assert "192.0.2.0/24" in list_.feeder("exclude", "check", "192.0.2.7").stdout
    list_.feeder("exclude", "check", "198.51.100.7", status=1)
    list_.feeder("exclude", "remove", "192.0.2.0/24")
    list_.feeder("exclude", "check", "192.0.2.7", status=1)
    list_.feeder("exclude", "remove", "192.0.2.0/24", status=1)


def test_exclusions_are_imported_with_ranges_and_bad_lines_named(list_):
    done = list_.feeder("exclude", "import", "-", input="192.0.2.0/24\nnonsense\n"
                        "198.51.100.4-198.51.100.7\n", status=65)
    assert "2" in done.stderr and "nonsense" in done.stderr
    prefixes = {row["prefix"] for row in list_.rows("exclude", "list")}
    assert {"192.0.2.0/24", "198.51.100.4/30"} <= prefixes


def test_an_exclusion_expires(server):
    server.feeder("add", "192.0.2.1", "--sublist", "relay", "--expires", "never", "--now", NOW)
    server.feeder("exclude", "add", "192.0.2.0/24", "--expires", "1d", "--now", NOW)
    assert not served(server, "192.0.2.1")
    server.feeder("expire", "--now", LATER)
    assert served(server, "192.0.2.1")


def test_expired_claims_are_served_until_they_are_swept(server):
    server.feeder("add", "192.0.2.1", "--sublist", "relay", "--expires", "1d", "--now", NOW)
    server.feeder("add", "192.0.2.2", "--sublist", "relay", "--expires", "never", "--now", NOW)
    assert served(server, "192.0.2.1") and served(server, "192.0.2.2")
    server.feeder("check")
    server.feeder("expire", "--now", "2026-03-02T11:59:59Z")
    assert served(server, "192.0.2.1")
    server.feeder("expire", "--now", "2026-03-02T12:00:01Z")
    assert not served(server, "192.0.2.1") and served(server, "192.0.2.2")
    server.feeder("check")


def test_every_write_sweeps_what_has_expired(server):
    server.feeder("add", "192.0.2.1", "--sublist", "relay", "--expires", "1d", "--now", NOW)
    server.feeder("add", "192.0.2.2", "--sublist", "netblock", "--now", LATER)
    assert not served(server, "192.0.2.1") and served(server, "192.0.2.2")


def test_a_feed_that_is_not_renewed_expires_as_a_whole(server):
    for now in (NOW, LATER):
        server.feeder("import", "--source", "feed", "--sublist", "hijacked", "--format", "plain",
                      "-", "--now", now, input="192.0.2.1\n192.0.2.2\n")
    server.feeder("expire", "--now", "2026-03-09T12:00:00Z")
    assert served(server, "192.0.2.1")
    server.feeder("expire", "--now", "2026-03-10T12:00:01Z")
    assert not served(server, "192.0.2.1") and not served(server, "192.0.2.2")
    server.feeder("check")


def test_expire_works_through_more_than_one_sweep(list_):
    many = "".join(f"100.2.{n >> 8}.{n & 255}\n" for n in range(25000))
    list_.feeder("add", "-", "--sublist", "relay", "--expires", "1d", "--now", NOW, input=many)
    assert list_.stats()["listings"] == 25000
    list_.feeder("expire", "--now", LATER)
    assert list_.stats()["listings"] == 0
    list_.feeder("check")


def test_purge_withdraws_all_claims_of_a_source_and_keeps_it_from_coming_back(server):
    server.feeder("add", "192.0.2.1", "192.0.2.2", "--sublist", "relay", "--source", "bad")
    server.feeder("add", "192.0.2.2", "--sublist", "relay", "--source", "good")
    server.feeder("purge", "--source", "bad")
    assert not served(server, "192.0.2.1") and served(server, "192.0.2.2")
    server.feeder("add", "192.0.2.1", "--sublist", "relay", "--source", "bad", status=65)
    server.feeder("import", "--source", "bad", "--sublist", "relay", "--format", "plain", "-",
                  input="192.0.2.1\n", status=65)
    assert not served(server, "192.0.2.1")
    server.feeder("source", "enable", "bad")
    server.feeder("add", "192.0.2.1", "--sublist", "relay", "--source", "bad")
    assert served(server, "192.0.2.1")


def test_a_disabled_source_keeps_its_claims_but_makes_no_new_ones(server):
    server.feeder("add", "192.0.2.1", "--sublist", "relay", "--source", "slow")
    server.feeder("source", "disable", "slow")
    server.feeder("add", "192.0.2.2", "--sublist", "relay", "--source", "slow", status=65)
    assert served(server, "192.0.2.1") and not served(server, "192.0.2.2")
    assert {row["source"]: row["disabled"] for row in server.rows("source", "list")}["slow"]


def test_purge_of_nobody_is_exit_1(list_):
    list_.feeder("purge", "--source", "nobody", status=1)


def test_sync_moves_the_serial_of_a_zone_whose_config_changed_and_no_other(install):
    list_ = install(BODY + zone("second.example.net"))
    before = list_.stats()["serials"]
    list_.feeder("sync")
    assert list_.stats()["serials"] == before
    list_.configure(BODY + zone("second.example.net", ttl="10m"))
    list_.feeder("sync")
    after = list_.stats()["serials"]
    assert after[ZONE] == before[ZONE]
    assert after["second.example.net"] > before["second.example.net"]


def test_the_served_serial_is_the_one_of_stats(server):
    def soa():
        return server.ask(ZONE, "SOA").answer[0][0].serial

    first = soa()
    assert first == server.stats()["serials"][ZONE]
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    assert soa() == server.stats()["serials"][ZONE] > first


def test_stats_is_one_object_that_counts(list_):
    list_.feeder("add", "192.0.2.1", "192.0.2.2", "2001:db8::/32", "--sublist", "relay")
    list_.feeder("add", "192.0.2.1", "--sublist", "relay", "--source", "second")
    list_.feeder("add", "192.0.2.1", "--sublist", "netblock")
    stats = list_.stats()
    assert stats.keys() >= {"listings", "claims", "sublists", "index_bytes", "blocks", "ranges6",
                            "db_bytes", "map_bytes", "serials", "mirrors", "changes",
                            "expired_unswept", "last_change"}
    assert (stats["listings"], stats["claims"]) == (4, 5)
    assert {k: v for k, v in stats["sublists"].items() if v} == {"relay": 3, "netblock": 1}
    assert (stats["blocks"], stats["ranges6"], stats["expired_unswept"]) == (1, 1, 0)
    assert stats["map_bytes"] == 1 << 30
    assert 0 < stats["db_bytes"] <= (list_.database / "data.mdb").stat().st_size
    assert stats["index_bytes"] > 0
    assert list_.feeder("stats").stdout


def test_stats_counts_what_has_expired_and_is_not_swept(list_):
    list_.feeder("add", "192.0.2.1", "--sublist", "relay", "--expires", "1d", "--now", NOW)
    later, = list_.rows("stats", "--now", LATER)
    assert later["expired_unswept"] == 1


def test_check_finds_nothing_after_a_mixture_of_everything(list_):
    list_.feeder("import", "--source", "feed", "--sublist", "relay", "--format", "cidr", "-",
                 input="192.0.2.0/24\n198.51.100.0/25\n2001:db8::/32\n")
    list_.feeder("add", "192.0.2.7", "--sublist", "netblock", "--text", "own")
    list_.feeder("exclude", "add", "192.0.2.128/25")
    list_.feeder("remove", "198.51.100.0/25", "--reason", "x")
    list_.feeder("purge", "--source", "feed")
    list_.feeder("expire", "--now", FAR)
    list_.feeder("check")
