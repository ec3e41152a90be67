"""What each odd packet gets: (number, what it is, the packet, by UDP, by TCP where that differs).

The numbers group what belongs together. Where well-known servers differ from each other, ours says
what is safest among that which interoperates. packets.py reads both columns' words; the zone is
one_zone.py's, without transfers or a name of the server's own. SIGNED is a table of its own: what is
signed holds for some minutes, so its packets are made when they are sent.
"""

import time

from packets import make, name
from signing import Key, sign

ZONE = "n:dnsbl.example.org"
LISTED = "n:1.2.0.192.dnsbl.example.org"
UNLISTED = "n:1.3.0.192.dnsbl.example.org"
FOUR = "n:201.2.0.192.dnsbl.example.org"        # TXT: above 512 octets, below 1,232
TWENTY = "n:200.2.0.192.dnsbl.example.org"      # TXT: above 1,232
ELSEWHERE = "n:1.2.0.192.dnsbl.example.net"
L63 = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

A, SOA, TXT, IXFR, AXFR, ANY = (f" {n:04x} 0001 " for n in (1, 6, 16, 251, 252, 255))
QUERY = "1234 0000 0001 0000 0000 0000 "
ANSWER = "1234 0000 0001 0001 0000 0000 "
AUTHORITY = "1234 0000 0001 0000 0001 0000 "
EDNS = "1234 0000 0001 0000 0000 0001 "
TWO = "1234 0000 0001 0000 0000 0002 "
NOTIFY = "1234 2400 0001 0000 0000 0000 "
A_RR = "c00c" + A + "00000000 0004 7f000002 "
SOA_RR = SOA + "00000000 0016 00 00 00000001 00000001 00000001 00000001 00000001 "


def opt(data="", size=4096, rcode=0, version=0, flags=0, length=None):
    octets = bytes.fromhex(data)
    length = len(octets) if length is None else length
    return f"00 0029 {size:04x} {rcode:02x} {version:02x} {flags:04x} {length:04x} {octets.hex()} "


def tsig(key="n:key", rdclass="00ff", ttl="00000000", algorithm="n:hmac-sha256", mac="abcd" * 16):
    mac = bytes.fromhex(mac)
    rdata = (make(algorithm) + bytes.fromhex("000000000001 012c") + len(mac).to_bytes(2, "big")
             + mac + bytes.fromhex("1234 0000 0000"))
    return f"{key} 00fa {rdclass} {ttl} {len(rdata):04x} {rdata.hex()} "


def cookie(length=8):
    """The option, with what is no cookie of ours."""
    return f"000a {length:04x} {bytes(range(1, length + 1)).hex()} "


def opcode(number, question="0001", flags=0):
    return f"1234 {number << 11 | flags:04x} {question} 0000 0000 0000 "


NO_QUESTION = "FORMERR 12"
FAULT = "FORMERR 0/0/0"
FAULT_EDNS = "FORMERR 0/0/1 opt"
NODATA = "NOERROR aa 0/1/0"
NXDOMAIN = "NXDOMAIN aa 0/1/0"
REFUSED = "REFUSED 0/0/0"
NOTAUTH = "NOTAUTH 0/0/0"
NOTIMP = "NOTIMP 12"
FOUND = "NOERROR aa 3/0/0"
FOUND_EDNS = "NOERROR aa 3/0/1 opt"
BADVERS = "BADVERS 0/0/1 opt"
BADKEY = "NOTAUTH 0/0/1 tsig=17"
TRUNCATED = "NOERROR aa tc 0/0/0"
TRUNCATED_EDNS = "NOERROR aa tc 0/0/1 opt"
NO_QUESTION_EDNS = "1234 0000 0000 0000 0000 0001 "
COOKIE = " cookie=0102030405060708"

TABLE = [
    (1, "nothing at all", "", "drop"),
    (1, "one octet", "12", "drop"),
    (1, "two octets", "1234", "drop"),
    (1, "eleven octets", "1234 0000 0001 0000 0000 00", "drop"),
    (2, "a bare header", "1234 0000 0000 0000 0000 0000", NO_QUESTION),
    (3, "a question promised, none there", QUERY, NO_QUESTION),
    (4, "an answer", "1234 8000 0001 0000 0000 0000 " + LISTED + A, "drop"),
    (4, "an answer's header", "1234 8000 0000 0000 0000 0000", "drop"),
    (4, "an answer to NOTIFY", "1234 a000 0001 0000 0000 0000 " + ZONE + SOA, "drop"),
    (5, "no question, OPT", "1234 0000 0000 0000 0000 0001 " + opt(), FAULT_EDNS),
    (6, "no question, a cookie", NO_QUESTION_EDNS + opt(cookie()), "NOERROR 0/0/1 opt" + COOKIE),
    *((6, f"no question, a cookie of {n} octets that is not ours",
       NO_QUESTION_EDNS + opt(cookie(n)), "BADCOOKIE 0/0/1 opt" + COOKIE) for n in (16, 24, 40)),
    *((6, f"no question, a cookie of {n} octets", NO_QUESTION_EDNS + opt(cookie(n)), FAULT_EDNS)
      for n in (0, 7, 12, 41)),
    (6, "no question, a cookie among options",
     NO_QUESTION_EDNS + opt("fe01 0002 0102" + cookie() + "000c 0001 00"),
     "NOERROR 0/0/1 opt" + COOKIE),
    (6, "no question, a cookie, octets behind it", NO_QUESTION_EDNS + opt(cookie()) + "00",
     FAULT_EDNS + COOKIE),
    (6, "no question, a cookie, EDNS version 1", NO_QUESTION_EDNS + opt(cookie(), version=1),
     FAULT_EDNS),
    (6, "no question, a cookie, a key", "1234 0000 0000 0000 0000 0002 " + opt(cookie()) + tsig(),
     NO_QUESTION),
    (6, "NOTIFY without a question, a cookie",
     "1234 2000 0000 0000 0000 0001 " + opt(cookie()), FAULT_EDNS + COOKIE),
    (7, "two questions alike", "1234 0000 0002 0000 0000 0000 " + 2 * (LISTED + A), NO_QUESTION),
    (7, "two questions that differ", "1234 0000 0002 0000 0000 0000 " + LISTED + A + UNLISTED + A,
     NO_QUESTION),
    (8, "65,535 questions", "1234 0000 ffff 0000 0000 0000 " + LISTED + A, NO_QUESTION),
    (8, "a question that is not counted", "1234 0000 0000 0000 0000 0000 " + LISTED + A,
     NO_QUESTION),
    *((9, f"opcode {n}", opcode(n) + LISTED + A, NOTIMP) for n in (1, 2, 3, 6, 7, 15)),
    *((9, f"opcode {n}, header only", opcode(n, "0000"), NOTIMP) for n in (1, 2, 3, 6, 7, 15)),
    *((9, f"opcode {n} with every flag", opcode(n, flags=0x07FF) + LISTED + A, NOTIMP)
      for n in (1, 2, 3, 6, 7, 15)),
    (10, "opcode 15, no question", opcode(15), NOTIMP),
    (11, "NOTIFY of our zone", NOTIFY + ZONE + SOA, REFUSED),
    (11, "NOTIFY of our zone, EDNS", "1234 2400 0001 0000 0000 0001 " + ZONE + SOA + opt(),
     "REFUSED 0/0/1 opt ede=18"),
    (11, "NOTIFY with its SOA", "1234 2400 0001 0001 0000 0000 " + ZONE + SOA + "c00c" + SOA_RR,
     REFUSED),
    (11, "NOTIFY with two SOAs", "1234 2400 0001 0002 0000 0000 " + ZONE + SOA
     + 2 * ("c00c" + SOA_RR), FAULT),
    (11, "NOTIFY with an A", "1234 2400 0001 0001 0000 0000 " + ZONE + SOA + A_RR, FAULT),
    (11, "NOTIFY with its SOA as the authority", "1234 2400 0001 0000 0001 0000 " + ZONE + SOA
     + "c00c" + SOA_RR, FAULT),
    (11, "NOTIFY of another zone", NOTIFY + "n:dnsbl.example.net" + SOA, NOTAUTH),
    (11, "NOTIFY of a name in our zone", NOTIFY + LISTED + SOA, NOTAUTH),
    (11, "NOTIFY of another type", NOTIFY + ZONE + A, FAULT),
    (11, "NOTIFY of nothing", "1234 2400 0000 0000 0000 0000", NO_QUESTION),
    (12, "UPDATE", opcode(5) + ZONE + SOA, NOTIMP),
    (12, "UPDATE of another zone", opcode(5) + "n:dnsbl.example.net" + SOA, NOTIMP),
    *((13, f"the query has {what}", f"1234 {flags:04x} 0001 0000 0000 0000 " + LISTED + A,
       "NOERROR aa rd 3/0/0" if flags & 0x0100 else FOUND)
      for what, flags in (("AA", 0x0400), ("TC", 0x0200), ("RD", 0x0100), ("RA", 0x0080),
                          ("Z", 0x0040), ("AD", 0x0020), ("CD", 0x0010), ("rcode 3", 3),
                          ("rcode 15", 15), ("all of them", 0x07FF))),
    (14, "an answer in a query", ANSWER + LISTED + A + A_RR, FAULT),
    (14, "an authority in a query", AUTHORITY + LISTED + A + "c00c" + SOA_RR, FAULT),
    (14, "an A as the additional", EDNS + LISTED + A + A_RR, FAULT),
    (15, "an answer that is not there", ANSWER + LISTED + A, FAULT),
    (15, "an authority that is not there", AUTHORITY + LISTED + A, FAULT),
    (15, "an additional that is not there", EDNS + LISTED + A, FAULT),
    (15, "65,535 additionals", "1234 0000 0001 0000 0000 ffff " + LISTED + A + opt(), FAULT),
    (15, "an A whose rdata ends behind the packet",
     EDNS + LISTED + A + "c00c" + A + "00000000 ffff 7f000002", FAULT),
    (16, "octets behind the question", QUERY + LISTED + A + "00", FAULT),
    (16, "octets behind the OPT", EDNS + LISTED + A + opt() + "00", FAULT_EDNS),
    (16, "1,000 octets behind the OPT", EDNS + LISTED + A + opt() + "00" * 1000, FAULT_EDNS),
    (17, "label octet 0x40", QUERY + "40" + A, NO_QUESTION),
    (17, "label octet 0x41", QUERY + "41 00" + A, NO_QUESTION),
    (17, "label octet 0x80", QUERY + "80 00" + A, NO_QUESTION),
    (17, "a pointer to itself", QUERY + "c00c" + A, NO_QUESTION),
    (17, "two pointers to each other", QUERY + "c00e c00c" + A, NO_QUESTION),
    (17, "a pointer into the header", QUERY + "c000" + A, NO_QUESTION),
    (17, "a pointer forward", QUERY + "c012" + A + "00", NO_QUESTION),
    (17, "a pointer past the end", QUERY + "ffff" + A, NO_QUESTION),
    (17, "a pointer cut off", QUERY + "c0", NO_QUESTION),
    (17, "a pointer behind a label", QUERY + "0161 c00c" + A, NO_QUESTION),
    (18, "a name of 256 octets", QUERY + f"n:{L63}.{L63}.{L63}.{L63}" + A, NO_QUESTION),
    (18, "a name of 600 octets", QUERY + "n:" + ".".join([L63] * 9) + A, NO_QUESTION),
    (18, "128 labels", QUERY + "n:" + ".".join("a" * 128) + A, NO_QUESTION),
    (18, "a name that runs off the end", QUERY + "0a 6162", NO_QUESTION),
    (18, "no type", QUERY + LISTED, NO_QUESTION),
    (18, "half a type", QUERY + LISTED + " 00", NO_QUESTION),
    (18, "no class", QUERY + LISTED + " 0001", NO_QUESTION),
    (18, "half a class", QUERY + LISTED + " 0001 00", NO_QUESTION),
    (19, "a foreign name of 255 octets", QUERY + f"n:{L63}.{L63}.{L63}.{L63[:61]}" + A, REFUSED),
    (19, "a name of 255 octets in the zone",
     QUERY + f"n:{L63}.{L63}.{L63}.{L63[:43]}.dnsbl.example.org" + A, NXDOMAIN),
    (19, "127 labels in the zone",
     QUERY + "n:" + ".".join("a" * 118) + ".dnsbl.example.org" + A, NXDOMAIN),
    (20, "NUL in a label", QUERY + "0200 31 n:2.0.192.dnsbl.example.org" + A, NXDOMAIN),
    (20, "0xff in a label", QUERY + "01ff n:2.0.192.dnsbl.example.org" + A, NXDOMAIN),
    (20, "a dot in a label ends none", QUERY + "03 31 2e 32 n:0.192.dnsbl.example.org" + A,
     NXDOMAIN),
    (20, "a dot in the test entry ends no label",
     QUERY + "03 32 2e 30 n:0.127.dnsbl.example.org" + A, NXDOMAIN),
    (21, "mixed case", QUERY + "n:1.2.0.192.DnSbL.eXaMpLe.oRg" + A, FOUND),
    (22, "the root", QUERY + "00" + A, REFUSED),
    (22, "another zone", QUERY + ELSEWHERE + A, REFUSED),
    (22, "above our zone", QUERY + "n:example.org" + A, REFUSED),
    (22, "above our zone, NS", QUERY + "n:org" + " 0002 0001", REFUSED),
    (22, "another zone, EDNS", EDNS + ELSEWHERE + A + opt(), "REFUSED 0/0/1 opt ede=20"),
    (22, "the root, EDNS", EDNS + "00" + A + opt(), "REFUSED 0/0/1 opt ede=20"),
    *((23, f"CH TXT {n}", QUERY + f"n:{n} 0010 0003", REFUSED)
      for n in ("version.bind", "version.server", "id.server", "hostname.bind", "authors.bind",
                "dnsbl.example.org")),
    *((23, f"class {c}", QUERY + LISTED + f" 0001 {c:04x}", REFUSED)
      for c in (0, 2, 3, 4, 254, 255, 65280)),
    (23, "class HS, EDNS", EDNS + LISTED + " 0001 0004" + opt(), "REFUSED 0/0/1 opt ede=21"),
    (24, "ANY where both fit", QUERY + LISTED + ANY, "NOERROR aa 6/0/0"),
    (24, "ANY where both fit by TCP", QUERY + TWENTY + ANY, "NOERROR aa 20/0/0",
     "NOERROR aa 40/0/0"),
    (25, "above 512, no EDNS", QUERY + FOUR + TXT, TRUNCATED, "NOERROR aa 4/0/0"),
    *((25, f"above 512, size {n}", EDNS + FOUR + TXT + opt(size=n), TRUNCATED_EDNS,
       "NOERROR aa 4/0/1 opt") for n in (0, 1, 511, 512)),
    (25, "above 512, size 1232", EDNS + FOUR + TXT + opt(size=1232), "NOERROR aa 4/0/1 opt"),
    *((25, f"above 1,232, size {n}", EDNS + TWENTY + TXT + opt(size=n), TRUNCATED_EDNS,
       "NOERROR aa 20/0/1 opt") for n in (1232, 4096, 65535)),
    *((26, f"type {t}", QUERY + LISTED + f" {t:04x} 0001", NODATA)
      for t in (0, 41, 46, 128, 249, 250, 253, 254, 65280, 65535)),
    (27, "AXFR", QUERY + ZONE + AXFR, FAULT, REFUSED),
    (27, "AXFR, EDNS", EDNS + ZONE + AXFR + opt(), FAULT_EDNS, "REFUSED 0/0/1 opt ede=18"),
    (28, "IXFR without its SOA", QUERY + ZONE + IXFR, FAULT),
    (28, "IXFR", AUTHORITY + ZONE + IXFR + "c00c" + SOA_RR, "NOERROR aa 1/0/0", REFUSED),
    (28, "IXFR, its SOA's name in another case", AUTHORITY + ZONE + IXFR + "n:DNSBL.example.ORG"
     + SOA_RR, "NOERROR aa 1/0/0", REFUSED),
    (28, "IXFR with the SOA of another name", AUTHORITY + ZONE + IXFR + "n:dnsbl.example.net"
     + SOA_RR, FAULT),
    (28, "IXFR of a zone that is not ours", AUTHORITY + "n:dnsbl.example.net" + IXFR + "c00c"
     + SOA_RR, NOTAUTH),
    (28, "IXFR of a name in our zone", AUTHORITY + LISTED + IXFR + "c00c" + SOA_RR, NOTAUTH),
    *((29, f"EDNS version {v}, {what}", EDNS + qname + A + opt(version=v), BADVERS)
      for v in (1, 255) for what, qname in (("our zone", LISTED), ("another", ELSEWHERE))),
    (30, "two OPTs", TWO + LISTED + A + 2 * opt(), FAULT_EDNS),
    (30, "OPT as an answer", ANSWER + LISTED + A + opt(), FAULT),
    (30, "OPT as an authority", AUTHORITY + LISTED + A + opt(), FAULT),
    (30, "OPT with an owner", EDNS + LISTED + A + "n:a " + opt()[2:], FAULT),
    (30, "OPT's length past the end", EDNS + LISTED + A + opt(length=4), FAULT),
    (30, "OPT's length before the end", EDNS + LISTED + A + opt("ff00 0000", length=0),
     FAULT_EDNS),
    (30, "an option that overruns the OPT", EDNS + LISTED + A + opt("ff00 0004 00"), FAULT),
    (30, "an option that is cut", EDNS + LISTED + A + opt("ff00 00"), FAULT),
    (31, "EDNS flags and an extended rcode", EDNS + LISTED + A + opt(rcode=255, flags=0x7FFF),
     FOUND_EDNS),
    (31, "an unknown option", EDNS + LISTED + A + opt("fe01 0003 616263"), FOUND_EDNS),
    (31, "100 unknown options", EDNS + LISTED + A + opt("fe01 0003 616263" * 100), FOUND_EDNS),
    *((32, f"a cookie of {n} octets", EDNS + LISTED + A + opt(cookie(n)), FAULT_EDNS)
      for n in (0, 1, 7, 9, 12, 15, 41, 255)),
    *((32, f"a cookie of {n} octets that is not ours", EDNS + LISTED + A + opt(cookie(n)),
       FOUND_EDNS + COOKIE) for n in (8, 16, 23, 24, 25, 40)),
    *((32, f"a cookie and {what}", packet + opt(cookie()), wanted + COOKIE) for what, packet, wanted
      in (("nothing listed", EDNS + UNLISTED + A, "NXDOMAIN aa 0/1/1 opt"),
          ("another zone", EDNS + ELSEWHERE + A, "REFUSED 0/0/1 opt ede=20"),
          ("a large answer", EDNS + FOUR + TXT, "NOERROR aa 4/0/1 opt"))),
    (32, "a cookie, TC", EDNS + FOUR + TXT + opt(cookie(), size=512), TRUNCATED_EDNS + COOKIE,
     "NOERROR aa 4/0/1 opt" + COOKIE),
    (32, "two cookies, the second malformed", EDNS + LISTED + A + opt(cookie() + cookie(7)),
     FOUND_EDNS + COOKIE),
    (32, "two cookies, the first malformed", EDNS + LISTED + A + opt(cookie(7) + cookie()),
     FAULT_EDNS),
    (32, "two cookies", EDNS + LISTED + A + opt(cookie() + "000a 0008 ffffffffffffffff"),
     FOUND_EDNS + COOKIE),
    *((32, f"a cookie of {n} octets in EDNS version 1",
       EDNS + LISTED + A + opt(cookie(n), version=1), BADVERS) for n in (7, 8)),
    (32, "a cookie and an unknown key", TWO + LISTED + A + opt(cookie()) + tsig(),
     "NOTAUTH 0/0/2 opt cookie=0102030405060708 tsig=17"),
    (32, "a cookie and octets behind the OPT", EDNS + LISTED + A + opt(cookie()) + "00",
     FAULT_EDNS + COOKIE),
    (32, "a cookie, keepalive, another zone",
     EDNS + ELSEWHERE + A + opt(cookie() + "000b 0000"), "REFUSED 0/0/1 opt ede=20" + COOKIE),
    (33, "ECS that makes no sense", EDNS + LISTED + A + opt("0008 0004 ffffffff"), FOUND_EDNS),
    (33, "ECS of no octets", EDNS + LISTED + A + opt("0008 0000"), FOUND_EDNS),
    (33, "ECS", EDNS + LISTED + A + opt("0008 0007 0001 1800 c00002"), FOUND_EDNS),
    (33, "keepalive", EDNS + LISTED + A + opt("000b 0002 0064"), FOUND_EDNS,
     FOUND_EDNS + " option=11"),
    (33, "keepalive of three octets", EDNS + LISTED + A + opt("000b 0003 006464"), FOUND_EDNS,
     FOUND_EDNS + " option=11"),
    (33, "padding", EDNS + LISTED + A + opt("000c 0080" + "00" * 128), FOUND_EDNS),
    (33, "NSID", EDNS + LISTED + A + opt("0003 0000"), FOUND_EDNS),
    (34, "an A behind the OPT", TWO + LISTED + A + opt() + A_RR, FAULT_EDNS),
    (35, "an unknown key", EDNS + LISTED + A + tsig(), BADKEY),
    (35, "an unknown key behind an OPT", TWO + LISTED + A + opt() + tsig(),
     "NOTAUTH 0/0/2 opt tsig=17"),
    (35, "an unknown algorithm", EDNS + LISTED + A + tsig(algorithm="n:hmac-sha0"), BADKEY),
    (38, "TSIG before the OPT", TWO + LISTED + A + tsig() + opt(), FAULT),
    (38, "two TSIGs", TWO + LISTED + A + 2 * tsig(), FAULT),
    (38, "a TSIG cut short", EDNS + LISTED + A + "n:key 00fa 00ff 00000000 0000", FAULT),
    (38, "a TSIG as the answer", ANSWER + LISTED + A + tsig(), FAULT),
    (38, "a TSIG of class IN", EDNS + LISTED + A + tsig(rdclass="0001"), FAULT),
    (38, "a TSIG with a TTL", EDNS + LISTED + A + tsig(ttl="00000001"), FAULT),
    (38, "a TSIG whose owner points past the question",
     TWO + LISTED + A + opt("fe01 0003 016100") + tsig(key="c0 3c"), FAULT_EDNS),
    (38, "a TSIG whose owner points into the header", EDNS + LISTED + A + tsig(key="c0 00"), FAULT),
    (38, "a TSIG whose owner points to itself", EDNS + LISTED + A + tsig(key="c0 2d"), FAULT),
    (38, "octets behind the TSIG", EDNS + LISTED + A + tsig() + "00", FAULT),
    (40, "AXFR of a name that is not ours", QUERY + "n:example.net" + AXFR, FAULT, NOTAUTH),
    (40, "AXFR below the apex", QUERY + LISTED + AXFR, FAULT, NOTAUTH),
    (40, "AXFR in class ANY", QUERY + ZONE + " 00fc 00ff", REFUSED),
]

SECRET = "c2l4dHkgZm91ciBvY3RldHMsIGFzIG1hbnkgYXMgdGhlIGxvbmdlc3QgTUFDIGhhcy4uLg=="
KEYS = {algorithm: Key(key, algorithm, SECRET) for key, algorithm in (
    ("mirror", "hmac-sha256"), ("key.dnsbl.example.org", "hmac-sha384"),
    ("k5" + 12 * ".12345" + ".org", "hmac-sha512"))}
KEY, KEY384, KEY512 = KEYS.values()
CONFIG = "".join(f'key "{key.name}" {{ algorithm = "{key.algorithm}"  secret = "{SECRET}" }}\n'
                 for key in KEYS.values())
UNKNOWN = Key("nosuch", "hmac-sha256", SECRET)
SHA1 = Key(KEY.name, "hmac-sha1", SECRET)
MD5 = Key(KEY.name, "hmac-md5.sig-alg.reg.int", SECRET)

PLAIN = make(QUERY + LISTED + A)
WITH_OPT = make(EDNS + LISTED + A + opt())
SIGNED_FOUND = "NOERROR aa 3/0/1 tsig=0 signed"
BADSIG = "NOTAUTH 0/0/1 tsig=16"
BADTIME = "NOTAUTH 0/0/1 tsig=18 signed"
BADTRUNC = "NOTAUTH 0/0/1 tsig=22 signed"


def signed(what, wanted, packet=PLAIN, key=KEY, over_tcp=None, age=None, sent=b"\x12\x34",
           **options):
    """A row: the key, and what makes the packet, which is sent with another id perhaps."""
    def made():
        late = {} if age is None else {"time": int(time.time()) - age}
        return sent + sign(packet, key, **late, **options)[2:]
    return what, key, made, wanted, over_tcp or wanted


def flip(mac):
    return mac[:-1] + bytes([mac[-1] ^ 1])


# (number, what it is, the key, what makes the packet, by UDP, by TCP)
SIGNED = [(35, *row) for row in (
    *(signed(f"valid, {key.algorithm}", SIGNED_FOUND, key=key) for key in KEYS.values()),
    signed("valid, behind an OPT", "NOERROR aa 3/0/2 opt tsig=0 signed", WITH_OPT),
    signed("valid, for what is unlisted", "NXDOMAIN aa 0/1/1 tsig=0 signed",
           make(QUERY + UNLISTED + A)),
    signed("valid, for another zone", "REFUSED 0/0/1 tsig=0 signed", make(QUERY + ELSEWHERE + A)),
    signed("valid, another EDNS version", "BADVERS 0/0/2 opt tsig=0 signed",
           make(EDNS + LISTED + A + opt(version=1))),
    signed("valid, NOTIFY", "REFUSED 0/0/1 tsig=0 signed", make(NOTIFY + ZONE + SOA)),
    signed("valid, NOTIFY with its SOA", "REFUSED 0/0/1 tsig=0 signed",
           make("1234 2400 0001 0001 0000 0000 " + ZONE + SOA + "c00c" + SOA_RR)),
    signed("valid, AXFR", "FORMERR 0/0/1 tsig=0 signed", make(QUERY + ZONE + AXFR),
           over_tcp="REFUSED 0/0/1 tsig=0 signed"),
    signed("valid, IXFR", "NOERROR aa 1/0/1 tsig=0 signed",
           make(AUTHORITY + ZONE + IXFR + "c00c" + SOA_RR), over_tcp="REFUSED 0/0/1 tsig=0 signed"),
    signed("valid, too much for UDP", "NOERROR aa tc 0/0/1 tsig=0 signed", make(QUERY + TWENTY + TXT),
           over_tcp="NOERROR aa 20/0/1 tsig=0 signed"),
    signed("valid, question and key are the longest", "NOERROR aa tc 0/0/1 tsig=0 signed",
           make(QUERY + f"n:{L63}.{L63}.{L63}.{L63[:43]}.dnsbl.example.org" + A), KEY512,
           over_tcp="NXDOMAIN aa 0/1/1 tsig=0 signed"),
    signed("valid, the key's name in another case", SIGNED_FOUND, owner=name("MirroR")),
    signed("valid, the algorithm's too", SIGNED_FOUND, algorithm="HMAC-Sha256"),
    signed("valid, the key's name ends in the question's", SIGNED_FOUND, key=KEY384,
           owner=b"\3key\xc0\x16"),
    signed("valid, another id than the original", SIGNED_FOUND, sent=b"\x43\x21"),
    signed("an unknown key", BADKEY, key=UNKNOWN),
    signed("another key's algorithm", BADKEY, key=Key(KEY.name, "hmac-sha512", SECRET)),
    signed("SHA-1", BADKEY, key=SHA1),
    signed("MD5", BADKEY, key=MD5),
    signed("an unknown algorithm", BADKEY, algorithm="hmac-sha0"),
)] + [(36, *row) for row in (
    *(signed(f"a bad MAC, {key.algorithm}", BADSIG, key=key, spoil=flip) for key in KEYS.values()),
    signed("an empty MAC", BADSIG, cut=0),
    signed("a wrong original id", BADSIG, id=0x4321),
    signed("another secret", BADSIG, key=Key(KEY.name, KEY.algorithm, "A" * 44)),
    *(signed(f"a MAC of {n} octets", FAULT, cut=n) for n in (1, 8, 10, 15)),
    signed("a MAC that is too long", FAULT, spoil=lambda mac: mac + b"\0"),
    signed("half a MAC", BADTRUNC, cut=16),
    signed("half a MAC, SHA-384", BADTRUNC, key=KEY384, cut=24),
    signed("less than half, SHA-384", FAULT, key=KEY384, cut=23),
    signed("half a MAC, SHA-512", BADTRUNC, key=KEY512, cut=32),
    signed("all but one octet", BADTRUNC, cut=31),
    signed("half a bad MAC", BADSIG, spoil=lambda mac: flip(mac[:16])),
    signed("half a MAC, an hour late", BADTIME, cut=16, age=3600),
)] + [(37, *row) for row in (
    signed("an hour late", BADTIME, age=3600),
    signed("an hour early", BADTIME, age=-3600),
    signed("an hour late, SHA-512", BADTIME, key=KEY512, age=3600),
    signed("an hour late, a bad MAC", BADSIG, age=3600, spoil=flip),
    signed("of 1970", BADTIME, time=0),
    signed("of the last second there is", BADTIME, time=(1 << 48) - 1),
    signed("a minute late, as it may be", SIGNED_FOUND, age=60),
    signed("a minute late, of ten seconds that it may be", BADTIME, age=60, fudge=10),
)]

# Queries that are fine, to be cut and bent.
VALID = [make(text) for text in (
    "1234 0100 0001 0000 0000 0000 " + LISTED + A,
    QUERY + TWENTY + TXT,
    QUERY + UNLISTED + A,
    EDNS + "n:1." + "0." * 23 + "8.b.d.0.1.0.0.2.dnsbl.example.org" + A + opt(),
    EDNS + LISTED + TXT + opt("0003 0000 000a 0008 0102030405060708 0008 0004 00010000"
                              "000c 0004 00000000", flags=0x8000),
    AUTHORITY + ZONE + IXFR + "c00c" + SOA_RR,
    NOTIFY + ZONE + SOA,
    TWO + LISTED + A + opt() + tsig(),
    EDNS + ZONE + ANY + opt(size=512),
    EDNS + "n:version.bind 0010 0003" + opt("0003 0000"),
)]


def two_thousand_tsigs():
    """56 kB: a parser that follows the counts keeps them all."""
    return make("1234 0000 0001 0000 0000 07d0 " + LISTED + A
                + "00 00fa 00ff 00000000 0011 00 000000000001 012c 0000 4321 0000 0000" * 2000)


def pointers_to_pointers():
    """Each record's name is a pointer to the one before, as far as 14 bits reach."""
    packet = make("1234 0000 0001 1553 0000 0000 0161 00 0001 0001")
    before = 12
    while len(packet) + 12 <= 65535:
        here = len(packet)
        packet += (0xC000 | before).to_bytes(2, "big") + bytes.fromhex("0001 0001 00000000 0000")
        before = here if here < 0x4000 else before
    return packet


def an_opt_full_of_options():
    """The dearest that is no fault."""
    head = make(EDNS + LISTED + A + opt())
    length = (65535 - len(head)) // 4 * 4
    return head[:-2] + length.to_bytes(2, "big") + bytes(length)
