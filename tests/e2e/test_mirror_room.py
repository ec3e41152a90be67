"""No room for what a primary has: a disk that is full, wherever in a transfer or a commit that is
noticed, and a map. Exit 75, the zone stays what it was, and it follows when there is room.
"""

import json
import os
import subprocess

import pytest

from dnsbld import built
from primary import ZONE, Primary, listing
from process import Process, await_until, need_root
from test_mirror import FIRST, Mirror, size

MANY = set().union(*(listing(f"101.{n % 20}.{n // 20}.1", text="x" * 100) for n in range(2000)))
# Half a MiB of it is more than one in the database.
CLAIMS = set().union(*(listing(f"101.{n % 250}.{n // 250}.1") for n in range(4000)))
# Of this more: a claim takes what it does, however short the record.
BARE = {record for record in CLAIMS if record[1] == "A"}
STEP = 64 << 10
# Of what is free a transfer takes no more than half: so that is met before the disk is full.
IN_SPOOL = "more than half of what was free on the disk"


@pytest.fixture
def primary():
    made = Primary(retry=1).publish(1, FIRST)
    yield made
    made.stop()


class SmallDisk:
    """4 MiB in a mount namespace, where only who runs in it sees them, with the database on it."""

    def __init__(self, install, folder, primary):
        self.path = folder / "disk"
        self.path.mkdir()
        self.holder = Process(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c",
             'mount -t tmpfs -o size=4m none "$1" && echo mounted && exec sleep infinity', "sh",
             self.path], folder / "holder.log")
        self.holder.await_line("mounted")
        self.seen = f"/proc/{self.holder.pid}/root{self.path}"
        self.config = folder / "mirror.conf"
        self.config.write_text(
            f'database = "{self.path}/db"\nmap_size = 1G\n'
            f'mirror {{ zone "{ZONE}" {{ primaries = {{ "{primary.at}" }} }} }}\n')
        self.feeder("init")

    def argv(self, *words):
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", built("feeder"), "-c",
                self.config, *words]

    def feeder(self, *words, status=0):
        done = subprocess.run(self.argv(*words), capture_output=True, text=True, timeout=60)
        assert done.returncode == status, (words, done)
        return done

    def has(self):
        """What is listed, and of which serial."""
        stats = json.loads(self.feeder("stats", "--json").stdout)
        return stats["mirrors"][ZONE]["serial"], self.feeder("list").stdout

    def leave(self, octets):
        """So much room and no more."""
        with open(f"{self.seen}/filler", "wb"):
            pass
        free = os.statvfs(self.seen)
        free = free.f_bavail * free.f_bsize
        with open(f"{self.seen}/filler", "r+b") as filler:
            filler.write(bytes(max(0, free - octets)))

    def end(self):
        self.holder.stop()


@pytest.fixture
def disk(install, folder, primary):
    need_root("a small disk of its own")
    made = SmallDisk(install, folder, primary)
    yield made
    made.end()


def test_wherever_a_disk_gets_full_nothing_is_changed_and_then_it_follows(disk, primary):
    disk.feeder("mirror", "--once")
    before = disk.has()
    primary.publish(2, BARE)
    reasons, room = [], 0
    while True:
        disk.leave(room)
        done = subprocess.run(disk.argv("mirror", "--once"), capture_output=True, text=True,
                              timeout=60)
        if done.returncode == 0:
            break
        spooled = IN_SPOOL in done.stderr
        assert done.returncode == 75 and (spooled or "the disk is full" in done.stderr), (room, done)
        assert disk.has() == before
        disk.feeder("check")
        assert set(os.listdir(disk.seen)) == {"db", "filler"}
        reasons.append(spooled)
        room += STEP if spooled else STEP // 4
    print(f"{reasons.count(True)} in the spool, {reasons.count(False)} in the database")
    assert reasons.count(True) > 2 and reasons.count(False) > 2
    serial, listed = disk.has()
    assert (serial, listed.count("\n")) == (2, 4000)
    disk.feeder("check")


def test_the_daemon_follows_by_itself_when_there_is_room(disk, primary, folder):
    disk.feeder("mirror", "--once")
    disk.leave(0)
    primary.publish(2, MANY)
    daemon = Process(disk.argv("mirror"), folder / "mirror.log")
    try:
        daemon.await_line("feeder: error: .*" + IN_SPOOL)
        primary.await_question("IXFR", 3)
        assert disk.has()[0] == 1
        assert daemon.text().count(IN_SPOOL) == 1, "what is known is not said each time"
        os.unlink(f"{disk.seen}/filler")
        await_until(lambda: disk.has()[0] == 2, daemon.text)
    finally:
        daemon.stop()
    disk.feeder("check")


def test_a_full_map_is_exit_75_and_a_larger_one_follows(install, primary):
    mirror = Mirror(install, primary, head="map_size = 1M\n")
    mirror.once()
    before = mirror.everything()
    primary.publish(2, CLAIMS)
    row, said = mirror.once(75)
    assert row["kind"] == "failed" and "raise map_size" in said
    assert mirror.everything() == before
    mirror.feeder("check")
    config = mirror.installation.config
    mirror.start()
    try:
        mirror.daemon.await_line("feeder: error: .*raise map_size")
        config.write_text(config.read_text().replace("map_size = 1M", "map_size = 1G"))
        mirror.daemon.send(1)
        mirror.daemon.await_line("reloaded: 1 zones")
        mirror.await_serial(2)
    finally:
        mirror.stop()
    assert mirror.has() == (2, size(CLAIMS))
    mirror.feeder("check")
