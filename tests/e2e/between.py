"""A bad line between a secondary and its primary: relays UDP and TCP, and fails where it is told to.

    with Between(primary.port) as line:     the secondary is given line.port
        line.cut_at(200)                    TCP ends behind the 200th octet from the primary
        line.hold_at(200)                   … or stands still there: await line.held()
        line.mend()                         what is held ends, and what comes then is let through
        line.cuts                           how many connections it cut so far
        line.sizes                          octets from the primary in each TCP connection that ended

The limit is a connection's own. What is cut ends with a reset, what is mended with its peers.
"""

import contextlib
import select
import socket
import struct
import threading

from ports import free_port
from process import await_until


class Between:
    def __init__(self, primary):
        self.primary = ("127.0.0.1", primary)
        self.port = free_port()
        self.lock = threading.Lock()
        self.limit, self.holds = None, False
        self.holding, self.mended = 0, threading.Event()
        self.cuts, self.sizes = 0, []
        self.over = threading.Event()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.threads = []

    def __enter__(self):
        for s in (self.udp, self.tcp):
            s.bind(("127.0.0.1", self.port))
        self.tcp.listen(64)
        self.run(self.relay_datagrams)
        self.run(self.accept)
        return self

    def __exit__(self, *exception):
        self.over.set()
        self.mend()
        for thread in self.threads:
            thread.join(5)
        self.udp.close()
        self.tcp.close()

    def run(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    # --- what a test says ------------------------------------------------------------------------

    def cut_at(self, octets):
        self.set(octets, False)

    def hold_at(self, octets):
        self.set(octets, True)

    def mend(self):
        self.set(None, False)
        self.mended.set()

    def set(self, limit, holds):
        with self.lock:
            self.limit, self.holds = limit, holds
            self.mended.clear()

    def held(self):
        await_until(lambda: self.holding, "a connection is held")

    def await_cut(self, before):
        await_until(lambda: self.cuts > before, "a connection was cut")

    def await_end(self):
        """The sizes, of one connection at least."""
        return await_until(lambda: self.sizes, "a connection ended")

    # --- relaying --------------------------------------------------------------------------------

    def relay_datagrams(self):
        """One at a time: what a secondary asks over UDP is a SOA."""
        while not self.over.is_set():
            if not select.select([self.udp], [], [], 0.1)[0]:
                continue
            packet, client = self.udp.recvfrom(65535)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(1)
                s.connect(self.primary)
                # A primary that is not there answers with ICMP or not at all, the secondary asks
                # again.
                with contextlib.suppress(OSError):
                    s.send(packet)
                    self.udp.sendto(s.recv(65535), client)

    def accept(self):
        while not self.over.is_set():
            if select.select([self.tcp], [], [], 0.1)[0]:
                self.run(self.relay, self.tcp.accept()[0])

    def relay(self, client):
        with client, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as primary:
            passed = 0
            with contextlib.suppress(OSError):
                primary.connect(self.primary)
                while not self.over.is_set():
                    readable, _, _ = select.select([client, primary], [], [], 0.1)
                    if client in readable:
                        data = client.recv(65536)
                        if not data:
                            break
                        primary.sendall(data)
                    if primary in readable:
                        with self.lock:
                            limit, holds = self.limit, self.holds
                        data = primary.recv(65536 if limit is None else max(limit - passed, 1))
                        if not data:
                            break
                        if limit is not None and passed >= limit:
                            self.fail(client, holds)
                            return
                        client.sendall(data)
                        passed += len(data)
            self.sizes.append(passed)

    def fail(self, client, holds):
        """The limit is reached and there is more."""
        if holds:
            with self.lock:
                self.holding += 1
            while not self.mended.wait(0.1) and not self.over.is_set():
                pass
            with self.lock:
                self.holding -= 1
        # A reset, as from a host that went away.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.cuts += 1
