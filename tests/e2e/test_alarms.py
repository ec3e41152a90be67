"""What the server says loudly: data that nobody keeps up, and processes that do not stay."""

import contextlib
import os
import re
import signal
import socket
import time

import pytest

from dnsbld import SUBLISTS, zone
from names import reversed_name
from process import await_until

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
LISTED = reversed_name("192.0.2.1", ZONE)

OVERDUE = (r"error: what expired (\d+) s ago is still served: "
           r"feeder expire, which should run each minute, does not run or fails")
UNCHANGED = r"error: nothing has changed for (\d+) s, and stale allows (\d+) s"
FINE = "the data is up to date again"
AGAIN = r"error: (.*) ends again and again: 4 times in the last (\d+) s"


def ago(minutes):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60 * minutes))


def ticks(server, count=3):
    """Lets the TCP process look at the database so many times: each look is a stat of data.mdb."""
    tcp = server.children()[-1]

    def looks():
        with open(f"/proc/{tcp}/status", encoding="ascii") as status:
            return int(re.search(r"^voluntary_ctxt_switches:\t(\d+)$", status.read(), re.M).group(1))

    begin = looks()
    # It wakes up twice a second and looks every other time.
    await_until(lambda: looks() >= begin + 2 * count, "the server's clock ticks")


# --- the data -----------------------------------------------------------------------------------


def test_what_expired_long_ago_and_is_still_served_is_an_error_until_it_has_gone(install):
    server = install(BODY)
    server.feeder("add", "192.0.2.1", "--sublist", "relay", "--expires", "15m", "--now", ago(60))
    server.start()
    assert server.codes(LISTED) == ["127.0.0.2"]
    assert 2700 <= int(server.server.await_line(OVERDUE).group(1)) <= 2730
    ticks(server)
    assert len(re.findall(OVERDUE, server.server.text())) == 1, "not every second"
    server.feeder("expire")
    server.server.await_line(FINE)
    assert server.codes(LISTED) == []


def test_what_expired_a_moment_ago_is_no_matter(install):
    server = install(BODY)
    server.feeder("add", "192.0.2.1", "--sublist", "relay", "--expires", "15m", "--now", ago(20))
    server.start()
    ticks(server)
    assert "still served" not in server.server.text()


def test_data_that_does_not_change_is_an_error_where_the_config_says_so(install):
    server = install(BODY, head="stale = 3s\n").start()
    age, allowed = server.server.await_line(UNCHANGED).groups()
    assert (3 <= int(age) <= 10, allowed) == (True, "3")
    ticks(server)
    assert len(re.findall(UNCHANGED, server.server.text())) == 1
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    server.server.await_line(FINE)


@pytest.mark.parametrize("head", ["", "stale = never\n", "stale = 1h\n"])
def test_data_that_does_not_change_is_fine_where_it_may(install, head):
    server = install(BODY, head=head).start()
    ticks(server, 5)
    assert "nothing has changed" not in server.server.text()


# --- processes ----------------------------------------------------------------------------------


class Supervisor:
    """systemd's end of the socket that NOTIFY_SOCKET names."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        os.chmod(path, 0o777)
        self.socket.setblocking(False)
        self.said = []

    def status(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.said += self.socket.recv(65536).decode().splitlines()
        return [line for line in self.said if line.startswith("STATUS=")]


def kill_and_await(server, victim):
    before = server.children()
    os.kill(victim, signal.SIGKILL)
    await_until(lambda: victim not in server.children()
                and len(server.children()) == len(before), f"{victim} is replaced")
    successor, = set(server.children()) - set(before)
    return successor


def test_a_process_that_ends_again_and_again_is_an_error_and_systemds_status(install, monkeypatch):
    server = install(BODY)
    server.loses_processes = True
    supervisor = Supervisor(server.folder / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(supervisor.path))
    server.start()
    victim = server.children()[0]
    for _ in range(3):
        victim = kill_and_await(server, victim)
    assert "again and again" not in server.server.text()
    assert supervisor.status() == []
    victim = kill_and_await(server, victim)
    who, span = server.server.await_line(AGAIN).groups()
    assert who == f"UDP worker 1 at 127.0.0.1:{server.port}"
    assert 1 <= int(span) <= 60
    await_until(supervisor.status, "systemd is told")
    assert supervisor.status() == [f"STATUS={who} ends again and again: "
                                   f"4 times in the last {span} s"]
    # Not for each time that it happens.
    kill_and_await(server, victim)
    assert len(re.findall(AGAIN, server.server.text())) == 1
    assert server.rcode(ZONE, "SOA") == "NOERROR"


def test_each_process_ending_once_is_no_alarm(install):
    """As when data.mdb is replaced."""
    server = install(BODY)
    server.loses_processes = True
    server.start()
    for victim in server.children():
        kill_and_await(server, victim)
    assert len(server.children()) >= 3
    assert "again and again" not in server.server.text()


def test_a_process_that_cannot_start_again_is_an_error_every_minute(install):
    """The database has gone: why is said once, that it goes on is said as well."""
    server = install(BODY).start()
    server.loses_processes = True
    os.rename(server.database / "data.mdb", server.database / "data.away")
    server.server.await_line(AGAIN, 30)
    os.rename(server.database / "data.away", server.database / "data.mdb")
    await_until(lambda: server.server.running() and len(server.children()) >= 3, "it is back")
