/*
 * report_uceprotect.c: UCEPROTECT's reports to those who registered a network: its hosts that sent
 * to spam traps, a row each. No description of the columns is public, so they are known by name,
 * and of those only these matter, in any order, apart by ';', ',' or tabs:
 *
 *     ip, address, ip address, ipaddress           the host
 *     timestamp, time, date, last impact, …        when it sent last; without a zone it is UTC
 *     impact, impacts                              how often
 *     level                                        of UCEPROTECT's three lists: 1 is a host's own
 *
 * Without being asked for, it is taken for UCEPROTECT's where the name of the file says so, or
 * where the header has a host, a time and either of the last two. A row of level 2 or 3 is about a
 * network or a provider: it proves nothing about the host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "report_csv.h"
#include "report_reader.h"

static size_t column_of(const struct csv *header, const char *const *names)
{
	size_t column = CSV_NONE;

	for (; *names && column == CSV_NONE; names++) {
		column = csv_column(header, *names);
	}
	return column;
}

bool uceprotect_header(const struct csv *header, const char *name, bool asked,
		       struct uceprotect *columns)
{
	static const char *const hosts[] = {"ip", "ip address", "ipaddress", "address", NULL};
	static const char *const times[] = {"timestamp",  "time",      "date",     "last impact",
					    "lastimpact", "last seen", "lastseen", NULL};
	static const char *const impacts[] = {"impacts", "impact", NULL};
	static const char *const levels[] = {"level", "uceprotect-level", "uceprotect level", NULL};

	*columns = (struct uceprotect){
		.ip = column_of(header, hosts),
		.time = column_of(header, times),
		.impacts = column_of(header, impacts),
		.level = column_of(header, levels),
	};
	bool shaped = columns->time != CSV_NONE && columns->impacts != CSV_NONE;

	return columns->ip != CSV_NONE && (asked || shaped || strcasestr(name, "uceprotect"));
}

/* At least 1, as a report of nothing is none. */
static uint32_t count_of(struct bytes field)
{
	char text[16];
	char *end;
	unsigned long count = strtoul(csv_text(field, text, sizeof text), &end, 10);

	return *end || count < 1 || count > UINT32_MAX ? 1 : (uint32_t)count;
}

enum status uceprotect_row(const struct uceprotect *columns, const struct csv *row,
			   struct report *report)
{
	char level[16], note[32] = "";
	struct bytes ip = csv_field(row, columns->ip);

	csv_text(csv_field(row, columns->level), level, sizeof level);
	report->category = CATEGORY_SPAM;
	report->incidents = count_of(csv_field(row, columns->impacts));
	report->disposition = strpbrk(level, "23") ? DISPOSITION_IGNORED : DISPOSITION_EVIDENCE;
	if (level[0] && !strchr(level, '@')) {
		snprintf(note, sizeof note, "level %s", level);
	}
	report_words(report->note, bytes_str(note));
	enum status status = csv_host(ip, &report->source);

	return status ? status : csv_time(csv_field(row, columns->time), &report->observed);
}
