/*
 * store_files.c: the files of a database's folder.
 *
 *     DIR/            feeder:dnsbld 0750
 *     DIR/data.mdb    0640: dnsbld reads and cannot write
 *     DIR/lock.mdb    0660: LMDB needs every reader to write its slot (store_slots.c)
 *     DIR/writer.lock 0640: who holds flock on it writes
 *     DIR/evidence/   0700: dnsbld cannot even look
 */
#include "store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static enum status path_of(char path[PATH_MAX], const char *dir, const char *file)
{
	if (snprintf(path, PATH_MAX, "%s/%s", dir, file) >= PATH_MAX) {
		return fail(ST_CONFIG, "%s: the path is too long", dir);
	}
	return ST_OK;
}

static enum status from_errno(const char *path, const char *what)
{
	switch (errno) {
	case EACCES:
	case EPERM:
	case EROFS:
		return fail(ST_PERM, "%s: unable to %s: %s", path, what, strerror(errno));
	case ENOENT:
		return fail(ST_NOINPUT, "%s: unable to %s: %s", path, what, strerror(errno));
	case ENOSPC:
	case EDQUOT:
		return fail(ST_AGAIN, "%s: unable to %s: %s", path, what, strerror(errno));
	default:
		return fail(ST_IO, "%s: unable to %s: %s", path, what, strerror(errno));
	}
}

/* `mode` is what the folder gets, whatever the umask took away. */
static enum status make_one(const char *path, mode_t mode, int owner, int group, bool finish)
{
	bool made = mkdir(path, mode) == 0;

	if (!made && errno != EEXIST) {
		return from_errno(path, "make the folder");
	}
	if ((made || finish) &&
	    (chown(path, (uid_t)owner, (gid_t)group) < 0 || chmod(path, mode) < 0)) {
		return from_errno(path, "set owner and mode");
	}
	return ST_OK;
}

static enum status become(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) < 0 || setgid(gid) < 0 || setuid(uid) < 0) {
		return fail(ST_PERM, "unable to become user %u: %s", (unsigned)uid,
			    strerror(errno));
	}
	return ST_OK;
}

/* Root that stays root keeps its groups and its ways; anybody else has nothing to give up. */
static enum status become_owner_of(const char *dir)
{
	struct stat st;

	if (stat(dir, &st) < 0) {
		return fail(errno == ENOENT ? ST_NOINPUT : ST_PERM,
			    errno == ENOENT ? "no database in '%s': make one with 'feeder init'"
					    : "%s: unable to look into the folder of the database",
			    dir);
	}
	return geteuid() != 0 || st.st_uid == 0 ? ST_OK : become(st.st_uid, st.st_gid);
}

enum status files_make_folder(const char *dir, int owner, int group)
{
	char evidence[PATH_MAX], data[PATH_MAX];
	struct stat st;
	enum status status = path_of(evidence, dir, "evidence");

	if (!status) {
		status = path_of(data, dir, "data.mdb");
	}
	/* Root's own folder without a database: made beforehand, or by an init that was killed. */
	bool finish =
		geteuid() == 0 && stat(dir, &st) == 0 && st.st_uid == 0 && access(data, F_OK) < 0;

	if (!status) {
		status = make_one(dir, FILE_MODE_FOLDER, owner, group, finish);
	}
	if (!status && stat(dir, &st) < 0) {
		status = from_errno(dir, "look at the folder");
	}
	if (!status) {
		/* Whose the folder is, his is the evidence, also in a folder that was there. */
		status = make_one(evidence, FILE_MODE_PRIVATE, (int)st.st_uid, (int)st.st_gid,
				  finish);
	}
	return status ? status : become_owner_of(dir);
}

enum status files_set_modes(const char *dir)
{
	static const struct {
		const char *file;
		mode_t mode;
	} wanted[] = {{"data.mdb", FILE_MODE_DATA}, {"lock.mdb", FILE_MODE_LOCK}};
	char path[PATH_MAX];
	struct stat st;

	if (stat(dir, &st) < 0) {
		return from_errno(dir, "look at the folder");
	}
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		enum status status = path_of(path, dir, wanted[i].file);

		if (status) {
			return status;
		}
		/* The group is the folder's: an owner who is not in it may not give a file away, so
		 * try and look. */
		if (chown(path, (uid_t)-1, st.st_gid) < 0 && errno != EPERM) {
			return from_errno(path, "set the group");
		}
		if (chmod(path, wanted[i].mode) < 0) {
			return from_errno(path, "set the mode");
		}
	}
	return ST_OK;
}

enum status store_become_owner(const char *dir)
{
	char data[PATH_MAX];
	struct stat st;
	enum status status = path_of(data, dir, "data.mdb");

	if (status) {
		return status;
	}
	if (stat(data, &st) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		/* Looked at before anything is opened: LMDB would make the file. */
		return fail(ST_NOINPUT, "no database in '%s': make one with 'feeder init'", dir);
	}
	return become_owner_of(dir);
}

int files_empty_torn(const char *dir)
{
	char path[PATH_MAX];
	struct stat st;

	if (path_of(path, dir, "data.mdb")) {
		return ENAMETOOLONG;
	}
	if (stat(path, &st) < 0) {
		return errno == ENOENT ? 0 : errno;
	}
	return st.st_size < FILE_LEAST && truncate(path, 0) < 0 ? errno : 0;
}

enum status files_look(const char *dir, bool *no_lock)
{
	char path[PATH_MAX];
	struct stat st;
	enum status status = path_of(path, dir, "data.mdb");

	if (!status && stat(path, &st) == 0 && st.st_size < FILE_LEAST) {
		status = fail(ST_NOINPUT,
			      "the database in '%s' was never finished, or cut short: run 'feeder "
			      "init', or restore a backup",
			      dir);
	}
	if (!status) {
		status = path_of(path, dir, "lock.mdb");
	}
	*no_lock = !status && access(path, F_OK) < 0 && errno == ENOENT;
	return status;
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* flock() with an end: a timer that keeps interrupting, so that one tick before the call is no
 * harm. */
static int flock_for(int fd, unsigned wait_ms)
{
	struct sigaction act = {.sa_handler = on_alarm}, old;
	struct itimerval tick = {{0, 50000}, {wait_ms / 1000, wait_ms % 1000 * 1000}},
			 none = {{0, 0}, {0, 0}};

	if (wait_ms == 0) {
		return flock(fd, LOCK_EX | LOCK_NB);
	}
	sigaction(SIGALRM, &act, &old);
	setitimer(ITIMER_REAL, &tick, NULL);
	int rc = flock(fd, LOCK_EX);
	int error = errno;
	setitimer(ITIMER_REAL, &none, NULL);
	sigaction(SIGALRM, &old, NULL);
	errno = error;
	return rc;
}

enum status files_lock(const char *dir, unsigned wait_ms, int *lock)
{
	char path[PATH_MAX];
	enum status status = path_of(path, dir, "writer.lock");

	if (status) {
		return status;
	}
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE_DATA);
	if (fd < 0) {
		return from_errno(path, "open the writer's lock");
	}
	if (flock_for(fd, wait_ms) < 0) {
		status = errno == EWOULDBLOCK || errno == EINTR
				 ? fail(ST_AGAIN,
					"%s: another feeder is writing; waited %g s (--wait)", dir,
					wait_ms / 1000.0)
				 : from_errno(path, "take the writer's lock");
		close(fd);
		return status;
	}
	*lock = fd;
	return ST_OK;
}

void files_unlock(int lock)
{
	if (lock >= 0) {
		close(lock);
	}
}
