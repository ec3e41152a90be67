"""DNS cookies (RFC 7873, RFC 9018), as dig, kdig and another server of the same secret see them."""

import re
import signal
import socket
import struct
import subprocess
import time

import pytest

from dnsbld import built
from odd_packets import (A, EDNS, FOUR, LISTED, NO_QUESTION_EDNS, QUERY, TXT, UNLISTED, cookie, opt)
from one_zone import BODY, fill
from packets import COOKIE, OPT, describe, make, options, over_tcp, over_udp, records
from process import await_until, program

SECRET, OTHER = "e5e973e5a6b2a43f48e7dc849e37bfcf", "445536bcd2513298075a5d379663c962"
CLIENT = bytes(range(1, 9))


def section(**words):
    said = " ".join(f'{k} = "{v}"' if k.endswith("secret") else f"{k} = {v}"
                    for k, v in words.items())
    return f"cookies {{ {said} }}\n"


@pytest.fixture(scope="module")
def server(install_for_file):
    return fill(install_for_file(BODY)).start()


def ask(server, sent=CLIENT, head=EDNS + UNLISTED + A, over=over_udp, **words):
    """(the reply in words without its cookie, the cookie, the reply's length)"""
    option = f"000a {len(sent):04x} {sent.hex()}" if sent else ""
    reply, = over(server, [make(head + opt(option, **words))])
    found = [data for rdtype, _, _, rdata in records(reply) if rdtype == OPT
             for code, data in options(rdata) if code == COOKIE]
    words = re.sub(r" cookie=\w+", "", describe(reply))
    return words, found[0] if found else None, len(reply)


def learn(server):
    return ask(server)[1]


def is_known(server, made):
    """Whether the server takes a cookie for one of its own; it says so where nothing is asked."""
    words, _, _ = ask(server, made, NO_QUESTION_EDNS)
    return {"NOERROR 0/0/1 opt": True, "BADCOOKIE 0/0/1 opt": False}[words]


def reload(server, head):
    config = server.config.read_text()
    server.config.write_text(re.sub(r"^cookies .*\n", "", config, flags=re.M) + head)
    before = server.children()
    server.server.send(signal.SIGHUP)
    await_until(lambda: len(server.children()) == len(before)
                and not set(server.children()) & set(before), "every process is a new one", 35)


def test_a_cookie_comes_back_and_stays_the_same(server):
    words, made, _ = ask(server)
    assert (words, made[:8]) == ("NXDOMAIN aa 0/1/1 opt", CLIENT)
    assert abs(struct.unpack_from("!I", made, 12)[0] - time.time()) < 10
    for over in (over_udp, over_tcp):
        for head in (EDNS + UNLISTED + A, EDNS + FOUR + TXT, NO_QUESTION_EDNS):
            assert ask(server, made, head, over)[1] == made
    assert is_known(server, made)


def test_a_cookie_is_of_one_address_and_one_client(server):
    made = learn(server)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(10)
        s.bind(("127.0.0.2", 0))
        s.connect(("127.0.0.1", server.port))
        s.send(make(NO_QUESTION_EDNS + opt(f"000a 0018 {made.hex()}")))
        assert describe(s.recv(1232)).startswith("BADCOOKIE 0/0/1 opt")
    assert not is_known(server, b"another!" + made[8:])
    assert not is_known(server, made[:-1] + bytes([made[-1] ^ 1]))


def test_without_a_cookie_there_is_none_and_no_edns(server):
    assert ask(server, b"") == ("NXDOMAIN aa 0/1/1 opt", None, ask(server)[2] - 28)
    reply, = over_udp(server, [make(QUERY + LISTED + A)])
    assert describe(reply) == "NOERROR aa 3/0/0"


def test_an_answer_and_its_cookie_fit_together_or_neither(server):
    _, _, size = ask(server, head=EDNS + FOUR + TXT, size=1232)
    assert ask(server, head=EDNS + FOUR + TXT, size=size)[0] == "NOERROR aa 4/0/1 opt"
    words, made, less = ask(server, head=EDNS + FOUR + TXT, size=size - 1)
    assert (words, made[:8]) == ("NOERROR aa tc 0/0/1 opt", CLIENT)
    assert less < size


# --- secrets ------------------------------------------------------------------------------------

def test_servers_with_one_secret_know_each_others_cookies(install):
    one, two, stranger = (fill(install(BODY, head)).start() for head in (
        section(secret=SECRET), section(secret=SECRET.upper()), section(secret=OTHER)))
    made = learn(one)
    assert is_known(two, made)
    assert not is_known(stranger, made)


def test_a_secret_can_be_changed_without_one_client_being_forgotten(install):
    """As the man page says it for several servers: nobody is ever asked for a cookie anew."""
    servers = [fill(install(BODY, section(secret=SECRET))).start() for _ in range(2)]

    def check():
        for maker in servers:
            made = learn(maker)
            assert all(is_known(s, made) for s in servers)

    first = learn(servers[0])
    for head in (section(secret=SECRET, old_secret=OTHER), section(secret=OTHER, old_secret=SECRET)):
        for server in servers:
            reload(server, head)
            check()
            assert is_known(server, first)
    # Those of the old secret are renewed at once.
    words, made, _ = ask(servers[0], first)
    assert (words, made[:8], made == first) == ("NXDOMAIN aa 0/1/1 opt", CLIENT, False)
    for server in servers:
        reload(server, section(secret=OTHER))
        check()
        assert is_known(server, made)
        assert not is_known(server, first)


def test_a_made_up_secret_lasts_until_the_server_ends(install):
    server = fill(install(BODY)).start()
    made = learn(server)
    reload(server, "")
    assert is_known(server, made)
    server.stop()
    assert not is_known(server.start(), made)


def test_a_secret_is_not_in_the_log(install):
    server = install(BODY, section(secret=SECRET, old_secret=SECRET), init=False)
    failed = subprocess.run([built("dnsbld"), "-t", "-c", server.config], capture_output=True,
                            text=True, timeout=60)
    assert failed.returncode == 78
    assert "cookies: secret and old_secret are the same" in failed.stderr
    assert SECRET[:8] not in failed.stderr


# --- require = true -----------------------------------------------------------------------------

@pytest.fixture(scope="module")
def strict(install_for_file):
    return fill(install_for_file(BODY, section(require="true"))).start()


def test_where_cookies_are_required_only_the_proven_get_records_over_udp(strict):
    words, made, size = ask(strict, head=EDNS + LISTED + A)
    assert words == "BADCOOKIE 0/0/1 opt"
    assert size == len(make(EDNS + LISTED + A + opt(cookie()))) + 16
    assert ask(strict, made, EDNS + LISTED + A)[0] == "NOERROR aa 3/0/1 opt"
    assert ask(strict, made[:-1] + b"x", EDNS + LISTED + A)[0] == "BADCOOKIE 0/0/1 opt"


def test_where_cookies_are_required_others_are_sent_to_tcp(strict):
    assert ask(strict, b"", EDNS + LISTED + A)[0] == "NOERROR tc 0/0/1 opt"
    reply, = over_udp(strict, [make(QUERY + LISTED + A)])
    assert describe(reply) == "NOERROR tc 0/0/0"
    assert len(reply) == len(make(QUERY + LISTED + A))
    reply, = over_tcp(strict, [make(QUERY + LISTED + A)])
    assert describe(reply) == "NOERROR aa 3/0/0"
    assert ask(strict, head=EDNS + LISTED + A, over=over_tcp)[0] == "NOERROR aa 3/0/1 opt"


# --- real clients -------------------------------------------------------------------------------

def dig(server, *words):
    done = subprocess.run([program("dig"), "@127.0.0.1", "-p", str(server.port), "+tries=1", *words],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_dig_finds_the_cookie_good(server):
    first = dig(server, "+cookie", "1.2.0.192.dnsbl.example.org", "A")
    made = re.search(r"COOKIE: (\w{48}) \(good\)", first).group(1)
    again = dig(server, f"+cookie={made}", "1.2.0.192.dnsbl.example.org", "A")
    assert f"COOKIE: {made} (good)" in again


def test_dig_gets_through_where_cookies_are_required(strict):
    told = dig(strict, "+cookie", "+qr", "1.2.0.192.dnsbl.example.org", "A")
    assert "BADCOOKIE, retrying" in told
    assert "127.0.0.9" in told and "SERVER: 127.0.0.1" in told and "(UDP)" in told
    told = dig(strict, "+nocookie", "1.2.0.192.dnsbl.example.org", "A")
    assert "127.0.0.9" in told and "(TCP)" in told


def test_kdig_gets_through_where_cookies_are_required(strict):
    done = subprocess.run([program("kdig"), "@127.0.0.1", "-p", str(strict.port), "+cookie",
                           "+badcookie", "1.2.0.192.dnsbl.example.org", "A"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "127.0.0.9" in done.stdout and "BADCOOKIE" in done.stderr + done.stdout
