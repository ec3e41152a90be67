/*
 * export_cidr.c: the fewest prefixes that cover what any sublist of the zone lists, for filters
 * that know no codes.
 */
#include "export_inside.h"

static void line(struct zone_export *e, const struct prefix *p, int sublist, uint32_t text,
		 void *context)
{
	char prefix[PREFIX_TEXT];

	(void)sublist;
	(void)text;
	(void)context;
	size_t len = prefix_format(p, prefix);
	prefix[len++] = '\n';
	fwrite(prefix, 1, len, e->out);
	export_counted(e);
}

void export_cidr(struct zone_export *e)
{
	export_walk(e, 4, EXPORT_ANY, line, NULL);
	export_walk(e, 6, EXPORT_ANY, line, NULL);
}
