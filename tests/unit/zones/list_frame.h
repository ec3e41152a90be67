/*
 * list_frame.h: what tests of lists share: a config with sublists, a text read as a list, and what
 * came out spelled as text. Include it last, after cmocka.h.
 */
#ifndef DNSBLD_TEST_LIST_FRAME_H
#define DNSBLD_TEST_LIST_FRAME_H

#include "listfile.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 1795255200 }; /* 2026-11-21T10:00:00Z */

static const char CONFIG[] =
	"database = \"db\"\n"
	"listen = { \"127.0.0.1:5353\" }\n"
	"sublist relay { code = 2 text = \"Open relay {ip}\" }\n"
	"sublist hijacked { code = 4 }\n"
	"zone \"dnsbl.example.org\" {\n"
	"  ns = { \"ns1.example.net\" }\n"
	"  soa { mname = \"ns1.example.net\" rname = \"hostmaster.example.org\" }\n"
	"}\n";

static struct config *config;

static int set_up(void **state)
{
	(void)state;
	if (config_parse(CONFIG, "test.conf", &config)) {
		fail_msg("%s", fail_text());
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	config_free(config);
	return 0;
}

/* The bad lines of the last list, as "LINE: WHY\n" one after another. */
static char complaints[65536];

static void note(void *context, uint64_t line, const char *why)
{
	size_t used = strlen(complaints);

	(void)context;
	snprintf(complaints + used, sizeof complaints - used, "%llu: %s\n",
		 (unsigned long long)line, why);
}

static enum status try_reading(enum list_format format, const void *data, size_t len,
			       const struct sublist_config *sublist, struct list *list)
{
	FILE *in = fmemopen((void *)(uintptr_t)data, len, "r");
	struct list_input input = {in, format, config, sublist, NOW, note, NULL, false};

	assert_non_null(in);
	complaints[0] = '\0';
	enum status status = list_read(&input, list);
	fclose(in);
	return status;
}

/* The items as "PREFIX SUBLIST[ text=T][ reason=R][ expires=E]\n" one after another. */
static const char *spelled(const struct list *list)
{
	static char out[65536];
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		const struct list_item *item = &list->at[i];
		struct prefix p = {item->addr, item->family, item->len};
		char prefix[PREFIX_TEXT];

		prefix_format(&p, prefix);
		used += (size_t)snprintf(out + used, sizeof out - used, "%s %s", prefix,
					 config->sublists[item->sublist].name);
		if (item->text) {
			used += (size_t)snprintf(out + used, sizeof out - used, " text=%s",
						 list_string(list, item->text));
		}
		if (item->reason) {
			used += (size_t)snprintf(out + used, sizeof out - used, " reason=%s",
						 list_string(list, item->reason));
		}
		if (item->expires) {
			used += (size_t)snprintf(out + used, sizeof out - used, " expires=%u",
						 item->expires);
		}
		used += (size_t)snprintf(out + used, sizeof out - used, "\n");
	}
	return out;
}

static void expect(enum list_format format, const char *text, const char *items,
		   const char *bad_lines)
{
	struct list list;

	assert_int_equal(try_reading(format, text, strlen(text), &config->sublists[0], &list),
			 ST_OK);
	assert_string_equal(spelled(&list), items);
	assert_string_equal(complaints, bad_lines);
	list_release(&list);
}

#endif
