/*
 * config_clients.c: who is served, in `clients` of the file and of each zone.
 *
 *     refuse = { 192.0.2.0/24 }  answer = { 192.0.2.1 }  ─▶  rules: each a prefix and its action
 *
 * Sections hold one list for each action. Among the rules of a section the most specific prefix
 * wins, so that their order means nothing, but the same prefix twice would leave open which counts.
 * ::ffff:192.0.2.1 is 192.0.2.1 here, as everywhere.
 */
#include <stdlib.h>
#include <string.h>

#include "config_option.h"

static const char *const action_name[] = {
	[ACTION_NONE] = "",     [ACTION_ANSWER] = "answer", [ACTION_REFUSE] = "refuse",
	[ACTION_DROP] = "drop", [ACTION_EMPTY] = "empty",   [ACTION_ERROR] = "error",
};

enum { ACTIONS = sizeof action_name / sizeof action_name[0] };

/* ACTION_NONE where there is no such one. */
static enum action action_named(const char *name)
{
	for (unsigned i = ACTION_ANSWER; i < ACTIONS; i++) {
		if (strcmp(name, action_name[i]) == 0) {
			return (enum action)i;
		}
	}
	return ACTION_NONE;
}

enum status value_action(const struct config_place *place, const char *text, void *section)
{
	enum action action = action_named(text);

	if (action == ACTION_NONE) {
		return place_fail(place, "%s = '%.40s': it must be answer, refuse, drop, empty %s",
				  place->option->name, text, "or error");
	}
	*(enum action *)(void *)((char *)section + place->option->field) = action;
	return ST_OK;
}

enum status place_prefix(const struct config_place *place, const char *text, struct prefix **list,
			 size_t *count)
{
	struct prefix prefix;

	if (prefix_parse(text, &prefix) != ST_OK) {
		return place_fail(place, "%s: %s", place->option->name, fail_text());
	}
	for (size_t i = 0; i < *count; i++) {
		if (prefix_compare(&(*list)[i], &prefix) == 0) {
			return place_fail(place, "%s: '%s' is given twice", place->option->name,
					  text);
		}
	}
	*list = config_grow(*list, count, sizeof **list);
	(*list)[*count - 1] = prefix;
	return ST_OK;
}

enum status clients_add(const struct config_place *place, const char *text, void *section)
{
	struct clients_config *clients = section;
	struct client_rule rule = {
		.action = action_named(place->option->name),
		.line = place->line,
	};

	if (prefix_parse(text, &rule.prefix) != ST_OK) {
		return place_fail(place, "%s: %s", place->option->name, fail_text());
	}
	clients->rules = config_grow(clients->rules, &clients->rule_count, sizeof *clients->rules);
	clients->rules[clients->rule_count - 1] = rule;
	return ST_OK;
}

/* By prefix; of equal ones the first of the file first. */
static int compare_rules(const void *a, const void *b)
{
	const struct client_rule *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

enum status clients_close(const struct config_place *place, void *section)
{
	struct clients_config *clients = section;

	if (clients->rule_count > 1) {
		qsort(clients->rules, clients->rule_count, sizeof *clients->rules, compare_rules);
	}
	for (size_t i = 1; i < clients->rule_count; i++) {
		const struct client_rule *rule = &clients->rules[i];

		if (prefix_compare(&rule[-1].prefix, &rule->prefix) == 0) {
			struct config_place at = *place;
			char text[PREFIX_TEXT];

			prefix_format(&rule->prefix, text);
			at.line = rule->line;
			return place_fail(&at, "%s: '%s' is given twice, the first time on line %u",
					  place->option->name, text, rule[-1].line);
		}
	}
	return ST_OK;
}

void clients_inherit(struct clients_config *zone, const struct clients_config *file)
{
	if (zone->error.code == 0) {
		zone->error.code = file->error.code;
	}
	if (!zone->error.text) {
		zone->error.text = must_strdup(file->error.text);
	}
}
