/*
 * answer.h: what an answer id stands for: the sublists an address is on, each with the public text
 * of a claim, or none, for then the sublist's template speaks. And from there to the records of a
 * zone.
 *
 *     answer_rrs(answer, zone)  is the one place that knows which records an answer means (DESIGN,
 * "Zones, as DNS sees them"); the server, exports and transfers all ask it.
 *
 * Ids of answers and texts are never used twice and their content never changes: they may be cached
 * for ever.
 */
#ifndef DNSBLD_ANSWER_H
#define DNSBLD_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "config.h"
#include "index.h"
#include "store.h"

struct answer_item {
	uint16_t sublist; /* its number in the database, see sublist_number() */
	uint32_t text;    /* text id; 0: the sublist's template */
};

struct answer {
	unsigned count;
	struct answer_item item[CONFIG_SUBLISTS]; /* ascending by sublist */
};

/* Reads an answer. False where there is no such id (a damaged database, the transaction's error
 * then). */
bool answer_read(struct txn *txn, uint32_t id, struct answer *answer);

/*
 * A public text is a template: {ip} in it stands for the queried address, as in a sublist's. One
 * that begins with TEXT_LITERAL, which the config and the command line cannot say, stands for what
 * comes after it, whatever that is: a mirror serves its primary's TXT octet by octet, an empty one
 * too.
 */
enum { TEXT_LITERAL = 0, TEMPLATE_MAX = 1 + TEXT_MAX };

/* What a literal text says; of another the template. *literal may be NULL. */
static inline struct bytes text_shown(struct bytes text, bool *literal)
{
	bool is = text.len > 0 && text.data[0] == TEXT_LITERAL;

	if (literal) {
		*literal = is;
	}
	return is ? bytes_of(text.data + 1, text.len - 1) : text;
}

/* The public text of an id; empty where there is none. Borrowed from the transaction. */
struct bytes text_read(struct txn *txn, uint32_t id);

/* The number that a sublist of this name has in the database; 0 where it has none yet. Never
 * reused. */
uint16_t sublist_number(struct txn *txn, const char *name);

/* The name of a number, also of a sublist that the config no longer has. False where there is none.
 */
enum { SUBLIST_NAME = 272 }; /* room for a name, a mirrored zone's too, with its NUL */
bool sublist_name(struct txn *txn, uint16_t number, char name[SUBLIST_NAME]);

/* For change.c: gives a sublist its number. */
void sublist_write(struct txn *txn, uint16_t number, const char *name);

/* A zone joined with the numbers of its sublists: what answer_rrs() needs. Plain memory, borrows
 * from the config. */
struct zone_view {
	const struct zone_config *config;
	size_t count;
	struct zone_sublist {
		uint16_t number; /* 0: nothing was ever claimed on it */
		uint8_t code;
		struct bytes text;  /* the template */
	} sublist[CONFIG_SUBLISTS]; /* ascending by code */
};

void zone_view_init(struct zone_view *view, const struct zone_config *config, struct txn *txn);

/* The records at one owner: an A 127.0.0.code for each, and TXTs, templates in which {ip} is still
 * to be expanded. */
struct rrs {
	unsigned a_count; /* 0: the zone does not list it */
	uint8_t code[CONFIG_SUBLISTS];
	unsigned txt_count;
	struct bytes
		txt[CONFIG_SUBLISTS]; /* borrowed from the view's config and from the transaction */
};

/* The same, in as much memory as they need. */
struct listed {
	unsigned a_count, txt_count;
	const uint8_t *code;
	const struct bytes *txt;
};

/* The records that `answer` means in the zone. Texts are read through `txn`. */
void answer_rrs(const struct answer *answer, const struct zone_view *view, struct txn *txn,
		struct rrs *rrs);

/* RFC 5782 §5: the records of 127.0.0.N or ::ffff:7f00:N (`low` = N) in the zone. a_count is 0
 * where there are none. */
void test_entry_rrs(uint8_t low, const struct zone_view *view, struct rrs *rrs);

/* Whether `addr` is one that only test_entry_rrs() may answer: *low is its N. 127.0.0.1 is, and is
 * never listed. */
bool test_entry(const struct zone_view *view, unsigned family, addr_t addr, uint8_t *low);

/* Whether two answers (0: unlisted) mean the same records in the zone. */
bool answer_same(uint32_t a, uint32_t b, const struct zone_view *view, struct txn *txn);

/* Writes what a template says with `ip` for each {ip}, at most TEXT_MAX octets. Returns the length.
 */
size_t text_expand(struct bytes text, struct bytes ip, uint8_t out[TEXT_MAX]);

#endif
