"""A disk that is full: exit 75, and the database and the exported file stay what they were."""

import subprocess

import pytest

from dnsbld import SUBLISTS, built, zone
from process import need_root
from reports import arf

ZONE = "dnsbl.example.org"

# Runs in a mount namespace, where $1 is a disk of 2 MiB that nobody else sees. `step` prints what
# the next command exits with, and keeps its messages.
SCRIPT = """
set -u
disk=$1 feeder=$2 export DNSBLD_CONF=$3 many=$4 mail=$5 second=$6
mount -t tmpfs -o size=2m none "$disk" || exit 1
step() { "$@" >>"$disk.out" 2>>"$disk.err"; echo "$?"; }
step "$feeder" init
step "$feeder" add 192.0.2.1 --sublist relay
step "$feeder" export --zone %s --format bind -o "$disk/zone"
cp "$disk/zone" "$disk.before"
head -c 2m /dev/zero >"$disk/filler" 2>/dev/null
step "$feeder" add - --sublist relay <"$many"
step "$feeder" export --zone %s --format bind --force -o "$disk/zone"
cmp "$disk/zone" "$disk.before" && echo same
step "$feeder" receive --reporter t1 <"$mail"
step "$feeder" -c "$second" init
step "$feeder" check
ls -A "$disk"
rm "$disk/filler"
step "$feeder" check
"$feeder" list
step "$feeder" add 192.0.2.2 --sublist relay
step "$feeder" receive --reporter t1 <"$mail"
step "$feeder" -c "$second" init
step "$feeder" -c "$second" check
step "$feeder" check
""" % (ZONE, ZONE)


@pytest.fixture
def lines(install, folder):
    """What SCRIPT prints, a line each."""
    need_root("a small disk of its own")
    installation = install(SUBLISTS + zone(ZONE), init=False)
    disk = folder / "disk"
    disk.mkdir()
    config = installation.config
    config.write_text(config.read_text().replace('database = "db"', f'database = "{disk}/db"'))
    second = folder / "second.conf"
    second.write_text(config.read_text().replace(f'"{disk}/db"', f'"{disk}/second"'))
    mail = folder / "mail"
    mail.write_text(arf())
    many = folder / "many"
    many.write_text("".join(f"101.{n >> 8}.{n & 255}.1\n" for n in range(20000)))
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", SCRIPT,
                           "sh", disk, built("feeder"), config, many, mail, second],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), (folder / "disk.err").read_text()


def test_a_full_disk_is_exit_75_with_nothing_half_done(lines):
    printed, errors = lines
    assert printed[:3] == ["0", "0", "0"], errors
    assert printed[3] == "75", errors                   # add
    assert printed[4:6] == ["75", "same"], errors       # export
    assert printed[6:9] == ["75", "75", "0"], errors    # receive, init, check
    files = printed[9:printed.index("0", 9)]
    assert sorted(files) == ["db", "filler", "second", "zone"], "no temporary file is left"
    rest = printed[9 + len(files):]
    assert rest[0] == "0", errors                       # check
    assert rest[1].split("\t")[:2] == ["192.0.2.1", "relay"]
    assert rest[2:] == ["0"] * 5, "what failed works when there is room"
    assert errors.count("the disk is full") >= 4, errors
