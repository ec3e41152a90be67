"""NOTIFY (RFC 1996): a change is told to a zone's secondaries, soon, once, and until they answer.

That nothing is sent is never waited for: the next NOTIFY that has to come is also the next one that
came.
"""

import contextlib
import signal
import socket
import struct
import time

import dns.message
import dns.opcode
import dns.rcode
import dns.tsigkeyring
import pytest

from dnsbld import SUBLISTS, Dnsbld, zone
from metrics import scrape
from ports import free_port
from process import await_until
from secondary import Secondary, acknowledge, refuse, silence

ZONE = "dnsbl.example.org"
OTHER = "relays.example.org"
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
KEYS = "".join(f'key {name} {{ algorithm = "hmac-sha256"  secret = "{SECRET}" }}\n'
               for name in ("mirror", "other"))


def notified(*peers, key=None):
    remotes = (f'"{p.remote}{f" key {key}" if key else ""}"' for p in peers)
    return f'notify = {{ {", ".join(remotes)} }}'


class Unanswered:
    """A server and four secondaries: one is silent, one answers without the key that it has, one is
    at no port, one is fine."""

    def __init__(self, install, silent, unsigned, fine):
        def without_key(peer, notify):
            response = dns.message.make_response(notify.message)
            response.tsig = None
            response.keyring = None
            return response.to_wire()

        unsigned.answer = without_key
        self.silent, self.unsigned, self.fine = silent, unsigned, fine
        self.nobody = f"127.0.0.1:{free_port()}"
        self.metrics = free_port()
        self.server = install(
            f'notify_delay = 0\nmetrics = "127.0.0.1:{self.metrics}"\n' + KEYS + SUBLISTS
            + zone(ZONE, f'notify = {{ "{silent.remote}", "{unsigned.remote} key mirror", '
                         f'"{self.nobody}", "{fine.remote}" }}')).start()

    def ended(self, how):
        return scrape(self.metrics).value("dnsbld_notify_ended_total", result=how)

    def lines(self, remote):
        return [line for line in self.server.server.text().splitlines() if remote in line]


@pytest.fixture(scope="module", autouse=True)
def unanswered(install_for_file):
    """It takes half a minute until all is over with them. The last test of the file looks at that,
    and the others run meanwhile."""
    keyring = dns.tsigkeyring.from_text({"mirror": SECRET})
    with (Secondary(answer=silence) as silent, Secondary(keyring=keyring) as unsigned,
          Secondary() as fine):
        yield Unanswered(install_for_file, silent, unsigned, fine)


@pytest.fixture
def peer():
    with Secondary() as secondary:
        yield secondary


def serial(server, name=ZONE):
    return server.stats()["serials"][name]


def change(server, address="192.0.2.1", sublist="relay"):
    """Returns the serial after it."""
    server.feeder("add", address, "--sublist", sublist)
    return serial(server)


def test_a_change_is_told_once_with_its_serial_to_the_zones_that_have_it(install, peer):
    server = install("notify_delay = 0\n" + SUBLISTS + zone(ZONE, notified(peer))
                     + zone(OTHER, 'sublists = { "hijacked" } ' + notified(peer))).start()
    at_start = {n.zone: n.serial for n in (peer.next(), peer.next())}
    assert at_start == {name: serial(server, name) for name in (ZONE, OTHER)}
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        wanted = change(server, address)
        told = peer.next()
        assert (told.zone, told.serial) == (ZONE, wanted)
    assert serial(server, OTHER) == at_start[OTHER]
    server.feeder("add", "192.0.2.1", "--sublist", "hijacked")
    told = {n.zone: n.serial for n in (peer.next(), peer.next())}
    assert told == {name: serial(server, name) for name in (ZONE, OTHER)}
    assert peer.waiting() == 0


def test_ten_changes_within_the_delay_are_one(install, peer):
    server = install("notify_delay = 4s\n" + SUBLISTS + zone(ZONE, notified(peer))).start()
    assert peer.next().serial == serial(server), "at the start without delay"
    begin, changes = time.monotonic(), 0
    while changes < 10 or time.monotonic() < begin + 2:
        changes += 1
        last = change(server, f"198.51.100.{changes}")
    assert peer.waiting() == 0, "ten changes took longer than the delay: a slow machine"
    told = peer.next()
    assert told.serial == last
    assert 4 < told.time - begin < 5.5, "the delay begins with the first"
    assert (change(server, "192.0.2.1"), peer.waiting()) == (peer.next().serial, 0)


def test_what_is_lost_is_sent_again_until_it_is_answered(install, peer):
    server = install("notify_delay = 0\n" + SUBLISTS + zone(ZONE, notified(peer))).start()
    peer.next()
    peer.answer = silence
    wanted = change(server)
    first, second = peer.next(), peer.next()
    peer.answer = acknowledge
    third = peer.next()
    assert first.serial == wanted
    assert first.wire == second.wire == third.wire
    assert 0.9 < second.time - first.time < 1.8 < third.time - second.time < 4
    wanted = change(server, "192.0.2.2")
    assert peer.next().serial == wanted, "what was acknowledged is not sent again"
    assert "NOTIFY" not in server.server.text()


def test_a_newer_serial_replaces_the_one_that_is_not_answered(install, peer):
    server = install("notify_delay = 0\n" + SUBLISTS + zone(ZONE, notified(peer))).start()
    peer.next()
    peer.answer = silence
    old, new = change(server), change(server, "192.0.2.2")
    seen = [peer.next().serial, peer.next().serial, peer.next().serial]
    # The first may have been seen by nobody, where both were committed between two looks.
    assert seen in ([old, new, new], [new, new, new])


def test_signed_ones_verify_and_so_must_their_answers(install):
    keyring = dns.tsigkeyring.from_text({"mirror": SECRET})
    with Secondary(keyring=keyring) as peer:
        server = install("notify_delay = 0\n" + KEYS + SUBLISTS
                         + zone(ZONE, notified(peer, key="mirror"))).start()
        first = peer.next()
        assert first.message.had_tsig and first.message.keyname.to_text() == "mirror."
        wanted = change(server)
        assert peer.next().serial == wanted

        def with_another_key(peer, notify):
            """That both sides know is not enough: it has to be the one that it was asked with."""
            response = dns.message.make_response(notify.message)
            response.use_tsig(dns.tsigkeyring.from_text({"other": SECRET}), "other",
                              algorithm="hmac-sha256")
            response.request_mac = notify.message.mac
            return response.to_wire()

        peer.answer = with_another_key
        wanted = change(server, "192.0.2.2")
        peer.next()
        peer.answer = acknowledge
        again = peer.next()
        assert again.serial == wanted, "an answer that was not genuine ended it"
        server.server.await_line(rf"{peer.remote} answers NOTIFY with NOERROR, and not signed")
        # And neither did it keep the genuine one from being believed.
        server.server.await_line(rf"{peer.remote} acknowledges NOTIFY again")
        wanted = change(server, "192.0.2.3")
        assert peer.next().serial == wanted


def forgeries(notify):
    """Answers that are none, each by one thing."""
    def answer(**fields):
        message = dns.message.make_response(notify.message)
        for field, value in fields.items():
            setattr(message, field, value)
        return message

    other_opcode = answer()
    other_opcode.set_opcode(dns.opcode.QUERY)
    question = answer()
    question.flags ^= 0x8000
    yield answer(id=notify.message.id ^ 1)
    yield other_opcode
    yield question
    yield answer(question=dns.message.make_query(OTHER, "SOA").question)
    yield answer(question=dns.message.make_query(ZONE, "A").question)
    yield answer(question=dns.message.make_query(ZONE, "SOA", rdclass="CH").question)
    yield answer(question=[])


def test_what_is_no_answer_ends_nothing(install):
    """Each of them to a secondary of its own; the last one is right, but from elsewhere."""
    elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def forged(number):
        def answer(peer, notify):
            for n, message in enumerate(forgeries(notify)):
                if n == number:
                    return message.to_wire()
            elsewhere.sendto(acknowledge(peer, notify), notify.source)
            return None

        return answer

    with contextlib.ExitStack() as stack, elsewhere:
        peers = [stack.enter_context(Secondary()) for _ in range(8)]
        server = install("notify_delay = 0\n" + SUBLISTS + zone(ZONE, notified(*peers))).start()
        for n, peer in enumerate(peers):
            peer.next()
            peer.answer = forged(n)
        wanted = change(server)
        firsts = [peer.next() for peer in peers]
        for peer in peers:
            peer.answer = acknowledge
        assert [first.serial for first in firsts] == [wanted] * 8
        assert [peer.next().wire for peer in peers] == [first.wire for first in firsts]


def test_a_refusal_is_the_last_word_and_is_said_once(install, peer):
    server = install("notify_delay = 0\n" + SUBLISTS + zone(ZONE, notified(peer))).start()
    peer.next()
    peer.answer = refuse
    for address in ("192.0.2.1", "192.0.2.2"):
        wanted = change(server, address)
        assert peer.next().serial == wanted
    server.server.await_line(rf"zone {ZONE}: {peer.remote} answers NOTIFY with REFUSED: has it the zone")
    peer.answer = acknowledge
    wanted = change(server, "192.0.2.3")
    assert peer.next().serial == wanted
    server.server.await_line(rf"{peer.remote} acknowledges NOTIFY again")
    assert server.server.text().count("REFUSED") == 1


def test_who_does_not_know_notify_may_say_so_without_the_question(install, peer):
    def not_implemented(peer, notify):
        return notify.wire[:2] + b"\xa0\x04" + bytes(8)

    peer.answer = not_implemented
    server = install("notify_delay = 0\n" + SUBLISTS + zone(ZONE, notified(peer))).start()
    peer.next()
    server.server.await_line(rf"{peer.remote} answers NOTIFY with NOTIMP")
    assert change(server) == peer.next().serial


def test_a_start_and_a_reload_notify_once_and_a_stopped_server_never(install, peer):
    server = install("notify_delay = 0\n" + SUBLISTS + zone(ZONE, notified(peer))).start()
    first = peer.next()
    server.stop()
    while_stopped = change(server)
    server.start()
    second = peer.next()
    assert (first.serial != second.serial, second.serial) == (True, while_stopped)
    for n in range(3):
        before = server.children()
        server.server.send(signal.SIGHUP)
        assert peer.next().serial == serial(server)
        await_until(lambda: not set(server.children()) & set(before), "the old ones have ended")
        # Of those processes that are left one has it under its eyes.
        wanted = change(server, f"192.0.2.{10 + n}")
        assert peer.next().serial == wanted
        assert peer.waiting() == 0


def test_those_that_a_reload_has_stopped_notify_no_more(install, peer):
    """A client that does not read what it asked for keeps the old TCP process for seconds."""
    server = install("notify_delay = 0\n" + SUBLISTS + zone(ZONE, notified(peer))).start()
    peer.next()
    query = dns.message.make_query(ZONE, "SOA").to_wire()
    before = server.children()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            while True:
                client.sendall((struct.pack("!H", len(query)) + query) * 100)
        server.server.send(signal.SIGHUP)
        port = peer.next().source[1]
        await_until(lambda: len(set(server.children()) & set(before)) == 1, "but one has ended")
        # Each process has a port of its own, and each would be the first to see some of these.
        for n in range(8):
            wanted = change(server, f"192.0.2.{n}")
            told = peer.next()
            assert (told.serial, told.source[1]) == (wanted, port)
        assert len(set(server.children()) & set(before)) == 1, "it ended too soon"
        assert peer.waiting() == 0


def test_nobody_is_notified_of_what_would_not_be_transferred(install, peer):
    """feeder has another config than the server: until both agree nothing is sent."""
    def body(ttl):
        return "notify_delay = 0\n" + SUBLISTS + zone(ZONE, notified(peer), ttl=ttl)

    server = install(body("5m")).start()
    peer.next()
    server.configure(body("10m"))
    change(server)
    last = change(server, "192.0.2.2")
    server.server.await_line("had another config than this server")
    assert peer.waiting() == 0
    server.server.send(signal.SIGHUP)
    assert peer.next().serial == last
    assert change(server, "192.0.2.3") == peer.next().serial
    assert peer.waiting() == 0


def test_a_zone_that_is_not_in_the_database_is_notified_of_when_it_is(install, peer):
    server = install(SUBLISTS + zone(ZONE))
    server.configure("notify_delay = 0\n" + SUBLISTS + zone(ZONE)
                     + zone(OTHER, notified(peer)))
    server.start()
    assert server.rcode(OTHER, "SOA") == "SERVFAIL"
    server.feeder("sync")
    told = peer.next()
    assert (told.zone, told.serial) == (OTHER, serial(server, OTHER))


@pytest.mark.skipif(not Dnsbld.ipv6, reason="no IPv6 here")
def test_over_ipv6(install):
    with Secondary("::1") as peer:
        server = install("notify_delay = 0\n" + SUBLISTS + zone(ZONE, notified(peer))).start()
        peer.next()
        assert change(server) == peer.next().serial
        assert change(server, "192.0.2.2") == peer.next().serial
        assert peer.waiting() == 0


def test_ids_and_ports_cannot_be_guessed(install, peer):
    server = install("notify_delay = 0\n" + SUBLISTS + zone(ZONE, notified(peer)))
    ids, ports = [], []
    for _ in range(4):
        server.start()
        first = peer.next()
        change(server, f"192.0.2.{len(ids) + 1}")
        second = peer.next()
        ids += [first.message.id, second.message.id]
        ports.append(first.source[1])
        server.stop()
    # Neither the same nor in steps, but once in millions of times.
    assert len(set(ids)) > 5 and len({b - a for a, b in zip(ids, ids[1:])}) > 4
    assert len(set(ports)) > 1


def test_secondaries_that_never_answer_are_given_up_and_that_is_said_once(unanswered):
    u = unanswered
    await_until(lambda: u.ended("given_up") == 3, "three are given up", 60, 0.5)
    assert u.ended("acknowledged") == 1
    assert scrape(u.metrics).value("dnsbld_notify_sent_total") == 3 * 5 + 1
    times = [u.silent.next().time for _ in range(5)]
    waits = [round(b - a) for a, b in zip(times, times[1:])]
    assert waits == [1, 2, 4, 8]
    assert (u.silent.waiting(), u.fine.waiting(), u.unsigned.waiting()) == (0, 1, 5)
    for remote in u.silent.remote, u.nobody:
        line, = u.lines(remote)
        assert line.endswith(f"zone {ZONE}: {remote} does not answer NOTIFY")
    line, = u.lines(u.unsigned.remote)
    assert "not signed" in line
    assert u.lines(u.fine.remote) == []
    u.silent.answer = acknowledge
    change(u.server)
    u.server.server.await_line(rf"{u.silent.remote} acknowledges NOTIFY again")
