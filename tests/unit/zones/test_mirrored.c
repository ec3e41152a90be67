/*
 * test_mirrored.c: what is listed of a mirrored zone, against a naive resolver (RFC 1034 §4.3.2,
 * RFC 4592) that walks names and knows nothing of keys, covers and regions.
 *
 * Random zones come as full transfers, then change by random differences, and after each every
 * address at a boundary of any name has to answer as the resolver does; the index and the claims
 * have to be those that a full transfer of the same records makes in a database of its own; and
 * `check` has to agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "answer.h"
#include "change.h"
#include "change_mirror.h"
#include "check.h"
#include "dns.h"
#include "draw.h"
#include "index.h"
#include "mirrored.h"
#include "records.h"
#include "revname.h"
#include "source.h"
#include "temp.h"
#include "zonestate.h"

/* Last: its macro fail() would swallow ours. */
#include <cmocka.h>

static const char CONFIG[] =
	"database = \"db\" listen = { \"127.0.0.1:5353\" }\n"
	"sublist relay { code = 2 text = \"relay {ip}\" }\n"
	"zone \"own.example.org\" { ns = { \"ns.example.net\" } soa { mname = \"ns.example.net\" rname = \"h.example.org\" } }\n"
	"mirror { zone \"list.example\" { primaries = { \"192.0.2.1:53\" } } }\n";

#define ZONE "list.example"

enum { RECORDS = 600, CNAME = 5, DNAME = 39 };

static const char *dir;

static bool long_run(void)
{
	return getenv("DNSBLD_LONG") != NULL;
}

/* --- the model: records, and a resolver ------------------------------------------------------- */

struct model_record {
	struct name owner;
	uint16_t type;
	uint32_t ttl_s;
	uint8_t rdata[300];
	size_t len;
};

static struct model_record model[RECORDS];
static size_t model_count;

static struct name apex;

static struct name name_of(const char *text)
{
	char whole[NAME_TEXT];
	struct name name;

	snprintf(whole, sizeof whole, "%s%s" ZONE, text, *text ? "." : "");
	if (name_parse(whole, &name)) {
		fprintf(stderr, "%s\n", fail_text());
	}
	assert_int_not_equal(name.len, 0);
	return name;
}

static bool below(const struct name *name, const struct name *top)
{
	size_t before;

	return name_below(name, top, &before);
}

static bool exists(const struct name *name)
{
	for (size_t i = 0; i < model_count; i++) {
		if (below(&model[i].owner, name)) {
			return true;
		}
	}
	return false;
}

static bool has(const struct name *name, uint16_t type)
{
	for (size_t i = 0; i < model_count; i++) {
		if (model[i].type == type && name_equal(&model[i].owner, name)) {
			return true;
		}
	}
	return false;
}

/* The name without its first label. */
static struct name parent(const struct name *name)
{
	struct name up = {0};
	size_t first = 1U + name->wire[0];

	up.len = (uint8_t)(name->len - first);
	memcpy(up.wire, name->wire + first, up.len);
	return up;
}

static struct name wildcard(const struct name *name)
{
	struct name wild = {.len = (uint8_t)(name->len + 2), .wire = {1, '*'}};

	memcpy(wild.wire + 2, name->wire, name->len);
	return wild;
}

/* What a mail server sees. */
struct seen {
	unsigned codes;
	uint8_t code[256];
	unsigned texts;
	struct {
		uint8_t octets[256];
		size_t len;
	} text[64];
};

static int by_rdata(const void *a, const void *b)
{
	const struct model_record *x = *(const struct model_record *const *)a,
				  *y = *(const struct model_record *const *)b;
	size_t len = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->rdata, y->rdata, len);

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void saw_text(struct seen *seen, const uint8_t *text, size_t len)
{
	for (unsigned i = 0; i < seen->texts; i++) {
		if (seen->text[i].len == len && memcmp(seen->text[i].octets, text, len) == 0) {
			return;
		}
	}
	memcpy(seen->text[seen->texts].octets, text, len);
	seen->text[seen->texts++].len = len;
}

/* The records at an owner, as far as a DNSBL can say them. */
static void read_owner(const struct name *owner, struct seen *seen)
{
	const struct model_record *at[RECORDS];
	unsigned count = 0, texts = 0;

	if (has(owner, CNAME) || has(owner, TYPE_NS)) {
		return;
	}
	for (size_t i = 0; i < model_count; i++) {
		if (name_equal(&model[i].owner, owner)) {
			at[count++] = &model[i];
		}
	}
	qsort(at, count, sizeof(struct model_record *), by_rdata);
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *d = at[i]->rdata;

		if (at[i]->type == TYPE_A && d[0] == 127 && d[1] == 0 && d[2] == 0 && d[3] >= 2 &&
		    d[3] <= 254) {
			seen->code[seen->codes++] = d[3];
		}
	}
	for (unsigned i = 0; i < count; i++) {
		if (at[i]->type == TYPE_TXT && texts++ < seen->codes) {
			saw_text(seen, at[i]->rdata + 1, at[i]->rdata[0]);
		}
	}
}

static void resolve(unsigned family, addr_t addr, struct seen *seen)
{
	struct prefix host = prefix_of(family, addr, prefix_bits(family));
	struct name qname, name;

	revname_name(&host, &apex, &qname);
	seen->codes = seen->texts = 0;
	for (name = qname;; name = parent(&name)) {
		bool top = name_equal(&name, &apex);

		if ((!top && has(&name, TYPE_NS)) ||
		    (!name_equal(&name, &qname) && has(&name, DNAME))) {
			return;
		}
		if (top) {
			break;
		}
	}
	if (exists(&qname)) {
		read_owner(&qname, seen);
		return;
	}
	for (name = parent(&qname); !exists(&name); name = parent(&name)) {
	}
	if (!name_equal(&name, &apex)) {
		name = wildcard(&name);
		read_owner(&name, seen);
	}
}

/* --- random records --------------------------------------------------------------------------- */

static const char *pick(const char *const *of, unsigned count)
{
	return of[draw(count)];
}
#define PICK(...)                                \
	pick((const char *const[]){__VA_ARGS__}, \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void random_v4(char *owner, size_t room)
{
	const char *a = PICK("192", "192", "2", "2", "5", "0", "255");
	const char *b = PICK("0", "0", "3", "168", "255");
	const char *c = PICK("0", "2", "7", "255");
	const char *d = PICK("0", "1", "2", "9", "10", "127", "128", "255", "100", "200");

	switch (draw(12)) {
	case 0:
		snprintf(owner, room, "*.%s", a);
		break;
	case 1:
		snprintf(owner, room, "*.%s.%s", b, a);
		break;
	case 2:
	case 3:
		snprintf(owner, room, "*.%s.%s.%s", c, b, a);
		break;
	case 4:
		snprintf(owner, room, "%s.%s.%s", c, b, a);
		break;
	default:
		snprintf(owner, room, "%s.%s.%s.%s", d, c, b, a);
		break;
	}
}

static void random_v6(char *owner, size_t room)
{
	char nibbles[33], *at = owner;
	unsigned depth = draw(3) ? 32 : 1 + (unsigned)draw(31);
	bool wild = depth < 32 && draw(4);

	snprintf(nibbles, sizeof nibbles, "%s%s%s%s",
		 PICK("20010db8", "20010db8", "20010db0", "50000000", "00000000", "20030000"),
		 PICK("00000000", "0000000f", "f0000000"), PICK("00000000", "10000000"),
		 PICK("00000000", "00000001", "00000002", "0000000f", "ffffffff"));
	(void)room;
	if (wild) {
		at += sprintf(at, "*.");
	}
	for (unsigned i = depth; i > 0; i--) {
		at += sprintf(at, "%c%s", nibbles[i - 1], i > 1 ? "." : "");
	}
}

static void random_owner(char *owner, size_t room)
{
	char inner[128];

	switch (draw(16)) {
	case 0: /* what belongs to no address, above it, in it, below it */
		random_v4(inner, sizeof inner);
		snprintf(owner, room, "%s.%s", PICK("foo", "01", "*", "1", "x\\000y", "\\001"),
			 inner);
		break;
	case 1:
		snprintf(owner, room, "%s", PICK("ns1", "*", "foo", "foo.bar", "256", "00", "a"));
		break;
	case 2:
		snprintf(owner, room, "%s.%s.%s", PICK("1", "*", "foo"), PICK("01", "256", "foo"),
			 PICK("192", "0.192", "2.0.192", "0.0.2"));
		break;
	case 3: /* of single digits: both families' */
		snprintf(owner, room, "*.%s",
			 PICK("0.0.2", "1.0.0.2", "0.2", "2", "5", "0", "0.5", "0.0.0.0.5"));
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		random_v6(owner, room);
		break;
	default:
		random_v4(owner, room);
		break;
	}
}

static void set_text(struct model_record *r, const char *text, size_t len)
{
	r->type = TYPE_TXT;
	r->rdata[0] = (uint8_t)len;
	memcpy(r->rdata + 1, text, len);
	r->len = 1 + len;
	if (draw(6) == 0) {
		memcpy(r->rdata + r->len, "\3two", 4);
		r->len += 4;
	}
}

/* The address that an owner is, in words; "" for others. */
static void address_text(const struct name *owner, char text[ADDR_TEXT])
{
	size_t before;

	assert_true(name_below(owner, &apex, &before));
	struct revname rev = revname_parse(owner->wire, before);

	*text = '\0';
	if (rev.kind == REVNAME_ADDRESS) {
		addr_format(rev.family, rev.addr, text);
	}
}

static void random_text(struct model_record *r)
{
	char text[256], ip[ADDR_TEXT];

	address_text(&r->owner, ip);
	switch (draw(8)) {
	case 0:
		set_text(r, "", 0);
		break;
	case 1:
		set_text(r, "braces {ip} as they are", 23);
		break;
	case 2:
		set_text(r, "\0{ip}\377", 6);
		break;
	case 3:
		set_text(r, text, (size_t)snprintf(text, sizeof text, "{ip} %s", ip));
		break;
	case 4:
		memset(text, 'x', 255);
		memcpy(text + 100, "{ip}", draw(2) ? 4 : 3);
		set_text(r, text, 255);
		break;
	default:
		set_text(r, text,
			 (size_t)snprintf(text, sizeof text, "{%s} listed: {i%s, see %s0", ip, ip,
					  ip));
		break;
	}
}

/* Whether there are many delegations and DNAMEs. */
static bool many_cuts;

static struct model_record random_cut(void)
{
	struct model_record r = {.ttl_s = 300, .type = draw(2) ? TYPE_NS : DNAME};

	r.owner = name_of(PICK("0.192", "2.0.192", "7.0.192", "1.2.0.192", "*.2.0.192", "0.2",
			       "0.0.2", "8.b.d.0.1.0.0.2", "0.8.b.d.0.1.0.0.2", "foo.2.0.192"));
	memcpy(r.rdata, draw(2) ? "\3www\2ex" : "\3xyz\2ex", r.len = 8);
	return r;
}

static struct model_record random_record(void)
{
	if (many_cuts && draw(8) == 0) {
		return random_cut();
	}
	static const uint8_t codes[] = {2, 2, 3, 4, 9, 254, 255, 1};
	struct model_record r = {.ttl_s = draw(3) ? 300 : 60};
	char owner[256];

	random_owner(owner, sizeof owner);
	r.owner = name_of(owner);
	switch (draw(24)) {
	case 0:
		r.type = draw(2) ? TYPE_NS : DNAME;
		if (draw(3)) {
			r.type = CNAME;
		}
		memcpy(r.rdata, "\3www\2ex", r.len = 8);
		break;
	case 1:
		r.type = TYPE_AAAA;
		r.len = 16;
		break;
	case 2:
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		random_text(&r);
		break;
	default:
		r.type = TYPE_A;
		memcpy(r.rdata, (const uint8_t[]){127, 0, 0, codes[draw(8)]}, r.len = 4);
		r.rdata[0] = draw(20) ? 127 : 10;
		break;
	}
	return r;
}

static size_t find(const struct model_record *r)
{
	for (size_t i = 0; i < model_count; i++) {
		if (model[i].type == r->type && name_equal(&model[i].owner, &r->owner) &&
		    model[i].len == r->len && memcmp(model[i].rdata, r->rdata, r->len) == 0) {
			return i;
		}
	}
	return SIZE_MAX;
}

/* --- a database ------------------------------------------------------------------------------- */

struct database {
	struct config *config;
	struct store *store;
	struct zone_config *zone;
	uint32_t serial;
};

static void open_database(struct database *db, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(config_parse(CONFIG, path, &db->config), ST_OK);
	assert_int_equal(store_create(&db->store, path, 1ULL << 30, -1, -1), ST_OK);
	db->zone = (struct zone_config *)(uintptr_t)config_zone(db->config, ZONE);
	assert_non_null(db->zone);
	db->serial = 1;
}

static void close_database(struct database *db)
{
	store_close(db->store);
	config_free(db->config);
}

static struct change *begin(struct database *db)
{
	struct change *c;
	const struct change_who who = {"test", "mirror", 1000};

	if (change_begin(&c, db->store, db->config, &who)) {
		fprintf(stderr, "%s\n", fail_text());
	}
	return c;
}

static void good(enum status status)
{
	if (status) {
		fprintf(stderr, "%s\n", fail_text());
	}
	assert_int_equal(status, ST_OK);
}

static struct record record_of(const struct model_record *r)
{
	return (struct record){r->owner, r->type, r->ttl_s, bytes_of(r->rdata, r->len)};
}

static struct model_record soa_of(uint32_t serial)
{
	struct model_record r = {.owner = apex, .type = TYPE_SOA, .ttl_s = 300};
	struct writer w = writer_of(r.rdata, sizeof r.rdata);

	write_bytes(&w, "\2ns\2ex\0\1h\2ex", 13);
	write_u32(&w, serial);
	write_u32(&w, 600);
	write_u32(&w, 300);
	write_u32(&w, 86400);
	write_u32(&w, 60);
	r.len = writer_len(&w);
	return r;
}

static void add(struct change *c, const struct model_record *r)
{
	struct record record = record_of(r);

	change_mirror_add(c, &record);
}

static void end(struct change *c, struct database *db)
{
	struct model_record soa = soa_of(++db->serial);
	struct mirror_counts counts;
	bool more, sliced;

	add(c, &soa);
	for (good(change_mirror_end(c, db->serial, 77, &counts, &more)); more;
	     good(change_mirror_end(c, db->serial, 77, &counts, &more))) {
		good(change_mirror_slice(&c, &sliced));
		assert_true(sliced);
	}
	assert_int_equal(counts.records, model_count + 1);
	good(change_commit(c, NULL));
}

/* All of the model, in an order of its own, and in slices where they are small. */
static void full(struct database *db)
{
	struct change *c = begin(db);
	static const size_t primes[] = {1, 3, 5, 7, 11, 13};
	size_t step = primes[draw(6)];

	good(change_mirror_begin(c, db->zone, true));
	step = model_count % step == 0 ? 1 : step;
	for (size_t i = 0, at = 0; i < model_count; i++, at = (at + step) % model_count) {
		add(c, &model[at]);
		good(change_mirror_slice(&c, NULL));
	}
	end(c, db);
}

static void must_check(struct txn *txn);

static void print_fault(void *context, const char *fault)
{
	(void)context;
	fprintf(stderr, "check: %s\n", fault);
}

static void must_check(struct txn *txn)
{
	assert_int_equal(check_run(txn, print_fault, NULL), ST_OK);
}

/* --- comparing -------------------------------------------------------------------------------- */

static void look_up(struct txn *txn, const struct zone_view *view, unsigned family, addr_t addr,
		    struct seen *seen)
{
	static struct answer a;
	static struct rrs rrs;
	uint32_t id = index_find(txn, family, addr);
	char ip[ADDR_TEXT];
	size_t len = addr_format(family, addr, ip);

	seen->codes = seen->texts = 0;
	if (!id) {
		return;
	}
	assert_true(answer_read(txn, id, &a));
	answer_rrs(&a, view, txn, &rrs);
	seen->codes = rrs.a_count;
	memcpy(seen->code, rrs.code, rrs.a_count);
	for (unsigned i = 0; i < rrs.txt_count; i++) {
		uint8_t text[TEXT_MAX];

		saw_text(seen, text, text_expand(rrs.txt[i], bytes_of(ip, len), text));
	}
}

static struct zone_view view;

static void compare_address(struct txn *txn, unsigned family, addr_t addr)
{
	static struct seen is, should;
	bool same;

	resolve(family, addr, &should);
	look_up(txn, &view, family, addr, &is);
	same = is.codes == should.codes && memcmp(is.code, should.code, is.codes) == 0 &&
	       is.texts == should.texts;
	for (unsigned i = 0; same && i < is.texts; i++) {
		same = is.text[i].len == should.text[i].len &&
		       memcmp(is.text[i].octets, should.text[i].octets, is.text[i].len) == 0;
	}
	if (!same) {
		char ip[ADDR_TEXT];

		addr_format(family, addr, ip);
		fprintf(stderr, "%s: %u codes (first %u) and %u texts, should be %u (%u) and %u\n",
			ip, is.codes, is.code[0], is.texts, should.codes, should.code[0],
			should.texts);
	}
	assert_true(same);
}

static addr_t *points[2];
static size_t point_count[2];

static void point(unsigned family, addr_t addr)
{
	unsigned f = family == 6;

	if (point_count[f] % 256 == 0) {
		points[f] = realloc(points[f], (point_count[f] + 256) * sizeof *points[f]);
	}
	points[f][point_count[f]++] = addr & prefix_mask(family, prefix_bits(family));
}

/* The ends of what a name covers, and of each label above it. */
static void points_of(const struct name *owner)
{
	uint8_t labels[128];
	unsigned count = 0;
	size_t before;

	name_below(owner, &apex, &before);
	for (size_t at = 0; at < before; at += 1U + owner->wire[at]) {
		labels[count++] = (uint8_t)at;
	}
	for (unsigned family = 4; family <= 6; family += 2) {
		unsigned bits = prefix_bits(family), step = family == 4 ? 8 : 4, len = 0;
		addr_t addr = 0;

		for (unsigned i = count; i > 0 && len < bits; i--) {
			const uint8_t *l = owner->wire + labels[i - 1];
			char text[64], *rest;

			memcpy(text, l + 1, *l);
			text[*l] = '\0';
			unsigned long value = strtoul(text, &rest, family == 4 ? 10 : 16);
			if (*rest || value >> step) {
				break;
			}
			len += step;
			addr |= (addr_t)value << (bits - len);
			struct prefix p = prefix_of(family, addr, len);
			addr_t last = prefix_last(&p);
			point(family, addr);
			point(family, addr - 1);
			point(family, last);
			point(family, last + 1);
			point(family, addr | (draw(UINT64_MAX) & (last ^ addr)));
		}
	}
}

static int by_addr(const void *a, const void *b)
{
	addr_t x = *(const addr_t *)a, y = *(const addr_t *)b;

	return (x > y) - (x < y);
}

static void compare_all(struct database *db)
{
	struct txn *txn;

	good(txn_read(db->store, &txn));
	assert_true(mirror_zone_load(txn, db->zone));
	zone_view_init(&view, db->zone, txn);
	for (unsigned f = 0; f < 2; f++) {
		point_count[f] = 0;
	}
	for (size_t i = 0; i < model_count; i++) {
		points_of(&model[i].owner);
	}
	for (unsigned f = 0; f < 2; f++) {
		if (point_count[f] > 0) {
			qsort(points[f], point_count[f], sizeof *points[f], by_addr);
		}
		for (size_t i = 0; i < point_count[f]; i++) {
			if (i == 0 || points[f][i] != points[f][i - 1]) {
				compare_address(txn, f ? 6 : 4, points[f][i]);
			}
		}
	}
	must_check(txn);
	txn_abort(txn);
}

/* What is listed, in words, whatever the ids. */
static char *dump(struct database *db, bool claims)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct txn *txn;

	good(txn_read(db->store, &txn));
	for (unsigned family = 4; family <= 6; family += 2) {
		struct prefix all = prefix_of(family, 0, 0);
		struct segments s = {0};
		static struct answer a;

		index_read(txn, &all, &s);
		for (size_t i = 0; i < s.count; i++) {
			char first[ADDR_TEXT], last[ADDR_TEXT], name[SUBLIST_NAME];

			addr_format(family, s.at[i].first, first);
			addr_format(family, s.at[i].last, last);
			fprintf(out, "%s-%s", first, last);
			assert_true(answer_read(txn, s.at[i].answer, &a));
			/* Numbers depend on what was met first. */
			for (unsigned code = 0; code < 256; code++) {
				for (unsigned n = 0; n < a.count; n++) {
					char wanted[MIRROR_NAME_TEXT];
					struct bytes t = text_read(txn, a.item[n].text);

					assert_true(sublist_name(txn, a.item[n].sublist, name));
					mirror_sublist(ZONE, (uint8_t)code, wanted);
					if (strcmp(name, code == 0 ? "relay" : wanted) == 0) {
						fprintf(out, " %s:%zu:%.*s", name, t.len,
							(int)t.len, (const char *)t.data);
					}
				}
			}
			fprintf(out, "\n");
		}
		segments_release(&s);
	}
	struct source source;
	if (claims && source_read(txn, "mirror " ZONE, &source)) {
		struct source_walk *walk = source_walk_open(txn, source.number, NULL);
		struct prefix p;
		uint16_t sublist;
		char prefix[PREFIX_TEXT], last[PREFIX_TEXT] = "";
		unsigned here = 0;

		while (source_walk_next(walk, &p, &sublist)) {
			prefix_format(&p, prefix);
			if (strcmp(prefix, last) != 0) {
				fprintf(out, "%u\n%s", here, prefix);
				here = 0;
				memcpy(last, prefix, sizeof last);
			}
			here++;
		}
		fprintf(out, "%u\n", here);
		source_walk_close(walk);
	}
	txn_abort(txn);
	fclose(out);
	return text;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void random_model(size_t count)
{
	static const char ns[] = "\2ns\2ex";

	model_count = 1;
	model[0] = (struct model_record){.owner = apex, .type = TYPE_NS, .ttl_s = 300};
	memcpy(model[0].rdata, ns, model[0].len = sizeof ns);
	while (model_count < count) {
		struct model_record r = random_record();

		if (find(&r) == SIZE_MAX) {
			model[model_count++] = r;
		}
	}
}

static void remove_record(struct change *c)
{
	size_t i = 1 + draw(model_count - 1);
	struct record record = record_of(&model[i]);

	if (c) {
		change_mirror_delete(c, &record);
	}
	model[i] = model[--model_count];
}

/* A difference: some go, some come, some come back. */
static void change_model(struct change *c)
{
	for (uint64_t n = draw(12); n > 0 && model_count > 2; n--) {
		remove_record(c);
	}
	for (uint64_t n = draw(12); n > 0 && model_count < RECORDS; n--) {
		struct model_record r = random_record();

		if (find(&r) == SIZE_MAX) {
			if (c) {
				add(c, &r);
			}
			model[model_count++] = r;
		}
	}
}

/* Own listings and an exclusion, which are nothing to the mirror. */
static void own_data(struct database *db)
{
	struct change *c = begin(db);
	static const char *const listed[] = {"192.0.2.0/25", "2.0.0.1", "2001:db8::/34",
					     "5.0.0.0/9"};
	struct prefix p;

	for (unsigned i = 0; i < 4; i++) {
		struct claim_add a = {.sublist = change_sublist(c, "relay"),
				      .source = change_source(c, "operator")};

		good(prefix_parse(listed[i], &a.prefix));
		assert_int_equal(change_add(c, &a), CLAIM_ADDED);
	}
	good(prefix_parse("192.0.2.0/26", &p));
	assert_true(change_exclude(c, &p, NULL, 0));
	good(prefix_parse("2000::/5", &p));
	assert_true(change_exclude(c, &p, NULL, 0));
	good(change_commit(c, NULL));
}

static void drop(struct database *db)
{
	bool more = true;

	while (more) {
		struct change *c = begin(db);

		assert_true(change_mirror_drop(c, ZONE, &more));
		good(change_commit(c, NULL));
	}
}

static void one_history(unsigned number)
{
	struct database db, fresh;
	char name[32];

	draw_seed(number);
	many_cuts = number % 4 == 1;
	mirror_slice = number % 2 ? UINT64_C(320) << 20 : 2000 + draw(20000);
	snprintf(name, sizeof name, "db%u", number);
	open_database(&db, name);
	own_data(&db);
	char *before = dump(&db, true);

	random_model(2 + draw(number % 3 ? 20 : 150));
	full(&db);
	compare_all(&db);
	for (unsigned step = 0; step < 6; step++) {
		if (draw(3) == 0) {
			change_model(NULL);
			full(&db);
		} else {
			struct change *c = begin(&db);

			mirror_slice = UINT64_C(320) << 20;
			good(change_mirror_begin(c, db.zone, false));
			change_model(c);
			end(c, &db);
		}
		compare_all(&db);
		snprintf(name, sizeof name, "fresh%u-%u", number, step);
		open_database(&fresh, name);
		own_data(&fresh);
		full(&fresh);
		char *is = dump(&db, true), *should = dump(&fresh, true);

		assert_string_equal(is, should);
		free(is);
		free(should);
		close_database(&fresh);
	}
	drop(&db);
	char *after = dump(&db, false);
	assert_string_equal(before, after);
	free(before);
	free(after);
	struct txn *txn;
	good(txn_read(db.store, &txn));
	must_check(txn);
	assert_int_equal(store_table_usage(txn, TABLE_MIRRORED).entries, 0);
	txn_abort(txn);
	close_database(&db);
}

static void test_any_history_answers_as_a_naive_resolver_does(void **state)
{
	(void)state;
	unsigned histories = long_run() ? 2000 : 25;
	const char *only = getenv("DNSBLD_SEED");

	for (unsigned i = only ? (unsigned)atoi(only) : 0; i < histories; i++) {
		print_message("history %u\n", i);
		one_history(i);
		if (only) {
			break;
		}
	}
}

static int setup(void **state)
{
	(void)state;
	dir = temp_make();
	apex = name_of("");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	temp_remove(dir);
	free(points[0]);
	free(points[1]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_history_answers_as_a_naive_resolver_does),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
