/*
 * test_lock_file.c: what a worker that was taken over can do to lock.mdb, and by it to others.
 *
 * One child tries each octet of the file. Then all kinds of processes use one database at once, and
 * are killed at random: writers that fill it anew with each commit, so that pages are used again as
 * soon as LMDB lets them; feeder's readers; workers; and workers that write all they can reach.
 * Every snapshot that somebody reads must be one commit's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/futex.h>

#include "confine.h"
#include "confinement.h"
#include "store.h"
#include "temp.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum {
	PAGE = 4096,
	SLOT = 64,
	FIRST_SLOT = 128,
	ON_PAGE_0 = (PAGE - FIRST_SLOT) / SLOT,
	ROWS = 16, /* each commit writes all of them */
	ROW = 5000,
};
static const uint64_t map_size = 4ULL << 30;

static const char *dir;
static int lock_file; /* open all the time: to close any descriptor of it ends a process' locks */

/* In this process: */
static struct store *store;
static struct txn *txn;
static uint8_t *lock_map;
static size_t lock_len;
static int lock_fds[2];

/* Shared by all. */
static struct score {
	_Atomic uint64_t committed; /* the number in the last commit that was acknowledged */
	_Atomic uint64_t done[4];   /* by each role */
	_Atomic unsigned ready;     /* processes that are where they want to be */
} * score;

/* --- lock.mdb, from outside and from inside -----------------------------------------------------
 */

static char *in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void find_lock_map(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512], *name = in_dir("lock.mdb");
	unsigned long begin, end;

	lock_map = NULL;
	while (maps && fgets(line, sizeof line, maps)) {
		if (strstr(line, name) && sscanf(line, "%lx-%lx", &begin, &end) == 2) {
			lock_map = lock_map ? lock_map : (uint8_t *)begin;
			lock_len = end - (unsigned long)lock_map;
		}
	}
	if (maps) {
		fclose(maps);
	}
}

/* On which page of the file a process has a slot; -1: none. */
static int page_of(pid_t pid)
{
	static uint8_t file[4 << 20];
	ssize_t len = pread(lock_file, file, sizeof file, 0);

	for (ssize_t at = FIRST_SLOT; at + SLOT <= len; at += SLOT) {
		if (memcmp(file + at + sizeof(uint64_t), &pid, sizeof pid) == 0) {
			return (int)(at / PAGE);
		}
	}
	return -1;
}

/* As dnsbld's process.c does it. False where the kernel lacks what it takes. */
static bool become_worker(void)
{
	bool filtered = kernel_has_seccomp();

	if (store_open_read(&store, dir) || txn_read_apart(store, &txn)) {
		fprintf(stderr, "%s\n", fail_text());
		_exit(2);
	}
	txn_reset(txn);
	find_lock_map();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || confine(CONFINED_WORKER, store, false)) {
		fprintf(stderr, "%s\n", fail_text());
		_exit(2);
	}
	return store_is_apart(store, lock_fds) && filtered;
}

/* --- each octet ---------------------------------------------------------------------------------
 */

static sigjmp_buf refused;

static void on_fault(int number)
{
	siglongjmp(refused, number);
}

static bool can_write(volatile uint8_t *octet)
{
	if (sigsetjmp(refused, 1)) {
		return false;
	}
	*octet = (uint8_t) ~*octet;
	*octet = (uint8_t) ~*octet;
	return true;
}

/* What the child saw, in shared memory. */
struct reach {
	bool whole; /* it got to the end */
	bool apart;
	size_t octets, first, last;
	int gained[16]; /* errno of each attempt, 0: it succeeded */
};

static int errno_of(long result)
{
	return result == -1 ? errno : 0;
}

static void try_to_gain(struct reach *reach)
{
	size_t own = reach->first / PAGE * PAGE;
	void *const failed = MAP_FAILED;
	int *got = reach->gained;
	struct flock owner = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_len = 0};

	*got++ = errno_of(mprotect(lock_map, PAGE, PROT_READ | PROT_WRITE));
	*got++ = errno_of(mprotect(lock_map + own + PAGE, PAGE, PROT_READ | PROT_WRITE));
	*got++ = errno_of(madvise(lock_map, PAGE, MADV_REMOVE));
	for (int i = 0; i < 2; i++) {
		void *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, lock_fds[i], 0);

		*got++ = map == failed ? errno : 0;
		*got++ = errno_of(close(lock_fds[i]));
		*got++ = errno_of(syscall(SYS_close, (unsigned long)lock_fds[i] | 1UL << 32));
		*got++ = errno_of(write(lock_fds[i], "x", 1));
	}
	*got++ = mremap(lock_map + own, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == failed ? errno : 0;
	*got++ = errno_of(syscall(SYS_futex, lock_map, FUTEX_CMP_REQUEUE, 0, 1, lock_map + own, 0));
	*got++ = errno_of(syscall(SYS_futex, lock_map, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	*got++ = errno_of(fcntl(lock_fds[0], F_SETLK, &owner));
}

static void test_a_worker_reaches_one_page_of_slots(void **state)
{
	static const int wanted[] = {EACCES, EACCES, EPERM, EPERM, EPERM, EPERM, EPERM, EPERM,
				     EPERM,  EPERM,  EPERM, EPERM, EPERM, EPERM, EPERM};
	struct reach *reach = mmap(NULL, sizeof *reach, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct stat lock;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		/* These may not come from the sanitizers. */
		signal(SIGSEGV, on_fault);
		signal(SIGBUS, on_fault);
		reach->apart = become_worker();
		/* Rights are a page's: where its first octet has none, its last one speaks for the
		 * rest.
		 */
		bool each = getenv("DNSBLD_LONG") != NULL;
		for (size_t at = 0; reach->apart && at < lock_len; at++) {
			if (can_write(lock_map + at)) {
				reach->first = reach->octets++ == 0 ? at : reach->first;
				reach->last = at;
			} else if (!each && at % PAGE == 0) {
				at += PAGE - 2;
			}
		}
		try_to_gain(reach);
		reach->whole = true;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(reach->whole);
	if (!reach->apart) {
		print_message("this kernel has no seccomp, or there is no /proc\n");
		skip();
	}
	assert_int_equal(reach->octets, PAGE);
	assert_int_equal(reach->first, PAGE); /* the first behind the mutexes */
	assert_int_equal(reach->last, 2 * PAGE - 1);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		if (reach->gained[i] != wanted[i]) {
			fail_msg("attempt %zu: %s", i, strerror(reach->gained[i]));
		}
	}
	assert_int_equal(stat(in_dir("lock.mdb"), &lock), 0);
	assert_true((size_t)lock.st_size > PAGE); /* as the map is, whose every page was tried */
	munmap(reach, sizeof *reach);
}

/* --- pages --------------------------------------------------------------------------------------
 */

static void await(bool (*done)(int), int what)
{
	const struct timespec moment = {.tv_nsec = 1000000};

	for (int ms = 0; !done(what); ms++) {
		assert_true(ms < 20000);
		nanosleep(&moment, NULL);
	}
}

static bool are_ready(int count)
{
	return atomic_load(&score->ready) == (unsigned)count;
}

/* Somebody has had a slot there: LMDB leaves "no snapshot". */
static bool was_tried(int page)
{
	uint64_t number = 0;

	assert_int_equal(pread(lock_file, &number, sizeof number, (off_t)page * PAGE),
			 sizeof number);
	return number == UINT64_MAX;
}

static pid_t start(void (*role)(void))
{
	fflush(NULL);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		role();
		_exit(0);
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Until it is killed. A worker may not pause(). */
static void stay(void)
{
	atomic_fetch_add(&score->ready, 1);
	poll(NULL, 0, -1);
}

static void stay_worker(void)
{
	become_worker();
	stay();
}

static void test_each_worker_has_a_page_and_its_successor_may_have_it(void **state)
{
	pid_t pid[5];
	bool taken[6] = {false};

	(void)state;
	for (int i = 0; i < 5; i++) {
		pid[i] = start(stay_worker);
	}
	await(are_ready, 5);
	for (int i = 0; i < 5; i++) {
		int page = page_of(pid[i]);

		assert_in_range(page, 1, 5);
		assert_false(taken[page]);
		taken[page] = true;
	}
	int freed = page_of(pid[2]);

	end(pid[2]);
	pid[2] = start(stay_worker);
	await(are_ready, 6);
	assert_int_equal(page_of(pid[2]), freed);
	for (int i = 0; i < 5; i++) {
		end(pid[i]);
	}
}

/* Says that all its slots are free. */
static void give_slots_away(void)
{
	become_worker();
	memset(lock_map + PAGE, 0, PAGE);
	stay();
}

static void read_once(void)
{
	struct txn *read;

	if (store_open_read(&store, dir) || txn_read(store, &read)) {
		fprintf(stderr, "%s\n", fail_text());
		_exit(2);
	}
	stay();
}

/* Where there is no room out of a worker's reach, it is waited for. */
static void test_feeder_takes_no_slot_that_a_worker_can_write(void **state)
{
	struct txn *read[ON_PAGE_0];

	(void)state;
	pid_t worker = start(give_slots_away);

	await(are_ready, 1);
	assert_false(was_tried(1));
	assert_int_equal(store_open_read(&store, dir), ST_OK);
	for (int i = 0; i < ON_PAGE_0; i++) {
		assert_int_equal(txn_read(store, &read[i]), ST_OK);
	}
	pid_t reader = start(read_once);

	await(was_tried, 1);
	txn_abort(read[17]);
	await(are_ready, 2);
	assert_int_equal(page_of(reader), 0);
	end(reader);
	end(worker);
	for (int i = 0; i < ON_PAGE_0; i++) {
		if (i != 17) {
			txn_abort(read[i]);
		}
	}
	store_close(store);
}

/* --- all at once --------------------------------------------------------------------------------
 */

enum { WRITER, READER, WORKER, HOSTILE };

static void give_up(const char *what)
{
	fprintf(stderr, "%s\n", what);
	_exit(1);
}

static struct bytes key_of(unsigned row)
{
	static uint8_t key[2] = {'r', 0};

	key[1] = (uint8_t)row;
	return bytes_of(key, sizeof key);
}

/* The number of the commit that a snapshot is of. */
static uint64_t look(struct txn *t)
{
	uint64_t number = 0, word;
	struct bytes value;

	for (unsigned row = 0; row < ROWS; row++) {
		if (!txn_get(t, TABLE_META, key_of(row), &value) || value.len != ROW) {
			give_up(txn_status(t) ? fail_text() : "a row is not there");
		}
		for (size_t at = 0; at + sizeof word <= ROW; at += sizeof word) {
			memcpy(&word, value.data + at, sizeof word);
			number = row == 0 && at == 0 ? word : number;
			if (word != number) {
				give_up("a snapshot of two commits");
			}
		}
	}
	return number;
}

/* `least`: what was acknowledged before the transaction began. */
static void look_well(struct txn *t, uint64_t least, int role)
{
	uint64_t number = look(t);

	/* For a while, so that commits come in between. */
	for (int i = 0; i < 20; i++) {
		if (look(t) != number) {
			give_up("a snapshot that changes");
		}
	}
	/* An old one is another fault; LMDB's readers may lag by a writer that was killed. */
	if (number + 1 < least) {
		give_up("a snapshot from before what was acknowledged");
	}
	atomic_fetch_add(&score->done[role], 1);
}

static void fill(struct txn *t, uint64_t number)
{
	static uint64_t words[ROW / sizeof(uint64_t)];

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		words[i] = number;
	}
	for (unsigned row = 0; row < ROWS; row++) {
		txn_put(t, TABLE_META, key_of(row), bytes_of((uint8_t *)words, ROW));
	}
}

static void write_on(void)
{
	struct txn *t;

	for (;;) {
		if (store_open_write(&store, dir, map_size, 10000)) {
			give_up(fail_text());
		}
		for (int i = 0; i < 20; i++) {
			if (txn_write(store, &t)) {
				give_up(fail_text());
			}
			uint64_t number = look(t) + 1;

			if (number <= atomic_load(&score->committed)) {
				give_up("a commit was lost");
			}
			fill(t, number);
			if (txn_commit(t)) {
				give_up(fail_text());
			}
			atomic_store(&score->committed, number);
			atomic_fetch_add(&score->done[WRITER], 1);
		}
		store_close(store);
	}
}

static void read_on(void)
{
	for (;;) {
		uint64_t least = atomic_load(&score->committed);

		if (store_open_read(&store, dir) || txn_read(store, &txn)) {
			give_up(fail_text());
		}
		look_well(txn, least, READER);
		txn_abort(txn);
		store_close(store);
	}
}

static void work_on(void)
{
	become_worker();
	for (;;) {
		uint64_t least = atomic_load(&score->committed);

		if (txn_renew(txn)) {
			give_up(fail_text());
		}
		look_well(txn, least, WORKER);
		txn_reset(txn);
	}
}

/* Slots as others have them, so that LMDB might believe them, and nonsense. */
static void do_harm(void)
{
	struct timespec now;

	if (!become_worker()) {
		stay();
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	srandom((unsigned)now.tv_nsec);

	uint8_t *own = lock_map;

	while (signal(SIGSEGV, on_fault), !can_write(own)) {
		own += PAGE;
	}
	for (;;) {
		const uint64_t numbers[] = {0, 1, txn_id(txn), UINT64_MAX, (uint64_t)random()};
		const pid_t pids[] = {0, getpid(), getppid(), -1, (pid_t)random(), 0};

		for (size_t at = 0; at < PAGE; at += SLOT) {
			memcpy(own + at, &numbers[random() % 5], sizeof *numbers);
			memcpy(own + at + sizeof *numbers, &pids[random() % 6], sizeof *pids);
		}
		atomic_fetch_add(&score->done[HOSTILE], 1);
	}
}

static void test_commits_and_answers_are_right_whatever_is_killed_or_written(void **state)
{
	static void (*const roles[])(void) = {write_on, write_on, read_on, read_on,
					      work_on,  work_on,  do_harm, do_harm};
	enum { COUNT = sizeof roles / sizeof *roles };
	const char *longer = getenv("DNSBLD_LONG");
	int seconds = longer && strcmp(longer, "1") == 0 ? 120 : 4;
	const struct timespec moment = {.tv_nsec = 5000000};
	time_t until = time(NULL) + seconds;
	unsigned kills = 0;
	pid_t pid[COUNT];
	struct txn *t;

	(void)state;
	assert_int_equal(store_open_write(&store, dir, map_size, 0), ST_OK);
	assert_int_equal(txn_write(store, &t), ST_OK);
	fill(t, 0);
	assert_int_equal(txn_commit(t), ST_OK);
	store_close(store);
	for (unsigned i = 0; i < COUNT; i++) {
		pid[i] = start(roles[i]);
	}
	srandom((unsigned)until);
	while (time(NULL) < until) {
		unsigned i = (unsigned)random() % COUNT;
		int status;

		nanosleep(&moment, NULL);
		kill(pid[i], SIGKILL);
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		/* It may have ended before, by itself. */
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
			fail_msg("role %u: status %#x", i, (unsigned)status);
		}
		pid[i] = start(roles[i]);
		kills++;
	}
	for (unsigned i = 0; i < COUNT; i++) {
		end(pid[i]);
	}
	print_message(
		"%u kills; %llu commits, %llu reads by feeder, %llu by workers, %llu forged pages\n",
		kills, (unsigned long long)score->done[WRITER],
		(unsigned long long)score->done[READER], (unsigned long long)score->done[WORKER],
		(unsigned long long)score->done[HOSTILE]);
	for (int role = WRITER; role <= WORKER; role++) {
		assert_true(score->done[role] > (unsigned)seconds);
	}
	/* What was acknowledged is there. */
	assert_int_equal(store_open_read(&store, dir), ST_OK);
	assert_int_equal(txn_read(store, &t), ST_OK);
	assert_true(look(t) >= score->committed);
	txn_abort(t);
	store_close(store);
}

/* --- frame --------------------------------------------------------------------------------------
 */

static int make_database(void **state)
{
	struct txn *write;

	(void)state;
	dir = temp_make();
	score = mmap(NULL, sizeof *score, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (score == MAP_FAILED) {
		return -1;
	}
	if (store_create(&store, dir, map_size, -1, -1) || txn_write(store, &write) ||
	    txn_commit(write)) {
		return -1;
	}
	store_close(store);
	lock_file = open(in_dir("lock.mdb"), O_RDONLY);
	return lock_file < 0 ? -1 : 0;
}

static int remove_database(void **state)
{
	(void)state;
	close(lock_file);
	temp_remove(dir);
	munmap(score, sizeof *score);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_database, remove_database)
		TEST(test_a_worker_reaches_one_page_of_slots),
		TEST(test_each_worker_has_a_page_and_its_successor_may_have_it),
		TEST(test_feeder_takes_no_slot_that_a_worker_can_write),
		TEST(test_commits_and_answers_are_right_whatever_is_killed_or_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
