/*
 * store_slots.c: who writes where in lock.mdb.
 *
 *	page 0    LMDB's mutexes, the number of the last transaction, readers' slots: feeder's
 *	page 1 …  nothing but slots: one page for each of dnsbld's processes
 *
 * A reader notes in its slot which snapshot it reads, and LMDB maps the whole file writable for
 * that. Who may write all of it can free others' slots, so that pages are written over while they
 * are read; hold the mutexes for ever; or bend the pointers in them, through which glibc then
 * writes in feeder's memory. So a process that reads what strangers send has its slot on a page of
 * its own, and may only look at the others, for good.
 *
 * How it gets there, while it is still trusted:
 *
 *	lock      the first page whose owner's lock (fcntl, a byte far behind the file) is free
 *	hide      LMDB gives the first free slot: on the pages before, private ones lie now, full
 *	claim     read transactions, until one has its slot on the page; then the others end
 *	show      all pages but this one are mapped anew from a descriptor that can only read, so
 *	          that the kernel refuses to make them writable; seccomp has to refuse the rest,
 *which is another map by LMDB's own descriptor, and closing it (confine_calls.c)
 *
 * 1. The kernel gives a page's lock back when the process ends, after its memory: a page is in one
 *    process' reach at a time, whatever its slots say.
 * 2. All others that read have their slots on page 0, or have another try. So nobody is ever
 *    protected by a slot that such a process can write.
 * 3. What LMDB reads of a slot on such a page is compared and no more: is it free, whose is it, how
 *    old? The worst is that old pages of data.mdb are not used again while that process lives.
 * 4. To renew and to reset a transaction LMDB 0.9 writes its slot's number and nothing else.
 *
 * Where the slots are LMDB does not say. That they are where this file takes them to be is tried
 * out each time (find()). Where it fails, or there is no /proc, everything goes on without.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "store_inside.h"

enum {
	SLOTS = 128, /* where they begin; each is number(8) pid(4) …, as the machine has them */
	SLOT = 64,
	SLOT_PID = 8,
	DESCRIPTORS = 4096, /* what a process opens gets the lowest number that is free */
	WAIT_MS = 10000,    /* processes that start pass by page 0 for less than a millisecond */
};

static const uint64_t no_snapshot = UINT64_MAX;
static const off_t owners = (off_t)1 << 40; /* LMDB locks bytes by processes' ids */

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static uint64_t number_in(const uint8_t *slot)
{
	uint64_t number;

	memcpy(&number, slot, sizeof number);
	return number;
}

static pid_t owner_of(const uint8_t *slot)
{
	pid_t pid;

	memcpy(&pid, slot + SLOT_PID, sizeof pid);
	return pid;
}

/* How many slots on page 0 are ours. */
static unsigned count_mine(const struct readers *r)
{
	unsigned count = 0;
	pid_t me = getpid();

	for (size_t at = SLOTS; at < page_size(); at += SLOT) {
		count += owner_of(r->at + at) == me;
	}
	return count;
}

/* --- where it is --------------------------------------------------------------------------------
 */

static enum status path_of(const struct store *s, char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/lock.mdb", s->dir) >= PATH_MAX) {
		return fail(ST_CONFIG, "%s: the path is too long", s->dir);
	}
	return ST_OK;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* LMDB has no word for it. */
static int descriptor_of(const struct stat *lock)
{
	struct stat open;

	for (int fd = 0; fd < DESCRIPTORS; fd++) {
		if (fstat(fd, &open) == 0 && same_file(&open, lock) &&
		    (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR) {
			return fd;
		}
	}
	return -1;
}

/* Where the file is mapped as a whole, to be written and shared. */
static void find_map(struct readers *r, ino_t inode)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[PATH_MAX + 128];

	while (maps && !r->at && fgets(line, sizeof line, maps)) {
		unsigned long long begin, end, offset, number;
		char rights[5];

		if (sscanf(line, "%llx-%llx %4s %llx %*x:%*x %llu", &begin, &end, rights, &offset,
			   &number) == 5 &&
		    strcmp(rights, "rw-s") == 0 && offset == 0 && number == inode) {
			r->at = (uint8_t *)(uintptr_t)begin;
			r->len = (size_t)(end - begin);
		}
	}
	if (maps) {
		fclose(maps);
	}
}

/* Whether a slot of ours tells a transaction's snapshot while it has one, and then no more. */
static bool follows(const struct store *s, MDB_txn *mdb)
{
	const struct readers *r = &s->readers;
	uint64_t id = mdb_txn_id(mdb);
	pid_t me = getpid();
	MDB_envinfo info;

	mdb_env_info(s->env, &info);
	for (size_t at = SLOTS; at < SLOTS + (size_t)info.me_numreaders * SLOT; at += SLOT) {
		const uint8_t *slot = r->at + at;

		if (at + SLOT <= r->len && owner_of(slot) == me && number_in(slot) == id) {
			mdb_txn_reset(mdb);
			return number_in(slot) == no_snapshot;
		}
	}
	return false;
}

static void find(struct store *s)
{
	struct readers *r = &s->readers;
	char path[PATH_MAX];
	struct stat lock;
	MDB_txn *mdb;

	r->sought = true;
	r->lock = path_of(s, path) || stat(path, &lock) < 0 ? -1 : descriptor_of(&lock);
	if (r->lock < 0) {
		return;
	}
	find_map(r, lock.st_ino);
	if (r->at) {
		bool found = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &mdb) == 0;

		if (!found || !follows(s, mdb)) {
			r->at = NULL;
		}
		if (found) {
			mdb_txn_abort(mdb);
		}
	}
}

/* --- beginning to read --------------------------------------------------------------------------
 */

int readers_begin(struct store *s, MDB_txn **mdb)
{
	const struct readers *r = &s->readers;
	const struct timespec moment = {.tv_nsec = 1000000};

	if (!r->sought) {
		find(s);
	}
	for (unsigned ms = 0; ms < WAIT_MS; ms++) {
		unsigned before = r->at ? count_mine(r) : 0;
		int rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, mdb);

		if (rc || !r->at || count_mine(r) > before) {
			return rc;
		}
		mdb_txn_abort(*mdb);
		nanosleep(&moment, NULL);
	}
	return MDB_READERS_FULL;
}

/* Takes the first page that nobody has. Returns an error of the system's, or LMDB's. */
static int take_page(struct readers *r)
{
	for (r->page = 1; (r->page + 1) * page_size() <= r->len; r->page++) {
		struct flock owner = {
			.l_type = F_WRLCK,
			.l_whence = SEEK_SET,
			.l_start = owners + (off_t)r->page,
			.l_len = 1,
		};

		if (fcntl(r->lock, F_SETLK, &owner) == 0) {
			/* On a full disk it would be a SIGBUS. */
			int rc = posix_fallocate(r->lock, (off_t)(r->page * page_size()),
						 (off_t)page_size());

			if (rc) {
				return rc;
			}
			/* What its last owner left is nobody's. */
			memset(r->at + r->page * page_size(), 0, page_size());
			return 0;
		}
	}
	return MDB_READERS_FULL;
}

/* To this process, the slots between page 0 and its own are taken. */
static int hide_pages(const struct readers *r)
{
	size_t len = (r->page - 1) * page_size();

	if (len == 0) {
		return 0;
	}
	void *hidden = mmap(r->at + page_size(), len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (hidden == MAP_FAILED) {
		return errno;
	}
	memset(hidden, 0xff, len);
	return 0;
}

/* Passes by the free slots before its page. */
static int claim_slot(struct store *s, MDB_txn **mdb)
{
	const struct readers *r = &s->readers;
	size_t room = (r->page + 1) * page_size() / SLOT, count = 0;
	MDB_txn **passed = must_alloc(room * sizeof(MDB_txn *));
	/* The last: who passes by before it has moved back to page 0 takes the first, and frees it.
	 */
	const uint8_t *slot = r->at + (r->page + 1) * page_size() - SLOT;
	pid_t me = getpid();
	int rc;

	while ((rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, mdb)) == 0 && owner_of(slot) != me &&
	       count < room) {
		passed[count++] = *mdb;
	}
	if (rc == 0 && owner_of(slot) != me) {
		mdb_txn_abort(*mdb);
		rc = MDB_READERS_FULL;
	}
	while (count > 0) {
		mdb_txn_abort(passed[--count]);
	}
	free(passed);
	return rc;
}

static int show(const struct readers *r, size_t first, size_t end)
{
	uint8_t *at = r->at + first * page_size();
	size_t len = (end - first) * page_size();

	return len > 0 && mmap(at, len, PROT_READ, MAP_SHARED | MAP_FIXED, r->look,
			       (off_t)(first * page_size())) == MAP_FAILED
		       ? errno
		       : 0;
}

/* The descriptor stays open: to close it would end LMDB's locks, which are the process' and not a
 * descriptor's. */
static int show_pages(struct store *s)
{
	struct readers *r = &s->readers;
	char path[PATH_MAX];
	struct stat lock, look;
	size_t pages = r->len / page_size();

	r->look = path_of(s, path) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (r->look < 0 || fstat(r->look, &look) < 0 || fstat(r->lock, &lock) < 0) {
		return errno;
	}
	if (!same_file(&look, &lock)) {
		return EAGAIN; /* it was replaced this very moment */
	}
	int rc = show(r, 0, r->page);

	return rc ? rc : show(r, r->page + 1, pages);
}

int readers_begin_apart(struct store *s, MDB_txn **mdb)
{
	struct readers *r = &s->readers;

	if (!r->at) {
		return readers_begin(s, mdb);
	}
	int rc = take_page(r);

	if (!rc) {
		rc = hide_pages(r);
	}
	if (!rc) {
		rc = claim_slot(s, mdb);
	}
	if (rc) {
		return rc;
	}
	rc = show_pages(s);
	r->apart = rc == 0;
	if (rc) {
		mdb_txn_abort(*mdb);
	}
	return rc;
}

/*
 * LMDB would free all slots that bear our id, and others may have written it into pages that we can
 * only read: it finds none any more.
 */
void readers_forget(const struct store *s)
{
	const struct readers *r = &s->readers;

	if (!r->apart) {
		return;
	}
	if (mmap(r->at, r->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED) {
		abort(); /* at the end of the process, and there was memory here before */
	}
	close(r->look);
}

bool store_is_apart(const struct store *s, int descriptors[2])
{
	descriptors[0] = s->readers.lock;
	descriptors[1] = s->readers.apart ? s->readers.look : s->readers.lock;
	return s->readers.apart;
}
