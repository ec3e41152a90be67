"""Reports as they come in, made for a test: each has its own number, so no two are the same."""

import itertools
import json

ARF = """\
From: <abuse@isp.example.net>
To: <arf@dnsbl.example.org>
Message-ID: <{id}@isp.example.net>
Subject: FW: hello
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain

This is an email abuse report.
--part
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: tester/1.0
Version: 1
{source}Original-Rcpt-To: <victim@isp.example.net>
Arrival-Date: {date}

--part
Content-Type: message/rfc822

From: <sender@example.com>
Subject: offer {id}

Buy.
--part--
"""

numbers = itertools.count(1)


def arf(address="192.0.2.1", id=None, kind="abuse", date="Sat, 21 Nov 2026 11:00:00 +0000"):
    source = f"Source-IP: {address}\n" if address else ""
    return ARF.format(source=source, id=id or f"r{next(numbers)}", kind=kind, date=date)


def relaytest(stage="delivered", target="192.0.2.1", output=None, time="2026-11-21T10:00:00Z",
              **members):
    probe = {"form": "plain", "mail_from": "a@tester.example", "rcpt_to": "b@tester.example",
             "stage": stage, "reply": f"250 2.1.5 Ok {next(numbers)}"}
    if stage == "delivered":
        probe["output"] = output or target
    return json.dumps({"relaytest": 1, "target": target, "port": 25, "time": time, "tester": "t1",
                       "auth": False, "probes": [probe], **members})
