"""feeder import and export: whole lists in and out."""

import ipaddress
import json
import os
import re

import pytest

from dnsbld import SUBLISTS, Dnsbld, zone
from lists import neighbours
from names import reversed_name

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
PLAIN = "# a feed\n192.0.2.1\n192.0.2.2 seen yesterday\n\n; end\n2001:db8::1\n"


@pytest.fixture
def list_(install):
    return install(BODY)


def load(list_, text, *words, status=0, source="feed", format_="plain"):
    return list_.feeder("import", "--source", source, "--sublist", "relay", "--format", format_,
                        *words, "-", input=text, status=status)


def addresses(count):
    """No two next to each other, so that no export can join them."""
    return "".join(f"101.2.{n >> 7}.{n * 2 & 255}\n" for n in range(count))


def exported(list_, format_, zone_name=ZONE):
    return list_.feeder("export", "--zone", zone_name, "--format", format_).stdout


def test_import_of_a_plain_list(list_):
    load(list_, PLAIN)
    assert list_.listed(source="feed", sublist="relay") == ["192.0.2.1", "192.0.2.2", "2001:db8::1"]


def test_import_of_a_file(list_):
    file = list_.folder / "feed.txt"
    file.write_text(PLAIN)
    list_.feeder("import", "--source", "feed", "--sublist", "relay", "--format", "plain", file)
    assert len(list_.listed()) == 3
    list_.feeder("import", "--source", "feed", "--sublist", "relay", "--format", "plain",
                 list_.folder / "nosuch", status=66)


@pytest.mark.parametrize("words", [
    ("import", "--source", "feed", "--sublist", "relay"),
    ("import", "--source", "feed", "--sublist", "relay", "--format", "ip4set"),
    ("exclude", "import")], ids=" ".join)
def test_input_that_cannot_be_read_is_named(list_, words):
    done = list_.feeder(*words, list_.folder, status=74)
    assert f"'{list_.folder}'" in done.stderr and "Is a directory" in done.stderr


def test_a_code_that_no_sublist_has_is_named(list_):
    done = load(list_, ":77:foo\n192.0.2.1\n", format_="ip4set", status=65)
    assert "line 2: no sublist of the config has code 77" in done.stderr


def test_import_of_prefixes_and_ranges(list_):
    load(list_, "198.51.100.0/24\n203.0.113.4-203.0.113.7\n2001:db8::/32 ; remark\n",
         format_="cidr")
    assert list_.listed() == ["198.51.100.0/24", "2001:db8::/32", "203.0.113.4/30"]


def test_bad_lines_are_named_and_the_others_imported(list_):
    done = load(list_, "192.0.2.1\nnonsense\n192.0.2.2\n192.0.2.256\n", status=65)
    assert re.findall(r"line (\d+): .*(nonsense|192\.0\.2\.256)", done.stderr) == [
        ("2", "nonsense"), ("4", "192.0.2.256")]
    assert list_.listed() == ["192.0.2.1", "192.0.2.2"]


def test_strict_imports_nothing_when_a_line_is_bad(list_):
    before = list_.everything()
    load(list_, "192.0.2.1\nnonsense\n", "--strict", status=65)
    assert list_.everything() == before


def test_replace_withdraws_what_the_feed_no_longer_has_for_that_source_alone(list_):
    load(list_, "192.0.2.1\n192.0.2.2\n192.0.2.3\n192.0.2.4\n")
    load(list_, "192.0.2.1\n", source="other")
    load(list_, "192.0.2.2\n192.0.2.3\n192.0.2.5\n", "--replace")
    assert list_.listed(source="feed") == ["192.0.2.2", "192.0.2.3", "192.0.2.5"]
    assert list_.listed(source="other") == ["192.0.2.1"]


def test_importing_the_same_feed_again_changes_nothing_that_is_served(list_):
    load(list_, PLAIN, "--replace")
    before = list_.stats()
    load(list_, PLAIN, "--replace")
    after = list_.stats()
    assert after["serials"] == before["serials"]
    assert after["changes"] == before["changes"]


def test_importing_a_feed_again_renews_its_claims(list_):
    load(list_, PLAIN, "--now", "2026-03-01T12:00:00Z")
    load(list_, PLAIN, "--now", "2026-03-11T12:00:00Z")
    assert {(row["created"], row["last_seen"], row["expires"]) for row in list_.rows("list")} == {
        ("2026-03-01T12:00:00Z", "2026-03-11T12:00:00Z", "2026-04-10T12:00:00Z")}


@pytest.mark.parametrize("count", [0, 99, 2001])
def test_a_feed_of_under_half_or_over_ten_times_its_size_needs_force(list_, count):
    load(list_, addresses(200), "--replace")
    before = list_.everything()
    load(list_, addresses(count), "--replace", status=65)
    assert list_.everything() == before
    load(list_, addresses(count), "--replace", "--force")
    assert len(list_.listed()) == count


@pytest.mark.parametrize("count", [100, 2000])
def test_a_feed_of_half_or_ten_times_its_size_needs_no_force(list_, count):
    load(list_, addresses(200), "--replace")
    load(list_, addresses(count), "--replace")
    assert len(list_.listed()) == count


def test_an_ip4set_answers_as_rbldnsd_would(list_):
    load(list_, ":2:Relay $\n192.0.2.0/24\n192.0.2.1 :5:Two hops $\n!192.0.2.9\n198.51.100.4-7\n",
         format_="ip4set")

    def codes(address):
        shown = list_.feeder("show", address, "--public", status=None).stdout
        return {word for word in shown.split() if word.startswith("127.0.0.")}

    assert codes("192.0.2.3") == {"127.0.0.2"}
    assert codes("192.0.2.1") == {"127.0.0.5"}
    assert codes("192.0.2.9") == set()
    assert codes("198.51.100.7") == {"127.0.0.2"}
    assert codes("198.51.100.8") == set()


def test_a_code_that_no_sublist_has_is_a_bad_line(list_):
    done = load(list_, ":2:Relay $\n192.0.2.1\n192.0.2.2 :77:Unknown\n", format_="ip4set",
                status=65)
    assert re.search(r"line 3: .*\bcode\b", done.stderr)
    assert list_.listed() == ["192.0.2.1"]


AWKWARD = ("198.51.100.0/24\n198.51.100.7\n192.0.2.0/25\n192.0.2.129\n203.0.113.255\n"
           "2001:db8::/32\n2001:db8:2::/47\n2400::/16\n2001:db8:ffff::1\n")


def served(list_):
    """The answers at every boundary of AWKWARD, and at a few addresses inside."""
    addresses = {a for line in AWKWARD.split() for a in neighbours(ipaddress.ip_network(line))}
    addresses |= {ipaddress.ip_address(a) for a in (
        "192.0.2.1", "192.0.2.2", "192.0.2.63", "192.0.2.64", "198.51.100.127", "198.51.100.128",
        "198.51.100.143", "198.51.100.144", "198.51.100.200")}
    names = [reversed_name(a, ZONE) for a in sorted(addresses, key=str)]
    return {name: (list_.codes(name), list_.texts(name)) for name in names}


@pytest.fixture
def full(list_):
    load(list_, AWKWARD, format_="cidr")
    list_.feeder("add", "192.0.2.1", "192.0.2.64/26", "--sublist", "netblock")
    list_.feeder("add", "192.0.2.2", "--sublist", "hijacked", "--text", "with a $ and {ip} in it")
    list_.feeder("exclude", "add", "198.51.100.128/28")
    return list_


@pytest.mark.parametrize("format_, import_format", [("rbldnsd", "combined"), ("json", "json")])
def test_what_was_exported_and_imported_again_serves_the_same(full, install, format_,
                                                              import_format):
    file = full.folder / "out"
    full.feeder("export", "--zone", ZONE, "--format", format_, "-o", file)
    other = install(BODY)
    other.feeder("import", "--source", "copy", "--sublist", "relay", "--format", import_format,
                 file)
    other.feeder("check")
    answers = served(full.start())
    assert served(other.start()) == answers
    assert sum(1 for codes, _ in answers.values() if codes) > 15


def test_a_listing_imported_from_list_is_the_same_claim(full, install):
    lines = full.feeder("list", "--json").stdout
    other = install(BODY)
    other.feeder("import", "--source", "copy", "--sublist", "multihop", "--format", "json", "-",
                 input=lines)
    key = ("prefix", "sublist", "text", "reason", "expires")
    assert [[row[k] for k in key] for row in other.rows("list")] == [
        [row[k] for k in key] for row in full.rows("list")]


def test_the_cidr_export_covers_exactly_what_is_listed(full, install):
    lines = exported(full, "cidr")
    assert "198.51.100.0/25" in lines.split()
    assert "198.51.100.0/24" not in lines.split()
    other = install(BODY)
    other.feeder("import", "--source", "copy", "--sublist", "relay", "--format", "cidr", "-",
                 input=lines)
    assert exported(other, "cidr") == lines


def test_a_zones_export_has_its_own_sublists_only(install):
    list_ = install(SUBLISTS + zone(ZONE) + zone("ranges.example.net", 'sublists = { "netblock" }'))
    list_.feeder("add", "192.0.2.1", "--sublist", "relay")
    list_.feeder("add", "192.0.2.2", "--sublist", "netblock")
    for format_ in ("rbldnsd", "bind", "cidr", "json"):
        text = exported(list_, format_, "ranges.example.net")
        assert ("192.0.2.2" in text or "2.2.0.192" in text) and "192.0.2.1" not in text, format_
        assert "1.2.0.192" not in text, format_


def test_a_bind_export_has_the_serial_that_is_served(full):
    serial = full.stats()["serials"][ZONE]
    assert re.search(rf"SOA.*\b{serial}\b", exported(full, "bind"), re.S)


def test_an_export_replaces_its_file_at_once_or_not_at_all(full):
    file = full.folder / "zone"
    full.feeder("export", "--zone", ZONE, "--format", "bind", "-o", file)
    first = file.read_text()
    old = os.open(file, os.O_RDONLY)
    full.feeder("add", "203.0.113.1", "--sublist", "relay")
    full.feeder("export", "--zone", ZONE, "--format", "bind", "-o", file)
    assert "1.113.0.203" in file.read_text()
    with open(old, encoding="utf-8") as still_open:
        assert still_open.read() == first, "who has the old file open reads the old zone to its end"
    assert [p.name for p in full.folder.glob("*zone*")] == ["zone"], "no temporary file is left"


def test_an_export_into_a_folder_that_is_not_there_says_so(full):
    done = full.feeder("export", "--zone", ZONE, "--format", "bind", "-o",
                       full.folder / "nosuch/zone", status=None)
    assert done.returncode in (66, 74, 77)
    assert "nosuch" in done.stderr


def test_an_export_much_smaller_or_larger_than_its_last_needs_force(list_):
    file = list_.folder / "zone"
    words = ("export", "--zone", ZONE, "--format", "rbldnsd", "-o", file)
    for first, second in ((1000, 300), (100, 5000)):
        load(list_, addresses(first), "--replace", "--force")
        list_.feeder(*words, "--force")
        before = file.read_text()
        load(list_, addresses(second), "--replace", "--force")
        list_.feeder(*words, status=65)
        assert file.read_text() == before
        list_.feeder(*words, "--force")
        assert file.read_text() != before


def test_an_export_of_an_unknown_zone_is_bad_data_or_config(list_):
    done = list_.feeder("export", "--zone", "nosuch.example.org", "--format", "bind", status=None)
    assert done.returncode in (64, 65)
    assert "nosuch.example.org" in done.stderr


def test_json_lines_of_an_export_are_one_object_each(full):
    for line in exported(full, "json").splitlines():
        row = json.loads(line)
        assert row["sublist"] in ("relay", "netblock", "hijacked") and row["prefix"]


def test_without_a_zone_file_a_server_still_answers_from_an_import(install):
    """The import is served by the next query, as every commit is."""
    server: Dnsbld = install(BODY).start()
    load(server, PLAIN)
    assert server.codes("1.2.0.192." + ZONE) == ["127.0.0.2"]
