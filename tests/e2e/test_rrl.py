"""Response rate limiting: what a client gets that asks too much, and that no other one notices.

Clients are addresses of 127.0.0.0/8; those of one /24 share what a network may have, which is 32
times as much.
"""

import contextlib
import re
import signal
import socket
import struct
import time

import pytest

from dnsbld import Dnsbld
from odd_packets import A, EDNS, LISTED, QUERY, cookie, opt
from one_zone import BODY, fill
from packets import COOKIE, OPT, describe, make, options, over_tcp, records
from process import await_until

RATE = 20
PLAIN = make(QUERY + LISTED + A)
WHOLE, SHORT = "NOERROR aa 3/0/0", "NOERROR tc 0/0/0"


def limits(rate=RATE, **words):
    return f"rrl {{ rate = {rate} " + " ".join(f"{k} = {v}" for k, v in words.items()) + " }\n"


@contextlib.contextmanager
def client(server, address, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(10)
        s.bind((address, 0))
        s.connect(("::1" if family == socket.AF_INET6 else "127.0.0.1", server.port))
        yield s


class Asked:
    """Sends a packet so many times, and sorts the replies by their words."""

    def __init__(self, server, address, count=1, packet=PLAIN, family=socket.AF_INET, lossy=False,
                 ports=1):
        self.replies, self.words = [], {}
        begin = time.monotonic()
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(client(server, address, family)) for _ in range(ports)]
            for number in range(count):
                s = sockets[number % ports]
                s.send(struct.pack("!H", number) + packet[2:])
                if not lossy:
                    self.take(s, number)
            if lossy:
                # Another client's question behind them all: to the same worker, or to each.
                for s in sockets:
                    s.settimeout(0.5)
                    with contextlib.suppress(TimeoutError):
                        while True:
                            self.take(s)
        self.seconds = time.monotonic() - begin

    def take(self, s, number=None):
        reply = s.recv(65535)
        assert number is None or struct.unpack_from("!H", reply)[0] == number
        self.replies.append(reply)
        words = describe(reply)
        self.words[words] = self.words.get(words, 0) + 1

    def got(self, words):
        return self.words.get(words, 0)

    def most(self, rate=RATE):
        """What the rate allows in that time: from rest a second's at once."""
        return rate * (1 + self.seconds) + 1


@pytest.fixture(scope="module")
def server(install_for_file):
    return fill(install_for_file(BODY, limits())).start()


def test_a_client_that_floods_is_sent_to_tcp_and_served_there(server):
    asked = Asked(server, "127.0.1.1", 300)
    assert set(asked.words) == {WHOLE, SHORT}
    assert RATE <= asked.got(WHOLE) <= asked.most()
    assert {len(r) for r in asked.replies if describe(r) == SHORT} == {len(PLAIN)}
    replies = over_tcp(server, [PLAIN] * 300)
    assert [describe(r) for r in replies] == [WHOLE] * 300


def test_its_neighbour_is_not_limited(server):
    Asked(server, "127.0.2.1", 300)
    assert Asked(server, "127.0.2.2", RATE).words == {WHOLE: RATE}


def test_a_network_has_a_bound_too(install):
    server = fill(install(BODY, limits(1))).start()
    begin = time.monotonic()
    whole = sum(Asked(server, f"127.0.3.{n}").got(WHOLE) for n in range(1, 200))
    assert 32 <= whole <= 32 * (1 + time.monotonic() - begin) + 1
    assert Asked(server, "127.0.64.1").words == {WHOLE: 1}


def test_it_gets_its_rate_again_after_a_while(server):
    assert Asked(server, "127.0.4.1", 100).got(SHORT) > 0
    await_until(lambda: Asked(server, "127.0.4.1").words == {WHOLE: 1}, "the debt is paid", 5)


def test_a_mail_server_that_asks_for_the_unlisted_is_never_limited(server):
    """Forty questions in a second and a half, none of them twice, and all of them NXDOMAIN."""
    begin, words = time.monotonic(), set()
    with client(server, "127.0.5.1") as s:
        for number in range(3 * RATE):
            name = f"n:{number}.9.0.192.dnsbl.example.org"
            s.send(make(QUERY + name + A))
            words.add(describe(s.recv(1232)))
            if number >= RATE - 1:
                time.sleep(max(0, begin + (number - RATE + 2) * 1.25 / RATE - time.monotonic()))
    assert words == {"NXDOMAIN aa 0/1/0"}


def test_errors_count_and_stay_what_they_are(server):
    broken = PLAIN + b"\0"
    errors = Asked(server, "127.0.6.1", 3 * RATE, broken)
    assert errors.words == {"FORMERR 0/0/0": 3 * RATE}
    asked = Asked(server, "127.0.6.1", RATE)
    assert asked.got(WHOLE) <= RATE * (errors.seconds + asked.seconds) + 1


def test_all_workers_count_together(install):
    server = fill(install(BODY, limits() + "workers = 2\n")).start()
    asked = Asked(server, "127.0.7.1", 300, ports=16)
    assert RATE <= asked.got(WHOLE) <= asked.most()


@pytest.mark.skipif(not Dnsbld.ipv6, reason="no IPv6 here")
def test_ipv6_is_limited_as_well(server):
    asked = Asked(server, "::1", 300, family=socket.AF_INET6)
    assert set(asked.words) == {WHOLE, SHORT}
    assert RATE <= asked.got(WHOLE) <= asked.most()


# --- cookies ------------------------------------------------------------------------------------

def test_a_client_with_a_cookie_is_not_limited_and_one_without_is_given_one(server):
    first = Asked(server, "127.0.8.1", 200, make(EDNS + LISTED + A + opt(cookie())))
    half = " cookie=0102030405060708"
    assert set(first.words) == {"NOERROR aa 3/0/1 opt" + half, "BADCOOKIE 0/0/1 opt" + half}
    made, = [data for rdtype, _, _, rdata in records(first.replies[-1]) if rdtype == OPT
             for code, data in options(rdata) if code == COOKIE]
    proven = make(EDNS + LISTED + A + opt(f"000a 0018 {made.hex()}"))
    assert Asked(server, "127.0.8.1", 200, proven).words == {"NOERROR aa 3/0/1 opt" + half: 200}
    forged = make(EDNS + LISTED + A + opt(cookie(24)))
    assert "BADCOOKIE 0/0/1 opt" + half in Asked(server, "127.0.8.1", 3 * RATE, forged).words


# --- slip, exempt, reload -----------------------------------------------------------------------

@pytest.mark.parametrize("slip", [0, 3])
def test_slip_says_how_many_of_the_limited_are_answered(install, slip):
    server = fill(install(BODY, limits(1, slip=slip) + "workers = 1\n")).start()
    asked = Asked(server, "127.0.9.1", 91, lossy=True)
    limited = 91 - asked.got(WHOLE)
    assert 1 <= asked.got(WHOLE) <= asked.most(1)
    assert asked.got(SHORT) == (limited // slip if slip else 0)


def reload(server, head):
    config = server.config.read_text()
    server.config.write_text(re.sub(r"^rrl .*\n", "", config, flags=re.M) + head)
    before = server.children()
    server.server.send(signal.SIGHUP)
    await_until(lambda: len(server.children()) == len(before)
                and not set(server.children()) & set(before), "every process is a new one", 35)


def test_sighup_changes_the_limits(install):
    server = fill(install(BODY)).start()
    assert Asked(server, "127.0.10.1", 1000).words == {WHOLE: 1000}
    reload(server, limits(5))
    asked = Asked(server, "127.0.10.1", 100)
    assert 5 <= asked.got(WHOLE) <= asked.most(5)
    reload(server, limits(5, exempt='{ "127.0.10.0/28" }'))
    assert Asked(server, "127.0.10.1", 100).words == {WHOLE: 100}
    asked = Asked(server, "127.0.10.16", 100)
    assert 5 <= asked.got(WHOLE) <= asked.most(5)
    reload(server, limits(50))
    asked = Asked(server, "127.0.10.2", 200)
    assert 50 <= asked.got(WHOLE) <= asked.most(50)
    reload(server, "")
    assert Asked(server, "127.0.10.2", 1000).words == {WHOLE: 1000}
