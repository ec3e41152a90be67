/*
 * test_respond_access.c: names with a key in them: which exist, what they are answered, and what
 * of it is counted. The counters are in a file as the server has it.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "packet.h"
#include "served.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SOA                                                                                   \
	"soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" refresh = 600 " \
	"retry = 300 expire = 86400 minimum = 60 } "
#define ZONE(name, in) "zone \"" name "\" { ns = { \"ns1.example.net\" } ttl = 300 " SOA in "}\n"

/* All but PART may see all; HOSTLIKE is a host of the zone as well, KEYLIKE one alone. */
#define KEY      "abcdefghijklmnopqrst"
#define PART     "partpartpartpartpart"
#define SCANT    "scantscantscantscant"
#define ALIEN    "alienalienalienalien"
#define NOBODYS  "nobodysnobodysnobody"
#define HOSTLIKE "hostlikehostlikehost"
#define KEYLIKE  "keylikekeylikekeylike"

#define A4 "1.2.0.192."
#define A6 "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."

static const char config[] = "state = \"state\"\n"
			     "sublist relay { code = 2 text = \"Open relay {ip}\" }\n"
			     "sublist hijacked { code = 4 text = \"Hijacked {ip}\" }\n"
			     "sublist netblock { code = 9 text = \"Spammers' network\" }\n"
	/* clang-format off */
	ZONE("k.example.org", "host \"" HOSTLIKE "\" { a = \"192.0.2.53\" } access { }\n"
	     "host \"" KEYLIKE "\" { a = \"192.0.2.54\" }")
	ZONE("must.example.org", "access { required = true unknown = error\n"
	     "unknown_code = 7 unknown_text = \"No key {ip}\" overdrawn = empty }")
	ZONE("drop.example.org", "access { unknown = drop overdrawn = error address_day = 3 }")
	ZONE("plain.example.org", "")
	ZONE("below." KEY ".k.example.org", "");
/* clang-format on */

static struct served served;
static struct quotas quotas;
static uint8_t reply[1232];
static size_t reply_len;

static void give(struct change *change, const char *key, const char *zones, const char *sublists,
		 uint32_t day)
{
	uint8_t runs[256], numbers[16];
	struct writer z = writer_of(runs, sizeof runs), n = writer_of(numbers, sizeof numbers);

	for (; *zones; zones += strcspn(zones, " ") + (strchr(zones, ' ') != NULL)) {
		write_run(&z, bytes_of(zones, strcspn(zones, " ")));
	}
	if (sublists) {
		write_u16(&n, change_sublist(change, sublists));
	}
	struct access access = {
		.key = bytes_str(key),
		.name = bytes_str("test"),
		.quota_day = day,
		.zones = writer_bytes(&z),
		.sublists = writer_bytes(&n),
	};

	served_check(change_give_key(change, &access));
}

static int setup(void **state)
{
	struct store *store;
	struct change *change;
	char folder[80];
	bool aside;

	(void)state;
	served_open(&served, config);
	change = served_begin(&served, &store);
	served_add(change, "192.0.2.1", "relay", NULL);
	served_add(change, "192.0.2.1", "hijacked", NULL);
	served_add(change, "2001:db8::1", "netblock", NULL);
	give(change, KEY, "k.example.org must.example.org", NULL, 0);
	give(change, PART, "k.example.org", "hijacked", 0);
	give(change, SCANT, "k.example.org must.example.org drop.example.org", NULL, 2);
	give(change, ALIEN, "elsewhere.example.org", NULL, 0);
	give(change, HOSTLIKE, "k.example.org", NULL, 0);
	served_commit(change, store);
	snprintf(folder, sizeof folder, "%s/state", served.dir);
	served_check(quotas_open(&quotas, folder, -1, &aside));
	served.worker.quotas = &quotas;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	quotas_close(&quotas);
	served_close(&served);
	return 0;
}

static const char *ask_from(const struct client *client, const char *name, unsigned type)
{
	static uint8_t packet[512];
	static char text[128];
	size_t len = packet_ask(packet, name, type);

	len = packet_add_opt(packet, len, 1232);
	worker_begin(&served.worker);
	reply_len = respond(&served.worker, client, packet, len, reply, sizeof reply);
	worker_end(&served.worker);
	return packet_describe(reply, reply_len, text);
}

static const char *ask(const char *name, unsigned type)
{
	const struct client client = {.family = 4, .addr = 0x7f000001};

	return ask_from(&client, name, type);
}

/* The rdata of the answers, apart by "; ". */
static const char *answers(void)
{
	static char text[1024];
	ldns_pkt *packet;

	text[0] = '\0';
	assert_int_equal(ldns_wire2pkt(&packet, reply, reply_len), LDNS_STATUS_OK);
	for (size_t i = 0; i < ldns_pkt_ancount(packet); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_answer(packet), i);
		char *rdata = ldns_rdf2str(ldns_rr_rdf(rr, 0));

		strcat(strcat(text, i ? "; " : ""), rdata);
		free(rdata);
	}
	ldns_pkt_free(packet);
	return text;
}

static uint64_t counted(const char *key)
{
	struct access access;

	worker_begin(&served.worker);
	assert_true(access_find(served.worker.txn, bytes_str(key), &access));
	const struct quota_key *k = &quotas.keys[access.number];
	uint64_t total = quota_total(k, access_tag(access.key));

	const struct timespec clock = {.tv_sec = time(NULL)};
	const struct quota_time now = quota_time_of(&clock);

	assert_int_equal(total, quota_today(&k->counter, access_tag(access.key), &now));
	worker_end(&served.worker);
	return total;
}

#define NODATA   "NOERROR aa 0/1/1 opt"
#define NXDOMAIN "NXDOMAIN aa 0/1/1 opt"
#define REFUSED  "REFUSED 0/0/1 opt ede=18"

static void test_which_names_with_a_key_exist(void **state)
{
	static const struct {
		const char *name, *wanted;
	} cases[] = {
		{A4 KEY ".k.example.org", "NOERROR aa 2/0/1 opt"},
		{A6 KEY ".k.example.org", "NOERROR aa 1/0/1 opt"},
		{A4 "ABCDEFGHIJKLmnopqrst.K.example.ORG", "NOERROR aa 2/0/1 opt"},
		{"2.2.0.192." KEY ".k.example.org", NXDOMAIN},
		/* 2001::/16's parent */
		{"1.0.0.2." KEY ".k.example.org", NODATA},
		/* On the way to an address, RFC 8020. */
		{KEY ".k.example.org", NODATA},
		{"192." KEY ".k.example.org", NODATA},
		{"2.0.192." KEY ".k.example.org", NODATA},
		{"8.b.d.0.1.0.0.2." KEY ".k.example.org", NODATA},
		{"b." KEY ".k.example.org", NODATA},
		/* What is no address. */
		{"www." KEY ".k.example.org", NXDOMAIN},
		{"1." A4 KEY ".k.example.org", NXDOMAIN},
		{"256.2.0.192." KEY ".k.example.org", NXDOMAIN},
		{A4 "x." KEY ".k.example.org", NXDOMAIN},
		{A4 KEY "." KEY ".k.example.org", NXDOMAIN},
		{A4 KEY ".1.k.example.org", NXDOMAIN},
		/* Test entries. */
		{"2.0.0.127." KEY ".k.example.org", "NOERROR aa 1/0/1 opt"},
		{"9.0.0.127." KEY ".k.example.org", "NOERROR aa 1/0/1 opt"},
		{"1.0.0.127." KEY ".k.example.org", NXDOMAIN},
		/* No such key, or none of this zone. */
		{NOBODYS ".k.example.org", NXDOMAIN},
		{"2.0.192." NOBODYS ".k.example.org", NXDOMAIN},
		{A4 NOBODYS ".k.example.org", REFUSED},
		{A6 NOBODYS ".k.example.org", REFUSED},
		{"2.0.0.127." NOBODYS ".k.example.org", REFUSED},
		{"1.0.0.127." NOBODYS ".k.example.org", REFUSED},
		{ALIEN ".k.example.org", NXDOMAIN},
		{A4 ALIEN ".k.example.org", REFUSED},
		{A4 NOBODYS ".drop.example.org", "drop"},
		{A4 NOBODYS ".must.example.org", "NOERROR aa 1/0/1 opt"},
		/* What cannot be a key is nothing. */
		{A4 "short.k.example.org", NXDOMAIN},
		{A4 "abcdefghij-klmnopqrst.k.example.org", NXDOMAIN},
		/* The zone's own names are its own. */
		{"k.example.org", NODATA},
		{HOSTLIKE ".k.example.org", "NOERROR aa 1/0/1 opt"},
		{KEYLIKE ".k.example.org", "NOERROR aa 1/0/1 opt"},
		{"below." KEY ".k.example.org", NODATA},
		{A4 "below." KEY ".k.example.org", "NOERROR aa 2/0/1 opt"},
		/* Without a key where none is asked for, and where nobody looks at one. */
		{A4 "k.example.org", "NOERROR aa 2/0/1 opt"},
		{A4 KEY ".plain.example.org", NXDOMAIN},
		{KEY ".plain.example.org", NXDOMAIN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *is = ask(cases[i].name, TYPE_A);

		if (strcmp(is, cases[i].wanted) != 0) {
			fail_msg("%s: %s, not %s", cases[i].name, is, cases[i].wanted);
		}
	}
}

static void test_only_full_addresses_that_are_answered_are_counted(void **state)
{
	static const struct {
		const char *name;
		unsigned type, count;
	} cases[] = {
		{A4 KEY ".k.example.org", TYPE_A, 1},
		{A4 KEY ".k.example.org", TYPE_TXT, 1},
		{A6 KEY ".k.example.org", TYPE_ANY, 1},
		{A6 KEY ".k.example.org", TYPE_AAAA, 1},
		{"19.9.9.9." KEY ".k.example.org", TYPE_A, 1},
		{"1.0.0.2." KEY ".k.example.org", TYPE_A, 0},
		{"1.0.0.20." KEY ".k.example.org", TYPE_A, 1},
		{A4 KEY ".must.example.org", TYPE_A, 1},
		{KEY ".k.example.org", TYPE_A, 0},
		{KEY ".k.example.org", TYPE_NS, 0},
		{"2.0.192." KEY ".k.example.org", TYPE_A, 0},
		{"0.1.0.0.2." KEY ".k.example.org", TYPE_NS, 0},
		{"www." KEY ".k.example.org", TYPE_A, 0},
		{"2.0.0.127." KEY ".k.example.org", TYPE_A, 0},
		{"2.0.0.127." KEY ".k.example.org", TYPE_TXT, 0},
		{"1.0.0.127." KEY ".k.example.org", TYPE_A, 0},
		{A4 KEY ".drop.example.org", TYPE_A, 0},
		{A4 "k.example.org", TYPE_A, 0},
	};
	uint64_t wanted = 0;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ask(cases[i].name, cases[i].type);
		wanted += cases[i].count;
		if (counted(KEY) != wanted) {
			fail_msg("%s %u: %u", cases[i].name, cases[i].type, (unsigned)counted(KEY));
		}
	}
}

static void test_a_key_sees_its_sublists_alone(void **state)
{
	static const struct {
		const char *name;
		unsigned type;
		const char *answers;
	} cases[] = {
		{A4 PART ".k.example.org", TYPE_A, "127.0.0.4"},
		{A4 PART ".k.example.org", TYPE_TXT, "\"Hijacked 192.0.2.1\""},
		{A4 PART ".k.example.org", TYPE_ANY, "127.0.0.4; \"Hijacked 192.0.2.1\""},
		{A6 PART ".k.example.org", TYPE_A, ""},
		{A4 KEY ".k.example.org", TYPE_A, "127.0.0.2; 127.0.0.4"},
		{A4 "k.example.org", TYPE_A, "127.0.0.2; 127.0.0.4"},
		/* RFC 5782 §5: there is always one for 127.0.0.2. */
		{"2.0.0.127." PART ".k.example.org", TYPE_A, "127.0.0.4"},
		{"4.0.0.127." PART ".k.example.org", TYPE_A, "127.0.0.4"},
		{"9.0.0.127." PART ".k.example.org", TYPE_A, ""},
		{"9.0.0.127." KEY ".k.example.org", TYPE_A, "127.0.0.9"},
	};

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			ask(cases[i].name, cases[i].type);
			assert_string_equal(answers(), cases[i].answers);
		}
	}
}

static void test_an_overdrawn_key_gets_what_the_zone_says(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_string_equal(ask(A4 SCANT ".k.example.org", TYPE_A), "NOERROR aa 2/0/1 opt");
	}
	assert_string_equal(ask(A4 SCANT ".k.example.org", TYPE_A), REFUSED);
	assert_string_equal(ask(A4 SCANT ".must.example.org", TYPE_A), NXDOMAIN);
	ask(A4 SCANT ".drop.example.org", TYPE_ANY);
	assert_string_equal(answers(), "127.255.255.255; \"More queries than were agreed\"");
	/* What costs nothing is there all the same. */
	assert_string_equal(ask("2.0.0.127." SCANT ".k.example.org", TYPE_A),
			    "NOERROR aa 1/0/1 opt");
	assert_string_equal(ask(SCANT ".k.example.org", TYPE_A), NODATA);
	assert_int_equal(counted(SCANT), 2);
}

static void test_where_a_key_is_required_an_address_without_one_gets_none(void **state)
{
	(void)state;
	ask(A4 "must.example.org", TYPE_A);
	assert_string_equal(answers(), "127.255.255.7");
	ask(A4 "must.example.org", TYPE_TXT);
	assert_string_equal(answers(), "\"No key 192.0.2.1\"");
	ask("2.0.0.127.must.example.org", TYPE_A);
	assert_string_equal(answers(), "127.255.255.7");
	assert_string_equal(ask("0.192.must.example.org", TYPE_A), NODATA);
	assert_string_equal(ask("must.example.org", TYPE_SOA), "NOERROR aa 1/0/1 opt");
	ask(A4 KEY ".must.example.org", TYPE_A);
	assert_string_equal(answers(), "127.0.0.2; 127.0.0.4");
}

static void test_clients_without_a_key_have_a_quota_by_address(void **state)
{
	const struct client four = {.family = 4, .addr = 0xc6336401};
	const struct client next = {.family = 4, .addr = 0xc6336402};
	struct client six = {.family = 6, .addr = (addr_t)0x20010db8 << 96 | 1};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		bool within = i < 3;

		ask_from(&four, A4 "drop.example.org", TYPE_A);
		assert_string_equal(answers(), within ? "127.0.0.2; 127.0.0.4" : "127.255.255.255");
		six.addr++; /* in the same /64 */
		ask_from(&six, A4 "drop.example.org", TYPE_A);
		assert_string_equal(answers(), within ? "127.0.0.2; 127.0.0.4" : "127.255.255.255");
		ask_from(&four, "2.0.0.127.drop.example.org", TYPE_A);
		assert_string_equal(answers(), "127.0.0.2");
		assert_string_equal(ask_from(&four, "0.192.drop.example.org", TYPE_A), NODATA);
		ask_from(&four, A4 "k.example.org", TYPE_A);
		assert_string_equal(answers(), "127.0.0.2; 127.0.0.4");
	}
	ask_from(&next, A4 "drop.example.org", TYPE_A);
	assert_string_equal(answers(), "127.0.0.2; 127.0.0.4");
	six.addr += (addr_t)1 << 64;
	ask_from(&six, A4 "drop.example.org", TYPE_A);
	assert_string_equal(answers(), "127.0.0.2; 127.0.0.4");
	/* Under a key it is the key's. */
	ask_from(&four, A4 SCANT ".drop.example.org", TYPE_A);
	assert_string_equal(answers(), "127.0.0.2; 127.0.0.4");
}

static uint64_t event(enum counter counter)
{
	return counter_read(&served.worker.counters->event[counter]);
}

static void test_each_is_an_event_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		ask(A4 SCANT ".k.example.org", TYPE_A);
		ask(A4 "drop.example.org", TYPE_A);
	}
	ask(A4 NOBODYS ".drop.example.org", TYPE_A);
	ask(A4 ALIEN ".k.example.org", TYPE_A);
	ask(A4 "must.example.org", TYPE_A);
	/* These are nobody's. */
	ask(NOBODYS ".k.example.org", TYPE_A);
	ask("2.0.0.127." SCANT ".k.example.org", TYPE_A);
	ask(A4 "k.example.org", TYPE_A);
	assert_int_equal(event(COUNTER_ACCESS_SERVED), 2);
	assert_int_equal(event(COUNTER_ACCESS_OVERDRAWN), 5);
	assert_int_equal(event(COUNTER_ACCESS_ADDRESS), 4);
	assert_int_equal(event(COUNTER_ACCESS_UNKNOWN), 3);
	assert_int_equal(event(COUNTER_DROPPED_ACCESS), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_which_names_with_a_key_exist),
		TEST(test_only_full_addresses_that_are_answered_are_counted),
		TEST(test_a_key_sees_its_sublists_alone),
		TEST(test_an_overdrawn_key_gets_what_the_zone_says),
		TEST(test_where_a_key_is_required_an_address_without_one_gets_none),
		TEST(test_clients_without_a_key_have_a_quota_by_address),
		TEST(test_each_is_an_event_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
