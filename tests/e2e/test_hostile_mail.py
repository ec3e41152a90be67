"""Mails that were made to do harm: each is kept, as a report or as none, and costs at most a
bounded time and memory, feeder's own and its children's together.
"""

import base64
import io
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from dnsbld import SUBLISTS, built, zone

BODY = SUBLISTS + zone("dnsbl.example.org")

MIB = 1 << 20
MEMORY = 400 * MIB      # the largest of feeder and its children
SECONDS = 20            # of a processor, all together: a child has 10
HEAD = "From: a@example.net\nTo: b@example.org\nSubject: report\nMIME-Version: 1.0\n"
ARF = ("Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n"
       "Source-IP: 192.0.2.1\n")
TOO_LARGE = 100 * MIB


def nested():
    """Multiparts in multiparts, as deep as a mail is long."""
    parts = [HEAD]
    parts += [f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(200000)]
    return "".join(parts + [ARF])


def nested_one_boundary():
    return HEAD + "Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 300000 + ARF


def enclosed():
    """Mails in mails."""
    return HEAD + "Content-Type: message/rfc822\n\n" * 500000 + ARF


def parts():
    return (HEAD + "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * 1000000 +
            "--b--\n")


def many_fields():
    return HEAD + "".join(f"X-{n}: y\n" for n in range(1000000)) + "\nbody\n"


def one_field():
    return HEAD + "X-Long: " + "y" * (15 * MIB) + "\n\nbody\n"


def folded_field():
    return HEAD + "X-Long: y\n" + " y\n" * (5 * MIB) + "\nbody\n"


def huge_header():
    """More than is read of any mail."""
    return HEAD + "X-Long: " + "y" * TOO_LARGE + "\n\nbody\n"


def groups():
    return HEAD + "To: " + "g:" * (7 * MIB) + ";" * MIB + "\n\nbody\n"


def groups_in_many_fields():
    return HEAD + ("To: " + "g:" * 8000 + "\n") * 900 + "\nbody\n"


def comments():
    return HEAD + "Date: " + "(" * (15 * MIB) + "\n\nbody\n"


def parameters():
    return (HEAD + "Content-Type: multipart/mixed" + "; a*0*=utf-8''%41" * 500000 +
            "; boundary=b\n\n--b\n" + ARF)


def encoded_words():
    return HEAD + "Subject: " + "=?utf-8?q?=41?= " * 500000 + "\n\nbody\n"


def received():
    field = "Received: from a ([192.0.2.1]) by b; Sat, 21 Nov 2026 10:00:00 +0000\n"
    return HEAD + field * 200000 + "\nbody\n"


def quoted_printable():
    return (HEAD + "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n" +
            "=\n" * (5 * MIB) + "=41" * MIB)


def base64_of_base64():
    inner = b"x" * (3 * MIB)
    for _ in range(4):
        inner = base64.encodebytes(inner)
    return (HEAD + "Content-Type: message/feedback-report\nContent-Transfer-Encoding: base64\n\n" +
            inner.decode())


def uuencoded():
    return (HEAD + "Content-Type: message/feedback-report\n"
            "Content-Transfer-Encoding: x-uuencode\n\n"
            "begin 644 x\n" + "M" + "#" * 60 + ("\nM" + "#" * 60) * 200000 + "\nend\n")


def attached(archive):
    return (HEAD + 'Content-Type: application/zip; name="report.zip"\n'
            'Content-Disposition: attachment; filename="report.zip"\n'
            "Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(archive).decode())


def zip_bomb():
    """A gigabyte in one file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as into:
        with into.open("2026-11-21-scan_smtp.csv", "w", force_zip64=True) as file:
            file.write(b'"timestamp","ip"\n')
            for _ in range(1024):
                file.write(b"0" * MIB)
    return attached(archive.getvalue())


def zip_of_many():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as into:
        for n in range(30000):
            into.writestr(f"{n}.csv", "ip\n")
    return attached(archive.getvalue())


def zip_of_rows():
    """A small file, and all the rows that there may be."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as into:
        into.writestr("2026-11-21-scan_smtp.csv", "timestamp,ip\n" + "".join(
            f"2026-11-21 10:00:00,11.{n >> 16}.{n >> 8 & 255}.{n & 255}\n"
            for n in range(100000)))
    return attached(archive.getvalue())


def zip_in_zip():
    inner = zip_bomb().encode()
    for n in range(5):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as into:
            into.writestr(f"{n}.zip", inner)
        inner = archive.getvalue()
    return attached(inner)


def deep_json():
    return "[" * (15 * MIB)


def wide_json():
    return "[" + "1," * (7 * MIB) + "1]"


def json_objects():
    return "{}" * (7 * MIB)


def deep_xml():
    return "<nmaprun>" + "<a>" * (4 * MIB)


def laughing_xml():
    """Each entity is ten of the one before it."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 20))
    return (f'<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY e0 "ha">{entities}]>'
            "<nmaprun>&e19;</nmaprun>")


def attributes_xml():
    return "<nmaprun " + " ".join(f'a{n}="1"' for n in range(800000)) + "/>"


def wide_csv():
    return ",".join(f'"c{n}"' for n in range(MIB)) + "\n" + "1," * MIB + "\n"


def long_csv():
    return '"timestamp","ip","port"\n' + '"2026-11-21 10:00:00","192.0.2.1","25"\n' * 350000


def quote():
    return '"timestamp","ip"\n"' + "x" * (15 * MIB)


def noise():
    return os.urandom(15 * MIB)


def nothing_but_ends():
    return "\r" * (15 * MIB)


def nul():
    return HEAD + "\0" * (15 * MIB)


HOSTILE = [nested, nested_one_boundary, enclosed, parts, many_fields, one_field, folded_field,
           huge_header, groups, groups_in_many_fields, comments, parameters, encoded_words,
           received, quoted_printable, base64_of_base64, uuencoded, zip_bomb, zip_of_many,
           zip_of_rows, zip_in_zip, deep_json, wide_json, json_objects, deep_xml, laughing_xml, attributes_xml,
           wide_csv, long_csv, quote, noise, nothing_but_ends, nul]


@pytest.fixture(scope="module")
def base(install_for_file):
    return install_for_file(BODY)


def sanitized():
    """AddressSanitizer takes more memory than all limits."""
    return b"__asan_init" in Path(built("feeder")).read_bytes()


class Cost:
    """One run of `feeder receive`: what it said, and what it and its children took."""

    # A process between, as RUSAGE_CHILDREN is of all that were ever waited for.
    SCRIPT = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("cost:", code, used.ru_maxrss * 1024, used.ru_utime + used.ru_stime)
"""

    def __init__(self, base, file):
        with open(file, "rb") as mail:
            done = subprocess.run(
                ["/usr/bin/python3", "-c", self.SCRIPT, built("feeder"), "-c", base.config,
                 "receive", "--reporter", "stranger"],
                stdin=mail, capture_output=True, text=True, errors="replace", timeout=120)
        self.stderr = done.stderr
        match = re.fullmatch(r"cost: (-?\d+) (\d+) ([0-9.]+)\n", done.stdout)
        assert match, done.stdout[:1000] + done.stderr
        self.code, self.memory, self.seconds = int(match[1]), int(match[2]), float(match[3])


def intakes(base):
    """How often something new was kept."""
    return sum(row["event"] == "ingest" for row in base.rows("audit"))


def size_of(base):
    return sum(file.stat().st_blocks * 512 for file in base.database.rglob("data.mdb"))


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_a_hostile_mail_is_kept_and_costs_little(base, folder, make):
    text = make()
    file = folder / "mail"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    before, room = intakes(base), size_of(base)
    new = 0 if make is nothing_but_ends else 1
    for run in ("first", "again"):
        cost = Cost(base, file)
        assert cost.code == 0, (run, cost.stderr)
        assert intakes(base) == before + new, (run, cost.stderr)
        assert cost.seconds < SECONDS, run
        assert cost.memory < MEMORY or sanitized(), run
        assert size_of(base) - room < 20 * MIB, run


def test_the_next_report_is_read_all_the_same(base, folder):
    """What a hostile mail did, it did to its own child."""
    (folder / "bad").write_text(wide_json())
    good = folder / "good"
    good.write_text(
        HEAD + "Content-Type: multipart/report; boundary=b\n\n--b\n" + ARF + "\n--b--\n")
    done = base.feeder("ingest", folder / "bad", good, folder / "bad", status=65)
    assert re.search(r"good: arf: 192\.0\.2\.1", done.stdout), done.stdout
