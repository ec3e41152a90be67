/*
 * confine_files.c: Landlock (landlock(7)), by system calls: Debian 12 has no library for it.
 *
 * A ruleset names rights; a process under it has of these only what rules give back. There are no
 * rules: a running worker opens nothing, and a child that reads a report neither. Descriptors that
 * are open stay as they are, and stat(), by which a worker sees that data.mdb was replaced, is none
 * of the rights.
 *
 * Each version of the kernel's interface knows more rights and refuses those that it does not know.
 * Later ones than Debian 12's headers have are spelled here.
 */
#include "confinement.h"

#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

/* struct landlock_ruleset_attr, as it is since version 6. A shorter one is this with zeroes. */
struct ruleset {
	uint64_t files;
	uint64_t net;
	uint64_t scoped;
};

static const struct {
	long since; /* the version of the interface */
	struct ruleset rights;
} rights[] = {
	{1, {.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1}}, /* all from EXECUTE on */
	{2, {.files = LANDLOCK_ACCESS_FS_REFER}},
	{3, {.files = 1 << 14}}, /* truncate */
	{4, {.net = 3}},         /* bind and connect TCP */
	{5, {.files = 1 << 15}}, /* ioctl on devices */
	{6, {.scoped = 3}},      /* abstract Unix sockets and signals, to others */
};

enum status confine_files(bool *there)
{
	struct ruleset all = {0};
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	*there = version > 0;
	if (!*there) {
		return ST_OK;
	}
	for (size_t i = 0; i < sizeof rights / sizeof *rights && version >= rights[i].since; i++) {
		all.files |= rights[i].rights.files;
		all.net |= rights[i].rights.net;
		all.scoped |= rights[i].rights.scoped;
	}
	int fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);

	if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0) {
		int error = errno;

		if (fd >= 0) {
			close(fd);
		}
		return fail(ST_INTERNAL, "unable to give up files: %s", strerror(error));
	}
	close(fd);
	return ST_OK;
}
