"""Everything at once for a while: ten seconds, ten minutes with DNSBLD_LONG=1.

    good clients, UDP and TCP    ─┐                 ┌─▶ NOTIFY: answered, late, never
    packets that are no query    ─┼─▶ dnsbld ───────┼─▶ feeder mirror ─▶ dnsbld ◀─ good clients
    AXFR and IXFR of all kinds   ─┘     ▲           └── SIGHUP to each of them, again and again
                                 feeder add --stream, 50 commits a second

At the end every good client had every answer, every transfer was whole or refused as it had to be,
the mirror has what its primary has, nothing complained, no process was lost, and what the processes
hold has not grown.
"""

import contextlib
import os
import re
import signal
import time
from pathlib import Path

from asker import A, TXT, ask_all
from dnsbld import SUBLISTS, built, zone
from lists import LONG
from load import Load, attempt
from names import reversed_name
from peers.server import KEY, secret
from ports import free_port
from process import Process, await_until
from secondary import Secondary, silence
from soak import Commits, Held, Leaving, Malformed, Refused, Repeating, Taking, TcpClient, late

ZONE = "dnsbl.example.org"
OTHER = "other.example.org"
SIGNED = f'key "{KEY.name}" {{ algorithm = "{KEY.algorithm}"  secret = "{secret(KEY)}" }}\n'
# With bounds that the good clients stay within.
BOUNDS = """\
rrl { rate = 100000  exempt = { "192.0.2.0/24" } }
clients { refuse = { "198.51.100.0/24" } }
tcp { per_client = 60  transfers = 40 }
state = "state"
metrics = "127.0.0.1:%d"
"""
DURATION = 600 if LONG else 10
RELOAD = 10 if LONG else 2.5
COMMITS = 50        # a second

LISTED = {reversed_name(f"101.{n % 50}.7.{n}", ZONE): ["127.0.0.2"] for n in range(100)}
WANTED = {**LISTED, **{reversed_name(f"101.{n % 50}.8.{n}", ZONE): [] for n in range(100)},
          reversed_name("127.0.0.2", ZONE): ["127.0.0.2"]}


def body(receivers, mirror):
    """A zone for who has the key and one for an address."""
    told = ", ".join(f'"{r.remote}"' for r in receivers)
    return SIGNED + SUBLISTS + zone(ZONE, f"""
    access {{ address_second = 100000 }}
    transfer {{ keys = {{ "{KEY.name}" }} }}
    notify = {{ {told}, "127.0.0.1:{mirror} key {KEY.name}" }}
""") + zone(OTHER, f"""
    transfer {{ allow = {{ "127.0.0.1" }} }}
    notify = {{ {told} }}
""")


class Mirror:
    """A second installation: feeder mirror, and dnsbld that serves what it has."""

    def __init__(self, install, port, primary):
        self.server = install(SIGNED + f"""
mirror {{
    listen = "127.0.0.1:{port}"
    zone "{ZONE}" {{ primaries = {{ "127.0.0.1:{primary}" }}  key = "{KEY.name}" }}
}}
""")
        self.server.feeder("mirror", "--once")
        self.server.start()
        self.feeder = Process([built("feeder"), "-c", self.server.config, "mirror"],
                              self.server.folder / "mirror.log")

    def await_serial(self, serial):
        def has():
            answer = self.server.ask(ZONE, "SOA").answer
            return answer and answer[0][0].serial == serial

        await_until(has, lambda: f"the mirror has {serial}:\n{self.feeder.text()[-3000:]}", 60)


def memory_kib(pid):
    """What a process has of its own: not the file's pages, which are the kernel's to keep."""
    return int(re.search(r"RssAnon:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def holdings(server):
    """(parent's KiB, all children's KiB, parent's descriptors, all children's descriptors)"""
    parent, children = server.server.pid, server.children()
    return (memory_kib(parent), sum(map(memory_kib, children)), descriptors(parent),
            sum(map(descriptors, children)))


def hang_up(process):
    """SIGHUP, and it has read its config again."""
    reloaded = process.text().count("reloaded: ")
    process.send(signal.SIGHUP)
    await_until(lambda: process.text().count("reloaded: ") > reloaded, "it is reloaded", 60)


def reload(server, count):
    """And the old generation has gone."""
    hang_up(server.server)
    await_until(lambda: len(server.children()) == count, "the old processes have gone", 60)


def keeps_freed_memory():
    """AddressSanitizer does, for a while, and finds leaks itself."""
    return b"__asan_init" in Path(built("dnsbld")).read_bytes()


def assert_has_not_grown(server, first, last, count):
    """The first sample is of a server that has done it all for a while."""
    parent, children, fds, child_fds = first
    index_kib = server.stats()["index_bytes"] // 1024
    if not keeps_freed_memory():
        assert last[0] <= parent + 512
        # Each process has what it was asked for of the index, and twice as it makes room anew.
        assert last[1] <= children + count * (2 * index_kib + 1024)
    assert last[2] <= fds
    assert last[3] <= child_fds + 20, "connections come and go"


def said_beside(process, *expected):
    """What a log has beside the lines that it should have, each of which may stand for more."""
    words = "|".join(("ready: ", "reloaded: ", *expected))
    lines = re.compile(r"ready: |\w+: (warning: )?(\d+ more lines like this were suppressed: )?"
                       rf"({words})")
    return [line for line in process.text().splitlines() if not lines.match(line)]


def test_mixed_load_leaks_nothing_and_loses_no_answer(install):
    with contextlib.ExitStack() as stack:
        receivers = [stack.enter_context(Secondary(**how))
                     for how in ({}, {"answer": late}, {"answer": silence})]
        notified = free_port()
        server = install(body(receivers, notified), BOUNDS % free_port())
        rows = "".join(f"101.{n % 50}.7.{n // 50}\n" for n in range(100 * 50))
        server.feeder("import", "--source", "feed", "--sublist", "relay", "--format", "plain", "-",
                      input=rows)
        server.start()
        mirror = Mirror(install, notified, server.port)
        stack.callback(mirror.feeder.stop)
        mixed_load(server, mirror, receivers)


def mixed_load(server, mirror, receivers):
    both = [(s, len(s.children())) for s in (server, mirror.server)]
    commits, tcp = Commits(server), TcpClient(server.port, WANTED)
    malformed, held = Malformed(server.port, list(WANTED)), Held(server.port, OTHER)
    leaving, refused = Leaving(server, OTHER), Refused(server, ZONE)
    taking = [Taking(server.port, ZONE, 10000, KEY), Taking(server.port, OTHER, 10000)]
    begin = time.monotonic()
    reloads, samples = 0, []
    with contextlib.ExitStack() as stack:
        def run(what, pause):
            return stack.enter_context(Repeating(what, pause))

        load = stack.enter_context(
            Load(server.port, WANTED, udp_clients=3, tcp_clients=0, pause=0.002))
        follows = stack.enter_context(
            Load(mirror.server.port, WANTED, udp_clients=1, tcp_clients=0, pause=0.01))
        threads = [run(tcp, 0.01), run(malformed, 0.02), run(held, 0.05), run(commits, 1 / COMMITS),
                   run(leaving, 0.1), run(refused, 0.1), *(run(t, 0.3) for t in taking)]
        while time.monotonic() < begin + DURATION:
            time.sleep(max(0, begin + (reloads + 1) * RELOAD - time.monotonic()))
            samples.append([*(holdings(s) for s, _ in both),
                            (memory_kib(mirror.feeder.pid), descriptors(mirror.feeder.pid))])
            for s, count in both:
                reload(s, count)
            hang_up(mirror.feeder)
            reloads += 1
    held.end()
    assert commits.end() == 0
    seconds = time.monotonic() - begin
    first, last = samples[0], samples[-1]
    asking, noise = threads[:2]
    copied = mirror.server.stats()["changes"]
    print(f"{seconds:.0f} s: {load.count} answers over UDP, {asking.times * 4} over TCP "
          f"({tcp.again} asked again), {follows.count} of the mirror's, {noise.times * 20} "
          f"malformed, {held.answers} transfers begun, {[t.turn for t in taking]} taken "
          f"({[t.again for t in taking]} asked again), {refused.answers} refused, {copied} by the "
          f"mirror, {[r.waiting() for r in receivers]} NOTIFYs, {len(commits.acknowledged)} "
          f"commits, {reloads} reloads\nfirst {first}, last {last}")
    assert [thread.error for thread in threads] == [None] * len(threads)
    assert load.wrong == follows.wrong == tcp.wrong == []
    assert load.count > 100 * seconds
    assert len(commits.acknowledged) > COMMITS / 5 * seconds, "feeder was not held up"
    assert held.answers > 0 and refused.answers > seconds and copied > seconds / 3
    assert all(t.turn > seconds / 3 and t.again <= t.turn / 10 + 2 for t in taking)

    assert_all_is_there(server, mirror, receivers, commits.acknowledged)
    assert_only_this_was_said(server, mirror)
    for (s, count), one, other in zip(both, first, last):
        assert_has_not_grown(s, one, other, count)
    assert keeps_freed_memory() or last[2][0] <= first[2][0] + 1024
    assert last[2][1] <= first[2][1] + 5
    for s, _ in both:
        assert s.stop() == 0


def assert_all_is_there(server, mirror, receivers, acknowledged):
    """What is acknowledged is there, the newest of it served, by the mirror too."""
    listed = set(server.listed(sublist="relay"))
    assert set(acknowledged) <= {p.removesuffix("/32") for p in listed}
    newest = reversed_name(acknowledged[-1], ZONE)
    assert attempt(server.port, newest) == ["127.0.0.2"]
    serial = server.serial(ZONE)
    mirror.await_serial(serial)
    # The text of a whole /24 is a range's in a transfer.
    asked = [(name, rdtype) for name in WANTED for rdtype in (A, TXT)]
    asked += [(reversed_name(address, ZONE), A) for address in acknowledged]
    assert ask_all(mirror.server.port, asked) == ask_all(server.port, asked)
    for receiver in receivers:
        await_until(lambda: newest_of(receiver) == serial, "it was told of the newest serial", 30)
    server.feeder("check")
    mirror.server.feeder("check")


def newest_of(receiver):
    with receiver.received.mutex:
        return max(n.serial for n in receiver.received.queue if n.zone == ZONE)


def assert_only_this_was_said(server, mirror):
    assert said_beside(server.server, r"transfer of \S+ to 127.0.0.1: ",
                       f"transfer of {OTHER} to 127.0.0.1 was cut off: ",
                       f"transfer of {ZONE} to 127.0.0.1 refused: ",
                       r"zone \S+: \S+ does not answer NOTIFY") == []
    assert said_beside(mirror.server.server) == []
    assert said_beside(mirror.feeder, f"{ZONE}: serial ") == []
