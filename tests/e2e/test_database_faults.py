"""A database file that is cut short, overwritten, replaced, damaged or read-only under the
programs, and a map that grows: what is said, what is answered meanwhile, and that nobody has to
restart anything once the file is whole again.

Meanwhile a right answer, SERVFAIL or silence will do, but never "unlisted" for what is listed.
"""

import contextlib
import fcntl
import os
import random
import re
import shutil
import struct
import subprocess
import time
from pathlib import Path

import pytest

from dnsbld import SUBLISTS, built, zone
from lists import LONG, SEED
from load import Asking, Load, attempt
from names import reversed_name
from process import Process, await_until, need_root, program

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
LISTED = reversed_name("192.0.2.1", ZONE)
UNLISTED = reversed_name("192.0.2.2", ZONE)
WANTED = {LISTED: ["127.0.0.2"], UNLISTED: []}
PAGE = 4096

# A worker looks at its file each second and starts again within another; with room for a busy
# machine.
NOTICED = 12
WATCHED_S = 3
# A process starts twice a second at most, and says two lines when it ends by a signal.
LINES_A_SECOND = 4


@pytest.fixture
def server(install):
    server = install(BODY)
    server.loses_processes = True
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    return server.start()


def assert_serves(server, codes=("127.0.0.2",), name=LISTED):
    """By each process: sockets are chosen by the client's port."""
    def all_do():
        return all(attempt(server.port, name, tcp) == list(codes)
                   for tcp in [False] * 16 + [True])

    await_until(all_do, lambda: f"all serve {codes}:\n{server.server.text()[-3000:]}", NOTICED)


def write_over(path, data):
    """In its place, as cp does it: the same inode."""
    with open(path, "r+b") as file:
        file.truncate(0)
        file.write(data)


def rename_over(path, data):
    """A new file with the old one's owner and mode."""
    new = path.with_name("new.mdb")
    new.write_bytes(data)
    theirs = path.stat()
    os.chown(new, theirs.st_uid, theirs.st_gid)
    os.chmod(new, theirs.st_mode & 0o777)
    os.rename(new, path)


def cut_to(size):
    return lambda path, data: os.truncate(path, size)


def cut_last_page(path, data):
    os.truncate(path, len(data) - PAGE)


def zeros_in_place(path, data):
    os.truncate(path, 0)
    os.truncate(path, len(data))


def nonsense(path, data):
    rename_over(path, b"this is no database " * 5000)


# How the file is broken → what has to be said about it
BROKEN = {
    "cut to nothing": (cut_to(0), "cut short"),
    "cut within its first page": (cut_to(100), "cut short"),
    "cut behind its meta pages": (cut_to(2 * PAGE), "cut short"),
    "its last page cut off": (cut_last_page, "cut short|shorter than the pages"),
    "zeros in its place": (zeros_in_place, "written over|damaged"),
    "replaced by nonsense": (nonsense, "damaged"),
    "gone": (lambda path, data: path.unlink(), "no database"),
}


# In `make check` each with one way to mend it, while clients ask or none does.
CASES = [(how, asked, mend) for number, how in enumerate(BROKEN)
         for asked, mend in ((True, write_over), (False, rename_over), (False, write_over),
                             (True, rename_over))[number % 2:4 if LONG else number % 2 + 1]]


@pytest.mark.parametrize("how, asked, mend", CASES, ids=[
    f"{how}-{'asked' if asked else 'idle'}-{mend.__name__}" for how, asked, mend in CASES])
def test_a_broken_file_is_named_and_served_again_when_it_is_mended(server, how, asked, mend):
    if how == "gone":
        mend = rename_back
    path = server.database / "data.mdb"
    data = path.read_bytes()
    kept = path.with_name("kept.mdb")
    shutil.copy2(path, kept)
    os.chown(kept, path.stat().st_uid, path.stat().st_gid)
    break_it, words = BROKEN[how]
    assert_serves(server)
    parent = server.server.pid
    asking = Asking(server.port, LISTED, ["127.0.0.2"])
    with asking if asked else contextlib.nullcontext():
        lines = server.server.text().count("\n")
        break_it(path, data)
        server.server.await_line(words, NOTICED)
        begin = time.monotonic()
        feeder_says(server, path)
        time.sleep(max(0, begin + WATCHED_S - time.monotonic()))      # what it does all the while
        said = server.server.text().count("\n") - lines
        processes = 2 * (2 if server.ipv6 else 1) + 1
        assert said < (WATCHED_S + 2) * LINES_A_SECOND * processes, server.server.text()
        mend(path, data)
        assert_serves(server)
    if asked:
        assert asking.wrong == []
        assert asking.asked > 10
    assert server.server.pid == parent and server.server.running()
    assert_serves(server, (), UNLISTED)
    # And it is written again, and that is seen.
    server.feeder("add", "192.0.2.2", "--sublist", "netblock")
    assert_serves(server, ("127.0.0.9",), UNLISTED)
    server.feeder("check")


def rename_back(path, data):
    path.with_name("kept.mdb").rename(path)


def feeder_says(server, path):
    """No verb takes a broken file for a database, or ends by a signal."""
    for words in (["list"], ["add", "192.0.2.8", "--sublist", "relay"], ["check"]):
        done = server.feeder(*words, status=None)
        assert done.returncode in (66, 70, 74, 75), done
        assert "feeder: error: " in done.stderr


@pytest.mark.parametrize("asked", [True, False], ids=["asked", "idle"])
def test_an_older_state_written_over_the_file_is_served_and_no_copy_of_the_newer(install, asked):
    """Whoever has the file open would take lock.mdb's word that nothing had changed."""
    server = install(BODY)
    server.loses_processes = True
    path = server.database / "data.mdb"
    older = path.read_bytes()
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    server.feeder("add", "198.51.100.1", "--sublist", "relay")
    server.start()
    assert_serves(server)
    with Asking(server.port, LISTED, []) if asked else contextlib.nullcontext():
        # Not cut before: that would be noticed for itself.
        with open(path, "r+b") as file:
            file.write(older)
        server.server.await_line("written over", NOTICED)
        assert_serves(server, ())
    server.feeder("check")
    server.feeder("add", "192.0.2.2", "--sublist", "netblock")
    assert_serves(server, ("127.0.0.9",), UNLISTED)


# --- read-only ------------------------------------------------------------------------------------


READ_ONLY = """
set -u
mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 1
export DNSBLD_CONF=$3
"$2" list; echo "$?"
"$2" add 192.0.2.2 --sublist relay; echo "$?"
"$2" check; echo "$?"
exec "$4"
"""


def test_a_read_only_disk_is_read_and_served_and_exit_77_for_a_writer(install):
    need_root("a read-only mount of its own")
    server = install(BODY)
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    server.server = Process(
        [program("unshare"), "--mount", "--propagation", "private", "sh", "-c", READ_ONLY, "sh",
         server.database, built("feeder"), server.config, built("dnsbld")],
        server.folder / "dnsbld.log")
    server.server.await_line(r"ready: ")
    lines = server.server.text().splitlines()
    codes = [line for line in lines if line.isdigit()]
    assert codes == ["0", "77", "0"], server.server.text()
    assert re.search(r"feeder: error: .*Read-only file system", server.server.text())
    assert_serves(server)
    # What is written by another way is seen all the same.
    server.feeder("add", "192.0.2.2", "--sublist", "netblock")
    assert_serves(server, ("127.0.0.9",), UNLISTED)


def test_a_data_file_that_may_not_be_written_is_exit_77(install):
    need_root("an owner who is not root")
    server = install(BODY)
    for path in [server.database, *server.database.rglob("*")]:
        os.chown(path, 65534, 65534)
    os.chmod(server.database / "data.mdb", 0o440)
    before = server.everything()
    done = server.feeder("add", "192.0.2.1", "--sublist", "relay", status=77)
    assert re.search(r"feeder: error: .*Permission denied", done.stderr)
    assert server.everything() == before


# --- a map that is full, and one that grows -------------------------------------------------------


def mapped(server):
    """The lengths of data.mdb's map in each process, as they are now."""
    lengths = []
    for pid in server.children():
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            if line.endswith("/data.mdb"):
                first, last = (int(n, 16) for n in line.split()[0].split("-"))
                lengths.append(last - first)
    return lengths


def test_a_map_that_is_full_and_then_grows_costs_no_answer(install):
    """feeder with a larger map_size, whenever it does not suffice any more, under full load."""
    server = install(BODY, head="map_size = 1M\n")
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    server.start()
    assert set(mapped(server)) == {1 << 20}
    children = server.children()
    mib, full = 1, 0
    with Load(server.port, WANTED) as load:
        await_until(lambda: load.count > 2000, "a load is on")
        for step in range(1, 8 if LONG else 5):
            rows = "".join(f"101.{n % 200}.{16 * step + n // 40000}.{n // 200 % 200}\n"
                           for n in range(1000 << step))
            words = ["import", "--source", f"feed{step}", "--sublist", "netblock", "--format",
                     "plain", "-"]
            while (done := server.feeder(*words, input=rows, status=None)).returncode != 0:
                assert done.returncode == 75 and "raise map_size" in done.stderr, done
                full += 1
                mib *= 2
                text = re.sub(r"(?m)^map_size = .*$", f"map_size = {mib}M",
                              server.config.read_text())
                server.config.write_text(text)
            assert_serves(server, ("127.0.0.9",), reversed_name(f"101.1.{16 * step}.1", ZONE))
            await_until(lambda: len(set(mapped(server))) == 1, lambda: str(mapped(server)))
    print(f"{full} times full, {mib} MiB in the end, {load.count} answers")
    assert full >= 3
    assert load.wrong == []
    assert set(mapped(server)) == {mib << 20}
    assert server.children() == children
    assert "error" not in server.server.text()


class FailingDisk:
    """A file system on a loop device, whose file can be made to end in front of a block."""

    SIZE = 16 << 20

    def __init__(self, image, at):
        self.image, self.at = image, at
        with open(image, "wb") as file:
            file.truncate(self.SIZE)
        subprocess.run([program("mkfs.ext4"), "-q", "-F", "-O", "^has_journal", "-b", str(PAGE),
                        image], check=True, capture_output=True)
        self.mount()

    def mount(self):
        done = subprocess.run([program("mount"), "-o", "loop", self.image, self.at],
                              capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"no loop device to mount: {done.stderr}")
        # In memory is what was asked for, and not what lies around it.
        device = subprocess.run([program("findmnt"), "-no", "SOURCE", self.at],
                                capture_output=True, text=True).stdout.strip()
        subprocess.run([program("blockdev"), "--setra", "0", device], check=True)

    def unmount(self):
        subprocess.run([program("umount"), self.at], check=True)

    @staticmethod
    def forget(path):
        """Of a file nothing is in memory: where another namespace has the disk too, it stays mounted."""
        with open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def block(self, path, page):
        """Where a file's page is on the disk (FIBMAP)."""
        with open(path, "rb") as file:
            return struct.unpack("i", fcntl.ioctl(file, 1, struct.pack("i", page)))[0]

    def put_in_order(self, path):
        """Writes a file anew, so that each page is behind those before it. The pages' blocks."""
        data, stat = path.read_bytes(), path.stat()
        new = path.with_name("new")
        with open(new, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chown(new, stat.st_uid, stat.st_gid)
        os.chmod(new, stat.st_mode & 0o777)
        new.rename(path)
        blocks = [self.block(path, n) for n in range(len(data) // PAGE)]
        assert 0 < blocks[0] and blocks == sorted(set(blocks))
        return blocks

    @contextlib.contextmanager
    def failing(self, block):
        """With it and what is behind it no disk any more."""
        at = block * PAGE
        with open(self.image, "r+b") as file:
            file.seek(at)
            rest = file.read()
            file.truncate(at)
            yield
            file.seek(at)
            file.write(rest)


@pytest.fixture
def on_disk(install, folder):
    """An installation without a database yet, whose folder for it is on that disk; and the disk."""
    need_root("a disk")
    server = install(BODY, init=False)
    server.database.mkdir()
    disk = FailingDisk(folder / "image", server.database)
    yield server, disk
    server.stop()
    disk.unmount()


def test_a_page_that_the_disk_cannot_read_costs_those_who_need_it(on_disk):
    """A process that touches it ends by a signal, and its successor serves all else. (The pages
    that were read before are in memory.)"""
    low = sorted(random.Random(SEED).sample(range(1 << 16), 4000))
    bad = f"101.7.{low[2000] >> 8}.{low[2000] & 255}"
    server, disk = on_disk
    server.loses_processes = True
    server.feeder("init")
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    server.feeder("import", "--source", "feed", "--sublist", "hijacked", "--format", "plain", "-",
                  input="".join(f"101.7.{n >> 8}.{n & 255}\n" for n in low))
    path = server.database / "data.mdb"
    blocks = disk.put_in_order(path)
    place = path.read_bytes().find(struct.pack(">32H", *low[1990:2022]))
    assert place > 0
    disk.unmount()
    disk.mount()
    disk.forget(path)
    server.start()
    assert_serves(server)
    with disk.failing(blocks[place // PAGE]):
        assert attempt(server.port, reversed_name(bad, ZONE)) is None
        server.server.await_line("a page of the database, or of the counters")
        server.server.await_line("ended by signal 7")
        assert_serves(server)
        assert_serves(server, (), UNLISTED)
        for words in (["show", bad], ["check"], ["add", bad, "--sublist", "relay"]):
            done = server.feeder(*words, status=75)
            assert "the disk is full or broken" in done.stderr
    assert_serves(server, ("127.0.0.4",), reversed_name(bad, ZONE))
    server.feeder("check")
    server.feeder("add", "192.0.2.2", "--sublist", "netblock")
    assert_serves(server, ("127.0.0.9",), UNLISTED)


def test_a_forged_count_of_readers_is_refused(server):
    """The workers' account can write lock.mdb, and LMDB would walk past the end of its table."""
    path = server.database / "lock.mdb"
    count_at = 56  # mti_numreaders of LMDB 0.9, 64-bit
    with open(path, "r+b") as lock:
        lock.seek(count_at)
        count = lock.read(4)
        assert 0 < int.from_bytes(count, "little") < 1000
        for forged in (300000, 1000000, 0xffffffff):
            lock.seek(count_at)
            lock.write(forged.to_bytes(4, "little"))
            lock.flush()
            for words in (["list"], ["add", "192.0.2.9", "--sublist", "relay"], ["check"]):
                done = server.feeder(*words, status=70)
                assert "somebody has altered it" in done.stderr
        lock.seek(count_at)
        lock.write(count)
    server.feeder("check")
    assert_serves(server)
