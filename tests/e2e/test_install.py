"""`make install`, the man pages, the helps and the sample config: do they speak of one program?"""

import re
import subprocess

import pytest

from dnsbld import BUILD, REPOSITORY, built
from process import program

SAMPLE = REPOSITORY / "dnsbld/dnsbld.conf"
VERBS = ["init", "add", "remove", "show", "list", "exclude add", "exclude remove", "exclude list",
         "exclude import", "exclude check", "import", "export", "expire", "purge", "source list",
         "source disable", "source enable", "access add", "access revoke", "access list", "check",
         "stats", "audit", "sync", "ingest", "receive", "review list", "review show",
         "review accept", "review refuse", "policy test", "keygen", "mirror"]


def man_page(name):
    place, = (p for folder in ("dnsbld", "feeder") for p in (REPOSITORY / folder).glob(name))
    done = subprocess.run([program("man"), "-l", str(place)], capture_output=True, text=True,
                          env={"MANWIDTH": "200", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                               "MANPAGER": "cat"}, timeout=60)
    assert done.returncode == 0, done.stderr
    return re.sub(r".\x08", "", done.stdout)


def options_in(text):
    """--words and -x letters; the start of a word only, so that `dry-run` is no option."""
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]|(?<![\w-])-[a-zA-Z](?![\w-])", text))


def options_of(page):
    """The options that a man page names; its examples have other programs' too."""
    return options_in(man_page(page).partition("\nEXAMPLES\n")[0])


def help_of(name, *words):
    done = subprocess.run([built(name), *words, "--help"], capture_output=True, text=True,
                          timeout=30)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    built("dnsbld"), built("feeder")
    make("install", root)
    return root


def make(goal, root):
    """A goal of the Makefile with what is built, as BUILD names it: nothing is compiled here."""
    done = subprocess.run(
        [program("make"), "-C", REPOSITORY, "-o", "all", goal, f"DESTDIR={root}", "PREFIX=/usr",
         f"BUILD={BUILD}", "SAN="], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_install_puts_every_file_in_its_place(installed):
    files = {str(p.relative_to(installed)) for p in installed.rglob("*") if p.is_file()}
    assert files >= {"usr/sbin/dnsbld", "usr/bin/feeder",
                     "usr/share/man/man8/dnsbld.8", "usr/share/man/man5/dnsbld.conf.5",
                     "usr/share/man/man1/feeder.1", "usr/share/doc/dnsbld/dnsbld.conf.sample",
                     "usr/share/doc/dnsbld/grafana.json"}
    units = "usr/lib/systemd/system/"
    assert files >= {units + "dnsbld.service", units + "feeder-expire.service",
                     units + "feeder-expire.timer", units + "feeder-mirror.service",
                     units + "feeder-export.service", units + "feeder-export.timer"}
    assert all(f.startswith("usr/") for f in files)


def test_units_start_the_programs_that_were_installed(installed):
    services = list(installed.glob("usr/lib/systemd/system/*.service"))
    assert len(services) >= 3
    for service in services:
        started = re.search(r"^ExecStart=/(\S+)", service.read_text(), re.MULTILINE).group(1)
        assert (installed / started).is_file(), f"{service.name} starts /{started}"


def test_systemd_finds_no_fault_in_the_units(installed, tmp_path):
    """As they are installed, but that the programs are below a folder of ours."""
    units = list(installed.glob("usr/lib/systemd/system/*"))
    assert {u.suffix for u in units} == {".service", ".timer"}
    for unit in units:
        (tmp_path / unit.name).write_text(
            unit.read_text().replace("ExecStart=/usr/", f"ExecStart={installed}/usr/"))
    done = subprocess.run([program("systemd-analyze"), "--man=no", "verify",
                           *(tmp_path / unit.name for unit in units)],
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_installed_programs_run_and_the_installed_sample_passes(installed):
    for place in ("usr/sbin/dnsbld", "usr/bin/feeder"):
        assert subprocess.run([installed / place, "--help"], capture_output=True).returncode == 0
    sample = installed / "usr/share/doc/dnsbld/dnsbld.conf.sample"
    done = subprocess.run([installed / "usr/sbin/dnsbld", "-t", "-c", sample], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr


def test_uninstall_leaves_nothing(installed, tmp_path):
    make("install", tmp_path)
    make("uninstall", tmp_path)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_help_of_dnsbld_names_every_option_of_its_man_page():
    documented = options_of("dnsbld.8")
    assert documented >= {"-c", "-t", "-f"}
    assert options_in(help_of("dnsbld")) == documented


def test_helps_of_feeder_name_every_option_of_its_man_page_and_no_other():
    options = options_in(help_of("feeder")).union(
        *(options_in(help_of("feeder", *verb.split())) for verb in VERBS))
    documented = options_of("feeder.1")
    assert documented >= {"-c", "--sublist", "--source", "--reason", "--text", "--dry-run",
                          "--json", "--now", "--actor", "--wait", "--strict", "--replace"}
    assert options == documented


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help_and_a_place_in_the_man_page(verb):
    assert verb.split()[-1] in help_of("feeder", *verb.split())
    assert re.search(rf"^ +feeder (\[.*?\] )*{verb}\b|^ +{verb}\b", man_page("feeder.1"), re.M)


def test_the_sample_config_passes(tmp_path):
    done = subprocess.run([built("dnsbld"), "-t", "-c", SAMPLE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "nosuch" not in done.stderr


def test_what_the_sample_has_in_comments_passes_too(tmp_path):
    """`#option`, which is no `# words`."""
    text, count = re.subn(r"^#(?=[a-z}\t])", "", SAMPLE.read_text(), flags=re.M)
    assert count > 20
    config = tmp_path / "dnsbld.conf"
    config.write_text(text)
    config.chmod(0o640)         # a key is among it
    done = subprocess.run([built("dnsbld"), "-t", "-c", config], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "3 zones" in done.stderr     # the mirrored one is the third


def test_the_examples_of_its_man_page_pass(tmp_path):
    page = (REPOSITORY / "dnsbld/dnsbld.conf.5").read_text()
    examples = page.partition("\n.Sh EXAMPLES\n")[2].partition("\n.Sh ")[0]
    server, mirror, of_its_zone = re.findall(r"\n\.Bd -literal .*?\n(.*?)\.Ed", examples, re.S)
    key = re.search(r"^key .*?^}\n", mirror, re.M | re.S).group()
    assert 'zone "dnsbl.example.org" {\n' in server
    primary = key + re.sub(r'(zone "dnsbl.example.org" {\n)', rf"\1{of_its_zone}", server)
    for text in (server, mirror, primary):
        config = tmp_path / "dnsbld.conf"
        config.write_text(text)
        config.chmod(0o640)
        done = subprocess.run([built("dnsbld"), "-t", "-c", config], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def options_of_the_config_page():
    """The tags of dnsbld.conf(5): `name = …`, `name { … }` and `name title { … }`."""
    options = man_page("dnsbld.conf.5").partition("\nOPTIONS\n")[2]
    return set(re.findall(r"^ +([a-z_]+) (?:= |(?:[a-z]+ )?\{)", options, re.M))


def test_the_sample_names_every_option_that_its_man_page_documents():
    sample = SAMPLE.read_text()
    options = options_of_the_config_page()
    assert options >= {"database", "listen", "workers", "user", "map_size", "exclude_reserved",
                       "sublist", "code", "text", "expires", "zone", "sublists", "ns", "ttl",
                       "soa", "mname", "rname", "apex", "host", "tcp", "idle"}
    assert {o for o in options if not re.search(rf"\b{o}\b\s*(=|{{|\"|\w+ {{)", sample)} == set()
