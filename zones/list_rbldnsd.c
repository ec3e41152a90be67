/*
 * list_rbldnsd.c: rbldnsd's dataset files, a line at a time.
 *
 *     $DATASET ip4set:relay relays @     in combined files: what follows is such a dataset
 *     $1 see http://dnsbl.example.org    a variable for texts; and other specials
 *     :2:Open relay, $1?$                what entries mean that do not say it
 *     192.0.2.1
 *     192.0.2/24 :5:Multihop $
 *     !192.0.2.9                         not this one
 *     # ; comments
 *
 * Entries are appended to the list as they are read, and when their dataset ends flattened into
 * what they mean. A default line that is bad makes those entries bad that needed it: rbldnsd would
 * go on with the default before, and list them for something else.
 */
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "list_address.h"
#include "list_flatten.h"
#include "list_special.h"
#include "list_value.h"

struct list_rbldnsd {
	struct list_reader *reader;
	struct list_values *values;
	enum list_format kind; /* of the dataset in hand; LIST_COMBINED: none has begun */
	bool skipping;         /* the dataset in hand lists no addresses for us */
	uint32_t otherwise;    /* the value of entries that say nothing; 0: it was bad */
	uint32_t most;         /* $MAXRANGE4; 0: none */
	size_t from;           /* where in the list its entries begin */
	uint32_t global[LIST_VARIABLES];
	uint32_t variable[LIST_VARIABLES];
};

struct list_rbldnsd *list_rbldnsd_new(struct list_reader *reader)
{
	struct list_rbldnsd *r = must_alloc(sizeof *r);

	r->reader = reader;
	r->values = list_values_new(reader);
	r->kind = reader->list->format;
	r->otherwise = list_value_unsaid(r->values);
	return r;
}

void list_rbldnsd_free(struct list_rbldnsd *r)
{
	if (r) {
		list_values_free(r->values);
		free(r);
	}
}

static void bad(struct list_rbldnsd *r, const char *why)
{
	list_bad(r->reader, r->reader->line, "%s", why);
}

/* Gives entries their sublists and texts, now that all variables are known. */
static void resolve(struct list_rbldnsd *r)
{
	struct list *list = r->reader->list;
	size_t kept = r->from;
	uint32_t told = 0; /* a line may have become several entries */

	for (size_t i = r->from; i < list->count; i++) {
		struct list_item *item = &list->at[i];

		if (item->sublist != LIST_HOLE) {
			const char *wrong = list_value_resolve(r->values, item->text, r->variable,
							       &item->sublist, &item->text);

			if (wrong && told != item->reason) {
				list_bad(r->reader, item->reason, "%s", wrong);
				told = item->reason;
			}
			if (wrong) {
				continue;
			}
		}
		list->at[kept++] = *item;
	}
	list->count = kept;
}

void list_rbldnsd_end(struct list_rbldnsd *r)
{
	resolve(r);
	list_flatten(r->reader, r->from, r->kind == LIST_IP4SET);
	list_values_forget(r->values);
	r->from = r->reader->list->count;
}

/* "type[:name] subzone…": `name` is for rbldnsd's log, and which zones have it our config says. */
static void begin_dataset(struct list_rbldnsd *r, char *s)
{
	static const char blanks[] = " \t";
	char *end = s + strcspn(s, blanks), *rest = end + strspn(end, blanks);
	char *colon = memchr(s, ':', (size_t)(end - s));

	list_rbldnsd_end(r);
	if (colon) {
		*colon = '\0';
	}
	*end = '\0';
	memcpy(r->variable, r->global, sizeof r->variable);
	r->otherwise = list_value_unsaid(r->values);
	r->kind = list_format_named(s);
	r->skipping = r->kind != LIST_IP4SET && r->kind != LIST_IP4TRIE && r->kind != LIST_IP6TRIE;
	if (r->skipping && strcmp(s, "generic") != 0) {
		list_bad(
			r->reader, r->reader->line,
			"a dataset of type '%.32s' cannot be read: ip4set, ip4trie and ip6trie can",
			s);
	} else if (*rest == '\0' || *rest == '#' || *rest == ';') {
		bad(r, "the dataset has no subzone, so rbldnsd would ignore it");
		r->skipping = true;
	}
}

static void set_variable(struct list_rbldnsd *r, size_t index, const char *text)
{
	uint32_t *variable = r->kind == LIST_COMBINED ? r->global : r->variable;

	if (*text == '\0') {
		bad(r, "the variable is empty");
	} else if (variable[index] == 0) { /* the first line counts */
		variable[index] = list_value_variable(r->values, text);
	}
}

static void set_most(struct list_rbldnsd *r, char *s)
{
	uint32_t most;

	if (!list_special_range(s, &most)) {
		bad(r, "a $MAXRANGE4 is as in 256 or /24");
	} else if (r->most != 0 && most > r->most) {
		bad(r, "$MAXRANGE4 cannot be made larger again");
	} else {
		r->most = most;
	}
}

static void set_timestamp(struct list_rbldnsd *r, char *s)
{
	const char *refuse, *wrong = list_special_timestamp(s, r->reader->input->now, &refuse);

	if (wrong) {
		bad(r, wrong);
	} else if (refuse) {
		r->reader->stop =
			fail(ST_DATA, "line %llu: %s", (unsigned long long)r->reader->line, refuse);
	}
}

/* A line after its $. `comment`: it began with # or ;, so what is unknown may be just that. */
static void special_line(struct list_rbldnsd *r, char *line, bool comment)
{
	static const char *const served[] = {"soa", "ns", "nameserver", "ttl"};
	char *rest;

	for (size_t i = 0; i < sizeof served / sizeof served[0]; i++) {
		if (list_special_word(line, served[i])) {
			return;
		}
	}
	if ((*line == '=' || (*line >= '0' && *line <= '9')) &&
	    (line[1] == ' ' || line[1] == '\t')) {
		set_variable(r, *line == '=' ? LIST_VARIABLES - 1 : (size_t)(*line - '0'),
			     line + 1 + strspn(line + 1, " \t"));
	} else if ((rest = list_special_word(line, "maxrange4"))) {
		set_most(r, rest);
	} else if ((rest = list_special_word(line, "timestamp"))) {
		set_timestamp(r, rest);
	} else if ((rest = list_special_word(line, "dataset")) &&
		   r->reader->list->format == LIST_COMBINED) {
		begin_dataset(r, rest);
	} else if (!comment) {
		bad(r, "no such special line is known, or not in this format");
	}
}

/* Whether a listing may cover the range: IPv4 inside ::ffff:0:0/96 is judged as such. */
static const char *check_range(const struct list_rbldnsd *r, const struct list_range *range,
			       unsigned family, bool hole)
{
	addr_t at = range->first;
	bool done = false;
	struct prefix p;

	if (family == 4 && r->most != 0 && range->last - range->first >= r->most) {
		return "the range is wider than $MAXRANGE4";
	}
	while (!hole && range_next(family, &at, range->last, &done, &p)) {
		if (family == 6 && p.len >= 96 && p.addr >> 32 == 0xffff) {
			p = (struct prefix){p.addr & UINT32_MAX, 4, (uint8_t)(p.len - 96)};
		}
		if (prefix_check_listing(&p)) {
			return fail_text();
		}
	}
	return NULL;
}

static void add_entry(struct list_rbldnsd *r, const struct list_range *range, unsigned family,
		      uint32_t value)
{
	addr_t at = range->first;
	bool done = false;
	struct prefix p;

	while (range_next(family, &at, range->last, &done, &p)) {
		list_append(r->reader, &(struct list_item){.addr = p.addr,
							   .family = p.family,
							   .len = p.len,
							   .sublist = value ? 0 : LIST_HOLE,
							   .text = value});
		r->reader->list->at[r->reader->list->count - 1].reason = (uint32_t)r->reader->line;
	}
}

static void entry_line(struct list_rbldnsd *r, char *s)
{
	static const char *(*const parse[])(char **, struct list_range *) = {
		[LIST_IP4SET] = list_ip4_range,
		[LIST_IP4TRIE] = list_ip4_prefix,
		[LIST_IP6TRIE] = list_ip6_prefix,
	};
	unsigned family = r->kind == LIST_IP6TRIE ? 6 : 4;
	bool hole = *s == '!';
	uint32_t value = 0;
	struct list_range range;

	if (hole) {
		s++;
		s += strspn(s, " \t");
	}

	const char *wrong = parse[r->kind](&s, &range);

	if (!wrong && !strchr(" \t#;:", *s)) {
		wrong = "something is attached to the address";
	}
	if (!wrong) {
		wrong = check_range(r, &range, family, hole);
	}
	if (!wrong && !hole) {
		s += strspn(s, " \t");
		wrong = *s == '\0' || *s == '#' || *s == ';'
				? (r->otherwise ? NULL : "the default before it is bad")
				: list_value_read(r->values, s, r->otherwise, &value);
		value = value ? value : r->otherwise;
	}
	if (wrong) {
		bad(r, wrong);
	} else {
		add_entry(r, &range, family, value);
	}
}

static void default_line(struct list_rbldnsd *r, char *s)
{
	const char *wrong =
		list_value_read(r->values, s, list_value_unsaid(r->values), &r->otherwise);

	if (wrong) {
		r->otherwise = 0;
		bad(r, wrong);
	}
}

void list_rbldnsd_line(struct list_rbldnsd *r, char *line)
{
	char *s = line + strspn(line, " \t"), *end = s + strlen(s);

	while (end > s && (end[-1] == ' ' || end[-1] == '\t')) {
		*--end = '\0';
	}

	bool comment = *s == '#' || *s == ';';

	if (*s == '$') {
		special_line(r, s + 1, false);
	} else if ((comment || *s == ':') && s[1] == '$') {
		special_line(r, s + 2, comment);
	} else if (*s == '\0' || comment || r->skipping) {
		return;
	} else if (r->kind == LIST_COMBINED) {
		bad(r, "it comes before the first $DATASET line");
	} else if (*s == ':' && !(r->kind == LIST_IP6TRIE && s[1] == ':')) {
		default_line(r, s);
	} else {
		entry_line(r, s);
	}
}
