"""feeder init, add, remove, show and list, as an operator types them."""

import pytest

from dnsbld import SUBLISTS, template, zone

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
NOW = "2026-03-01T12:00:00Z"


@pytest.fixture
def list_(install):
    return install(BODY)


def add(list_, *words, status=0, **options):
    return list_.feeder("add", *words, "--sublist", "relay", status=status, **options)


def test_init_makes_an_empty_consistent_database(install):
    list_ = install(BODY, init=False)
    list_.feeder("list", status=66)
    list_.init()
    list_.feeder("check")
    assert list_.listed() == []
    assert (list_.database / "data.mdb").stat().st_mode & 0o777 == 0o640
    assert (list_.database / "lock.mdb").stat().st_mode & 0o777 == 0o660
    assert list_.database.stat().st_mode & 0o777 == 0o750
    assert (list_.database / "evidence").stat().st_mode & 0o777 == 0o700


def test_init_never_touches_a_database_that_is_there(list_):
    add(list_, "192.0.2.1")
    before = list_.everything()
    done = list_.feeder("init", status=None)
    assert done.returncode != 0 and done.stderr
    assert list_.everything() == before


def test_init_begins_with_the_given_serial(install):
    list_ = install(BODY, init=False)
    list_.feeder("init", "--serial", "3000000000")
    assert list_.stats()["serials"] == {ZONE: 3000000000}
    add(list_, "192.0.2.1")
    assert list_.stats()["serials"] == {ZONE: 3000000001}, "ahead of the clock (RFC 1982)"


def test_init_excludes_reserved_space_unless_the_config_says_no(install):
    excluded = {row["prefix"] for row in install(BODY).rows("exclude", "list")}
    assert excluded >= {"10.0.0.0/8", "127.0.0.0/8", "192.168.0.0/16", "2001::/23"}
    assert install(BODY, head="exclude_reserved = false\n").rows("exclude", "list") == []


def test_an_added_claim_is_listed_with_all_that_was_said(list_):
    add(list_, "192.0.2.1", "--source", "trap", "--reason", "hit it", "--text", "seen it",
        "--expires", "1d", "--now", NOW)
    assert list_.rows("list") == [{
        "prefix": "192.0.2.1", "sublist": "relay", "source": "trap", "reason": "hit it",
        "text": "seen it", "created": NOW, "last_seen": NOW, "expires": "2026-03-02T12:00:00Z"}]


def test_a_claim_without_an_expiry_gets_its_sublists(list_):
    add(list_, "192.0.2.1", "--now", NOW)
    add(list_, "192.0.2.2", "--now", NOW, "--expires", "never")
    assert [row["expires"] for row in list_.rows("list")] == ["2026-03-31T12:00:00Z", None]


def test_several_operands_are_one_transaction(list_):
    before = list_.stats()["changes"]
    add(list_, "192.0.2.1", "192.0.2.2", "2001:db8::/32")
    assert list_.stats()["changes"] == before + 1
    assert list_.listed() == ["192.0.2.1", "192.0.2.2", "2001:db8::/32"]


def test_a_dash_reads_operands_from_stdin_with_comments(list_):
    add(list_, "-", input="# a comment\n192.0.2.1\n\n192.0.2.0/28 a remark\n; one\n2001:db8::1\n")
    assert list_.listed() == ["192.0.2.0/28", "192.0.2.1", "2001:db8::1"]


def test_bad_lines_are_named_with_numbers_and_the_valid_ones_committed(list_):
    done = add(list_, "-", input="192.0.2.1\nnonsense\n192.0.2.300\n192.0.2.2\n1.0.0.0/7\n",
               status=65)
    for line in (2, 3, 5):
        assert f"line {line}" in done.stderr
    for line in (1, 4):
        assert f"line {line}" not in done.stderr
    assert "nonsense" in done.stderr and "3 of 5" in done.stderr
    assert list_.listed() == ["192.0.2.1", "192.0.2.2"]


def test_strict_keeps_nothing_when_a_line_is_bad(list_):
    before = list_.everything()
    add(list_, "-", "--strict", input="192.0.2.1\nnonsense\n", status=65)
    assert list_.everything() == before


@pytest.mark.parametrize("prefix", ["0.0.0.0/0", "192.0.0.0/7", "2000::/3", "2001:db8::/15",
                                    "192.0.2.1/33", "192.0.2.1/24", "2001:db8::/129", "192.0.2",
                                    "example.org", "192.0.2.1:25", "192.0.2.01"])
def test_what_is_no_prefix_to_list_is_refused(list_, prefix):
    before = list_.everything()
    assert prefix in add(list_, prefix, status=65).stderr
    assert list_.everything() == before


def test_a_repeated_add_renews_last_seen_and_expiry_only(list_):
    later = "2026-03-05T12:00:00Z"
    add(list_, "192.0.2.1", "--reason", "first", "--text", "first", "--expires", "7d", "--now", NOW)
    serial = list_.stats()["serials"]
    add(list_, "192.0.2.1", "--reason", "second", "--text", "second", "--expires", "7d", "--now",
        later)
    row, = list_.rows("list")
    assert (row["reason"], row["text"], row["created"]) == ("first", "first", NOW)
    assert (row["last_seen"], row["expires"]) == (later, "2026-03-12T12:00:00Z")
    assert list_.stats()["serials"] == serial, "nothing that is served has changed"


def test_two_sources_and_two_sublists_make_separate_claims(list_):
    for source, sublist in (("a", "relay"), ("b", "relay"), ("a", "netblock")):
        list_.feeder("add", "192.0.2.1", "--sublist", sublist, "--source", source)
    assert len(list_.rows("list")) == 3
    assert len(list_.rows("list", "--sublist", "relay")) == 2
    assert len(list_.rows("list", "--source", "a")) == 2
    assert len(list_.rows("list", "--source", "a", "--sublist", "netblock")) == 1
    assert list_.stats()["listings"] == 2
    assert list_.stats()["claims"] == 3


def test_an_unknown_sublist_is_refused(list_):
    assert "nosuch" in list_.feeder("add", "192.0.2.1", "--sublist", "nosuch", status=65).stderr


def test_add_inside_an_exclusion_needs_force_and_is_served_once_that_is_gone(list_):
    list_.feeder("exclude", "add", "192.0.2.0/24")
    done = add(list_, "192.0.2.1", "198.51.100.1", status=65)
    assert "192.0.2.1" in done.stderr and "192.0.2.0/24" in done.stderr
    assert list_.listed() == ["198.51.100.1"]
    add(list_, "192.0.2.1", "--force")
    assert list_.listed() == ["192.0.2.1", "198.51.100.1"]
    list_.feeder("show", "192.0.2.1", status=1)
    list_.feeder("exclude", "remove", "192.0.2.0/24")
    list_.feeder("show", "192.0.2.1")


def test_remove_takes_exactly_that_prefix_and_tells_what_still_covers_it(list_):
    add(list_, "192.0.2.0/24", "192.0.2.1")
    done = list_.feeder("remove", "192.0.2.1", "--reason", "fixed")
    assert "192.0.2.0/24" in done.stdout
    assert list_.listed() == ["192.0.2.0/24"]
    list_.feeder("show", "192.0.2.1")


def test_remove_can_be_limited_to_a_source_or_a_sublist(list_):
    for source in ("a", "b"):
        for sublist in ("relay", "netblock"):
            list_.feeder("add", "192.0.2.1", "--sublist", sublist, "--source", source)
    list_.feeder("remove", "192.0.2.1", "--source", "a", "--reason", "wrong")
    assert [row["source"] for row in list_.rows("list")] == ["b", "b"]
    list_.feeder("remove", "192.0.2.1", "--sublist", "relay", "--reason", "wrong")
    assert [row["sublist"] for row in list_.rows("list")] == ["netblock"]
    list_.feeder("remove", "192.0.2.1", "--reason", "wrong")
    assert list_.rows("list") == []


def test_nothing_to_remove_is_exit_1_and_changes_nothing(list_):
    add(list_, "192.0.2.0/24")
    before = list_.everything()
    list_.feeder("remove", "192.0.2.1", "--reason", "fixed", status=1)
    list_.feeder("remove", "192.0.2.0/24", "--source", "nobody", "--reason", "x", status=1)
    list_.feeder("remove", "192.0.2.0/24", "--sublist", "netblock", "--reason", "x", status=1)
    assert list_.everything() == before


def test_remove_wants_a_reason_and_add_a_sublist(list_):
    list_.feeder("remove", "192.0.2.1", status=64)
    list_.feeder("add", "192.0.2.1", status=64)
    list_.feeder("add", "--sublist", "relay", status=64)


def test_show_tells_what_is_served_and_every_claim(list_):
    add(list_, "192.0.2.0/24", "--source", "feed", "--reason", "the net")
    add(list_, "192.0.2.1", "--source", "trap", "--reason", "the host")
    shown = list_.feeder("show", "192.0.2.1").stdout
    for word in ("127.0.0.2", template("relay", "192.0.2.1"), "192.0.2.0/24", "feed", "the net",
                 "trap", "the host"):
        assert word in shown
    object, = list_.rows("show", "192.0.2.1")
    assert "127.0.0.2" in str(object) and "the host" in str(object)


def test_show_of_a_prefix_has_the_texts_that_dns_serves(list_):
    add(list_, "192.0.2.1", "192.0.2.16/28")
    shown = list_.feeder("show", "192.0.2.0/24").stdout
    assert template("relay", "192.0.2.1") in shown
    assert template("relay", "{ip}") in shown
    assert "192.0.2.0/24" not in "".join(line for line in shown.splitlines() if "TXT" in line)
    assert "192.0.2.1:" in shown.splitlines()


def test_show_says_no_with_exit_1(list_):
    list_.feeder("show", "192.0.2.1", status=1)
    list_.feeder("show", "127.0.0.1", status=1)
    list_.feeder("show", "nonsense", status=65)


def test_show_public_keeps_sources_and_reasons_for_us(list_):
    add(list_, "192.0.2.1", "--source", "trap17", "--reason", "secret hit", "--text", "public word")
    for words in ((), ("--json",)):
        shown = list_.feeder("show", "192.0.2.1", "--public", *words).stdout
        assert "public word" in shown and "127.0.0.2" in shown
        assert "trap17" not in shown and "secret hit" not in shown


def test_show_keeps_the_history_of_what_was_removed(list_):
    add(list_, "192.0.2.1", "--reason", "was a relay", "--actor", "alice")
    list_.feeder("remove", "192.0.2.1", "--reason", "is closed now", "--actor", "bob")
    shown = list_.feeder("show", "192.0.2.1", status=1).stdout
    for word in ("alice", "was a relay", "bob", "is closed now"):
        assert word in shown
