"""The README: what it has to copy into other files is what the tests run, and passes."""

import re
import subprocess

import pytest

from dnsbld import REPOSITORY, built
from peers.server import EXAMPLES

README = (REPOSITORY / "README.md").read_text()

HEAD = 'database = "db"\nlisten = "127.0.0.1:5353"\n'
SUBLIST = "sublist relay { code = 2 }\n"
# What the dots in a zone stand for.
ZONE = 'ns = "ns1.example.net"  soa { mname = "ns1.example.net"  rname = "hostmaster.example.org" }'


def section(title):
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def blocks(text):
    """What is indented by four blanks, without these; as many blank lines as there are inside."""
    found = re.findall(r"^(?: {4}.*\n)(?:(?: {4}.*)?\n)*", text, re.M)
    return [re.sub("^    ", "", block, flags=re.M).rstrip() + "\n" for block in found]


def snippets():
    """Of the section on mirrors what belongs into a dnsbld.conf; commands are left out."""
    found = [re.sub(r"^\$ .*\n", "", b, flags=re.M) for b in blocks(section("Adding a mirror"))]
    return [b for b in found if "{" in b and re.search(r"\w += ", b)]


@pytest.mark.parametrize("file", sorted(p.name for p in EXAMPLES.iterdir()))
def test_a_mirrors_config_is_the_one_that_the_tests_run(file):
    text = (EXAMPLES / file).read_text().replace("\t", "    ")
    assert text in blocks(section("Adding a mirror")), file


def test_the_key_is_the_same_everywhere():
    assert len(set(re.findall(r"\b[\w+/]{43}=", section("Adding a mirror")))) == 1


def test_the_snippets_for_dnsbld_pass(tmp_path):
    key, zone, key_and_mirror, export = snippets()
    assert "..." in zone and "mirror {" in key_and_mirror
    for text in (HEAD + SUBLIST + key + zone.replace("...", ZONE) + export, HEAD + key_and_mirror):
        config = tmp_path / "dnsbld.conf"
        config.write_text(text)
        config.chmod(0o640)
        done = subprocess.run([built("dnsbld"), "-t", "-c", config], capture_output=True, text=True,
                              timeout=30)
        assert done.returncode == 0, done.stderr
