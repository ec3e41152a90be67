/*
 * list.h: what the readers of lists share. Private to zones/listfile.c and zones/list_*.c.
 *
 *     list_lines.c   the file, cut into lines
 *     list_detect.c  which format its head looks like, and what is no list at all
 *     list_plain.c   plain, cidr                          line ─▶ list_append()
 *     list_json.c    json                                 line ─▶ list_append()
 *     list_feed.h    feeds: list_drop.c, list_cert.c, list_dshield.c, list_ipset.c, list_csv.c
 *                                                         line ─▶ list_add()
 *     list_rbldnsd.c ip4set, ip4trie, ip6trie, combined   line ─▶ entries, and at the end of each
 *                    dataset list_flatten.c ─▶ list_append()
 *     list_sort.c    all of it ascending, each prefix and sublist once
 */
#ifndef DNSBLD_LIST_H
#define DNSBLD_LIST_H

#include "bytes.h"
#include "listfile.h"

/* --- list_strings.c: strings by number, from 1 without gaps ------------------------------- */

struct list_strings *list_strings_new(void);
void list_strings_free(struct list_strings *strings); /* NULL is fine */
/* The number of a string; its bytes are copied when they are new. */
uint32_t list_strings_add(struct list_strings *strings, const char *text, size_t len);
/* Borrowed until the next add; 0 is NULL. */
const char *list_strings_get(const struct list_strings *strings, uint32_t number);

/* --- list_lines.c ------------------------------------------------------------------------ */

struct list_lines;

enum line {
	LINE_END,  /* of the file, or an error: ferror() tells */
	LINE_TEXT, /* *text is the line, NUL-terminated, without its end; it may be written in */
	LINE_BAD,  /* longer than LIST_LINE, or with a NUL in it; *text says which */
};

struct list_lines *list_lines_new(FILE *in);
void list_lines_free(struct list_lines *lines);
enum line list_lines_next(struct list_lines *lines, char **text);

/* Whether the last line that was given had no newline: the input ended in it. */
bool list_lines_unended(const struct list_lines *lines);

/* What the input begins with, at least its first LIST_LINE octets where it has as many; borrowed
 * until the first line is asked for. */
struct bytes list_lines_head(struct list_lines *lines);

/* All that is left of the input, and no line comes after it; false where reading failed. */
bool list_lines_rest(struct list_lines *lines, struct bytes *rest);

/* --- list_detect.c ----------------------------------------------------------------------- */

/* Never LIST_UNKNOWN. */
enum list_format list_detect(struct bytes head);

/* What the file is where it is none that has lines: "a web page"; else NULL. */
const char *list_detect_wrong(struct bytes head);

/* --- listfile.c: one run of list_read() -------------------------------------------------- */

struct list_reader {
	const struct list_input *input;
	struct list *list;
	uint64_t line;    /* number of the line in hand */
	int sublist;      /* input->sublist's position in the config; -1: none */
	uint32_t rank;    /* the next item's */
	uint32_t *reason; /* by rank; NULL in formats that know no reasons */
	size_t reason_room;
	enum status stop; /* not ST_OK: the whole file is no good; fail_text() says why */
};

/* What is told of a snapshot's last line that may be half of one (listfile.h). */
#define LIST_CUT "the last line has no end, so it may be cut off"

/* Tells of a bad line. */
void list_bad(struct list_reader *reader, uint64_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Until list_read() is done an item's `reason` is its rank: of two with the same prefix and sublist
 * the lower one is kept. list_append() makes it the order of the calls, and keeps what it was.
 */
void list_append(struct list_reader *reader, const struct list_item *item);

/* Without the blanks around it. */
struct bytes list_trim(struct bytes field);

/* The rank of the next item, which has this reason; and the reason of a rank. */
uint32_t list_rank(struct list_reader *reader, uint32_t reason);
uint32_t list_ranked(const struct list_reader *reader, uint32_t rank);

/*
 * A text of somebody else's as the number of a reason; 0 where nothing is left of it. Blanks around
 * it go, what is no printable UTF-8 becomes '?', and what is too long is cut.
 */
uint32_t list_reason(struct list_reader *reader, struct bytes text);

/* --- the formats ------------------------------------------------------------------------- */

void list_plain_line(struct list_reader *reader, char *line);
void list_cidr_line(struct list_reader *reader, char *line);

/*
 * Appends what a field spells: an address, a prefix or FIRST-LAST, and blanks around it. `what` has
 * reason, text and expiry. False, and the line is told of, where it is none of them.
 */
bool list_add(struct list_reader *reader, struct bytes field, const struct list_item *what);

void list_json_line(struct list_reader *reader, char *line);

struct list_rbldnsd;
struct list_rbldnsd *list_rbldnsd_new(struct list_reader *reader);
void list_rbldnsd_line(struct list_rbldnsd *r, char *line);
void list_rbldnsd_end(struct list_rbldnsd *r); /* flattens the last dataset */
void list_rbldnsd_free(struct list_rbldnsd *r);

/* --- list_sort.c ------------------------------------------------------------------------- */

/* Ascending by prefix, sublist and rank. Costs next to nothing where they are already. */
void list_sort(struct list_item *at, size_t count);

#endif
