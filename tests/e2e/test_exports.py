"""Exports in the programs that they are for: resolvers with a response policy, nftables, ipset."""

import ipaddress
import json
import re
import subprocess

import dns.rcode
import pytest

from dnsbld import SUBLISTS, zone
from peers import policy
from process import absent, need_root, program

ZONE = "dnsbl.example.org"
FORMATS = ["rbldnsd", "bind", "rpz", "cidr", "json", "nft", "ipset"]
NAMES = """$ORIGIN names.example.
$TTL 60
@ SOA ns.names.example. hostmaster.names.example. 1 60 60 600 60
@ NS ns.names.example.
ns A 127.0.0.1
free A 192.0.2.99
free AAAA 2001:db8:ffff::1
listed A 192.0.2.1
inside A 198.51.100.77
hole A 198.51.100.129
several A 192.0.2.99
several A 192.0.2.1
listed6 AAAA 2001:db8::1
inside6 AAAA 2001:db8:0:1::abcd
odd6 AAAA 2001:db8:0:2:1::3
"""


@pytest.fixture
def list_(install):
    made = install(SUBLISTS + zone(ZONE))
    made.feeder("add", "192.0.2.1", "198.51.100.0/24", "2001:db8::1", "2001:db8:0:2:1::3",
                "--sublist", "relay")
    made.feeder("add", "192.0.2.1", "2001:db8:0:1::/64", "2001:db8:1::/48", "--sublist", "hijacked")
    made.feeder("exclude", "add", "198.51.100.128/28")
    return made


def export(list_, format_, *words):
    file = list_.folder / f"{format_}.out"
    list_.feeder("export", "--zone", ZONE, "--format", format_, "-o", file, *words)
    return file


def covered(list_):
    """What is listed, as the fewest networks, by family."""
    lines = list_.feeder("export", "--zone", ZONE, "--format", "cidr").stdout.split()
    networks = [ipaddress.ip_network(line) for line in lines]
    return {v: {n for n in networks if n.version == v} for v in (4, 6)}


# --- zone files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("format_, origin", [("bind", ZONE), ("rpz", "rpz." + ZONE)])
def test_zone_files_pass_the_check_of_bind(list_, format_, origin):
    done = subprocess.run([program("named-checkzone"), "-i", "local", origin,
                           export(list_, format_)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "OK" and len(done.stdout.splitlines()) == 2, done.stdout


@pytest.mark.parametrize("resolver", [policy.Bind, policy.Unbound])
def test_names_with_a_listed_address_do_not_exist_under_the_policy(list_, folder, resolver):
    names = folder / "names.zone"
    names.write_text(NAMES)
    rules = export(list_, "rpz")
    peer = resolver(folder, ("rpz." + ZONE, rules), ("names.example", names),
                    (ZONE, list_.start().port), "free.names.example")
    try:
        def addresses(name):
            answer = peer.ask(name + "." + ZONE, "A").answer
            return sorted(rr.address for rrset in answer for rr in rrset)

        def rcode(name, rdtype="A"):
            return dns.rcode.to_text(peer.ask(name + ".names.example", rdtype).rcode())

        assert {n: rcode(n) for n in ("free", "listed", "inside", "hole", "several")} == {
            "free": "NOERROR", "listed": "NXDOMAIN", "inside": "NXDOMAIN", "hole": "NOERROR",
            "several": "NXDOMAIN"}
        assert {n: rcode(n, "AAAA") for n in ("free", "listed6", "inside6", "odd6")} == {
            "free": "NOERROR", "listed6": "NXDOMAIN", "inside6": "NXDOMAIN", "odd6": "NXDOMAIN"}
        assert addresses("testentry") == ["127.0.0.2"]
        assert list_.codes("testentry." + ZONE) == [], "it is the policy that says so"
        assert addresses("1.2.0.192") == ["127.0.0.2", "127.0.0.4"], "the blocklist itself is heard"
        assert addresses("2.0.0.127") == ["127.0.0.2"]
        assert "invalid rpz" not in peer.process.text()
    finally:
        peer.stop()


# --- packet filters -----------------------------------------------------------------------------


def in_network_namespace(script, *words):
    """What a script prints that has a network of its own, with no packets and no filter rules."""
    need_root("a network namespace")
    done = subprocess.run(["unshare", "--net", "sh", "-ec", script, "sh", *map(str, words)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def change(list_):
    """What nets were is gone, and others that overlap with it have come."""
    list_.feeder("remove", "198.51.100.0/24", "2001:db8:0:1::/64", "--reason", "test")
    list_.feeder("add", "198.51.96.0/21", "203.0.113.7", "2001:db8::/47", "--sublist", "netblock")


def nft_network(element):
    if isinstance(element, dict) and "prefix" in element:
        return ipaddress.ip_network("{addr}/{len}".format(**element["prefix"]))
    return ipaddress.ip_network(element)


def test_nft_takes_the_sets_and_replaces_what_is_in_them(list_):
    program("nft")
    first = export(list_, "nft")
    first.rename(list_.folder / "first")
    change(list_)
    second = export(list_, "nft")
    printed = in_network_namespace("""
        nft -c -f "$1"
        nft -f "$1"
        nft add chain inet "$3" input '{ type filter hook input priority 0; }'
        nft add rule inet "$3" input ip saddr @v4 drop
        nft -c -f "$2"
        nft -f "$2"
        nft -f "$2"
        nft -j list table inet "$3"
        """, list_.folder / "first", second, ZONE)
    objects = json.loads(printed)["nftables"]
    sets = {o["set"]["name"]: {nft_network(e) for e in o["set"]["elem"]}
            for o in objects if "set" in o}
    expected = covered(list_)
    assert sets == {"v4": expected[4], "v6": expected[6]}
    assert len([o for o in objects if "rule" in o]) == 1, "what else is in the table stays"


def test_nft_empties_the_sets_of_an_empty_list(list_):
    program("nft")
    full = export(list_, "nft")
    full.rename(list_.folder / "full")
    list_.feeder("purge", "--source", "operator")
    printed = in_network_namespace('nft -f "$1"; nft -f "$2"; nft -j list ruleset',
                                   list_.folder / "full", export(list_, "nft"))
    assert [o["set"].get("elem") for o in json.loads(printed)["nftables"] if "set" in o] == [
        None, None]


def test_ipset_takes_the_sets_and_swaps_them(list_):
    if subprocess.run(["unshare", "--net", program("ipset"), "list"],
                      capture_output=True).returncode != 0:
        absent("the kernel has no ipset, or not for us")
    first = export(list_, "ipset")
    first.rename(list_.folder / "first")
    change(list_)
    second = export(list_, "ipset")
    # A restore that was cut off leaves a set half filled: the next one does not mind.
    printed = in_network_namespace("""
        ipset restore <"$1"
        head -n 6 "$2" | ipset restore
        ipset restore <"$2"
        ipset save
        """, list_.folder / "first", second)
    expected = covered(list_)
    found = {name: set() for name in re.findall(r"^create (\S+)", printed, re.M)}
    for name, member in re.findall(r"^add (\S+) (\S+)", printed, re.M):
        found[name].add(ipaddress.ip_network(member))
    assert found == {ZONE + "-v4": expected[4], ZONE + "-v6": expected[6]}


# --- all of them --------------------------------------------------------------------------------


def test_all_exports_of_the_config_are_what_each_is_alone(install):
    body = SUBLISTS + zone(ZONE) + "".join(
        f'export "{f}" {{ zone = "{ZONE}"  format = "{f}"  file = "{f}.all" }}\n' for f in FORMATS)
    list_ = install(body)
    list_.feeder("add", "192.0.2.1", "2001:db8::/32", "--sublist", "relay")
    now = ("--now", "2026-11-21T10:00:00Z")
    told = list_.rows("export", "--all", *now)
    assert [row["export"] for row in told] == FORMATS
    for row in told:
        text = (list_.folder / f"{row['export']}.all").read_bytes()
        assert len(text) == row["octets"] and row["file"] == str(
            list_.folder / f"{row['export']}.all")
        assert text == export(list_, row["export"], *now).read_bytes()
