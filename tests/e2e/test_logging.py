"""Where the log goes, with which priority, and that nothing can fill it.

syslog(3) has one place, /dev/log: the server runs in a mount namespace whose /dev has ours.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from dnsbld import SUBLISTS, built, zone
from proc import children_of
from process import Process, await_until, need_root

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
ANOTHER = BODY + zone("bl.example.net")
SYSLOG = 'log = "syslog"\n'

DAEMON, ERROR, WARNING, INFO = 3 << 3, 3, 4, 6

# A /dev with null and ours, for whoever is started in it.
NAMESPACE = ('set -e; mount --bind /dev/null "$1/null"; mount --rbind "$1" /dev; shift; '
             'exec "$@"')


class Syslog:
    """A syslog daemon's socket. text() is all it got so far."""

    def __init__(self, folder):
        self.dev = folder / "dev"
        self.dev.mkdir()
        (self.dev / "null").touch()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.dev / "log"))
        (self.dev / "log").chmod(0o666)
        self.socket.setblocking(False)
        self.got = ""

    def text(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.got += self.socket.recv(65536).decode() + "\n"
        return self.got

    def await_line(self, pattern):
        return await_until(lambda: re.search(pattern, self.text(), re.M),
                           lambda: f"{pattern!r} in\n{self.text()}")


def inside(syslog, argv):
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", NAMESPACE, "sh",
            syslog.dev, *argv]


@pytest.fixture
def syslog(make_folder):
    need_root("a mount namespace")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        pytest.skip("this container forbids mount namespaces")
    syslog = Syslog(make_folder())
    yield syslog
    syslog.socket.close()


def launch(server, syslog):
    server.server = Process(inside(syslog, [built("dnsbld"), "-c", server.config]),
                            server.folder / "dnsbld.log")
    return server.server


def entry(priority, text, pid):
    return rf"^<{DAEMON | priority}>\w+ +\d+ [\d:]+ dnsbld\[{pid}\]: {text}"


def test_syslog_gets_the_lines_of_all_processes_through_the_parent(install, syslog):
    server = install(BODY, SYSLOG)
    server.loses_processes = True
    process = launch(server, syslog)
    process.await_line(r"^ready: serving 1 zones? on ")
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    before = process.text()

    # A worker's own word, and long after it was locked in: the TCP process speaks.
    other = server.configure(BODY.replace("5m", "6m"), server.folder / "other.conf")
    server.feeder("sync", config=other)
    syslog.await_line(entry(WARNING, rf"warning: zone {ZONE}: feeder's last write had another "
                            "config", process.pid))
    # The parent's.
    os.kill(server.children()[0], signal.SIGKILL)
    syslog.await_line(entry(WARNING, r"warning: UDP worker 1 at \S+ ended by signal 9 \(Killed\): "
                            "replacing it", process.pid))
    server.config.chmod(0o666)
    process.send(signal.SIGHUP)
    syslog.await_line(entry(ERROR, "error: .*: the old config stays", process.pid))
    server.config.chmod(0o644)
    process.send(signal.SIGHUP)
    syslog.await_line(entry(INFO, "reloaded: serving 1 zones", process.pid))
    assert server.stop() == 0
    assert process.text() == before
    assert "ready" not in syslog.text()


def test_until_it_serves_stderr_has_it_too(install, syslog):
    """A worker's warning and a fault that ends it all."""
    server = install(BODY, SYSLOG)
    server.configure(ANOTHER)
    process = launch(server, syslog)
    process.await_line(r"^ready: ")
    warning = "warning: zone bl.example.net is not in the database"
    syslog.await_line(entry(WARNING, warning, process.pid))
    assert re.search(rf"^dnsbld: {warning}", process.text(), re.M)
    second = Process(inside(syslog, [built("dnsbld"), "-c", server.config]),
                     server.folder / "second.log")
    assert second.wait() == 75
    assert re.search(r"^dnsbld: error: \S+ \w+ is in use", second.text(), re.M)
    syslog.await_line(entry(ERROR, r"error: \S+ \w+ is in use", second.pid))


def test_sighup_moves_the_log(install, syslog):
    server = install(BODY)
    process = launch(server, syslog)
    process.await_line(r"^ready: ")
    server.extra_head = SYSLOG
    server.configure(BODY)
    process.send(signal.SIGHUP)
    syslog.await_line(entry(INFO, "reloaded: ", process.pid))
    assert "reloaded" not in process.text()
    server.extra_head = ""
    server.configure(BODY)
    process.send(signal.SIGHUP)
    process.await_line("^dnsbld: reloaded: ")
    assert syslog.text().count("reloaded") == 1


def test_without_a_syslog_daemon_the_server_serves(install, syslog):
    (syslog.dev / "log").unlink()
    server = install(BODY, SYSLOG)
    process = launch(server, syslog)
    process.await_line(r"^ready: ")
    process.send(signal.SIGHUP)
    await_until(lambda: server.rcode("127.0.0.1." + ZONE) == "NXDOMAIN", "an answer")
    assert server.stop() == 0


def all_are_replaced(server, rounds):
    """So often each child is killed; each line about it goes to the log."""
    count = len(server.children())
    for _ in range(rounds):
        before = server.children()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        await_until(lambda: len(server.children()) == count
                    and not set(server.children()) & set(before), "all are replaced", 20)


def test_a_syslog_daemon_that_reads_nothing_stops_nobody(install, syslog):
    server = install(BODY, SYSLOG)
    launch(server, syslog).await_line(r"^ready: ")
    with contextlib.suppress(BlockingIOError), socket.socket(socket.AF_UNIX,
                                                             socket.SOCK_DGRAM) as other:
        other.setblocking(False)
        while True:
            other.sendto(b"<30>others are busy", str(syslog.dev / "log"))
    all_are_replaced(server, 2)
    syslog.text()
    all_are_replaced(server, 1)
    syslog.await_line(r"warning: \d+ lines of the log were lost: syslog took none")
    assert server.stop() == 0


def test_a_pipe_that_nobody_reads_stops_nobody(install):
    server = install(BODY)
    ends = os.pipe()
    os.set_blocking(ends[1], False)
    process = subprocess.Popen([built("dnsbld"), "-c", server.config], stderr=ends[1])
    try:
        said = b""
        while b"ready: " not in said:
            said += os.read(ends[0], 4096)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(ends[1], b"x" * 4096)
        os.set_blocking(ends[1], True)      # the server's as well
        children = children_of(process.pid)
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        await_until(lambda: len(children_of(process.pid)) == len(children)
                    and not set(children_of(process.pid)) & set(children), "all are replaced", 20)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        for end in ends:
            os.close(end)


def test_the_journal_gets_priorities_and_the_ready_line_as_it_is(install, make_folder):
    """The journal is whatever $JOURNAL_STREAM says: here, the log file."""
    server = install(BODY)
    log = server.folder / "journal"
    log.touch()
    place = log.stat()
    server.configure(ANOTHER)
    server.server = Process([built("dnsbld"), "-c", server.config], log,
                            env={**os.environ, "JOURNAL_STREAM": f"{place.st_dev}:{place.st_ino}"})
    server.server.await_line(r"^ready: serving 2 zones on ")
    server.server.await_line(r"^<4>dnsbld: warning: zone bl\.example\.net is not in the database")
    server.feeder("sync")
    server.server.send(signal.SIGHUP)
    server.server.await_line(r"^<6>dnsbld: reloaded: ")
    assert re.match(r"(<\d>dnsbld|ready): ", server.server.text())


def test_a_flood_of_one_cause_is_a_few_lines_and_a_count(install):
    """Each SIGHUP finds a config that is refused, and says so."""
    server = install(BODY)
    server.start()
    fine = server.config.read_text()
    server.config.write_text("nonsense")
    refused = r"^dnsbld: error: .*: the old config stays$"
    held = r"^dnsbld: error: (\d+) more lines like this were suppressed: .*: the old config stays$"
    for _ in range(200):
        server.server.send(signal.SIGHUP)
        time.sleep(0.002)       # a signal that waits already would not come twice
    server.server.await_line(held)
    shown = len(re.findall(refused, server.server.text(), re.M)) \
        - len(re.findall(held, server.server.text(), re.M))
    assert shown == 10
    assert int(re.search(held, server.server.text(), re.M).group(1)) > 50
    # Other causes have nothing to do with it.
    server.config.write_text(fine)
    server.server.send(signal.SIGHUP)
    server.server.await_line("^dnsbld: reloaded: ")


def test_a_worker_that_repeats_itself_is_held_back(install):
    """Each sync with yet another config is worth a warning, by the TCP process when it is asked."""
    server = install(BODY)
    server.start()
    other, many = server.folder / "other.conf", 20
    for n in range(many):
        server.configure(SUBLISTS + zone(ZONE, ttl=f"{10 + n}m"), other)
        server.feeder("sync", config=other)
        server.rcode(ZONE, "SOA", tcp=True)
    warning = rf"zone {ZONE}: feeder's last write had another config"
    held = r"(\d+) more lines like this were suppressed: "

    def counts():
        text = server.server.text()
        return (len(re.findall(rf"^dnsbld: warning: {warning}", text, re.M)),
                sum(map(int, re.findall(rf"^dnsbld: warning: {held}{warning}", text, re.M))))

    await_until(lambda: sum(counts()) == many, lambda: f"{counts()}")
    assert counts()[0] >= 10 and counts()[1] > 0
