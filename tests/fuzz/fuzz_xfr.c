/*
 * fuzz_xfr: what a primary sends. The first octet says what it is, four octets the serial that we
 * have; then messages, each with its length (2) before it, as over TCP.
 *
 *	1 an answer to an IXFR, not to an AXFR      8 sign the messages, one in two
 *	2 we have the zone already                 16 the reply to a query for the SOA
 *	4 we have signed the query                 32 NOTIFYs
 *
 * 1. The sink is called as xfr.h has it: begin() once and first, del() for differences alone, the
 *    SOA last, once, and only when all is done.
 * 2. Every record is of the zone, its names are whole and its rdata is there.
 * 3. A transfer that is not signed to its end is none, where we have signed the query.
 * 4. What ended has ended.
 * 5. A reply with a serial has our id, and the reply to a NOTIFY is a reply.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "notified.h"
#include "serial.h"
#include "xfr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET                                                                                 \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+" \
	"Pw=="

enum {
	NOW = 1700000000,
	ID = 0x4321,
	ROOM = 512, /* for a TSIG */
	INCREMENTAL = 1,
	HAS_SERIAL = 2,
	SIGNED = 4,
	SIGN = 8,
	SOA_REPLY = 16,
	NOTIFIES = 32,
};

/* Messages of tests/unit/zones/xfr_streams.h are signed with it. */
static const char text[] =
	"key Mirror.example.org { algorithm = hmac-sha256 secret = \"" SECRET "\" }\n"
	"sublist relay { code = 2 } zone dnsbl.example.org { ns = ns1.example.net\n"
	"  soa { mname = ns1.example.net rname = h.example.org } }\n";

static struct config *config;
static struct tsig_keys *keys;
static struct name zone;
static struct xfr x;
static struct message m;

static void release(void)
{
	tsig_keys_close(keys);
	config_free(config);
}

static void open_once(void)
{
	if (!keys) {
		assert(config_parse(text, "/fuzz.conf", &config) == ST_OK);
		assert(tsig_keys_open(&keys, config) == ST_OK);
		assert(name_parse("dnsbl.example.org", &zone) == ST_OK);
		atexit(release);
	}
}

/* --- the sink -----------------------------------------------------------------------------------
 */

struct seen {
	unsigned begun, ended, records;
	bool full;
	uint32_t serial;
};

static void check_record(const struct record *r)
{
	size_t before, sum = 0;

	assert(name_below(&r->owner, &zone, &before));
	assert(r->owner.wire[r->owner.len - 1] == 0);
	for (size_t i = 0; i < r->owner.len; i++) {
		assert(r->owner.wire[i] < 'A' || r->owner.wire[i] > 'Z');
	}
	for (size_t i = 0; i < r->rdata.len; i++) {
		sum += r->rdata.data[i];
	}
	assert(sum <= 255 * r->rdata.len);
	assert(r->type > 0 && r->type != TYPE_OPT && (r->type < 128 || r->type > 255));
	assert(r->ttl_s <= INT32_MAX);
}

static enum status begin(void *context, bool full, uint32_t serial)
{
	struct seen *seen = context;

	assert(seen->begun++ == 0);
	seen->full = full;
	seen->serial = serial;
	return ST_OK;
}

static enum status del(void *context, const struct record *r)
{
	struct seen *seen = context;

	assert(seen->begun && !seen->ended && !seen->full && r->type != TYPE_SOA);
	seen->records++;
	check_record(r);
	return ST_OK;
}

static enum status add(void *context, const struct record *r)
{
	struct seen *seen = context;

	assert(seen->begun && !seen->ended);
	seen->records++;
	check_record(r);
	if (r->type == TYPE_SOA) {
		assert(message_soa_serial(r->rdata) == seen->serial);
		seen->ended++;
	}
	return ST_OK;
}

/* --- messages -----------------------------------------------------------------------------------
 */

struct input {
	uint8_t mode;
	uint32_t serial;
	struct reader r;
	struct tsig_session client, server;
	bool signs; /* the last message was signed by next_message() */
};

static void ask(struct input *in, uint16_t qtype)
{
	uint8_t query[MESSAGE_QUERY_MAX + ROOM];
	size_t len = message_query(query, sizeof query, ID, &zone, qtype, in->serial);

	assert(len > 0 && len <= MESSAGE_QUERY_MAX);
	if (in->mode & SIGNED) {
		assert(tsig_session_open(&in->client, tsig_key_find(keys, &config->keys[0].name)) ==
		       ST_OK);
		assert(tsig_sign_request(&in->client, query, len, sizeof query, NOW) > 0);
		in->server = in->client;
		in->server.stream = NULL;
	}
}

static struct tsig_session *session(struct input *in)
{
	return in->mode & SIGNED ? &in->client : NULL;
}

/* In a block of its own, of exactly its size; NULL: there is no more. */
static uint8_t *next_message(struct input *in, size_t *len)
{
	if (reader_left(&in->r) < 2) {
		return NULL;
	}
	struct bytes message = read_run(&in->r);
	uint8_t *copy = malloc(message.len + ROOM);
	struct tsig tsig;

	*len = message.len;
	memcpy(copy, message.data ? message.data : copy, message.len);
	in->signs = false;
	if ((in->mode & SIGN) && (in->mode & SIGNED) && message.len > 0 &&
	    message.data[message.len - 1] % 2 == 0 && !tsig_find(&tsig, message) && tsig.at == 0 &&
	    peek_u16(message.data + 10) < UINT16_MAX) {
		*len = tsig_sign_reply(&in->server, copy, *len, *len + ROOM, NOW);
		in->signs = true;
	}
	return realloc(copy, *len + (*len == 0));
}

static void check_transfer(struct input *in)
{
	const uint16_t qtype = in->mode & INCREMENTAL ? TYPE_IXFR : TYPE_AXFR;
	const bool has_serial = in->mode & (INCREMENTAL | HAS_SERIAL);
	struct seen seen = {0};
	const struct xfr_sink sink = {&seen, begin, del, add};
	enum xfr_result result = XFR_MORE;
	uint8_t *message;
	size_t len;

	ask(in, qtype);
	xfr_open(&x, &zone, qtype, ID, has_serial, in->serial, session(in), &sink);
	while ((message = next_message(in, &len))) {
		enum xfr_result next = xfr_message(&x, bytes_of(message, len), NOW);

		free(message);
		assert(result == XFR_MORE || next == result);
		assert((next == XFR_DONE) == (seen.ended == 1));
		result = next;
		/* The server's side knows nothing of what was not signed between. */
		if (result == XFR_MORE && (in->mode & SIGN) && !in->signs) {
			break;
		}
	}
	if (result == XFR_DONE) {
		assert(seen.begun && x.serial == seen.serial);
		assert(!has_serial || serial_newer(x.serial, in->serial));
		assert(!session(in) || tsig_is_complete(session(in)));
	}
	assert(result != XFR_CURRENT || !seen.begun);
	assert((result == XFR_BAD) == (x.status != ST_OK));
}

static void check_soa_reply(struct input *in)
{
	uint8_t *message;
	size_t len;

	ask(in, TYPE_SOA);
	while ((message = next_message(in, &len))) {
		uint32_t serial = in->serial;
		enum soa_reply reply = soa_reply_read(&m, bytes_of(message, len), ID, &zone,
						      session(in), NOW, &serial);

		assert(reply == SOA_REPLY_SERIAL || serial == in->serial);
		assert(reply == SOA_REPLY_STRANGE || peek_u16(message) == ID);
		free(message);
	}
}

static void check_notifies(struct input *in)
{
	uint8_t *message, reply[NOTIFIED_REPLY];
	struct notified n;
	size_t len;

	in->mode = NOTIFIES;
	while ((message = next_message(in, &len))) {
		enum notified_kind kind = notified_read(&n, bytes_of(message, len), keys, NOW);

		if (kind != NOTIFIED_DROP) {
			size_t replied = notified_reply(&n, reply, sizeof reply, NOW);

			assert(replied >= DNS_HEADER);
			assert(memcmp(reply, message, 2) == 0 && reply[2] & 0x80);
			assert(!message_open(&m, bytes_of(reply, replied)));
			assert((kind == NOTIFIED_FINE) == (n.rcode == RCODE_NOERROR));
		}
		free(message);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {.r = reader_of(bytes_of(data, size))};

	open_once();
	in.mode = read_u8(&in.r);
	in.serial = read_u32(&in.r);
	if (in.mode & NOTIFIES) {
		check_notifies(&in);
	} else if (in.mode & SOA_REPLY) {
		check_soa_reply(&in);
	} else {
		check_transfer(&in);
	}
	tsig_session_close(&in.client);
	return 0;
}
