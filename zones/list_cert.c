/*
 * list_cert.c: Spamhaus' feed for CERTs: what was seen of hosts in a country or network.
 *
 *     ; ip, asn, country, lastseen, botname, domain, remote_ip, remote_port, local_port, protocol
 *     192.0.2.1,AS64496,AT,1520084496,openrelay,198.51.100.6,,25,,tcp
 *     192.0.2.2,AS64496,AT,1471111139,mirai,-,?,?,?,?
 *     ; EOF
 *
 * Its rows are about many things, and one sublist is about one: the open relays (botname openrelay)
 * are taken, all others are counted as left out. The comment names the columns, "-" and "?" mean
 * nothing, and without the EOF the file was cut off.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "list_feed.h"
#include "rfc3339.h"

struct list_cert {
	struct list_reader *reader;
	bool named;            /* the columns are known */
	bool ended;            /* the EOF was the last thing */
	size_t ip, name, port; /* columns */
	size_t seen;
	struct csv csv;
};

struct list_cert *list_cert_new(struct list_reader *reader)
{
	struct list_cert *c = must_alloc(sizeof *c);

	c->reader = reader;
	return c;
}

void list_cert_free(struct list_cert *c)
{
	free(c);
}

static void comment_line(struct list_cert *c, struct bytes comment)
{
	if (bytes_equal(comment, bytes_str("EOF"))) {
		c->ended = true;
		return;
	}
	csv_begin(&c->csv, comment, ',');
	if (!csv_next(&c->csv) || csv_column(&c->csv, "botname") == CSV_NONE ||
	    csv_column(&c->csv, "ip") == CSV_NONE) {
		return;
	}
	c->ip = csv_column(&c->csv, "ip");
	c->name = csv_column(&c->csv, "botname");
	c->port = csv_column(&c->csv, "remote_port");
	c->seen = csv_column(&c->csv, "lastseen");
	c->named = true;
}

/* A number of up to `most` digits, which is all of the field. */
static bool number(struct bytes field, size_t most, uint64_t *value)
{
	field = list_trim(field);
	*value = 0;
	for (size_t i = 0; i < field.len; i++) {
		if (field.data[i] < '0' || field.data[i] > '9') {
			return false;
		}
		*value = *value * 10 + (uint64_t)(field.data[i] - '0');
	}
	return field.len > 0 && field.len <= most;
}

/* "open relay, port 25, seen 2018-03-03T13:41:36Z" */
static uint32_t reason_of(struct list_cert *c)
{
	char reason[96], time[TIME_TEXT];
	size_t used = (size_t)snprintf(reason, sizeof reason, "open relay");
	uint64_t value;

	if (number(csv_field(&c->csv, c->port), 5, &value)) {
		used += (size_t)snprintf(reason + used, sizeof reason - used, ", port %" PRIu64,
					 value);
	}
	if (number(csv_field(&c->csv, c->seen), 10, &value)) {
		used += (size_t)snprintf(reason + used, sizeof reason - used, ", seen %s",
					 time_format(value, time));
	}
	return list_reason(c->reader, bytes_of(reason, used));
}

static bool is_relay(struct bytes name)
{
	static const char relay[] = "openrelay";

	name = list_trim(name);
	return name.len == strlen(relay) &&
	       strncasecmp((const char *)name.data, relay, name.len) == 0;
}

static void data_line(struct list_cert *c, struct bytes line)
{
	c->ended = false;
	if (!c->named) {
		c->reader->stop =
			fail(ST_DATA, "line %" PRIu64 ": no comment before it names the columns",
			     c->reader->line);
		return;
	}
	csv_begin(&c->csv, line, ',');
	if (!csv_next(&c->csv) || c->csv.fault) {
		list_bad(c->reader, c->reader->line, "%s",
			 c->csv.fault ? c->csv.fault : "the row is empty");
	} else if (c->csv.count <= c->name || c->csv.count <= c->ip) {
		list_bad(c->reader, c->reader->line, "it has too few columns");
	} else if (is_relay(csv_field(&c->csv, c->name))) {
		const struct list_item what = {.reason = reason_of(c)};

		list_add(c->reader, csv_field(&c->csv, c->ip), &what);
	} else {
		c->reader->list->left_out++;
	}
}

void list_cert_line(struct list_cert *c, char *line)
{
	struct bytes text = list_trim(bytes_str(line));

	if (text.len > 0 && *text.data == ';') {
		comment_line(c, list_trim(bytes_of(text.data + 1, text.len - 1)));
	} else if (text.len > 0) {
		data_line(c, text);
	}
}

void list_cert_end(struct list_cert *c)
{
	if (!c->ended) {
		c->reader->stop =
			fail(ST_DATA, "it does not end with \"; EOF\", so it may be cut off");
	}
}
