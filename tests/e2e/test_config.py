"""`dnsbld -t`: a good config passes, a bad one is exit 78 with its file and line."""

import re
import subprocess

import pytest

from dnsbld import SUBLISTS, Dnsbld, built, zone

ZONE = "dnsbl.example.org"
GOOD = SUBLISTS + zone(ZONE)

BAD = {
    "an unknown option": GOOD + "sublits = 3    # bad\n",
    "an unknown option in a zone": SUBLISTS + zone(ZONE, "sublits = 3    # bad"),
    "a repeated option": GOOD + "workers = 3    # bad\n",
    "a repeated option in a sublist": zone(ZONE) + """
sublist relay {
    code = 2
    code = 3    # bad
    text = "x"
}
""",
    "a repeated sublist": GOOD + 'sublist relay { code = 7  text = "x" }    # bad\n',
    "a repeated zone": GOOD + f"# bad from here\n{zone(ZONE)}",
    "a zone that repeats another in upper case": GOOD + "# bad from here\n" + zone(ZONE.upper()),
    "a zone without NS": SUBLISTS + "# bad from here" + zone(ZONE, ns=""),
    "a zone without SOA": SUBLISTS + """# bad from here
zone "dnsbl.example.org" {
    ns = { "ns1.example.net" }
    ttl = 5m
}
""",
    "a zone with an unknown sublist": SUBLISTS + "# bad from here" + zone(
        ZONE, 'sublists = { "relay", "nosuch" }'),
    "a server in the zone without a host": SUBLISTS + "# bad from here" + zone(
        ZONE, ns='"ns1.dnsbl.example.org"'),
    "one code twice in a zone": GOOD.replace("code    = 4", "code    = 2"),
    "code 1": GOOD.replace("code    = 4", "code    = 1"),
    "code 255": GOOD.replace("code    = 4", "code    = 255"),
    "a template that {ip} makes longer than 255 octets": GOOD.replace(
        "Open relay", "x" * 210),
    "a variable": GOOD.replace("Open relay", "${HOME}"),
    "an unknown escape": GOOD.replace("Open relay", r"\q"),
    "an unclosed section": GOOD.rstrip().removesuffix("}"),
    "one brace too many": GOOD + "}\n",
    "a duration that is none": SUBLISTS + zone(ZONE, ttl='"5 fortnights"'),
    "an address that is none": SUBLISTS + zone(ZONE, 'apex { a = { "192.0.2.256" } }'),
    "a zone that is no name": SUBLISTS + zone("dnsbl..example.org"),
}


def check(config):
    return subprocess.run([built("dnsbld"), "-t", "-c", str(config)], capture_output=True,
                          text=True, timeout=30)


@pytest.fixture
def installation(make_folder):
    return Dnsbld(make_folder(), GOOD)


def test_a_good_config_passes_without_a_database(installation):
    done = check(installation.config)
    assert (done.returncode, done.stderr) == (0, done.stderr)
    assert not installation.database.exists()


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_config_is_named_with_file_and_line(installation, fault):
    installation.configure(BAD[fault])
    done = check(installation.config)
    assert done.returncode == 78, done.stderr
    place = re.search(re.escape(str(installation.config)) + r":(\d+): \S", done.stderr)
    assert place, done.stderr
    lines = installation.config.read_text().splitlines()
    line = int(place.group(1))
    assert 1 <= line <= len(lines) + 1
    for n, text in enumerate(lines, 1):
        if text.endswith("# bad"):
            assert line == n, done.stderr
        if text.startswith("# bad from here"):
            assert line >= n, done.stderr


def test_a_config_that_is_not_there_is_exit_66(installation):
    done = check(installation.folder / "nosuch.conf")
    assert done.returncode == 66
    assert "nosuch.conf" in done.stderr


def test_feeder_refuses_the_same_configs(installation):
    for fault in BAD.values():
        installation.configure(fault)
        done = installation.feeder("init", status=78)
        assert re.search(re.escape(str(installation.config)) + r":\d+: \S", done.stderr)
    assert not installation.database.exists()


def test_the_server_refuses_to_start_with_a_bad_config(installation):
    installation.configure(BAD["an unknown option"])
    assert installation.launch().wait() == 78


@pytest.mark.parametrize("words", [["-x"], ["extra"], ["-c"], ["--nosuch"]])
def test_a_wrong_command_line_is_exit_64(words):
    done = subprocess.run([built("dnsbld"), *words], capture_output=True, text=True, timeout=30)
    assert done.returncode == 64
    assert done.stderr
