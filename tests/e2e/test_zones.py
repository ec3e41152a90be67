"""Several zones over one set of listings, and what is never listed whatever is claimed."""

import pytest

from dnsbld import SUBLISTS, template, zone
from names import reversed_name
from wire import assert_negative, section

PARENT = "dnsbl.example.org"
CHILD = "relay.dnsbl.example.org"                # a zone right below
DEEP = "v1.ranges.dnsbl.example.org"             # and one two labels below
APART = "all.example.net"

# Two sublists may have one code as long as no zone serves both.
SECOND_TWO = """
sublist scanners {
    code    = 2
    text    = "Scans, see https://dnsbl.example.org/lookup?ip={ip}"
    expires = 1d
}
"""

BODY = SUBLISTS + SECOND_TWO + (
    zone(PARENT, 'sublists = { "netblock", "relay", "hijacked", "multihop" }')
    + zone(CHILD, """
    sublists = { "relay" }
    host "ns1" { a = { "192.0.2.54" } }
    """, ns='"ns1.relay.dnsbl.example.org"')
    + zone(DEEP, 'sublists = { "netblock" }')
    + zone(APART, 'sublists = { "scanners" }'))


@pytest.fixture(scope="module")
def server(install_for_file):
    server = install_for_file(BODY)
    for sublist in ("relay", "netblock", "scanners"):
        server.feeder("add", "192.0.2.1", "2001:db8::1", "--sublist", sublist)
    server.feeder("add", "192.0.2.2", "--sublist", "netblock")
    return server.start()


@pytest.mark.parametrize("apex, codes", [
    (PARENT, ["127.0.0.2", "127.0.0.9"]), (CHILD, ["127.0.0.2"]), (DEEP, ["127.0.0.9"]),
    (APART, ["127.0.0.2"])])
def test_each_zone_answers_for_its_own_sublists(server, apex, codes):
    assert server.codes(reversed_name("192.0.2.1", apex)) == codes
    assert server.codes(reversed_name("2001:db8::1", apex)) == codes


def test_an_address_only_on_other_sublists_does_not_exist_in_a_zone(server):
    assert_negative(server.ask(reversed_name("192.0.2.2", CHILD)), "NXDOMAIN", CHILD)
    assert_negative(server.ask(reversed_name("192.0.2.2", APART)), "NXDOMAIN", APART)
    assert server.codes(reversed_name("192.0.2.2", DEEP)) == ["127.0.0.9"]


def test_one_code_may_mean_different_sublists_in_different_zones(server):
    assert server.texts(reversed_name("192.0.2.1", CHILD)) == [template("relay", "192.0.2.1")]
    assert server.texts(reversed_name("192.0.2.1", APART)) == [
        "Scans, see https://dnsbl.example.org/lookup?ip=192.0.2.1"]


def test_a_zone_below_another_answers_for_its_own_apex(server):
    for apex in (CHILD, DEEP):
        assert section(server.ask(apex, "SOA").answer).keys() == {(apex, "SOA")}
        assert section(server.ask(apex, "NS").answer).keys() == {(apex, "NS")}
        assert_negative(server.ask(apex, "TXT"), "NOERROR", apex)
        assert_negative(server.ask("nonsense." + apex), "NXDOMAIN", apex)


def test_ds_at_a_cut_is_answered_by_the_parent(server):
    assert_negative(server.ask(CHILD, "DS"), "NOERROR", PARENT)
    assert_negative(server.ask(DEEP, "DS"), "NOERROR", PARENT)


def test_ds_of_a_zone_without_a_parent_here_is_its_own_answer(server):
    assert_negative(server.ask(PARENT, "DS"), "NOERROR", PARENT)


def test_names_between_a_zone_and_one_below_it_are_empty_non_terminals(server):
    assert_negative(server.ask("ranges." + PARENT), "NOERROR", PARENT)
    assert_negative(server.ask("ranges." + PARENT, "DS"), "NOERROR", PARENT)
    assert_negative(server.ask("v2.ranges." + PARENT), "NXDOMAIN", PARENT)


@pytest.mark.parametrize("low, sublist", [(2, "relay"), (4, "hijacked"), (5, "multihop"),
                                          (9, "netblock")])
def test_every_code_has_its_test_entries(server, low, sublist):
    name = reversed_name(f"127.0.0.{low}", PARENT)
    assert server.codes(name) == [f"127.0.0.{low}"]
    assert server.texts(name) == [template(sublist, f"127.0.0.{low}")]
    name = reversed_name(f"::ffff:7f00:{low:x}", PARENT)
    assert server.codes(name) == [f"127.0.0.{low}"]
    assert len(server.texts(name)) == 1


@pytest.mark.parametrize("apex", [PARENT, CHILD, DEEP, APART])
def test_127_0_0_1_is_never_listed(server, apex):
    assert_negative(server.ask(reversed_name("127.0.0.1", apex)), "NXDOMAIN", apex)
    assert_negative(server.ask(reversed_name("::ffff:7f00:1", apex)), "NXDOMAIN", apex)


@pytest.mark.parametrize("low", [0, 3, 6, 10, 254, 255])
def test_other_loopback_addresses_are_no_test_entries(server, low):
    assert_negative(server.ask(reversed_name(f"127.0.0.{low}", PARENT)), "NXDOMAIN", PARENT)
    assert_negative(server.ask(reversed_name(f"::ffff:7f00:{low:x}", PARENT)), "NXDOMAIN", PARENT)


def test_a_zone_without_code_2_still_lists_127_0_0_2(server):
    """RFC 5782 §5 asks for it of every list; the lowest code stands in."""
    for address in ("127.0.0.2", "127.0.0.9", "::ffff:7f00:2", "::ffff:7f00:9"):
        assert server.codes(reversed_name(address, DEEP)) == ["127.0.0.9"], address


def test_other_v4_mapped_names_are_not_served(server):
    """Only the test entries are: nobody asks for 192.0.2.1 by that name."""
    assert_negative(server.ask(reversed_name("::ffff:192.0.2.1", PARENT)), "NXDOMAIN", PARENT)


def test_an_ipv4_listing_does_not_appear_under_6to4(server):
    assert_negative(server.ask(reversed_name("2002:c000:201::", PARENT)), "NXDOMAIN", PARENT)
    assert_negative(server.ask(reversed_name("2002:c000:201::1", PARENT)), "NXDOMAIN", PARENT)


@pytest.fixture
def small(install):
    return install(SUBLISTS + zone(PARENT)).start()


def test_an_ipv6_claim_under_6to4_is_served(small):
    small.feeder("add", "2002:c000:201::/48", "--sublist", "relay")
    assert small.codes(reversed_name("2002:c000:201::1", PARENT)) == ["127.0.0.2"]
    assert small.codes(reversed_name("192.0.2.1", PARENT)) == []


def test_a_v4_mapped_prefix_is_an_ipv4_listing(small):
    small.feeder("add", "::ffff:192.0.2.0/121", "--sublist", "relay")
    assert small.codes(reversed_name("192.0.2.127", PARENT)) == ["127.0.0.2"]
    assert small.codes(reversed_name("192.0.2.128", PARENT)) == []


def test_exclusions_are_never_served_and_served_again_once_removed(small):
    small.feeder("add", "192.0.2.0/24", "2001:db8::/48", "--sublist", "relay")
    small.feeder("exclude", "add", "192.0.2.64/26", "2001:db8:0:8000::/49")
    served = {"192.0.2.63", "192.0.2.128", "2001:db8:0:7fff:ffff:ffff:ffff:ffff"}
    held_back = {"192.0.2.64", "192.0.2.127", "2001:db8:0:8000::", "2001:db8:0:ffff::1"}
    assert {a for a in served | held_back if small.codes(reversed_name(a, PARENT))} == served
    small.feeder("exclude", "remove", "192.0.2.64/26", "2001:db8:0:8000::/49")
    assert all(small.codes(reversed_name(a, PARENT)) for a in served | held_back)


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.77", "100.64.0.1", "192.168.0.1",
                                     "224.0.0.1", "255.255.255.255", "fe80::1", "fd00::1",
                                     "ff02::1", "2001:1::1", "::1"])
def test_reserved_space_is_excluded_by_init(small, address):
    small.feeder("add", address, "--sublist", "relay", status=65)
    small.feeder("add", address, "--sublist", "relay", "--force")
    assert_negative(small.ask(reversed_name(address, PARENT)), "NXDOMAIN", PARENT)


def test_reserved_space_can_be_listed_where_the_operator_says_so_but_never_127_0_0_1(install):
    server = install(SUBLISTS + zone(PARENT), head="exclude_reserved = false\n").start()
    server.feeder("add", "10.0.0.0/8", "127.0.0.0/8", "--sublist", "netblock")
    assert server.codes(reversed_name("10.1.2.3", PARENT)) == ["127.0.0.9"]
    assert server.codes(reversed_name("127.0.0.77", PARENT)) == ["127.0.0.9"]
    assert server.codes(reversed_name("127.0.0.2", PARENT)) == ["127.0.0.2"]
    assert server.codes(reversed_name("127.0.0.1", PARENT)) == []


def test_the_text_of_the_most_specific_claim_wins(small):
    small.feeder("add", "192.0.2.0/24", "--sublist", "relay", "--text", "the network")
    small.feeder("add", "192.0.2.0/28", "--sublist", "relay")
    small.feeder("add", "192.0.2.1", "--sublist", "relay", "--text", "the host")
    assert small.texts(reversed_name("192.0.2.1", PARENT)) == ["the host"]
    assert small.texts(reversed_name("192.0.2.2", PARENT)) == ["the network"]
    small.feeder("remove", "192.0.2.1", "--reason", "fixed")
    assert small.texts(reversed_name("192.0.2.1", PARENT)) == ["the network"]
    small.feeder("remove", "192.0.2.0/24", "--reason", "fixed")
    assert small.texts(reversed_name("192.0.2.1", PARENT)) == [template("relay", "192.0.2.1")]


def test_of_two_texts_for_one_prefix_the_oldest_wins_then_the_source_name(small):
    for day, source in (("02", "aaa"), ("01", "zzz"), ("01", "mmm")):
        small.feeder("add", "192.0.2.1", "--sublist", "relay", "--source", source, "--text",
                     "says " + source, "--now", f"2026-01-{day}T00:00:00Z", "--expires", "never")
    name = reversed_name("192.0.2.1", PARENT)
    assert small.texts(name) == ["says mmm"]
    for source, left in (("mmm", "says zzz"), ("zzz", "says aaa")):
        small.feeder("remove", "192.0.2.1", "--source", source, "--reason", "fixed")
        assert small.texts(name) == [left]


def test_identical_texts_are_served_once(small):
    for sublist in ("relay", "hijacked", "netblock"):
        small.feeder("add", "192.0.2.1", "--sublist", sublist, "--text", "one text")
    name = reversed_name("192.0.2.1", PARENT)
    assert small.codes(name) == ["127.0.0.2", "127.0.0.4", "127.0.0.9"]
    assert small.texts(name) == ["one text"]


def test_the_reason_of_a_claim_never_reaches_dns(small):
    small.feeder("add", "192.0.2.1", "--sublist", "relay", "--reason", "trap 17 hit")
    for rdtype in ("A", "TXT", "ANY"):
        assert "trap 17" not in small.ask(reversed_name("192.0.2.1", PARENT), rdtype).to_text()


def test_both_boundaries_of_ranges_are_exact(small):
    small.feeder("add", "198.51.100.16/28", "203.0.113.0/24", "2001:db8:1:2::/63", "--sublist",
                 "relay")
    inside = ("198.51.100.16", "198.51.100.31", "203.0.113.0", "203.0.113.255", "2001:db8:1:2::",
              "2001:db8:1:3:ffff:ffff:ffff:ffff")
    outside = ("198.51.100.15", "198.51.100.32", "203.0.112.255", "203.0.114.0",
               "2001:db8:1:1:ffff:ffff:ffff:ffff", "2001:db8:1:4::")
    assert [a for a in inside + outside if small.codes(reversed_name(a, PARENT))] == list(inside)
