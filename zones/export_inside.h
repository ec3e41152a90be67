/*
 * export_inside.h: what the export formats share. Private to zones/export*.c.
 *
 *     export.c          chooses the format, judges the outcome
 *     export_walk.c     the index, as prefixes of one sublist
 *     export_order.c    the index and the config, as records in canonical order
 *     export_bind.c …   one file a format
 */
#ifndef DNSBLD_EXPORT_INSIDE_H
#define DNSBLD_EXPORT_INSIDE_H

#include "answer.h"
#include "export.h"
#include "records.h"

struct zone_export {
	struct txn *txn;
	const struct config *config;
	const struct zone_config *zone;
	struct zone_view view;
	uint32_t serial;
	uint64_t now;
	FILE *out;
	uint64_t entries;
	void (*progress)(uint64_t entries);
};

/* After each entry that was written. */
static inline void export_counted(struct zone_export *e)
{
	e->entries++;
	if (e->progress) {
		e->progress(e->entries);
	}
}

void export_bind(struct zone_export *e);
void export_cidr(struct zone_export *e);
void export_json(struct zone_export *e);
void export_rbldnsd(struct zone_export *e);
void export_rpz(struct zone_export *e);
void export_nft(struct zone_export *e);
void export_ipset(struct zone_export *e);

/* --- export_walk.c ----------------------------------------------------------------------- */

/*
 * Calls for each prefix that is listed on a sublist (its place in the view), with the id of its own
 * text or 0: of one family, ascending, disjoint, as wide as can be but no wider than a listing.
 * EXPORT_ANY: on any of the zone's, texts are 0.
 */
enum { EXPORT_ANY = -1 };
typedef void export_prefix(struct zone_export *e, const struct prefix *p, int sublist,
			   uint32_t text, void *context);
void export_walk(struct zone_export *e, unsigned family, int sublist, export_prefix *visit,
		 void *context);

/* --- export_order.c ---------------------------------------------------------------------- */

/*
 * Gives all records of the zone in canonical order (RFC 4034 §6), each once. Owners of the index
 * are entries, which it counts.
 */
void export_records(struct zone_export *e, record_sink *sink, void *context);

#endif
