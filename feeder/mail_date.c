/*
 * mail_date.c: dates in mails, of all the spellings that mail programs have had.
 *
 *     Sat, 21 Nov 2026 10:00:00 +0100 (CET)      RFC 5322 §3.3
 *     Saturday, 21-Nov-26 10:00 EST              §4.3, and what came before it
 *     Sat Nov 21 10:00:00 2026                   asctime()
 *     2026-11-21T10:00:00.5+01:00                RFC 3339, with a blank for the T or no zone too
 *
 * The day of the week is not looked at: it says nothing more, and is often wrong. A date without a
 * zone, or with one that nobody knows, is UTC (RFC 5322 §4.3: as good as -0000).
 */
#include "mail.h"

#include <stdio.h>
#include <strings.h>

#include "rfc3339.h"

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
				     "jul", "aug", "sep", "oct", "nov", "dec"};

/*
 * Names of zones, in minutes east of UTC. Those of North America are RFC 5322's own; of the others
 * only those that mean one thing to nearly everybody: IST is India, Israel and Ireland, so it is
 * not here. Single letters are not either: they were written with either sign (§4.3).
 */
static const struct {
	const char *name;
	int minutes;
} zones[] = {
	{"EDT", -240},  {"EST", -300},  {"CDT", -300}, {"CST", -360}, {"MDT", -360}, {"MST", -420},
	{"PDT", -420},  {"PST", -480},  {"NDT", -150}, {"NST", -210}, {"ADT", -180}, {"AST", -240},
	{"AKDT", -480}, {"AKST", -540}, {"HDT", -540}, {"HST", -600}, {"BRT", -180}, {"ART", -180},
	{"WEST", 60},   {"BST", 60},    {"CET", 60},   {"MET", 60},   {"MEZ", 60},   {"CEST", 120},
	{"MEST", 120},  {"MESZ", 120},  {"EET", 120},  {"SAST", 120}, {"EEST", 180}, {"MSK", 180},
	{"MSD", 240},   {"PKT", 300},   {"WIB", 420},  {"ICT", 420},  {"HKT", 480},  {"SGT", 480},
	{"AWST", 480},  {"PHT", 480},   {"JST", 540},  {"KST", 540},  {"ACST", 570}, {"ACDT", 630},
	{"AEST", 600},  {"AEDT", 660},  {"NZST", 720}, {"NZDT", 780},
};

struct date {
	unsigned year, month, day, hour, minute, second; /* month: 1 to 12 */
	int zone;                                        /* minutes east of UTC */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Skips blanks, comments and what may separate a day from a month. */
static const char *skip(const char *at, const char *also)
{
	unsigned depth = 0;

	for (; *at; at++) {
		if (*at == '(') {
			depth++;
		} else if (*at == ')' && depth > 0) {
			depth--;
		} else if (depth == 0 && *at != ' ' && *at != '\t' && !strchr(also, *at)) {
			break;
		} else if (*at == '\\' && at[1]) {
			at++;
		}
	}
	return at;
}

/* `min` to `max` digits and no more of them; NULL where there are others. */
static const char *number(const char *at, unsigned min, unsigned max, unsigned *n)
{
	unsigned digits = 0;

	for (*n = 0; is_digit(*at) && digits <= max; digits++) {
		*n = *n * 10 + (unsigned)(*at++ - '0');
	}
	return digits >= min && digits <= max ? at : NULL;
}

/* "10:00:00", "10:00", "10:00:00.25". */
static const char *take_time(const char *at, struct date *date)
{
	at = number(at, 1, 2, &date->hour);
	at = at ? skip(at, "") : NULL;
	if (!at || *at != ':') {
		return NULL;
	}
	at = number(skip(at + 1, ""), 2, 2, &date->minute);
	date->second = 0;
	if (at && *skip(at, "") == ':') {
		at = number(skip(skip(at, "") + 1, ""), 2, 2, &date->second);
		if (at && (*at == '.' || *at == ',') && is_digit(at[1])) {
			for (at++; is_digit(*at); at++) {
			}
		}
	}
	return at;
}

/* A number of its own such as "-0000" says more than the comment after it. */
static const char *take_zone(const char *at, struct date *date)
{
	date->zone = 0;
	if ((strncasecmp(at, "GMT", 3) == 0 || strncasecmp(at, "UTC", 3) == 0) &&
	    (at[3] == '+' || at[3] == '-')) {
		at += 3; /* "GMT+0100", as JavaScript has it */
	}
	if (*at == '+' || *at == '-') {
		bool west = *at == '-';
		unsigned hours, minutes = 0;
		const char *colon = at + 1 + strspn(at + 1, "0123456789");

		if (colon == at + 5) {
			at = number(at + 1, 4, 4, &hours);
			minutes = hours % 100;
			hours /= 100;
		} else {
			at = number(at + 1, 1, 2, &hours);
			at = at && *at == ':' ? number(at + 1, 2, 2, &minutes) : at;
		}
		if (!at || hours > 15 || minutes > 59) {
			return NULL;
		}
		date->zone = (int)(hours * 60 + minutes) * (west ? -1 : 1);
		return at;
	}
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		size_t len = strlen(zones[i].name);

		if (strncasecmp(at, zones[i].name, len) == 0 && !is_letter(at[len])) {
			date->zone = zones[i].minutes;
		}
	}
	while (is_letter(*at)) {
		at++;
	}
	return at;
}

static const char *take_month(const char *at, struct date *date)
{
	for (unsigned i = 0; i < 12; i++) {
		if (strncasecmp(at, months[i], 3) == 0) {
			date->month = i + 1;
			while (is_letter(*at)) {
				at++;
			}
			return at;
		}
	}
	return NULL;
}

/* RFC 5322 §4.3 on years of two or three digits. */
static const char *take_year(const char *at, struct date *date)
{
	const char *after = number(at, 2, 4, &date->year);

	if (after && after - at < 4) {
		date->year += after - at == 2 && date->year < 50 ? 2000 : 1900;
	}
	return after;
}

/* "2026-11-21T10:00:00Z" */
static bool read_iso(const char *at, struct date *date)
{
	at = number(at, 4, 4, &date->year);
	at = at && *at == '-' ? number(at + 1, 2, 2, &date->month) : NULL;
	at = at && *at == '-' ? number(at + 1, 2, 2, &date->day) : NULL;
	at = at && (*at == 'T' || *at == 't' || *at == ' ') ? take_time(skip(at + 1, ""), date)
							    : NULL;
	return at && take_zone(skip(at, ""), date);
}

/* All others: a day of the week or none, then day and month in either order. */
static bool read_words(const char *at, struct date *date)
{
	struct date none;

	at = skip(at, ",");
	if (is_letter(*at) && !take_month(at, &none)) {
		while (is_letter(*at)) {
			at++;
		}
		at = skip(at, ",.");
	}
	if (is_letter(*at)) {
		at = take_month(at, date);
		at = at ? number(skip(at, ""), 1, 2, &date->day) : NULL;
		at = at ? skip(at, ",") : NULL;
		const char *after = at ? take_time(at, date) : NULL;

		if (after) { /* asctime(): the zone, where date(1) wrote one, then the year */
			after = take_zone(skip(after, ""), date);
			return after && take_year(skip(after, ""), date);
		}
	} else {
		at = number(at, 1, 2, &date->day);
		at = at ? take_month(skip(at, "-./"), date) : NULL;
	}
	at = at ? take_year(skip(at, "-./,"), date) : NULL;
	at = at ? take_time(skip(at, ","), date) : NULL;
	return at && take_zone(skip(at, ""), date);
}

uint64_t mail_date(const char *text)
{
	struct date date = {0};
	const char *at = skip(text, "\"'");
	char iso[64];
	uint64_t time;

	if (!read_iso(at, &date) && !read_words(at, &date)) {
		return 0;
	}
	snprintf(iso, sizeof iso, "%04u-%02u-%02uT%02u:%02u:%02uZ", date.year, date.month, date.day,
		 date.hour, date.minute, date.second);
	if (time_parse(iso, &time)) { /* it knows which days there are */
		return 0;
	}
	int64_t seconds = (int64_t)time - (int64_t)date.zone * 60;

	return seconds > 0 ? (uint64_t)seconds : 0;
}
