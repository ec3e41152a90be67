"""EDNS0 and the size of answers (RFC 6891, RFC 9715), some of them too large on purpose."""

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from names import reversed_name
from odd_packets import A, EDNS, LISTED, QUERY, TXT, opt, tsig
from one_zone import BODY, ZONE, fill
from packets import TRANSPORTS, describe, make
from wire import exchange

LARGE = reversed_name("192.0.2.200", ZONE)      # 20 TXT records of some 165 octets
MEDIUM = reversed_name("192.0.2.201", ZONE)     # 4 of them: above 512, below 1232
PLAIN = reversed_name("192.0.2.1", ZONE)


@pytest.fixture(scope="module")
def server(install_for_file):
    return fill(install_for_file(BODY)).start()


@pytest.fixture(scope="module")
def named(install_for_file):
    return fill(install_for_file(BODY, 'nsid = "fra1"\n')).start()


def reply_to(server, name, rdtype="TXT", tcp=False, **options):
    query = dns.message.make_query(name, rdtype, **options)
    packet = exchange(server, query.to_wire(), tcp)
    return packet, dns.message.from_wire(packet)


def test_opt_comes_back_if_and_only_if_it_was_asked(server):
    for tcp in (False, True):
        assert reply_to(server, PLAIN, tcp=tcp)[1].edns == -1
        _, answer = reply_to(server, PLAIN, tcp=tcp, use_edns=0, payload=4096)
        assert (answer.edns, answer.payload) == (0, 1232)


def test_opt_comes_back_with_every_kind_of_answer(server):
    for name in (PLAIN, "2." + PLAIN, ZONE, "2.0.192." + ZONE, "example.net", "x." + ZONE):
        assert reply_to(server, name, "A", use_edns=0)[1].edns == 0, name


@pytest.mark.parametrize("version", [1, 255])
@pytest.mark.parametrize("name", [PLAIN, "example.net"])
def test_another_edns_version_is_badvers_before_any_lookup(server, name, version):
    packet = bytearray(dns.message.make_query(name, "TXT", use_edns=0).to_wire())
    packet[-5] = version    # OPT ends: extended rcode, version, flags (2), length of options (2)
    answer = dns.message.from_wire(exchange(server, bytes(packet)))
    assert answer.rcode() == dns.rcode.BADVERS
    assert (answer.edns, answer.answer) == (0, [])


def test_unknown_options_are_ignored_and_not_echoed(server):
    option = dns.edns.GenericOption(65001, b"hello")
    _, answer = reply_to(server, PLAIN, "A", use_edns=0, options=[option])
    assert answer.rcode() == dns.rcode.NOERROR
    assert answer.answer
    assert answer.options == ()


def test_without_edns_an_answer_above_512_octets_is_truncated(server):
    packet, answer = reply_to(server, MEDIUM)
    assert len(packet) <= 512
    assert answer.flags & dns.flags.TC


@pytest.mark.parametrize("payload", [0, 100, 511, 512])
def test_a_payload_size_below_512_counts_as_512(server, payload):
    packet, answer = reply_to(server, MEDIUM, use_edns=0, payload=payload)
    assert len(packet) <= 512
    assert answer.flags & dns.flags.TC
    packet, answer = reply_to(server, PLAIN, use_edns=0, payload=payload)
    assert len(packet) > 200
    assert not answer.flags & dns.flags.TC


def test_the_clients_size_is_kept(server):
    _, whole = reply_to(server, MEDIUM, use_edns=0, payload=1232)
    assert not whole.flags & dns.flags.TC
    assert len(whole.answer[0]) == 4
    size = len(reply_to(server, MEDIUM, use_edns=0, payload=1232)[0])
    assert 512 < size < 1232
    exact, answer = reply_to(server, MEDIUM, use_edns=0, payload=size)
    assert (len(exact), answer.flags & dns.flags.TC) == (size, 0)
    less, answer = reply_to(server, MEDIUM, use_edns=0, payload=size - 1)
    assert len(less) < size
    assert answer.flags & dns.flags.TC


@pytest.mark.parametrize("payload", [1232, 4096, 65535])
def test_no_udp_answer_is_above_1232_octets(server, payload):
    packet, answer = reply_to(server, LARGE, use_edns=0, payload=payload)
    assert len(packet) <= 1232
    assert answer.flags & dns.flags.TC
    assert answer.edns == 0


def test_a_truncated_answer_is_complete_over_tcp(server):
    for options in ({}, {"use_edns": 0, "payload": 512}):
        packet, answer = reply_to(server, LARGE, tcp=True, **options)
        assert len(packet) > 1232
        assert not answer.flags & dns.flags.TC
        assert len(answer.answer[0]) == 20
        assert {rd.strings[0].split()[-1] for rd in answer.answer[0]} == {b"192.0.2.200"}


def test_any_falls_back_to_one_rrset_where_both_do_not_fit(server):
    packet, answer = reply_to(server, LARGE, "ANY", use_edns=0, payload=1232)
    assert len(packet) <= 1232
    assert not answer.flags & dns.flags.TC
    assert [(len(rrset), dns.rdatatype.to_text(rrset.rdtype)) for rrset in answer.answer] == [
        (20, "A")]


# --- NSID (RFC 5001) ----------------------------------------------------------------------------

NSID = "0003 0000"
FOUR = "n:201.2.0.192.dnsbl.example.org"
NAMED = {
    "an answer": (EDNS + LISTED + A + opt(NSID), "NOERROR aa 3/0/1 opt nsid=fra1"),
    "no answer": (EDNS + "n:2.2.0.192.dnsbl.example.org" + A + opt(NSID),
                  "NXDOMAIN aa 0/1/1 opt nsid=fra1"),
    "a refusal": (EDNS + "n:example.net" + A + opt(NSID), "REFUSED 0/0/1 opt ede=20 nsid=fra1"),
    "BADVERS": (EDNS + LISTED + A + opt(NSID, version=1), "BADVERS 0/0/1 opt nsid=fra1"),
    "FORMERR": (EDNS + LISTED + A + opt(NSID) + "00", "FORMERR 0/0/1 opt nsid=fra1"),
    "an unknown key": ("1234 0000 0001 0000 0000 0002 " + LISTED + A + opt(NSID) + tsig(),
                       "NOTAUTH 0/0/2 opt nsid=fra1 tsig=17"),
    "asked among other options": (EDNS + LISTED + A + opt("fe01 0002 0102" + NSID + "000c 0000"),
                                  "NOERROR aa 3/0/1 opt nsid=fra1"),
    "asked with octets, which mean nothing": (EDNS + LISTED + A + opt("0003 0002 6162"),
                                              "NOERROR aa 3/0/1 opt nsid=fra1"),
    "asked twice": (EDNS + LISTED + A + opt(NSID + NSID), "NOERROR aa 3/0/1 opt nsid=fra1"),
    "not asked": (EDNS + LISTED + A + opt(), "NOERROR aa 3/0/1 opt"),
    "without EDNS": (QUERY + LISTED + A, "NOERROR aa 3/0/0"),
}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("case", NAMED)
def test_the_servers_name_is_in_the_opt_where_it_is_asked_for(named, case, transport):
    text, wanted = NAMED[case]
    reply, = TRANSPORTS[transport](named, [make(text)])
    assert describe(reply) == wanted


def test_the_servers_name_is_the_first_to_go_where_room_is_short(named):
    def ask(size):
        reply, = TRANSPORTS["UDP"](named, [make(EDNS + FOUR + TXT + opt(NSID, size=size))])
        assert len(reply) <= size
        return len(reply), describe(reply)

    size, words = ask(1232)
    assert words == "NOERROR aa 4/0/1 opt nsid=fra1"
    assert ask(size) == (size, words)
    assert ask(size - 1) == (size - 8, "NOERROR aa 4/0/1 opt")
    assert ask(size - 8) == (size - 8, "NOERROR aa 4/0/1 opt")
    assert ask(size - 9)[1] == "NOERROR aa tc 0/0/1 opt nsid=fra1"


def test_no_error_is_more_than_23_octets_longer_than_its_query(install):
    """The longest name that there can be is left out of errors, and of nothing else."""
    server = install(BODY, f'nsid = "{"x" * 64}"\n').start()
    refused = make(EDNS + "n:example.net" + A + opt(NSID))
    listed = make(EDNS + LISTED + A + opt(NSID))
    replies = TRANSPORTS["UDP"](server, [refused, listed])
    assert describe(replies[0]) == "REFUSED 0/0/1 opt ede=20"
    assert len(replies[0]) <= len(refused) + 23
    assert describe(replies[1]).endswith("opt nsid=" + "x" * 64)


# --- messages that are larger than any query need be ----------------------------------------------

ROOM = 2112     # octets: what is longer is cut by a UDP worker


def padded(size):
    """A query of `size` octets: its OPT has an option as long as that takes."""
    length = size - len(make(EDNS + LISTED + A + opt("fe01 0000")))
    return make(EDNS + LISTED + A + opt(f"fe01 {length:04x}" + "00" * length))


def test_a_whole_message_is_not_taken_for_all_of_a_longer_datagram(server):
    """What has room is a query with nothing behind it, and only the kernel knows that more came."""
    assert len(padded(ROOM)) == ROOM
    packets = [padded(ROOM - 1), padded(ROOM), padded(ROOM) + b"\0", padded(ROOM) + bytes(1000),
               padded(ROOM) + bytes(60000), padded(ROOM + 1), padded(ROOM)]
    replies = TRANSPORTS["UDP"](server, packets)
    fine, fault = "NOERROR aa 3/0/1 opt", "FORMERR 0/0/0"
    assert [describe(r) for r in replies[:2]] == [fine, fine]
    assert list(map(describe, replies[2:5])) == ["FORMERR 0/0/1 opt"] * 3
    assert describe(replies[5]) == fault, "its option overruns what has room"
    assert describe(replies[6]) == fine
    # A connection has room for all of it: what is behind the query is a fault, a longer one none.
    replies = TRANSPORTS["TCP"](server, packets)
    assert [describe(r) for r in replies] == [fine, fine, "FORMERR 0/0/1 opt", "FORMERR 0/0/1 opt",
                                              "FORMERR 0/0/1 opt", fine, fine]


def test_what_gets_no_reply_or_notimp_gets_that_when_it_is_cut(server):
    header = bytes.fromhex("1234 2800 0001 0000 0000 0000")
    answer = bytes.fromhex("1234 8000 0001 0000 0000 0000")
    packets = [header + bytes(3000), answer + bytes(3000), padded(ROOM)]
    assert [describe(r) for r in TRANSPORTS["UDP"](server, packets)] == [
        "NOTIMP 12", "NOERROR aa 3/0/1 opt"]
