/*
 * test_respond.c: what is answered about which name, from a real database, and how that changes
 * with each commit.
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

enum { LONG_SUBLISTS = 40 };

static const char config_head[] =
	"sublist relay { code = 2 text = \"Open relay, see https://dnsbl.example.org/?{ip}\" }\n"
	"sublist hijacked { code = 4 text = \"Hijacked {ip}, yes, {ip}\" }\n"
	"sublist netblock { code = 9 text = \"Spammers' network\" }\n"
	"sublist silent { code = 10 }\n"
	"zone \"dnsbl.example.org\" { ns = { \"ns1.dnsbl.example.org\", \"ns2.example.net\" }\n"
	"  sublists = { \"relay\", \"hijacked\", \"netblock\" } ttl = 300 " SOA
	"  apex { a = { \"192.0.2.80\" } aaaa = { \"2001:db8::80\" } }\n"
	"  host \"ns1\" { a = { \"192.0.2.53\", \"192.0.2.54\" } aaaa = { \"2001:db8::53\" } } }\n"
	"zone \"relays.dnsbl.example.org\" { ns = { \"ns2.example.net\" } sublists = { \"relay\" }\n"
	"  ttl = 30 " SOA "}\n"
	"zone \"deep.mid.dnsbl.example.org\" { ns = { \"ns2.example.net\" }\n"
	"  sublists = { \"hijacked\", \"netblock\" } ttl = 300 " SOA "}\n"
	"zone \"quiet.example.net\" { ns = { \"ns2.example.net\" } sublists = { \"silent\" }\n"
	"  ttl = 300 " SOA "}\n";

static struct served served;
static uint8_t reply[65535];
static size_t reply_len;

/* Asks by UDP, or with an OPT of this size; the answer in short. */
static const char *ask_sized(const char *name, unsigned type, bool tcp, unsigned size)
{
	static uint8_t packet[512];
	static char text[128];
	size_t len = packet_ask(packet, name, type);

	if (size > 0) {
		len = packet_add_opt(packet, len, size);
	}
	reply_len = served_respond(&served.worker, tcp, packet, len, reply, tcp ? 65535 : 1232);
	return packet_describe(reply, reply_len, text);
}

static const char *ask(const char *name, unsigned type)
{
	return ask_sized(name, type, false, 0);
}

static ldns_pkt *parsed(void)
{
	ldns_pkt *packet;

	assert_int_equal(ldns_wire2pkt(&packet, reply, reply_len), LDNS_STATUS_OK);
	return packet;
}

/* The last reply's section as text, records apart by "; ", blanks for tabs. */
static const char *section(ldns_pkt_section which)
{
	static char text[65536];
	ldns_pkt *packet = parsed();
	ldns_rr_list *list = ldns_pkt_get_section_clone(packet, which);

	text[0] = '\0';
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		char *rr = ldns_rr2str(ldns_rr_list_rr(list, i));

		strcat(text, i ? "; " : "");
		strncat(text, rr, strcspn(rr, "\n"));
		free(rr);
	}
	for (char *p = text; *p; p++) {
		*p = *p == '\t' ? ' ' : *p;
	}
	ldns_rr_list_deep_free(list);
	ldns_pkt_free(packet);
	return text;
}

static const char *answer(void)
{
	return section(LDNS_SECTION_ANSWER);
}

static void assert_negative(const char *name, unsigned type, const char *rcode, const char *zone,
			    unsigned ttl)
{
	char wanted[256];

	snprintf(wanted, sizeof wanted, "%s aa 0/1/0", rcode);
	assert_string_equal(ask(name, type), wanted);
	snprintf(wanted, sizeof wanted, "%s. %u IN SOA ns1.example.net. hostmaster.example.org.",
		 zone, ttl);
	assert_memory_equal(section(LDNS_SECTION_AUTHORITY), wanted, strlen(wanted));
}

static void assert_nxdomain(const char *name)
{
	assert_negative(name, TYPE_A, "NXDOMAIN", "dnsbl.example.org", 60);
}

static void assert_nodata(const char *name)
{
	assert_negative(name, TYPE_A, "NOERROR", "dnsbl.example.org", 60);
}

static void test_listed_address_has_an_a_for_each_sublist_by_code(void **state)
{
	(void)state;
	assert_string_equal(ask("1.2.0.192.dnsbl.example.org", TYPE_A), "NOERROR aa 2/0/0");
	assert_string_equal(answer(), "1.2.0.192.dnsbl.example.org. 300 IN A 127.0.0.2; "
				      "1.2.0.192.dnsbl.example.org. 300 IN A 127.0.0.9");
	assert_string_equal(ask("7.2.0.192.dnsbl.example.org", TYPE_A), "NOERROR aa 1/0/0");
	assert_string_equal(answer(), "7.2.0.192.dnsbl.example.org. 300 IN A 127.0.0.9");
	/* Once more: from the cache, the same. */
	assert_string_equal(ask("1.2.0.192.dnsbl.example.org", TYPE_A), "NOERROR aa 2/0/0");
}

static void test_texts_are_the_templates_or_the_claims_own(void **state)
{
	(void)state;
	ask("1.2.0.192.dnsbl.example.org", TYPE_TXT);
	assert_string_equal(answer(),
			    "1.2.0.192.dnsbl.example.org. 300 IN TXT "
			    "\"Open relay, see https://dnsbl.example.org/?192.0.2.1\"; "
			    "1.2.0.192.dnsbl.example.org. 300 IN TXT \"Spammers' network\"");
	ask("7.100.51.198.dnsbl.example.org", TYPE_TXT);
	assert_string_equal(answer(), "7.100.51.198.dnsbl.example.org. 300 IN TXT \"Own words\"");
	ask("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.dnsbl.example.org",
	    TYPE_TXT);
	assert_non_null(strstr(answer(), "\"Hijacked 2001:db8::1, yes, 2001:db8::1\""));
}

static void test_v6_hosts_and_ranges_are_found(void **state)
{
#define TAIL "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
	(void)state;
	assert_string_equal(ask("1." TAIL ".0.0.0.0.8.B.d.0.1.0.0.2.dnsbl.example.org", TYPE_A),
			    "NOERROR aa 1/0/0");
	assert_nxdomain("2." TAIL ".0.0.0.0.8.b.d.0.1.0.0.2.dnsbl.example.org");
	/* 2001:db8:5::/48 from its first to its last address. */
	assert_string_equal(ask("0." TAIL ".5.0.0.0.8.b.d.0.1.0.0.2.dnsbl.example.org", TYPE_A),
			    "NOERROR aa 1/0/0");
	assert_string_equal(
		ask("f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.5.0.0.0.8.b.d.0.1.0.0.2.dnsbl."
		    "example.org",
		    TYPE_A),
		"NOERROR aa 1/0/0");
	assert_nxdomain("0." TAIL ".6.0.0.0.8.b.d.0.1.0.0.2.dnsbl.example.org");
	assert_nxdomain(
		"f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.f.4.0.0.0.8.b.d.0.1.0.0.2.dnsbl.example.org");
#undef TAIL
}

static void test_other_zones_serve_their_own_sublists_with_their_own_ttl(void **state)
{
	(void)state;
	assert_string_equal(ask("1.2.0.192.relays.dnsbl.example.org", TYPE_A), "NOERROR aa 1/0/0");
	assert_string_equal(answer(), "1.2.0.192.relays.dnsbl.example.org. 30 IN A 127.0.0.2");
	assert_negative("7.2.0.192.relays.dnsbl.example.org", TYPE_A, "NXDOMAIN",
			"relays.dnsbl.example.org", 30);
	assert_string_equal(ask("7.2.0.192.deep.mid.dnsbl.example.org", TYPE_A),
			    "NOERROR aa 1/0/0");
}

static void test_a_sublist_without_template_has_no_txt(void **state)
{
	(void)state;
	assert_string_equal(ask("9.113.0.203.quiet.example.net", TYPE_A), "NOERROR aa 1/0/0");
	assert_negative("9.113.0.203.quiet.example.net", TYPE_TXT, "NOERROR", "quiet.example.net",
			60);
	assert_string_equal(ask("9.113.0.203.quiet.example.net", TYPE_ANY), "NOERROR aa 1/0/0");
}

static void test_unlisted_addresses_and_nonsense_do_not_exist(void **state)
{
	(void)state;
	assert_nxdomain("1.3.0.192.dnsbl.example.org");
	assert_nxdomain("x.1.2.0.192.dnsbl.example.org");
	assert_nxdomain("256.2.0.192.dnsbl.example.org");
	assert_nxdomain("01.2.0.192.dnsbl.example.org");
	assert_nxdomain("1.2.0.192.1.dnsbl.example.org");
	assert_nxdomain("www.dnsbl.example.org");
	assert_nxdomain("_x.dnsbl.example.org");
	assert_nxdomain("xrelays.dnsbl.example.org");
}

static void test_partial_names_are_empty_non_terminals(void **state)
{
	(void)state;
	assert_nodata("192.dnsbl.example.org");
	assert_nodata("255.dnsbl.example.org");
	assert_nodata("0.192.dnsbl.example.org");
	assert_nodata("2.0.192.dnsbl.example.org");
	assert_nodata("f.dnsbl.example.org");
	assert_nodata("0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.dnsbl.example."
		      "org");
}

/* 1.0.0.2 reversed is 2.0.0.1 and the name above 2001::/16. */
static void test_four_single_digits_always_exist(void **state)
{
	(void)state;
	assert_nodata("1.0.0.2.dnsbl.example.org");
	assert_string_equal(ask("2.0.0.2.dnsbl.example.org", TYPE_A), "NOERROR aa 1/0/0");
	assert_nxdomain("10.0.0.2.dnsbl.example.org");
}

static void test_test_entries_of_rfc5782(void **state)
{
#define MAPPED "0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

	(void)state;
	ask("2.0.0.127.dnsbl.example.org", TYPE_A);
	assert_string_equal(answer(), "2.0.0.127.dnsbl.example.org. 300 IN A 127.0.0.2");
	ask("4.0.0.127.dnsbl.example.org", TYPE_A);
	assert_string_equal(answer(), "4.0.0.127.dnsbl.example.org. 300 IN A 127.0.0.4");
	assert_nxdomain("1.0.0.127.dnsbl.example.org");
	assert_nxdomain("5.0.0.127.dnsbl.example.org");
	ask("2.0.0.127.dnsbl.example.org", TYPE_TXT);
	assert_non_null(
		strstr(answer(), "\"Open relay, see https://dnsbl.example.org/?127.0.0.2\""));
	/* No sublist has code 2: the lowest one's. */
	ask("2.0.0.127.deep.mid.dnsbl.example.org", TYPE_A);
	assert_string_equal(answer(), "2.0.0.127.deep.mid.dnsbl.example.org. 300 IN A 127.0.0.4");

	assert_string_equal(ask("2.0." MAPPED "dnsbl.example.org", TYPE_A), "NOERROR aa 1/0/0");
	assert_string_equal(ask("4.0." MAPPED "dnsbl.example.org", TYPE_A), "NOERROR aa 1/0/0");
	assert_nxdomain("1.0." MAPPED "dnsbl.example.org");
	assert_nxdomain("8.0." MAPPED "dnsbl.example.org");
	/* ::ffff:192.0.2.1: IPv4 is served under its own name alone. */
	assert_nxdomain(
		"1.0.2.0.0.0.0.c.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.dnsbl.example."
		"org");
#undef MAPPED
}

/* 127.0.0.0/8 is listed below, by force of the test's own claim. */
static void test_127_0_0_1_is_never_listed_whatever_covers_it(void **state)
{
	(void)state;
	served_list(&served, "127.0.0.0/8", "hijacked", NULL);
	assert_string_equal(ask("3.0.0.127.dnsbl.example.org", TYPE_A), "NOERROR aa 1/0/0");
	assert_nxdomain("1.0.0.127.dnsbl.example.org");
	ask("2.0.0.127.dnsbl.example.org", TYPE_A);
	assert_string_equal(answer(), "2.0.0.127.dnsbl.example.org. 300 IN A 127.0.0.2");
	served_unlist(&served, "127.0.0.0/8", "hijacked");
}

static void test_other_types_are_nodata_where_the_name_exists(void **state)
{
	(void)state;
	assert_negative("1.2.0.192.dnsbl.example.org", TYPE_AAAA, "NOERROR", "dnsbl.example.org",
			60);
	assert_negative("1.2.0.192.dnsbl.example.org", TYPE_DS, "NOERROR", "dnsbl.example.org", 60);
	assert_negative("1.3.0.192.dnsbl.example.org", TYPE_AAAA, "NXDOMAIN", "dnsbl.example.org",
			60);
}

static void test_apex(void **state)
{
	(void)state;
	ask("dnsbl.example.org", TYPE_SOA);
	assert_memory_equal(answer(), "dnsbl.example.org. 300 IN SOA ns1.example.net. ", 47);
	assert_string_equal(ask("dnsbl.example.org", TYPE_NS), "NOERROR aa 2/0/3");
	assert_string_equal(answer(), "dnsbl.example.org. 300 IN NS ns1.dnsbl.example.org.; "
				      "dnsbl.example.org. 300 IN NS ns2.example.net.");
	assert_string_equal(section(LDNS_SECTION_ADDITIONAL),
			    "ns1.dnsbl.example.org. 300 IN A 192.0.2.53; "
			    "ns1.dnsbl.example.org. 300 IN A 192.0.2.54; "
			    "ns1.dnsbl.example.org. 300 IN AAAA 2001:db8::53");
	assert_string_equal(ask("dnsbl.example.org", TYPE_A), "NOERROR aa 1/0/0");
	assert_string_equal(answer(), "dnsbl.example.org. 300 IN A 192.0.2.80");
	assert_string_equal(ask("dnsbl.example.org", TYPE_AAAA), "NOERROR aa 1/0/0");
	assert_string_equal(ask("dnsbl.example.org", TYPE_ANY), "NOERROR aa 5/0/0");
	assert_negative("dnsbl.example.org", TYPE_TXT, "NOERROR", "dnsbl.example.org", 60);
	assert_negative("quiet.example.net", TYPE_A, "NOERROR", "quiet.example.net", 60);
	/* The SOA's owner in a negative answer is the zone's name, wherever it stands. */
	assert_negative("1.3.0.192.quiet.example.net", TYPE_A, "NXDOMAIN", "quiet.example.net", 60);
}

static void test_hosts(void **state)
{
	(void)state;
	assert_string_equal(ask("NS1.dnsbl.example.org", TYPE_A), "NOERROR aa 2/0/0");
	assert_string_equal(ask("ns1.dnsbl.example.org", TYPE_AAAA), "NOERROR aa 1/0/0");
	assert_string_equal(ask("ns1.dnsbl.example.org", TYPE_ANY), "NOERROR aa 3/0/0");
	assert_negative("ns1.dnsbl.example.org", TYPE_TXT, "NOERROR", "dnsbl.example.org", 60);
	assert_nxdomain("x.ns1.dnsbl.example.org");
	assert_nxdomain("ns3.dnsbl.example.org");
}

static void test_names_between_a_zone_and_one_below_are_empty(void **state)
{
	(void)state;
	assert_nodata("mid.dnsbl.example.org");
	assert_nxdomain("x.mid.dnsbl.example.org");
	assert_negative("deep.mid.dnsbl.example.org", TYPE_A, "NOERROR",
			"deep.mid.dnsbl.example.org", 60);
}

static void test_ds_is_answered_above_the_cut(void **state)
{
	(void)state;
	assert_negative("relays.dnsbl.example.org", TYPE_DS, "NOERROR", "dnsbl.example.org", 60);
	assert_negative("deep.mid.dnsbl.example.org", TYPE_DS, "NOERROR", "dnsbl.example.org", 60);
	/* Nothing above is ours. */
	assert_negative("dnsbl.example.org", TYPE_DS, "NOERROR", "dnsbl.example.org", 60);
}

static void test_the_question_keeps_its_case(void **state)
{
	uint8_t wanted[64];
	size_t len = packet_make(wanted, "n:1.2.0.192.DnSbL.eXaMpLe.OrG 0001 0001");

	(void)state;
	assert_string_equal(ask("1.2.0.192.DnSbL.eXaMpLe.OrG", TYPE_A), "NOERROR aa 2/0/0");
	assert_memory_equal(reply + 12, wanted, len);
	assert_non_null(strstr(answer(), "1.2.0.192.DnSbL.eXaMpLe.OrG. "));
}

/* Forty sublists with long texts: A alone is above 512 octets, TXT above 1,232. */
static void test_what_does_not_fit_is_truncated_whole(void **state)
{
	(void)state;
	assert_string_equal(ask("9.9.0.192.long.example.net", TYPE_A), "NOERROR aa tc 0/0/0");
	assert_int_equal(reply_len, 12 + 28 + 4);
	assert_string_equal(ask_sized("9.9.0.192.long.example.net", TYPE_A, false, 1232),
			    "NOERROR aa 40/0/1 opt");
	size_t whole = reply_len;
	assert_string_equal(ask_sized("9.9.0.192.long.example.net", TYPE_A, false, (unsigned)whole),
			    "NOERROR aa 40/0/1 opt");
	assert_string_equal(
		ask_sized("9.9.0.192.long.example.net", TYPE_A, false, (unsigned)whole - 1),
		"NOERROR aa tc 0/0/1 opt");
	assert_string_equal(ask_sized("9.9.0.192.long.example.net", TYPE_TXT, false, 65535),
			    "NOERROR aa tc 0/0/1 opt");
	assert_string_equal(ask_sized("9.9.0.192.long.example.net", TYPE_TXT, true, 0),
			    "NOERROR aa 40/0/0");
	assert_true(reply_len > 1232);
	assert_string_equal(ask_sized("9.9.0.192.long.example.net", TYPE_ANY, false, 1232),
			    "NOERROR aa 40/0/1 opt");
	assert_string_equal(ask_sized("9.9.0.192.long.example.net", TYPE_ANY, true, 512),
			    "NOERROR aa 80/0/1 opt");
	/* A size below 512 is 512. */
	assert_string_equal(ask_sized("1.2.0.192.dnsbl.example.org", TYPE_TXT, false, 1),
			    "NOERROR aa 2/0/1 opt");
}

static void test_a_commit_is_served_by_the_next_query(void **state)
{
	(void)state;
	assert_nxdomain("1.8.0.192.dnsbl.example.org");
	served_list(&served, "192.0.8.0/24", "hijacked", NULL);
	assert_string_equal(ask("1.8.0.192.dnsbl.example.org", TYPE_A), "NOERROR aa 1/0/0");
	served_list(&served, "192.0.8.1", "relay", "Seen today");
	ask("1.8.0.192.dnsbl.example.org", TYPE_TXT);
	assert_non_null(strstr(answer(), "\"Seen today\""));
	served_unlist(&served, "192.0.8.0/24", "hijacked");
	assert_string_equal(ask("1.8.0.192.dnsbl.example.org", TYPE_A), "NOERROR aa 1/0/0");
	served_unlist(&served, "192.0.8.1", "relay");
	assert_nxdomain("1.8.0.192.dnsbl.example.org");
	assert_string_equal(ask("1.2.0.192.dnsbl.example.org", TYPE_A), "NOERROR aa 2/0/0");
}

static uint32_t serial(void)
{
	ldns_pkt *packet;

	ask("dnsbl.example.org", TYPE_SOA);
	packet = parsed();
	uint32_t value =
		ldns_rdf2native_int32(ldns_rr_rdf(ldns_rr_list_rr(ldns_pkt_answer(packet), 0), 2));
	ldns_pkt_free(packet);
	return value;
}

static void test_the_serial_is_the_databases(void **state)
{
	uint32_t before = serial();

	(void)state;
	served_list(&served, "192.0.7.1", "hijacked", NULL);
	uint32_t after = serial();

	assert_true((int32_t)(after - before) > 0);
	assert_int_equal(serial(), after);
	served_unlist(&served, "192.0.7.1", "hijacked");
}

/* A sublist gets its number with its first claim, long after the worker began. */
static void test_a_sublist_that_is_new_to_the_database_is_served(void **state)
{
	(void)state;
	assert_negative("1.6.0.192.long.example.net", TYPE_A, "NXDOMAIN", "long.example.net", 60);
	served_list(&served, "192.0.6.1", "late", NULL);
	ask("1.6.0.192.long.example.net", TYPE_A);
	assert_string_equal(answer(), "1.6.0.192.long.example.net. 300 IN A 127.0.0.99");
}

static void test_a_zone_that_the_database_does_not_know_is_servfail(void **state)
{
	struct served other;

	(void)state;
	served_make(&other,
		    "sublist relay { code = 2 text = \"x\" }\n"
		    "zone \"dnsbl.example.org\" { ns = { \"ns.example.net\" } ttl = 300 " SOA
		    "}\n");
	struct config *more = served_config(
		other.dir,
		"sublist relay { code = 2 text = \"x\" }\n"
		"zone \"dnsbl.example.org\" { ns = { \"ns.example.net\" } ttl = 300 " SOA
		"}\nzone \"new.example.org\" { ns = { \"ns.example.net\" } ttl = 300 " SOA "}\n");

	assert_int_equal(worker_open(&other.worker, more, false), ST_OK);
	struct worker kept = served.worker;

	served.worker = other.worker;
	assert_string_equal(ask("2.0.0.127.dnsbl.example.org", TYPE_A), "NOERROR aa 1/0/0");
	assert_string_equal(ask("2.0.0.127.new.example.org", TYPE_A), "SERVFAIL 0/0/0");
	assert_string_equal(ask("new.example.org", TYPE_SOA), "SERVFAIL 0/0/0");
	assert_string_equal(ask_sized("1.2.0.192.new.example.org", TYPE_A, false, 1232),
			    "SERVFAIL 0/0/1 opt ede=14");
	other.worker = served.worker;
	served.worker = kept;
	served_close(&other);
	config_free(more);
}

/* A block that names an answer which is not there: that is no address which is not listed. */
static void test_a_damaged_database_is_servfail_for_what_is_damaged(void **state)
{
	struct store *store;
	struct txn *txn;
	const struct segment segment = {.first = 0xcb017164, .last = 0xcb017164, .answer = 999999};
	const uint8_t key[2] = {203, 1};
	uint8_t block[64];
	struct writer w = writer_of(block, sizeof block);

	(void)state;
	block_encode(&segment, 1, &w);
	served_check(store_open_write(&store, served.config->database, 1 << 30, 1000));
	served_check(txn_write(store, &txn));
	txn_put(txn, TABLE_INDEX4, bytes_of(key, sizeof key), writer_bytes(&w));
	served_check(txn_commit(txn));
	store_close(store);

	/* In one batch with others, which are answered. */
	const char *names[] = {"1.2.0.192.dnsbl.example.org", "100.113.1.203.dnsbl.example.org",
			       "1.2.0.192.dnsbl.example.org", "101.113.1.203.dnsbl.example.org"};
	const char *wanted[] = {"NOERROR aa 2/0/0", "SERVFAIL 0/0/0", "NOERROR aa 2/0/0",
				"NXDOMAIN aa 0/1/0"};
	const struct client client = {.family = 4, .addr = 0x7f000001};
	uint8_t packet[512];
	char text[128];

	worker_begin(&served.worker);
	for (int i = 0; i < 4; i++) {
		size_t len = packet_ask(packet, names[i], TYPE_A);

		len = respond(&served.worker, &client, packet, len, reply, 1232);
		assert_string_equal(packet_describe(reply, len, text), wanted[i]);
	}
	worker_end(&served.worker);
	assert_string_equal(ask_sized(names[1], TYPE_A, false, 1232), "SERVFAIL 0/0/1 opt ede=24");
}

static void test_without_a_snapshot_all_data_is_servfail(void **state)
{
	static uint8_t packet[512];
	const struct client client = {.family = 4, .addr = 0x7f000001};
	char text[128];

	(void)state;
	/* As when worker_begin() failed: nothing is open. */
	size_t len = packet_ask(packet, "1.3.0.192.dnsbl.example.org", TYPE_A);

	len = respond(&served.worker, &client, packet, len, reply, 1232);
	assert_string_equal(packet_describe(reply, len, text), "SERVFAIL 0/0/0");
}

static int open_served(void **state)
{
	static char config[30000];
	char *at = config;

	(void)state;
	at += sprintf(at, "%s", config_head);
	for (int i = 0; i < LONG_SUBLISTS; i++) {
		at += sprintf(at, "sublist long%d { code = %d text = \"%d %0160d {ip}\" }\n", i,
			      i + 20, i, 0);
	}
	at += sprintf(at, "sublist late { code = 99 }\n"
			  "zone \"long.example.net\" { ns = { \"ns2.example.net\" } ttl = 300 " SOA
			  "sublists = { ");
	for (int i = 0; i < LONG_SUBLISTS; i++) {
		at += sprintf(at, "\"long%d\", ", i);
	}
	sprintf(at, "\"late\" } }\n");

	served_open(&served, config);
	served_list(&served, "192.0.2.1", "relay", NULL);
	served_list(&served, "192.0.2.0/24", "netblock", NULL);
	served_list(&served, "198.51.100.7", "hijacked", "Own words");
	served_list(&served, "203.0.113.9", "silent", NULL);
	served_list(&served, "2.0.0.2", "relay", NULL);
	served_list(&served, "2001:db8::1", "hijacked", NULL);
	served_list(&served, "2001:db8:5::/48", "netblock", NULL);
	for (int i = 0; i < LONG_SUBLISTS; i++) {
		char name[16];

		snprintf(name, sizeof name, "long%d", i);
		served_list(&served, "192.0.9.9", name, NULL);
	}
	return 0;
}

static int close_served(void **state)
{
	(void)state;
	served_close(&served);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listed_address_has_an_a_for_each_sublist_by_code),
		cmocka_unit_test(test_texts_are_the_templates_or_the_claims_own),
		cmocka_unit_test(test_v6_hosts_and_ranges_are_found),
		cmocka_unit_test(test_other_zones_serve_their_own_sublists_with_their_own_ttl),
		cmocka_unit_test(test_a_sublist_without_template_has_no_txt),
		cmocka_unit_test(test_unlisted_addresses_and_nonsense_do_not_exist),
		cmocka_unit_test(test_partial_names_are_empty_non_terminals),
		cmocka_unit_test(test_four_single_digits_always_exist),
		cmocka_unit_test(test_test_entries_of_rfc5782),
		cmocka_unit_test(test_127_0_0_1_is_never_listed_whatever_covers_it),
		cmocka_unit_test(test_other_types_are_nodata_where_the_name_exists),
		cmocka_unit_test(test_apex),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_names_between_a_zone_and_one_below_are_empty),
		cmocka_unit_test(test_ds_is_answered_above_the_cut),
		cmocka_unit_test(test_the_question_keeps_its_case),
		cmocka_unit_test(test_what_does_not_fit_is_truncated_whole),
		cmocka_unit_test(test_a_commit_is_served_by_the_next_query),
		cmocka_unit_test(test_the_serial_is_the_databases),
		cmocka_unit_test(test_a_sublist_that_is_new_to_the_database_is_served),
		cmocka_unit_test(test_a_zone_that_the_database_does_not_know_is_servfail),
		cmocka_unit_test(test_a_damaged_database_is_servfail_for_what_is_damaged),
		cmocka_unit_test(test_without_a_snapshot_all_data_is_servfail),
	};

	return cmocka_run_group_tests(tests, open_served, close_served);
}
