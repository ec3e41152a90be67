/*
 * mirror_touch.c: from names that differ to regions.
 */
#include "mirror_touch.h"

#include <stdlib.h>

#include "derive.h"

enum { MOST = 100000 }; /* looking at them one by one costs more than at a million names in turn */

void touched_release(struct touched *t)
{
	free(t->at);
	*t = (struct touched){0};
}

static void add(struct touched *t, const struct prefix *p)
{
	if (t->all) {
		return;
	}
	if (t->count == t->room) {
		t->room = t->room ? t->room * 2 : 64;
		t->at = must_realloc(t->at, t->room * sizeof *t->at);
	}
	t->at[t->count++] = *p;
	if (t->count > MOST && t->count > 2 * t->tidied) {
		t->count = t->tidied = prefixes_tidy(t->at, t->count);
		t->all = t->count > MOST;
	}
}

void touched_tidy(struct touched *t)
{
	if (t->all || t->count == 0) {
		return;
	}
	t->count = prefixes_tidy(t->at, t->count);
	t->all = t->count > MOST;
}

void touch_records(struct touched *t, struct bytes key)
{
	struct prefix p;
	bool wildcard;

	for (unsigned family = 4; family <= 6; family += 2) {
		/* At the apex only its own records matter, not a wildcard's. */
		if (mirror_key_prefix(key, family, &p, &wildcard) && (p.len > 0 || !wildcard)) {
			add(t, &p);
		}
	}
}

/* The widest prefix around `p`, inside the node, that no label that exists parts. */
static struct prefix widen(struct prefix p, const struct prefix *node, const bool there[256])
{
	unsigned shift = prefix_bits(p.family) - node->len - mirror_step(p.family);

	while (p.len > node->len) {
		struct prefix wider = prefix_of(p.family, p.addr, p.len - 1U);
		unsigned mask = (1U << mirror_step(p.family)) - 1;
		unsigned label = (unsigned)(wider.addr >> shift) & mask;
		unsigned last = (unsigned)(prefix_last(&wider) >> shift) & mask;

		for (; label <= last; label++) {
			if (there[label]) {
				return p;
			}
		}
		p = wider;
	}
	return p;
}

void touch_name(struct touched *t, struct cover *absent, struct bytes key)
{
	struct mirror_key name, node;
	struct bytes label;
	bool wildcard, there[256];

	memcpy(name.octets, key.data, key.len);
	name.octets[MIRROR_APEX - 1] = absent->slot;
	name.len = key.len;
	node = name;
	node.len = mirror_closest(absent->scan, mirror_key_bytes(&name));
	if (node.len == name.len) {
		touch_records(t, key); /* it exists all the same, for what is below it */
		return;
	}
	size_t at = node.len;
	mirror_key_label(mirror_key_bytes(&name), &at, &label);
	name.len = at;
	bool answered = cover_wildcard(absent, &node);

	for (unsigned family = 4; family <= 6; family += 2) {
		struct prefix p, above;

		if (!mirror_key_prefix(mirror_key_bytes(&name), family, &p, &wildcard) ||
		    (wildcard && p.len == 0)) {
			continue;
		}
		if (answered && !wildcard &&
		    mirror_key_prefix(mirror_key_bytes(&node), family, &above, NULL)) {
			mirror_children(absent->scan, mirror_key_bytes(&node), family, there);
			p = widen(p, &above, there);
		}
		add(t, &p);
	}
}
