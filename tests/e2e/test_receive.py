"""feeder receive, as a mail server's pipe runs it: nothing is refused, nothing is lost, and what
comes twice counts once. First by hand, then from a real Postfix and a real Exim.

    SMTP ─▶ Postfix, Exim ─▶ pipe, as nobody ─▶ feeder receive --reporter MAILBOX ─▶ evidence
"""

import fcntl
import json
import os
import shutil
import smtplib
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dnsbld import REPOSITORY, SUBLISTS, built, zone
from peers.exim import Exim
from peers.postfix import Postfix
from process import await_until, need_root

REPORTS = REPOSITORY / "tests/data/reports"
DOMAIN = "reports.example.org"      # whose mailboxes are reporters
SPAM, TESTER = f"arf@{DOMAIN}", f"tests@{DOMAIN}"
GUARDED = f"guarded@{DOMAIN}"       # whose mails our own server must have authenticated
NOW = "2026-11-21T12:00:00Z"

BODY = SUBLISTS + zone("dnsbl.example.org") + f"""
sublist bots {{
    code   = 6
    text   = "A bot"
    policy {{ reports = 1  reporters = 1  within = 24h  categories = {{ "bot" }} }}
}}
authserv_id = "mx.{DOMAIN}"
reporter "isp-fbl" {{ trust = 1.0  address = "{SPAM}" }}
reporter "tester"  {{ trust = 1.0  address = "{TESTER}" }}
reporter "guarded" {{ trust = 1.0  address = "{GUARDED}"  domains = {{ "isp.example.com" }} }}
"""


def sample(name="arf-abuse.eml", number=None):
    """A report; with a number it is about an address and has a Message-ID of its own."""
    text = (REPORTS / name).read_text()
    if number is None:
        return text
    text = text.replace("192.0.2.1", address(number))
    return text.replace("Message-ID: <", f"Message-ID: <{number}.", 1)


MANY = [f"{net}{n}" for net in ("192.0.2.", "198.51.100.", "203.0.113.") for n in range(256)]


def table(addresses):
    """A mail with a row about each, seen just now."""
    now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    return ("From: a@example.net\nSubject: s\nMessage-ID: <many@example.net>\n"
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
            'Content-Type: text/csv; name="2026-11-21-drone-x.csv"\n\n"timestamp","ip"\n'
            + "".join(f'"{now}","{address}"\n' for address in addresses) + "--b--\n")


def address(number):
    return f"198.51.100.{number}"


def evidence(base, source="192.0.2.1"):
    """Who said what of an address."""
    shown = base.feeder("show", source, "--json", status=None).stdout
    return sorted((row["reporter"], row["category"]) for row in json.loads(shown)["evidence"])


def intakes(base):
    """How often something new was kept."""
    return sum(row["event"] == "ingest" for row in base.rows("audit"))


def receive(base, text, reporter=SPAM, *words, **options):
    return base.feeder("receive", "--reporter", reporter, *words, input=text, **options)


@pytest.fixture
def base(install):
    return install(BODY)


# --- by hand --------------------------------------------------------------------------------------


def test_a_mail_is_kept_under_its_mailboxs_reporter_and_nothing_is_printed(base):
    done = receive(base, sample())
    assert done.stdout == ""
    assert evidence(base) == [("isp-fbl", "spam")]


def test_the_same_mail_again_counts_once(base):
    for _ in range(2):
        receive(base, sample())
    assert evidence(base) == [("isp-fbl", "spam")]


def test_the_policy_lists_what_was_received(base):
    receive(base, sample("relaytest-delivered.json"), TESTER, "--now", NOW)
    assert base.listed(sublist="relay") == ["192.0.2.1"]


def test_a_mail_that_lists_very_many_says_nothing(base):
    done = receive(base, table(MANY))
    assert (done.stdout, done.stderr) == ("", "")
    assert len(base.listed(sublist="bots")) == len(MANY)


@pytest.mark.parametrize("mailbox, reporter", [("whoever", "whoever"), (GUARDED, "anonymous")])
def test_of_a_stranger_a_thousand_reports_of_a_mail_are_taken(base, mailbox, reporter):
    """The rest of it is kept, for a person to decide."""
    text = table([f"64.1.{n // 256}.{n % 256}" for n in range(1500)])
    done = receive(base, text, mailbox, "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["disposition"] for row in rows] == ["evidence"] * 1000 + ["unrecognised"]
    assert done.stderr.count("\n") == 1 and "more than 1000 reports" in done.stderr
    assert evidence(base, "64.1.3.231") == [(reporter, "bot")]
    assert evidence(base, "64.1.3.232") == []
    base.feeder("ingest", "--retry")
    assert evidence(base, "64.1.5.219") == [(reporter, "bot")]


def test_of_a_reporter_all_reports_of_a_mail_are_taken(base):
    receive(base, table([f"64.1.{n // 256}.{n % 256}" for n in range(1500)]))
    assert evidence(base, "64.1.5.219") == [("isp-fbl", "bot")]


@pytest.mark.parametrize("name", ["notice.eml", "arf-inside.eml", "relaytest-bad.json"])
def test_what_cannot_be_read_is_accepted_and_kept(base, name):
    done = receive(base, sample(name))
    assert done.stdout == "" and done.stderr != ""
    assert intakes(base) == 1
    receive(base, sample(name))
    assert intakes(base) == 1


@pytest.mark.parametrize("text", ["", "\n \n"], ids=["empty", "blank"])
def test_an_empty_mail_is_accepted_and_said_so(base, text):
    before = base.everything()
    assert "the mail is empty" in receive(base, text).stderr
    assert base.everything() == before


@pytest.mark.parametrize("reporter", ["", "two words", "x" * 64, "-dash"])
def test_a_mailbox_that_is_no_name_is_no_reason_to_refuse(base, reporter):
    """With `${extension}` anybody chooses the name who chooses the address."""
    base.feeder("receive", f"--reporter={reporter}", input=sample())
    assert evidence(base) == [("anonymous", "spam")]


def test_json_asks_for_what_became_of_it(base):
    (line,) = receive(base, sample(), SPAM, "--json").stdout.splitlines()
    report = json.loads(line)
    assert (report["disposition"], report["reporter"]) == ("evidence", "isp-fbl")


def test_an_address_that_no_reporter_has_is_nobody(base):
    for number in range(3):
        done = receive(base, sample(number=number), f"arf{number}@{DOMAIN}")
        assert "no reporter's" in done.stderr
        assert evidence(base, address(number)) == [("anonymous", "spam")]


@pytest.mark.parametrize("mailbox", [f"somebody@{DOMAIN}", GUARDED])
def test_a_relay_test_that_anybody_may_have_mailed_proves_nothing(base, mailbox):
    receive(base, sample("relaytest-delivered.json"), mailbox, "--now", NOW)
    assert base.listed() == []
    waiting = base.feeder("review", "list", "--now", NOW).stdout
    assert waiting.startswith("candidate\t192.0.2.1\trelay\t")
    assert evidence(base, "192.0.2.9") == []


def test_a_wrong_command_line_alone_is_64(base):
    base.feeder("receive", input=sample(), status=64)
    base.feeder("receive", "--reporter", input=sample(), status=64)
    receive(base, sample(), SPAM, "--force", status=64)
    receive(base, sample(), SPAM, "file", status=64)


def test_without_a_database_or_a_config_the_mail_stays_in_the_queue(install, folder):
    base = install(BODY, init=False)
    done = receive(base, sample(), status=75)
    assert "run feeder init" in done.stderr
    done = receive(base, sample(), status=75, config=folder / "nosuch")
    assert "nosuch" in done.stderr
    bad = folder / "bad.conf"
    bad.write_text("database = ")
    done = receive(base, sample(), status=75, config=bad)
    assert "bad.conf:1" in done.stderr


def test_a_locked_database_is_75(base):
    with open(base.database / "writer.lock", "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        receive(base, sample(), SPAM, "--wait", "0.1", status=75)
    receive(base, sample(), SPAM, "--wait", "0.1")
    assert evidence(base) == [("isp-fbl", "spam")]


def test_stdin_that_cannot_be_read_is_75(base, folder):
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        done = subprocess.run([built("feeder"), "-c", base.config, "receive", "--reporter", SPAM],
                              stdin=descriptor, capture_output=True, text=True, timeout=60)
    finally:
        os.close(descriptor)
    assert done.returncode == 75, done.stderr
    assert "Is a directory" in done.stderr


def test_a_limit_on_the_size_of_files_is_75(base, folder):
    mail = folder / "mail"
    mail.write_text(sample() + "\n" + os.urandom(500000).hex() + "\n")
    for limit, code in (("100", 75), ("512", 75), ("unlimited", 0)):
        done = subprocess.run(
            ["sh", "-c", 'ulimit -f "$1"; exec "$2" -c "$3" receive --reporter "$4" <"$5"', "sh",
             limit, built("feeder"), base.config, SPAM, mail],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == code, done.stderr
    assert evidence(base) == [("isp-fbl", "spam")]
    base.feeder("check")


@pytest.mark.parametrize("name, config, code", [("notice.eml", None, 0), ("notice.eml", "no", 75)])
def test_where_nobody_reads_what_it_says_it_goes_on(base, name, config, code):
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = subprocess.run([built("feeder"), "-c", config or base.config, "receive",
                               "--reporter", SPAM], input=sample(name), text=True, timeout=60,
                              stdout=subprocess.DEVNULL, stderr=theirs)
    finally:
        os.close(theirs)
    assert done.returncode == code
    assert intakes(base) == (code == 0)


def test_a_hundred_at_once_are_all_there_once(base):
    with ThreadPoolExecutor(100) as pool:
        list(pool.map(lambda number: receive(base, sample(number=number)), range(100)))
    for number in range(100):
        assert evidence(base, address(number)) == [("isp-fbl", "spam")]
    base.feeder("check")


# Runs in a mount namespace, where $1 is a disk that nobody else sees.
FULL_DISK = """
set -u
disk=$1 feeder=$2 export DNSBLD_CONF=$3 first=$4 second=$5
mount -t tmpfs -o size=4m none "$disk" || exit 1
receive() { "$feeder" receive --reporter isp <"$1" >>"$disk.out" 2>>"$disk.err"; echo "$?"; }
fill() { head -c 4m /dev/zero >"$disk/filler" 2>/dev/null; }
"$feeder" init 2>>"$disk.err" || exit 1
fill
receive "$first"
rm "$disk/filler"
receive "$first"
fill
receive "$second"
receive "$second"
rm "$disk/filler"
receive "$second"
receive "$second"
"$feeder" check >&2 || exit 1
"$feeder" show 198.51.100.2 --json
exit 0
"""


def test_a_full_disk_is_75_and_the_mail_counts_once_when_it_comes_again(install, folder):
    need_root("a small disk of its own")
    base = install(BODY, init=False)
    disk = folder / "disk"
    disk.mkdir()
    base.config.write_text(
        base.config.read_text().replace('database = "db"', f'database = "{disk}/db"'))
    mails = []
    for number in (1, 2):
        mails.append(folder / f"{number}.eml")
        # Too large for what is left at the ends of pages.
        mails[-1].write_text(sample(number=number) + "\n" + os.urandom(100000).hex() + "\n")
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", FULL_DISK, "sh", disk,
         built("feeder"), base.config, *mails], capture_output=True, text=True, timeout=120)
    errors = (folder / "disk.err").read_text()
    assert done.returncode == 0, done.stderr + errors
    *codes, shown = done.stdout.splitlines()
    assert codes == ["75", "0", "75", "75", "0", "0"], errors
    assert shown.count('"reporter":"isp"') == 1, shown
    assert (folder / "disk.out").read_text() == ""


# --- from a mail server ---------------------------------------------------------------------------


class Intake:
    """An installation that belongs to nobody, who runs the pipe, and feeder where he can reach."""

    def __init__(self, install, folder):
        need_root("mail servers of its own")
        self.base = install(BODY, init=False)
        self.feeder = shutil.copy2(built("feeder"), folder / "feeder")
        shutil.chown(self.base.folder, "nobody", "nogroup")
        subprocess.run([self.feeder, "-c", self.base.config, "init"], check=True, user="nobody",
                       group="nogroup", extra_groups=[], capture_output=True)

    def command(self, mailbox, *words):
        return " ".join(map(str, [self.feeder, "-c", self.base.config, "receive", *words,
                                  "--reporter", mailbox]))

    def await_evidence(self, numbers, reporter="isp-fbl"):
        waiting = set(numbers)

        def there():
            waiting.difference_update(
                [n for n in waiting if evidence(self.base, address(n)) == [(reporter, "spam")]])
            return not waiting

        await_until(there, lambda: f"reports about {sorted(waiting)}", deadline=60, every=0.2)

    def lock(self):
        lock = open(self.base.database / "writer.lock", "r+")
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock


@pytest.fixture
def intake(install, folder):
    return Intake(install, folder)


@pytest.fixture
def reports_postfix(make_folder, intake, folder):
    resolv_conf = folder / "resolv.conf"
    resolv_conf.write_text("nameserver 127.0.0.254\n")
    server = Postfix(make_folder(), "dnsbl.example.org", resolv_conf, reports=(
        DOMAIN, f"user=nobody argv={intake.command('${recipient}', '--wait', '2')}"))
    yield server
    server.stop()


@pytest.fixture
def reports_exim(make_folder, intake, folder):
    resolv_conf = folder / "resolv.conf"
    resolv_conf.write_text("nameserver 127.0.0.254\n")
    return Exim(make_folder(), "dnsbl.example.org", resolv_conf, reports=(
        DOMAIN, SPAM.partition("@")[0],
        intake.command("$local_part_data@$domain_data", "--wait", "0.2")))


def mail(server, text, recipient=SPAM):
    with smtplib.SMTP(*server, local_hostname="client.example.net", timeout=30) as session:
        session.sendmail("feedback@isp.example.net", [recipient], text)


def test_postfix_delivers_to_the_mailboxs_reporter(reports_postfix, intake):
    mail(reports_postfix.reports, sample(number=1))
    intake.await_evidence([1])
    mail(reports_postfix.reports, sample("relaytest-delivered.json"), TESTER)
    mail(reports_postfix.reports, sample("notice.eml"))
    reports_postfix.await_sent(3)
    assert not reports_postfix.bounced()


def test_postfix_delivers_a_hundred_at_once(reports_postfix, intake):
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda n: mail(reports_postfix.reports, sample(number=n)), range(100)))
    # Where the machine is slow some have waited too long for the lock, and come again.
    await_until(lambda: reports_postfix.flushed(), "an empty queue", deadline=60, every=0.5)
    intake.await_evidence(range(100))
    assert not reports_postfix.bounced()
    intake.base.feeder("check")


def test_postfix_keeps_what_cannot_be_kept_now(reports_postfix, intake):
    with intake.lock():
        mail(reports_postfix.reports, sample(number=1))
        reports_postfix.await_deferred(1)
        assert not reports_postfix.bounced()
    assert evidence(intake.base, address(1)) == []
    await_until(lambda: reports_postfix.flushed(), "an empty queue", every=0.5)
    intake.await_evidence([1])


def test_postfix_keeps_the_mail_while_the_disk_is_full(reports_postfix, intake):
    # Its root too: the tests may run in one that is not the namespace's.
    inside = ["nsenter", f"--target={reports_postfix.process.pid}", "--mount", "--root", "--"]
    database = intake.base.database

    def run(*argv):
        done = subprocess.run([*inside, *map(str, argv)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    # A disk that Postfix and its pipes see, and nobody else.
    run("mount", "-t", "tmpfs", "-o", "size=4m,uid=65534,gid=65534,mode=755", "none", database)
    run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", intake.feeder, "-c",
        intake.base.config, "init")
    filler = database / "filler"
    run("sh", "-c", f"head -c 4m /dev/zero >{filler} || true")
    mail(reports_postfix.reports, sample(number=1))
    reports_postfix.await_deferred(1)
    assert "the disk is full" in reports_postfix.log(), reports_postfix.log()
    run("rm", filler)
    await_until(lambda: reports_postfix.flushed(), "an empty queue", every=0.5)
    assert not reports_postfix.bounced()
    shown = subprocess.run([*inside, intake.feeder, "-c", intake.base.config, "show", address(1),
                            "--json"], capture_output=True, text=True).stdout
    assert shown.count('"reporter":"isp-fbl"') == 1, shown


def test_exim_delivers_to_the_mailboxs_reporter(reports_exim, intake):
    assert reports_exim.send(SPAM, sample(number=1)).accepted
    assert reports_exim.send(SPAM, sample("notice.eml")).accepted
    reports_exim.run_queue()
    assert evidence(intake.base, address(1)) == [("isp-fbl", "spam")]
    assert not reports_exim.queue()
    assert reports_exim.log().count("T=reports") == 2
    assert " ** " not in reports_exim.log(), "a bounce"


def test_exim_delivers_a_mail_that_lists_very_many(reports_exim, intake):
    """It ends a pipe that says more than 20 kB, and bounces."""
    assert reports_exim.send(SPAM, table(MANY)).accepted
    reports_exim.run_queue()
    assert len(intake.base.listed(sublist="bots")) == len(MANY)
    assert not reports_exim.queue()
    assert reports_exim.log().count("T=reports") == 1
    assert " ** " not in reports_exim.log(), "a bounce"


def test_exim_keeps_what_cannot_be_kept_now(reports_exim, intake):
    assert reports_exim.send(SPAM, sample(number=1)).accepted
    with intake.lock():
        reports_exim.run_queue()
        assert " == " in reports_exim.log(), "it is deferred"
        assert len(reports_exim.queue()) == 1
    reports_exim.run_queue()
    assert evidence(intake.base, address(1)) == [("isp-fbl", "spam")]
    assert not reports_exim.queue()
    assert " ** " not in reports_exim.log(), "a bounce"
