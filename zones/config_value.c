/*
 * config_value.c: words into values: numbers, times, sizes, texts, paths and names. What belongs to
 * one section alone is in config_section.c.
 *
 * Each setter checks its row's bounds, and says what would be right in the units that the file has.
 */
#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_option.h"
#include "utf8.h"

/* Suffixes of a number, the largest first; the last is what a number without one means. */
struct unit {
	char letter;
	uint64_t factor;
};

static const struct unit durations[] = {
	{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1},
};

static const struct unit sizes[] = {
	{'T', (uint64_t)1 << 40}, {'G', 1 << 30}, {'M', 1 << 20}, {'K', 1 << 10}, {'\0', 1},
};

static const struct unit plain[] = {{'\0', 1}};

/* For write_scaled() alone: what is read is a decimal. */
static const struct unit thousandths[] = {{'\0', 1000}, {'\0', 1}};

enum {
	DURATION_UNITS = sizeof durations / sizeof durations[0],
	SIZE_UNITS = sizeof sizes / sizeof sizes[0],
	UNIT_TEXT = 24,
};

/* Digits, and at most one of the letters after them. */
static bool read_scaled(const char *text, const struct unit *units, size_t count, uint64_t *value)
{
	const char *p = text;

	*value = 0;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value)) {
			return false;
		}
	}
	if (p == text || *p == '\0') {
		return p != text;
	}
	for (size_t i = 0; i < count; i++) {
		if (*p == units[i].letter && p[1] == '\0') {
			return !__builtin_mul_overflow(*value, units[i].factor, value);
		}
	}
	return false;
}

/* In the largest unit that leaves no rest. */
static const char *write_scaled(uint64_t value, const struct unit *units, char text[UNIT_TEXT])
{
	while (value == 0 ? units->factor != 1 : value % units->factor != 0) {
		units++;
	}
	snprintf(text, UNIT_TEXT, "%llu%.1s", (unsigned long long)(value / units->factor),
		 &units->letter);
	return text;
}

enum status duration_parse(const char *text, uint64_t *seconds)
{
	const uint64_t most = (uint64_t)36525 * 86400; /* 100 years */

	if (!read_scaled(text, durations, DURATION_UNITS, seconds)) {
		return fail(ST_DATA, "'%.40s' is no duration: write 90, 90s, 5m, 12h, 30d or 2w",
			    text);
	}
	if (*seconds > most) {
		return fail(ST_DATA, "'%.40s' is over 100 years", text);
	}
	return ST_OK;
}

enum status text_check(const char *text)
{
	/* An IPv6 address of eight full groups; in an export's wildcard, a prefix of it. */
	const size_t ip_max = 8 * 4 + 7 + 4;
	size_t len = 0;

	if (*text == '\0') {
		return fail(ST_DATA, "the text is empty");
	}
	for (const char *p = text; *p;) {
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			return fail(ST_DATA, "the text holds the control character 0x%02x",
				    (unsigned)*p);
		}
		size_t octets = utf8_length((const uint8_t *)p, strlen(p));

		if (octets == 0) {
			/* DNS would carry it, but no JSON can say it. */
			return fail(ST_DATA, "the text is not UTF-8 at octet 0x%02x",
				    (unsigned)(unsigned char)*p);
		}
		if (strncmp(p, "{ip}", 4) == 0) {
			octets = 4;
			len += ip_max - octets;
		}
		p += octets;
		len += octets;
	}
	if (len > TEXT_MAX) {
		return fail(ST_DATA,
			    "the text may have %d octets, not %zu (each {ip} counts as %zu)",
			    TEXT_MAX, len, ip_max);
	}
	return ST_OK;
}

/* ------------------------------------------------------------------------------------ setters */

static void *field_of(const struct config_place *place, void *section)
{
	return (char *)section + place->option->field;
}

/* Checks the bounds of the row, and stores `value` times `factor` at the field's width. */
static enum status store(const struct config_place *place, const char *text, uint64_t value,
			 const struct unit *units, uint64_t factor, void *section)
{
	const struct config_option *row = place->option;
	void *field = field_of(place, section);

	if (value < row->min || value > row->max) {
		char min[UNIT_TEXT], max[UNIT_TEXT];
		return place_fail(place, "%s = %.40s: it must be %s to %s", row->name, text,
				  write_scaled(row->min, units, min),
				  write_scaled(row->max, units, max));
	}
	value *= factor;
	switch (row->size) {
	case sizeof(uint8_t):
		*(uint8_t *)field = (uint8_t)value;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)field = (uint32_t)value;
		break;
	default:
		*(uint64_t *)field = value;
		break;
	}
	return ST_OK;
}

enum status value_number(const struct config_place *place, const char *text, void *section)
{
	uint64_t value;

	if (!read_scaled(text, plain, 0, &value)) {
		return place_fail(place, "%s = %.40s: it must be a whole number",
				  place->option->name, text);
	}
	return store(place, text, value, plain, 1, section);
}

/* "2", "0.25", "1.125": digits, and at most three after a dot. */
enum status value_thousandths(const struct config_place *place, const char *text, void *section)
{
	size_t whole = strspn(text, DIGITS), part = 0;
	uint64_t value = 0;

	/* More digits than that are over any bound, and would not fit for ever. */
	for (size_t i = 0; i < whole && value < UINT32_MAX; i++) {
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	value *= 1000;
	if (text[whole] == '.') {
		part = strspn(text + whole + 1, DIGITS);
		for (size_t i = 0, unit = 100; i < part && i < 3; i++, unit /= 10) {
			value += (uint64_t)(text[whole + 1 + i] - '0') * unit;
		}
	}
	size_t len = whole + (text[whole] == '.' ? 1 + part : 0);
	if (whole == 0 || text[len] != '\0' || part > 3 || (text[whole] == '.' && part == 0)) {
		return place_fail(place, "%s = %.40s: it must be a number as in 1.5, %s",
				  place->option->name, text, "with at most three decimals");
	}
	return store(place, text, value, thousandths, 1, section);
}

static enum status set_duration(const struct config_place *place, const char *text, uint64_t factor,
				void *section)
{
	uint64_t value;

	if (duration_parse(text, &value) != ST_OK) {
		return place_fail(place, "%s: %s", place->option->name, fail_text());
	}
	return store(place, text, value, durations, factor, section);
}

enum status value_seconds(const struct config_place *place, const char *text, void *section)
{
	return set_duration(place, text, 1, section);
}

enum status value_milliseconds(const struct config_place *place, const char *text, void *section)
{
	return set_duration(place, text, 1000, section);
}

enum status value_expiry(const struct config_place *place, const char *text, void *section)
{
	if (strcmp(text, "never") == 0) {
		*(uint64_t *)field_of(place, section) = 0;
		return ST_OK;
	}
	return set_duration(place, text, 1, section);
}

enum status value_size(const struct config_place *place, const char *text, void *section)
{
	uint64_t value;

	if (!read_scaled(text, sizes, SIZE_UNITS, &value)) {
		return place_fail(place, "%s = %.40s: it must be a number of octets, or as in 64G",
				  place->option->name, text);
	}
	return store(place, text, value, sizes, 1, section);
}

enum status value_bool(const struct config_place *place, const char *text, void *section)
{
	int value = cfg_parse_boolean(text);

	if (value < 0) {
		return place_fail(place, "%s = %.40s: it must be true or false",
				  place->option->name, text);
	}
	*(bool *)field_of(place, section) = value;
	return ST_OK;
}

static void keep_string(const struct config_place *place, char *string, void *section)
{
	char **field = field_of(place, section);

	free(*field);
	*field = string;
}

enum status value_string(const struct config_place *place, const char *text, void *section)
{
	if (*text == '\0') {
		return place_fail(place, "%s is empty: name one, or leave it out",
				  place->option->name);
	}
	keep_string(place, must_strdup(text), section);
	return ST_OK;
}

/* What a server says of itself: a text, or "" for nothing, which becomes NULL. */
enum status value_identity(const struct config_place *place, const char *text, void *section)
{
	size_t len = strlen(text);

	if (len > place->option->max) {
		return place_fail(place, "%s: it may have %llu octets, not %zu",
				  place->option->name, (unsigned long long)place->option->max, len);
	}
	if (len > 0 && text_check(text) != ST_OK) {
		return place_fail(place, "%s: %s", place->option->name, fail_text());
	}
	keep_string(place, len > 0 ? must_strdup(text) : NULL, section);
	return ST_OK;
}

enum status value_path(const struct config_place *place, const char *text, void *section)
{
	const char *file = place->config->file;
	int folder = (int)(strrchr(file, '/') - file + 1); /* config->file is absolute */
	char *path;

	if (*text == '\0') {
		return place_fail(place, "%s is empty: it must be a path", place->option->name);
	}
	if (*text == '/') {
		path = must_strdup(text);
	} else {
		size_t room = (size_t)folder + strlen(text) + 1;
		path = must_alloc(room);
		snprintf(path, room, "%.*s%s", folder, file, text);
	}
	if (place->option->max > 0 && strlen(path) > place->option->max) {
		free(path);
		return place_fail(place, "%s: its path may have %llu octets, not more",
				  place->option->name, (unsigned long long)place->option->max);
	}
	keep_string(place, path, section);
	return ST_OK;
}

enum status value_text(const struct config_place *place, const char *text, void *section)
{
	if (text_check(text) != ST_OK) {
		return place_fail(place, "%s: %s", place->option->name, fail_text());
	}
	keep_string(place, must_strdup(text), section);
	return ST_OK;
}

enum status place_name(const struct config_place *place, const char *text, struct name *name)
{
	if (strchr(text, '@')) {
		return place_fail(place,
				  "%s = %.80s: write a dot for the @, as in hostmaster.example.org",
				  place->option->name, text);
	}
	if (name_parse(text, name) != ST_OK) {
		return place_fail(place, "%s: %s", place->option->name, fail_text());
	}
	if (name->len == 1) {
		return place_fail(place, "%s: the root is no name for this", place->option->name);
	}
	return ST_OK;
}

enum status value_name(const struct config_place *place, const char *text, void *section)
{
	return place_name(place, text, field_of(place, section));
}

/* ----------------------------------------------------------------------------- for other setters
 */

bool config_addr(const char *text, uint8_t *family, addr_t *addr)
{
	struct prefix p;

	if (strchr(text, '/') || prefix_parse(text, &p) != ST_OK) {
		return false;
	}
	*family = p.family;
	*addr = p.addr;
	return true;
}

void *config_grow(void *array, size_t *count, size_t size)
{
	char *grown = must_realloc(array, (*count + 1) * size);

	memset(grown + *count * size, 0, size);
	++*count;
	return grown;
}
