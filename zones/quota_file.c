/*
 * quota_file.c: the file of the counters, and its way into memory.
 *
 *     head(4096)  magic(16) version(1) keys(4) sets(4) ways(4) secret(16) byte order(8)
 *     keys        QUOTA_KEYS times struct quota_key
 *     sets        QUOTA_SETS times struct quota_set
 *
 * 1. The head is read as every other file is, and of nothing but what this version writes. Behind
 *    it are words of this machine, since processes count in them; quota.c believes none of them.
 * 2. A file is made beside its place, whole and with all its blocks, and then named: one that is
 *    half made is never seen, and a disk that fills up later takes nothing from it.
 * 3. What is not our file is kept under another name, and counting begins anew.
 */
#include "quota.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"

enum {
	VERSION = 1,
	HEAD = 4096, /* a page, so that what follows is aligned */
	HEAD_USED = 16 + 1 + 3 * 4 + 16 + 8,
	KEYS_SIZE = QUOTA_KEYS * (int)sizeof(struct quota_key),
	SETS_SIZE = QUOTA_SETS * (int)sizeof(struct quota_set),
	SIZE = HEAD + KEYS_SIZE + SETS_SIZE,
	MODE = 0640,
	FOLDER_MODE = 0750,
	PATH_ROOM = 4096,
};

static const char magic[16] = "dnsbld counters";
static const uint64_t byte_order = 0x0102030405060708;

static enum status failed(const char *what, const char *path)
{
	enum status status = errno == EACCES || errno == EPERM                       ? ST_PERM
			     : errno == ENOSPC || errno == EDQUOT || errno == ENOMEM ? ST_AGAIN
										     : ST_IO;

	return fail(status, "unable to %s '%s': %s", what, path, strerror(errno));
}

static enum status path_in(char path[PATH_ROOM], const char *folder, const char *name)
{
	if (snprintf(path, PATH_ROOM, "%s/%s", folder, name) >= PATH_ROOM) {
		return fail(ST_CONFIG, "the path '%.80s…' is too long", folder);
	}
	return ST_OK;
}

static struct bytes make_head(uint8_t room[HEAD_USED], const uint64_t secret[2])
{
	struct writer w = writer_of(room, HEAD_USED);

	write_bytes(&w, magic, sizeof magic);
	write_u8(&w, VERSION);
	write_u32(&w, QUOTA_KEYS);
	write_u32(&w, QUOTA_SETS);
	write_u32(&w, QUOTA_WAYS);
	write_u64(&w, secret[0]);
	write_u64(&w, secret[1]);
	write_bytes(&w, &byte_order, sizeof byte_order);
	return writer_bytes(&w);
}

/* Compares with what we would have written: any other octet is another file. */
static bool read_head(int fd, uint64_t secret[2])
{
	uint8_t head[HEAD_USED], ours[HEAD_USED];

	if (pread(fd, head, sizeof head, 0) != (ssize_t)sizeof head) {
		return false;
	}
	struct reader r = reader_of(bytes_of(head, sizeof head));

	read_bytes(&r, sizeof magic + 1 + 3 * 4);
	secret[0] = read_u64(&r);
	secret[1] = read_u64(&r);
	return bytes_equal(make_head(ours, secret), bytes_of(head, sizeof head));
}

static bool is_ours(int fd, const struct stat *st, uint64_t secret[2])
{
	return st->st_size == SIZE && read_head(fd, secret);
}

/* Nobody else may have made it, or may alter what every worker counts in. */
static enum status check_owner(const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode)) {
		return fail(ST_PERM, "'%s' is no ordinary file", path);
	}
	if (st->st_uid != geteuid()) {
		return fail(
			ST_PERM,
			"'%s' belongs to another account: give it to the one that starts dnsbld",
			path);
	}
	if (st->st_mode & (S_IWGRP | S_IRWXO)) {
		return fail(ST_PERM, "'%s' is open to others: chmod %o it", path, MODE);
	}
	return ST_OK;
}

/* The file, open; -1 where there is none, or where it is `foreign`. */
static enum status open_there(const char *path, int *fd, bool *foreign, uint64_t secret[2])
{
	struct stat st;

	*foreign = false;
	*fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0) {
		return errno == ENOENT  ? ST_OK
		       : errno == ELOOP ? fail(ST_PERM, "'%s' is a symbolic link", path)
					: failed("open", path);
	}
	enum status status = fstat(*fd, &st) < 0 ? failed("look at", path) : check_owner(path, &st);

	*foreign = !status && !is_ours(*fd, &st, secret);
	if (status || *foreign) {
		close(*fd);
		*fd = -1;
	}
	return status;
}

static enum status fill(int fd, const char *path, int group, uint64_t secret[2])
{
	uint8_t head[HEAD_USED];

	if (fchmod(fd, MODE) < 0 || (group >= 0 && fchown(fd, (uid_t)-1, (gid_t)group) < 0)) {
		return failed("set owner and mode of", path);
	}
	errno = posix_fallocate(fd, 0, SIZE);
	if (errno != 0) {
		return failed("write", path);
	}
	if (getrandom(secret, 2 * sizeof *secret, 0) != 2 * (ssize_t)sizeof *secret) {
		return fail(ST_IO, "the kernel has no random octets");
	}
	make_head(head, secret);
	if (pwrite(fd, head, sizeof head, 0) != (ssize_t)sizeof head || fsync(fd) < 0) {
		return failed("write", path);
	}
	return ST_OK;
}

static enum status make(const char *folder, const char *path, int group, int *fd,
			uint64_t secret[2])
{
	char beside[PATH_ROOM];
	enum status status = path_in(beside, folder, QUOTA_FILE ".new");

	if (status) {
		return status;
	}
	if (unlink(beside) < 0 && errno != ENOENT) {
		return failed("remove", beside);
	}
	*fd = open(beside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
	if (*fd < 0) {
		return failed("make", beside);
	}
	status = fill(*fd, beside, group, secret);
	if (!status && rename(beside, path) < 0) {
		status = failed("name", path);
	}
	if (status) {
		unlink(beside);
		close(*fd);
		*fd = -1;
	}
	return status;
}

static enum status make_folder(const char *folder, int group)
{
	if (mkdir(folder, FOLDER_MODE) < 0) {
		return errno == EEXIST ? ST_OK : failed("make the folder", folder);
	}
	if (chmod(folder, FOLDER_MODE) < 0 ||
	    (group >= 0 && chown(folder, (uid_t)-1, (gid_t)group) < 0)) {
		return failed("set owner and mode of", folder);
	}
	return ST_OK;
}

static enum status set_aside(const char *folder, const char *path)
{
	char aside[PATH_ROOM];
	enum status status = path_in(aside, folder, QUOTA_FILE ".damaged");

	if (!status && rename(path, aside) < 0) {
		status = failed("set aside", path);
	}
	return status;
}

enum status quotas_open(struct quotas *quotas, const char *folder, int group, bool *aside)
{
	char path[PATH_ROOM];
	bool foreign = false;
	int fd = -1;
	enum status status = path_in(path, folder, QUOTA_FILE);

	*aside = false;
	if (!status) {
		status = make_folder(folder, group);
	}
	if (!status) {
		status = open_there(path, &fd, &foreign, quotas->secret);
	}
	if (!status && foreign) {
		status = set_aside(folder, path);
		*aside = !status;
	}
	if (!status && fd < 0) {
		status = make(folder, path, group, &fd, quotas->secret);
	}
	if (status) {
		return status;
	}
	uint8_t *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED) {
		status = failed("map", path);
	} else {
		quotas->map = map;
		quotas->keys = (void *)(map + HEAD);
		quotas->sets = (void *)(map + HEAD + KEYS_SIZE);
	}
	/* The mapping stays. Through the descriptor a worker could make the file longer. */
	close(fd);
	return status;
}

void quotas_close(struct quotas *quotas)
{
	munmap(quotas->map, SIZE);
}

enum status quotas_read(const char *folder, struct quota_key **keys)
{
	char path[PATH_ROOM];
	uint64_t secret[2];
	struct stat st;
	enum status status = path_in(path, folder, QUOTA_FILE);

	if (status) {
		return status;
	}
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		return errno == ENOENT ? fail(ST_NOINPUT, "there is no '%s' yet", path)
				       : failed("open", path);
	}
	*keys = must_alloc(KEYS_SIZE);
	if (fstat(fd, &st) < 0 || !is_ours(fd, &st, secret) ||
	    pread(fd, *keys, KEYS_SIZE, HEAD) != KEYS_SIZE) {
		status = fail(ST_DATA, "'%s' is no file of counters", path);
		free(*keys);
		*keys = NULL;
	}
	close(fd);
	return status;
}
