"""feeder mirror behind primaries of other makes, and behind dnsbld: what each has is taken over, and
what changes there follows within a moment of its NOTIFY, all of it signed.
"""

import pytest

from dnsbld import SUBLISTS, zone
from peers.bind import Bind
from peers.knot import Knot
from peers.nsd import Nsd
from peers.server import KEY, secret
from primary import ZONE
from test_mirror import Mirror

HEAD = """$ORIGIN {zone}.
$TTL 300
@ SOA ns1.example.net. hostmaster.example.org. {serial} 3600 600 86400 60
@ NS ns1.example.net.
"""
MANY = "".join(f"{k}.{i}.0.203 A 127.0.0.2\n{k}.{i}.0.203 TXT \"listed\"\n"
               for i in range(20) for k in range(200))


def zone_file(serial, *addresses):
    listings = "".join(f"{'.'.join(reversed(address.split('.')))} A 127.0.0.2\n"
                       for address in addresses)
    return HEAD.format(zone=ZONE, serial=serial) + MANY + listings


class At:
    """Where a primary is, for Mirror."""

    def __init__(self, port):
        self.at = f"127.0.0.1:{port}"


@pytest.fixture
def follow(install):
    """A mirror of the primary on that port. Its port for NOTIFY has to be known before the
    primary's own config is written."""
    made = []

    def make(port):
        made.append(Mirror(install, At(port), key=KEY))
        return made[-1]

    yield make
    for mirror in made:
        mirror.stop()


@pytest.mark.parametrize("make", [Knot, Nsd, Bind], ids=["knot", "nsd", "bind"])
def test_a_primary_of_another_make(follow, folder, make):
    primary = make(folder, ZONE)
    mirror = follow(primary.port)
    file = folder / "zone"
    file.write_text(zone_file(10, "192.0.2.1", "192.0.2.2"))
    file.chmod(0o644)
    try:
        primary.serve(file, key=KEY, notify=mirror.port)
        primary.await_serial(10)
        mirror.start().await_serial(10)
        listed = mirror.installation.listed
        assert len(listed()) == 4002 and {"192.0.2.1", "192.0.2.2"} <= set(listed())
        for serial, addresses in ((11, ["192.0.2.2", "198.51.100.7"]), (12, ["198.51.100.7"])):
            primary.reload(zone_file(serial, *addresses))
            mirror.await_serial(serial)
            assert set(addresses) == {a for a in listed() if not a.startswith("203.")}
        text = mirror.daemon.text()
        assert f"serial 11 to 12 from {mirror.primaries}: differences" in text, text
        mirror.feeder("check")
    finally:
        primary.stop()


def test_dnsbld_is_a_primary_too(follow, install):
    primary = install("", init=False)
    mirror = follow(primary.port)
    primary.configure(
        f'key "{KEY.name}" {{ algorithm = "{KEY.algorithm}"  secret = "{secret(KEY)}" }}\n'
        "notify_delay = 0\n" + SUBLISTS + zone(ZONE, f"""
    transfer {{ keys = {{ "{KEY.name}" }} }}
    notify = {{ "127.0.0.1:{mirror.port} key {KEY.name}" }}"""))
    primary.init()
    primary.feeder("add", "192.0.2.1", "198.51.100.0/24", "--sublist", "relay")
    primary.start()
    serial = primary.stats()["serials"][ZONE]
    mirror.start().await_serial(serial)
    # The test entries arrive as well, as records like others.
    own = lambda: {a for a in mirror.installation.listed() if not a.startswith(("127.", "::ffff"))}
    assert own() == {"192.0.2.1", "198.51.100.0/24"}
    primary.feeder("remove", "192.0.2.1", "--reason", "test")
    primary.feeder("add", "2001:db8::/48", "--sublist", "hijacked")
    serial = primary.stats()["serials"][ZONE]
    mirror.await_serial(serial)
    assert own() == {"198.51.100.0/24", "2001:db8::/48"}
    assert "differences" in mirror.daemon.text(), mirror.daemon.text()
