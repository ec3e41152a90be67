/*
 * test_respond_transfer.c: who gets a transfer and what the others are told, as rows; and that a
 * stream is signed as it should be. What is in a transfer is the engine's tests' matter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include "packet.h"
#include "served.h"
#include "transfer_out.h"
#include "tsig.h"
#include "zone_records.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SECRET "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SOA                                                                                   \
	"soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" refresh = 600 " \
	"retry = 300 expire = 86400 minimum = 60 } "
#define ZONE(name, in) "zone \"" name "\" { ns = { \"ns1.example.net\" } ttl = 300 " SOA in "}\n"

static const char config[] =
	"sublist relay { code = 2 text = \"Open relay, see https://dnsbl.example.org/?{ip}\" }\n"
	"key mirror { secret = \"" SECRET "\" }\n"
	"key second { algorithm = hmac-sha512 secret = \"" SECRET "\" }\n"
	"key other { secret = \"" SECRET "\" }\n"
	/* clang-format off */
	ZONE("nobody.example", "")
	ZONE("allow.example", "transfer { allow = { \"192.0.2.0/25\", \"2001:db8::/32\" } }")
	ZONE("keys.example", "transfer { keys = { \"mirror\", \"second\" } }")
	ZONE("both.example", "transfer { allow = { \"192.0.2.1\" } keys = { \"mirror\" } }")
	ZONE("clients.example", "transfer { allow = { \"192.0.2.0/24\" } }\n"
	     "clients { refuse = \"192.0.2.2\" drop = \"192.0.2.3\" empty = \"192.0.2.4\" "
	     "error = \"192.0.2.5\" }")
	ZONE("large.example", "transfer { keys = { \"mirror\", \"second\" } }");
/* clang-format on */

static struct served served;
static struct transfers transfers;
static uint8_t packet[65535], reply[65535];

static struct client client_at(const char *address)
{
	struct prefix p;

	served_check(prefix_parse(address, &p));
	return (struct client){.tcp = true, .family = p.family, .addr = p.addr};
}

static const struct tsig_key *key_named(const char *name)
{
	struct name wire;

	served_check(name_parse(name, &wire));
	const struct tsig_key *key = tsig_key_find(served.worker.keys, &wire);

	assert_non_null(key);
	return key;
}

static size_t make_axfr(const char *zone)
{
	return packet_ask(packet, zone, TYPE_AXFR);
}

static size_t make_ixfr(const char *zone, uint32_t serial)
{
	char text[400];

	snprintf(text, sizeof text,
		 "1234 0000 0001 0000 0001 0000 n:%s 00fb 0001 c00c 0006 0001 00000000 0016 00 00 "
		 "%08x 00000001 00000001 00000001 00000001",
		 zone, serial);
	return packet_make(packet, text);
}

/* What the packet of `len` octets gets in a worker. */
static size_t exchange(struct worker *w, const struct client *client, size_t len)
{
	worker_begin(w);
	len = respond(w, client, packet, len, reply, sizeof reply);
	worker_end(w);
	return len;
}

/* Whatever began is taken, and ended. In words: "transfer", or as packet_describe() has it. */
static const char *outcome(size_t len)
{
	static char text[128];
	struct outgoing *o = transfers_take(&transfers);

	packet_describe(reply, len, text);
	if (o) {
		outgoing_end(o, true);
		assert_int_equal(transfers.running, 0);
		return strncmp(text, "NOERROR aa ", 11) == 0 && peek_u16(reply + 6) > 0 ? "transfer"
											: text;
	}
	return text;
}

static uint64_t counted(enum counter counter)
{
	return counter_read(&served.counters.process[0].event[counter]);
}

struct row {
	const char *zone;
	const char *from;
	const char *key; /* NULL: unsigned */
	const char *wanted;
};

#define REFUSED "REFUSED 0/0/0"
#define SIGNED  "REFUSED 0/0/1 tsig"

static const struct row rows[] = {
	{"nobody.example", "192.0.2.1", NULL, REFUSED},
	{"nobody.example", "192.0.2.1", "mirror", SIGNED},
	{"allow.example", "192.0.2.1", NULL, "transfer"},
	{"allow.example", "192.0.2.1", "other", "transfer"},
	{"allow.example", "192.0.2.127", NULL, "transfer"},
	{"allow.example", "192.0.2.128", NULL, REFUSED},
	{"allow.example", "192.0.2.128", "mirror", SIGNED},
	{"allow.example", "2001:db8::1", NULL, "transfer"},
	{"allow.example", "2001:db9::1", NULL, REFUSED},
	{"keys.example", "192.0.2.1", NULL, REFUSED},
	{"keys.example", "192.0.2.1", "mirror", "transfer"},
	{"keys.example", "2001:db8::1", "second", "transfer"},
	{"keys.example", "192.0.2.1", "other", SIGNED},
	{"both.example", "192.0.2.1", "mirror", "transfer"},
	{"both.example", "192.0.2.1", NULL, REFUSED},
	{"both.example", "192.0.2.1", "second", SIGNED},
	{"both.example", "192.0.2.2", "mirror", SIGNED},
	{"both.example", "192.0.2.2", NULL, REFUSED},
	{"clients.example", "192.0.2.1", NULL, "transfer"},
	{"clients.example", "192.0.2.2", NULL, REFUSED},
	{"clients.example", "192.0.2.3", NULL, "drop"},
	{"clients.example", "192.0.2.4", NULL, REFUSED},
	{"clients.example", "192.0.2.5", NULL, REFUSED},
	{"below.allow.example", "192.0.2.1", NULL, "NOTAUTH 0/0/0"},
	{"example", "192.0.2.1", NULL, "NOTAUTH 0/0/0"},
	{"elsewhere.example", "192.0.2.1", NULL, "NOTAUTH 0/0/0"},
};

static void test_who_gets_a_transfer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows * 2; i++) {
		const struct row *row = &rows[i / 2];
		const struct client client = client_at(row->from);
		struct tsig_session s;
		size_t len = i % 2 ? make_ixfr(row->zone, 1) : make_axfr(row->zone);

		if (row->key) {
			assert_int_equal(tsig_session_open(&s, key_named(row->key)), ST_OK);
			len = tsig_sign_request(&s, packet, len, sizeof packet,
						(uint64_t)time(NULL));
		}
		const char *said = outcome(exchange(&served.worker, &client, len));

		if (strcmp(said, row->wanted) != 0) {
			fail_msg("%s to %s, key %s: %s", row->zone, row->from,
				 row->key ? row->key : "none", said);
		}
		if (row->key) {
			tsig_session_close(&s);
		}
	}
}

static const char *ask(size_t len)
{
	const struct client client = client_at("192.0.2.1");

	return outcome(exchange(&served.worker, &client, len));
}

static void test_a_refusal_says_why_where_there_is_room(void **state)
{
	(void)state;
	size_t len = packet_add_opt(packet, make_axfr("nobody.example"), 1232);

	assert_string_equal(ask(len), "REFUSED 0/0/1 opt ede=18");
}

static void test_another_class_is_refused(void **state)
{
	(void)state;
	for (unsigned class = 0; class < 256; class ++) {
		size_t len = make_axfr("allow.example");

		packet[len - 1] = (uint8_t) class;
		assert_string_equal(ask(len), class == CLASS_IN ? "transfer" : REFUSED);
	}
}

static void test_what_is_not_genuine_begins_nothing(void **state)
{
	static const struct {
		const char *said;
		int64_t late_s;
		uint8_t flip;
	} wrong[] = {
		{"NOTAUTH 0/0/1 tsig", 3600, 0},
		{"NOTAUTH 0/0/1 tsig", -3600, 0},
		{"NOTAUTH 0/0/1 tsig", 0, 1},
	};
	const struct client client = client_at("192.0.2.1");

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct tsig_session s;
		size_t len = make_axfr("keys.example");
		uint64_t refused = counted(COUNTER_TRANSFER_REFUSED);
		uint64_t now = (uint64_t)((int64_t)time(NULL) - wrong[i].late_s);

		assert_int_equal(tsig_session_open(&s, key_named("mirror")), ST_OK);
		len = tsig_sign_request(&s, packet, len, sizeof packet, now);
		packet[len - 10] ^= wrong[i].flip; /* of the MAC */
		len = exchange(&served.worker, &client, len);
		assert_string_equal(outcome(len), wrong[i].said);
		assert_int_equal(counted(COUNTER_TRANSFER_REFUSED), refused + 1);
		enum tsig_error error = tsig_verify_reply(&s, bytes_of(reply, len), now);

		/* It is signed, and so believed, where only the clock is wrong. */
		assert_int_equal(error, wrong[i].flip ? TSIG_BADSIG : TSIG_OK);
		assert_int_equal(s.error, wrong[i].flip ? TSIG_BADSIG : TSIG_BADTIME);
		tsig_session_close(&s);
	}
}

static void test_an_ixfr_of_the_current_serial_is_one_soa(void **state)
{
	const struct client client = client_at("192.0.2.1");
	uint64_t current = counted(COUNTER_TRANSFER_CURRENT);
	char text[128];

	(void)state;
	size_t len = exchange(&served.worker, &client, make_axfr("allow.example"));
	struct outgoing *o = transfers_take(&transfers);
	uint32_t serial = zone_serial(&served.worker.zones.zone[1]);

	assert_non_null(o);
	outgoing_end(o, true);
	len = exchange(&served.worker, &client, make_ixfr("allow.example", serial));
	o = transfers_take(&transfers);
	assert_string_equal(packet_describe(reply, len, text), "NOERROR aa 1/0/0");
	assert_int_equal(transfers.running, 0);
	assert_int_equal(outgoing_next(o, reply, sizeof reply), 0);
	assert_true(outgoing_is_whole(o));
	outgoing_end(o, true);
	assert_int_equal(counted(COUNTER_TRANSFER_CURRENT), current + 1);
}

static void test_over_udp_an_ixfr_is_one_soa_for_everybody(void **state)
{
	char text[128];

	(void)state;
	size_t len = make_ixfr("nobody.example", 1);

	len = served_respond(&served.worker, false, packet, len, reply, 512);
	assert_string_equal(packet_describe(reply, len, text), "NOERROR aa 1/0/0");
	len = make_axfr("allow.example");
	len = served_respond(&served.worker, false, packet, len, reply, 512);
	assert_string_equal(packet_describe(reply, len, text), "FORMERR 0/0/0");
	assert_null(transfers_take(&transfers));
}

static void test_only_so_many_at_once(void **state)
{
	const struct client client = client_at("192.0.2.1");
	struct outgoing *running[2];
	uint32_t serial = zone_serial(&served.worker.zones.zone[1]);
	uint64_t cut = counted(COUNTER_TRANSFER_CUT), full = counted(COUNTER_TRANSFER_FULL);
	char text[128];

	(void)state;
	transfers.most = 2;
	for (int i = 0; i < 2; i++) {
		exchange(&served.worker, &client, make_axfr("allow.example"));
		running[i] = transfers_take(&transfers);
		assert_non_null(running[i]);
	}
	assert_int_equal(transfers.running, 2);
	size_t len = packet_add_opt(packet, make_axfr("allow.example"), 1232);

	len = exchange(&served.worker, &client, len);
	assert_string_equal(packet_describe(reply, len, text), "SERVFAIL 0/0/1 opt ede=14");
	len = exchange(&served.worker, &client, make_ixfr("allow.example", serial - 1));
	assert_string_equal(packet_describe(reply, len, text), "SERVFAIL 0/0/0");
	assert_null(transfers.begun);
	/* Who has nothing to get is told so whatever others do. */
	len = exchange(&served.worker, &client, make_ixfr("allow.example", serial));
	assert_string_equal(packet_describe(reply, len, text), "NOERROR aa 1/0/0");
	outgoing_end(transfers_take(&transfers), true);
	assert_int_equal(transfers.running, 2);
	outgoing_end(running[0], false);
	exchange(&served.worker, &client, make_axfr("allow.example"));
	running[0] = transfers_take(&transfers);
	assert_non_null(running[0]);
	outgoing_end(running[0], true);
	outgoing_end(running[1], true);
	assert_int_equal(transfers.running, 0);
	assert_int_equal(counted(COUNTER_TRANSFER_CUT), cut + 1);
	assert_int_equal(counted(COUNTER_TRANSFER_FULL), full + 2);
	transfers.most = 10;
}

/* Feeder's last write had another one. */
static void test_a_zone_by_another_config_is_not_ready(void **state)
{
	struct zone_config *zone = &served.config->zones[1];
	const struct client client = client_at("192.0.2.1");
	uint64_t refused = counted(COUNTER_TRANSFER_REFUSED);
	char text[128];

	(void)state;
	zone->ttl_s++;
	size_t len = packet_add_opt(packet, make_axfr("allow.example"), 1232);

	len = exchange(&served.worker, &client, len);
	zone->ttl_s--;
	assert_string_equal(packet_describe(reply, len, text), "SERVFAIL 0/0/1 opt ede=14");
	assert_null(transfers.begun);
	assert_int_equal(counted(COUNTER_TRANSFER_REFUSED), refused + 1);
	assert_string_equal(ask(make_axfr("allow.example")), "transfer");
}

/* Message by message: verified, each with its OPT, and each as full as it may be. */
static void test_each_message_of_a_stream_is_signed(void **state)
{
	const struct client client = client_at("192.0.2.1");

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct tsig_key *key = key_named(i ? "second" : "mirror");
		uint64_t now = (uint64_t)time(NULL), octets = counted(COUNTER_TRANSFER_OCTETS);
		uint64_t records = counted(COUNTER_TRANSFER_RECORDS);
		struct tsig_session s;
		size_t len = packet_add_opt(packet, make_axfr("large.example"), 1232);
		unsigned messages = 0;
		char text[128];

		assert_int_equal(tsig_session_open(&s, key), ST_OK);
		len = tsig_sign_request(&s, packet, len, sizeof packet, now);
		len = exchange(&served.worker, &client, len);
		struct outgoing *o = transfers_take(&transfers);

		assert_non_null(o);
		for (; len > 0; len = outgoing_next(o, reply, REPLY_TCP)) {
			assert_memory_equal(reply, packet, 2);
			assert_int_equal(peek_u16(reply + 4), 1);
			packet_describe(reply, len, text);
			assert_non_null(strstr(text, " opt"));
			assert_non_null(strstr(text, " tsig"));
			assert_int_equal(tsig_verify_reply(&s, bytes_of(reply, len), now), TSIG_OK);
			assert_true(tsig_is_complete(&s));
			octets += len;
			records += peek_u16(reply + 6);
			messages++;
		}
		assert_in_range(messages, 3, 100);
		assert_true(outgoing_is_whole(o));
		assert_int_equal(outgoing_next(o, reply, REPLY_TCP), 0);
		outgoing_end(o, true);
		assert_int_equal(counted(COUNTER_TRANSFER_OCTETS), octets);
		assert_int_equal(counted(COUNTER_TRANSFER_RECORDS), records);
		tsig_session_close(&s);
	}
}

static int setup(void **state)
{
	struct store *store;

	(void)state;
	served_make(&served, config);
	struct change *change = served_begin(&served, &store);

	/* Those of a range would be one record. */
	for (unsigned i = 0; i < 2000; i++) {
		char address[40];

		snprintf(address, sizeof address, "198.51.%u.%u", i / 100, i % 100);
		served_add(change, address, "relay", NULL);
	}
	served_commit(change, store);
	served_serve(&served);
	transfers = (struct transfers){.most = 10};
	served.worker.transfers = &transfers;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	served_close(&served);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_gets_a_transfer),
		cmocka_unit_test(test_a_refusal_says_why_where_there_is_room),
		cmocka_unit_test(test_another_class_is_refused),
		cmocka_unit_test(test_what_is_not_genuine_begins_nothing),
		cmocka_unit_test(test_an_ixfr_of_the_current_serial_is_one_soa),
		cmocka_unit_test(test_over_udp_an_ixfr_is_one_soa_for_everybody),
		cmocka_unit_test(test_only_so_many_at_once),
		cmocka_unit_test(test_a_zone_by_another_config_is_not_ready),
		cmocka_unit_test(test_each_message_of_a_stream_is_signed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
