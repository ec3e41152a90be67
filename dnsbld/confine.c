/*
 * confine.c: the end of a process' start. From here on it reads packets, or copies of them.
 *
 * Two nets, each of which is enough to keep a worker from every file: a hole in one is not a hole.
 * What they leave is the descriptors that are open. Of those one is a writable file, lock.mdb. A
 * worker writes to one page of it, through a mapping (store_slots.c). To write to the descriptor
 * would make the file longer, until the disk is full; to map it again would be all pages; and with
 * it closed the page would be the next one's too: so it is shut in the filter.
 */
#include "confine.h"

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

enum status confine(enum confined who, const struct store *store, bool speaks)
{
	bool files = false, calls = false;
	int lock[2] = {-1, -1};
	bool apart = !store || store_is_apart(store, lock);

#if SANITIZED
	locked_in = true;
#endif
	enum status status = confine_files(&files);

	if (!status) {
		status = confine_calls(who, lock, &calls);
	}
	if (!status && speaks && !files) {
		log_warn("this kernel has no Landlock: files are kept from the workers by their "
			 "account and by seccomp alone");
	}
	if (!status && speaks && !calls) {
		log_warn("this kernel has no seccomp: workers may make any system call that their "
			 "account may");
	}
	if (!status && speaks && !apart) {
		log_warn(
			"the table of readers in lock.mdb is not to be found, for want of /proc or by "
			"another LMDB: workers may write to all of it");
	}
	return status;
}
