"""System calls in the name of another process: what a program that took it over could do.

    with Taken(pid) as victim:
        victim.call(39)                     # getpid: what it returns; errors are negative
        victim.call(2, b"/etc/passwd", 0)   # bytes are put into its memory

The process is stopped meanwhile, goes on afterwards where it was, and notices nothing. It is ended
by a call that its filter punishes: that is Killed, with the signal. By ptrace(2), for x86-64.
"""

import ctypes
import os
import platform
import signal

import pytest

from process import need_root

ATTACH, DETACH, GETREGS, SETREGS, SINGLESTEP = 16, 17, 12, 13, 9
WALL = 0x40000000
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp "
             "ss fs_base gs_base ds es fs gs").split()
SYSCALL = b"\x0f\x05"

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in REGISTERS]


class Killed(Exception):
    """The call ended the process."""

    def __init__(self, number):
        super().__init__(f"killed by signal {number}")
        self.signal = number


def ptrace(request, pid, data=None):
    if libc.ptrace(request, pid, None, data) < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"ptrace: {os.strerror(error)}")


class Taken:
    def __init__(self, pid):
        if platform.machine() != "x86_64":
            pytest.skip("the registers are spelled for x86-64 alone")
        need_root("to trace another account's process")
        self.pid = pid
        self.saved = Registers()

    def __enter__(self):
        try:
            ptrace(ATTACH, self.pid)
        except PermissionError as error:
            pytest.skip(f"this container forbids it: {error}")
        self.wait()
        ptrace(GETREGS, self.pid, ctypes.addressof(self.saved))
        # It waits in a system call, so the instruction for one is right behind it.
        with open(f"/proc/{self.pid}/mem", "rb", buffering=0) as memory:
            memory.seek(self.saved.rip - len(SYSCALL))
            assert memory.read(len(SYSCALL)) == SYSCALL
        return self

    def __exit__(self, kind, *_):
        if kind is not Killed:
            ptrace(SETREGS, self.pid, ctypes.addressof(self.saved))
            ptrace(DETACH, self.pid)

    def wait(self):
        _, status = os.waitpid(self.pid, WALL)
        if os.WIFSIGNALED(status):
            raise Killed(os.WTERMSIG(status))
        assert os.WIFSTOPPED(status)
        return os.WSTOPSIG(status)

    def call(self, number, *arguments):
        registers = Registers.from_buffer_copy(self.saved)
        # Below the stack, and below the 128 octets that functions use there without saying so.
        place = self.saved.rsp - 8192
        with open(f"/proc/{self.pid}/mem", "r+b", buffering=0) as memory:
            for name, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), arguments):
                if isinstance(value, bytes):
                    memory.seek(place)
                    memory.write(value + b"\0")
                    place, value = place + len(value) + 1, place
                setattr(registers, name, value % 2**64)
        registers.rax = number
        registers.orig_rax = 2**64 - 1      # no call that was interrupted is begun anew
        registers.rip -= len(SYSCALL)
        ptrace(SETREGS, self.pid, ctypes.addressof(registers))
        ptrace(SINGLESTEP, self.pid)
        stopped = self.wait()
        assert stopped == signal.SIGTRAP, f"stopped by {stopped}"
        ptrace(GETREGS, self.pid, ctypes.addressof(registers))
        return ctypes.c_longlong(registers.rax).value
