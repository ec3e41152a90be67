/*
 * list_value.c: what rbldnsd's entries stand for. rbldnsd.8, "Resulting A values and TXT
 * templates".
 *
 * A value is kept as it was read, its code in one octet (UNSAID where none was given) and then the
 * text; equal values are one number. It is resolved at the end of its dataset, once, for variables
 * may be set after the entries that use them: $1 is replaced, $ becomes {ip}, the code a sublist.
 */
#include "list_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "list_address.h"

enum {
	UNSAID = 1,      /* no sublist has this code */
	TEXT_READ = 255, /* rbldnsd cuts what is longer */
	BASE = 10,       /* the variable $= */
	WRONG = 64,      /* a sentence on a code */
};

struct resolved {
	bool done;
	uint16_t sublist;
	uint32_t text;
	char *wrong;
};

struct list_values {
	struct list_reader *reader;
	struct list_strings *raw;
	struct list_strings *variables;
	struct resolved *resolved; /* by number - 1 */
	size_t room;
};

struct list_values *list_values_new(struct list_reader *reader)
{
	struct list_values *v = must_alloc(sizeof *v);

	v->reader = reader;
	v->raw = list_strings_new();
	v->variables = list_strings_new();
	return v;
}

void list_values_free(struct list_values *v)
{
	if (v) {
		list_values_forget(v);
		free(v->resolved);
		list_strings_free(v->raw);
		list_strings_free(v->variables);
		free(v);
	}
}

void list_values_forget(struct list_values *v)
{
	for (size_t i = 0; i < v->room; i++) {
		free(v->resolved[i].wrong);
		v->resolved[i] = (struct resolved){0};
	}
}

static uint32_t number_of(struct list_values *v, unsigned code, const char *text)
{
	char raw[1 + TEXT_READ + 1];
	size_t len = strlen(text);

	raw[0] = (char)code;
	memcpy(raw + 1, text, len + 1);
	return list_strings_add(v->raw, raw, 1 + len);
}

uint32_t list_value_unsaid(struct list_values *v)
{
	return number_of(v, UNSAID, "");
}

uint32_t list_value_variable(struct list_values *v, const char *text)
{
	return list_strings_add(v->variables, text, strlen(text));
}

static char *skip_blanks(char *s)
{
	return s + strspn(s, " \t");
}

const char *list_value_read(struct list_values *v, char *s, uint32_t otherwise, uint32_t *value)
{
	/* Both borrowed until the next number_of(), which copies first. */
	const char *raw = list_strings_get(v->raw, otherwise);
	const char *text;
	unsigned code;

	if (*s != ':') {
		code = raw ? (unsigned char)raw[0] : 0;
		text = s;
	} else {
		uint32_t a;

		s++;
		const char *wrong = list_ip4_value(&s, &a);
		if (wrong) {
			return wrong;
		}
		if (a >> 8 != 0x7f0000 || (a & 0xff) <= UNSAID) {
			return "its A value is none of 127.0.0.2 to 127.0.0.254";
		}
		code = a & 0xff;
		s = skip_blanks(s);
		if (*s != ':' && *s != '\0') {
			return "after an A value comes a colon, then a text";
		}
		text = *s == ':' ? skip_blanks(s + 1) : raw ? raw + 1 : NULL;
	}
	if (code == 0 || !text) {
		return "the default before it is bad";
	}
	if (strlen(text) > TEXT_READ) {
		return "its text is longer than 255 octets";
	}
	*value = number_of(v, code, text);
	return NULL;
}

/* NULL, or what is wrong with it, in `room` where that names the code. */
static const char *resolve_code(const struct list_values *v, unsigned code, uint16_t *sublist,
				char room[WRONG])
{
	const struct config *config = v->reader->input->config;
	const struct sublist_config *given = v->reader->input->sublist;
	int found = -1;

	if (code == UNSAID || (given && given->code == code)) {
		*sublist = (uint16_t)v->reader->sublist;
		return given ? NULL : "it has no A value, and no sublist is given for such";
	}
	for (size_t i = 0; i < config->sublist_count; i++) {
		if (config->sublists[i].code == code) {
			if (found >= 0) {
				snprintf(room, WRONG, "more than one sublist has code %u", code);
				return room;
			}
			found = (int)i;
		}
	}
	if (found < 0) {
		snprintf(room, WRONG, "no sublist of the config has code %u", code);
		return room;
	}
	*sublist = (uint16_t)found;
	return NULL;
}

/* Text with variables replaced, into `w`. Returns how many {ip} that makes. */
static unsigned substitute(const struct list_values *v, const char *text,
			   const uint32_t variable[LIST_VARIABLES], struct writer *w)
{
	static const char address[] = "{ip}";
	const char *base = list_strings_get(v->variables, variable[BASE]);
	const char *template = text, *entry = text; /* entry: what $= stands for */
	unsigned addresses = 0;

	if (*text == '=') {
		template = entry = text + 1;
	} else if (base) {
		template = base;
		entry = *text ? text : address;
	}
	for (const char *s = template; *s;) {
		const char *put = s;
		size_t len = 1, used = 1;

		if (*s == '$' && s[1] == '$') {
			used = 2;
		} else if (*s == '$' && s[1] >= '0' && s[1] <= '9') {
			const char *set =
				list_strings_get(v->variables, variable[(size_t)(s[1] - '0')]);

			used = 2;
			put = set ? set : s;
			len = set ? strlen(set) : 2;
		} else if (*s == '$' && s[1] == '=') {
			used = 2;
			put = entry;
			len = strlen(entry);
			addresses += entry == address;
		} else if (*s == '$') {
			put = address;
			len = strlen(address);
			addresses++;
		}
		write_bytes(w, put, len);
		s += used;
	}
	return addresses;
}

static const char *resolve_text(struct list_values *v, const char *raw,
				const uint32_t variable[LIST_VARIABLES], uint32_t *text)
{
	char made[16 * TEXT_MAX];
	struct writer w = writer_of(made, sizeof made - 1);
	unsigned addresses = substitute(v, raw, variable, &w);
	unsigned found = 0;

	made[writer_len(&w)] = '\0';
	*text = 0;
	if (made[0] == '\0' && !w.bad) {
		return NULL;
	}
	for (const char *p = made; (p = strstr(p, "{ip}")); p++) {
		found++;
	}
	if (found != addresses) {
		return "its text has {ip} in it, which here would become the address";
	}
	if (w.bad || text_check(made)) {
		return w.bad ? "its text is far too long" : fail_text();
	}
	*text = list_strings_add(v->reader->list->strings, made, writer_len(&w));
	return NULL;
}

const char *list_value_resolve(struct list_values *v, uint32_t value,
			       const uint32_t variable[LIST_VARIABLES], uint16_t *sublist,
			       uint32_t *text)
{
	if (v->room < value) {
		size_t room = v->room ? v->room : 64;

		while (room < value) {
			room *= 2;
		}
		v->resolved = must_realloc(v->resolved, room * sizeof *v->resolved);
		memset(v->resolved + v->room, 0, (room - v->room) * sizeof *v->resolved);
		v->room = room;
	}
	struct resolved *r = &v->resolved[value - 1];

	if (!r->done) {
		const char *raw = list_strings_get(v->raw, value);
		char room[WRONG];
		const char *wrong = resolve_code(v, (unsigned char)raw[0], &r->sublist, room);

		if (!wrong) {
			wrong = resolve_text(v, raw + 1, variable, &r->text);
		}
		r->wrong = wrong ? must_strdup(wrong) : NULL;
		r->done = true;
	}
	*sublist = r->sublist;
	*text = r->text;
	return r->wrong;
}
