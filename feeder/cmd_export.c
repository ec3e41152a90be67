/*
 * cmd_export.c: feeder export: a zone as a file.
 *
 *     with -o   a new file beside it ─▶ export_zone() ─▶ guard ─▶ fsync ─▶ rename ─▶ fsync
 *     else      output(), so that no reader of stdout holds the transaction up
 *
 * Whatever fails, the file stays what it was: a mirror never sees half a zone.
 */
#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeder.h"
#include "json.h"
#include "log.h"
#include "output.h"

struct target {
	const char *file;         /* NULL: stdout */
	char temporary[PATH_MAX]; /* empty: there is none */
	int folder;               /* its descriptor; -1 */
	FILE *out;
	off_t old_size; /* of the file that is there; 0: none */
	off_t size;
};

static enum status io_error(const char *what, const char *file)
{
	return fail(errno == ENOSPC || errno == EDQUOT ? ST_AGAIN : ST_IO, "unable to %s '%s': %s",
		    what, file, strerror(errno));
}

/* "DIR/" of a path, or "./". */
static void folder_of(const char *file, char folder[PATH_MAX])
{
	const char *slash = strrchr(file, '/');

	snprintf(folder, PATH_MAX, "%.*s", slash ? (int)(slash - file) + 1 : 2,
		 slash ? file : "./");
}

/* The new file, with the mode of the old, else as open() would make it. */
static enum status open_temporary(struct target *t, const struct stat *old)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(t->file, '/');
	mode_t mask = umask(0);

	umask(mask);
	folder_of(t->file, folder);
	t->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->folder < 0) {
		return io_error("open", folder);
	}
	if (snprintf(t->temporary, sizeof t->temporary, "%s.%s.XXXXXX", folder,
		     slash ? slash + 1 : t->file) >= (int)sizeof t->temporary) {
		*t->temporary = '\0';
		return fail(ST_USAGE, "-o: the name is too long");
	}
	int fd = mkostemp(t->temporary, O_CLOEXEC);

	if (fd < 0) {
		*t->temporary = '\0';
		return io_error("make a file beside", t->file);
	}
	t->out = fdopen(fd, "w");
	if (!t->out || fchmod(fd, old ? old->st_mode & 07777 : 0666 & ~mask) < 0) {
		return io_error("open", t->temporary);
	}
	return ST_OK;
}

/*
 * Opened before the database: what the one who typed it may write, the database's owner perhaps
 * may not.
 */
static enum status target_open(struct target *t, const char *file)
{
	struct stat old;

	*t = (struct target){.file = file, .folder = -1};
	if (!file) {
		t->out = output();
		return ST_OK;
	}
	bool there = stat(file, &old) == 0;

	if (there && !S_ISREG(old.st_mode)) {
		return fail(ST_USAGE,
			    "-o: '%s' is no regular file; without -o the zone goes to stdout",
			    file);
	}
	t->old_size = there ? old.st_size : 0;
	return open_temporary(t, there ? &old : NULL);
}

static enum status target_guard(const struct target *t, bool force)
{
	const char *how = t->size * 2 < t->old_size    ? "under half"
			  : t->size > t->old_size * 10 ? "over ten times"
						       : NULL;

	if (t->old_size == 0 || !how || force) {
		return ST_OK;
	}
	return fail(ST_DATA,
		    "%lld octets are %s the %lld of '%s', which stays; --force replaces it",
		    (long long)t->size, how, (long long)t->old_size, t->file);
}

static enum status target_finish(struct target *t, bool force)
{
	if (!t->file) {
		return ST_OK;
	}
	if (fflush(t->out) != 0 || fsync(fileno(t->out)) != 0) {
		return io_error("write", t->temporary);
	}
	t->size = ftello(t->out);
	enum status status = target_guard(t, force);

	if (status) {
		return status;
	}
	if (rename(t->temporary, t->file) != 0) {
		return io_error("replace", t->file);
	}
	*t->temporary = '\0';
	return fsync(t->folder) == 0 ? ST_OK : io_error("sync the folder of", t->file);
}

static void target_close(struct target *t)
{
	if (t->file && t->out) {
		fclose(t->out);
	}
	if (*t->temporary) {
		unlink(t->temporary);
	}
	if (t->folder >= 0) {
		close(t->folder);
	}
}

static enum status write_zone(const struct call *call, const struct zone_config *zone,
			      enum export_format format, FILE *out, uint64_t *entries)
{
	struct store *store;
	struct txn *txn;
	enum status status = call_open_read(call, &store);

	if (!status) {
		status = txn_read(store, &txn);
	}
	if (!status) {
		status = export_zone(txn, call->config, zone, format, out, entries);
		txn_abort(txn);
	}
	store_close(store);
	return status;
}

static enum status run(struct call *call)
{
	const struct zone_config *zone;
	enum export_format format = export_format_named(call->format);
	struct target target;
	uint64_t entries = 0;

	if (format == EXPORT_UNKNOWN) {
		return fail(ST_USAGE, "there is no format '%s': type 'feeder export --help'",
			    call->format);
	}
	enum status status = call_zone(call, &zone);

	if (status) {
		return status;
	}
	status = target_open(&target, call->output);
	if (!status) {
		status = write_zone(call, zone, format, target.out, &entries);
	}
	if (!status) {
		status = target_finish(&target, call->force);
	}
	target_close(&target);
	if (status) {
		output_discard();
	}
	if (status || !call->output) {
		return status;
	}
	if (call->json) {
		struct json json = json_begin(output());

		json_text(&json, "file", call->output);
		json_number(&json, "entries", entries);
		json_number(&json, "octets", (uint64_t)target.size);
		json_end(&json);
	}
	log_info("%" PRIu64 " entries, %lld octets in '%s'", entries, (long long)target.size,
		 call->output);
	return ST_OK;
}

const struct command command_export = {
	.verb = "export",
	.options = TAKES(OPTION_OUTPUT) | TAKES(OPTION_FORCE),
	.required = TAKES(OPTION_ZONE) | TAKES(OPTION_FORMAT),
	.summary = "Writes what a zone serves as a file",
	.details = "formats:\n"
		   "  rbldnsd    one 'combined' dataset\n"
		   "  bind       a master file, for any name server\n"
		   "  cidr       the fewest prefixes that cover what is listed\n"
		   "  json       an object a line, as 'feeder import --format json' reads\n"
		   "\n"
		   "To stdout, or with -o to a file, which is replaced as a whole when all has\n"
		   "been written and is on disk. A new file of under half or over ten times the\n"
		   "old one's size is refused (65) without --force.\n",
	.run = run,
};
