"""What a process that the network reaches could do if somebody else's code ran in it: nothing.

The attempts are made in the processes of a server that runs (syscalls.py). That each of them works
without the confinement, and many more, is in the unit test test_confine.c.
"""

import errno
import os
import platform
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import dns.query
import dns.tsigkeyring
import pytest

from dnsbld import REPOSITORY, SUBLISTS, built, zone
from names import reversed_name
from packets import make
from ports import free_port
from process import Process, await_until, need_root, program
from secondary import Secondary, silence
from syscalls import Killed, Taken
from transfers import Slow, axfr, ixfr

ZONE = "dnsbl.example.org"
BODY = SUBLISTS + zone(ZONE)
LISTED = reversed_name("192.0.2.1", ZONE)
SECRET = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
KEY = f'key mirror {{ secret = "{SECRET}" }}\n'

CAPABILITIES = {"CAP_DAC_READ_SEARCH": 2, "CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7,
                "CAP_NET_ADMIN": 12}


@pytest.fixture
def server(install):
    server = install(BODY)
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    return server.start()


def status_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.split() for key, _, value in (line.partition(":") for line in lines)}


def filters(pid):
    return int(status_of(pid)["Seccomp_filters"][0])


def has_seccomp():
    if "Seccomp_filters" not in status_of("self"):
        pytest.skip("the kernel has no seccomp, or is older than 5.9 and does not count filters")


def assert_confined(server):
    """The processes at this moment, of which there are as many as there should be."""
    children = server.children()
    assert len(children) >= 3
    for pid in children:
        status = status_of(pid)
        assert status["NoNewPrivs"] == ["1"]
        assert status["Seccomp"] == ["2"]
        assert filters(pid) == filters(server.server.pid) + 1
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(status[kind][0], 16) == 0, (kind, status[kind])
        if os.geteuid() == 0:
            nobody = int(subprocess.run(["id", "-u", "nobody"], capture_output=True).stdout)
            assert status["Uid"] == [str(nobody)] * 4
            assert "0" not in status["Gid"] + status["Groups"]
            assert int(status["CapBnd"][0], 16) == 0
        else:
            assert status["Uid"] == [str(os.geteuid())] * 4


def test_every_worker_has_no_rights_a_filter_and_no_way_to_more(server):
    has_seccomp()
    assert_confined(server)


def test_those_that_follow_are_confined_too(server):
    """A replaced worker, and the next generation: the parent has fewer rights by then."""
    has_seccomp()
    server.loses_processes = True
    before = server.children()
    os.kill(before[0], signal.SIGKILL)
    await_until(lambda: before[0] not in server.children()
                and len(server.children()) == len(before), "it is replaced")
    old = server.children()
    server.server.send(signal.SIGHUP)
    server.server.await_line(r"reloaded: ")
    await_until(lambda: not set(server.children()) & set(old), "all are replaced")
    assert_confined(server)
    assert server.codes(LISTED) == ["127.0.0.2"]


def test_the_parent_keeps_only_what_it_needs(server):
    need_root("capabilities to give up")
    may = sum(1 << bit for bit in CAPABILITIES.values())
    status = status_of(server.server.pid)
    mine = int(status_of("self")["CapPrm"][0], 16)
    assert int(status["CapEff"][0], 16) == int(status["CapPrm"][0], 16) == may & mine
    for kind in ("CapInh", "CapBnd", "CapAmb"):
        assert int(status[kind][0], 16) == 0, (kind, status[kind])


# --- attempts in a process that serves ----------------------------------------------------------

# Numbers of x86-64's table, in arch/x86/entry/syscalls/syscall_64.tbl of the kernel.
WRITE, OPEN, CLOSE, MMAP, MPROTECT, MREMAP, DUP, SOCKET, FORK, EXECVE, KILL, PTRACE, OPENAT = \
    1, 2, 3, 9, 10, 25, 32, 41, 57, 59, 62, 101, 257
AT_FDCWD = -100


def descriptors(pid, name):
    return [int(fd.name) for fd in Path(f"/proc/{pid}/fd").iterdir()
            if os.readlink(fd).endswith("/" + name)]


def lock_maps(pid):
    """(begin, end, rights) of each part of lock.mdb in a process' memory."""
    maps = Path(f"/proc/{pid}/maps").read_text()
    return [(int(begin, 16), int(end, 16), rights) for begin, end, rights in
            re.findall(r"^(\w+)-(\w+) (\S+) .*/lock\.mdb$", maps, re.M)]


def test_a_worker_that_was_taken_over_reaches_nothing(server):
    for pid in server.children():
        with Taken(pid) as victim:
            assert victim.call(39) == pid
            data = str(server.database / "data.mdb").encode()
            denied = {
                "AF_PACKET": (SOCKET, 17, 3, 0),
                "AF_INET": (SOCKET, 2, 2, 0),
                "another file": (OPENAT, AT_FDCWD, b"/etc/passwd", os.O_RDONLY),
                "another file, the old way": (OPEN, b"/etc/passwd", os.O_RDONLY),
                "the data, to write": (OPENAT, AT_FDCWD, data, os.O_RDWR),
                "the config": (OPENAT, AT_FDCWD, bytes(server.config), os.O_RDONLY),
                "its parent": (KILL, server.server.pid, 0),
                "a sibling": (KILL, next(p for p in server.children() if p != pid), 0),
                "code": (MMAP, 0, 4096, 7, 0x22, -1, 0),
            }
            lock = descriptors(pid, "lock.mdb")
            assert len(lock) == 2
            for fd in lock:
                denied |= {
                    f"a longer lock file by {fd}": (WRITE, fd, b"x", 1),
                    f"the same by another number than {fd}": (DUP, fd),
                    f"another's slot by {fd}": (MMAP, 0, 4096, 3, 1, fd, 0),
                    f"an end of the lock on its page by {fd}": (CLOSE, fd),
                }
            own, = (begin for begin, _, rights in lock_maps(pid) if rights == "rw-s")
            denied["the slots behind its page"] = (MREMAP, own, 4096, 8192, 1)
            got = {what: victim.call(*call) for what, call in denied.items()}
            assert got == dict.fromkeys(denied, -errno.EPERM)
            # By the kernel, without any filter: they are open for reading.
            for fd in descriptors(pid, "data.mdb"):
                assert victim.call(WRITE, fd, b"x", 1) == -errno.EBADF
            for begin, end, rights in lock_maps(pid):
                assert rights == "r--s" or (rights, end - begin) == ("rw-s", 4096)
                if rights == "r--s":
                    assert victim.call(MPROTECT, begin, 4096, 3) == -errno.EACCES
    for n in range(20):
        assert server.codes(LISTED, tcp=n % 4 == 0) == ["127.0.0.2"]


def test_each_process_writes_to_a_page_of_the_lock_file_that_no_other_does(server):
    """Nor one of the next generation; and those that have ended give theirs back."""
    def pages(pids):
        files = {}
        for pid in pids:
            offset, = re.findall(r"^\w+-\w+ rw-s (\w+) .*/lock\.mdb$",
                                 Path(f"/proc/{pid}/maps").read_text(), re.M)
            files[pid] = int(offset, 16) // 4096
        return files

    before = pages(server.children())
    assert 0 not in before.values() and len(set(before.values())) == len(before)
    server.server.send(signal.SIGHUP)
    server.server.await_line(r"reloaded: ")
    await_until(lambda: not set(server.children()) & set(before), "all are replaced")
    after = pages(server.children())
    assert len(set(after.values()) | set(before.values())) == len(before) + len(after)
    server.server.send(signal.SIGHUP)
    server.server.await_line(r"reloaded: .*\n(?s:.*)reloaded: ")
    await_until(lambda: not set(server.children()) & set(after), "all are replaced")
    again = pages(server.children())
    assert sorted(again.values()) == sorted(before.values()), "they are given back"


@pytest.fixture
def watched(install, strace, folder):
    """A server whose zone is large, goes to two secondaries and tells two more, one of which never
    answers, and the record of all that its processes ask of the kernel from then on."""
    keyring = dns.tsigkeyring.from_text({"mirror": SECRET})
    with Secondary() as answers, Secondary(answer=silence, keyring=keyring) as silent:
        server = install(SUBLISTS + KEY + zone(ZONE, f"""
    transfer {{ allow = {{ "127.0.0.1" }} }}
    notify = {{ "{answers.remote}", "{silent.remote} key mirror" }}
""") + "notify_delay = 0\n", f'metrics = "127.0.0.1:{free_port()}"\n')
        server.secondaries = answers, silent
        rows = "".join(f"198.{n // 40000}.{n // 200 % 200}.{n % 200}\n" for n in range(30000))
        server.feeder("import", "--source", "feed", "--sublist", "relay", "-", input=rows)
        server.start()
        tracer = Process([strace, "-f", "-tt", "-o", folder / "trace",
                          *(word for pid in server.children() for word in ("-p", str(pid)))],
                         folder / "strace.log")
        await_until(lambda: tracer.text().count("attached") >= len(server.children()),
                    tracer.text)
        yield server, folder / "trace"
        tracer.stop(signal.SIGINT)


def test_transfers_and_notify_ask_for_nothing_that_is_denied(watched):
    """Nor what goes wrong with them: who is slow, hangs up, or may not."""
    server, trace = watched
    rows = axfr(server, ZONE)
    before = server.stats()["serials"][ZONE]
    for n in range(5):
        server.feeder("add", f"192.0.2.{n}", "--sublist", "relay")
        assert server.codes(reversed_name(f"192.0.2.{n}", ZONE), tcp=n % 2) == ["127.0.0.2"]
    query = make(f"1234 0000 0001 0000 0000 0000 n:{ZONE} 00fc 0001")
    slow = [Slow(server, query) for _ in range(3)]
    for client in slow:
        client.message()
    slow[0].close()
    slow[1].socket.shutdown(socket.SHUT_WR)
    assert len(slow[1].read_transfer()) == len(slow[2].read_transfer()) > len(rows)
    assert 0 < len(ixfr(server, ZONE, before)) < 100
    with pytest.raises(dns.query.TransferError):
        axfr(server, ZONE, source="127.0.0.2")
    server.server.await_line("was cut off")
    answers, silent = server.secondaries
    serial = server.stats()["serials"][ZONE]
    for secondary in server.secondaries:
        await_until(lambda: serial in [n.serial for n in list(secondary.received.queue)],
                    "it is told")
    await_until(lambda: silent.waiting() > answers.waiting(), "and told again")
    lines = trace.read_text().splitlines()
    assert sum("sendmmsg(" in line for line in lines) > 5
    assert sum("writev(" in line for line in lines) > 20
    # mremap() is denied for lock.mdb's sake, and realloc() then copies.
    denied = [line for line in lines
              if re.search(r"= -1 (EPERM|EACCES|ENOSYS)|SIGSYS|killed by", line)
              and " mremap(" not in line]
    assert denied == []


@pytest.mark.parametrize("what, call", [
    ("execve", (EXECVE, b"/bin/true", 0, 0)),
    ("fork", (FORK,)),
    ("ptrace", (PTRACE, 0, 0, 0, 0)),
])
def test_a_worker_that_runs_a_program_is_ended_named_and_replaced(server, what, call):
    server.loses_processes = True
    victims = server.children()
    pid = victims[0]
    with pytest.raises(Killed) as killed:
        with Taken(pid) as victim:
            victim.call(*call)
    assert killed.value.signal == signal.SIGSYS
    server.server.await_line(r"ended by signal 31 \(Bad system call\) "
                             "for a system call denied to it: replacing it")
    await_until(lambda: len(server.children()) == len(victims), "it is replaced")
    for _ in range(20):
        assert server.codes(LISTED) == ["127.0.0.2"]


# --- kernels with less --------------------------------------------------------------------------

# Runs a program on a kernel that answers one system call, where its first argument is the one
# given or any, with an error.
LACKING = """
import ctypes, os, sys
number, first, error = map(int, sys.argv[1:4])
class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64),
                ("b", ctypes.c_uint64)]
library = ctypes.CDLL("libseccomp.so.2")
library.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(library.seccomp_init(0x7fff0000))
equal = Comparison(0, 4, first, 0)
assert library.seccomp_rule_add_array(context, 0x00050000 | error, number, int(first >= 0),
                                      ctypes.byref(equal)) == 0
assert library.seccomp_load(context) == 0
os.execv(sys.argv[4], sys.argv[4:])
"""
PRCTL, LANDLOCK_CREATE_RULESET, PR_SET_SECCOMP = 157, 444, 22


@pytest.mark.parametrize("call, first, error, warning", [
    (LANDLOCK_CREATE_RULESET, -1, errno.ENOSYS, "this kernel has no Landlock"),
    (PRCTL, PR_SET_SECCOMP, errno.EINVAL, "this kernel has no seccomp"),
])
def test_a_kernel_that_lacks_one_costs_one_warning(install, call, first, error, warning):
    if platform.machine() != "x86_64":
        pytest.skip("the numbers of system calls are those of x86-64")
    server = install(BODY)
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    server.server = Process([sys.executable, "-c", LACKING, call, first, error, built("dnsbld"),
                             "-c", server.config], server.folder / "dnsbld.log")
    server.server.await_line(r"ready: ")
    assert server.server.text().count(warning) == 1
    assert server.server.text().count("warning:") == 1
    assert server.codes(LISTED) == server.codes(LISTED, tcp=True) == ["127.0.0.2"]
    for kind in ("CapPrm", "CapEff"):
        assert {status_of(pid)[kind][0].strip("0") for pid in server.children()} == {""}


def test_without_proc_it_serves_and_says_what_that_costs(install):
    need_root("a file system over /proc")
    if b"__asan_init" in Path(built("dnsbld")).read_bytes():
        pytest.skip("AddressSanitizer wants /proc")
    server = install(BODY)
    server.feeder("add", "192.0.2.1", "--sublist", "relay")
    server.server = Process(["unshare", "--mount", "sh", "-c",
                             'mount -t tmpfs none /proc && exec "$@"', "sh", built("dnsbld"),
                             "-c", server.config], server.folder / "dnsbld.log")
    server.server.await_line(r"ready: ")
    assert server.server.text().count("workers may write to all of it") == 1
    assert server.server.text().count("warning:") == 1
    assert server.codes(LISTED) == server.codes(LISTED, tcp=True) == ["127.0.0.2"]


# --- who may read and write the config ----------------------------------------------------------


def as_nobody(config, mode):
    account = subprocess.run(["id", "-u", "nobody"], capture_output=True, text=True).stdout
    os.chown(config, int(account), 0)
    config.chmod(mode)


def as_its_group(config, mode):
    account = subprocess.run(["id", "-g", "nobody"], capture_output=True, text=True).stdout
    os.chown(config, 0, int(account))
    config.chmod(mode)


def check(config):
    return subprocess.run([built("dnsbld"), "-t", "-c", config], capture_output=True, text=True,
                          timeout=30)


SPOILT = {
    "everybody may write": (lambda config: config.chmod(0o646), r"chmod o-w (\S+)$"),
    "everybody may read": (lambda config: config.chmod(0o644), r"chmod o-r (\S+)$"),
    "the workers' account": (lambda config: as_nobody(config, 0o600), r"chown root (\S+)$"),
    "its group may write": (lambda config: as_its_group(config, 0o660), r"chmod g-w (\S+)$"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_config_that_the_wrong_ones_may_read_or_write_is_refused(install, how):
    """By all that read it, with the command that mends it."""
    spoil, mend = SPOILT[how]
    server = install(BODY + KEY)
    if "everybody" not in how:
        need_root("workers of another account")
    spoil(server.config)
    refused = server.launch()
    assert refused.wait() == 77
    tested = check(server.config)
    assert tested.returncode == 77
    for said in (refused.text(), server.feeder("list", status=77).stderr, tested.stderr):
        command = re.search(mend, said, re.M)
        assert command.group(1) == str(server.config)
    subprocess.run(command.group(0).split(), check=True)
    if how == "everybody may write":
        server.config.chmod(0o640)      # it was readable as well
    assert check(server.config).returncode == 0
    server.feeder("list")
    server.start()


def test_the_workers_group_may_read_secrets(install):
    need_root("workers of another account")
    server = install(BODY + KEY)
    as_its_group(server.config, 0o640)
    assert check(server.config).returncode == 0
    server.start()


def test_a_key_in_a_file_that_everybody_may_read_is_not_taken_at_a_reload(install):
    server = install(BODY).start()
    server.configure(BODY + KEY).chmod(0o644)
    server.server.send(signal.SIGHUP)
    server.server.await_line(r"chmod o-r .*: the old config stays")
    server.config.chmod(0o640)
    server.server.send(signal.SIGHUP)
    server.server.await_line(r"reloaded: serving 1 zones")


def test_a_config_that_became_writable_is_not_read_again(server):
    server.config.chmod(0o666)
    server.server.send(signal.SIGHUP)
    server.server.await_line(r"chmod o-w .*: the old config stays")
    assert server.codes(LISTED) == ["127.0.0.2"]


# --- the unit -----------------------------------------------------------------------------------


def analyze(*words):
    return subprocess.run([program("systemd-analyze"), *words], capture_output=True, text=True,
                          timeout=60)


# Above what feeder needs without a network are the server's and the mirror's: sockets, port 53.
EXPOSURE = {"dnsbld/dnsbld.service": 1.6, "feeder/feeder-mirror.service": 1.4,
            "feeder/feeder-expire.service": 0.9, "feeder/feeder-export.service": 0.9}


def test_each_unit_has_a_bound_on_its_exposure():
    there = [u for folder in ("dnsbld", "feeder") for u in (REPOSITORY / folder).glob("*.service")]
    assert {str(u.relative_to(REPOSITORY)) for u in there} == set(EXPOSURE)


@pytest.mark.parametrize("unit", EXPOSURE)
def test_a_units_exposure_is_within_its_bound(unit):
    limit = EXPOSURE[unit]
    done = analyze("security", "--offline=yes", f"--threshold={limit * 10:.0f}", REPOSITORY / unit)
    overall = re.search(r"Overall exposure level for \S+\.service: ([\d.]+)", done.stdout)
    assert overall, done.stderr
    assert done.returncode == 0 and float(overall.group(1)) <= limit, done.stdout
