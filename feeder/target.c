/*
 * target.c: files that are replaced as a whole.
 *
 * The guard compares entries, where the old file says how many it has: octets say little about a
 * short list below a long header. Else, as each line is an entry or the file is of another program,
 * it compares octets.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export.h"

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
		return fail(ST_USAGE, "'%.60s…': the name is too long", t->file);
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

static void count_old(struct target *t, const struct stat *old)
{
	FILE *file = fopen(t->file, "re");

	t->old.size = old->st_size;
	if (file) {
		t->old.counted = export_entries(file, &t->old.entries);
		fclose(file);
	}
}

enum status target_open(struct target *t, const char *file)
{
	struct stat old;

	*t = (struct target){.file = file, .folder = -1};
	bool there = stat(file, &old) == 0;

	if (there && !S_ISREG(old.st_mode)) {
		return fail(ST_USAGE, "'%s' is no regular file, which an export could replace",
			    file);
	}
	if (there) {
		count_old(t, &old);
	}
	return open_temporary(t, there ? &old : NULL);
}

static enum status guard(const struct target *t, uint64_t entries)
{
	uint64_t now = t->old.counted ? entries : (uint64_t)t->size;
	uint64_t before = t->old.counted ? t->old.entries : (uint64_t)t->old.size;
	const char *how = now * 2 < before    ? "under half"
			  : now > before * 10 ? "over ten times"
					      : NULL;

	if (before == 0 || !how) {
		return ST_OK;
	}
	return fail(ST_DATA, "%llu %s are %s the %llu of '%s', which stays; --force replaces it",
		    (unsigned long long)now, t->old.counted ? "entries" : "octets", how,
		    (unsigned long long)before, t->file);
}

enum status target_finish(struct target *t, uint64_t entries, bool force)
{
	if (fflush(t->out) != 0) {
		return io_error("write", t->temporary);
	}
	t->size = ftello(t->out);
	enum status status = force ? ST_OK : guard(t, entries);

	if (status) {
		return status;
	}
	if (fsync(fileno(t->out)) != 0) {
		return io_error("write", t->temporary);
	}
	if (rename(t->temporary, t->file) != 0) {
		return io_error("replace", t->file);
	}
	*t->temporary = '\0';
	return fsync(t->folder) == 0 ? ST_OK : io_error("sync the folder of", t->file);
}

void target_close(struct target *t)
{
	if (t->out) {
		fclose(t->out);
	}
	if (*t->temporary) {
		unlink(t->temporary);
	}
	if (t->folder >= 0) {
		close(t->folder);
	}
}
