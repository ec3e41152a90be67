/*
 * export.c: a zone as a file: which format, and whether it all got there.
 */
#include "export.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "export_inside.h"
#include "zonestate.h"

static const struct {
	const char *name;
	enum export_format format;
	bool has_serial;
	void (*write)(struct zone_export *e);
} formats[] = {
	{"rbldnsd", EXPORT_RBLDNSD, true, export_rbldnsd},
	{"bind", EXPORT_BIND, true, export_bind},
	{"cidr", EXPORT_CIDR, false, export_cidr},
	{"json", EXPORT_JSON, false, export_json},
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

enum export_format export_format_named(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++) {
		if (strcmp(formats[i].name, name) == 0) {
			return formats[i].format;
		}
	}
	return EXPORT_UNKNOWN;
}

/*
 * stdio remembers that a write failed and not why. `error` is that of the last one, 0 where it was
 * not kept; a full disk is known by what is left of it, too.
 */
static enum status failed(FILE *out, int error)
{
	struct statvfs fs;

	if (error == ENOSPC || error == EDQUOT ||
	    (fstatvfs(fileno(out), &fs) == 0 && fs.f_bavail == 0)) {
		return fail(ST_AGAIN, "writing the export failed: the disk is full");
	}
	return fail(ST_IO, "writing the export failed%s%s", error ? ": " : "",
		    error ? strerror(error) : "");
}

enum status export_zone(struct txn *txn, const struct config *config,
			const struct zone_config *zone, enum export_format format, FILE *out,
			uint64_t *entries)
{
	struct zone_export e = {.txn = txn, .config = config, .zone = zone, .out = out};
	struct zone_state state = {0};
	size_t i = 0;

	while (formats[i].format != format) {
		i++;
	}
	if (formats[i].has_serial && !zone_state_read(txn, zone, &state)) {
		return txn_status(txn)
			       ? txn_status(txn)
			       : fail(ST_CONFIG, "the database has no zone %s: run 'feeder sync'",
				      zone->name);
	}
	e.serial = state.serial;
	zone_view_init(&e.view, zone, txn);
	errno = 0;
	formats[i].write(&e);
	if (entries) {
		*entries = e.entries;
	}
	if (txn_status(txn)) {
		return txn_status(txn);
	}
	return fflush(out) != 0 || ferror(out) ? failed(out, errno) : ST_OK;
}
