/*
 * export.c: a zone as a file: which format, and whether it all got there.
 *
 * Where a format has comments the last line is one, and counts the entries: so a file of another
 * time can be compared with this one, whatever its header is, and one that was cut off is known.
 */
#include "export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "export_inside.h"
#include "zonestate.h"

static const struct format {
	const char *name;
	enum export_format format;
	const char *comment; /* begins one; NULL: each line is an entry, there is no serial */
	void (*write)(struct zone_export *e);
} formats[] = {
	{"rbldnsd", EXPORT_RBLDNSD, "#", export_rbldnsd},
	{"bind", EXPORT_BIND, ";", export_bind},
	{"rpz", EXPORT_RPZ, ";", export_rpz},
	{"cidr", EXPORT_CIDR, NULL, export_cidr},
	{"json", EXPORT_JSON, NULL, export_json},
	{"nft", EXPORT_NFT, "#", export_nft},
	{"ipset", EXPORT_IPSET, "#", export_ipset},
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

bool export_entries(FILE *file, uint64_t *entries)
{
	char tail[64], *end;

	if (fseeko(file, 1 - (off_t)sizeof tail, SEEK_END) != 0) {
		rewind(file); /* it is shorter */
	}
	size_t len = fread(tail, 1, sizeof tail - 1, file);

	if (len == 0 || tail[len - 1] != '\n') {
		return false;
	}
	tail[len - 1] = '\0';

	const char *line = strrchr(tail, '\n');

	line = line ? line + 1 : tail;
	if (strncmp(line, "# ", 2) != 0 && strncmp(line, "; ", 2) != 0) {
		return false;
	}
	*entries = strtoull(line + 2, &end, 10);
	return strcmp(end, " entries") == 0;
}

enum status export_zone(struct txn *txn, const struct export_job *job, FILE *out, uint64_t *entries)
{
	struct zone_export e = {.txn = txn,
				.config = job->config,
				.zone = job->zone,
				.now = job->now,
				.out = out,
				.progress = job->progress};
	const struct format *format = formats;
	struct zone_state state = {0};

	while (format->format != job->format) {
		format++;
	}
	if (format->comment && !zone_state_read(txn, e.zone, &state)) {
		return txn_status(txn)
			       ? txn_status(txn)
			       : fail(ST_CONFIG, "the database has no zone %s: run 'feeder sync'",
				      e.zone->name);
	}
	e.serial = state.serial;
	zone_view_init(&e.view, e.zone, txn);
	errno = 0;
	format->write(&e);
	if (format->comment) {
		fprintf(out, "%s %" PRIu64 " entries\n", format->comment, e.entries);
	}
	if (entries) {
		*entries = e.entries;
	}
	if (txn_status(txn)) {
		return txn_status(txn);
	}
	return fflush(out) != 0 || ferror(out) ? failed(out, errno) : ST_OK;
}
