"""Who is served: what clients at different addresses get, for all zones and in one, however they ask.

One UDP worker takes the packets of an address one by one, so that what gets no reply is known to
get none as soon as a later packet has its own.
"""

import contextlib
import signal
import socket
import struct

import pytest

from dnsbld import SUBLISTS, Dnsbld, zone
from names import reversed_name
from odd_packets import A, ANY, EDNS, LISTED, NOTIFY, QUERY, SOA, TXT, ZONE, opcode, opt, tsig
from packets import LAST, TIMEOUT, describe, make, records
from process import absent, await_until
from wire import read_framed

ANSWERED = "127.0.0.1"
REFUSED = "127.0.1.1"
DROPPED = "127.0.2.1"
EMPTY = "127.0.3.1"
ERROR = "127.0.4.1"

HEAD = 'workers = 1\nversion = "1"\ntcp { idle = 1m }\n'
FILE = """
clients {
    refuse = { 127.0.1.0/24 }
    drop   = { 127.0.2.0/24 }
    empty  = { 127.0.3.0/24 }
    error  = { 127.0.4.0/24 }
    answer = { 127.0.1.128/25, 127.0.2.200 }
}
"""
BODY = SUBLISTS + FILE + zone("dnsbl.example.org", """
    apex { a = { "192.0.2.80" } }
    host "ns" { a = { "192.0.2.53" } }
""") + zone("own.example.org", """
    clients {
        answer     = { 127.0.1.7, 127.0.2.7 }
        refuse     = { 127.0.0.7, ::1 }
        drop       = { 127.0.7.0/24 }
        error      = { 127.0.8.0/24 }
        error_code = 255
        error_text = "{ip}: too many queries"
    }
""") + zone("private.example.org", """
    clients { default = drop  answer = { 127.0.0.1 } }
""") + zone("sub.private.example.org", """
    clients { default = answer }
""")


@pytest.fixture(scope="module")
def server(install_for_file):
    server = install_for_file(BODY, HEAD)
    server.feeder("add", "192.0.2.1", "2.0.0.2", "--sublist", "relay")
    return server.start()


@pytest.fixture(params=["UDP", "TCP"])
def said(request, server):
    """said(SOURCE, PACKET) is the reply to a client there, in words."""
    over = {"UDP": over_udp, "TCP": over_tcp}[request.param]
    return lambda source, text: describe(over(server, source, make(text)))


def over_udp(server, source, packet):
    """b"" where there is none by when the one worker has answered a later packet."""
    with bound(source, socket.SOCK_DGRAM) as s, bound(ANSWERED, socket.SOCK_DGRAM) as later:
        for client, data in ((s, packet), (later, LAST)):
            client.connect((ANSWERED, server.port))
            client.send(data)
        assert later.recv(512)[:2] == LAST[:2]
        s.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            return s.recv(65535)
        return b""


def over_tcp(server, source, packet):
    """b"" where the server closes."""
    with bound(source, socket.SOCK_STREAM) as s:
        s.connect((ANSWERED, server.port))
        s.sendall(struct.pack("!H", len(packet)) + packet)
        with contextlib.suppress(AssertionError, ConnectionError):
            return read_framed(s)
        return b""


@contextlib.contextmanager
def bound(source, kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.settimeout(TIMEOUT)
        s.bind((source, 0))
        yield s


# What is asked; what is said to those who are refused, dropped, served as if nothing were listed,
# and to those whose every address is an error.
PARTIAL = "n:2.0.192.dnsbl.example.org"
QUESTIONS = {
    "a listed address": (QUERY + LISTED + A, "NOERROR aa 1/0/0",
                         "REFUSED 0/0/0", "drop", "NXDOMAIN aa 0/1/0", "NOERROR aa 1/0/0"),
    "why it is": (QUERY + LISTED + TXT, "NOERROR aa 1/0/0",
                  "REFUSED 0/0/0", "drop", "NXDOMAIN aa 0/1/0", "NOERROR aa 1/0/0"),
    "both": (QUERY + LISTED + ANY, "NOERROR aa 2/0/0",
             "REFUSED 0/0/0", "drop", "NXDOMAIN aa 0/1/0", "NOERROR aa 2/0/0"),
    "another type": (QUERY + LISTED + " 001c 0001", "NOERROR aa 0/1/0",
                     "REFUSED 0/0/0", "drop", "NXDOMAIN aa 0/1/0", "NOERROR aa 0/1/0"),
    "with EDNS": (EDNS + LISTED + A + opt(), "NOERROR aa 1/0/1 opt",
                  "REFUSED 0/0/1 opt ede=18", "drop", "NXDOMAIN aa 0/1/1 opt",
                  "NOERROR aa 1/0/1 opt"),
    "an address that is not listed": (QUERY + "n:9.2.0.192.dnsbl.example.org" + A,
                                      "NXDOMAIN aa 0/1/0", "REFUSED 0/0/0", "drop",
                                      "NXDOMAIN aa 0/1/0", "NOERROR aa 1/0/0"),
    "an address above IPv6 ones": (QUERY + "n:2.0.0.2.dnsbl.example.org" + A,
                                   "NOERROR aa 1/0/0", "REFUSED 0/0/0", "drop",
                                   "NOERROR aa 0/1/0", "NOERROR aa 1/0/0"),
    "an IPv6 address": (QUERY + "n:1." + "0." * 23 + "8.b.d.0.1.0.0.2.dnsbl.example.org" + A,
                        "NXDOMAIN aa 0/1/0", "REFUSED 0/0/0", "drop",
                        "NXDOMAIN aa 0/1/0", "NOERROR aa 1/0/0"),
    "a test entry": (QUERY + "n:2.0.0.127.dnsbl.example.org" + A, "NOERROR aa 1/0/0",
                     "REFUSED 0/0/0", "drop", "NXDOMAIN aa 0/1/0", "NOERROR aa 1/0/0"),
    "a part of an address": (QUERY + PARTIAL + A, "NOERROR aa 0/1/0",
                             "REFUSED 0/0/0", "drop", "NOERROR aa 0/1/0", "NOERROR aa 0/1/0"),
    "nonsense": (QUERY + "n:x.dnsbl.example.org" + A, "NXDOMAIN aa 0/1/0",
                 "REFUSED 0/0/0", "drop", "NXDOMAIN aa 0/1/0", "NXDOMAIN aa 0/1/0"),
    "the apex": (QUERY + ZONE + A, "NOERROR aa 1/0/0",
                 "REFUSED 0/0/0", "drop", "NOERROR aa 1/0/0", "NOERROR aa 1/0/0"),
    "the SOA": (QUERY + ZONE + SOA, "NOERROR aa 1/0/0",
                "REFUSED 0/0/0", "drop", "NOERROR aa 1/0/0", "NOERROR aa 1/0/0"),
    "the NS": (QUERY + ZONE + " 0002 0001", "NOERROR aa 2/0/0",
               "REFUSED 0/0/0", "drop", "NOERROR aa 2/0/0", "NOERROR aa 2/0/0"),
    "a host": (QUERY + "n:ns.dnsbl.example.org" + A, "NOERROR aa 1/0/0",
               "REFUSED 0/0/0", "drop", "NOERROR aa 1/0/0", "NOERROR aa 1/0/0"),
    "no zone of ours": (QUERY + "n:example.net" + A, "REFUSED 0/0/0",
                        "REFUSED 0/0/0", "drop", "REFUSED 0/0/0", "REFUSED 0/0/0"),
    "no zone of ours, with EDNS": (EDNS + "n:example.net" + A + opt(), "REFUSED 0/0/1 opt ede=20",
                                   "REFUSED 0/0/1 opt ede=18", "drop", "REFUSED 0/0/1 opt ede=20",
                                   "REFUSED 0/0/1 opt ede=20"),
    "the version": (QUERY + "n:version.bind 0010 0003", "NOERROR aa 1/0/0",
                    "REFUSED 0/0/0", "drop", "NOERROR aa 1/0/0", "NOERROR aa 1/0/0"),
    "another version of EDNS": (EDNS + LISTED + A + opt(version=1), "BADVERS 0/0/1 opt",
                                "BADVERS 0/0/1 opt", "drop", "BADVERS 0/0/1 opt",
                                "BADVERS 0/0/1 opt"),
    "a notification": (NOTIFY + "n:example.net" + SOA, "NOTAUTH 0/0/0",
                       "REFUSED 0/0/0", "drop", "NOTAUTH 0/0/0", "NOTAUTH 0/0/0"),
    "with a key": (EDNS + LISTED + A + tsig(), "NOTAUTH 0/0/1 tsig=17",
                   "NOTAUTH 0/0/1 tsig=17", "drop", "NOTAUTH 0/0/1 tsig=17",
                   "NOTAUTH 0/0/1 tsig=17"),
    "an update": (opcode(5) + ZONE + SOA, "NOTIMP 12",
                  "NOTIMP 12", "drop", "NOTIMP 12", "NOTIMP 12"),
    "octets behind the end": (QUERY + LISTED + A + "00", "FORMERR 0/0/0",
                              "FORMERR 0/0/0", "drop", "FORMERR 0/0/0", "FORMERR 0/0/0"),
    "no question": (QUERY, "FORMERR 12", "FORMERR 12", "drop", "FORMERR 12", "FORMERR 12"),
    "a header cut short": ("1234 0000", "drop", "drop", "drop", "drop", "drop"),
}


@pytest.mark.parametrize("asked", QUESTIONS)
def test_each_client_gets_what_the_file_says(said, asked):
    text, *wanted = QUESTIONS[asked]
    sources = (ANSWERED, REFUSED, DROPPED, EMPTY, ERROR)
    assert [said(source, text) for source in sources] == wanted


def test_the_most_specific_prefix_counts(said):
    wanted = {"127.0.0.255": "NOERROR aa 1/0/0", "127.0.1.0": "REFUSED 0/0/0",
              "127.0.1.127": "REFUSED 0/0/0", "127.0.1.128": "NOERROR aa 1/0/0",
              "127.0.1.254": "NOERROR aa 1/0/0", "127.0.2.199": "drop",
              "127.0.2.200": "NOERROR aa 1/0/0", "127.0.2.201": "drop",
              "127.0.5.1": "NOERROR aa 1/0/0"}
    assert {source: said(source, QUERY + LISTED + A) for source in wanted} == wanted


def test_a_zone_comes_before_the_file_and_only_for_itself(said):
    own, file = QUERY + "n:1.2.0.192.own.example.org" + A, QUERY + LISTED + A
    for source, in_zone, elsewhere in (
            ("127.0.1.7", "NOERROR aa 1/0/0", "REFUSED 0/0/0"),
            ("127.0.2.7", "NOERROR aa 1/0/0", "drop"),
            ("127.0.0.7", "REFUSED 0/0/0", "NOERROR aa 1/0/0"),
            ("127.0.7.1", "drop", "NOERROR aa 1/0/0"),
            # Where the zone says nothing, what the file says holds.
            (REFUSED, "REFUSED 0/0/0", "REFUSED 0/0/0"),
            (EMPTY, "NXDOMAIN aa 0/1/0", "NXDOMAIN aa 0/1/0"),
            (ANSWERED, "NOERROR aa 1/0/0", "NOERROR aa 1/0/0")):
        assert (said(source, own), said(source, file)) == (in_zone, elsewhere), source


def test_a_zones_default_comes_before_the_file(said):
    private, below = "n:1.2.0.192.private.example.org", "n:1.2.0.192.sub.private.example.org"
    assert said(ANSWERED, QUERY + private + A) == "NOERROR aa 1/0/0"
    assert said("127.0.0.2", QUERY + private + A) == "drop"
    assert said("127.0.1.200", QUERY + private + A) == "drop"
    assert said("127.0.0.2", QUERY + "n:private.example.org" + SOA) == "drop"
    assert said("127.0.0.2", NOTIFY + "n:private.example.org" + SOA) == "drop"
    assert said(DROPPED, QUERY + below + A) == "NOERROR aa 1/0/0"
    assert said(DROPPED, NOTIFY + "n:sub.private.example.org" + SOA) == "REFUSED 0/0/0"


def test_the_zone_that_answers_decides(said):
    """DS of a zone below is the upper one's; what is malformed is of no zone."""
    cut = QUERY + "n:sub.private.example.org"
    assert said("127.0.0.2", cut + SOA) == "NOERROR aa 1/0/0"
    assert said("127.0.0.2", cut + " 002b 0001") == "drop"
    assert said(ANSWERED, cut + " 002b 0001") == "NOERROR aa 0/1/0"
    assert said("127.0.0.2", QUERY + "n:private.example.org" + SOA + "00") == "FORMERR 0/0/0"
    assert said(DROPPED, cut + SOA + "00") == "drop"


def test_an_error_says_so(server):
    def told(source, question):
        (_, _, ttl, rdata), = records(over_udp(server, source, make(QUERY + question)))
        assert ttl == 300
        return rdata

    def string(text):
        return bytes((len(text),)) + text.encode()

    assert told(ERROR, LISTED + A) == bytes((127, 255, 255, 254))
    assert told(ERROR, LISTED + TXT) == string("No listing: the asking resolver is not served")
    own = "n:9.2.0.192.own.example.org"
    assert told("127.0.8.1", own + A) == bytes((127, 255, 255, 255))
    assert told("127.0.8.1", own + TXT) == string("192.0.2.9: too many queries")
    # What the file has decided, in the words of the zone.
    assert told(ERROR, own + A) == bytes((127, 255, 255, 255))


def test_what_was_asked_before_in_a_connection_is_answered(server):
    """A zone that drops its client closes the connection: other zones' answers come first."""
    good, bad = make(QUERY + LISTED + A), make(QUERY + "n:1.2.0.192.own.example.org" + A)
    with bound("127.0.7.1", socket.SOCK_STREAM) as s:
        s.connect((ANSWERED, server.port))
        s.sendall(b"".join(struct.pack("!H", len(p)) + p for p in (good, good, bad, good)))
        assert [describe(read_framed(s)) for _ in range(2)] == ["NOERROR aa 1/0/0"] * 2
        assert s.recv(1) == b""


@pytest.mark.parametrize("tcp", [False, True], ids=["UDP", "TCP"])
def test_ipv6_clients_have_their_own_prefixes(server, tcp):
    if not Dnsbld.ipv6:
        absent("::1 is not there")

    def rcode(name):
        return server.rcode(reversed_name("192.0.2.1", name), address="::1", tcp=tcp)

    assert rcode("own.example.org") == "REFUSED"
    assert rcode("dnsbl.example.org") == "NOERROR"


def test_sighup_brings_other_clients_in(install):
    def served(source, name="dnsbl.example.org"):
        reply = over_udp(server, source, make(QUERY + "n:1.2.0.192." + name + A))
        return describe(reply)

    def reload(body):
        server.configure(body)
        server.server.send(signal.SIGHUP)

    listed = "NOERROR aa 1/0/0"
    server = install(SUBLISTS + zone("dnsbl.example.org"), "workers = 1\n")
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    serial = server.stats()["serials"]
    server.start()
    assert (served(ANSWERED), served(REFUSED)) == (listed, listed)

    reload(SUBLISTS + FILE + zone("dnsbl.example.org"))
    await_until(lambda: served(REFUSED) == "REFUSED 0/0/0", "the file's section counts")
    # The old generation may take a packet or two before it has gone.
    await_until(lambda: len(server.children()) == (3 if Dnsbld.ipv6 else 2), "it has")
    assert [served(s) for s in (ANSWERED, DROPPED, EMPTY)] == [listed, "drop", "NXDOMAIN aa 0/1/0"]

    reload(SUBLISTS + FILE + zone("dnsbl.example.org", "clients { answer = 127.0.0.0/8 }"))
    await_until(lambda: served(REFUSED) == listed, "the zone's section counts")
    await_until(lambda: len(server.children()) == (3 if Dnsbld.ipv6 else 2), "the old have gone")
    assert [served(s) for s in (DROPPED, EMPTY, ERROR)] == [listed] * 3

    server.feeder("sync")
    assert server.stats()["serials"] == serial, "who is served is nothing that secondaries have"


def test_packets_of_one_batch_are_told_apart(server):
    text = make(QUERY + LISTED + A)
    with contextlib.ExitStack() as opened:
        clients = []
        for number in range(60):
            source = (ANSWERED, REFUSED, DROPPED, EMPTY, ERROR)[number % 5]
            s = opened.enter_context(bound(source, socket.SOCK_DGRAM))
            s.connect((ANSWERED, server.port))
            clients.append(s)
        for s in clients:
            s.send(text)
        for number, wanted in enumerate(("NOERROR aa 1/0/0", "REFUSED 0/0/0", None,
                                         "NXDOMAIN aa 0/1/0", "NOERROR aa 1/0/0")):
            for s in clients[number::5] if wanted else ():
                assert describe(s.recv(512)) == wanted
        for s in clients[2::5]:
            s.setblocking(False)
            with pytest.raises(BlockingIOError):
                s.recv(512)
