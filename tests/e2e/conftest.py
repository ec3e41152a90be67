"""Fixtures: folders that unprivileged programs can reach, and installations of dnsbld in them.

A fixture that starts something stops it, whatever the test did.
"""

import contextlib
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from dnsbld import Dnsbld
from mail import ZONE, MailWorld
from peers.exim import Exim
from peers.postfix import Postfix
from process import Process, absent, need_root, program


def pytest_configure(config):
    # Ended from outside, finalizers still have to run. pytest takes SystemExit for a failed test.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def no_process_left():
    """What its fixture could not end, as it never got ready, ends here."""
    yield
    for process in Process.started:
        process.kill_session()


@pytest.fixture(scope="session")
def make_folder():
    """Makes folders below one short path (a Unix socket's name ends at 107 octets)."""
    top = Path(tempfile.mkdtemp(prefix="e2e-"))
    top.chmod(0o755)

    def make():
        folder = Path(tempfile.mkdtemp(dir=top, prefix=""))
        folder.chmod(0o755)
        return folder

    yield make
    shutil.rmtree(top, ignore_errors=True)


@pytest.fixture
def folder(make_folder):
    return make_folder()


def installations(make_folder):
    """Makes initialised installations from a config's BODY, and in the end stops their servers."""
    with contextlib.ExitStack() as made:
        def make(body, head="", init=True):
            installation = Dnsbld(make_folder(), body, head)
            made.callback(installation.stop)
            return installation.init() if init else installation

        yield make


@pytest.fixture
def install(make_folder):
    yield from installations(make_folder)


@pytest.fixture(scope="module")
def install_for_file(make_folder):
    """The same, for what all tests of a file only look at."""
    yield from installations(make_folder)


@pytest.fixture(scope="session")
def mail_world(make_folder):
    need_root("port 53 and a private mount namespace")
    world = MailWorld(make_folder)
    yield world
    world.stop()


@pytest.fixture(scope="session")
def postfix(make_folder, mail_world):
    server = Postfix(make_folder(), ZONE, mail_world.resolv_conf)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def exim(make_folder, mail_world):
    return Exim(make_folder(), ZONE, mail_world.resolv_conf)


@pytest.fixture
def strace():
    path = program("strace")
    tried = subprocess.run([path, "-f", "-q", "-o", "/dev/null", "--seccomp-bpf", "-e",
                            "trace=fsync", "true"], capture_output=True, text=True, timeout=30)
    if tried.returncode != 0:
        absent(f"strace may not: {tried.stderr}")
    return path
