"""What every writing verb keeps to: dry runs, actors, times, the lock, a full map, a full disk."""

import fcntl
import json
import os
import subprocess

import pytest

from dnsbld import SUBLISTS, Dnsbld, built, zone

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + 'state = "state"\n' + zone(ZONE, "access { }")
KEY = "abcdefghijklmnopqrst"
NOW = "2026-03-01T12:00:00Z"


@pytest.fixture
def list_(install):
    return install(BODY)


WRITES = {
    "add": ["add", "192.0.2.9", "--sublist", "relay"],
    "remove": ["remove", "192.0.2.1", "--reason", "x"],
    "exclude add": ["exclude", "add", "192.0.2.0/24"],
    "exclude remove": ["exclude", "remove", "10.0.0.0/8"],
    "purge": ["purge", "--source", "feed"],
    "source disable": ["source", "disable", "feed"],
    "access add": ["access", "add", "acme", "--zone", ZONE],
    "access revoke": ["access", "revoke", "bob"],
    "import": ["import", "--source", "feed", "--sublist", "relay", "--format", "plain", "-"],
    "expire": ["expire", "--now", "2036-01-01T00:00:00Z"],
}


def fill(list_):
    list_.feeder("add", "192.0.2.1", "192.0.2.2", "--sublist", "relay", "--source", "feed")
    list_.feeder("access", "add", "bob", "--zone", ZONE, "--key", KEY)


def write(list_, verb, *words, **options):
    return list_.feeder(*WRITES[verb], *words, input="192.0.2.77\n", **options)


@pytest.mark.parametrize("verb", WRITES)
def test_a_dry_run_changes_nothing_and_the_same_without_it_does(list_, verb):
    fill(list_)
    before = list_.everything()
    write(list_, verb, "--dry-run")
    assert list_.everything() == before
    write(list_, verb)
    assert list_.everything() != before


@pytest.mark.parametrize("verb", WRITES)
def test_a_locked_database_is_exit_75_at_once_or_after_the_wait(list_, verb):
    fill(list_)
    before = list_.everything()
    with open(list_.database / "writer.lock", "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = write(list_, verb, "--wait", "0", status=75)
        assert "writer.lock" in done.stderr or "another" in done.stderr
        assert list_.everything() == before, "readers need no lock"
    write(list_, verb, "--wait", "0")


def test_a_waiting_writer_goes_on_when_the_lock_is_free(list_):
    with open(list_.database / "writer.lock", "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        list_.feeder("add", "192.0.2.1", "--sublist", "relay", "--wait", "1", status=75)
        waiting = subprocess.Popen([built("feeder"), "-c", list_.config, "add", "192.0.2.1",
                                    "--sublist", "relay"], stderr=subprocess.DEVNULL)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(0.5)
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert waiting.wait(10) == 0
    assert list_.listed() == ["192.0.2.1"]


def test_writers_at_once_all_come_through(list_):
    adds = [subprocess.Popen([built("feeder"), "-c", list_.config, "add", f"192.0.2.{n}",
                              "--sublist", "relay"], stderr=subprocess.DEVNULL) for n in range(12)]
    assert [process.wait(60) for process in adds] == [0] * 12
    assert len(list_.listed()) == 12
    list_.feeder("check")


def test_a_full_map_is_exit_75_with_nothing_half_done(install):
    list_ = install(BODY, head="map_size = 1M\n")
    list_.feeder("add", "192.0.2.1", "--sublist", "relay")
    before = list_.everything()
    many = "".join(f"101.{n >> 8}.{n & 255}.1\n" for n in range(20000))
    done = list_.feeder("add", "-", "--sublist", "relay", input=many, status=75)
    assert "map" in done.stderr
    assert list_.everything() == before
    list_.feeder("check")
    larger = list_.folder / "larger.conf"
    larger.write_text(list_.config.read_text().replace("map_size = 1M", "map_size = 1G"))
    list_.feeder("add", "-", "--sublist", "relay", input=many, config=larger)
    assert list_.stats()["listings"] == 20001


def test_every_write_is_in_the_audit_with_who_when_and_why(list_):
    list_.feeder("add", "192.0.2.1", "--sublist", "relay", "--source", "trap", "--reason", "hit",
                 "--actor", "alice", "--now", NOW)
    list_.feeder("remove", "192.0.2.1", "--reason", "closed", "--actor", "bob", "--now", NOW)
    added, removed = list_.rows("audit")[-2:]
    expected = {"time": NOW, "prefix": "192.0.2.1", "sublist": "relay", "source": "trap"}
    assert expected.items() <= added.items() and expected.items() <= removed.items()
    assert (added["actor"], added["event"], added["reason"]) == ("alice", "add", "hit")
    assert (removed["actor"], removed["event"], removed["reason"]) == ("bob", "remove", "closed")
    assert "alice" in list_.feeder("audit").stdout


def test_without_an_actor_the_audit_has_the_login_name(list_):
    login = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    list_.feeder("add", "192.0.2.1", "--sublist", "relay")
    assert list_.rows("audit")[-1]["actor"] == login


def test_the_audit_of_an_import_is_one_row(list_):
    before = len(list_.rows("audit"))
    list_.feeder("import", "--source", "feed", "--sublist", "relay", "--format", "plain", "-",
                 input="192.0.2.1\n192.0.2.2\n192.0.2.3\n")
    rows = list_.rows("audit")[before:]
    assert len(rows) == 1
    assert (rows[0]["source"], rows[0]["added"], rows[0]["removed"]) == ("feed", 3, 0)


def test_serials_follow_the_clock_and_never_now(list_):
    serial = list_.stats()["serials"][ZONE]
    list_.feeder("add", "192.0.2.1", "--sublist", "relay", "--now", "2036-01-01T00:00:00Z")
    after = list_.stats()["serials"][ZONE]
    assert serial < after < 2082758400      # 2036-01-01
    list_.feeder("sync")
    assert list_.stats()["serials"][ZONE] == after


def test_only_zones_that_serve_the_change_get_a_new_serial(install):
    list_ = install(SUBLISTS + zone(ZONE) + zone("ranges.example.net", 'sublists = { "netblock" }'))
    before = list_.stats()["serials"]
    list_.feeder("add", "192.0.2.1", "--sublist", "relay")
    after = list_.stats()["serials"]
    assert after[ZONE] > before[ZONE]
    assert after["ranges.example.net"] == before["ranges.example.net"]


@pytest.mark.parametrize("words", [
    ["list"], ["list", "--json"], ["show", "192.0.2.1"], ["stats"], ["stats", "--json"], ["audit"],
    ["exclude", "list"], ["source", "list"], ["--help"], ["add", "--help"],
    ["export", "--zone", ZONE, "--format", "rbldnsd"],
    ["export", "--zone", ZONE, "--format", "bind"]], ids=" ".join)
def test_a_full_disk_under_stdout_is_exit_74(list_, words):
    list_.feeder("add", "192.0.2.1", "--sublist", "relay")
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([built("feeder"), "-c", list_.config, *words], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 74, done.stderr
    assert done.stderr


@pytest.mark.parametrize("words", [
    [], ["nosuch"], ["add"], ["source"], ["source", "nosuch"], ["exclude"], ["list", "--nosuch"],
    ["list", "extra"], ["add", "192.0.2.1", "--sublist", "relay", "--sublist", "relay"],
    ["add", "192.0.2.1", "--sublist"], ["show"], ["list", "--now", "yesterday"],
    ["add", "192.0.2.1", "--sublist", "relay", "--expires", "soon"],
    ["export", "--zone", ZONE, "--format", "nosuch"],
    ["import", "--source", "x", "--sublist", "relay", "--format", "nosuch", "-"]], ids=" ".join)
def test_a_wrong_command_line_is_exit_64_and_says_what_to_type(list_, words):
    before = list_.everything()
    assert "feeder" in list_.feeder(*words, status=64).stderr
    assert list_.everything() == before


def test_results_go_to_stdout_and_chatter_to_stderr(list_):
    done = list_.feeder("add", "192.0.2.1", "--sublist", "relay")
    assert done.stdout == ""
    assert list_.feeder("list").stderr == ""


def test_a_config_that_is_missing_or_bad_is_exit_66_or_78(list_):
    list_.feeder("list", config=list_.folder / "nosuch.conf", status=66)
    bad = list_.configure("nonsense = 1\n", config=list_.folder / "bad.conf")
    assert "bad.conf:" in list_.feeder("list", config=bad, status=78).stderr


def test_minus_c_beats_the_environment(list_, folder):
    other = Dnsbld(folder, BODY).init()
    other.feeder("add", "192.0.2.1", "--sublist", "relay")
    done = subprocess.run([built("feeder"), "list", "-c", other.config, "--json"],
                          capture_output=True, text=True,
                          env={**os.environ, "DNSBLD_CONF": str(list_.config)})
    assert json.loads(done.stdout)["prefix"] == "192.0.2.1"
