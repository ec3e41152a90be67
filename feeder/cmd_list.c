/*
 * cmd_list.c: feeder list: every claim, or those on one sublist or of one source.
 *
 * All come from one snapshot, in the order of prefixes. With --source the walk is over that
 * source's claims alone: a small source in a large database is listed at once.
 */
#include "answer.h"
#include "claimtext.h"
#include "feeder.h"
#include "output.h"
#include "source.h"

struct listing {
	const struct call *call;
	struct txn *txn;
	struct names names;
	uint16_t sublist; /* 0: all */
};

static void print(struct listing *l, struct claim *claim)
{
	claim_resolve(l->txn, claim);
	if (l->call->json) {
		struct json json = json_begin(output());

		claim_print_json(claim, &l->names, false, &json);
		json_end(&json);
	} else {
		claim_print_line(claim, &l->names);
	}
}

static void list_all(struct listing *l)
{
	struct scan *scan = scan_open(l->txn, TABLE_CLAIMS);
	struct bytes key, record;
	struct claim claim;

	for (bool more = scan_seek(scan, bytes_of(NULL, 0), &key, &record); more;
	     more = scan_next(scan, &key, &record)) {
		if (!claim_read(key, record, &claim)) {
			scan_damaged(scan);
			break;
		}
		if (!l->sublist || claim.sublist == l->sublist) {
			print(l, &claim);
		}
	}
	scan_close(scan);
}

static void list_source(struct listing *l, uint32_t source)
{
	struct source_walk *walk = source_walk_open(l->txn, source, NULL);
	struct prefix prefix;
	struct claim claim;
	uint16_t sublist;

	while (source_walk_next(walk, &prefix, &sublist)) {
		if (l->sublist && sublist != l->sublist) {
			continue;
		}
		if (!claim_get(l->txn, &prefix, sublist, source, &claim)) {
			txn_fail(l->txn,
				 fail(ST_INTERNAL, "a claim of %s is missing: run 'feeder check'",
				      l->call->source));
			break;
		}
		print(l, &claim);
	}
	source_walk_close(walk);
}

static enum status list(struct listing *l)
{
	const struct call *call = l->call;
	struct source source;

	if (call->sublist) {
		l->sublist = sublist_number(l->txn, call->sublist);
		if (!l->sublist) {
			const struct sublist_config *known;

			/* In the config but never claimed on: an empty list. */
			return call_sublist(call, &known);
		}
	}
	if (!call->source) {
		list_all(l);
	} else if (source_read(l->txn, call->source, &source)) {
		list_source(l, source.number);
	} else if (!txn_status(l->txn)) {
		return fail(ST_DATA, "there is no source '%s': see 'feeder source list'",
			    call->source);
	}
	return txn_status(l->txn);
}

static enum status run(struct call *call)
{
	struct listing l = {.call = call};
	struct store *store;
	enum status status = call_open_read(call, &store);

	if (!status) {
		status = txn_read(store, &l.txn);
	}
	if (!status) {
		l.names = names_of(l.txn);
		status = list(&l);
		names_release(&l.names);
		txn_abort(l.txn);
	}
	store_close(store);
	return status;
}

const struct command command_list = {
	.verb = "list",
	.options = TAKES(OPTION_SUBLIST) | TAKES(OPTION_SOURCE),
	.summary = "Lists claims",
	.details = "One a line, columns apart by tabs: prefix, sublist, source, when it expires,\n"
		   "reason, text. With --json lines that 'feeder import --format json' reads.\n",
	.run = run,
};
