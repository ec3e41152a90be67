"""Programs under test and their peers, as child processes.

start ──▶ await_line()/await_until() ──▶ use ──▶ stop()

Every program is found by program(), started by Process and ended by its own process id. Nothing
here waits a fixed time: readiness is a line in a log or a condition that becomes true before a
deadline. A child gets SIGTERM from the kernel when the test run itself dies (setpriv --pdeathsig),
so that an interrupted run leaves nothing behind.
"""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from proc import session_members

# Generous, because a loaded machine is no failure; a condition that holds ends the wait at once.
DEADLINE = 15.0

# Under strace: LeakSanitizer would be a second tracer, of which there cannot be two.
UNTRACED_LEAKS = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}


def program(name, *places):
    """The path of a program: the first of `places`, else $PATH. Absent: skip, or fail in CI."""
    for place in (*places, *(Path(d) / name for d in os.environ["PATH"].split(":")),
                  Path("/usr/sbin") / name, Path("/sbin") / name):
        if os.access(place, os.X_OK):
            return str(place)
    absent(f"{name} is not installed")


def absent(reason):
    """What the tests need is not here. A developer may do without, CI may not."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def need_root(reason):
    if os.geteuid() != 0:
        pytest.skip(f"needs root: {reason}")


def await_until(condition, what, deadline=DEADLINE, every=0.02):
    """The first true value of condition(); an AssertionError naming `what` after the deadline."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline:g} s: {what() if callable(what) else what}")
        time.sleep(every)


class Process:
    """A child in a session of its own, whose stdout and stderr go to one log file."""

    started = []

    def __init__(self, argv, log, env=None):
        self.log = Path(log)
        self.name = Path(argv[0]).name
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *map(str, argv)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, start_new_session=True)
        self.pid = self.child.pid
        Process.started.append(self)

    def text(self):
        return self.log.read_text(errors="replace")

    def running(self):
        return self.child.poll() is None

    def await_line(self, pattern, deadline=DEADLINE, log=None):
        """The match of `pattern` in the log; it fails at once when the program has ended."""
        place = Path(log) if log else self.log

        def look():
            ended = not self.running()
            found = place.exists() and re.search(pattern, place.read_text(errors="replace"), re.M)
            if ended and not found:
                raise AssertionError(
                    f"{self.name} ended with {self.child.returncode}:\n{self.text()[-4000:]}")
            return found

        return await_until(look, lambda: f"{self.name}: {pattern!r} in\n{self.text()[-4000:]}",
                           deadline)

    def send(self, number):
        os.kill(self.pid, number)

    def wait(self, deadline=DEADLINE):
        try:
            return self.child.wait(deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {deadline:g} s:\n"
                                 f"{self.text()[-4000:]}") from None

    def stop(self, number=signal.SIGTERM, deadline=DEADLINE):
        """End it and whatever is left of its session. Returns its exit status."""
        try:
            if self.running():
                self.send(number)
            return self.wait(deadline)
        finally:
            self.kill_session()

    def kill_session(self):
        """Returns when they have gone: what comes next may want their ports."""
        for pid in session_members(self.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.running():
            self.child.wait(DEADLINE)
        await_until(lambda: not session_members(self.pid), f"what {self.name} started has ended")
