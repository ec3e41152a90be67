/*
 * test_config_faults.c: configs that are wrong, each with the line and the words that its message
 * must have.
 *
 * Every fault is followed by a good file: what one leaves behind in libconfuse's scanner must not
 * reach the next.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Last: it makes a macro of fail. */
#include <cmocka.h>

/* Lines 1 and 2, 3, and 4 to 8. ZONE() has its extra lines from 7 on. */
#define TOP      "database = /db\nlisten = 127.0.0.1:53\n"
#define SUB      "sublist relay { code = 2 }\n"
#define SOA      "soa { mname = ns1.example.net rname = hostmaster.example.org }\n"
#define ZONE(in) "zone dnsbl.example.org {\nns = ns1.example.net\n" SOA in "}\n"
#define GOOD     TOP SUB ZONE("")
#define KEYS(in) TOP "state = /counters\n" SUB ZONE("access { " in " }\n")
/* Its lines go on from 6. */
#define POLICY  TOP "sublist relay {\ncode = 2\npolicy {\n"
#define MX      "authserv_id = mx.example.org\n"
#define TEXT64  "0123456789012345678901234567890123456789012345678901234567890123"
#define LABEL63 "012345678901234567890123456789012345678901234567890123456789abc"

/* The secret has 32 octets. */
#define B64             "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SECRET(text)    "key mirror { secret = \"" text "\" }\n"
#define KEY(name)       "key " name " { secret = \"" B64 "\" }"
#define TEXT256         TEXT64 TEXT64 TEXT64 TEXT64
#define B64_513         TEXT256 TEXT256 TEXT64 TEXT64 "01234567890123456789012345678901234567890123"
#define NOT_BASE64      "secret: it must be base64"
#define ALGORITHM(name) "key mirror {\nalgorithm = " name "\nsecret = \"" B64 "\" }\n"

struct row {
	const char *text;
	unsigned line;
	const char *words;
};

static const struct row well_formed[] = {
	/* braces */
	{GOOD "tcp {\n idle = 5s\n", 8, "'tcp' is not closed"},
	{TOP SUB "zone dnsbl.example.org {\nns = a.example.net\n" SOA, 4, "'zone' is not closed"},
	{GOOD "}\n", 8, "'}' closes nothing"},
	{TOP "tcp { idle = 5s }\n }\n" SUB, 4, "'}' closes nothing"},
	{"\nlisten = { a,\n b\n", 4, "ends where ',' or the '}' of the list"},
	{TOP SUB ZONE("sublists = { relay\nttl = 5m\n"), 8, "'ttl' stands where ','"},
	{TOP SUB ZONE("sublists = { , relay }\n"), 7, "',' stands where an item"},
	{TOP SUB ZONE("sublists = { relay,, relay }\n"), 7, "',' stands where an item"},
	{GOOD "listen = { { } }", 8, "given twice"},
	{"a { b { c { d { e { f { g { h { } } } } } } } }", 1, "too deep"},
	/* statements */
	{"\n\ndatabase\n", 4, "ends where '=' or '{'"},
	{"database /db\n" SUB, 1, "'database' has neither '='"},
	{"database =\nlisten = x", 2, "'=' stands where the name of an option"},
	{"database = = /db", 1, "'=' stands where a value"},
	{"database = }", 1, "'}' stands where a value"},
	{"database = ", 1, "ends where a value"},
	{"database", 1, "ends where '=' or '{'"},
	{"= /db", 1, "'=' stands where the name of an option"},
	{"{ }", 1, "'{' stands where the name of an option"},
	{"\"database\" = /db", 1, "without quotes"},
	{"listen += 127.0.0.1:53", 1, "'+' stands outside quotes"},
	{"include(\"/etc/passwd\")", 1, "'(' stands outside quotes"},
	{GOOD "zone=dnsbl.example.org|ttl = 1", 8, "'|' stands outside quotes"},
	{GOOD "tcp|idle = 1", 8, "'|' stands outside quotes"},
	{"database = /db;", 1, "';' stands outside quotes"},
	{"database = /d\\b", 1, "'\\' stands outside quotes"},
	{"\n\n\001", 3, "0x01 stands outside quotes"},
	{"\357\273\277database = /db", 1, "0xef stands outside quotes"},
	/* strings and comments */
	{"database = \"/db\nlisten = \"x\"", 1, "no closing \""},
	{"\ndatabase = '/db\n", 2, "no closing '"},
	{"database = \"/db", 1, "no closing \""},
	{"database = \"/d\\b\"", 1, "unknown escape"},
	{"database = \"/d\\nb\"", 1, "unknown escape"},
	{"database = \"/d\\101b\"", 1, "unknown escape"},
	{"database = \"/d\\x41b\"", 1, "unknown escape"},
	{"database = \"/d\\\nb\"", 1, "unknown escape"},
	{"database = \"/d\\'b\"", 1, "unknown escape"},
	{"database = '/d\\\"b'", 1, "unknown escape"},
	{"database = \"\\", 1, "unknown escape"},
	{"sublist relay ${X} { code = 2 }", 1, "'$' stands outside quotes"},
	{"database = \"${HOME}\"", 1, "'${' is not expanded"},
	{"database = \"/db/${HOME}\"", 1, "'${' is not expanded"},
	{"database = ${HOME}", 1, "'$' stands outside quotes"},
	{"user = \"a\tb\"", 1, "control character 0x09"},
	{"user = 'a\177b'", 1, "control character 0x7f"},
	{"\n/* a\n\n comment", 2, "no '*/'"},
	{"/*/", 1, "no '*/'"},
	/* comments do not move the lines */
	{"# one\n# two\n/* three\nfour */ // more\nrll = 1", 5, "unknown option 'rll'"},
	{"# }\n// {\n/* { */ user = \"#x\" # \"\nrll = 1", 4, "unknown option 'rll'"},
	{"user = '//x' /**/ workers = 0", 1, "workers"},
};

static const struct row names_and_kinds[] = {
	{GOOD "notify = { }", 8, "unknown option 'notify'"},
	{GOOD "key mirror {\nkeys = 1 }", 9, "unknown option 'keys' in key 'mirror'"},
	{GOOD "key { }", 8, "missing title for section 'key'"},
	{GOOD "key mirror { }", 8, "key 'mirror' has no secret; it needs: secret = "},
	{GOOD KEY("mirror") "\n" KEY("mirror"), 9, "'mirror' is given twice"},
	{GOOD KEY("mirror") "\n" KEY("MIRROR."), 9, "key 'MIRROR.' is given twice"},
	/* a secret may stand where it should not, and is not repeated */
	{GOOD "key mirror { secret = s \"" B64 "\" }", 8, "a string stands where the name"},
	{GOOD "Workers = 2", 8, "unknown option 'Workers'"},
	{GOOD "tcp {\n\n mtu = 1 }", 10, "unknown option 'mtu' in tcp"},
	{TOP SUB ZONE("primaries = { }\n"), 7,
	 "unknown option 'primaries' in zone 'dnsbl.example.org'"},
	{TOP SUB ZONE("apex { txt = x }\n"), 7, "unknown option 'txt' in apex"},
	{GOOD "clients {\nallow = 192.0.2.1 }", 9, "unknown option 'allow' in clients"},
	{GOOD "tcp = 1", 8, "missing opening brace for section 'tcp'"},
	{GOOD "tcp x { }", 8, "missing opening brace for section 'tcp'"},
	{GOOD "workers { }", 8, "missing equal sign after option 'workers'"},
	{GOOD "workers = { 1 }", 8, "unexpected token '{'"},
	{GOOD "sublist { code = 3 }", 8, "missing title for section 'sublist'"},
	/* once and no more */
	{"user = a\n\nuser = b", 3, "'user' is given twice, line 1"},
	{"user = a\nuser = a", 2, "'user' is given twice, line 1"},
	{"listen = { }\nlisten = { a }", 2, "'listen' is given twice, line 1"},
	{"tcp { }\ntcp { }", 2, "'tcp' is given twice, line 1"},
	{"tcp { idle = 1\nidle = 2 }", 2, "'idle' is given twice, line 1"},
	{TOP SUB ZONE("soa { }\n"), 7, "'soa' is given twice, line 6"},
	{TOP SUB ZONE("ns = x\n"), 7, "'ns' is given twice, line 5"},
	{TOP "sublist relay { code = 2\n policy { }\n policy { } }", 5, "'policy' is given twice"},
	{GOOD "sublist relay { code = 3 }", 8, "'relay' is given twice"},
	{GOOD "sublist \"relay\" { code = 3 }", 8, "'relay' is given twice"},
	{GOOD "sublist RELAY { code = 3 }", 8, "'RELAY' is given twice"},
	{GOOD ZONE(""), 8, "'dnsbl.example.org' is given twice"},
	{GOOD "zone DNSBL.example.org. {\nns = a.example.net\n" SOA "}", 8, "is given twice"},
	/* what is missing */
	{"", 1, "the file has no sublist"},
	{"\n# nothing\n\n", 1, "the file has no sublist"},
	{TOP SUB, 1, "the file has no zone"},
	{TOP ZONE(""), 1, "the file has no sublist"},
	{TOP "\nsublist relay {\n}\n", 4, "sublist 'relay' has no code; it needs: code = 2"},
	{TOP SUB "\n\nzone dnsbl.example.org {\n\n" SOA "}", 6,
	 "zone 'dnsbl.example.org' has no ns"},
	{TOP SUB "zone dnsbl.example.org {\nns = { }\n" SOA "}", 4, "has no ns"},
	{TOP SUB "zone dnsbl.example.org {\nns = a.example.net\n}", 4, "has no soa"},
	{TOP SUB "zone dnsbl.example.org {\nns = a.example.net\nsoa {\nrname = x }\n}", 6,
	 "no mname"},
	{TOP SUB "zone dnsbl.example.org {\nns = a.example.net\nsoa {\nmname = x }\n}", 6,
	 "no rname"},
	/* all three or none */
	{POLICY "reporters = 1 within = 1 } }", 5, "policy has no reports; it needs: reports = 3"},
	{POLICY "reports = 1 within = 1 } }", 5, "no reporters; it needs: reporters = 2"},
	{POLICY "reports = 1 reporters = 1 } }", 5, "no within; it needs: within = 24h"},
	{POLICY "reports = 1 } }", 5, "no reporters"},
	{POLICY "within = 1h } }", 5, "no reports"},
	{POLICY "categories = { } } }", 5, "the list categories is empty"},
	{POLICY "trust = 1 } }", 6, "unknown option 'trust' in policy"},
	{"reporter r1 { }\nreporter r1 { }\n", 2, "'r1' is given twice"},
	{GOOD "reporter { }", 8, "missing title for section 'reporter'"},
	{GOOD "reporter r1 {\nweight = 1 }", 9, "unknown option 'weight' in reporter 'r1'"},
	{GOOD "reports {\nsize = 1 }", 9, "unknown option 'size' in reports"},
	{GOOD "reports { }\nreports { }", 9, "'reports' is given twice"},
	{TOP SUB ZONE("sublists = {\n}\n"), 4, "the list sublists is empty"},
};

static const struct row values[] = {
	{"database = \"\"", 1, "database is empty"},
	{"user = \"\"\n" GOOD, 1, "user is empty"},
	{"workers = 0\n" GOOD, 1, "workers = 0: it must be 1 to 256"},
	{"workers = 257\n" GOOD, 1, "workers = 257: it must be 1 to 256"},
	{"workers = many\n" GOOD, 1, "workers = many: it must be a whole number"},
	{"workers = -1\n" GOOD, 1, "workers = -1: it must be a whole number"},
	{"workers = 18446744073709551617\n" GOOD, 1, "must be a whole number"},
	{"workers = 4294967297\n" GOOD, 1, "it must be 1 to 256"},
	{"workers = 2K\n" GOOD, 1, "must be a whole number"},
	{"affinity = { 0,\n 8192 }\n" GOOD, 2, "affinity = 8192: it must be 0 to 8191"},
	{"affinity = { 0, -1 }\n" GOOD, 1, "affinity = -1: it must be a whole number"},
	{"affinity = 0-3\n" GOOD, 1, "affinity = 0-3: it must be a whole number"},
	{"receive_buffer = 1K\n" GOOD, 1, "receive_buffer = 1K: it must be 4K to 512M"},
	{"receive_buffer = 1G\n" GOOD, 1, "receive_buffer = 1G: it must be 4K to 512M"},
	{"map_size = 1K\n" GOOD, 1, "map_size = 1K: it must be 1M to 64T"},
	{"map_size = 65T\n" GOOD, 1, "it must be 1M to 64T"},
	{"map_size = 16777216T\n" GOOD, 1, "map_size = 16777216T"},
	{"map_size = 64g\n" GOOD, 1, "as in 64G"},
	{"map_size = 64GB\n" GOOD, 1, "as in 64G"},
	{"map_size = G\n" GOOD, 1, "as in 64G"},
	{"exclude_reserved = 2\n" GOOD, 1, "exclude_reserved = 2: it must be true or false"},
	{"log = \"journal\"\n" GOOD, 1, "log = 'journal': it must be"},
	{"dnstap { sample = 0 }\n" GOOD, 1, "sample = 0: it must be 1 to 1000000"},
	{"dnstap { queries = no responses = no }\n" GOOD, 1, "queries and responses says nothing"},
	{"dnstap {\nsocket = \"/" TEXT64 TEXT64 "\" }\n" GOOD, 2,
	 "socket: its path may have 107 octets, not more"},
	{"nsid = \"" TEXT64 "x\"\n" GOOD, 1, "nsid: it may have 64 octets, not 65"},
	{"version = \"\xff\"\n" GOOD, 1, "version: the text is not UTF-8 at octet 0xff"},
	{"tcp { clients = 0 }\n" GOOD, 1, "clients = 0: it must be 1 to 100000"},
	{"tcp { per_client = 100001 }\n" GOOD, 1, "per_client = 100001"},
	{"tcp { idle = 0 }\n" GOOD, 1, "idle = 0: it must be 1s to 1d"},
	{"tcp { idle = 2d }\n" GOOD, 1, "idle = 2d: it must be 1s to 1d"},
	{"tcp {\npartial = 2x }\n" GOOD, 2, "partial: '2x' is no duration"},
	{"tcp { idle = \"\" }\n" GOOD, 1, "idle: '' is no duration"},
	/* clients */
	{"clients { default = deny }\n" GOOD, 1, "default = 'deny': it must be answer, refuse"},
	{"clients { default = \"\" }\n" GOOD, 1, "default = '': it must be answer"},
	{TOP SUB ZONE("clients {\ndefault = Answer }\n"), 8, "default = 'Answer': it must be"},
	{"clients { refuse = { 192.0.2.1,\n192.0.2.1/24 } }\n", 2, "refuse: '192.0.2.1/24'"},
	{"clients { drop = example.org }\n", 1, "drop: 'example.org'"},
	{"clients { error = 192.0.2.0/33 }\n", 1, "error: '192.0.2.0/33'"},
	{"clients { empty = { 192.0.2.0/24, 192.0.2.0/25,\n192.0.2.0/24 } }\n", 2,
	 "clients: '192.0.2.0/24' is given twice, the first time on line 1"},
	{TOP SUB ZONE("clients { answer = 192.0.2.1\ndrop = 192.0.2.1/32\n}\n"), 8,
	 "clients: '192.0.2.1' is given twice, the first time on line 7"},
	{"clients { drop = 0.0.0.0/0 refuse = {\n::ffff:0.0.0.0/96 } }\n", 2,
	 "clients: '0.0.0.0/0' is given twice, the first time on line 1"},
	{"clients { error_code = 0 }\n" GOOD, 1, "error_code = 0: it must be 1 to 255"},
	{"clients { error_code = 256 }\n" GOOD, 1, "error_code = 256: it must be 1 to 255"},
	{"clients { error_text = \"\" }\n" GOOD, 1, "error_text: the text is empty"},
	{"clients {\nerror_text = \"{ip}{ip}{ip}{ip}{ip}{ip}\" }\n" GOOD, 2, "not 258"},
	{"rrl { rate = 0 }\n" GOOD, 1, "rate = 0: it must be 1 to 100000"},
	{"rrl { slip = 101 }\n" GOOD, 1, "slip = 101: it must be 0 to 100"},
	{"rrl { exempt = { 192.0.2.0/24,\n192.0.2.1/24 } }\n" GOOD, 2, "192.0.2.0/24"},
	{"rrl { exempt = { 192.0.2.0/24,\n192.0.2.0/24 } }\n" GOOD, 2,
	 "exempt: '192.0.2.0/24' is given twice"},
	{"rrl { exempt = localhost }\n" GOOD, 1, "exempt: "},
	{"cookies { secret = \"0011223344556677889900112233445\" }\n" GOOD, 1,
	 "secret: it must be 32 hex digits"},
	{"cookies {\nold_secret = \"001122334455667788990011223344556\" }\n" GOOD, 2,
	 "old_secret: it must be 32 hex digits"},
	{"cookies { secret = \"0x112233445566778899001122334455\" }\n" GOOD, 1, "32 hex digits"},
	{"cookies { secret = \"\"\n old_secret = \"00112233445566778899001122334455\" }\n" GOOD, 1,
	 "cookies has an old_secret and no secret"},
	{"cookies {\nsecret = \"00112233445566778899001122334455\"\n"
	 "old_secret = 00112233445566778899001122334455 }\n" GOOD,
	 1, "secret and old_secret are the same"},
	/* listen */
	{"database = /db\nlisten = 127.0.0.1\n", 2,
	 "listen '127.0.0.1' must be an address and a port"},
	{"database = /db\nlisten = 127.0.0.1:0\n", 2, "an address and a port"},
	{"database = /db\nlisten = 127.0.0.1:053\n", 2, "an address and a port"},
	{"database = /db\nlisten = 127.0.0.1:65536\n", 2, "an address and a port"},
	{"database = /db\nlisten = 127.0.0.1:\n", 2, "an address and a port"},
	{"database = /db\nlisten = 127.0.0.1:5x\n", 2, "an address and a port"},
	{"database = /db\nlisten = 127.1:53\n", 2, "an address and a port"},
	{"database = /db\nlisten = 127.0.0.0/8:53\n", 2, "an address and a port"},
	{"database = /db\nlisten = localhost:53\n", 2, "an address and a port"},
	{"database = /db\nlisten = ::1:53\n", 2, "an address and a port"},
	{"database = /db\nlisten = [::1]53\n", 2, "an address and a port"},
	{"database = /db\nlisten = [127.0.0.1]:53\n", 2, "an address and a port"},
	{"database = /db\nlisten = [::ffff:192.0.2.1]:53\n", 2, "an address and a port"},
	{"database = /db\nlisten = []:53\n", 2, "an address and a port"},
	{"database = /db\nlisten = \"\"\n", 2, "an address and a port"},
	{"database = /db\nlisten = { 127.0.0.1:53,\n[::1]:53,\n127.0.0.1:53 }\n", 4, "given twice"},
	{"database = /db\nlisten = { [::1]:53,\n[0:0:0:0:0:0:0:1]:53 }\n", 3, "given twice"},
	/* sublists */
	{TOP "sublist x { code = 2 }", 3, "sublist 'x': a name is 2 to 63 letters"},
	{TOP "sublist 22 { code = 2 }", 3, "not digits alone"},
	{TOP "sublist \"re lay\" { code = 2 }", 3, "a name is 2 to 63 letters"},
	{TOP "sublist \"\" { code = 2 }", 3, "a name is 2 to 63 letters"},
	{TOP "sublist x" LABEL63 " { code = 2 }", 3, "a name is 2 to 63 letters"},
	{TOP "sublist relay { code = 1 }", 3, "code = 1: it must be 2 to 254"},
	{TOP "sublist relay { code = 255 }", 3, "code = 255: it must be 2 to 254"},
	{TOP "sublist relay { code = 127.0.0.2 }", 3, "code = 127.0.0.2"},
	{TOP "sublist relay { code = 2\ntext = \"\" }", 4, "text: the text is empty"},
	{TOP "sublist relay { code = 2\ntext = \"" TEXT64 TEXT64 TEXT64 TEXT64 "\" }", 4, "255"},
	{TOP "sublist relay { code = 2\ntext = \"{ip}{ip}{ip}{ip}{ip}{ip}{ip}\" }", 4, "not 301"},
	{TOP "sublist relay { code = 2 expires = 0 }", 3, "expires = 0: it must be 1s to 36525d"},
	{TOP "sublist relay { code = 2 expires = ever }", 3, "'ever' is no duration"},
	{TOP "sublist relay { code = 2 expires = 101y }", 3, "'101y' is no duration"},
	{TOP "sublist relay { code = 2 expires = 5218w }", 3, "over 100 years"},
	{TOP "sublist relay { code = 2\npolicy { reports = 2\nreporters = 3 within = 1h } }", 4,
	 "reporters = 3: it must be at most reports, which is 2"},
	{TOP "sublist relay { code = 2 policy { reports = 0 reporters = 0 within = 1 } }", 3,
	 "reports = 0"},
	{TOP "sublist relay { code = 2 policy { reports = 1 reporters = 0 within = 1 } }", 3,
	 "reporters = 0"},
	{TOP "sublist relay { code = 2 policy { reports = 1 reporters = 1 within = 0 } }", 3,
	 "within = 0: it must be 1s"},
	{POLICY "categories = { spam,\nspin } } }", 7, "there is no category 'spin' of reports"},
	{POLICY "categories = none } }", 6, "there is no category 'none'"},
	{POLICY "categories = { spam, bot,\nspam } } }", 7, "category 'spam' is named twice"},
	{POLICY "categories = not-spam } }", 6, "category 'not-spam': complaints of it list"},
	{POLICY "categories = auth-failure } }", 6, "category 'auth-failure': complaints"},
	{POLICY "categories = opt-out } }", 6, "category 'opt-out': complaints of it list"},
	{POLICY "categories = relay } }", 6, "category 'relay': complaints of it list"},
	{POLICY "trap_weight = 100.001 } }", 6, "trap_weight = 100.001: it must be 0 to 100"},
	{POLICY "trap_weight = -1 } }", 6, "trap_weight = -1: it must be a number as in 1.5"},
	{POLICY "negative_weight = 101 } }", 6, "negative_weight = 101: it must be 0 to 100"},
	{POLICY "negative_weight = 1.0001 } }", 6, "with at most three decimals"},
	{POLICY "half_life = 0 } }", 6, "half_life = 0: it must be 1s to 36525d"},
	{POLICY "half_life = ever } }", 6, "'ever' is no duration"},
	{POLICY "max_age = 0 } }", 6, "max_age = 0: it must be 1s"},
	{POLICY "relapse = 0.999 } }", 6, "relapse = 0.999: it must be 1 to 100"},
	{POLICY "relapse = 101 } }", 6, "relapse = 101: it must be 1 to 100"},
	{POLICY "relapse = 1. } }", 6, "relapse = 1.: it must be a number"},
	{POLICY "relapse = .5 } }", 6, "relapse = .5: it must be a number"},
	{POLICY "relapse = 1.x } }", 6, "relapse = 1.x: it must be a number"},
	{POLICY "relapse = 1.5x } }", 6, "relapse = 1.5x: it must be a number"},
	{POLICY "relapse = 1.5.5 } }", 6, "relapse = 1.5.5: it must be a number"},
	{POLICY "relapse = \"\" } }", 6, "relapse = : it must be a number"},
	{POLICY "relapse = 1e1 } }", 6, "relapse = 1e1: it must be a number"},
	/* 2^64 of them, and their thousandths, are no small number */
	{POLICY "relapse = 18446744073709551618 } }", 6, "it must be 1 to 100"},
	{POLICY "relapse = 18446744073709551.618 } }", 6, "it must be 1 to 100"},
	{POLICY "max_expires = 0 } }", 6, "max_expires = 0: it must be 1s"},
	{POLICY "max_expires = never } }", 6, "'never' is no duration"},
	{POLICY "cool_off = 0 } }", 6, "cool_off = 0: it must be 1s"},
	{POLICY "neighbours = 65537 } }", 6, "neighbours = 65537: it must be 0 to 65536"},
	{POLICY "ipv6 = 63 } }", 6, "ipv6 = 63: it must be 64 to 128"},
	{POLICY "ipv6 = 129 } }", 6, "ipv6 = 129: it must be 64 to 128"},
	/* reports and reporters */
	{"reports { keep = 0 }\n", 1, "keep = 0: it must be 1s to 36525d"},
	{"reports { body_size = 1023 }\n", 1, "body_size = 1023: it must be 1K to 16M"},
	{"reports { body_size = 17M }\n", 1, "body_size = 17M: it must be 1K to 16M"},
	{"reporter \"a b\" { }\n", 1, "reporter: 'a b': a name is letters"},
	{"reporter \"\" { }\n", 1, "reporter: '': a source has a name"},
	{"reporter -a { }\n", 1, "reporter: '-a': a source has a name"},
	{"reporter x" LABEL63 " { }\n", 1, "a name of 1 to 63"},
	{"reporter r1 {\ntrust = 10.001 }\n", 2, "trust = 10.001: it must be 0 to 10"},
	{"reporter r1 {\ntrap = 2 }\n", 2, "trap = 2: it must be true or false"},
	{"reporter r1 {\naddress = \"\" }\n", 2, "reporter 'r1': address = '' is no mail address"},
	{"reporter r1 {\naddress = isp }\n", 2, "address = 'isp' is no mail address"},
	{"reporter r1 {\naddress = @example.org }\n", 2, "is no mail address"},
	{"reporter r1 {\naddress = isp@ }\n", 2, "is no mail address"},
	{"reporter r1 {\naddress = isp@. }\n", 2, "is no mail address"},
	{"reporter r1 {\naddress = isp@a..b }\n", 2, "is no mail address"},
	{"reporter r1 {\naddress = \"<isp@example.org>\" }\n", 2, "is no mail address"},
	{"reporter r1 { address = a@example.org }\nreporter r2 {\naddress = A@EXAMPLE.org }\n", 3,
	 "reporter 'r2': 'A@EXAMPLE.org' is reporter 'r1' already"},
	{"reporter a@example.org { }\nreporter r2 {\naddress = a@example.org }\n", 3,
	 "reporter 'r2': 'a@example.org' is reporter 'a@example.org' already"},
	{"reporter r1 { address = a@example.org }\nreporter A@example.org { }\n", 2,
	 "reporter 'A@example.org': this is the address of reporter 'r1'"},
	{"reporter r1 {\ndomains = isp.example.net }\n", 2,
	 "reporter 'r1': domains mean nothing without authserv_id"},
	{MX "reporter r1 { domains = { a.example.net,\nA.example.NET. } }\n", 3,
	 "reporter 'r1': domain 'a.example.net' is of reporter 'r1' already"},
	{MX "reporter r1 { domains = a.example.net }\nreporter r2 { domains = a.example.net }\n", 3,
	 "reporter 'r2': domain 'a.example.net' is of reporter 'r1' already"},
	{MX "reporter r1 { domains = a..b }\n", 2, "reporter 'r1': 'a..b' is no domain name"},
	{MX "reporter r1 { domains = \"\" }\n", 2, "reporter 'r1': '' is no domain name"},
	{MX "reporter r1 { domains = . }\n", 2, "reporter 'r1': the root is nobody's domain"},
	{"authserv_id = \"\"\n", 1, "authserv_id = '': it must be a word"},
	{"authserv_id = \"mx 1\"\n", 1, "authserv_id = 'mx 1': it must be a word"},
	{"authserv_id = \"mx;\"\n", 1, "authserv_id = 'mx;': it must be a word"},
	{"trusted_hops = { 192.0.2.1,\n192.0.2 }\n", 2, "trusted_hops: '192.0.2'"},
	{"trusted_hops = mx.example.org\n", 1, "trusted_hops: 'mx.example.org'"},
	{"trusted_hops = 192.0.2.1/24\n", 1, "trusted_hops: '192.0.2.1/24'"},
	{"trusted_hops = { 192.0.2.1,\n192.0.2.1/32 }\n", 2,
	 "trusted_hops: '192.0.2.1/32' is given twice"},
	/* keys */
	{KEY("a..b"), 1, "key: 'a..b' is no domain name"},
	{KEY("."), 1, "key '.': a name of 2 to 80 octets"},
	{KEY(LABEL63 ".0123456789abcde"), 1, "a name of 2 to 80 octets"},
	{ALGORITHM("hmac-sha1"), 2, "algorithm: there are hmac-sha256, hmac-sha384"},
	{ALGORITHM("hmac-md5.sig-alg.reg.int"), 2, "algorithm: there are"},
	{ALGORITHM("\"\""), 2, "algorithm: there are"},
	{SECRET(""), 1, NOT_BASE64},
	{SECRET("A"), 1, NOT_BASE64},
	{SECRET("=AAA"), 1, NOT_BASE64},
	{SECRET("===="), 1, NOT_BASE64},
	{SECRET("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"), 1, NOT_BASE64},
	{SECRET("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=="), 1, NOT_BASE64},
	{SECRET("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH==="), 1, NOT_BASE64},
	{SECRET("AAECAwQFBgcICQoL=A0ODxAREhMUFRYXGBkaGxwdHh8="), 1, NOT_BASE64},
	{SECRET("AAECAwQFBgcICQoL!A0ODxAREhMUFRYXGBkaGxwdHh8="), 1, NOT_BASE64},
	{SECRET("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd----"), 1, NOT_BASE64},
	{SECRET(" AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), 1, NOT_BASE64},
	{SECRET("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= "), 1, NOT_BASE64},
	{SECRET("AAECAwQFBgcICQoLDA0O"), 1,
	 "its secret has 15 octets: hmac-sha256 wants 16 to 512"},
	{"key mirror {\nalgorithm = hmac-sha512 secret = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="
	 "\" }",
	 1, "its secret has 31 octets: hmac-sha512 wants 32 to 512"},
	{SECRET(B64_513), 1, "its secret has 513 octets: hmac-sha256 wants 16 to 512"},
	{SECRET(B64_513 "AAAA"), 1, "secret: it may have 512 octets"},
	/* zones */
	{TOP SUB ZONE("ttl = 2147483648\n"), 7, "ttl = 2147483648: it must be 0s to 2147483647s"},
	{TOP SUB
	 "zone dnsbl.example.org { ns = a.example.net\nsoa { mname = a rname = b refresh = 0 } }",
	 5, "refresh = 0"},
	{TOP SUB
	 "zone dnsbl.example.org { ns = a.example.net\nsoa { mname = a\nrname = \"a@b\" } }",
	 6, "rname = a@b: write a dot for the @"},
	{TOP SUB "zone dnsbl.example.org { ns = a.example.net\nsoa { mname = a..b rname = b } }", 5,
	 "mname: 'a..b' is no domain name: a label is empty"},
	{TOP SUB "zone dnsbl.example.org { ns = a.example.net\nsoa { mname = . rname = b } }", 5,
	 "mname: the root"},
	{TOP SUB "zone dnsbl.example.org { ns = { a.example.net,\n\"\" }\n" SOA "}", 5,
	 "ns: '' is no domain name"},
	{TOP SUB "zone dnsbl.example.org { ns = { a.example.net,\nA.example.NET. }\n" SOA "}", 5,
	 "ns 'A.example.NET.' is given twice"},
	{TOP SUB "zone \"\" { ns = a.example.net\n" SOA "}", 4, "zone: '' is no domain name"},
	{TOP SUB "zone . { ns = a.example.net\n" SOA "}", 4, "zone '.': a name of 2 to 191 octets"},
	{TOP SUB "zone " LABEL63 "." LABEL63 "." LABEL63 " { ns = a.example.net\n" SOA "}", 4,
	 "a name of 2 to 191 octets"},
	{TOP SUB ZONE("sublists = { relay,\nother }\n"), 8, "there is no sublist 'other'"},
	{TOP SUB ZONE("sublists = { relay,\nrelay }\n"), 8, "sublist 'relay' is named twice"},
	{TOP SUB "sublist open { code = 2 }\n" ZONE(""), 5, "'relay' and 'open' both have code 2"},
	{TOP SUB "sublist open { code = 2 }\n" ZONE("sublists = { open,\nrelay }\n"), 9,
	 "'open' and 'relay' both have code 2"},
	/* addresses and hosts */
	{TOP SUB ZONE("apex { a = 192.0.2.256 }\n"), 7, "a = '192.0.2.256' is no IPv4 address"},
	{TOP SUB ZONE("apex { a = 192.0.2.0/24 }\n"), 7, "is no IPv4 address"},
	{TOP SUB ZONE("apex { a = 2001:db8::1 }\n"), 7, "is no IPv4 address"},
	{TOP SUB ZONE("apex { aaaa = 192.0.2.1 }\n"), 7, "is no IPv6 address"},
	{TOP SUB ZONE("apex { aaaa = ::ffff:192.0.2.1 }\n"), 7, "is no IPv6 address"},
	{TOP SUB ZONE("apex { a = { 192.0.2.1,\n192.0.2.1 } }\n"), 8,
	 "a = '192.0.2.1' is given twice"},
	{TOP SUB ZONE("\nhost ns1 {\n}\n"), 8, "host 'ns1.dnsbl.example.org.' has no address"},
	{TOP SUB ZONE("host ns1 { a = 192.0.2.1 }\nhost NS1 { a = 192.0.2.2 }\n"), 8,
	 "given twice"},
	{TOP SUB ZONE("host ns1.dnsbl.example.org { a = 192.0.2.1 }\n"), 7, "must be one label"},
	{TOP SUB ZONE("host ns1. { a = 192.0.2.1 }\n"), 7, "must be one label"},
	{TOP SUB ZONE("access { }\n"), 7, "it needs: state = "},
	{KEYS("required = maybe"), 8, "required = maybe: it must be true or false"},
	{KEYS("unknown = answer"), 8, "unknown and overdrawn may be refuse, drop, empty or error"},
	{KEYS("overdrawn = answer"), 8,
	 "unknown and overdrawn may be refuse, drop, empty or error"},
	{KEYS("overdrawn = \"\""), 8, "overdrawn = '': it must be"},
	{KEYS("unknown_code = 0"), 8, "unknown_code = 0: it must be 1 to 255"},
	{KEYS("overdrawn_code = 256"), 8, "overdrawn_code = 256: it must be 1 to 255"},
	{KEYS("unknown_text = \"\""), 8, "the text is empty"},
	{KEYS("address_day = 1000000001"), 8, "it must be 0 to 1000000000"},
	{KEYS("address_second = 100001"), 8, "it must be 0 to 100000"},
	{TOP SUB ZONE("host \"\" { a = 192.0.2.1 }\n"), 7, "must be one label"},
	{TOP SUB ZONE("host \"*\" { a = 192.0.2.1 }\n"), 7, "must be one label"},
	{TOP SUB ZONE("host -x { a = 192.0.2.1 }\n"), 7, "must be one label"},
	{TOP SUB ZONE("host x" LABEL63 " { a = 192.0.2.1 }\n"), 7, "must be one label"},
	{TOP SUB ZONE("host 0 { a = 192.0.2.1 }\n"), 7, "part of a reversed address"},
	{TOP SUB ZONE("host 255 { a = 192.0.2.1 }\n"), 7, "part of a reversed address"},
	{TOP SUB ZONE("host F { a = 192.0.2.1 }\n"), 7, "part of a reversed address"},
};

#define INNER(name) "zone " name " { ns = a.example.net\n" SOA "}\n"

/* Zones in the order of the file and against it: the fault is the same one. */
static const struct row zones_together[] = {
	{GOOD INNER("4.dnsbl.example.org"), 8, "reversed addresses of zone 'dnsbl.example.org'"},
	{TOP SUB INNER("4.dnsbl.example.org") ZONE(""), 4, "reversed addresses of zone"},
	{GOOD INNER("255.dnsbl.example.org"), 8, "reversed addresses of zone"},
	{GOOD INNER("e.dnsbl.example.org"), 8, "reversed addresses of zone"},
	{GOOD INNER("x.4.dnsbl.example.org"), 8, "reversed addresses of zone"},
	{TOP SUB ZONE("host eu { a = 192.0.2.1 }\n") INNER("eu.dnsbl.example.org"), 7,
	 "host 'eu.dnsbl.example.org' lies in zone 'eu.dnsbl.example.org'"},
	{TOP SUB "zone dnsbl.example.org {\nns = { a.example.net,\nns1.dnsbl.example.org }\n" SOA
		 "}",
	 6, "needs: host \"ns1\""},
	{TOP SUB "zone dnsbl.example.org { ns = dnsbl.example.org\n" SOA "apex { } }", 4,
	 "needs: apex { a ="},
	{TOP SUB "zone dnsbl.example.org { ns = a.b.dnsbl.example.org\n" SOA "}", 4,
	 "a host is one label below"},
	/* the address belongs into the zone that is nearest */
	{TOP SUB "zone dnsbl.example.org { ns = ns1.eu.dnsbl.example.org\n" SOA
		 "}\n" INNER("eu.dnsbl.example.org"),
	 4, "zone 'eu.dnsbl.example.org' needs: host \"ns1\""},
	{TOP SUB INNER("bl.example.org") "zone other.example.org {\n ns = ns1.bl.example.org\n" SOA
					 "}",
	 8, "zone 'bl.example.org' needs: host \"ns1\""},
};

static void assert_good_file_is_read(void)
{
	struct config *config = NULL;

	if (config_parse(GOOD, "good.conf", &config) != ST_OK) {
		fail_msg("a good file is refused after a bad one: %s", fail_text());
	}
	assert_int_equal(config->zone_count, 1);
	config_free(config);
}

static void check_row(const struct row *row)
{
	struct config *config = (struct config *)1;
	char where[64];

	if (config_parse(row->text, "bad.conf", &config) != ST_CONFIG) {
		fail_msg("this is not refused with ST_CONFIG:\n%s", row->text);
	}
	assert_null(config);
	snprintf(where, sizeof where, "bad.conf:%u: ", row->line);
	if (strncmp(fail_text(), where, strlen(where)) != 0 || !strstr(fail_text(), row->words)) {
		fail_msg("'%s' is not on line %u or does not say '%s':\n%s", fail_text(), row->line,
			 row->words, row->text);
	}
	assert_good_file_is_read();
}

#define CHECK(rows)                                                             \
	do {                                                                    \
		for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++) { \
			check_row(&(rows)[i]);                                  \
		}                                                               \
	} while (0)

static void test_what_is_not_well_formed_is_refused(void **state)
{
	(void)state;
	CHECK(well_formed);
}

static void test_unknown_repeated_and_missing_options_are_refused(void **state)
{
	(void)state;
	CHECK(names_and_kinds);
}

static void test_values_out_of_bounds_are_refused(void **state)
{
	(void)state;
	CHECK(values);
}

static void test_zones_that_contradict_each_other_are_refused(void **state)
{
	(void)state;
	CHECK(zones_together);
}

static void test_nothing_is_written_to_stderr(void **state)
{
	int saved = dup(STDERR_FILENO);
	int caught = memfd_create("stderr", 0);

	(void)state;
	assert_true(saved >= 0 && caught >= 0);
	fflush(stderr);
	dup2(caught, STDERR_FILENO);
	for (size_t i = 0; i < sizeof names_and_kinds / sizeof names_and_kinds[0]; i++) {
		struct config *config;
		(void)config_parse(names_and_kinds[i].text, "bad.conf", &config);
	}
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	assert_int_equal(lseek(caught, 0, SEEK_END), 0);
	close(saved);
	close(caught);
}

static void test_there_are_at_most_256_sublists(void **state)
{
	char *text = malloc(65536);
	struct config *config;

	(void)state;
	for (unsigned count = CONFIG_SUBLISTS; count <= CONFIG_SUBLISTS + 1; count++) {
		size_t len = (size_t)sprintf(text, TOP);
		for (unsigned i = 0; i < count; i++) {
			len += (size_t)sprintf(text + len, "sublist list%u { code = %u }\n", i,
					       2 + i % 253);
		}
		sprintf(text + len, ZONE("sublists = list0\n"));
		if (count == CONFIG_SUBLISTS) {
			assert_int_equal(config_parse(text, "many.conf", &config), ST_OK);
			assert_int_equal(config->sublist_count, count);
			config_free(config);
		} else {
			assert_int_equal(config_parse(text, "many.conf", &config), ST_CONFIG);
			assert_string_equal(fail_text(), "many.conf:259: sublist 'list256' is one "
							 "too many: there may be 256");
		}
	}
	free(text);
}

static void test_a_thousand_unknown_options_are_refused(void **state)
{
	char *text = malloc(65536);
	size_t len = 0;
	struct config *config;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		len += (size_t)sprintf(text + len, "option%u = %u\n", i, i);
	}
	assert_int_equal(config_parse(text, "many.conf", &config), ST_CONFIG);
	assert_string_equal(fail_text(), "many.conf:1: unknown option 'option0'");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_not_well_formed_is_refused),
		cmocka_unit_test(test_unknown_repeated_and_missing_options_are_refused),
		cmocka_unit_test(test_values_out_of_bounds_are_refused),
		cmocka_unit_test(test_zones_that_contradict_each_other_are_refused),
		cmocka_unit_test(test_nothing_is_written_to_stderr),
		cmocka_unit_test(test_there_are_at_most_256_sublists),
		cmocka_unit_test(test_a_thousand_unknown_options_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
