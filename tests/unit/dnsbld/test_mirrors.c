/*
 * test_mirrors.c: a zone that is a copy of a primary's, as a worker answers for it: nothing of it,
 * all of it, other static data, and when its primary was not reached for too long.
 */
#include "mirrors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include "log.h"
#include "metrics_inside.h"
#include "packet.h"
#include "records.h"
#include "served.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define OWN                                                                                  \
	"sublist relay { code = 2 text = \"Open relay\" }\n"                                 \
	"zone own.test { ns = { ns1.example.net } ttl = 300 soa { mname = ns1.example.net\n" \
	"  rname = hostmaster.example.org } }\n"
#define BODY OWN "mirror { zone m.test { primaries = { \"192.0.2.1:53\" } } }\n"

#define APEX(serial)                                                                     \
	"m.test. 60 SOA ns1.example.net. host.example.org. " serial " 600 300 3600 60\n" \
	"m.test. 60 NS ns1.example.net.\n"

static struct served served;
static uint8_t reply[65535];
static size_t reply_len;

/* --- what a primary has -------------------------------------------------------------------------
 */

/* "OWNER TTL TYPE RDATA", as ldns reads and spells it. */
static void add(struct change *change, const char *text)
{
	uint8_t rdata[600];
	struct writer w = writer_of(rdata, sizeof rdata);
	struct record record;
	char *owner;
	ldns_rr *rr;

	if (ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) != LDNS_STATUS_OK) {
		fail_msg("no record: %s", text);
	}
	owner = ldns_rdf2str(ldns_rr_owner(rr));
	assert_int_equal(name_parse(owner, &record.owner), ST_OK);
	record.type = (uint16_t)ldns_rr_get_type(rr);
	record.ttl_s = ldns_rr_ttl(rr);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		write_bytes(&w, ldns_rdf_data(ldns_rr_rdf(rr, i)),
			    ldns_rdf_size(ldns_rr_rdf(rr, i)));
	}
	record.rdata = writer_bytes(&w);
	change_mirror_add(change, &record);
	ldns_rr_free(rr);
	free(owner);
}

static uint64_t now_s(void)
{
	return (uint64_t)time(NULL);
}

/* A full transfer of these lines into m.test, which has this serial then; feeder's own config. */
static void transfer(uint32_t serial, uint64_t refreshed_s, const char *records)
{
	const struct change_who who = {.actor = "test", .verb = "mirror", .now = refreshed_s};
	struct config *config = served_config(served.dir, BODY);
	char *lines = strdup(records), *rest = lines;
	struct change *change;
	struct store *store;
	bool more = true;

	served_check(store_open_write(&store, config->database, 1 << 30, 1000));
	served_check(change_begin(&change, store, config, &who));
	served_check(change_mirror_begin(change, &config->zones[config->zone_count - 1], true));
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		if (*line) {
			add(change, line);
		}
	}
	while (more) {
		served_check(change_mirror_end(change, serial, refreshed_s, NULL, &more));
		if (more) {
			served_check(change_mirror_slice(&change, NULL));
		}
	}
	served_commit(change, store);
	config_free(config);
	free(lines);
}

static void refreshed(uint64_t refreshed_s)
{
	const struct change_who who = {.actor = "test", .verb = "mirror", .now = refreshed_s};
	struct config *config = served_config(served.dir, BODY);
	struct change *change;
	struct store *store;

	served_check(store_open_write(&store, config->database, 1 << 30, 1000));
	served_check(change_begin(&change, store, config, &who));
	change_mirror_refreshed(change, &config->zones[1], refreshed_s);
	served_commit(change, store);
	config_free(config);
}

/* --- what is answered ---------------------------------------------------------------------------
 */

/* "NOERROR aa 1/0/1 opt …": the query has EDNS, so that errors have their reason. */
static const char *ask(const char *name, unsigned type)
{
	static char text[256];
	uint8_t packet[600];
	size_t len = packet_add_opt(packet, packet_ask(packet, name, type), 1232);

	reply_len = served_respond(&served.worker, false, packet, len, reply, sizeof reply);
	return packet_describe(reply, reply_len, text);
}

/* The answer's records, apart by "; ", blanks for tabs; or what is wrong. */
static const char *answer(const char *name, unsigned type)
{
	static char text[4096];
	const char *said = ask(name, type);
	ldns_pkt *packet;

	if (memcmp(said, "NOERROR aa ", 11) != 0 || said[11] == '0') {
		return said;
	}
	assert_int_equal(ldns_wire2pkt(&packet, reply, reply_len), LDNS_STATUS_OK);
	text[0] = '\0';
	for (size_t i = 0; i < ldns_pkt_ancount(packet); i++) {
		char *rr = ldns_rr2str(ldns_rr_list_rr(ldns_pkt_answer(packet), i));

		strcat(text, i ? "; " : "");
		strncat(text, rr, strcspn(rr, "\n"));
		free(rr);
	}
	for (char *p = text; *p; p++) {
		*p = *p == '\t' ? ' ' : *p;
	}
	ldns_pkt_free(packet);
	return text;
}

#define SOA_ANSWER "m.test. 60 IN SOA ns1.example.net. host.example.org. 7 600 300 3600 60"
#define NOT_READY  "SERVFAIL 0/0/1 opt ede=14"
#define EXPIRED    "SERVFAIL 0/0/1 opt ede=24"

static int setup(void **state)
{
	(void)state;
	served_open(&served, BODY);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	served_close(&served);
	return 0;
}

static void test_before_the_first_transfer_it_is_ours_and_not_ready(void **state)
{
	(void)state;
	assert_string_equal(ask("m.test", TYPE_SOA), NOT_READY);
	assert_string_equal(ask("1.2.0.192.m.test", TYPE_A), NOT_READY);
	assert_string_equal(ask("2.0.0.127.m.test", TYPE_A), NOT_READY);
	/* Whatever else is written meanwhile. */
	served_list(&served, "192.0.2.1", "relay", NULL);
	assert_string_equal(ask("m.test", TYPE_SOA), NOT_READY);
	assert_string_equal(answer("1.2.0.192.own.test", TYPE_A),
			    "1.2.0.192.own.test. 300 IN A 127.0.0.2");
}

static void test_it_is_served_as_its_primary_has_it(void **state)
{
	(void)state;
	transfer(7, now_s(),
		 APEX("7") "m.test. 60 NS ns2.m.test.\nm.test. 60 A 192.0.2.80\n"
			   "ns2.m.test. 60 A 192.0.2.53\nns2.m.test. 60 AAAA 2001:db8::53\n"
			   "www.m.test. 60 A 192.0.2.81\n"
			   "1.2.0.192.m.test. 60 A 127.0.0.4\n1.2.0.192.m.test. 60 TXT \"Four\"\n");
	assert_string_equal(answer("m.test", TYPE_SOA), SOA_ANSWER);
	assert_string_equal(ask("m.test", TYPE_NS), "NOERROR aa 2/0/3 opt");
	assert_string_equal(answer("m.test", TYPE_A), "m.test. 60 IN A 192.0.2.80");
	assert_string_equal(answer("ns2.m.test", TYPE_AAAA), "ns2.m.test. 60 IN AAAA 2001:db8::53");
	assert_string_equal(answer("www.m.test", TYPE_A), "www.m.test. 60 IN A 192.0.2.81");
	assert_string_equal(answer("1.2.0.192.m.test", TYPE_A),
			    "1.2.0.192.m.test. 60 IN A 127.0.0.4");
	assert_string_equal(answer("1.2.0.192.m.test", TYPE_TXT),
			    "1.2.0.192.m.test. 60 IN TXT \"Four\"");
	assert_string_equal(ask("2.2.0.192.m.test", TYPE_A), "NXDOMAIN aa 0/1/1 opt");
	assert_string_equal(ask("2.0.192.m.test", TYPE_A), "NOERROR aa 0/1/1 opt");
	/* It is not listed elsewhere, nor what is listed there in it. */
	served_list(&served, "192.0.2.2", "relay", NULL);
	assert_string_equal(ask("1.2.0.192.own.test", TYPE_A), "NXDOMAIN aa 0/1/1 opt");
	assert_string_equal(ask("2.2.0.192.m.test", TYPE_A), "NXDOMAIN aa 0/1/1 opt");
}

#define MAPPED(low) low ".0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.m.test"

static void test_test_entries_are_the_primarys_own(void **state)
{
	(void)state;
	transfer(7, now_s(), APEX("7") "1.2.0.192.m.test. 60 A 127.0.0.4\n");
	assert_string_equal(ask("2.0.0.127.m.test", TYPE_A), "NXDOMAIN aa 0/1/1 opt");
	assert_string_equal(ask("4.0.0.127.m.test", TYPE_A), "NXDOMAIN aa 0/1/1 opt");
	assert_string_equal(ask(MAPPED("2.0.0.0"), TYPE_A), "NXDOMAIN aa 0/1/1 opt");
	transfer(
		8, now_s(),
		APEX("8") "*.0.0.127.m.test. 60 A 127.0.0.4\n" MAPPED("2.0.0.0") ". 60 A 127.0.0.4\n" MAPPED(
			"1.0.0.0") ". 60 A 127.0.0.4\n" MAPPED("1.2.3.4") ". 60 A 127.0.0.4\n");
	assert_string_equal(answer("2.0.0.127.m.test", TYPE_A),
			    "2.0.0.127.m.test. 60 IN A 127.0.0.4");
	assert_string_equal(ask(MAPPED("2.0.0.0"), TYPE_A), "NOERROR aa 1/0/1 opt");
	assert_string_equal(ask(MAPPED("1.2.3.4"), TYPE_A), "NOERROR aa 1/0/1 opt");
	/* Whatever it has. */
	assert_string_equal(ask("1.0.0.127.m.test", TYPE_A), "NXDOMAIN aa 0/1/1 opt");
	assert_string_equal(ask(MAPPED("1.0.0.0"), TYPE_A), "NXDOMAIN aa 0/1/1 opt");
}

static void test_other_static_data_is_in_the_next_answer(void **state)
{
	struct zone_counters *counters = served.worker.zones.zone[1].counters;

	(void)state;
	transfer(7, now_s(),
		 APEX("7") "old.m.test. 60 A 192.0.2.81\n1.2.0.192.m.test. 60 A 127.0.0.4\n");
	assert_string_equal(answer("old.m.test", TYPE_A), "old.m.test. 60 IN A 192.0.2.81");
	assert_string_equal(answer("1.2.0.192.m.test", TYPE_A),
			    "1.2.0.192.m.test. 60 IN A 127.0.0.4");
	transfer(8, now_s(),
		 "m.test. 90 SOA ns9.example.net. host.example.org. 8 600 300 3600 30\n"
		 "m.test. 90 NS ns9.example.net.\nnew.m.test. 90 A 192.0.2.82\n"
		 "1.2.0.192.m.test. 90 A 127.0.0.4\n2.2.0.192.m.test. 90 A 127.0.0.9\n");
	assert_string_equal(
		answer("m.test", TYPE_SOA),
		"m.test. 90 IN SOA ns9.example.net. host.example.org. 8 600 300 3600 30");
	assert_string_equal(answer("m.test", TYPE_NS), "m.test. 90 IN NS ns9.example.net.");
	assert_string_equal(ask("old.m.test", TYPE_A), "NXDOMAIN aa 0/1/1 opt");
	assert_string_equal(answer("new.m.test", TYPE_A), "new.m.test. 90 IN A 192.0.2.82");
	/* What was prepared with the old TTL is forgotten; a code that is new is known. */
	assert_string_equal(answer("1.2.0.192.m.test", TYPE_A),
			    "1.2.0.192.m.test. 90 IN A 127.0.0.4");
	assert_string_equal(answer("2.2.0.192.m.test", TYPE_A),
			    "2.2.0.192.m.test. 90 IN A 127.0.0.9");
	/* And counting goes on. */
	assert_ptr_equal(served.worker.zones.zone[1].counters, counters);
	assert_int_equal(counter_read(&counters->hit[4]), 2);
	assert_int_equal(counter_read(&counters->hit[9]), 1);
}

static void test_listings_alone_prepare_nothing_anew(void **state)
{
	(void)state;
	transfer(7, now_s(), APEX("7") "1.2.0.192.m.test. 60 A 127.0.0.4\n");
	assert_string_equal(answer("1.2.0.192.m.test", TYPE_A),
			    "1.2.0.192.m.test. 60 IN A 127.0.0.4");
	/* A mark, where something is prepared from the config. */
	served.worker.zones.node[0].aaaa.count = 7;
	transfer(8, now_s(),
		 APEX("8") "1.2.0.192.m.test. 60 A 127.0.0.4\n"
			   "2.2.0.192.m.test. 60 A 127.0.0.4\n");
	assert_string_equal(answer("2.2.0.192.m.test", TYPE_A),
			    "2.2.0.192.m.test. 60 IN A 127.0.0.4");
	assert_int_equal(served.worker.zones.node[0].aaaa.count, 7);
}

/* A zone in hand stays what it was until the batch ends, whatever is committed meanwhile. */
static void test_a_batch_sees_one_zone(void **state)
{
	const struct client client = {.family = 4, .addr = 0x7f000001};
	struct worker *w = &served.worker;
	uint8_t packet[600];
	size_t len = packet_ask(packet, "m.test", TYPE_SOA);
	struct task task;

	(void)state;
	transfer(7, now_s(), APEX("7"));
	worker_begin(w);
	task_read(&task, w, packet, len);
	transfer(8, now_s(),
		 "m.test. 90 SOA ns9.example.net. host.example.org. 8 600 300 3600 30\n"
		 "m.test. 90 NS ns9.example.net.\n");
	assert_true(task_reply(&task, w, &client, reply, sizeof reply) > 0);
	assert_int_equal(reply[3] & 15, RCODE_NOERROR);
	worker_end(w);
	assert_string_equal(answer("m.test", TYPE_NS), "m.test. 30 IN NS ns9.example.net.");
}

static void test_past_soa_expire_it_is_not_served_until_its_primary_is_reached(void **state)
{
	(void)state;
	transfer(7, now_s() - 3600,
		 APEX("7") "www.m.test. 60 A 192.0.2.81\n"
			   "1.2.0.192.m.test. 60 A 127.0.0.4\n");
	assert_string_equal(ask("m.test", TYPE_SOA), EXPIRED);
	assert_string_equal(ask("1.2.0.192.m.test", TYPE_A), EXPIRED);
	assert_string_equal(ask("www.m.test", TYPE_A), EXPIRED);
	assert_string_equal(ask("own.test", TYPE_SOA), "NOERROR aa 1/0/1 opt");
	refreshed(now_s() - 3000);
	assert_string_equal(answer("m.test", TYPE_SOA), SOA_ANSWER);
	assert_string_equal(answer("1.2.0.192.m.test", TYPE_A),
			    "1.2.0.192.m.test. 60 IN A 127.0.0.4");
	/* Time alone does it as well: no commit is needed. */
	served.worker.zones.zone[1].expires_s = now_s();
	assert_string_equal(ask("m.test", TYPE_SOA), EXPIRED);
}

static void test_a_new_worker_serves_what_the_last_one_did(void **state)
{
	(void)state;
	transfer(7, now_s(), APEX("7") "1.2.0.192.m.test. 60 A 127.0.0.4\n");
	worker_close(&served.worker);
	config_free(served.config);
	served.config = served_config(served.dir, BODY);
	served_check(worker_open(&served.worker, served.config, true));
	assert_string_equal(answer("1.2.0.192.m.test", TYPE_A),
			    "1.2.0.192.m.test. 60 IN A 127.0.0.4");
}

/* --- what is said of it -------------------------------------------------------------------------
 */

static char said[4096];

static void hear(int priority, const char *line, size_t len)
{
	(void)priority;
	strncat(said, line, len);
	strcat(said, "\n");
}

static const char *tick(uint64_t now)
{
	said[0] = '\0';
	mirrors_tick(&served.worker, now);
	return said;
}

static void assert_says(const char *words, uint64_t now)
{
	if (!strstr(tick(now), words)) {
		fail_msg("'%s' is not in '%s'", words, said);
	}
}

static void test_a_primary_that_is_not_reached_is_told(void **state)
{
	uint64_t since = now_s();

	(void)state;
	log_to(hear);
	assert_string_equal(tick(since), "");
	transfer(7, since, APEX("7"));
	assert_string_equal(tick(since + 1799), "");
	assert_says("error: zone m.test: its primary was last reached 1800 s ago; after 3600 s",
		    since + 1800);
	assert_string_equal(tick(since + 1801), "");
	assert_string_equal(tick(since + 2399), "");
	assert_says("reached 2400 s ago", since + 2400);
	/* Not when the other is due, but at once. */
	assert_string_equal(tick(since + 2999), "");
	assert_says("reached 3599 s ago", since + 3599);
	assert_says("error: zone m.test has expired: its primary was last reached 3600 s ago",
		    since + 3600);
	assert_string_equal(tick(since + 3601), "");
	refreshed(since + 3700);
	assert_says("zone m.test: its primary was reached again", since + 3701);
	assert_string_equal(tick(since + 3702), "");
	/* Nor is it told anew where all is prepared anew. */
	assert_says("reached 1800 s ago", since + 5500);
	transfer(8, since + 3700, APEX("8") "new.m.test. 60 A 192.0.2.1\n");
	assert_string_equal(tick(since + 5501), "");
	log_to(log_stderr);
}

static void test_metrics_say_when(void **state)
{
	uint64_t since = now_s();
	static struct readers readers;
	static struct metrics m;
	struct evbuffer *page = evbuffer_new();
	char wanted[128];

	(void)state;
	m.worker = &served.worker;
	m.readers = &readers;
	transfer(7, since,
		 APEX("7") "1.2.0.192.m.test. 60 A 127.0.0.4\n2.2.0.192.m.test. 60 A 127.0.0.4\n");
	metrics_of_database(&m, page);
	evbuffer_add(page, "", 1);
	const char *text = (const char *)evbuffer_pullup(page, -1);

	snprintf(wanted, sizeof wanted,
		 "\ndnsbld_mirror_refreshed_timestamp_seconds{zone=\"m.test\"} %llu\n",
		 (unsigned long long)since);
	assert_non_null(strstr(text, wanted));
	snprintf(wanted, sizeof wanted,
		 "\ndnsbld_mirror_expires_timestamp_seconds{zone=\"m.test\"} %llu\n",
		 (unsigned long long)since + 3600);
	assert_non_null(strstr(text, wanted));
	assert_non_null(strstr(text, "\ndnsbld_listings{sublist=\"m.test/4\"} 2\n"));
	assert_non_null(strstr(text, "\ndnsbld_zone_ready{zone=\"m.test\"} 1\n"));
	assert_non_null(strstr(text, "\ndnsbld_zone_serial{zone=\"m.test\"} 7\n"));
	evbuffer_free(page);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_before_the_first_transfer_it_is_ours_and_not_ready),
		CASE(test_it_is_served_as_its_primary_has_it),
		CASE(test_test_entries_are_the_primarys_own),
		CASE(test_other_static_data_is_in_the_next_answer),
		CASE(test_listings_alone_prepare_nothing_anew),
		CASE(test_a_batch_sees_one_zone),
		CASE(test_past_soa_expire_it_is_not_served_until_its_primary_is_reached),
		CASE(test_a_new_worker_serves_what_the_last_one_did),
		CASE(test_a_primary_that_is_not_reached_is_told),
		CASE(test_metrics_say_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
