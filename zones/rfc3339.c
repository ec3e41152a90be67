/*
 * rfc3339.c: times in text, both ways. The calendar is computed here, as mktime() and its kin ask
 * the environment for a time zone.
 */
#include "rfc3339.h"

#include <stdbool.h>
#include <stdio.h>

#define YEAR_9999_END UINT64_C(253402300799)

enum { DAY_S = 86400, DAYS_TO_1970 = 719468 };

/*
 * Days since 1970-01-01 in the Gregorian calendar; years begin in March here, so that the leap day
 * is the last.
 */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	year -= month <= 2;
	int64_t era = year / 400;
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

static unsigned month_days(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Exactly `count` digits; moves *at past them. */
static bool digits(const char **at, unsigned count, unsigned *value)
{
	*value = 0;
	for (; count > 0; count--, ++*at) {
		if (**at < '0' || **at > '9') {
			return false;
		}
		*value = *value * 10 + (unsigned)(**at - '0');
	}
	return true;
}

static bool one_of(const char **at, char a, char b)
{
	if (**at != a && **at != b) {
		return false;
	}
	++*at;
	return true;
}

/* ".5" and the like: read and dropped. */
static bool fraction(const char **at)
{
	if (**at != '.') {
		return true;
	}
	const char *first = ++*at;

	while (**at >= '0' && **at <= '9') {
		++*at;
	}
	return *at > first;
}

/* "Z" or "+01:00", in seconds east of Greenwich. */
static bool offset(const char **at, int64_t *seconds)
{
	unsigned hours, minutes;
	char sign = **at;

	*seconds = 0;
	if (one_of(at, 'Z', 'z')) {
		return true;
	}
	if (!one_of(at, '+', '-') || !digits(at, 2, &hours) || !one_of(at, ':', ':') ||
	    !digits(at, 2, &minutes) || hours > 23 || minutes > 59) {
		return false;
	}
	*seconds = (int64_t)(hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
	return true;
}

enum status time_parse(const char *text, uint64_t *time)
{
	unsigned year, month, day, hour, minute, second;
	int64_t east;
	const char *at = text;

	if (!digits(&at, 4, &year) || !one_of(&at, '-', '-') || !digits(&at, 2, &month) ||
	    !one_of(&at, '-', '-') || !digits(&at, 2, &day) || !one_of(&at, 'T', 't') ||
	    !digits(&at, 2, &hour) || !one_of(&at, ':', ':') || !digits(&at, 2, &minute) ||
	    !one_of(&at, ':', ':') || !digits(&at, 2, &second) || !fraction(&at) ||
	    !offset(&at, &east) || *at) {
		return fail(ST_DATA, "'%.60s' is no time like 2026-11-21T10:00:00Z", text);
	}
	if (month < 1 || month > 12 || day < 1 || day > month_days(year, month) || hour > 23 ||
	    minute > 59 || second > 60) {
		return fail(ST_DATA, "'%.60s' is on no calendar and no clock", text);
	}
	int64_t at_s = days_of(year, month, day) * DAY_S + hour * 3600 + minute * 60 +
		       (second == 60 ? 59 : second);

	at_s -= east;
	if (at_s < 0 || (uint64_t)at_s > YEAR_9999_END) {
		return fail(ST_DATA, "'%.60s' is before 1970 or after 9999", text);
	}
	*time = (uint64_t)at_s;
	return ST_OK;
}

const char *time_format(uint64_t time, char text[TIME_TEXT])
{
	if (time > YEAR_9999_END) {
		time = YEAR_9999_END;
	}
	unsigned of_day = (unsigned)(time % DAY_S);
	unsigned days = (unsigned)(time / DAY_S), year = 1970, month = 1;
	unsigned length;

	/* At most 8,029 turns, in practice 56: not worth a formula that nobody can read. */
	while (days >= (length = 337 + month_days(year, 2))) {
		days -= length;
		year++;
	}
	while (days >= (length = month_days(year, month))) {
		days -= length;
		month++;
	}
	snprintf(text, TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", year % 10000, month, days + 1,
		 of_day / 3600, of_day / 60 % 60, of_day % 60);
	return text;
}
