/*
 * fuzz_cookie: any EDNS options, read by query_parse() and answered by cookie_answer().
 *
 * The first octet says how they come (bit 0: no question, bit 1: EDNS version 1, bit 2: an octet
 * behind the OPT, bit 3: IPv6), the next four are the clock, and the rest is what the OPT holds.
 *
 * 1. What the options are, a reader written apart from ours says: cookie, NSID and keepalive.
 * 2. What a client gets has its own half in front, and proves its address from then for an hour,
 *    at no other address and with no other octet.
 * 3. A cookie that proves an address is what we make for it, or it is what we once made.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dnsbld/cookie.h"
#include "query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The secret of RFC 9018's examples, whose cookies are in the corpus. */
static const struct cookies_config config = {
	.secret = {true,
		   {0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f, 0x48, 0xe7, 0xdc, 0x84, 0x9e,
		    0x37, 0xbf, 0xcf}},
	.old_secret = {true, {0xdd, 0x3b, 0xdf, 0x93, 0x44, 0xb6, 0x78, 0xb1}},
};

/* What RFC 6891 and RFC 7873 say of options, as plainly as can be. */
struct expected {
	bool whole, nsid, keepalive, bad;
	const uint8_t *cookie;
	size_t cookie_len;
};

static struct expected read_options(const uint8_t *at, size_t len)
{
	struct expected e = {.whole = true};
	bool cookie = false;

	while (e.whole && len > 0) {
		size_t code = len < 4 ? 0 : at[0] * 256U + at[1];
		size_t room = len < 4 ? len : 4 + at[2] * 256U + at[3];

		e.whole = len >= 4 && room <= len;
		if (!e.whole) {
			break;
		}
		e.nsid |= code == 3;
		e.keepalive |= code == 11;
		if (code == 10 && !cookie) {
			cookie = true;
			e.cookie = at + 4;
			e.cookie_len = room - 4;
			e.bad = !(room - 4 == 8 || (room - 4 >= 16 && room - 4 <= 40));
		}
		at += room;
		len -= room;
	}
	return e;
}

/* header question OPT; returns its length. */
static size_t make_packet(uint8_t *packet, const uint8_t *options, size_t len, unsigned how)
{
	static const uint8_t question[] = {1, 'a', 0, 0, 1, 0, 1};
	struct writer w = writer_of(packet, 70000);

	write_u32(&w, 0x12340000);
	write_u16(&w, !(how & 1));
	write_u32(&w, 0);
	write_u16(&w, 1);
	write_bytes(&w, question, how & 1 ? 0 : sizeof question);
	write_u8(&w, 0);
	write_u16(&w, TYPE_OPT);
	write_u16(&w, 1232);
	write_u8(&w, 0);
	write_u8(&w, how >> 1 & 1);
	write_u16(&w, 0);
	write_u16(&w, (uint16_t)len);
	write_bytes(&w, options, len);
	write_bytes(&w, "", how >> 2 & 1);
	assert(!w.bad);
	return writer_len(&w);
}

static void check_query(const struct query *q, enum query_kind kind, const struct expected *e,
			const uint8_t *options, unsigned how)
{
	bool asked = !(how & 1), version = how & 2, behind = how & 4;
	bool cookie = e->cookie && !e->bad && !version;

	if (!e->whole) {
		assert(!q->edns && kind == (asked ? QUERY_MALFORMED : QUERY_NO_QUESTION));
		return;
	}
	assert(q->edns && q->nsid == e->nsid && q->keepalive == e->keepalive);
	assert(q->edns_version == (version ? 1 : 0));
	assert(q->cookie.len == (cookie ? e->cookie_len : 0));
	assert(!cookie || q->cookie.data - options == e->cookie - options);
	if (asked) {
		bool fine = !behind && (version || !e->bad);

		assert(kind == (fine ? QUERY_FINE : QUERY_MALFORMED));
	} else {
		assert(kind == (cookie && !behind ? QUERY_COOKIE : QUERY_NO_QUESTION));
	}
}

static bool proves(const struct client *client, const uint8_t cookie[COOKIE_LEN], uint32_t now)
{
	const struct query_cookie again = {cookie, COOKIE_LEN};
	uint8_t out[COOKIE_LEN];

	return cookie_answer(&config, client, &again, now, out);
}

static void check_cookie(const struct query_cookie *sent, bool v6, uint32_t now)
{
	struct client client = {.family = v6 ? 6 : 4, .addr = 0xc6336464};
	uint8_t out[COOKIE_LEN];
	bool proven = cookie_answer(&config, &client, sent, now, out);

	assert(memcmp(out, sent->data, COOKIE_CLIENT) == 0);
	if (memcmp(out, sent->data, sent->len < COOKIE_LEN ? sent->len : COOKIE_LEN) != 0 ||
	    sent->len != COOKIE_LEN) {
		/* Made just now. */
		assert(memcmp(out + 8, "\1\0\0\0", 4) == 0 && peek_u32(out + 12) == now);
		assert(proves(&client, out, now + 3600) && !proves(&client, out, now + 3601));
		assert(proves(&client, out, now - 300) && !proves(&client, out, now - 301));
	} else {
		/* Nobody can have guessed one that we did not make. */
		assert(proven);
	}
	assert(proves(&client, out, now));
	client.addr ^= 1;
	assert(!proves(&client, out, now));
	client.addr ^= 1;
	out[now % COOKIE_LEN] ^= (uint8_t)(1 << now % 8);
	assert(!proves(&client, out, now));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t packet[70000];
	struct query_name name;
	struct query q;

	if (size < 5 || size > 60000) {
		return 0;
	}
	unsigned how = data[0] & 15;
	struct expected e = read_options(data + 5, size - 5);
	size_t len = make_packet(packet, data + 5, size - 5, how);
	/* A block of exactly its size. */
	uint8_t *exact = malloc(len);

	memcpy(exact, packet, len);
	enum query_kind kind = query_parse(&q, &name, exact, len);
	/* The options lie at the end of it. */
	const uint8_t *options = exact + len - (how >> 2 & 1) - (size - 5);

	if (e.cookie) {
		e.cookie = options + (e.cookie - (data + 5));
	}
	check_query(&q, kind, &e, options, how);
	if (q.edns && q.cookie.len > 0) {
		check_cookie(&q.cookie, how & 8, peek_u32(data + 1));
	}
	free(exact);
	return 0;
}
