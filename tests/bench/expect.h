/*
 * expect.h: a file of queries, as packets, and whether an answer belongs to its query.
 *
 *	a line:	NAME A|TXT hit|miss|refused|echo
 *		HEX raw formerr|notimp|badvers|refused|drop
 *
 *	hit	the A record 127.0.0.2, or the TXT with the address that was asked for; nothing else
 *	miss	NXDOMAIN, and the zone's SOA
 *	echo	what echo.c makes of it
 *	drop	no answer; all others of a rcode: neither answer nor authority
 *
 * Every octet is looked at but the SOA's serial and times, and what EDNS options say.
 */
#ifndef DNSBLD_BENCH_EXPECT_H
#define DNSBLD_BENCH_EXPECT_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BEYOND_LINE = 52, /* a packet is its line and less than this */
	HEADER = 12,
	OPT = 11,
	COOKIE = 12,
	TTL = 300,
	QUERIES_LEAST = 64,
};

enum { NOERROR = 0, FORMERR = 1, NXDOMAIN = 3, NOTIMP = 4, REFUSED = 5, BADVERS = 16 };
enum wanted { HIT, MISS, ECHO, RCODE, DROP };

struct query {
	uint8_t *packet;
	uint16_t len, question; /* octets of the question; 0: not known */
	uint8_t wanted, rcode;
};

static struct query *queries;
static size_t query_count;
static bool edns, answers_without_opt; /* each named query has an OPT; but answers have none */
static bool cookies;                   /* and in the OPT a client's cookie (RFC 7873 §4) */
static const char *text = "";          /* what a listed name's TXT is, before the address */

static inline _Noreturn void fail(int status, const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(status);
}

static inline bool want(struct query *q, const char *word)
{
	static const struct {
		const char *word;
		enum wanted wanted;
		uint8_t rcode;
	} all[] = {
		{"hit", HIT, NOERROR},       {"miss", MISS, NXDOMAIN},  {"echo", ECHO, NOERROR},
		{"refused", RCODE, REFUSED}, {"notimp", RCODE, NOTIMP}, {"formerr", RCODE, FORMERR},
		{"badvers", RCODE, BADVERS}, {"drop", DROP, 0},
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (strcmp(word, all[i].word) == 0) {
			q->wanted = (uint8_t)all[i].wanted;
			q->rcode = all[i].rcode;
			return true;
		}
	}
	return false;
}

static inline void put_hex(struct query *q, const char *hex)
{
	for (unsigned octet; sscanf(hex, "%2x", &octet) == 1; hex += 2) {
		q->packet[q->len++] = (uint8_t)octet;
	}
}

static inline void put_question(struct query *q, const char *name, bool txt)
{
	static const uint8_t opt[OPT] = {0, 0, 41, 1232 >> 8, 1232 & 255};
	static const uint8_t cookie[COOKIE] = {0,   10,  0,   8,   'c',  'l',
					       'i', 'e', 'n', 't', '\'', 's'};
	uint8_t *to = q->packet + HEADER;

	memcpy(q->packet, (const uint8_t[HEADER]){[5] = 1, [11] = edns}, HEADER);
	while (*name) {
		size_t len = strcspn(name, ".");

		*to++ = (uint8_t)len;
		memcpy(to, name, len);
		to += len;
		name += len + (name[len] == '.');
	}
	memcpy(to, (const uint8_t[5]){0, 0, txt ? 16 : 1, 0, 1}, 5);
	to += 5;
	q->question = (uint16_t)(to - q->packet - HEADER);
	if (edns) {
		memcpy(to, opt, OPT);
		to += OPT;
	}
	if (edns && cookies) {
		to[-1] = COOKIE;
		memcpy(to, cookie, COOKIE);
		to += COOKIE;
	}
	q->len = (uint16_t)(to - q->packet);
}

static inline char *whole_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "r");

	if (!f || fseek(f, 0, SEEK_END) < 0) {
		fail(66, path, "cannot be read");
	}
	*size = (size_t)ftell(f);
	rewind(f);
	char *all = malloc(*size + 1);
	if (!all || fread(all, 1, *size, f) != *size) {
		fail(74, path, "cannot be read");
	}
	all[*size] = '\0';
	fclose(f);
	return all;
}

static inline void read_queries(const char *path)
{
	size_t size, lines = 0;
	char *all = whole_file(path, &size), *at = all;

	for (char *p = all; (p = strchr(p, '\n')); p++) {
		lines++;
	}
	queries = calloc(lines + 1, sizeof *queries);
	uint8_t *packet = malloc(size + lines * BEYOND_LINE + 1);
	if (!queries || !packet) {
		fail(75, path, "no memory");
	}
	while (query_count < lines) {
		struct query *q = &queries[query_count++];
		char *name = strsep(&at, " "), *type = strsep(&at, " "), *word = strsep(&at, "\n");

		q->packet = packet;
		if (!word || !want(q, word)) {
			fail(65, path, word ? word : "not a query");
		}
		if (strcmp(type, "raw") == 0) {
			put_hex(q, name);
		} else {
			put_question(q, name, strcmp(type, "TXT") == 0);
		}
		packet += q->len;
	}
	free(all);
	if (query_count < QUERIES_LEAST || queries[query_count - 1].wanted == DROP) {
		fail(65, path, "too few queries, or the last has no answer");
	}
}

static inline unsigned u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* Type, class, TTL at `p` and as many octets of data as there have to be; the end, or NULL. */
static inline const uint8_t *record(const uint8_t *p, const uint8_t *end, unsigned owner,
				    unsigned type)
{
	if (end - p < 12 || u16(p) != (0xc000 | owner) || u16(p + 2) != type || u16(p + 4) != 1 ||
	    u16(p + 6) != 0 || u16(p + 8) != TTL || (size_t)(end - p - 12) < u16(p + 10)) {
		return NULL;
	}
	return p + 12 + u16(p + 10);
}

/* TEXT and the address that is in the question's first four labels, the other way round. */
static inline bool is_text(const uint8_t *rdata, const uint8_t *end, const uint8_t *name)
{
	char wanted[256];
	size_t len = strlen(text), at[4] = {0};

	for (int i = 1; i < 4; i++) {
		at[i] = at[i - 1] + name[at[i - 1]] + 1;
	}
	memcpy(wanted, text, len);
	for (int i = 3; i >= 0; i--) {
		memcpy(wanted + len, name + at[i] + 1, name[at[i]]);
		len += name[at[i]];
		wanted[len++] = '.';
	}
	len--;
	return (size_t)(end - rdata) == len + 1 && rdata[0] == len &&
	       memcmp(rdata + 1, wanted, len) == 0;
}

/* Octets of the question's first four labels. */
static inline unsigned labels4(const uint8_t *name)
{
	unsigned at = 0;

	for (int i = 0; i < 4; i++) {
		at += name[at] + 1U;
	}
	return at;
}

static inline bool is_hit(const struct query *q, const uint8_t *p, const uint8_t **end)
{
	const uint8_t *name = q->packet + HEADER, *rdata = p + 12;
	bool txt = name[q->question - 3] == 16;

	p = record(p, *end, HEADER, txt ? 16 : 1);
	*end = p;
	return p && (txt ? is_text(rdata, p, name)
			 : p - rdata == 4 && memcmp(rdata, "\x7f\0\0\2", 4) == 0);
}

/* Behind the name at `p` where it is `wanted`, spelled out or with a pointer; else NULL. */
static inline const uint8_t *name_is(const uint8_t *reply, const uint8_t *end, const uint8_t *p,
				     const char *wanted)
{
	const uint8_t *after = NULL;

	while (end - p >= 2 || (end - p == 1 && *p == 0)) {
		size_t len = *p + 1U;

		if (*p >= 0xc0) {
			after = after ? after : p + 2;
			if (reply + (u16(p) & 0x3fff) >= p) {
				return NULL;
			}
			p = reply + (u16(p) & 0x3fff);
			continue;
		}
		if ((size_t)(end - p) < len || memcmp(p, wanted, len) != 0) {
			return NULL;
		}
		p += len;
		wanted += len;
		if (len == 1) {
			return after ? after : p;
		}
	}
	return NULL;
}

/* The zone's SOA: two names and five numbers, of which the minimum is the TTL. */
static inline bool is_miss(const struct query *q, const uint8_t *reply, const uint8_t *p,
			   const uint8_t **end)
{
	const uint8_t *rdata = p + 12;

	p = record(p, *end, HEADER + labels4(q->packet + HEADER), 6);
	*end = p;
	if (!p) {
		return false;
	}
	rdata = name_is(reply, p, rdata, "\3ns1\7example\3net");
	rdata = rdata ? name_is(reply, p, rdata, "\12hostmaster\7example\3org") : NULL;
	return rdata && p - rdata == 20 && u16(p - 4) == 0 && u16(p - 2) == TTL;
}

/* One OPT to the end, with what options there are. */
static inline bool is_opt(const uint8_t *p, const uint8_t *end, unsigned extended)
{
	return end - p >= OPT && p[0] == 0 && u16(p + 1) == 41 && p[5] == extended && p[6] == 0 &&
	       u16(p + 9) == (size_t)(end - p - OPT);
}

/* What is not understood is answered by the header alone or with the question as it was. */
static inline bool is_error(const struct query *q, const uint8_t *reply, const uint8_t *end)
{
	const uint8_t *p = reply + HEADER;
	size_t question = u16(reply + 4) == 0 ? 0 : q->question;

	if (q->question == 0 && u16(reply + 4) == 1) {
		for (; p + question < end && p[question]; question += p[question] + 1U) {
		}
		question += 5;
	}
	/* QR and the opcode, nothing else. */
	if (reply[2] != (0x80 | (q->packet[2] & 0x78)) || reply[3] != (q->rcode & 15) ||
	    u16(reply + 4) > 1 || (q->question > 0 && u16(reply + 4) == 0) || u16(reply + 6) ||
	    u16(reply + 8) || (size_t)(end - p) < question || question > q->len - (size_t)HEADER ||
	    memcmp(p, q->packet + HEADER, question) != 0) {
		return false;
	}
	p += question;
	return u16(reply + 10) == 0 ? p == end && q->rcode < 16
				    : u16(reply + 10) == 1 && is_opt(p, end, q->rcode >> 4);
}

static inline bool is_echo(const struct query *q, const uint8_t *reply, size_t len)
{
	static const uint8_t answer[16] = {0xc0,     12,        0, 1, 0,   1, 0, 0,
					   TTL >> 8, TTL & 255, 0, 4, 127, 0, 0, 2};

	return len == q->len + sizeof answer && u16(reply + 2) == 0x8400 && reply[7] == 1 &&
	       memcmp(reply + 8, q->packet + 8, q->len - 8U) == 0 &&
	       memcmp(reply + q->len, answer, sizeof answer) == 0;
}

static inline bool is_right(const struct query *q, const uint8_t *reply, size_t len)
{
	const uint8_t *p = reply + HEADER + q->question, *end = reply + len;

	if (q->wanted == ECHO) {
		return is_echo(q, reply, len);
	}
	if (!(reply[2] & 0x80) || (reply[3] & 15) != (q->rcode & 15)) {
		return false;
	}
	if (q->wanted == RCODE) {
		return is_error(q, reply, end);
	}
	/* QR and AA, nothing else; one question, one record, and the OPT. */
	bool opt = edns && !answers_without_opt;
	if (u16(reply + 2) != (0x8400U | q->rcode) || u16(reply + 4) != 1 ||
	    u16(reply + 6) != (q->wanted == HIT) || u16(reply + 8) != (q->wanted == MISS) ||
	    u16(reply + 10) != opt || p > end ||
	    memcmp(reply + HEADER, q->packet + HEADER, q->question) != 0) {
		return false;
	}
	const uint8_t *after = end;
	return (q->wanted == HIT ? is_hit(q, p, &after) : is_miss(q, reply, p, &after)) &&
	       (opt ? is_opt(after, end, 0) : after == end);
}

static uint64_t wrong; /* answers that were not */

/* Counts it; the first is shown, with its question where there was one. */
static void is_wrong(const struct query *q, const uint8_t *reply, size_t len)
{
	if (wrong++ > 0) {
		return;
	}
	fprintf(stderr, "%s: wrong:", program_invocation_short_name);
	for (size_t i = 0; q && i < q->len; i++) {
		fprintf(stderr, "%s%02x", i ? "" : " ", q->packet[i]);
	}
	fputs(" ->", stderr);
	for (size_t i = 0; i < len; i++) {
		fprintf(stderr, "%s%02x", i ? "" : " ", reply[i]);
	}
	fputs("\n", stderr);
}

#endif
