"""A reader of dnstap, fstrm_capture(1), and what it has written, decoded here.

    with Reader(server) as reader: …            # at server.folder/dnstap.sock
    reader.messages()                           # once it has ended: [Message, …]

The file is Frame Streams: a length (4) before each frame; where it is 0 a control frame follows
with its own. A frame is protobuf, of which only what dnstap.proto has is known here: varints, fixed
32-bit numbers and octets.
"""

import dataclasses
import ipaddress
import signal
import struct

from process import Process, await_until, program

FIELDS = {1: "type", 2: "family", 3: "protocol", 4: "client", 5: "server", 6: "client_port",
          7: "server_port", 8: "query_s", 9: "query_ns", 10: "query", 12: "response_s",
          13: "response_ns", 14: "response"}
QUERY, RESPONSE = 1, 2


@dataclasses.dataclass
class Message:
    identity: bytes
    version: bytes
    type: int
    tcp: bool
    client: tuple           # (address, port)
    server: tuple
    queried: float          # seconds since 1970
    responded: float = None
    query: bytes = None
    response: bytes = None


def varint(data, at):
    value = shift = 0
    while True:
        octet = data[at]
        value |= (octet & 127) << shift
        at, shift = at + 1, shift + 7
        if octet < 128:
            return value, at


def protobuf(data):
    """{number: value}; a number is never there twice."""
    fields, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
            assert len(value) == length
        else:
            assert key & 7 == 5
            value, at = struct.unpack_from("<I", data, at)[0], at + 4
        assert key >> 3 not in fields
        fields[key >> 3] = value
    return fields


def message(frame):
    outer = protobuf(frame)
    assert set(outer) == {1, 2, 14, 15} and outer[15] == 1
    inner = {FIELDS[number]: value for number, value in protobuf(outer[14]).items()}
    size = {1: 4, 2: 16}[inner["family"]]
    assert len(inner["client"]) == len(inner["server"]) == size
    kind = inner["type"]
    assert ("query" in inner) == (kind == QUERY) and ("response" in inner) == (kind == RESPONSE)
    assert ("response_s" in inner) == (kind == RESPONSE)
    return Message(
        outer[1], outer[2], kind, {1: False, 2: True}[inner["protocol"]],
        (str(ipaddress.ip_address(inner["client"])), inner["client_port"]),
        (str(ipaddress.ip_address(inner["server"])), inner["server_port"]),
        inner["query_s"] + inner["query_ns"] / 1e9,
        inner["response_s"] + inner["response_ns"] / 1e9 if kind == RESPONSE else None,
        inner.get("query"), inner.get("response"))


def frames(data):
    at = 0
    while at < len(data):
        length, = struct.unpack_from("!I", data, at)
        at += 4
        if length == 0:
            control, = struct.unpack_from("!I", data, at)
            at += 4 + control
            continue
        assert at + length <= len(data), "a frame that is cut"
        yield data[at:at + length]
        at += length


class Reader:
    count = 0

    def __init__(self, server, traces=False):
        Reader.count += 1
        self.socket = server.folder / "dnstap.sock"
        self.file = server.folder / f"dnstap.{Reader.count}"
        # Anybody may write to the socket, as the server is not who we are.
        self.process = Process(
            ["sh", "-c", 'umask 0; exec "$@"', "sh", program("fstrm_capture"),
             *["-d"] * (5 if traces else 3), "-t", "protobuf:dnstap.Dnstap",
             "-u", self.socket, "-w", self.file],
            server.folder / f"reader.{Reader.count}.log")
        self.process.await_line("opened output file")
        await_until(self.socket.is_socket, "the reader's socket")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.running():
            self.process.send(signal.SIGCONT)
            self.process.stop()

    def await_frames(self, count):
        """Of one that traces: it has read so many."""
        await_until(lambda: self.process.text().count("processing data frame") >= count,
                    lambda: f"{count} frames in\n{self.process.text()}")

    def messages(self):
        if self.process.running():
            self.process.stop()
        return [message(frame) for frame in frames(self.file.read_bytes())]
