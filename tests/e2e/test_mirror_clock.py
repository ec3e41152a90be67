"""feeder mirror by a clock that is set while it runs: ahead, so that all zones are past their expiry
by it, and back, so that what was refreshed then would not expire for long.
"""

import os
import time

import pytest

from primary import Primary
from process import await_until
from test_mirror import FIRST, Mirror
from test_mirror_faults import FAKETIME

DAY = 86400


@pytest.fixture
def clock(folder, monkeypatch):
    """Sets the clock of what is started inside, as seconds from the real one."""
    file = folder / "clock"

    def set_to(seconds):
        new = file.with_suffix(".new")
        new.write_text(f"{seconds:+d}s\n")
        new.rename(file)

    set_to(0)
    for name, value in (("LD_PRELOAD", FAKETIME), ("FAKETIME_TIMESTAMP_FILE", str(file)),
                        ("FAKETIME_NO_CACHE", "1"), ("DONT_FAKE_MONOTONIC", "1"),
                        ("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "")
                         + ":verify_asan_link_order=0")):
        monkeypatch.setenv(name, value)
    return set_to


def refreshed(mirror):
    """Seconds from now; feeder says it by whatever clock."""
    text = mirror.installation.stats()["mirrors"]["dnsbl.example.org"]["refreshed"]
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone - time.time()


def test_a_clock_that_is_set_has_all_primaries_asked(install, clock):
    primary = Primary(refresh=DAY, retry=DAY, expire=7 * DAY).publish(1, FIRST)
    mirror = Mirror(install, primary)
    try:
        mirror.start().await_serial(1)
        for seconds, asked in ((10 * DAY, 1), (0, 2)):
            clock(seconds)
            primary.await_question("SOA", asked)
            await_until(lambda: abs(refreshed(mirror) - seconds) < 60,
                        lambda: f"refreshed at {seconds:+} s, not {refreshed(mirror)}")
        assert mirror.daemon.text().count("the clock was set by") == 2
    finally:
        mirror.stop()
        primary.stop()
