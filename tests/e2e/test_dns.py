"""What one zone answers over the wire, each question over UDP and TCP, on IPv4 and IPv6."""

import socket
import struct

import dns.flags
import dns.message
import dns.rcode
import pytest

from dnsbld import Dnsbld, template
from names import partial_names, reversed_name
from one_zone import BODY, OTHER, ZONE, fill
from wire import assert_negative, exchange, read_framed, section

TRANSPORTS = {
    "UDP over IPv4": {"address": "127.0.0.1"},
    "TCP over IPv4": {"address": "127.0.0.1", "tcp": True},
    "UDP over IPv6": {"address": "::1"},
    "TCP over IPv6": {"address": "::1", "tcp": True},
}


@pytest.fixture(scope="module")
def server(install_for_file):
    return fill(install_for_file(BODY)).start()


@pytest.fixture(params=TRANSPORTS)
def ask(request, server):
    """ask(NAME, TYPE) over one transport."""
    if request.param.endswith("IPv6") and not Dnsbld.ipv6:
        pytest.skip("no ::1 here")
    return lambda name, rdtype="A", **options: server.ask(name, rdtype, **TRANSPORTS[request.param],
                                                          **options)


def test_listed_address_has_an_a_for_each_sublist_ascending_by_code(ask):
    answer = ask(reversed_name("192.0.2.1", ZONE))
    assert answer.rcode() == dns.rcode.NOERROR
    assert answer.flags & dns.flags.AA and answer.flags & dns.flags.QR
    assert [rd.address for rd in answer.answer[0]] == ["127.0.0.2", "127.0.0.4", "127.0.0.9"]
    assert section(answer.answer)[(reversed_name("192.0.2.1", ZONE), "A")][0] == 300


def test_listed_address_has_the_templates_as_txt_with_its_address_in_them(ask):
    answer = ask(reversed_name("192.0.2.1", ZONE), "TXT")
    assert [[s.decode() for s in rd.strings] for rd in answer.answer[0]] == [
        [template(s, "192.0.2.1")] for s in ("relay", "hijacked", "netblock")]
    assert answer.answer[0].ttl == 300


def test_listed_ipv6_address_is_answered_as_its_text_says(ask):
    name = reversed_name("2001:db8::1", ZONE)
    assert section(ask(name).answer) == {(name, "A"): (300, {"127.0.0.2"})}
    assert section(ask(name, "TXT").answer) == {
        (name, "TXT"): (300, {'"' + template("relay", "2001:db8::1") + '"'})}


def test_any_brings_a_and_txt_together(ask):
    answer = section(ask(reversed_name("2001:db8::1", ZONE), "ANY").answer)
    assert {rdtype for _, rdtype in answer} == {"A", "TXT"}


@pytest.mark.parametrize("address", ["192.0.2.2", "192.0.3.1", "2001:db8::2", "198.51.100.1"])
def test_unlisted_address_does_not_exist(ask, address):
    for rdtype in ("A", "TXT", "ANY", "MX"):
        assert_negative(ask(reversed_name(address, ZONE), rdtype), "NXDOMAIN", ZONE)


@pytest.mark.parametrize("address", ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"])
def test_every_partial_name_is_an_empty_non_terminal(ask, address):
    for name in partial_names(address, ZONE):
        for rdtype in ("A", "TXT", "NS"):
            assert_negative(ask(name, rdtype), "NOERROR", ZONE)


def test_partial_names_exist_without_any_listing_below_them(ask):
    for name in ("255", "0.255", "1.2.255", "f", "e.f", *[".".join("0" * n) for n in range(5, 32)]):
        assert_negative(ask(f"{name}.{ZONE}"), "NOERROR", ZONE)


@pytest.mark.parametrize("address", ["2.0.0.1", "1.2.3.4", "9.9.9.9", "0.0.0.0"])
def test_four_single_digits_are_never_nxdomain(ask, address):
    """They are also the parent of an IPv6 /16."""
    assert_negative(ask(reversed_name(address, ZONE)), "NOERROR", ZONE)


def test_four_single_digits_that_are_listed_answer_as_an_ipv4_address(ask):
    assert ask(reversed_name("2.0.0.2", ZONE)).answer[0][0].address == "127.0.0.2"
    assert_negative(ask(reversed_name("2.0.0.2", ZONE), "AAAA"), "NOERROR", ZONE)


@pytest.mark.parametrize("name", [
    "256.2.0.192", "1.2.0.256", "01.2.0.192", "1.02.0.192", "10.1.2.0.192", "300", "g",
    "x.1.2.0.192", "1.2.0.192.1", "_rspamd", "-1.2.0.192", "www", "1a.2.0.192", "0.1.2.0.192.x",
    r"2\.0.0.127", r"\000.2.0.192", r"\255.2.0.192", ".".join("0" * 33)])
def test_a_name_that_is_no_address_does_not_exist(ask, name):
    assert_negative(ask(f"{name}.{ZONE}"), "NXDOMAIN", ZONE)


def test_hex_nibbles_in_upper_case_are_the_same_address(ask):
    name = reversed_name("2001:db8::1", ZONE).upper()
    assert ask(name).answer[0][0].address == "127.0.0.2"


def test_other_types_at_a_listed_address_are_nodata(ask):
    for rdtype in ("AAAA", "MX", "SRV", "CNAME", "PTR", "NS", "SOA", "DS", "DNSKEY", "CAA",
                   "HTTPS", "NSEC", "TYPE65280"):
        assert_negative(ask(reversed_name("192.0.2.1", ZONE), rdtype), "NOERROR", ZONE)


def test_apex_has_soa_ns_and_its_own_addresses(ask):
    soa = ask(ZONE, "SOA")
    assert [len(soa.answer), len(soa.answer[0])] == [1, 1]
    assert soa.answer[0].ttl == 300
    record = soa.answer[0][0]
    assert record.mname.to_text() == "ns1.example.net."
    assert record.rname.to_text() == "hostmaster.example.org."
    assert (record.refresh, record.retry, record.expire, record.minimum) == (600, 300, 86400, 60)
    assert record.serial > 0
    assert section(ask(ZONE, "A").answer) == {(ZONE, "A"): (300, {"192.0.2.80"})}
    assert section(ask(ZONE, "AAAA").answer) == {(ZONE, "AAAA"): (300, {"2001:db8::80"})}
    assert_negative(ask(ZONE, "TXT"), "NOERROR", ZONE)
    assert_negative(ask(ZONE, "MX"), "NOERROR", ZONE)


def test_ns_answer_has_the_addresses_of_the_servers_in_the_zone(ask):
    answer = ask(ZONE, "NS")
    assert section(answer.answer) == {
        (ZONE, "NS"): (300, {"ns1.dnsbl.example.org.", "ns2.example.net."})}
    assert section(answer.additional) == {
        ("ns1." + ZONE, "A"): (300, {"192.0.2.53"}),
        ("ns1." + ZONE, "AAAA"): (300, {"2001:db8::53"})}


def test_host_in_the_zone_has_its_addresses_and_nothing_else(ask):
    assert section(ask("ns1." + ZONE, "A").answer) == {("ns1." + ZONE, "A"): (300, {"192.0.2.53"})}
    assert section(ask("ns1." + ZONE, "AAAA").answer) == {
        ("ns1." + ZONE, "AAAA"): (300, {"2001:db8::53"})}
    assert_negative(ask("ns1." + ZONE, "TXT"), "NOERROR", ZONE)
    assert_negative(ask("ns3." + ZONE), "NXDOMAIN", ZONE)
    assert_negative(ask("x.ns1." + ZONE), "NXDOMAIN", ZONE)


def test_negative_ttl_is_the_smaller_of_soa_ttl_and_minimum(ask):
    soa = ask(OTHER, "SOA").answer[0]
    assert (soa.ttl, soa[0].minimum) == (30, 300)
    assert_negative(ask(reversed_name("192.0.2.2", OTHER)), "NXDOMAIN", OTHER, ttl=30)


@pytest.mark.parametrize("name", [".", "org", "example.org", "example.net", "xdnsbl.example.org",
                                  "1.2.0.192.in-addr.arpa"])
def test_names_outside_our_zones_are_refused_without_a_referral(ask, name):
    assert_refused(ask(name))


def test_other_classes_are_refused(ask):
    assert ask("version.bind", "TXT", rdclass="CH").rcode() == dns.rcode.REFUSED
    assert ask(ZONE, "SOA", rdclass="ANY").rcode() == dns.rcode.REFUSED


# What each name of class CH says where the config says something; None: refused.
SAID = {"version.bind": "Of no matter", "version.server": "Of no matter", "id.server": "fra1",
        "hostname.bind": "fra1", "VERSION.Bind": "Of no matter", "authors.bind": None,
        "x.version.bind": None, "bind": None, ZONE: None}


@pytest.mark.parametrize("tcp", [False, True], ids=["UDP", "TCP"])
def test_class_ch_says_what_the_config_says_and_nothing_else(install, tcp):
    server = install(BODY, 'nsid = "fra1"\nversion = "Of no matter"\n').start()
    for name, text in SAID.items():
        for rdtype in ("TXT", "ANY", "A", "SOA"):
            answer = server.ask(name, rdtype, rdclass="CH", tcp=tcp)
            if text is None or rdtype in ("A", "SOA"):
                assert_refused(answer)
            else:
                assert answer.rcode() == dns.rcode.NOERROR
                assert answer.flags & dns.flags.AA
                assert [r.to_text() for r in answer.answer] == [f'{name}. 0 CH TXT "{text}"']
                assert answer.authority == []
        for rdclass in ("IN", "HS", "ANY"):
            if name != ZONE:
                assert_refused(server.ask(name, "TXT", rdclass=rdclass, tcp=tcp))


@pytest.mark.parametrize("head, said", [
    ('nsid = "fra1"\nversion = ""\n', {"id.server", "hostname.bind"}),
    ('version = "x"\n', {"version.bind", "version.server"})], ids=["nsid", "version"])
def test_what_the_config_does_not_say_in_class_ch_is_refused(install, head, said):
    server = install(BODY, head).start()
    for name in ("version.bind", "version.server", "id.server", "hostname.bind"):
        assert bool(server.ask(name, "TXT", rdclass="CH").answer) == (name in said)


def assert_refused(answer):
    assert answer.rcode() == dns.rcode.REFUSED
    assert not answer.flags & dns.flags.AA
    assert (answer.answer, answer.authority, answer.additional) == ([], [], [])


def test_question_comes_back_in_the_case_it_was_asked(server):
    """0x20: resolvers compare every bit of it."""
    for tcp in (False, True):
        query = dns.message.make_query("1.2.0.192.DnSbL.eXaMpLe.OrG", "A")
        packet = query.to_wire()
        reply = exchange(server, packet, tcp)
        assert reply[12:len(packet)] == packet[12:]
        answer = dns.message.from_wire(reply)
        assert answer.answer[0].name.to_text() == "1.2.0.192.DnSbL.eXaMpLe.OrG."


def test_tcp_answers_a_pipeline_of_questions(server):
    """All of them in one write (RFC 7766 §6.2.1.1), in whatever order the answers come."""
    wanted = {}
    stream = b""
    for n in range(500):
        query = dns.message.make_query(reversed_name(f"192.0.2.{n % 256}", ZONE), "A", id=n)
        packet = query.to_wire()
        stream += struct.pack("!H", len(packet)) + packet
        wanted[n] = query
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
        s.sendall(stream)
        for _ in range(500):
            answer = dns.message.from_wire(read_framed(s))
            query = wanted.pop(answer.id)
            assert query.is_response(answer)
            listed = query.question[0].name.to_text().split(".")[0] in ("1", "200", "201")
            assert bool(answer.answer) == listed
    assert wanted == {}


def test_rd_is_copied_and_recursion_is_not_offered(server):
    query = dns.message.make_query(reversed_name("192.0.2.1", ZONE), "A")
    query.flags = dns.flags.RD | dns.flags.AD | dns.flags.CD
    answer = dns.message.from_wire(exchange(server, query.to_wire()))
    assert answer.flags == dns.flags.QR | dns.flags.AA | dns.flags.RD
