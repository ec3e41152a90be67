/*
 * listfile.h: lists that others wrote, read into memory as prefixes: plain and CIDR lists, feeds in
 * their makers' formats, rbldnsd's dataset files, and our own JSON lines. A file is read and
 * checked whole before any transaction begins.
 *
 * What comes out means what the file's own server would answer (rbldnsd: ip4set answers with the
 * most specific octet class that has the address, ip4trie and ip6trie with the one value of the
 * longest prefix; `!` cuts a hole in that dataset alone), spelled as prefixes that may be claimed
 * one by one. Where rbldnsd would answer one code with several texts, one of them is kept: an
 * address has one text on a sublist.
 */
#ifndef DNSBLD_LISTFILE_H
#define DNSBLD_LISTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config.h"
#include "prefix.h"
#include "status.h"

enum list_format {
	LIST_UNKNOWN,
	LIST_PLAIN, /* an address a line; what follows after blanks is ignored; # and ; comments */
	LIST_CIDR,  /* prefixes and first-last ranges likewise */
	LIST_IP4SET,
	LIST_IP4TRIE,
	LIST_IP6TRIE,
	LIST_COMBINED, /* rbldnsd's combined: $DATASET sections of the three above */
	LIST_JSON, /* one object a line, as `export --format json` and `list --json` write them */
	LIST_DROP, /* Spamhaus DROP text: "PREFIX ; SBL…" */
	LIST_DROP_JSON, /* the same as JSON lines, with a metadata record */
	LIST_CERT,      /* Spamhaus CERT Insight: its open relays */
	LIST_DSHIELD,   /* block.txt: start, end, length, targets … between tabs */
	LIST_IPSET,     /* what `ipset save` and `ipset list` print */
	LIST_CSV,       /* a header names the columns */
};

/* By its name on the command line: "plain", "cidr", "ip4set" …; LIST_UNKNOWN where it is none. */
enum list_format list_format_named(const char *name);

/* Whether lines of this format may name a sublist, or a code that means one. */
bool list_format_names_sublists(enum list_format format);

enum {
	LIST_LINE = 65536,       /* a longer line is a bad one */
	LIST_NEVER = 0xffffffff, /* an expiry: never */
};

/* One claim to make. Strings are numbers into the list's own table, so that a million lines with
 * one text cost one. */
struct list_item {
	addr_t addr;
	uint8_t family;
	uint8_t len;
	uint16_t sublist; /* position in config->sublists */
	uint32_t text;    /* list_string(); 0: none */
	uint32_t reason;  /* likewise */
	uint32_t expires; /* seconds since 1970; LIST_NEVER; 0: it does not say */
};

struct list {
	struct list_item *at; /* ascending by prefix, then sublist; no two alike */
	size_t count;
	size_t room;
	uint64_t lines;
	uint64_t bad_lines;
	uint64_t left_out; /* good lines about something that is no listing in this format */
	uint64_t made;     /* seconds since 1970, where the file says when it was made; else 0 */
	enum list_format format; /* never LIST_UNKNOWN */
	struct list_strings *strings;
};

/* Told of each bad line once. A line whose text turns out bad is told of after its dataset. */
typedef void list_bad_line(void *context, uint64_t line, const char *why);

struct list_input {
	FILE *in;
	enum list_format format; /* LIST_UNKNOWN: what it looks like, else LIST_CIDR */
	const struct config *config;
	const struct sublist_config *sublist; /* of the config, for lines that name none; or NULL */
	uint64_t now;       /* seconds since 1970: a file that says it expired before is no data */
	list_bad_line *bad; /* or NULL */
	void *context;      /* for it */
	bool snapshot;      /* what it lacks will be withdrawn: see list_read() */
};

/*
 * Reads all of the input. A line that names no sublist is bad where none is given. A code that no
 * sublist of the config has is a bad line (two that share it: input->sublist if it is one of them,
 * else bad). ST_OK even when lines were bad (list->bad_lines says so); ST_DATA where the file is no
 * list at all (a web page, something compressed), was cut off as far as its format shows that, has
 * several sets (ipset), or has expired; ST_IO when reading failed. The list is the caller's either
 * way: list_release().
 *
 * A last line without its newline, after others that have theirs, may be half of one: 198.51.100.12
 * of 198.51.100.123. In a snapshot it is a bad line, for its true self would be withdrawn at the
 * same time; else it is read, as editors and scripts leave the newline off. JSON lines and formats
 * that have an end of their own show such a cut themselves.
 */
enum status list_read(const struct list_input *input, struct list *list);
void list_release(struct list *list);
/* Borrowed from the list; NULL for 0. */
const char *list_string(const struct list *list, uint32_t number);

#endif
