/*
 * list_dshield.c: DShield's block.txt: the networks that most targets were scanned from.
 *
 *     Start <tab> End <tab> Netblock <tab> Attacks <tab> Name <tab> Country <tab> email
 *     192.0.2.0 <tab> 192.0.2.255 <tab> 24 <tab> 788 <tab> Example <tab> AT <tab> …
 *
 * Start, end and length say the same thing: a line where they do not is bad. How many targets and
 * whose network becomes the reason; the mail address is nobody's business.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "list_feed.h"

enum { START, END, LENGTH, TARGETS, NAME, COLUMNS };

/* The prefix in text, where the three columns agree. */
static bool prefix_text(char *const *column, char text[PREFIX_TEXT])
{
	struct prefix p, last;

	if (snprintf(text, PREFIX_TEXT, "%s/%s", column[START], column[LENGTH]) >= PREFIX_TEXT ||
	    prefix_parse(text, &p) || prefix_parse(column[END], &last)) {
		return false;
	}
	return p.family == last.family && last.len == prefix_bits(last.family) &&
	       prefix_last(&p) == last.addr;
}

void list_dshield_line(struct list_reader *reader, char *line)
{
	char *column[COLUMNS] = {NULL}, text[PREFIX_TEXT], reason[256];
	int count = 0;

	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#' || strncasecmp(line, "Start\t", strlen("Start\t")) == 0) {
		return;
	}
	while (count < COLUMNS && line) {
		column[count++] = strsep(&line, "\t");
	}
	if (count <= LENGTH || !prefix_text(column, text)) {
		list_bad(reader, reader->line,
			 "it does not begin with START END LENGTH that agree");
		return;
	}
	const char *targets = column[TARGETS] ? column[TARGETS] : "",
		   *name = column[NAME] ? column[NAME] : "";

	snprintf(reason, sizeof reason, "%.20s%s%s%.200s", targets, *targets ? " targets" : "",
		 *targets && *name ? ", " : "", name);
	const struct list_item what = {.reason = list_reason(reader, bytes_str(reason))};

	list_add(reader, bytes_str(text), &what);
}
