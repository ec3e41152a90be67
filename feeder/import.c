/*
 * import.c: a list that has been read, on its way into the database.
 *
 *     item ─▶ expiry_of(): the line's, --expires, or the sublist's ─▶ change_add() ─▶ counted
 *
 * In a snapshot (--replace) a claim has the feed's expiry unless its line has its own; a text or a
 * reason that differs from the line's is replaced, as the file is right.
 */
#include "import.h"

#include "answer.h"
#include "excluded.h"
#include "progress.h"
#include "source.h"

static struct prefix prefix_of_item(const struct list_item *item)
{
	return (struct prefix){item->addr, item->family, item->len};
}

enum status import_numbers(struct importing *m, struct slices *slices)
{
	const struct config *config = m->call->config;
	enum status status = ST_OK;

	if (m->slice == slices->number) {
		return ST_OK;
	}
	if (m->slice == 0) {
		/* Once: each slice looking through the whole list would be quadratic. */
		m->used[m->sublist - config->sublists] = true;
		for (size_t i = 0; i < m->list.count; i++) {
			m->used[m->list.at[i].sublist] = true;
		}
	}
	m->slice = slices->number;
	m->source = change_source(slices->change, m->call->source);
	for (size_t i = 0; !status && i < config->sublist_count; i++) {
		if (m->used[i]) {
			m->number[i] = change_sublist(slices->change, config->sublists[i].name);
			status = m->number[i] ? call_expires(m->call, &config->sublists[i],
							     &m->expires[i])
					      : ST_DATA;
		}
	}
	return !status && !m->source ? ST_DATA : status;
}

bool import_in_scope(const struct importing *m, uint16_t sublist)
{
	return list_format_names_sublists(m->list.format) ||
	       sublist == m->number[m->sublist - m->call->config->sublists];
}

/*
 * The feed was seen now, on each sublist that it is about. Before the claims, which have no expiry
 * but this.
 */
static void touch_snapshots(const struct importing *m, struct change *change)
{
	for (size_t i = 0; i < m->call->config->sublist_count; i++) {
		struct snapshot old = {0};

		if (m->number[i]) {
			source_snapshot(change_txn(change), m->source, m->number[i], &old);
			change_snapshot(change, m->source, m->number[i], m->expires[i], old.size);
		}
	}
}

/*
 * Whether the claim that is there has another text or reason: of a feed's snapshot the file is
 * right.
 */
static bool differs(struct txn *txn, const struct claim_add *add)
{
	struct claim claim;

	if (!claim_get(txn, &add->prefix, add->sublist, add->source, &claim)) {
		return false;
	}
	return !bytes_equal(text_read(txn, claim.text), bytes_str(add->text ? add->text : "")) ||
	       !bytes_equal(claim.reason, bytes_str(add->reason ? add->reason : ""));
}

static void add_one(struct importing *m, struct slices *slices, const struct claim_add *add)
{
	switch (change_add(slices->change, add)) {
	case CLAIM_ADDED:
		m->added++;
		slices->row.added++;
		break;
	case CLAIM_RENEWED:
	case CLAIM_UNTOUCHED:
		if (m->call->replace && differs(change_txn(slices->change), add)) {
			change_remove(slices->change, &add->prefix, add->sublist, add->source);
			change_add(slices->change, add);
			m->changed++;
			slices->row.added++;
			slices->row.removed++;
		} else {
			m->renewed++;
		}
		break;
	case CLAIM_EXCLUDED:
		m->excluded++;
		break;
	case CLAIM_FAILED:
		break;
	}
}

/* What the line means for the claim. False: it has expired already. */
static bool expiry_of(const struct importing *m, const struct list_item *item,
		      struct claim_add *add)
{
	bool by_line = item->expires && !m->call->expires;

	add->snapshot = m->call->replace && !by_line;
	add->expires = !by_line                      ? m->expires[item->sublist]
		       : item->expires == LIST_NEVER ? 0
						     : item->expires;
	return !by_line || item->expires > m->call->now;
}

enum status import_add(struct importing *m, struct slices *slices)
{
	const struct list *list = &m->list;
	enum status status = ST_OK;

	if (m->call->replace) {
		touch_snapshots(m, slices->change);
	}
	for (size_t i = 0; !status && i < list->count; i++) {
		const struct list_item *item = &list->at[i];
		struct claim_add add = {
			.prefix = prefix_of_item(item),
			.imported = true,
			.reason = list_string(list, item->reason),
			.text = list_string(list, item->text),
		};

		status = slices_make_room(slices);
		status = status ? status : import_numbers(m, slices);
		if (status) {
			break;
		}
		add.sublist = m->number[item->sublist];
		add.source = m->source;
		if (expiry_of(m, item, &add)) {
			add_one(m, slices, &add);
			slices->rows++;
		} else {
			m->expired++;
		}
		progress_at(i);
		status = change_status(slices->change);
	}
	return status;
}

bool import_has(struct importing *m, const struct prefix *prefix, uint16_t sublist)
{
	const struct list *list = &m->list;
	int order = -1;

	for (; m->at < list->count; m->at++) {
		struct prefix at = prefix_of_item(&list->at[m->at]);

		order = prefix_compare(&at, prefix);
		if (order >= 0) {
			break;
		}
	}
	/* The same prefix on other sublists: the numbers' order is not that of the config. */
	for (size_t i = m->at; order == 0 && i < list->count; i++) {
		struct prefix at = prefix_of_item(&list->at[i]);

		order = prefix_compare(&at, prefix);
		if (order == 0 && m->number[list->at[i].sublist] == sublist) {
			struct claim_add add;

			/* A line that has expired says that the claim is over. */
			return expiry_of(m, &list->at[i], &add);
		}
	}
	return false;
}

void import_finished(const struct importing *m, struct change *change)
{
	const struct config *config = m->call->config;
	uint64_t size[CONFIG_SUBLISTS] = {0};

	for (size_t i = 0; i < m->list.count; i++) {
		size[m->list.at[i].sublist]++;
	}
	for (size_t i = 0; i < config->sublist_count; i++) {
		struct txn *txn = change_txn(change);
		uint16_t number = sublist_number(txn, config->sublists[i].name);
		struct snapshot snapshot;

		/* Also one that the file no longer speaks of: nothing of it is left. */
		if (number && import_in_scope(m, number) &&
		    source_snapshot(txn, m->source, number, &snapshot)) {
			change_snapshot(change, m->source, number, snapshot.expires, size[i]);
		}
	}
}
