/*
 * export_json.c: one object a line for each prefix and sublist, ascending within a sublist.
 *
 *     {"prefix":"192.0.2.1","sublist":"relay","code":2,"text":"…"}
 *
 * text is there where a claim's own text is served and not the template. What LIST_JSON makes of
 * the lines answers as the zone does.
 */
#include <jansson.h>
#include <string.h>

#include "export_inside.h"

static void quoted(FILE *out, struct bytes text)
{
	json_t *string = json_stringn((const char *)text.data, text.len);

	if (!string) {
		/* A TXT record may hold any octets, JSON only UTF-8. */
		char ascii[TEXT_MAX];
		size_t len = text.len < sizeof ascii ? text.len : sizeof ascii;

		for (size_t i = 0; i < len; i++) {
			ascii[i] = (char)(text.data[i] < 0x80 ? text.data[i] : '?');
		}
		string = json_stringn(ascii, len);
	}
	json_dumpf(string, out, JSON_ENCODE_ANY);
	json_decref(string);
}

static void line(struct zone_export *e, const struct prefix *p, int sublist, uint32_t text,
		 void *context)
{
	const struct sublist_config *config = e->zone->sublists[sublist];
	char prefix[PREFIX_TEXT];

	(void)context;
	prefix_format(p, prefix);
	fprintf(e->out, "{\"prefix\":\"%s\",\"sublist\":", prefix);
	quoted(e->out, bytes_str(config->name));
	fprintf(e->out, ",\"code\":%u", config->code);
	if (text != 0) {
		fputs(",\"text\":", e->out);
		quoted(e->out, text_shown(text_read(e->txn, text), NULL));
	}
	fputs("}\n", e->out);
	export_counted(e);
}

void export_json(struct zone_export *e)
{
	for (size_t s = 0; s < e->view.count; s++) {
		export_walk(e, 4, (int)s, line, NULL);
		export_walk(e, 6, (int)s, line, NULL);
	}
}
