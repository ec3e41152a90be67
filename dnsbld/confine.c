/*
 * confine.c: the end of a worker's start. From here on it reads packets.
 *
 * Two nets, each of which is enough to keep a worker from every file: a hole in one is not a hole.
 * What they leave is the descriptors that are open. Of those one is a writable file, lock.mdb:
 * LMDB's readers write to it through a mapping as long as the file. To write to the descriptor
 * would make it longer, until the disk is full, so it is looked up here and shut in the filter.
 */
#include "confine.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "confinement.h"
#include "log.h"

#if SANITIZED
#include <sanitizer/lsan_interface.h>

/* LeakSanitizer looks at a process that ends, by another one that traces it. */
static bool locked_in;

int __lsan_is_turned_off(void)
{
	return locked_in;
}
#endif

/* LMDB has no word for it. What a process opens gets the lowest number that is free. */
enum { DESCRIPTORS = 4096 };

static int lock_descriptor(const char *database)
{
	char path[PATH_MAX];
	struct stat lock, open;

	if (snprintf(path, sizeof path, "%s/lock.mdb", database) >= (int)sizeof path ||
	    stat(path, &lock) < 0) {
		return -1;
	}
	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		if (fstat(fd, &open) == 0 && open.st_dev == lock.st_dev &&
		    open.st_ino == lock.st_ino) {
			return fd;
		}
	}
	return -1;
}

enum status confine(const char *database, bool speaks)
{
	bool files = false, calls = false;
	int lock = lock_descriptor(database);

#if SANITIZED
	locked_in = true;
#endif
	enum status status = confine_files(&files);

	if (!status) {
		status = confine_calls(lock, &calls);
	}
	if (!status && speaks && !files) {
		log_warn("this kernel has no Landlock: files are kept from the workers by their "
			 "account and by seccomp alone");
	}
	if (!status && speaks && !calls) {
		log_warn("this kernel has no seccomp: workers may make any system call that their "
			 "account may");
	}
	return status;
}
