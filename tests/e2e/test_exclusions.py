"""Exclusions at every door: what is excluded is never served, whoever claims it, however it came."""

import ipaddress
import json

import pytest

from dnsbld import SUBLISTS, zone
from lists import shared_file
from names import reversed_name

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
NOW = "2026-03-01T12:00:00Z"
LATER = "2026-03-03T12:00:00Z"

WARNINGLISTS = {name: f"corpus/MISP+misp-warninglists/lists/{name}/list.json" for name in (
    "google-gmail-sending-ips", "ipv6-linklocal", "microsoft-office365-ip", "multicast", "rfc1918",
    "rfc3849", "rfc5735", "rfc6598", "smtp-receiving-ips", "smtp-sending-ips")}


@pytest.fixture
def list_(install):
    return install(BODY)


@pytest.fixture
def bare(install):
    """Without reserved space, so that all there is comes from the test."""
    return install(BODY, head="exclude_reserved = false\n")


@pytest.fixture
def server(install):
    return install(BODY).start()


def served(server, address):
    return bool(server.codes(reversed_name(address, ZONE)))


def exclusions(list_):
    return {row["prefix"]: row for row in list_.rows("exclude", "list")}


def events(list_, prefix):
    return [row["event"] for row in list_.rows("audit") if row["prefix"] == prefix]


def warninglist(*entries, kind="cidr", name="List of examples"):
    return json.dumps({"name": name, "description": "for a test", "version": 1, "type": kind,
                       "matching_attributes": ["ip-src"], "list": entries}, indent=2)


def relaytest(target):
    return json.dumps({
        "relaytest": 1, "target": target, "port": 25, "time": "2026-11-21T10:00:00Z",
        "tester": "t1", "auth": False, "probes": [{
            "form": "plain", "mail_from": "a@tester.example", "rcpt_to": "b@tester.example",
            "stage": "delivered", "reply": "250 2.1.5 Ok", "output": target}]})


# --- reserved space -------------------------------------------------------------------------------

def test_reserved_space_is_excluded_and_the_config_can_say_otherwise(list_, bare):
    assert "10.0.0.0/8 is excluded" in list_.feeder(
        "add", "10.1.2.3", "--sublist", "relay", status=65).stderr
    list_.feeder("show", "10.1.2.3", status=1)
    bare.feeder("add", "10.1.2.3", "--sublist", "relay")
    bare.feeder("show", "10.1.2.3")


def test_one_part_of_reserved_space_can_be_given_back_by_hand(list_):
    list_.feeder("exclude", "remove", "10.0.0.0/8")
    list_.feeder("add", "10.1.2.3", "--sublist", "relay")
    list_.feeder("show", "10.1.2.3")
    list_.feeder("add", "192.168.1.1", "--sublist", "relay", status=65)


# --- the operator's own ---------------------------------------------------------------------------

def test_an_exclusion_has_a_comment_and_an_end(list_):
    list_.feeder("exclude", "add", "192.0.2.0/24", "--comment", "our own", "--expires", "1d",
                 "--now", NOW)
    row = exclusions(list_)["192.0.2.0/24"]
    assert (row["comment"], row["created"], row["expires"]) == (
        "our own", NOW, "2026-03-02T12:00:00Z")
    assert "our own" in list_.feeder("exclude", "check", "192.0.2.1").stdout


def test_an_exclusion_that_has_expired_excludes_no_more(server):
    server.feeder("add", "192.0.2.1", "--sublist", "relay", "--expires", "never", "--now", NOW)
    server.feeder("exclude", "add", "192.0.2.0/24", "--expires", "1d", "--now", NOW)
    assert not served(server, "192.0.2.1")
    server.feeder("add", "192.0.2.2", "--sublist", "relay", "--now", NOW, status=65)
    # Any write sweeps first.
    server.feeder("add", "192.0.2.2", "--sublist", "relay", "--expires", "never", "--now", LATER)
    assert served(server, "192.0.2.1") and served(server, "192.0.2.2")
    server.feeder("exclude", "check", "192.0.2.1", status=1)


# --- overlap, both ways ---------------------------------------------------------------------------

def test_an_address_in_an_excluded_range_needs_force_and_the_audit_says_so(list_):
    list_.feeder("exclude", "add", "192.0.2.0/24")
    assert "192.0.2.0/24 is excluded" in list_.feeder(
        "add", "192.0.2.1", "--sublist", "relay", status=65).stderr
    assert list_.listed() == []
    list_.feeder("add", "192.0.2.1", "198.51.100.1", "--sublist", "relay", "--force", "--actor",
                 "alice", "--reason", "a person insists")
    assert list_.listed() == ["192.0.2.1", "198.51.100.1"]
    list_.feeder("show", "192.0.2.1", status=1)
    assert events(list_, "192.0.2.1") == ["add forced"]
    assert events(list_, "198.51.100.1") == ["add"], "nothing was in its way"
    row, = [row for row in list_.rows("audit") if row["prefix"] == "192.0.2.1"]
    assert (row["actor"], row["reason"]) == ("alice", "a person insists")
    assert "add forced" in list_.feeder("show", "192.0.2.1", status=1).stdout


def test_a_range_around_an_excluded_address_is_served_without_it(server):
    server.feeder("exclude", "add", "192.0.2.77")
    done = server.feeder("add", "192.0.2.0/24", "--sublist", "relay")
    assert "192.0.2.0/24 is served without what is excluded in it: 192.0.2.77" in done.stderr
    assert not served(server, "192.0.2.77")
    assert all(served(server, f"192.0.2.{n}") for n in (0, 76, 78, 255))
    assert events(server, "192.0.2.0/24") == ["add"]


def test_holes_are_named_a_few_and_counted(bare):
    for n in range(5):
        bare.feeder("exclude", "add", f"192.0.2.{16 * n}/28")
    bare.feeder("exclude", "add", "192.0.2.1")    # in one of them: no hole of its own
    done = bare.feeder("add", "192.0.2.0/24", "2001:db8::/32", "--sublist", "relay")
    assert "in it: 192.0.2.0/28, 192.0.2.16/28, 192.0.2.32/28 and 2 more" in done.stderr
    assert "2001:db8::/32" not in done.stderr


def test_a_range_that_exclusions_fill_counts_as_excluded(list_):
    list_.feeder("exclude", "add", "192.0.2.0/25", "192.0.2.128/25")
    list_.feeder("add", "192.0.2.0/24", "--sublist", "relay", status=65)
    list_.feeder("add", "192.0.2.0/24", "--sublist", "relay", "--force")
    assert events(list_, "192.0.2.0/24") == ["add forced"]


def test_an_imported_list_is_served_without_what_is_excluded(server):
    server.feeder("exclude", "add", "192.0.2.77", "198.51.100.0/24")
    server.feeder("import", "--source", "feed", "--sublist", "netblock", "--format", "cidr", "-",
                  input="192.0.2.0/24\n198.51.100.9\n203.0.113.0/24\n", status=None)
    assert served(server, "192.0.2.76") and served(server, "203.0.113.1")
    assert not served(server, "192.0.2.77") and not served(server, "198.51.100.9")


def test_a_report_about_an_excluded_address_lists_nothing(server):
    server.feeder("exclude", "add", "192.0.2.0/28")
    for address, disposition in (("192.0.2.1", "excluded"), ("192.0.2.16", "evidence")):
        done = server.feeder("ingest", "--reporter", "tester", "--now", "2026-11-21T12:00:00Z",
                             "--json", "-", input=relaytest(address))
        assert json.loads(done.stdout)["disposition"] == disposition
    assert not served(server, "192.0.2.1")
    assert served(server, "192.0.2.16")


# --- at once --------------------------------------------------------------------------------------

@pytest.mark.parametrize("listed, excluded, inside, outside", [
    ("192.0.2.7", "192.0.2.7", "192.0.2.7", None),
    ("192.0.2.7", "192.0.2.0/24", "192.0.2.7", None),
    ("192.0.2.0/24", "192.0.2.64/26", "192.0.2.64", "192.0.2.63"),
    ("2001:db8::/32", "2001:db8:1::/48", "2001:db8:1::1", "2001:db8:2::1"),
], ids=["host", "host in range", "hole", "ipv6 hole"])
def test_an_exclusion_counts_at_once_and_so_does_its_end(server, listed, excluded, inside, outside):
    server.feeder("add", listed, "--sublist", "relay")
    assert served(server, inside)
    server.feeder("exclude", "add", excluded)
    assert not served(server, inside)
    assert outside is None or served(server, outside)
    assert server.listed() == [listed], "the claim stays"
    server.feeder("exclude", "remove", excluded)
    assert served(server, inside)


def test_what_was_removed_meanwhile_does_not_come_back(server):
    server.feeder("add", "192.0.2.1", "192.0.2.2", "--sublist", "relay")
    server.feeder("exclude", "add", "192.0.2.0/24")
    server.feeder("remove", "192.0.2.1", "--reason", "fixed")
    server.feeder("exclude", "remove", "192.0.2.0/24")
    assert not served(server, "192.0.2.1")
    assert served(server, "192.0.2.2")


def test_an_imported_exclusion_counts_at_once(server):
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    server.feeder("exclude", "import", "-", input=warninglist("192.0.2.0/24"))
    assert not served(server, "192.0.2.1")


# --- warninglists ---------------------------------------------------------------------------------

def test_a_warninglist_is_known_by_its_content(list_):
    done = list_.feeder("exclude", "import", "-", "--json", input=warninglist(
        "192.0.2.0/24", "198.51.100.7", "2001:DB8::/32"))
    assert {k: v for k, v in json.loads(done.stdout).items() if k != "change"} == {
        "added": 3, "renewed": 0, "bad": 0}
    rows = exclusions(list_)
    assert {rows[p]["comment"] for p in ("192.0.2.0/24", "198.51.100.7", "2001:db8::/32")} == {
        "List of examples"}
    row, = [r for r in list_.rows("audit") if r["event"] == "import exclusions"]
    assert (row["added"], row["reason"]) == (3, "List of examples")


def test_a_warninglist_imported_again_is_renewed(list_):
    words = ("exclude", "import", "-", "--expires", "7d", "--now")
    list_.feeder(*words, NOW, input=warninglist("192.0.2.0/24"))
    done = list_.feeder(*words, LATER, "--json", input=warninglist("192.0.2.0/24", name="Newer"))
    assert json.loads(done.stdout)["renewed"] == 1
    row = exclusions(list_)["192.0.2.0/24"]
    assert (row["created"], row["expires"], row["comment"]) == (
        NOW, "2026-03-10T12:00:00Z", "List of examples")


@pytest.mark.parametrize("text", [warninglist("10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24"),
                                  "10.0.0.0/8\n192.0.2.0/24\n198.51.100.0/24\n"],
                         ids=["warninglist", "lines"])
def test_an_import_takes_nothing_from_an_exclusion(list_, text):
    list_.feeder("exclude", "add", "192.0.2.0/24", "--comment", "our own", "--now", NOW)
    list_.feeder("exclude", "add", "198.51.100.0/24", "--expires", "2d", "--now", NOW)
    before = exclusions(list_)
    done = list_.feeder("exclude", "import", "-", "--expires", "1d", "--comment", "theirs", "--now",
                        NOW, "--json", input=text)
    assert json.loads(done.stdout)["renewed"] == 3
    after = exclusions(list_)
    assert after.pop("198.51.100.0/24")["expires"] == before.pop("198.51.100.0/24")["expires"]
    assert after == before
    list_.feeder("exclude", "import", "-", "--expires", "9d", "--now", NOW, input=text)
    assert exclusions(list_)["198.51.100.0/24"]["expires"] == "2026-03-10T12:00:00Z"
    assert exclusions(list_)["192.0.2.0/24"] == before["192.0.2.0/24"]
    # By hand anything goes.
    list_.feeder("exclude", "add", "192.0.2.0/24", "--expires", "1d", "--comment", "x", "--now", NOW)
    row = exclusions(list_)["192.0.2.0/24"]
    assert (row["expires"], row["comment"]) == ("2026-03-02T12:00:00Z", "x")


@pytest.mark.parametrize("text", [warninglist("192.0.2.0/24"), "192.0.2.0/24\n"],
                         ids=["warninglist", "lines"])
def test_a_byte_order_mark_is_skipped(list_, text):
    list_.feeder("exclude", "import", "-", input="\ufeff" + text)
    assert "192.0.2.0/24" in exclusions(list_)


def test_a_comment_that_is_given_beats_the_lists_name(list_):
    list_.feeder("exclude", "import", "-", "--comment", "ours", input=warninglist("192.0.2.0/24"))
    assert exclusions(list_)["192.0.2.0/24"]["comment"] == "ours"


def test_bad_entries_are_named_and_the_others_imported(list_):
    text = warninglist("192.0.2.0/24", "mail.example.org", 7, "192.0.2.1/24", "198.51.100.7")
    before = list_.everything()
    done = list_.feeder("exclude", "import", "-", "--strict", input=text, status=65)
    assert list_.everything() == before
    done = list_.feeder("exclude", "import", "-", input=text, status=65)
    assert "mail.example.org" in done.stderr and "entry 3 is not a string" in done.stderr
    assert "192.0.2.1/24" in done.stderr and "3 of 5" in done.stderr
    assert {"192.0.2.0/24", "198.51.100.7"} <= set(exclusions(list_))


@pytest.mark.parametrize("kind", ["hostname", "string", "substring", "regex"])
def test_a_warninglist_of_other_things_is_refused(list_, kind):
    before = list_.everything()
    done = list_.feeder("exclude", "import", "-", input=warninglist("192.0.2.1", kind=kind),
                        status=65)
    assert f"a warninglist of type '{kind}'" in done.stderr
    assert list_.everything() == before


@pytest.mark.parametrize("text", ["{", "{}", '{"list": ["192.0.2.1"]}', '{"type": "cidr"}',
                                  '{"type": "cidr", "list": "192.0.2.1"}', '{"type": 1, "list": []}',
                                  '{"type": "cidr", "list": ["192.0.2.1"]} 192.0.2.2'])
def test_other_json_is_no_list(list_, text):
    before = list_.everything()
    assert "stdin" in list_.feeder("exclude", "import", "-", input=text, status=65).stderr
    assert list_.everything() == before


def test_lines_are_read_as_before(list_):
    done = list_.feeder("exclude", "import", "-", status=65,
                        input="# ours\r\n192.0.2.0/24 a remark\n\n\0bad\n198.51.100.4-198.51.100.7")
    assert "line 4" in done.stderr and "1 of 3" in done.stderr
    assert {"192.0.2.0/24", "198.51.100.4/30"} <= set(exclusions(list_))


@pytest.mark.parametrize("name", WARNINGLISTS)
def test_a_real_warninglist_is_imported_and_answers(bare, name):
    path = shared_file(WARNINGLISTS[name])
    object = json.loads(path.read_text())
    bare.feeder("exclude", "import", path)
    networks = {ipaddress.ip_network(entry) for entry in object["list"]}
    rows = exclusions(bare)
    assert {ipaddress.ip_network(prefix) for prefix in rows} == networks
    assert {row["comment"] for row in rows.values()} == {object["name"]}
    network = max(networks, key=lambda n: (n.version, n))
    assert object["name"] in bare.feeder("exclude", "check", network[0]).stdout
    bare.feeder("exclude", "check", "203.0.113.255" if name != "rfc5735" else "2001:db8::1", status=1)
    bare.feeder("exclude", "import", path)
    assert exclusions(bare).keys() == rows.keys()
