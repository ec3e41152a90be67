"""What comes in, for make bench: mails with feedback reports, and a feed, each with its peak of memory.

    mails, in one call     feeder ingest FILE…: each is parsed in a child of its own, all are one transaction
    mails, one a call      feeder receive, as a mail server delivers: a process, a commit and an fsync each
    feed lines             feeder import of a plain list
"""

import os
import select
import subprocess
import sys
import time

MAIL = """\
Received: from fbl.isp.example.net (fbl.isp.example.net [198.51.100.7])
\tby mx.dnsbl.example.org (Postfix) with ESMTPS id {number:08X}
\tfor <arf@dnsbl.example.org>; Sun, 22 Nov 2026 03:00:00 +0000 (UTC)
From: <fbl@isp.example.net>
To: <arf@dnsbl.example.org>
Message-ID: <{number}@isp.example.net>
Date: Sun, 22 Nov 2026 03:00:00 +0000
Subject: FW: an offer
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="=_part"

--=_part
Content-Type: text/plain; charset=us-ascii

This is an email abuse report for an email message received from {address}.

--=_part
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: ExampleFBL/2.0
Version: 1
Source-IP: {address}
Original-Mail-From: <bounce@sender.example.com>
Original-Rcpt-To: <victim{number}@isp.example.net>
Arrival-Date: Sun, 22 Nov 2026 02:59:00 +0000
Reported-Domain: sender.example.com

--=_part
Content-Type: message/rfc822

Received: from mail.sender.example.com (mail.sender.example.com [{address}])
\tby mx.isp.example.net; Sun, 22 Nov 2026 02:59:00 +0000
From: "An offer" <offer@sender.example.com>
To: <victim{number}@isp.example.net>
Subject: an offer
Message-ID: <offer.{number}@sender.example.com>

{text}
--=_part--
"""

CONFIG = """\
database = "{folder}/db"
sublist hijacked {{ code = 4  expires = 7d  policy {{ reports = 3  reporters = 1  within = 24h }} }}
zone "dnsbl.example.org" {{
    ns = {{ "ns1.example.net" }}
    soa {{ mname = "ns1.example.net"  rname = "hostmaster.example.org" }}
}}
"""


def address(number):
    """Four reports an address; addresses of one list beside the other."""
    number //= 4
    return f"11.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def own_kb(pid):
    with open("/proc/%d/status" % pid) as status:
        return sum(int(line.split()[1]) for line in status if line.startswith("RssAnon:"))


def timed(argv, **options):
    """Seconds, and the peak in MB of memory that is the process' own, as often as it could be looked at."""
    begun = time.monotonic()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    peak, words = 0, b""
    while True:
        if select.select([process.stderr], [], [], 0.01)[0]:
            more = os.read(process.stderr.fileno(), 65536)
            if not more:
                break
            words += more
        peak = max(peak, own_kb(process.pid))
    process.stderr.close()
    if process.wait() != 0:
        sys.exit("bench: %s: exit %d\n%s" % (" ".join(argv[:6]), process.returncode, words.decode()[-2000:]))
    return time.monotonic() - begun, peak / 1024


class Intake:
    def __init__(self, feeder, folder, quick):
        self.folder = os.path.join(folder, "intake")
        self.argv = [feeder, "-c", os.path.join(self.folder, "conf"), "--now", "2026-11-22T03:00:00Z"]
        self.mails = 1_000 if quick else 10_000
        self.deliveries = 50 if quick else 300
        self.lines = 200_000 if quick else 1_000_000
        os.mkdir(self.folder)
        with open(os.path.join(self.folder, "conf"), "w") as out:
            out.write(CONFIG.format(folder=self.folder))
        timed(self.argv + ["init"])

    def mail(self, number):
        path = os.path.join(self.folder, "%d.eml" % number)
        with open(path, "w") as out:
            out.write(MAIL.format(number=number, address=address(number), text="Buy now.\n" * 100))
        return path

    def count(self, sublist):
        done = subprocess.run(self.argv + ["list", "--sublist", sublist], stdout=subprocess.PIPE, check=True)
        return done.stdout.count(b"\n")

    def expect(self, what, found, wanted):
        if found != wanted:
            sys.exit("bench: %s: %d, and it should be %d" % (what, found, wanted))

    def ingest(self):
        paths = [self.mail(number) for number in range(self.mails)]
        took, memory = timed(self.argv + ["ingest", "--reporter", "isp-fbl"] + paths)
        self.expect("addresses that their reports list", self.count("hijacked"), self.mails // 4)
        return {"arf_per_second": round(self.mails / took), "arf_memory_mb": round(memory, 1)}

    def receive(self):
        begun = time.monotonic()
        peak = 0
        for number in range(self.mails, self.mails + self.deliveries):
            with open(self.mail(number)) as mail:
                _, memory = timed(self.argv + ["receive", "--reporter", "isp-fbl"], stdin=mail)
            peak = max(peak, memory)
        took = time.monotonic() - begun
        self.expect("addresses that deliveries list", self.count("hijacked"),
                    (self.mails + self.deliveries) // 4)
        return {"receive_per_second": round(self.deliveries / took), "receive_memory_mb": round(peak, 1)}

    def feed(self):
        path = os.path.join(self.folder, "feed")
        with open(path, "w") as out:
            for number in range(self.lines):
                out.write("13.%d.%d.%d\n" % (number >> 16, number >> 8 & 255, number & 255))
        words = ["import", "--source", "feed", "--sublist", "hijacked", "--replace", path]
        took, memory = timed(self.argv + words)
        self.expect("lines of the feed that are listed", self.count("hijacked"),
                    self.lines + (self.mails + self.deliveries) // 4)
        return {"feed_lines_per_second": round(self.lines / took), "feed_memory_mb": round(memory, 1)}

    def measure(self):
        return {**self.ingest(), **self.receive(), **self.feed()}


def show(result):
    print("mails, in one call    %d/s, %.1f MB" % (result["arf_per_second"], result["arf_memory_mb"]))
    print("mails, one a call     %d/s, %.1f MB" % (result["receive_per_second"], result["receive_memory_mb"]))
    print("feed                  %d lines/s, %.1f MB" % (result["feed_lines_per_second"], result["feed_memory_mb"]))
