"""Free addresses and ports on loopback.

A port is free when UDP and TCP, on 127.0.0.1 and ::1, can all be bound at this moment. Ports are
drawn from below the kernel's ephemeral range, or a client socket could take one between the look
and the program's own bind. Where several processes run tests each has a share of them to itself, or two
could draw one before either has bound it.
"""

import os
import random
import socket

FAMILIES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
handed_out = set()


def share():
    """The ports from which this process draws."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    own = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return range(20000 + own, 32000, processes)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


def bindable(family, address, port):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(family, kind) as s:
            if kind == socket.SOCK_STREAM:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind((address, port))
            except OSError:
                return False
    return True


def free_port():
    families = FAMILIES if has_ipv6() else FAMILIES[:1]
    for port in random.sample(share(), 1000):
        if port not in handed_out and all(bindable(f, a, port) for f, a in families):
            handed_out.add(port)
            return port
    raise OSError("no free port between 20000 and 32000")


def free_address(port):
    """An address in 127.77.0.0/16 where `port` is free: a resolver has to sit on port 53."""
    for _ in range(1000):
        address = f"127.77.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
        if bindable(socket.AF_INET, address, port):
            return address
    raise OSError(f"no free 127.77.x.x for port {port}")
