/*
 * list_special.c: rbldnsd.8, "Special Entries". Those that say how a zone is served ($SOA, $NS,
 * $TTL) are the config's matter here.
 */
#include "list_special.h"

#include <string.h>
#include <strings.h>
#include <time.h>

static char *skip_blanks(char *s)
{
	return s + strspn(s, " \t");
}

char *list_special_word(char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncasecmp(line, word, len) != 0 || (line[len] != ' ' && line[len] != '\t')) {
		return NULL;
	}
	return skip_blanks(line + len);
}

/* All the digits at *s, as long as they fit. */
static bool number(char **s, uint64_t *value)
{
	char *digits = *s;

	for (*value = 0; **s >= '0' && **s <= '9'; (*s)++) {
		*value = *value * 10 + (unsigned)(**s - '0');
		if (*value > UINT32_MAX) {
			return false;
		}
	}
	return *s != digits;
}

/* Up to `digits` digits and then a colon or dash, which may be left out. */
static bool part(char **s, int digits, int least, int most, int *value)
{
	char *begin = *s;

	for (*value = 0; **s >= '0' && **s <= '9' && *s - begin < digits; (*s)++) {
		*value = *value * 10 + (**s - '0');
	}
	if (*s == begin || *value < least || *value > most) {
		return false;
	}
	if (**s == ':' || **s == '-') {
		(*s)++;
	}
	return true;
}

static bool blank_or_end(char c)
{
	return c == ' ' || c == '\t' || c == '\0';
}

/* yyyy:mm:dd[:hh[:mi[:ss]]]; "0" or "-" is 0: not given. */
static bool stamp_parse(char **s, uint64_t *time)
{
	struct tm tm = {0};
	int month;

	if ((**s == '0' || **s == '-' || **s == ':') && blank_or_end((*s)[1])) {
		*s = skip_blanks(*s + 1);
		*time = 0;
		return true;
	}
	if (!part(s, 4, 1970, 2038, &tm.tm_year) || !part(s, 2, 1, 12, &month) ||
	    !part(s, 2, 1, 31, &tm.tm_mday) ||
	    (!blank_or_end(**s) && !part(s, 2, 0, 23, &tm.tm_hour)) ||
	    (!blank_or_end(**s) && !part(s, 2, 0, 59, &tm.tm_min)) ||
	    (!blank_or_end(**s) && !part(s, 2, 0, 59, &tm.tm_sec)) || !blank_or_end(**s)) {
		return false;
	}
	tm.tm_year -= 1900;
	tm.tm_mon = month - 1;
	*time = (uint64_t)timegm(&tm);
	*s = skip_blanks(*s);
	return tm.tm_mon == month - 1; /* timegm() makes 1 March of 30 February */
}

/* "7d": a number and one of s m h d w. */
static bool time_span(char *s, uint64_t *span_s)
{
	static const char units[] = "smhdw";
	static const unsigned unit_s[] = {1, 60, 3600, 86400, 604800};

	if (!number(&s, span_s)) {
		return false;
	}
	if (*s != '\0') {
		const char *unit = strchr(units, *s | 0x20);

		if (!unit || *++s != '\0') {
			return false;
		}
		*span_s *= unit_s[unit - units];
	}
	return true;
}

const char *list_special_timestamp(char *s, uint64_t now, const char **refuse)
{
	static const char *const wrong = "a $TIMESTAMP is as in 2026:11:21:10:00 +7d";
	uint64_t made, expires = 0;

	*refuse = NULL;
	if (!stamp_parse(&s, &made)) {
		return wrong;
	}
	if (*s == '+') {
		if (!time_span(s + 1, &expires) || made == 0 || expires == 0) {
			return wrong;
		}
		expires += made;
	} else if (*s != '\0' && (!stamp_parse(&s, &expires) || *s != '\0')) {
		return wrong;
	}
	if (made > now) {
		*refuse = "the list says that it was made in the future";
	} else if (expires != 0 && expires < now) {
		*refuse = "the list says that it has expired";
	}
	return NULL;
}

bool list_special_range(char *s, uint32_t *most)
{
	bool length = *s == '/';
	uint64_t value;

	if (length) {
		s++;
	}
	if (!number(&s, &value) || *s != '\0' || value == 0 || (length && value > 32)) {
		return false;
	}
	*most = length ? UINT32_C(1) << (32 - value) : (uint32_t)value;
	return true;
}
