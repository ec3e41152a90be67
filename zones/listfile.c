/*
 * listfile.c: one run of list_read(): lines in, items out, and what the formats' readers share.
 */
#include "listfile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

static const struct {
	const char *name;
	enum list_format format;
} formats[] = {
	{"plain", LIST_PLAIN},     {"cidr", LIST_CIDR},       {"ip4set", LIST_IP4SET},
	{"ip4trie", LIST_IP4TRIE}, {"ip6trie", LIST_IP6TRIE}, {"combined", LIST_COMBINED},
	{"json", LIST_JSON},
};

enum list_format list_format_named(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		if (strcmp(formats[i].name, name) == 0) {
			return formats[i].format;
		}
	}
	return LIST_UNKNOWN;
}

void list_bad(struct list_reader *reader, uint64_t line, const char *format, ...)
{
	char why[512];
	va_list args;

	reader->list->bad_lines++;
	if (!reader->input->bad) {
		return;
	}
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	/* Pieces of the line are quoted in it, and it will be shown on a terminal. */
	for (char *p = why; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			*p = '?';
		}
	}
	reader->input->bad(reader->input->context, line, why);
}

static void reason_keep(struct list_reader *reader, size_t rank, uint32_t reason)
{
	if (rank >= reader->reason_room) {
		size_t room = reader->list->room;

		reader->reason = must_realloc(reader->reason, room * sizeof *reader->reason);
		memset(reader->reason + reader->reason_room, 0,
		       (room - reader->reason_room) * sizeof *reader->reason);
		reader->reason_room = room;
	}
	reader->reason[rank] = reason;
}

void list_append(struct list_reader *reader, const struct list_item *item)
{
	struct list *list = reader->list;

	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 1024;
		list->at = must_realloc(list->at, list->room * sizeof *list->at);
	}
	struct list_item *new = &list->at[list->count];

	*new = *item;
	new->reason = reader->rank++;
	if (item->reason != 0 || reader->reason) {
		reason_keep(reader, new->reason, item->reason);
	}
	list->count++;
}

/* Hands each line to `format`'s reader. rbldnsd is NULL where that is not one of its formats. */
static void read_lines(struct list_reader *reader, struct list_lines *lines,
		       struct list_rbldnsd *rbldnsd)
{
	enum list_format format = reader->input->format;
	enum line kind;
	char *line;

	while (!reader->stop && (kind = list_lines_next(lines, &line)) != LINE_END) {
		reader->line++;
		if (kind == LINE_BAD) {
			list_bad(reader, reader->line, "%s", line);
		} else if (format == LIST_PLAIN) {
			list_plain_line(reader, line);
		} else if (format == LIST_CIDR) {
			list_cidr_line(reader, line);
		} else if (format == LIST_JSON) {
			list_json_line(reader, line);
		} else {
			list_rbldnsd_line(rbldnsd, line);
		}
	}
	/* What the input is called, the caller knows. */
	if (ferror(reader->input->in) && !reader->stop) {
		reader->stop = fail(ST_IO, "%s", strerror(errno));
	}
	if (rbldnsd && !reader->stop) {
		list_rbldnsd_end(rbldnsd);
	}
}

/* Keeps each prefix and sublist once; what is ascending stays so. Ranks become reasons again. */
static void unite(struct list_reader *reader)
{
	struct list *list = reader->list;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct list_item *item = &list->at[i],
				 *last = kept > 0 ? &list->at[kept - 1] : NULL;

		item->reason = reader->reason ? reader->reason[item->reason] : 0;
		if (!last || last->addr != item->addr || last->len != item->len ||
		    last->family != item->family || last->sublist != item->sublist) {
			list->at[kept++] = *item;
		} else if (last->text == 0) {
			last->text = item->text;
		}
	}
	list->count = kept;
}

enum status list_read(const struct list_input *input, struct list *list)
{
	*list = (struct list){.strings = list_strings_new()};

	struct list_reader reader = {.input = input, .list = list};
	bool flat = input->format == LIST_PLAIN || input->format == LIST_CIDR ||
		    input->format == LIST_JSON;

	reader.sublist = input->sublist ? (int)(input->sublist - input->config->sublists) : -1;

	struct list_lines *lines = list_lines_new(input->in);
	struct list_rbldnsd *rbldnsd = flat ? NULL : list_rbldnsd_new(&reader);

	read_lines(&reader, lines, rbldnsd);
	list_rbldnsd_free(rbldnsd);
	list_lines_free(lines);
	list->lines = reader.line;
	if (reader.stop) {
		free(reader.reason);
		list->count = 0;
		return reader.stop;
	}
	list_sort(list->at, list->count);
	unite(&reader);
	free(reader.reason);
	return ST_OK;
}

void list_release(struct list *list)
{
	free(list->at);
	list_strings_free(list->strings);
	*list = (struct list){0};
}

const char *list_string(const struct list *list, uint32_t number)
{
	return list_strings_get(list->strings, number);
}
