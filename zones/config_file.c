/*
 * config_file.c: the octets of a config file, and who else may read or write it.
 *
 * 1. Who can write the config can name any account, file and address in it, and root reads it. So
 *    it must be neither everybody nor the account of dnsbld's workers, or one that was broken into
 *    would be root after the next SIGHUP.
 * 2. What holds a secret must not be readable by everybody. A group may read it: that is how
 *    dnsbld and feeder share one file.
 * 3. The file that was read is the one that is judged, and by both programs alike.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "config.h"

enum {
	FILE_MAX = 16 << 20, /* a thousand zones are a tenth of it; more is another file given by
				mistake */
	READ_STEP = 64 << 10,
};

static void wipe(char *text, size_t len)
{
	if (text) {
		explicit_bzero(text, len);
	}
	free(text);
}

/* As realloc(), but it leaves no copy behind. */
static char *grow(char *text, size_t len, size_t room)
{
	char *grown = must_alloc(room);

	if (len > 0) {
		memcpy(grown, text, len);
	}
	wipe(text, len);
	return grown;
}

/* All of an open file, NUL-terminated. NULL, having failed, on what cannot be a config. */
static char *read_all(int fd, const char *file, enum status *status)
{
	char *text = NULL;
	size_t len = 0, room = 0;
	ssize_t got;

	do {
		if (room - len <= READ_STEP) {
			room = 2 * room + 2 * READ_STEP;
			text = grow(text, len, room);
		}
		got = read(fd, text + len, READ_STEP);
		len += got > 0 ? (size_t)got : 0;
	} while (got > 0 && len <= FILE_MAX);

	text[len] = '\0';
	if (got < 0) {
		*status = fail(ST_IO, "unable to read '%s': %s", file, strerror(errno));
	} else if (len > FILE_MAX) {
		*status = fail(ST_CONFIG, "%s: it is over %d MiB, which no config file is", file,
			       FILE_MAX >> 20);
	} else if (strlen(text) != len) {
		unsigned line = 1;
		for (const char *p = text; *p; p++) {
			line += *p == '\n';
		}
		*status = fail(ST_CONFIG, "%s:%u: it holds a NUL octet, which no text does", file,
			       line);
	} else {
		return text;
	}
	wipe(text, len);
	return NULL;
}

static enum status check_access(const struct config *config, const struct stat *st)
{
	const char *file = config->file;
	struct account workers;

	/* From a pipe perhaps, which is whose it is. */
	if (!S_ISREG(st->st_mode)) {
		return ST_OK;
	}
	if (st->st_mode & S_IWOTH) {
		return fail(ST_PERM, "%s: everybody may write it: chmod o-w %s", file, file);
	}
	if (config_has_secrets(config) && st->st_mode & S_IROTH) {
		return fail(ST_PERM,
			    "%s: it holds secrets, and everybody may read it: chmod o-r %s", file,
			    file);
	}
	/* Without root there is nobody else whom the workers could become. */
	if (geteuid() != 0 || account_find(config, &workers)) {
		return ST_OK;
	}
	if (st->st_uid == workers.uid) {
		return fail(ST_PERM,
			    "%s: it belongs to '%s', as whom the workers run: chown root %s", file,
			    workers.name, file);
	}
	if (st->st_gid == workers.gid && st->st_mode & S_IWGRP) {
		return fail(
			ST_PERM,
			"%s: '%s', as whom the workers run, may write it as its group: chmod g-w %s",
			file, workers.name, file);
	}
	return ST_OK;
}

enum status config_read(const char *file, struct config **config)
{
	enum status status = ST_OK;
	struct stat st = {0};
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	*config = NULL;
	if (fd < 0) {
		status = errno == ENOENT || errno == ENOTDIR ? ST_NOINPUT
			 : errno == EACCES                   ? ST_PERM
							     : ST_IO;
		return fail(status, "unable to open '%s': %s", file, strerror(errno));
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return fail(ST_CONFIG, "%s: it is a folder, not a config file", file);
	}
	char *text = read_all(fd, file, &status);
	close(fd);
	if (!text) {
		return status;
	}
	status = config_parse(text, file, config);
	wipe(text, strlen(text));
	if (!status) {
		status = check_access(*config, &st);
		if (status) {
			config_free(*config);
			*config = NULL;
		}
	}
	return status;
}
