/*
 * config_export.c: files that zones are written to.
 */
#include <string.h>

#include "config_option.h"
#include "export.h"
#include "source.h"

void *export_open(const struct config_place *place, const char *title, void *outer)
{
	struct config *config = outer;

	if (*title == '\0') {
		place_fail(place, "export '': give it a name");
		return NULL;
	}
	config->exports =
		config_grow(config->exports, &config->export_count, sizeof *config->exports);

	struct export_config *export = &config->exports[config->export_count - 1];
	export->name = must_strdup(title);
	return export;
}

enum status export_set_zone(const struct config_place *place, const char *text, void *section)
{
	struct export_config *export = section;

	export->zone = config_zone(place->config, text);
	if (!export->zone) {
		return place_fail(place, "export '%s': there is no zone '%.80s' in this file",
				  export->name, text);
	}
	return ST_OK;
}

enum status export_set_format(const struct config_place *place, const char *text, void *section)
{
	struct export_config *export = section;

	if (export_format_named(text) == EXPORT_UNKNOWN) {
		return place_fail(place, "export '%s': there is no format '%.40s': there are %s",
				  export->name, text, EXPORT_FORMATS);
	}
	export->format = must_strdup(text);
	return ST_OK;
}

enum status export_set_file(const struct config_place *place, const char *text, void *section)
{
	const struct config *config = place->config;
	struct export_config *export = section;

	if (value_path(place, text, export)) {
		return ST_CONFIG;
	}
	for (const struct export_config *other = config->exports; other < export; other++) {
		if (strcmp(other->file, export->file) == 0) {
			return place_fail(place, "export '%s': '%s' is export '%s' already",
					  export->name, export->file, other->name);
		}
	}
	return ST_OK;
}
