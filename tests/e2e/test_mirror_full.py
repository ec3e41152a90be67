"""feeder mirror where there is no room: its process may write no files that large, or the database's
map is full when a transfer is applied. The zone and all else stay as they were, the log says why,
others go on writing, and with room the next attempt succeeds.
"""

import resource

import pytest

from primary import Primary, listing
from test_mirror import FIRST, SUBLISTS, Mirror, size

# About 1.2 MB on the wire, and some 4 MB in the database.
MUCH = set().union(*(listing(f"203.0.{i}.{k}", text=f"{i}.{k} " + "x" * 220)
                     for i in range(16) for k in range(250)))


@pytest.fixture
def primary():
    made = Primary().publish(1, FIRST)
    yield made
    made.stop()


class Full(Mirror):
    def __init__(self, install, *primaries, **options):
        super().__init__(lambda body, **more: install(SUBLISTS + body, **more), *primaries, **options)

    def attempt(self, status, **options):
        done = self.feeder("mirror", "--once", status=status, **options)
        assert self.has() == (1, size(FIRST))
        self.feeder("add", "192.0.2.77", "--sublist", "relay")
        self.feeder("check")
        return done.stderr


def test_no_room_for_the_transfers_file(install, primary):
    mirror = Full(install, primary)
    mirror.once()
    primary.publish(2, MUCH)
    most = 1 << 20
    log = mirror.attempt(74, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
    assert "unable to keep the transfer in the database's folder: File too large" in log
    assert mirror.once()[0]["serial"] == 2


def test_no_room_in_the_database(install, primary):
    mirror = Full(install, primary, head="map_size = 3M\n")
    mirror.once()
    primary.publish(2, MUCH)
    assert "map is full: raise map_size" in mirror.attempt(75)
    config = mirror.installation.config
    config.write_text(config.read_text().replace("map_size = 3M", "map_size = 64M"))
    assert mirror.once()[0]["serial"] == 2
