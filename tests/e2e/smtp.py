"""One SMTP conversation, as a mail server on the Internet would hold it, from any client address.

    deliver(server, "192.0.2.99", via="xclient")
        ─▶ Outcome(stage, code, text) of the first refusal, or of the message's end

The client's address is claimed with XCLIENT (Postfix's smtpd), with a PROXY line before the
greeting (postscreen), or on the server's own command line (Exim): all make the server look it up as
if that address had connected.
"""

import contextlib
import ipaddress
import socket
import subprocess
from dataclasses import dataclass

SILENCE = 30    # seconds: postscreen itself waits 10 for a blocklist
MESSAGE = ("From: <sender@example.net>\r\nTo: <user@example.org>\r\nSubject: hello\r\n"
           "Message-Id: <1@example.net>\r\n\r\nhello\r\n")


def dotted(text):
    """A message as DATA has it (RFC 5321 section 4.5.2)."""
    return b"".join(b"." * line.startswith(".") + line.encode() + b"\r\n"
                    for line in text.splitlines()) + b".\r\n"


@dataclass
class Outcome:
    stage: str
    code: int
    text: str

    @property
    def accepted(self):
        return self.stage == "message" and self.code == 250

    @property
    def refused(self):
        return 500 <= self.code <= 599


class Session:
    def __init__(self, connection, client=None, via=None, recipient="user@example.org",
                 text=MESSAGE):
        self.client = ipaddress.ip_address(client) if client else None
        self.via = via
        self.recipient = recipient
        self.text = text
        self.socket = connection
        self.lines = self.socket.makefile("rb")
        if via == "proxy":
            here = "127.0.0.1" if self.client.version == 4 else "::1"
            self.send(f"PROXY TCP{self.client.version} {self.client} {here} 40000 25")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.lines.close()
        self.socket.close()

    def send(self, line):
        self.socket.sendall(line.encode() + b"\r\n")

    def reply(self):
        """The next reply: its code and the text of all its lines."""
        text = []
        while True:
            line = self.lines.readline().decode(errors="replace").rstrip("\r\n")
            if not line:
                raise AssertionError(f"the server hung up after {text}")
            text.append(line[4:])
            if line[3:4] != "-":
                return int(line[:3]), "\n".join(text)

    def say(self, line):
        self.send(line)
        return self.reply()

    def steps(self):
        yield "greeting", self.reply()
        if self.via == "xclient":
            yield "ehlo", self.say("EHLO tester.example.net")
            prefix = "IPV6:" if self.client.version == 6 else ""
            yield "xclient", self.say(f"XCLIENT NAME=[UNAVAILABLE] ADDR={prefix}{self.client}")
        yield "ehlo", self.say("EHLO client.example.net")
        yield "mail", self.say("MAIL FROM:<sender@example.net>")
        yield "rcpt", self.say(f"RCPT TO:<{self.recipient}>")
        yield "data", self.say("DATA")
        self.socket.sendall(dotted(self.text))
        yield "message", self.reply()

    def deliver(self):
        """Say everything up to the message's end, or to the first refusal."""
        outcome = None
        for stage, (code, text) in self.steps():
            outcome = Outcome(stage, code, text)
            if code >= 400:
                break
        return outcome


def deliver(server, client, via):
    """One message to a listening server from a claimed address."""
    with Session(socket.create_connection(server, timeout=SILENCE), client, via) as session:
        return session.deliver()


@contextlib.contextmanager
def socket_to_command(argv, env):
    """A socket whose other end is a command's stdin and stdout."""
    ours, theirs = socket.socketpair()
    ours.settimeout(SILENCE)
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, env=env) as command:
        theirs.close()
        try:
            yield ours
        finally:
            ours.close()
            try:
                command.wait(SILENCE)
            except subprocess.TimeoutExpired:
                command.kill()
                raise
