"""TSIG (RFC 8945) as others speak it: dig, kdig and dnspython verify what dnsbld signs, and nobody
gets a signature who has no key. What each wrong TSIG gets is a table: test_hostile_packets.py.
"""

import re
import subprocess

import dns.message
import dns.name
import dns.query
import dns.tsig
import pytest

from dnsbld import SUBLISTS, zone
from odd_packets import LISTED, SOA_RR, make
from packets import TRANSPORTS, describe, over_tcp, over_udp
from process import program
from signing import Key, mac_of, sign, verify

ZONE = "dnsbl.example.org"
NAME = f"1.2.0.192.{ZONE}"
ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512")
TEXT = "Open relay, see https://dnsbl.example.org/lookup?ip=192.0.2.1"


def keygen(installation, name, algorithm):
    row, = installation.rows("keygen", name, "--algorithm", algorithm)
    return Key(row["name"], row["algorithm"], row["secret"])


@pytest.fixture(scope="module")
def server(install_for_file):
    """With a key of each algorithm, in the words that keygen prints; one is named below the zone,
    so that clients may compress it."""
    server = install_for_file(SUBLISTS + zone(ZONE), init=False)
    made = [(name, algorithm, server.feeder("keygen", name, "--algorithm", algorithm).stdout)
            for name, algorithm in zip(("mirror", f"Key.{ZONE}", "k-512.example.net"), ALGORITHMS)]
    server.keys = [Key(name.lower(), algorithm, re.search(r'secret += "(.*)"', text).group(1))
                   for name, algorithm, text in made]
    server.configure(SUBLISTS + zone(ZONE) + "".join(text for _, _, text in made))
    server.init()
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    return server.start()


@pytest.fixture(params=range(3), ids=ALGORITHMS)
def key(request, server):
    return server.keys[request.param]


def ask_with(client, server, key, rdtype, *words):
    name = ZONE if rdtype == "SOA" else NAME
    return subprocess.run([program(client), "@127.0.0.1", "-p", str(server.port), "-y", key.text,
                           name, rdtype, "+norec", *words],
                          capture_output=True, text=True, timeout=30)


# What each says where the signature of a reply is not right.
UNVERIFIED = re.compile(r"verif|validat|TSIG error|BADSIG|BADKEY", re.I)


@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
@pytest.mark.parametrize("rdtype, wanted", [("A", "127.0.0.2"), ("TXT", TEXT), ("SOA", "ns1.example")])
@pytest.mark.parametrize("client", ["dig", "kdig"])
def test_real_clients_verify_our_answers(server, key, client, rdtype, wanted, transport):
    done = ask_with(client, server, key, rdtype, transport)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert re.search(r"status: NOERROR", said) and wanted in said
    # The record is there with its MAC, and nothing is wrong with it.
    size = re.search(rf"{re.escape(key.name)}\.\s+0\s+ANY\s+TSIG\s+{key.algorithm}\. \d+ 300 (\d+)",
                     said)
    assert size and int(size.group(1)) == int(key.algorithm[-3:]) // 8
    assert not UNVERIFIED.search(said), said


@pytest.mark.parametrize("client", ["dig", "kdig"])
def test_real_clients_see_that_they_have_another_secret(server, client):
    """And so a signature that is wrong would be seen above."""
    key = server.keys[0]
    wrong = Key(key.name, key.algorithm, "A" * 44)
    done = ask_with(client, server, wrong, "A")
    assert UNVERIFIED.search(done.stdout + done.stderr)
    assert re.search("BADSIG", done.stdout) and "127.0.0.2" not in done.stdout


NSD = """key:
    name: "{name}"
    algorithm: {algorithm}
    secret: "{secret}"
"""
BIND = """key "{name}" {{
    algorithm {algorithm};
    secret "{secret}";
}};
"""


def test_other_servers_read_a_key_as_the_man_page_has_it(server, key, folder):
    """dig reads BIND's form, kdig's is that of its command line."""
    algorithm, name, secret = key.text.split(":")
    for form, text in (("nsd", NSD), ("bind", BIND), ("kdig", "{algorithm}:{name}:{secret}\n")):
        (folder / form).write_text(text.format(name=name, algorithm=algorithm, secret=secret))
    read = subprocess.run([program("nsd-checkconf"), "-s", name, folder / "nsd"],
                          capture_output=True, text=True, timeout=30)
    assert (read.returncode, read.stdout.strip()) == (0, secret), read.stderr
    for client, form in (("dig", "bind"), ("kdig", "kdig")):
        done = subprocess.run([program(client), "@127.0.0.1", "-p", str(server.port), "-k",
                               folder / form, NAME, "A", "+norec"],
                              capture_output=True, text=True, timeout=30)
        said = done.stdout + done.stderr
        assert "127.0.0.2" in said and "TSIG" in said and not UNVERIFIED.search(said), said


@pytest.mark.parametrize("tcp", [False, True])
def test_dnspython_verifies_our_answers(server, key, tcp):
    """It compresses a key's name where it can."""
    ring = {dns.name.from_text(key.name): dns.tsig.Key(key.name, key.secret, key.algorithm)}
    query = dns.message.make_query(NAME, "TXT", use_edns=True)
    query.use_tsig(ring, key.name)
    over = dns.query.tcp if tcp else dns.query.udp
    answer = over(query, "127.0.0.1", port=server.port, timeout=5)
    assert answer.had_tsig and answer.tsig_error == 0 and TEXT in answer.to_text()


def test_keys_that_nobody_has_get_no_signature(server):
    stranger = keygen(server, "mirror", "hmac-sha256")
    nobody = keygen(server, "nobody", "hmac-sha256")
    packet = make("1234 0000 0001 0000 0000 0000 " + LISTED + " 0001 0001")
    for key, wanted in ((stranger, "NOTAUTH 0/0/1 tsig=16"), (nobody, "NOTAUTH 0/0/1 tsig=17")):
        for exchange in (over_udp, over_tcp):
            reply, = exchange(server, [sign(packet, key)])
            assert describe(reply) == wanted


def test_each_query_of_a_connection_is_signed_for_itself(server):
    """With other keys and without one, in one stream."""
    packet = make("1234 0000 0001 0000 0000 0000 " + LISTED + " 0001 0001")
    keys = (*server.keys, None, *reversed(server.keys), None)
    queries = [packet if key is None else sign(packet, key) for key in keys]
    replies = over_tcp(server, queries)
    assert len(replies) == len(queries)
    for query, reply, key in zip(queries, replies, keys):
        if key:
            assert describe(reply) == "NOERROR aa 1/0/1 tsig=0 signed"
            assert verify(reply, key, mac_of(query)) is None
        else:
            assert describe(reply) == "NOERROR aa 1/0/0"


# --- bits -----------------------------------------------------------------------------------------

SIGNED = [make(text) for text in (
    "1234 0100 0001 0000 0000 0000 " + LISTED + " 0001 0001",
    "1234 0000 0001 0000 0000 0001 " + LISTED + " 0010 0001 00 0029 1000 00 00 0000 0000",
    "1234 0000 0001 0000 0001 0000 n:dnsbl.example.org 00fb 0001 c00c" + SOA_RR,
)]


def may_change(packet, query, key, at, bit):
    """What a signature does not cover: the id, as there is the original one (§4.2), and the case of
    key and algorithm (§4.3.3)."""
    owner = query.index(key.name.split(".")[0].encode(), len(packet) - 8)
    names = (owner - 1, owner + len(key.name) + 1), (
        query.index(key.algorithm.encode(), owner) - 1,
        query.index(key.algorithm.encode(), owner) + len(key.algorithm) + 1)
    in_names = any(start <= at < end for start, end in names) and chr(query[at]).isalpha()
    return at < 2 or (in_names and bit == 5)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("packet", SIGNED, ids=["A", "TXT", "IXFR"])
def test_no_flipped_bit_of_a_signed_query_is_answered_as_if_it_were_signed(server, key, packet,
                                                                           transport):
    exchange = TRANSPORTS[transport]
    query = sign(packet, key)
    expected, = exchange(server, [query])
    wrong, unharmed = [], 0
    bits = [(at, bit) for at in range(len(query)) for bit in range(8)]
    for group in range(0, len(bits), 64):
        bent = []
        for at, bit in bits[group:group + 64]:
            octets = bytearray(query)
            octets[at] ^= 1 << bit
            if (at, bit) != (2, 7):     # QR gets no reply
                bent.append((at, bit, bytes(octets)))
        replies = exchange(server, [octets for *_, octets in bent])
        assert len(replies) == len(bent)
        for (at, bit, octets), reply in zip(bent, replies):
            said = describe(reply)
            if may_change(packet, query, key, at, bit):
                unharmed += 1
                assert verify(reply, key, mac_of(query)) is None and said == describe(expected)
            elif (not re.match(r"(NOTAUTH .*tsig=(16|17)|FORMERR|NOTIMP)", said)
                  or "signed" in said):
                wrong.append((at, bit, said))
    assert wrong == []
    assert unharmed >= 16 + 2 * 5


# --- secrets --------------------------------------------------------------------------------------


def test_no_secret_is_ever_printed(server):
    """Whatever is wrong with the file, or asked of the programs."""
    good = server.config.read_text()
    secret = re.search(r'secret += "(.*)"', good).group(1)
    said = [server.server.text()]
    beside = server.folder / "bad.conf"
    for bad in (good.replace(secret, secret[:-1] + "!"), good.replace(secret, secret[:-2]),
                good.replace(secret, secret[:12]), good.replace(f'"{secret}"', f'x "{secret}"'),
                good.replace(f'= "{secret}"', f'"{secret}"'), good.replace(f'"{secret}"', secret),
                good.replace(f'"{secret}"', f'"{secret}" "{secret}"'),
                good.replace(f'"{secret}"', f'"{secret}'), good.replace("hmac-sha512", secret[:5]),
                good.replace(f'= "{secret}"', f'= {{ "{secret}", "{secret}" }}')):
        beside.write_text(bad)
        beside.chmod(0o600)
        done = server.feeder("list", config=beside, status=78)
        said.append(done.stdout + done.stderr)
        assert "bad.conf:" in done.stderr
    for verb in (["stats"], ["audit"], ["sync"], ["check"]):
        done = server.feeder(*verb)
        said.append(done.stdout + done.stderr)
    for key in server.keys:
        assert key.text.split(":")[2][:10] not in "\n".join(said)
