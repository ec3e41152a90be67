/*
 * listfile.c: one run of list_read(): lines in, items out, and what the formats' readers share.
 */
#include "listfile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "list.h"
#include "list_feed.h"
#include "utf8.h"

/* netset is what collections of lists call their files of prefixes. */
static const struct {
	const char *name;
	enum list_format format;
} formats[] = {
	{"plain", LIST_PLAIN},        {"cidr", LIST_CIDR},
	{"netset", LIST_CIDR},        {"ip4set", LIST_IP4SET},
	{"ip4trie", LIST_IP4TRIE},    {"ip6trie", LIST_IP6TRIE},
	{"combined", LIST_COMBINED},  {"json", LIST_JSON},
	{"spamhaus-drop", LIST_DROP}, {"spamhaus-drop-json", LIST_DROP_JSON},
	{"spamhaus-cert", LIST_CERT}, {"dshield", LIST_DSHIELD},
	{"ipset", LIST_IPSET},        {"csv", LIST_CSV},
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

static bool is_rbldnsd(enum list_format format)
{
	return format == LIST_IP4SET || format == LIST_IP4TRIE || format == LIST_IP6TRIE ||
	       format == LIST_COMBINED;
}

bool list_format_names_sublists(enum list_format format)
{
	return format == LIST_JSON || is_rbldnsd(format);
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
		size_t room = rank < reader->list->room ? reader->list->room : 2 * rank;

		reader->reason = must_realloc(reader->reason, room * sizeof *reader->reason);
		memset(reader->reason + reader->reason_room, 0,
		       (room - reader->reason_room) * sizeof *reader->reason);
		reader->reason_room = room;
	}
	reader->reason[rank] = reason;
}

uint32_t list_rank(struct list_reader *reader, uint32_t reason)
{
	uint32_t rank = reader->rank++;

	if (reason != 0 || reader->reason) {
		reason_keep(reader, rank, reason);
	}
	return rank;
}

uint32_t list_ranked(const struct list_reader *reader, uint32_t rank)
{
	return reader->reason ? reader->reason[rank] : 0;
}

struct bytes list_trim(struct bytes field)
{
	while (field.len > 0 && (*field.data == ' ' || *field.data == '\t')) {
		field = bytes_of(field.data + 1, field.len - 1);
	}
	while (field.len > 0 &&
	       (field.data[field.len - 1] == ' ' || field.data[field.len - 1] == '\t')) {
		field.len--;
	}
	return field;
}

uint32_t list_reason(struct list_reader *reader, struct bytes text)
{
	char reason[CLAIM_REASON];
	size_t used = 0;

	text = list_trim(text);
	for (size_t i = 0, len; i < text.len; i += len) {
		len = utf8_length(text.data + i, text.len - i);

		bool good = len > 0 && text.data[i] >= ' ' && text.data[i] != 0x7f;

		len = len ? len : 1;
		if (used + len > sizeof reason) {
			break;
		}
		memcpy(reason + used, good ? (const char *)text.data + i : "?", good ? len : 1);
		used += good ? len : 1;
	}
	return used ? list_strings_add(reader->list->strings, reason, used) : 0;
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
	new->reason = list_rank(reader, item->reason);
	list->count++;
}

/* Readers that remember something from line to line; NULL but for the format that is read. */
struct readers {
	struct list_rbldnsd *rbldnsd;
	struct list_drop *drop;
	struct list_cert *cert;
	struct list_ipset *ipset;
};

static void readers_begin(struct readers *r, struct list_reader *reader)
{
	enum list_format format = reader->list->format;

	*r = (struct readers){
		.rbldnsd = is_rbldnsd(format) ? list_rbldnsd_new(reader) : NULL,
		.drop = format == LIST_DROP_JSON ? list_drop_new(reader) : NULL,
		.cert = format == LIST_CERT ? list_cert_new(reader) : NULL,
		.ipset = format == LIST_IPSET ? list_ipset_new(reader) : NULL,
	};
}

static void readers_line(const struct readers *r, struct list_reader *reader, char *line)
{
	switch (reader->list->format) {
	case LIST_PLAIN:
		list_plain_line(reader, line);
		break;
	case LIST_CIDR:
		list_cidr_line(reader, line);
		break;
	case LIST_JSON:
		list_json_line(reader, line);
		break;
	case LIST_DROP:
		list_drop_line(reader, line);
		break;
	case LIST_DROP_JSON:
		list_drop_json_line(r->drop, line);
		break;
	case LIST_CERT:
		list_cert_line(r->cert, line);
		break;
	case LIST_DSHIELD:
		list_dshield_line(reader, line);
		break;
	case LIST_IPSET:
		list_ipset_line(r->ipset, line);
		break;
	default:
		list_rbldnsd_line(r->rbldnsd, line);
		break;
	}
}

/* The file has come to its end: whether it was all of it, and what could only be told now. */
static void readers_end(const struct readers *r)
{
	if (r->rbldnsd) {
		list_rbldnsd_end(r->rbldnsd);
	} else if (r->drop) {
		list_drop_end(r->drop);
	} else if (r->cert) {
		list_cert_end(r->cert);
	} else if (r->ipset) {
		list_ipset_end(r->ipset);
	}
}

static void readers_free(const struct readers *r)
{
	list_rbldnsd_free(r->rbldnsd);
	list_drop_free(r->drop);
	list_cert_free(r->cert);
	list_ipset_free(r->ipset);
}

/*
 * Whether `line`, which is no blank or comment, may be half of one, and what it spells another
 * address. See listfile.h.
 */
static bool may_be_cut(const struct list_reader *reader, const struct list_lines *lines,
		       const char *line)
{
	switch (reader->list->format) {
	case LIST_JSON:
	case LIST_DROP_JSON:
	case LIST_CERT:
		return false;
	default:
		break;
	}
	line += strspn(line, " \t");
	return reader->input->snapshot && reader->line > 1 && list_lines_unended(lines) && *line &&
	       *line != '#' && *line != ';';
}

static void read_lines(struct list_reader *reader, struct list_lines *lines)
{
	struct readers readers;
	enum line kind;
	char *line;

	readers_begin(&readers, reader);
	while (!reader->stop && (kind = list_lines_next(lines, &line)) != LINE_END) {
		reader->line++;
		if (kind == LINE_BAD) {
			list_bad(reader, reader->line, "%s", line);
		} else if (may_be_cut(reader, lines, line)) {
			list_bad(reader, reader->line, "%s", LIST_CUT);
		} else {
			readers_line(&readers, reader, line);
		}
	}
	if (!reader->stop && !ferror(reader->input->in)) {
		readers_end(&readers);
	}
	readers_free(&readers);
}

/* The whole input, in the format that was given or that it looks like. */
static void read_input(struct list_reader *reader, struct list_lines *lines)
{
	struct bytes head = list_lines_head(lines);
	const char *wrong = list_detect_wrong(head);
	enum list_format format = reader->input->format;

	reader->list->format = format == LIST_UNKNOWN ? list_detect(head) : format;
	if (wrong) {
		reader->stop = fail(ST_DATA, "it is %s and no list", wrong);
	} else if (reader->list->format == LIST_CSV) {
		list_csv_read(reader, lines);
	} else {
		read_lines(reader, lines);
	}
	/* What the input is called, the caller knows. */
	if (ferror(reader->input->in) && !reader->stop) {
		reader->stop = fail(ST_IO, "%s", strerror(errno));
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

		item->reason = list_ranked(reader, item->reason);
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

	reader.sublist = input->sublist ? (int)(input->sublist - input->config->sublists) : -1;

	struct list_lines *lines = list_lines_new(input->in);

	read_input(&reader, lines);
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
