/*
 * test_block_rrs.c: the owner names of units, asked as a server of zones would be: a small model of
 * RFC 4592 (closest encloser, wildcards, empty non-terminals) holds the names of several units of
 * both families at once, for single decimal digits are nibbles too, and every address of the IPv4
 * units and many of the IPv6 ones are asked of it and compared with the segments.
 */
#include "block_rrs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "change.h"
#include "draw.h"
#include "revname.h"
#include "temp.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

static const char CONFIG[] =
	"database = \"db\" listen = { \"127.0.0.1:5353\" }\n"
	"sublist relay { code = 2 text = \"Relay {ip}\" }\n"
	"sublist hijacked { code = 4 }\n"
	"sublist netblock { code = 9 text = \"Netblock\" }\n"
	"sublist other { code = 5 text = \"Other\" }\n"
	"zone \"dnsbl.example.org\" { sublists = { \"relay\", \"hijacked\", \"netblock\" }\n"
	"  ns = { \"ns.example.net\" } soa { mname = \"ns.example.net\" rname = \"h.example.org\" } }\n";

/* What addresses can be, as claims; each is found at 203.0.113.N in the database. */
static const struct {
	int number;
	const char *sublist, *text;
} claims[] = {
	{1, "relay", NULL},          {2, "hijacked", NULL},
	{3, "netblock", NULL},       {4, "relay", "One {ip}"},
	{5, "relay", "Two"},         {6, "relay", NULL},
	{6, "hijacked", "One {ip}"}, {6, "netblock", NULL},
	{7, "other", NULL},                              /* not in the zone */
	{8, "relay", NULL},          {8, "other", NULL}, /* 1 and 8 look the same there */
	{9, "relay", "Relay {ip}"},                      /* and 9 */
};
enum {
	ANSWERS = 10,
	OWNER_TEXT = 80, /* room for any owner, relative to its zone */
};

static const char *dir;
static struct config *config;
static struct store *store;
static struct txn *txn;
static struct zone_view view;
static uint32_t ids[ANSWERS]; /* [0] = 0: unlisted */

static int set_up(void **state)
{
	struct change_who who = {"tester", "test", 1};
	struct change *c;

	(void)state;
	dir = temp_make();
	assert_int_equal(config_parse(CONFIG, "/test.conf", &config), ST_OK);
	assert_int_equal(store_create(&store, dir, 1 << 28, -1, -1), ST_OK);
	assert_int_equal(change_begin(&c, store, config, &who), ST_OK);
	for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
		struct claim_add add = {
			.prefix = prefix_of(4, 0xcb007100 + (unsigned)claims[i].number, 32),
			.sublist = change_sublist(c, claims[i].sublist),
			.source = change_source(c, "operator"),
			.text = claims[i].text};

		assert_int_equal(change_add(c, &add), CLAIM_ADDED);
	}
	assert_int_equal(change_commit(c, NULL), ST_OK);
	assert_int_equal(txn_read(store, &txn), ST_OK);
	zone_view_init(&view, &config->zones[0], txn);
	for (unsigned n = 1; n < ANSWERS; n++) {
		ids[n] = index_find(txn, 4, 0xcb007100 + n);
		assert_int_not_equal(ids[n], 0);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	txn_abort(txn);
	store_close(store);
	config_free(config);
	temp_remove(dir);
	return 0;
}

/* --- a zone, as RFC 4592 sees it --------------------------------------------------------- */

struct node {
	char name[OWNER_TEXT];
	char *records; /* NULL: an empty non-terminal */
};

static struct {
	struct node *node; /* open addressing */
	size_t slots, used;
	struct prefix last; /* the owner that was added last */
	size_t owners;
} zone;

static void zone_begin(void)
{
	zone.slots = (size_t)1 << 21;
	zone.node = calloc(zone.slots, sizeof *zone.node);
	zone.used = 0;
	zone.owners = 0;
	assert_non_null(zone.node);
}

static void zone_end(void)
{
	for (size_t i = 0; i < zone.slots; i++) {
		free(zone.node[i].records);
	}
	free(zone.node);
}

static struct node *node_at(const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const char *p = name; *p; p++) {
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	}
	h ^= h >> 32;
	while (zone.node[h & (zone.slots - 1)].name[0] != '\0' &&
	       strcmp(zone.node[h & (zone.slots - 1)].name, name) != 0) {
		h++;
	}
	return &zone.node[h & (zone.slots - 1)];
}

static const struct node *node_find(const char *name)
{
	const struct node *node = node_at(name);

	return node->name[0] ? node : NULL;
}

static struct node *node_make(const char *name)
{
	struct node *node = node_at(name);

	if (!node->name[0]) {
		memcpy(node->name, name, strlen(name) + 1);
		assert_true(++zone.used < zone.slots / 2);
	}
	return node;
}

/* "2 4 | text | text" with {ip} replaced. */
static void spell(const struct listed *rrs, struct bytes ip, char *out, size_t room)
{
	size_t used = 0;
	uint8_t text[TEXT_MAX];

	out[0] = '\0';
	for (unsigned i = 0; i < rrs->a_count; i++) {
		used += (size_t)snprintf(out + used, room - used, "%u ", rrs->code[i]);
	}
	for (unsigned i = 0; i < rrs->txt_count; i++) {
		size_t len = text_expand(rrs->txt[i], ip, text);

		used += (size_t)snprintf(out + used, room - used, "| %.*s ", (int)len,
					 (const char *)text);
	}
}

/* Relative to the zone. */
static void owner_text(const struct prefix *p, char text[OWNER_TEXT])
{
	static const struct name apex = {.len = 1};
	char whole[NAME_TEXT];
	struct name owner;

	revname_name(p, &apex, &owner);
	name_format(&owner, whole);
	size_t len = strlen(whole) - 1; /* without the final dot */
	assert_true(len < OWNER_TEXT);
	memcpy(text, whole, len);
	text[len] = '\0';
}

static void zone_add(const struct owner *owner, const struct listed *listed)
{
	char name[OWNER_TEXT], ip[PREFIX_TEXT], records[1024];

	/* Owners are in order, each once, and hold records. */
	if (zone.owners > 0) {
		assert_true(prefix_compare(&zone.last, &owner->prefix) < 0);
	}
	zone.last = owner->prefix;
	zone.owners++;
	owner_text(&owner->prefix, name);
	struct node *node = node_make(name);
	size_t len = prefix_format(&owner->prefix, ip);
	assert_true(listed->a_count > 0);
	assert_null(node->records);

	spell(listed, bytes_of(ip, len), records, sizeof records);
	node->records = strdup(records);
	for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
		node_make(dot + 1);
	}
}

enum { NXDOMAIN, NODATA, RECORDS };

/* *source is the owner that answers, with RECORDS. */
static int zone_ask(const char *name, const struct node **source)
{
	char wild[OWNER_TEXT + 2];
	const char *closest = name;

	*source = node_find(name);
	if (*source) {
		return (*source)->records ? RECORDS : NODATA;
	}
	do {
		closest = strchr(closest, '.');
		closest = closest ? closest + 1 : "";
	} while (*closest && !node_find(closest));
	snprintf(wild, sizeof wild, "*%s%s", *closest ? "." : "", closest);
	*source = node_find(wild);
	return *source ? (*source)->records ? RECORDS : NODATA : NXDOMAIN;
}

/* --- segments and questions -------------------------------------------------------------- */

static uint32_t answer_at(const struct segments *segments, addr_t addr)
{
	size_t low = 0, high = segments->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (segments->at[middle].last < addr) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < segments->count && segments->at[low].first <= addr ? segments->at[low].answer
									: 0;
}

static void ask(unsigned family, addr_t addr, const struct segments *segments)
{
	static struct rrs rrs;
	struct prefix host = prefix_of(family, addr, prefix_bits(family));
	char name[OWNER_TEXT], ip[PREFIX_TEXT], expected[1024] = "";
	const struct node *source;
	struct answer answer;
	uint32_t id = answer_at(segments, addr);
	uint8_t low;

	owner_text(&host, name);
	int got = zone_ask(name, &source);

	rrs.a_count = 0;
	if (id != 0 && !(family == 4 && test_entry(&view, 4, addr, &low)) &&
	    !(family == 6 && addr >> 32 == 0xffff)) {
		assert_true(answer_read(txn, id, &answer));
		answer_rrs(&answer, &view, txn, &rrs);
	}
	if (rrs.a_count == 0) {
		/* Only as the parent of an IPv6 /16 may a name of four labels exist without
		 * records. */
		bool parent = family == 4 && got == NODATA && strspn(name, "0123456789.") == 7 &&
			      strlen(name) == 7;

		if (got != NXDOMAIN && !parent) {
			fail_msg("%s is not listed, but has %s at %s", name,
				 got == RECORDS ? source->records : "NODATA", source->name);
		}
		return;
	}
	if (got != RECORDS) {
		fail_msg("%s is listed, but is %s", name, got == NODATA ? "NODATA" : "NXDOMAIN");
	}
	/* Under a wildcard, {ip} is its prefix. */
	struct prefix covering = host;
	if (source->name[0] == '*') {
		size_t labels = 0;

		for (const char *p = source->name; *p; p++) {
			labels += *p == '.';
		}
		covering = prefix_of(family, addr, (unsigned)labels * (family == 4 ? 8 : 4));
	}
	size_t len = prefix_format(&covering, ip);
	const struct listed listed = {rrs.a_count, rrs.txt_count, rrs.code, rrs.txt};

	spell(&listed, bytes_of(ip, len), expected, sizeof expected);
	if (strcmp(source->records, expected) != 0) {
		fail_msg("%s has '%s' at %s, not '%s'", name, source->records, source->name,
			 expected);
	}
}

static uint32_t random_answer(void)
{
	return ids[draw(ANSWERS)];
}

/* Random painting over 65,536 addresses; most units are listed from end to end in places. */
static void random_v4(addr_t base, struct segments *segments)
{
	static uint32_t paint[65536];
	uint32_t ground = draw(3) ? random_answer() : 0;

	for (unsigned i = 0; i < 65536; i++) {
		paint[i] = ground;
	}
	for (unsigned n = draw(40); n > 0; n--) {
		unsigned len = 16 + draw(17), count = 1U << (32 - len);
		unsigned first = draw(65536) & ~(count - 1);
		uint32_t answer = random_answer();

		if (draw(4) == 0) { /* no prefix */
			first = draw(65536);
			count = 1 + draw(draw(2) ? 700 : 40);
		}
		for (unsigned i = first; i < first + count && i < 65536; i++) {
			paint[i] = answer;
		}
	}
	for (unsigned i = 0; i < 65536; i++) {
		segments_add(segments, base + i, base + i, paint[i]);
	}
}

static addr_t random_v6(const struct prefix *unit)
{
	addr_t host = 0;

	for (unsigned i = 0; i < 6; i++) {
		static const unsigned groups[] = {0, 0, 1, 0x7fff, 0x8000, 0xfff0, 0xffff, 0xffff};

		host = host << 16 | (draw(4) ? groups[draw(8)] : draw(65536));
	}
	return unit->addr | host;
}

static int by_value(const void *a, const void *b)
{
	const addr_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void random_v6_segments(const struct prefix *unit, struct segments *segments)
{
	addr_t bound[40];
	size_t count = 2 + draw(38);

	for (size_t i = 0; i < count; i++) {
		unsigned len = draw(2) ? 128 : 32 + draw(97);

		bound[i] = random_v6(unit) & prefix_mask(6, len);
	}
	bound[0] = unit->addr;
	qsort(bound, count, sizeof bound[0], by_value);
	for (size_t i = 0; i < count; i++) {
		bool last = i + 1 == count;

		if (last || bound[i] != bound[i + 1]) {
			segments_add(segments, bound[i],
				     last ? prefix_last(unit) : bound[i + 1] - 1,
				     draw(3) ? random_answer() : 0);
		}
	}
}

static void each_owner(const struct prefix *unit, const struct segments *segments,
		       void (*visit)(const struct owner *owner, const struct listed *listed))
{
	struct lens lens;
	struct owners owners;

	lens_init(&lens, &view);
	lens_learn_all(&lens, segments, txn);
	owners_init(&owners, &lens);
	block_rrs(&owners, unit, segments);
	for (size_t i = 0; i < owners.count; i++) {
		visit(&owners.at[i], lens_listed(&lens, owners.at[i].class));
	}
	owners_release(&owners);
	lens_release(&lens);
}

static void add_unit(const struct prefix *unit, const struct segments *segments)
{
	zone.owners = 0;
	each_owner(unit, segments, zone_add);
	assert_int_equal(txn_status(txn), ST_OK);
}

static struct prefix unit_of(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, &p), ST_OK);
	return p;
}

static void check_units(const char *const *units, size_t count, uint64_t seed)
{
	struct segments segments[8] = {{0}};

	draw_seed(seed);
	zone_begin();
	for (size_t i = 0; i < count; i++) {
		struct prefix unit = unit_of(units[i]);

		if (unit.family == 4) {
			random_v4(unit.addr, &segments[i]);
		} else {
			random_v6_segments(&unit, &segments[i]);
		}
		add_unit(&unit, &segments[i]);
	}
	for (size_t i = 0; i < count; i++) {
		struct prefix unit = unit_of(units[i]);

		if (unit.family == 4) {
			for (unsigned n = 0; n < 65536; n++) {
				ask(4, unit.addr + n, &segments[i]);
			}
		} else {
			for (size_t n = 0; n < segments[i].count; n++) {
				const struct segment *s = &segments[i].at[n];
				addr_t last = prefix_last(&unit);

				ask(6, s->first, &segments[i]);
				ask(6, s->last, &segments[i]);
				ask(6, s->first > unit.addr ? s->first - 1 : s->first,
				    &segments[i]);
				ask(6, s->last < last ? s->last + 1 : last, &segments[i]);
			}
			for (unsigned n = 0; n < 2000; n++) {
				ask(6, random_v6(&unit), &segments[i]);
			}
		}
		segments_release(&segments[i]);
	}
	zone_end();
}

static void test_every_address_is_answered_as_the_segments_say(void **state)
{
	/* 2.0.0.x is 2000::/12's neighbour in the tree of names, 1.2.x.y that of 2100::/8 … */
	static const char *const units[] = {"2.0.0.0/16",  "1.2.0.0/16",    "192.0.0.0/16",
					    "10.2.0.0/16", "2001:db8::/32", "2000::/32",
					    "2002::/32",   "127.0.0.0/16"};
	const unsigned rounds = getenv("DNSBLD_LONG") ? 200 : 6;

	(void)state;
	for (unsigned seed = 1; seed <= rounds; seed++) {
		check_units(units, sizeof units / sizeof units[0], seed);
	}
}

static void test_mapped_ipv6_is_not_spelled_out(void **state)
{
	static const char *const units[] = {"::/32"};
	struct prefix unit = unit_of("::/32");
	struct segments all = {0};

	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		check_units(units, 1, seed);
	}
	zone_begin();
	segments_add(&all, 0, prefix_last(&unit), ids[1]);
	add_unit(&unit, &all);
	ask(6, (addr_t)0xffff << 32 | 0x7f000002, &all);
	ask(6, (addr_t)0xffff << 32 | 0x0a000001, &all);
	ask(6, (addr_t)0xfffe << 32 | 0x0a000001, &all);
	segments_release(&all);
	zone_end();
}

/* --- what is spelled, and how ------------------------------------------------------------ */

static char lines[1 << 20];

static void print(const struct owner *owner, const struct listed *listed)
{
	size_t used = strlen(lines);
	char name[OWNER_TEXT], ip[PREFIX_TEXT], records[1024];
	size_t len = prefix_format(&owner->prefix, ip);

	owner_text(&owner->prefix, name);
	spell(listed, bytes_of(ip, len), records, sizeof records);
	assert_true((size_t)snprintf(lines + used, sizeof lines - used, "%s %s\n", name, records) <
		    sizeof lines - used);
}

static const char *printed(const char *unit_text, const struct segment *at, size_t count)
{
	struct prefix unit = unit_of(unit_text);
	struct segments segments = {0};

	for (size_t i = 0; i < count; i++) {
		segments_add(&segments, at[i].first, at[i].last, ids[at[i].answer]);
	}
	lines[0] = '\0';
	each_owner(&unit, &segments, print);
	segments_release(&segments);
	return lines;
}

static size_t line_count(void)
{
	size_t count = 0;

	for (const char *p = lines; *p; p++) {
		count += *p == '\n';
	}
	return count;
}

#define PRINTED(unit, ...)                                   \
	printed(unit, (const struct segment[]){__VA_ARGS__}, \
		sizeof((const struct segment[]){__VA_ARGS__}) / sizeof(struct segment))

static void test_a_listed_16_is_one_wildcard(void **state)
{
	(void)state;
	assert_string_equal(PRINTED("192.0.0.0/16", {0xc0000000, 0xc000ffff, 1}),
			    "*.0.192 2 | Relay 192.0.0.0/16 \n");
}

static void test_a_listed_24_is_a_wildcard_and_names(void **state)
{
	(void)state;
	assert_string_equal(PRINTED("192.0.0.0/16", {0xc0000200, 0xc0000206, 1},
				    {0xc0000207, 0xc0000207, 5}, {0xc0000208, 0xc00002ff, 1}),
			    "*.2.0.192 2 | Relay 192.0.2.0/24 \n7.2.0.192 2 | Two \n");
}

static void test_a_24_with_a_hole_is_names(void **state)
{
	(void)state;
	PRINTED("192.0.0.0/16", {0xc0000200, 0xc0000206, 1}, {0xc0000208, 0xc00002ff, 1});
	assert_int_equal(line_count(), 255);
	assert_null(strchr(lines, '*'));
	assert_null(strstr(lines, "\n7.2.0.192 "));
}

static void test_the_wildcard_of_a_16_is_repeated_where_names_are(void **state)
{
	(void)state;
	assert_string_equal(PRINTED("192.0.0.0/16", {0xc0000000, 0xc0000206, 1},
				    {0xc0000207, 0xc0000207, 5}, {0xc0000208, 0xc00002ff, 1},
				    {0xc0000300, 0xc00003ff, 2}, {0xc0000400, 0xc000ffff, 1}),
			    "*.0.192 2 | Relay 192.0.0.0/16 \n*.2.0.192 2 | Relay 192.0.2.0/24 \n"
			    "7.2.0.192 2 | Two \n*.3.0.192 4 \n");
}

static void test_single_digits_are_spelled_one_deeper(void **state)
{
	(void)state;
	/* *.0.2 would answer for 2000::/8, *.0.0.2 to *.9.0.2 for 200N::/12. */
	PRINTED("2.0.0.0/16", {0x02000000, 0x0200ffff, 1});
	assert_int_equal(line_count(), 246 + 10 * 256);
	assert_null(strstr(lines, "*.0.2 "));
	assert_null(strstr(lines, "*.9.0.2 "));
	assert_non_null(strstr(lines, "\n*.10.0.2 "));
	assert_non_null(strstr(lines, "0.0.0.2 2 | Relay 2.0.0.0 \n"));
	PRINTED("10.0.0.0/16", {0x0a000000, 0x0a00ffff, 1});
	assert_int_equal(line_count(), 1);
}

static void test_every_odd_ipv6_length_can_be_spelled(void **state)
{
	const addr_t db8 = (addr_t)0x20010db8 << 96;

	(void)state;
	assert_string_equal(PRINTED("2001:db8::/32", {db8, db8 | ~(addr_t)0 >> 32, 3}),
			    "*.8.b.d.0.1.0.0.2 9 | Netblock \n");
	for (unsigned len = 33; len <= 128; len++) {
		struct prefix p = prefix_of(6, db8, len);

		PRINTED("2001:db8::/32", {p.addr, prefix_last(&p), 3});
		assert_int_equal(line_count(), 1U << ((128 - len) % 4));
		assert_int_equal(lines[0] == '*', len <= 124);
	}
	assert_string_equal(
		PRINTED("2001:db8::/32", {db8 | 0xfffe, db8 | 0x10001, 1}),
		"e.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2 2 | Relay "
		"2001:db8::fffe \n"
		"f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2 2 | Relay "
		"2001:db8::ffff \n"
		"0.0.0.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2 2 | Relay "
		"2001:db8::1:0 \n"
		"1.0.0.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2 2 | Relay "
		"2001:db8::1:1 \n");
}

static void test_what_looks_the_same_is_spelled_the_same(void **state)
{
	static const unsigned twin[ANSWERS] = {[1] = 8, [8] = 9, [9] = 1};
	static char before[sizeof lines];

	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct prefix unit = unit_of("192.0.0.0/16");
		struct segments segments = {0}, others = {0};

		draw_seed(seed);
		random_v4(unit.addr, &segments);
		lines[0] = '\0';
		each_owner(&unit, &segments, print);
		memcpy(before, lines, strlen(lines) + 1);
		/* Ids that look the same change places, and unlisted space gets one that the zone
		 * has not. */
		addr_t next = unit.addr;
		for (size_t i = 0; i < segments.count; i++) {
			struct segment s = segments.at[i];
			unsigned n = 1;

			while (ids[n] != s.answer) {
				n++;
			}
			if (next < s.first) {
				segments_add(&others, next, s.first - 1, ids[7]);
			}
			segments_add(&others, s.first, s.last, ids[twin[n] ? twin[n] : n]);
			next = s.last + 1;
		}
		lines[0] = '\0';
		each_owner(&unit, &others, print);
		assert_string_equal(lines, before);
		segments_release(&segments);
		segments_release(&others);
	}
}

static void test_test_entries_are_left_out(void **state)
{
	(void)state;
	PRINTED("127.0.0.0/16", {0x7f000000, 0x7f0000ff, 1});
	assert_int_equal(line_count(), 256 - 4); /* codes 2, 4 and 9, and 127.0.0.1 */
	assert_null(strchr(lines, '*'));
	assert_null(strstr(lines, "\n1.0.0.127 "));
	assert_null(strstr(lines, "\n2.0.0.127 "));
	assert_non_null(strstr(lines, "\n3.0.0.127 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_address_is_answered_as_the_segments_say),
		cmocka_unit_test(test_mapped_ipv6_is_not_spelled_out),
		cmocka_unit_test(test_a_listed_16_is_one_wildcard),
		cmocka_unit_test(test_a_listed_24_is_a_wildcard_and_names),
		cmocka_unit_test(test_a_24_with_a_hole_is_names),
		cmocka_unit_test(test_the_wildcard_of_a_16_is_repeated_where_names_are),
		cmocka_unit_test(test_single_digits_are_spelled_one_deeper),
		cmocka_unit_test(test_every_odd_ipv6_length_can_be_spelled),
		cmocka_unit_test(test_what_looks_the_same_is_spelled_the_same),
		cmocka_unit_test(test_test_entries_are_left_out),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
