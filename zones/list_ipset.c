/*
 * list_ipset.c: sets of the Linux firewall, as ipset(8) prints them.
 *
 *     create NAME hash:net family inet hashsize 1024 maxelem 65536 timeout 3600 comment
 *     add NAME 192.0.2.0/24 timeout 300 comment "seen in the trap"
 *     add NAME 192.0.2.7 nomatch                                     ipset save
 *
 *     Name: NAME
 *     Type: hash:ip
 *     Header: family inet hashsize 1024 maxelem 65536 timeout 3600
 *     Members:
 *     192.0.2.1 timeout 299                                          ipset list
 *
 * 1. A file is one set: of several (those to block, those to let through) nobody but a person knows
 *    which is meant, and the whole file is refused. A set whose entries are more than addresses
 *    (ports, interfaces, other sets) is one bad line and its entries are left out: what the
 *    firewall blocks in part must not be listed whole.
 * 2. A timeout is when the claim expires; 0, which is never there, is the sublist's time here.
 * 3. nomatch is a hole: what is wider does not list it.
 * 4. Of what `ipset restore` takes beside (flush, swap, rename, destroy …) save prints nothing, and
 *    what is left after it is not what the lines say: these are bad lines.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "list_feed.h"
#include "list_flatten.h"

struct set {
	bool usable;
	uint32_t timeout; /* of entries that say none */
	uint8_t netmask;  /* an address stands for this prefix; 0: for itself */
};

struct list_ipset {
	struct list_reader *reader;
	char *name; /* the set's; NULL: not known yet */
	struct set set;
	bool members; /* of ipset list: a set's entries have begun */
	bool holes;
};

struct list_ipset *list_ipset_new(struct list_reader *reader)
{
	struct list_ipset *i = must_alloc(sizeof *i);

	i->reader = reader;
	i->set.usable = true;
	return i;
}

void list_ipset_free(struct list_ipset *i)
{
	if (i) {
		free(i->name);
		free(i);
	}
}

/* False, and the file is refused, where another set is in it already. */
static bool is_the_set(struct list_ipset *i, const char *name)
{
	if (!i->name) {
		i->name = must_strdup(name);
	}
	if (strcmp(i->name, name) == 0) {
		return true;
	}
	i->reader->stop = fail(ST_DATA,
			       "line %" PRIu64 ": it has several sets, '%.64s' and '%.64s': which "
			       "one is meant? 'ipset save %.64s' prints that one alone",
			       i->reader->line, i->name, name, i->name);
	return false;
}

/* Cuts out the next word, "in quotes" too; NULL at the end of the line. */
static char *next_word(char **s)
{
	char *word = *s + strspn(*s, " \t");

	if (*word == '\0') {
		return NULL;
	}
	bool quoted = *word == '"';

	word += quoted;
	char *end = word + strcspn(word, quoted ? "\"" : " \t");

	*s = end + (*end != '\0');
	*end = '\0';
	return word;
}

static bool number(const char *word, uint32_t most, uint32_t *value)
{
	char *end;

	if (!word || *word < '0' || *word > '9') {
		return false;
	}
	unsigned long long n = strtoull(word, &end, 10);

	*value = (uint32_t)n;
	return *end == '\0' && n <= most;
}

static void bad(struct list_ipset *i, const char *what, const char *word)
{
	list_bad(i->reader, i->reader->line, "%s '%.64s'", what, word ? word : "");
}

static void set_type(struct list_ipset *i, struct set *set, const char *type)
{
	static const char *const usable[] = {"hash:ip", "hash:net", "bitmap:ip"};

	for (size_t n = 0; type && n < sizeof usable / sizeof usable[0]; n++) {
		if (strcmp(type, usable[n]) == 0) {
			return;
		}
	}
	set->usable = false;
	bad(i, "more than addresses is in a set of type", type);
}

/* family inet hashsize 1024 … : of all that, two say something about the entries. */
static void set_options(struct list_ipset *i, struct set *set, char *s)
{
	char *word;

	while ((word = next_word(&s))) {
		if (strcmp(word, "timeout") == 0) {
			word = next_word(&s);
			if (!number(word, UINT32_MAX, &set->timeout)) {
				bad(i, "no timeout is", word);
			}
		} else if (strcmp(word, "netmask") == 0) {
			uint32_t len;

			word = next_word(&s);
			if (number(word, 128, &len) && len > 0) {
				set->netmask = (uint8_t)len;
			} else {
				set->usable = false;
				bad(i, "no netmask is", word);
			}
		} else if (strcmp(word, "bitmask") == 0) {
			set->usable = false;
			bad(i, "addresses are not prefixes in a set with a", word);
		}
	}
}

struct entry {
	struct list_item what;
	bool hole;
};

/* What follows the address. */
static bool entry_options(struct list_ipset *i, char *s, struct entry *entry, uint32_t timeout)
{
	static const char *const valued[] = {"packets", "bytes", "skbmark", "skbprio", "skbqueue"};
	char *word;

	while ((word = next_word(&s))) {
		bool known = strcmp(word, "-exist") == 0 || strcmp(word, "-!") == 0;

		for (size_t n = 0; !known && n < sizeof valued / sizeof valued[0]; n++) {
			known = strcmp(word, valued[n]) == 0 && next_word(&s);
		}
		if (known) {
			continue;
		}
		if (strcmp(word, "nomatch") == 0) {
			entry->hole = true;
		} else if (strcmp(word, "comment") == 0) {
			word = next_word(&s);
			entry->what.reason = word ? list_reason(i->reader, bytes_str(word)) : 0;
		} else if (strcmp(word, "timeout") == 0) {
			word = next_word(&s);
			if (!number(word, UINT32_MAX, &timeout)) {
				bad(i, "no timeout is", word);
				return false;
			}
		} else {
			bad(i, "no entry has a", word);
			return false;
		}
	}
	uint64_t expires = i->reader->input->now + timeout;

	entry->what.expires = timeout == 0           ? 0
			      : expires < LIST_NEVER ? (uint32_t)expires
						     : UINT32_MAX - 1;
	return true;
}

/* A set with a netmask: its addresses are prefixes of that length. */
static bool widen(struct list_ipset *i, size_t from, unsigned len)
{
	struct list *list = i->reader->list;

	for (size_t n = from; n < list->count; n++) {
		struct list_item *item = &list->at[n];
		struct prefix p =
			prefix_of(item->family, item->addr, len < item->len ? len : item->len);

		if (prefix_check_listing(&p)) {
			list->count = from;
			list_bad(i->reader, i->reader->line, "%s", fail_text());
			return false;
		}
		item->addr = p.addr;
		item->len = p.len;
	}
	return true;
}

static void entry_line(struct list_ipset *i, char *address, char *rest)
{
	const struct set *set = &i->set;
	struct entry entry = {0};
	struct list *list = i->reader->list;
	size_t from = list->count;

	if (!set->usable) {
		list->left_out++;
		return;
	}
	if (!entry_options(i, rest, &entry, set->timeout) ||
	    !list_add(i->reader, bytes_str(address), &entry.what)) {
		return;
	}
	if (set->netmask && !widen(i, from, set->netmask)) {
		return;
	}
	for (size_t n = from; entry.hole && n < list->count; n++) {
		list->at[n].sublist = LIST_HOLE;
		i->holes = true;
	}
}

static void save_line(struct list_ipset *i, const char *command, char *s)
{
	char *name = next_word(&s), *word = next_word(&s);

	if (strcmp(command, "create") == 0 && name) {
		if (is_the_set(i, name)) {
			i->set = (struct set){.usable = true};
			set_type(i, &i->set, word);
			set_options(i, &i->set, s);
		}
	} else if (strcmp(command, "add") == 0 && name && word) {
		if (is_the_set(i, name)) {
			entry_line(i, word, s);
		}
	} else if (strcmp(command, "COMMIT") != 0) {
		bad(i, "ipset save does not print", command);
	}
}

/* "Type:" and the like, before the members. */
static void head_line(struct list_ipset *i, const char *key, char *s)
{
	i->members = strcmp(key, "Members:") == 0;
	if (strcmp(key, "Name:") == 0) {
		char *name = next_word(&s);

		if (is_the_set(i, name ? name : "")) {
			i->set = (struct set){.usable = true};
		}
	} else if (strcmp(key, "Type:") == 0) {
		set_type(i, &i->set, next_word(&s));
	} else if (strcmp(key, "Header:") == 0) {
		set_options(i, &i->set, s);
	}
}

void list_ipset_line(struct list_ipset *i, char *line)
{
	static const char *const keys[] = {"Name:", "Type:",       "Revision:", "Header:", "Size",
					   "Size:", "References:", "Number",    "Members:"};
	char *s = line, *word = next_word(&s);

	if (!word || *word == '#') {
		return;
	}
	for (size_t n = 0; n < sizeof keys / sizeof keys[0]; n++) {
		if (strcmp(word, keys[n]) == 0) {
			head_line(i, word, s);
			return;
		}
	}
	if (i->members) {
		entry_line(i, word, s);
	} else {
		save_line(i, word, s);
	}
}

void list_ipset_end(struct list_ipset *i)
{
	if (i->holes) {
		list_flatten(i->reader, 0, false);
	}
}
