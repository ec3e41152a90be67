/*
 * exclusion.c: exclusions as bytes, and those about a prefix.
 *
 *     exclusions: prefix(6|18) -> version(1) created(8) expires(8) comment(rest)
 */
#include "exclusion.h"

#include "state.h"

enum { VERSION = 1 };

/* RFC 6890's registry, as far as no mail server can be there; documentation prefixes are left for
 * examples. */
const char *const reserved_space[] = {
	"0.0.0.0/8",
	"10.0.0.0/8",
	"100.64.0.0/10",
	"127.0.0.0/8",
	"169.254.0.0/16",
	"172.16.0.0/12",
	"192.0.0.0/24",
	"192.168.0.0/16",
	"198.18.0.0/15",
	"224.0.0.0/4",
	"240.0.0.0/4",
	/* All that is not global unicast, 2000::/3, and the IETF's own part of it. */
	"::/3",
	"4000::/2",
	"8000::/1",
	"2001::/23",
	NULL,
};

void exclusion_write(struct writer *w, const struct exclusion *e)
{
	write_u8(w, VERSION);
	write_u64(w, e->created);
	write_u64(w, e->expires);
	write_bytes(w, e->comment.data, e->comment.len);
}

bool exclusion_read(struct bytes key, struct bytes record, struct exclusion *e)
{
	struct reader k = reader_of(key), r = reader_of(record);
	unsigned version = read_u8(&r);

	e->prefix = prefix_read(&k);
	e->created = read_u64(&r);
	e->expires = read_u64(&r);
	e->comment = bytes_of(r.at, reader_left(&r));
	return !k.bad && reader_left(&k) == 0 && !r.bad && version == VERSION;
}

/* Strictly below `within`; false when visit said stop. */
static void below(struct scan *scan, const struct prefix *within, exclusion_visit *visit,
		  void *context)
{
	uint8_t room[PREFIX_KEY];
	struct bytes key, value;
	struct exclusion e;

	for (bool more = scan_seek(scan, prefix_key(room, within), &key, &value); more;
	     more = scan_next(scan, &key, &value)) {
		if (!exclusion_read(key, value, &e)) {
			scan_damaged(scan);
			return;
		}
		if (!prefix_covers(within, &e.prefix)) {
			return;
		}
		if (e.prefix.len > within->len && !visit(context, &e)) {
			return;
		}
	}
}

void exclusions_covering(struct txn *txn, const struct prefix *prefix, exclusion_visit *visit,
			 void *context)
{
	uint8_t room[PREFIX_KEY];
	struct bytes value;
	struct exclusion e;
	struct state state;

	state_read(txn, &state);
	for (unsigned len = 0; len <= prefix->len; len++) {
		struct prefix wider = prefix_of(prefix->family, prefix->addr, len);
		struct bytes key = prefix_key(room, &wider);

		if (*lengths_at(&state.exclusions, prefix->family, len) > 0 &&
		    txn_get(txn, TABLE_EXCLUSIONS, key, &value) && exclusion_read(key, value, &e) &&
		    !visit(context, &e)) {
			return;
		}
	}
}

void exclusions_below(struct txn *txn, const struct prefix *prefix, exclusion_visit *visit,
		      void *context)
{
	struct scan *scan = scan_open(txn, TABLE_EXCLUSIONS);

	below(scan, prefix, visit, context);
	scan_close(scan);
}

void exclusions(struct txn *txn, unsigned family, exclusion_visit *visit, void *context)
{
	struct scan *scan = scan_open(txn, TABLE_EXCLUSIONS);
	uint8_t from = (uint8_t)family;
	struct bytes key, value;
	struct exclusion e;

	for (bool more = scan_seek(scan, bytes_of(&from, 1), &key, &value);
	     more && key.data[0] == family; more = scan_next(scan, &key, &value)) {
		if (!exclusion_read(key, value, &e)) {
			scan_damaged(scan);
			break;
		}
		if (!visit(context, &e)) {
			break;
		}
	}
	scan_close(scan);
}
