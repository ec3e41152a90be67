/*
 * test_counters.c: each reply is counted once, where it belongs, and what was counted stays when
 * configs and processes come and go. The worker and its database are real.
 */
#include "counters.h"

#include <setjmp.h>
#include <stdarg.h>

#include "packet.h"
#include "served.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SOA                                                                                   \
	"soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" refresh = 600 " \
	"retry = 300 expire = 86400 minimum = 60 } }\n"

#define ZONE(name) "zone \"" name "\" { ns = { \"ns1.example.net\" } ttl = 300 " SOA

static const char sublists[] = "sublist relay { code = 2 text = \"Open relay {ip}\" }\n"
			       "sublist hijacked { code = 4 text = \"Hijacked {ip}\" }\n";

static struct served served;

static void ask_from(const struct client *client, const char *text)
{
	uint8_t packet[512], reply[65535];
	size_t len = packet_make(packet, text);

	worker_begin(&served.worker);
	respond(&served.worker, client, packet, len, reply, client->tcp ? sizeof reply : 1232);
	worker_end(&served.worker);
}

static void ask_as(const char *text, bool tcp, unsigned family)
{
	const struct client client = {.tcp = tcp, .family = (uint8_t)family};

	ask_from(&client, text);
}

static void ask(const char *name, unsigned type)
{
	char text[256];

	snprintf(text, sizeof text, "1234 0000 0001 0000 0000 0000 n:%s %04x 0001", name, type);
	ask_as(text, false, 4);
}

static uint64_t replies(const struct zone_counters *zone, enum counted_type type,
			enum counted_result result)
{
	return counter_read(&zone->reply[type * COUNTED_RESULTS + result]);
}

static uint64_t all_replies(const struct zone_counters *zone)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 2 * COUNTED_REPLIES; i++) {
		sum += counter_read(&zone->reply[i]);
	}
	return sum;
}

static uint64_t event(enum counter event)
{
	return counter_read(&served.counters.process->event[event]);
}

static struct zone_counters *zone(size_t i)
{
	return served.slots[i].first;
}

static void test_a_listed_name_is_counted_with_each_of_its_sublists(void **state)
{
	(void)state;
	ask("1.2.0.192.dnsbl.example.org", TYPE_A);
	ask("1.2.0.192.dnsbl.example.org", TYPE_TXT);
	ask("2.2.0.192.dnsbl.example.org", TYPE_A);
	assert_int_equal(replies(zone(0), COUNTED_A, COUNTED_LISTED), 2);
	assert_int_equal(replies(zone(0), COUNTED_TXT, COUNTED_LISTED), 1);
	assert_int_equal(counter_read(&zone(0)->hit[2]), 3);
	assert_int_equal(counter_read(&zone(0)->hit[4]), 2);
	assert_int_equal(all_replies(zone(0)), 3);
	assert_int_equal(all_replies(zone(1)), 0);
}

static void test_what_is_not_listed_is_counted_by_type_and_rcode(void **state)
{
	(void)state;
	ask("9.2.0.192.dnsbl.example.org", TYPE_A);
	ask("0.192.dnsbl.example.org", TYPE_A);
	ask("9.2.0.192.dnsbl.example.org", TYPE_AAAA);
	ask("dnsbl.example.org", TYPE_SOA);
	ask("dnsbl.example.org", TYPE_NS);
	ask("dnsbl.example.org", TYPE_ANY);
	/* The one above a power of two, and one that only looks like A. */
	ask("dnsbl.example.org", 48);
	ask("dnsbl.example.org", 256 + TYPE_A);
	assert_int_equal(replies(zone(0), COUNTED_A, COUNTED_NXDOMAIN), 1);
	assert_int_equal(replies(zone(0), COUNTED_A, COUNTED_NOERROR), 1);
	assert_int_equal(replies(zone(0), COUNTED_AAAA, COUNTED_NXDOMAIN), 1);
	assert_int_equal(replies(zone(0), COUNTED_SOA, COUNTED_NOERROR), 1);
	assert_int_equal(replies(zone(0), COUNTED_NS, COUNTED_NOERROR), 1);
	assert_int_equal(replies(zone(0), COUNTED_ANY, COUNTED_NOERROR), 1);
	assert_int_equal(replies(zone(0), COUNTED_OTHER, COUNTED_NOERROR), 2);
	assert_int_equal(all_replies(zone(0)), 8);
}

static void test_the_zone_that_answers_is_the_one_that_counts(void **state)
{
	(void)state;
	ask("1.2.0.192.relays.dnsbl.example.org", TYPE_A);
	/* The DS of a zone is in the zone above (RFC 4035). */
	ask("relays.dnsbl.example.org", TYPE_DS);
	assert_int_equal(all_replies(zone(1)), 1);
	assert_int_equal(replies(zone(0), COUNTED_DS, COUNTED_NOERROR), 1);
}

static void test_what_no_zone_was_asked_is_counted_apart(void **state)
{
	const struct zone_counters *none = &served.counters.process->no_zone;

	(void)state;
	ask("1.2.0.192.example.com", TYPE_A);
	ask_as("1234 2800 0001 0000 0000 0000 n:dnsbl.example.org 0001 0001", false, 4);
	ask_as("1234 0000 0002 0000 0000 0000", false, 4);
	ask_as("1234 0000 0001 0001 0000 0000 n:dnsbl.example.org 0001 0001", false, 4);
	ask_as("1234 0000 0001 0000 0000 0001 n:example.com 0010 0001"
	       " 00 0029 04d0 00010000 0000",
	       false, 4);
	assert_int_equal(replies(none, COUNTED_A, COUNTED_REFUSED), 1);
	assert_int_equal(replies(none, COUNTED_OTHER, COUNTED_NOTIMP), 1);
	assert_int_equal(replies(none, COUNTED_OTHER, COUNTED_FORMERR), 1);
	assert_int_equal(replies(none, COUNTED_A, COUNTED_FORMERR), 1);
	assert_int_equal(replies(none, COUNTED_TXT, COUNTED_BADVERS), 1);
	assert_int_equal(event(COUNTER_MALFORMED), 2);
	assert_int_equal(event(COUNTER_EDNS), 1);
	assert_int_equal(all_replies(none), 5);
	assert_int_equal(all_replies(zone(0)), 0);
}

static void test_what_gets_no_reply_is_none(void **state)
{
	(void)state;
	ask_as("1234 8000 0001 0000 0000 0000 n:dnsbl.example.org 0001 0001", false, 4);
	ask_as("1234 00", false, 4);
	assert_int_equal(event(COUNTER_DROPPED_NO_QUERY), 2);
	assert_int_equal(all_replies(zone(0)), 0);
	assert_int_equal(all_replies(&served.counters.process->no_zone), 0);
}

static void test_who_is_dropped_by_an_acl_is_counted_apart(void **state)
{
	const struct client client = {.family = 4, .addr = 0xc0000242};

	(void)state;
	ask_from(&client, "1234 0000 0001 0000 0000 0000 n:dnsbl.example.org 0006 0001");
	ask_from(&client, "1234 2800 0001 0000 0000 0000 n:dnsbl.example.org 0006 0001");
	ask_from(&client, "1234 8000 0001 0000 0000 0000 n:dnsbl.example.org 0006 0001");
	assert_int_equal(event(COUNTER_DROPPED_ACL), 2);
	assert_int_equal(event(COUNTER_DROPPED_NO_QUERY), 1);
	assert_int_equal(all_replies(zone(0)), 0);
	assert_int_equal(all_replies(&served.counters.process->no_zone), 0);
}

static void test_a_truncated_reply_is_counted(void **state)
{
	(void)state;
	/* Its TXT is too long for 512 octets. */
	ask("3.2.0.192.dnsbl.example.org", TYPE_TXT);
	assert_int_equal(event(COUNTER_TRUNCATED), 1);
	assert_int_equal(replies(zone(0), COUNTED_TXT, COUNTED_LISTED), 1);
}

static void test_ipv6_over_tcp_is_counted_apart(void **state)
{
	const char query[] = "1234 0000 0001 0000 0000 0000 n:dnsbl.example.org 0006 0001";
	const unsigned at = COUNTED_SOA * COUNTED_RESULTS + COUNTED_NOERROR;

	(void)state;
	ask_as(query, true, 4);
	ask_as(query, true, 6);
	ask_as(query, true, 6);
	/* A UDP worker has one family: which, its endpoint says. */
	ask_as(query, false, 6);
	assert_int_equal(counter_read(&zone(0)->reply[at]), 2);
	assert_int_equal(counter_read(&zone(0)->reply[COUNTED_REPLIES + at]), 2);
}

static struct config *config_of(const char *zones)
{
	char text[2048];

	snprintf(text, sizeof text, "%s%s", sublists, zones);
	return served_config(served.dir, text);
}

static struct zone_slot *slots_of(struct counters *c, const char *zones)
{
	struct config *config = config_of(zones);
	struct zone_slot *slots;

	assert_int_equal(counters_zones(c, config, &slots), ST_OK);
	config_free(config);
	return slots;
}

static void test_zones_keep_their_counters_whatever_config_comes(void **state)
{
	struct counters c;

	(void)state;
	assert_int_equal(counters_init(&c, 3), ST_OK);
	struct zone_slot *two = slots_of(&c, ZONE("a.example.org") ZONE("b.example.org"));
	struct zone_slot *other =
		slots_of(&c, ZONE("new.example.org") ZONE("b.example.org") ZONE("z.example.org"));
	struct zone_slot *back = slots_of(&c, ZONE("b.example.org") ZONE("a.example.org"));

	assert_ptr_equal(other[1].first, two[1].first);
	assert_ptr_equal(back[0].first, two[1].first);
	assert_ptr_equal(back[1].first, two[0].first);
	free(two);
	free(other);
	free(back);
	counters_release(&c);
}

static void test_no_two_processes_or_zones_have_a_counter_in_common(void **state)
{
	enum { PROCESSES = 3, ZONES = 4 };
	struct counters c;

	(void)state;
	assert_int_equal(counters_init(&c, PROCESSES), ST_OK);
	free(slots_of(&c, ZONE("a.example.org") ZONE("b.example.org")));
	struct zone_slot *slots = slots_of(&c, ZONE("a.example.org") ZONE("b.example.org")
						       ZONE("c.example.org") ZONE("d.example.org"));

	/* Each writes a number of its own over the whole of its block. */
	for (unsigned i = 0; i < PROCESSES * ZONES; i++) {
		struct zone_slot *slot = &slots[i % ZONES];

		memset(&slot->first[i / ZONES * slot->stride], (int)i + 1,
		       sizeof(struct zone_counters));
	}
	for (unsigned i = 0; i < PROCESSES * ZONES; i++) {
		struct zone_slot *slot = &slots[i % ZONES];
		const struct zone_counters *zone = &slot->first[i / ZONES * slot->stride];

		assert_int_equal(counter_read(&zone->reply[0]), 0x0101010101010101 * (i + 1));
		assert_int_equal(counter_read(&zone->hit[COUNTED_CODES - 1]),
				 0x0101010101010101 * (i + 1));
	}
	assert_int_equal((uintptr_t)slots[1].first % 64, 0);
	free(slots);
	counters_release(&c);
}

static void test_every_event_has_a_name_and_every_metric_one_help(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNTERS; i++) {
		const struct counter_row *row = &counter_rows[i];
		bool first = i == 0 || strcmp(row->metric, counter_rows[i - 1].metric) != 0;

		assert_non_null(row->metric);
		assert_int_equal(first, row->help != NULL);
		assert_true(first || (row->label && counter_rows[i - 1].label));
		for (unsigned k = 0; first && k + 1 < i; k++) {
			assert_string_not_equal(row->metric, counter_rows[k].metric);
		}
	}
}

static int begin(void **state)
{
	char text[2048], long_text[251];

	(void)state;
	snprintf(text, sizeof text, "clients { drop = 192.0.2.66 }\n%s%s", sublists,
		 ZONE("dnsbl.example.org") ZONE("relays.dnsbl.example.org"));
	served_open(&served, text);
	memset(long_text, 'x', 250);
	long_text[250] = '\0';
	served_list(&served, "192.0.2.1", "relay", NULL);
	served_list(&served, "192.0.2.1", "hijacked", NULL);
	served_list(&served, "192.0.2.2", "relay", NULL);
	served_list(&served, "192.0.2.3", "relay", long_text);
	long_text[0] = 'y';
	served_list(&served, "192.0.2.3", "hijacked", long_text);
	return 0;
}

static int end(void **state)
{
	(void)state;
	served_close(&served);
	return 0;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_a_listed_name_is_counted_with_each_of_its_sublists),
		TEST(test_what_is_not_listed_is_counted_by_type_and_rcode),
		TEST(test_the_zone_that_answers_is_the_one_that_counts),
		TEST(test_what_no_zone_was_asked_is_counted_apart),
		TEST(test_what_gets_no_reply_is_none),
		TEST(test_who_is_dropped_by_an_acl_is_counted_apart),
		TEST(test_a_truncated_reply_is_counted),
		TEST(test_ipv6_over_tcp_is_counted_apart),
		TEST(test_zones_keep_their_counters_whatever_config_comes),
		TEST(test_no_two_processes_or_zones_have_a_counter_in_common),
		TEST(test_every_event_has_a_name_and_every_metric_one_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
