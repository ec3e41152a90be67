"""The digest in a BIND export (RFC 8976), as other programs verify it: dnspython, PowerDNS, Knot and
Unbound, each of them also with a file in which one record was altered.

The list has IPv4 and IPv6 whose labels look alike, in an order that is not that of the names.
"""

import ipaddress
import subprocess

import dns.exception
import dns.rcode
import dns.zone
import pytest

from dnsbld import SUBLISTS, zone
from lists import random_in, rng
from peers.knot import Knot
from peers.unbound_auth import HEAD, UnboundAuth
from process import await_until, program

ZONE = "dnsbl.example.org"

KNOT = """
zone:
  - domain: {zone}
    file: {file}
    zonefile-load: whole
    zonefile-sync: -1
    zonemd-verify: on
"""
UNBOUND = """
auth-zone:
    name: {zone}
    zonefile: {file}
    for-downstream: yes
    for-upstream: no
    zonemd-check: yes
    zonemd-reject-absence: yes
"""


def networks():
    random = rng()
    found = ["2.0.0.0/16", "2.1.0.0/24", "2.4.128.0/17", "9.9.9.9/32", "10.2.3.0/24", "100.0.0.0/20",
             "2001:db8::/31", "2001::/48", "2400::/30", "200a::/27", "2a00:1::1/128"]
    for where, lengths in (("2.0.0.0/13", range(22, 33)), ("8.0.0.0/5", range(22, 33)),
                           ("96.0.0.0/3", range(23, 33)), ("0.0.0.0/0", range(24, 33)),
                           ("2000::/9", range(28, 129, 3)), ("2400::/8", range(28, 129, 3))):
        found += [f"{random_in(random, ipaddress.ip_network(where))}/{length}"
                  for length in lengths for _ in range(3)]
    return [ipaddress.ip_network(n, strict=False) for n in found]


@pytest.fixture(scope="module")
def export(install_for_file):
    """The exported file."""
    below = zone("below." + ZONE, 'host "ns1" { a = { "192.0.2.53" } }', ns=f'"ns1.below.{ZONE}"')
    own = 'apex { a = { "192.0.2.80" } }  host "2x" { a = { "192.0.2.54", "192.0.2.6" } }'
    list_ = install_for_file(SUBLISTS + zone(ZONE, own, ns=f'"2x.{ZONE}", "ns2.example.net"') + below,
                             head="exclude_reserved = false\n")
    for i, sublist in enumerate(("relay", "hijacked", "netblock")):
        list_.feeder("import", "--source", sublist, "--sublist", sublist, "--format", "cidr", "-",
                     input="".join(f"{n}\n" for n in networks()[i::2]))
    file = list_.folder / "zone"
    list_.feeder("export", "--zone", ZONE, "--format", "bind", "-o", file)
    file.chmod(0o644)
    return file


@pytest.fixture
def altered(export, folder):
    """The same with one record of many another."""
    text = export.read_text()
    assert text.count("\tA\t127.0.0.4\n") > 1
    file = folder / "altered"
    file.write_text(text.replace("\tA\t127.0.0.4\n", "\tA\t127.0.0.5\n", 1))
    file.chmod(0o644)
    return file


def test_dnspython_verifies_it(export, altered):
    def load(file):
        return dns.zone.from_file(str(file), origin=ZONE, relativize=False)

    load(export).verify_digest()
    with pytest.raises(dns.zone.DigestVerificationFailure):
        load(altered).verify_digest()


def test_powerdns_verifies_it(export, altered):
    def verify(file):
        return subprocess.run([program("pdnsutil"), "zonemd-verify-file", ZONE, file],
                              capture_output=True, text=True, timeout=60)

    done = verify(export)
    assert done.returncode == 0 and "succeeded" in done.stdout + done.stderr, done
    done = verify(altered)
    assert done.returncode != 0 and "failed" in done.stdout + done.stderr, done


def test_knot_verifies_it(export, altered, make_folder):
    good = Knot(make_folder(), ZONE).launch(KNOT.format(zone=ZONE, file=export))
    try:
        good.await_serial()
        assert "ZONEMD, verification successful" in good.text()
    finally:
        good.stop()
    bad = Knot(make_folder(), ZONE).launch(KNOT.format(zone=ZONE, file=altered))
    try:
        bad.process.await_line("ZONEMD, verification failed")
        assert bad.serial() is None
    finally:
        bad.stop()


def test_unbound_verifies_it(export, altered, make_folder):
    def start(file):
        server = UnboundAuth(make_folder(), ZONE)
        config = server.folder / "unbound.conf"
        config.write_text(HEAD.format(folder=server.folder, port=server.port, user="", zone=ZONE)
                          + UNBOUND.format(zone=ZONE, file=file))
        return server.start([program("unbound"), "-d", "-p", "-c", config])

    good = start(export)
    try:
        good.await_serial()
    finally:
        good.stop()
    bad = start(altered)
    try:
        def rcode():
            try:
                return dns.rcode.to_text(bad.ask(ZONE, "SOA", timeout=1).rcode())
            except (dns.exception.Timeout, OSError):
                return None

        assert await_until(rcode, "Unbound answers") == "SERVFAIL"
        assert "ZONEMD verification failed" in bad.text()
    finally:
        bad.stop()
