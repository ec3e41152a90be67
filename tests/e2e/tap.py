"""A UDP tap: it passes datagrams between a resolver and a server and keeps the questions.

    resolver ─▶ tap ─▶ server
             ◀─     ◀─

A test of QNAME minimisation has to see that minimised names were asked at all, or it would pass
with minimisation off. One upstream socket serves each downstream peer, so that answers go back to
the port that asked.
"""

import selectors
import socket
import threading

import dns.message
import dns.rcode
import dns.rdatatype


class Tap:
    def __init__(self, server):
        self.server = server
        self.seen = []      # (name, type, rcode), in the order of the answers
        self.lock = threading.Lock()
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.port = self.front.getsockname()[1]
        self.wake_read, self.wake_write = socket.socketpair()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        upstream = {}
        with selectors.DefaultSelector() as ready:
            ready.register(self.front, selectors.EVENT_READ, None)
            ready.register(self.wake_read, selectors.EVENT_READ, "stop")
            while True:
                for key, _ in ready.select():
                    if key.data == "stop":
                        for s in upstream.values():
                            s.close()
                        return
                    if key.data is None:
                        packet, peer = self.front.recvfrom(65535)
                        if peer not in upstream:
                            upstream[peer] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                            upstream[peer].connect(self.server)
                            ready.register(upstream[peer], selectors.EVENT_READ, peer)
                        try:
                            upstream[peer].send(packet)
                        except ConnectionRefusedError:
                            pass
                    else:
                        try:
                            packet = key.fileobj.recv(65535)
                        except ConnectionRefusedError:
                            continue
                        self.keep(packet)
                        self.front.sendto(packet, key.data)

    def keep(self, packet):
        answer = dns.message.from_wire(packet)
        question = answer.question[0]
        with self.lock:
            self.seen.append((question.name.to_text(omit_final_dot=True).lower(),
                              dns.rdatatype.to_text(question.rdtype),
                              dns.rcode.to_text(answer.rcode())))

    def names(self):
        with self.lock:
            return [name for name, _, _ in self.seen]

    def rcodes(self, name):
        with self.lock:
            return {rcode for n, _, rcode in self.seen if n == name}

    def forget(self):
        with self.lock:
            self.seen.clear()

    def stop(self):
        self.wake_write.send(b"x")
        self.thread.join(10)
        for s in (self.front, self.wake_read, self.wake_write):
            s.close()
