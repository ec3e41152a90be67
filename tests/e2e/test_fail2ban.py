"""The real fail2ban with our action: whom a jail bans is listed, whom it unbans is not.

    log lines ─▶ fail2ban's own postfix filter ─▶ feeder/fail2ban/dnsbld.conf ─▶ feeder add, remove
"""

import datetime
import json
import re
import subprocess
from pathlib import Path

import pytest

from dnsbld import REPOSITORY, SUBLISTS, built, zone
from lists import shared_file
from process import Process, absent, await_until, program

ZONE = "dnsbl.example.org"
ACTION = REPOSITORY / "feeder/fail2ban/dnsbld.conf"
FILTERS = Path("/etc/fail2ban/filter.d")
LOGS = "corpus/fail2ban+fail2ban/fail2ban/tests/files/logs/"

SERVER = """[Definition]
loglevel = INFO
logtarget = STDOUT
syslogsocket = auto
socket = {folder}/socket
pidfile = {folder}/pid
dbfile = {folder}/database
dbpurgeage = 1d
"""
JAIL = """[mail]
enabled = true
backend = polling
filter = postfix[mode=aggressive]
logpath = {folder}/mail.log
usedns = no
ignoreself = false
maxretry = {maxretry}
findtime = {findtime}
bantime = {bantime}
action = dnsbld[feeder="{feeder}", config="{config}", sublist=hijacked]
"""


class Fail2ban:
    """A server in the foreground, with its own config, socket and database below one folder."""

    def __init__(self, folder, installation, maxretry=2, findtime="10m", bantime="1h"):
        self.folder = folder
        self.log = folder / "mail.log"
        self.log.touch()
        self.starts = 0
        if not (FILTERS / "postfix.conf").exists():
            absent(f"{FILTERS}/postfix.conf is not installed")
        (folder / "action.d").mkdir()
        (folder / "action.d/dnsbld.conf").symlink_to(ACTION)
        (folder / "filter.d").symlink_to(FILTERS)
        (folder / "fail2ban.conf").write_text(SERVER.format(folder=folder))
        (folder / "jail.conf").write_text(JAIL.format(
            folder=folder, feeder=built("feeder"), config=installation.config, maxretry=maxretry,
            findtime=findtime, bantime=bantime))
        self.start()

    def start(self):
        self.starts += 1
        self.process = Process([program("fail2ban-server"), "-f", "-c", self.folder, "start"],
                               self.folder / f"fail2ban.{self.starts}.log")
        self.process.await_line(r"Jail 'mail' started")

    def stop(self):
        self.process.stop()

    def client(self, *words):
        argv = [program("fail2ban-client"), "-c", self.folder, *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30).stdout

    def refuse(self, address, times=2):
        """What Postfix logs of a client that wants to relay."""
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"{now} mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[{address}]: "
                      "554 5.7.1 <a@example.net>: Relay access denied; from=<b@example.com> "
                      "to=<a@example.net> proto=ESMTP helo=<'$(id)'>\n" * times)

    def errors(self):
        return re.findall(r"^.* ERROR .*$", self.process.text(), re.M)


@pytest.fixture
def list_(install):
    return install(SUBLISTS + zone(ZONE))


@pytest.fixture
def fail2ban(list_, make_folder):
    started = []

    def start(**options):
        started.append(Fail2ban(make_folder(), list_, **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def await_listed(list_, *addresses):
    await_until(lambda: list_.listed() == sorted(addresses), lambda: f"listed: {list_.listed()}")


def seconds(row):
    created, expires = (datetime.datetime.fromisoformat(row[key].replace("Z", "+00:00"))
                        for key in ("last_seen", "expires"))
    return (expires - created).total_seconds()


def test_who_is_banned_is_listed_until_he_is_unbanned(list_, fail2ban):
    jail = fail2ban()
    jail.refuse("192.0.2.1", times=1)
    jail.refuse("192.0.2.2")
    jail.refuse("2001:db8::2")
    await_listed(list_, "192.0.2.2", "2001:db8::2")
    row, _ = list_.rows("list")
    assert (row["sublist"], row["source"], row["reason"]) == (
        "hijacked", "fail2ban-mail", "2 failures in jail mail")
    assert seconds(row) == 3600
    assert {row["actor"] for row in list_.rows("audit") if row["event"] == "add"} == {"fail2ban"}
    jail.client("unban", "192.0.2.2")
    await_listed(list_, "2001:db8::2")
    jail.client("unban", "--all")
    await_listed(list_)
    assert not jail.errors()


def test_a_restarted_server_lists_again_whom_it_had_banned(list_, fail2ban):
    jail = fail2ban()
    for n in range(1, 6):
        jail.refuse(f"192.0.2.{n}")
    wanted = [f"192.0.2.{n}" for n in range(1, 6)]
    await_listed(list_, *wanted)
    list_.feeder("add", "192.0.2.9", "--sublist", "hijacked")
    jail.stop()
    assert list_.listed() == ["192.0.2.9"], "stopped, it bans nobody; others' claims stay"
    jail.start()
    await_listed(list_, *wanted, "192.0.2.9")
    assert not jail.errors()


def test_a_repeated_ban_renews_the_listing(list_, fail2ban):
    list_.feeder("add", "192.0.2.2", "--sublist", "hijacked", "--source", "fail2ban-mail",
                 "--expires", "5m")
    jail = fail2ban()
    jail.refuse("192.0.2.2")
    await_until(lambda: seconds(list_.rows("list")[0]) == 3600, "it lives as long as the ban")
    assert len(list_.rows("list")) == 1


def test_a_ban_for_ever_lives_as_long_as_the_sublist_says(list_, fail2ban):
    fail2ban(bantime="-1").refuse("192.0.2.2")
    await_listed(list_, "192.0.2.2")
    assert seconds(list_.rows("list")[0]) == 7 * 24 * 3600


def test_unbanning_what_is_no_longer_listed_is_no_error(list_, fail2ban):
    jail = fail2ban()
    jail.refuse("192.0.2.2")
    await_listed(list_, "192.0.2.2")
    list_.feeder("remove", "192.0.2.2", "--reason", "a mistake")
    assert jail.client("unban", "192.0.2.2").strip() == "1"
    jail.process.await_line(r"\[mail\] Unban 192\.0\.2\.2")
    jail.refuse("192.0.2.3")
    await_listed(list_, "192.0.2.3")
    assert not jail.errors()


def test_an_excluded_address_does_not_stop_the_jail(list_, fail2ban):
    jail = fail2ban()
    jail.refuse("10.0.0.1")
    jail.process.await_line(r"10\.0\.0\.1: 10\.0\.0\.0/8 is excluded")
    jail.refuse("192.0.2.2")
    await_listed(list_, "192.0.2.2")
    errors = len(jail.errors())
    jail.client("unban", "10.0.0.1")
    jail.client("unban", "192.0.2.2")
    await_listed(list_)
    assert len(jail.errors()) == errors


def test_of_real_logs_those_are_listed_whom_the_filter_finds(list_, fail2ban):
    """The samples say of each line whose it is, some of them for other modes of the filter."""
    text = shared_file(LOGS + "postfix").read_text()
    hosts, strangers = set(), set()
    for said in re.findall(r"^# failJSON: (\{.*\})$", text, re.M):
        line = json.loads(said)
        (hosts if line["match"] else strangers).add(line.get("host"))
    jail = fail2ban(maxretry=1, findtime="20000d", bantime="-1")
    with open(jail.log, "a", encoding="utf-8") as log:
        log.write("".join(line + "\n" for line in text.splitlines() if not line.startswith("#")))
    jail.refuse("203.0.113.99")
    await_until(lambda: "203.0.113.99" in list_.listed(), "the last line is read")
    listed = set(list_.listed()) - {"203.0.113.99"}
    assert listed <= hosts
    assert not listed & (strangers - hosts)
    assert len(listed) > len(hosts) / 2
