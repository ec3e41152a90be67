"""feeder on a disk that fails: each write and each sync of each verb that writes, in its turn.

    strace -e inject=CALL:…:when=N feeder VERB …    each of the first 50 that VERB makes

What was struck stands in strace's own record, so the test knows what is right: nothing is changed
where it was the database, and the verb has said so; all is changed where it was only the results'
way to stdout, as that comes behind the commit (and 74 says that they are not to be trusted).

strace does not carry out the calls that it lets fail. What it cannot show is in the last tests: a
write that is cut short in the middle, and one that is in the page cache though the disk refused it.
"""

import collections
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dnsbld import SUBLISTS, built, zone
from lists import LONG
from primary import ZONE as COPY, Primary, listing
from process import UNTRACED_LEAKS, program
from reports import arf

ZONE = "relays.example.org"
NOW = "2026-11-21T12:00:00Z"
POLICY = "    policy { reports = 1  reporters = 1  within = 24h }\n"
EXPORTS = "".join(f'export "{f}" {{ zone = "{ZONE}"  format = "{f}"  file = "{f}" }}\n'
                  for f in ("json", "cidr"))
BODY = (SUBLISTS.replace("    expires = 7d\n", "    expires = 7d\n" + POLICY)
        + 'state = "state"\n' + zone(ZONE, "access { }") + EXPORTS)

WRITES = ("write", "writev", "pwrite64", "pwritev")
SYNCS = ("fsync", "fdatasync", "msync", "ftruncate")
CALLS = 50
# Exit 74 for what is broken, 75 for what has no room and may have some later.
FAULTS = {"error=EIO": 74, "error=ENOSPC": 75, "retval=1": 74}     # 1: one octet was written

IMPORT = ["import", "--source", "feed", "--sublist", "relay", "--format", "plain", "-"]
LIST = "".join(f"101.{n % 250}.{n // 250}.1\n" for n in range(2500))    # in 250 blocks
REPORT = arf("192.0.2.30", id="new")
# A few pages of the mirror's spool, and many of its database.
COPIED = set().union(*(listing(f"101.{n}.0.1", text="x" * 250) for n in range(40)))

# verb → (words, stdin)
VERBS = {
    "add": (["add", "192.0.2.9", "198.51.100.0/24", "--sublist", "relay"], None),
    "add --stream": (["add", "--stream", "--sublist", "relay", "-"], "192.0.2.9\n"),
    "remove": (["remove", "192.0.2.1", "--reason", "x"], None),
    "exclude add": (["exclude", "add", "192.0.2.0/24"], None),
    "exclude remove": (["exclude", "remove", "10.0.0.0/8"], None),
    "exclude import": (["exclude", "import", "-"], "192.0.2.0/25\n"),
    "import": ([*IMPORT, "--force"], LIST),
    "import --replace": ([*IMPORT, "--replace", "--force"], LIST),
    "purge": (["purge", "--source", "feed"], None),
    "source disable": (["source", "disable", "feed"], None),
    "source enable": (["source", "enable", "blocked"], None),
    "access add": (["access", "add", "acme", "--zone", ZONE, "--sublist", "netblock"], None),
    "access revoke": (["access", "revoke", "bob"], None),
    "expire": (["expire", "--now", "2036-01-01T00:00:00Z"], None),
    "sync": (["sync"], None),
    "ingest": (["ingest", "--reporter", "t1", "--now", NOW], REPORT),
    "receive": (["receive", "--reporter", "t1", "--now", NOW], REPORT),
    "review accept": (["review", "accept", "HELD", "--address", "192.0.2.7", "--now", NOW], None),
    "review refuse": (["review", "refuse", "HELD", "--reason", "x", "--now", NOW], None),
    "mirror: differences": (["mirror", "--once"], None),
    "mirror: the whole zone": (["mirror", "--once"], None),
}


@pytest.fixture(scope="module")
def primary():
    made = Primary().publish(1, listing("192.0.2.1"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def prepared(install_for_file, primary):
    """A database in which each verb has something to do, its copy, and what is in it."""
    mirror = f'mirror {{ zone "{COPY}" {{ primaries = {{ "{primary.at}" }} }} }}\n'
    base = install_for_file(BODY + mirror)
    base.feeder("mirror", "--once")
    base.primary = primary.publish(2, COPIED)
    base.feeder("add", "192.0.2.1", "192.0.2.2", "--sublist", "relay", "--source", "feed")
    base.feeder("add", "192.0.2.3", "--sublist", "relay", "--source", "blocked")
    base.feeder("source", "disable", "blocked")
    base.feeder("access", "add", "bob", "--zone", ZONE)
    base.feeder("ingest", "--reporter", "t1", "--now", NOW, input=arf(address=None))
    held, = base.rows("review", "list", "--now", NOW)
    base.held = held["id"]
    # For sync: a zone that the database does not know yet.
    base.newer = base.configure(BODY + mirror + zone("new.example.org"),
                                base.folder / "newer.conf")
    base.kept = base.folder / "kept"
    copy(base.database, base.kept)
    base.before = base.everything()
    return base


def copy(what, where):
    shutil.rmtree(where, ignore_errors=True)
    subprocess.run(["cp", "-a", "--sparse=always", what, where], check=True)


@pytest.fixture
def base(prepared):
    copy(prepared.kept, prepared.database)
    return prepared


class Struck:
    """One run of feeder under strace, mostly with a fault."""

    def __init__(self, base, strace, words, input, options, config=None):
        for trace in base.folder.glob("trace.*"):
            trace.unlink()
        out, err = base.folder / "stdout", base.folder / "stderr"
        argv = [strace, "-q", "-ff", "--seccomp-bpf", "-y", "-s", "0", "-o", base.folder / "trace",
                *options, built("feeder"), "-c", config or base.config, *words]
        with open(out, "w") as o, open(err, "w") as e:
            done = subprocess.run([str(a) for a in argv], input=input, stdout=o, stderr=e,
                                  text=True, timeout=60, env=UNTRACED_LEAKS)
        self.status, self.out, self.err = done.returncode, out.read_text(), err.read_text()
        traces = [trace.read_text() for trace in sorted(base.folder.glob("trace.*"))]
        # Which file each injected call was about.
        self.files = [m for text in traces
                      for m in re.findall(r"^\w+\(\d+<([^>]*)>.*\(INJECTED\)$", text, re.M)]
        # How often a process made each call.
        self.calls = collections.Counter()
        for text in traces:
            self.calls |= collections.Counter(re.findall(r"^(\w+)\(", text, re.M))
        lines = [line for text in traces for line in text.splitlines() if "(INJECTED)" in line]
        assert len(lines) == len(self.files), lines
        self.what = f"{words}: {lines}: exit {self.status}\n{self.out}\n{self.err}"

    def of(self, folder):
        return any(file.startswith(f"{folder}/") for file in self.files)


TRACED = ["-e", "trace=" + ",".join(WRITES + SYNCS)]


def trials(base, strace, words, input=None, config=None):
    """(call, N, fault, its exit status): each of the calls that the verb makes when nothing fails.

    In `make check` each has one of the faults, in the long run all.
    """
    well = Struck(base, strace, words, input, TRACED, config)
    assert well.status == 0 and not well.files, well.what
    found = [(call, n) for call in WRITES + SYNCS for n in range(1, well.calls[call] + 1)]
    for number, (call, n) in enumerate(found[:CALLS]):
        # A primary would wait for the rest of a question that was cut short.
        to_primary = words[0] == "mirror" and (call, n) == ("writev", 1)
        faults = [(f, w) for f, w in FAULTS.items()
                  if "retval" not in f or call in WRITES and not to_primary]
        for fault, wanted in faults if LONG else [faults[number % len(faults)]]:
            yield call, n, fault, wanted


def inject(call, n, fault):
    return [*TRACED, "-e", f"inject={call}:{fault}:when={n}"]


def assert_right(base, verb, struck, fault, wanted):
    """What is right after a fault, and the database as it was before."""
    assert base.feeder("check").stdout == ""
    changed = base.everything() != base.before
    delivers = verb == "receive"
    if any(file.startswith(f"{base.database}/transfer.") for file in struck.files):
        # strace swallowed what it "wrote": that is noticed before anything is changed.
        assert struck.status == (70 if "retval" in fault else wanted), struck.what
        assert re.search(r"^feeder: error: .", struck.err, re.M) and not changed, struck.what
    elif struck.of(base.database):
        assert struck.status == (75 if delivers else wanted), struck.what
        assert re.search(r"^feeder: error: .", struck.err, re.M), struck.what
        # What is dropped goes before the reports' bodies do, or rows would be left without them.
        late = verb == "expire" and struck.of(base.database / "evidence")
        assert changed == late, struck.what
    elif str(base.folder / "stdout") in struck.files:
        # A write that was cut short is gone on with.
        assert struck.status in (0, 74), struck.what
        assert struck.status == 0 or "unable to write the results" in struck.err
        assert changed, struck.what
    else:
        # Between feeder and the sandbox, or the words on stderr.
        assert (struck.status == 0) == changed, struck.what
        assert struck.status in ((0, 75) if delivers else (0, 65, 66, 70, 74, 75)), struck.what
    if changed:
        copy(base.kept, base.database)


def right_after_each(base, strace, verb):
    words, input = VERBS[verb]
    words = [base.held if word == "HELD" else word for word in words]
    config = base.newer if verb == "sync" else base.config
    base.primary.fault.full_for_ixfr = verb == "mirror: the whole zone"
    runs = list(trials(base, strace, words, input, config))
    assert base.everything() != base.before, "the verb does something"
    copy(base.kept, base.database)
    struck_database = 0
    for call, n, fault, wanted in runs:
        struck = Struck(base, strace, words, input, inject(call, n, fault), config)
        assert struck.files, f"{call} {n}: nothing was struck"
        assert_right(base, verb, struck, fault, wanted)
        struck_database += struck.of(base.database)
    print(f"{verb}: {len(runs)} faults, {struck_database} of the database's files")
    assert struck_database >= 3, "pages, their sync, the meta page"


@pytest.mark.parametrize("verb", VERBS)
def test_a_write_that_fails_is_an_error_and_no_change(base, strace, verb):
    right_after_each(base, strace, verb)


@pytest.mark.parametrize("verb", ["add", "import", "receive", "mirror: differences"])
def test_a_disk_that_fails_for_good_is_an_error_and_no_change(base, strace, verb):
    """All calls from one on fail, LMDB's attempt to undo the last one too."""
    words, input = VERBS[verb]
    runs = list(trials(base, strace, words, input))
    copy(base.kept, base.database)
    struck_more = 0
    for call, n, _, _ in runs:
        struck = Struck(base, strace, words, input,
                        ["-P", base.database / "data.mdb",
                         "-P", base.database / "evidence/data.mdb",
                         *inject(call, f"{n}+", "error=EIO")])
        if struck.files:
            assert_right(base, verb, struck, "error=EIO", 74)
            struck_more += len(struck.files) > 1
        else:       # stdout and stderr are not the disk
            copy(base.kept, base.database)
    assert struck_more > 0, "what came after the failure failed too"


def test_init_that_failed_can_be_run_again(install, strace):
    base = install(BODY, init=False)
    struck_database = 0
    for call, n, fault, wanted in trials(base, strace, ["init"]):
        shutil.rmtree(base.database)
        struck = Struck(base, strace, ["init"], None, inject(call, n, fault))
        assert struck.files, f"{call} {n}: nothing was struck"
        if struck.of(base.database):
            struck_database += 1
            # A short first write is no room for LMDB.
            assert struck.status == wanted or "retval" in fault and struck.status == 75, struck.what
            assert "feeder: error: " in struck.err, struck.what
            assert "feeder init" in base.feeder("list", status=66).stderr
            base.feeder("init")
        base.feeder("check")
        assert len(base.rows("audit")) == 1
    assert struck_database >= 4


def test_an_export_that_failed_leaves_the_old_file_or_the_new_one(base, strace):
    words = ["export", "--zone", ZONE, "--format", "json", "--force", "-o", base.folder / "json"]
    right_after_each_export(base, strace, words, [base.folder / "json"])


def test_of_all_exports_each_file_is_the_old_one_or_the_new_one(base, strace):
    right_after_each_export(base, strace, ["export", "--all", "--force"],
                            [base.folder / "json", base.folder / "cidr"])


def right_after_each_export(base, strace, words, targets):
    base.feeder(*words)
    new, struck_file = [target.read_text() for target in targets], 0
    out, err = str(base.folder / "stdout"), str(base.folder / "stderr")
    for call, n, fault, wanted in trials(base, strace, words):
        for target in targets:
            target.write_text("old\n")
        names = {path.name for path in base.folder.iterdir()}
        struck = Struck(base, strace, words, None, inject(call, n, fault))
        about = [file for file in struck.files if file not in (out, err)]
        struck_file += len(about)
        are = [target.read_text() for target in targets]
        if about and "retval" not in fault:
            assert struck.status == wanted, struck.what
            # The folder's sync comes after the new name; the other exports are made all the same.
            failed = 0 if about == [str(base.folder)] else 1
            assert [text == "old\n" for text in are].count(True) == failed, struck.what
            assert all(text in ("old\n", fresh) for text, fresh in zip(are, new)), struck.what
        elif struck.files == [out] and struck.status != 0:
            assert struck.status in (70, 74) and are == new, struck.what
        else:
            # What was cut short is gone on with; strace swallowed what it "wrote".
            assert struck.status == 0, struck.what
            assert are == new or "retval" in fault
        left = {path.name for path in base.folder.iterdir()} - names
        assert not {name for name in left if not name.startswith("trace.")}
    assert struck_file >= 2 * len(targets)


# --- what is carried out and fails all the same ---------------------------------------------------


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""


def limited(base, octets, *words, input=None):
    """feeder where no file may be longer: writes are cut short there, the next one is EFBIG."""
    return subprocess.run([sys.executable, "-I", "-c", LIMITED, str(octets), built("feeder"), "-c",
                           base.config, *words], input=input, capture_output=True, text=True,
                          timeout=60)


def test_a_write_that_is_cut_short_in_the_middle_is_an_error_and_no_change(base):
    size = (base.database / "data.mdb").stat().st_size
    words, input = VERBS["import"]
    base.feeder(*words, input=input)
    most = (base.database / "data.mdb").stat().st_size
    copy(base.kept, base.database)
    for octets in range(size + 1000, most, (most - size) // (40 if LONG else 8)):
        done = limited(base, octets, *words, input=input)
        assert done.returncode == 74, (octets, size, most, done)
        assert "feeder: error: " in done.stderr and "committing" in done.stderr
        base.feeder("check")
        assert base.everything() == base.before
    base.feeder(*words, input=input)
    base.feeder("check")


@pytest.mark.parametrize("octets", [1, 100, 4096, 5000, 8191])
def test_an_init_whose_first_write_was_cut_short_can_be_run_again(install, octets):
    base = install(BODY, init=False)
    base.database.mkdir()
    # As a full disk leaves it.
    (base.database / "data.mdb").write_bytes(bytes(range(256)) * 32)
    with open(base.database / "data.mdb", "r+b") as data:
        data.truncate(octets)
    assert "feeder init" in base.feeder("list", status=66).stderr
    base.feeder("init")
    base.feeder("check")


# A pwrite() that does what it is told and then says EIO, the N-th time for data.mdb: the disk
# refused what the page cache has.
REFUSED = r"""
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off_t);
	static int count;
	char link[64], path[PATH_MAX] = "";

	if (!real) {
		*(void **)&real = dlsym(RTLD_NEXT, "pwrite");
	}
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof path - 1) < 0 || !strstr(path, "/db/data.mdb")) {
		return real(fd, data, len, at);
	}
	ssize_t n = real(fd, data, len, at);

	if (++count == atoi(getenv("REFUSE"))) {
		fprintf(stderr, "refused: %zu octets at %ld\n", len, (long)at);
		errno = EIO;
		return -1;
	}
	return n;
}
"""


def test_a_write_that_the_page_cache_has_and_the_disk_refused_is_no_change(base, folder):
    if b"__asan_init" in Path(built("feeder")).read_bytes():
        pytest.skip("AddressSanitizer wants to be the first library")
    source, library = folder / "refused.c", folder / "refused.so"
    source.write_text(REFUSED)
    subprocess.run([program("gcc"), "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, source],
                   check=True, timeout=60)
    words, _ = VERBS["add"]
    refused_meta = 0
    for n in range(1, CALLS + 1):
        done = subprocess.run(
            [built("feeder"), "-c", base.config, *words], capture_output=True, text=True,
            timeout=60, env={"LD_PRELOAD": str(library), "REFUSE": str(n)})
        refused = re.search(r"refused: \d+ octets at (\d+)", done.stderr)
        if not refused:
            break
        assert done.returncode == 74, done
        # The meta pages are the first two.
        refused_meta += int(refused[1]) < 8192
        assert base.feeder("check").stdout == ""
        assert base.everything() == base.before
    assert refused_meta == 1, "the commit's last write was refused once"
    assert done.returncode == 0 and base.everything() != base.before
