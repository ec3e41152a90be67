/*
 * test_confine.c: a process that is locked in tries what a program that took it over would try.
 *
 * Each attempt is made by a child of its own, with a database open as a worker has it, and by
 * another one that is not locked in: what fails there too would prove nothing.
 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confinement.h"
#include "store.h"
#include "temp.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum {
	NOT_THERE = 254, /* the kernel has not what was to lock it in */
	SIGNALED = 1000, /* and the signal's number; below is errno, or 0 for success */
};

/* What the child has, as a worker: */
static const char *dir;
static struct store *store;
static struct txn *txn;
static int udp;

static char *in_dir(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

/* The descriptor of a file of the database. */
static int descriptor(const char *name)
{
	struct stat wanted, st;

	if (stat(in_dir(name), &wanted) == 0) {
		for (int fd = 0; fd < 100; fd++) {
			if (fstat(fd, &st) == 0 && st.st_ino == wanted.st_ino &&
			    st.st_dev == wanted.st_dev) {
				return fd;
			}
		}
	}
	errno = ENOENT;
	return -1;
}

/* --- attempts: -1 with errno where they were denied ---------------------------------------------
 */

static long run_a_program(void)
{
	char name[] = "true", *argv[] = {name, NULL};

	return execv("/bin/true", argv);
}

static long run_a_descriptor(void)
{
	return syscall(SYS_execveat, -1, "/bin/true", NULL, NULL, 0);
}

static long start_a_process(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		_exit(0);
	}
	return pid;
}

static long start_a_process_by_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0);
}

static long trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long read_the_parents_memory(void)
{
	return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static long open_by_handle(void)
{
	return syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, O_RDONLY);
}

static long mount_something(void)
{
	return syscall(SYS_mount, "none", "/nonexistent", "tmpfs", 0, NULL);
}

static long load_a_module(void)
{
	return syscall(SYS_init_module, NULL, 0, "");
}

static long load_bpf(void)
{
	return syscall(SYS_bpf, -1, NULL, 0);
}

static long become_root(void)
{
	return syscall(SYS_setresuid, 0, 0, 0);
}

static long new_namespaces(void)
{
	return syscall(SYS_unshare, 0);
}

static long kill_the_parent(void)
{
	return kill(getppid(), 0);
}

static long signal_another_process(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static long open_a_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long open_a_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static long open_a_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long open_a_file(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static long open_the_data_for_writing(void)
{
	return open(in_dir("data.mdb"), O_RDWR);
}

static long make_a_file(void)
{
	return open(in_dir("new"), O_WRONLY | O_CREAT, 0600);
}

static long remove_the_data(void)
{
	return unlink(in_dir("data.mdb"));
}

static long change_the_mode_of_the_data(void)
{
	return chmod(in_dir("data.mdb"), 0666);
}

static long lengthen_the_lock_file(void)
{
	return write(descriptor("lock.mdb"), "x", 1);
}

static long lengthen_the_lock_file_in_parts(void)
{
	char octet[] = "x";
	struct iovec part = {octet, 1};

	return writev(descriptor("lock.mdb"), &part, 1);
}

/* The kernel takes the lower half of the register for the descriptor. */
static long lengthen_the_lock_file_with_more_bits(void)
{
	return syscall(SYS_write, (unsigned long)descriptor("lock.mdb") | 1UL << 32, "x", 1UL);
}

static long give_the_lock_file_another_number(void)
{
	return dup(descriptor("lock.mdb"));
}

static long truncate_the_lock_file(void)
{
	return ftruncate(descriptor("lock.mdb"), 0);
}

static long run_code_from_memory(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? -1 : 0;
}

static long make_memory_code(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(map, 4096, PROT_READ | PROT_EXEC);
}

static long connect_the_servers_socket(void)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return connect(udp, (const struct sockaddr *)&to, sizeof to);
}

static long filter_the_servers_socket(void)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog filter = {1, &nothing};

	return setsockopt(udp, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

static long make_the_servers_socket_nonblocking(void)
{
	return fcntl(udp, F_SETFL, O_NONBLOCK);
}

/* --- these fail without any filter: data.mdb is open for reading alone -------------------------
 */

static long map_the_data_for_writing(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor("data.mdb"), 0);

	return map == MAP_FAILED ? -1 : 0;
}

static long make_the_map_of_the_data_writable(void)
{
	void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, descriptor("data.mdb"), 0);

	return mprotect(map, 4096, PROT_READ | PROT_WRITE);
}

static long write_to_the_data(void)
{
	return write(descriptor("data.mdb"), "x", 1);
}

/* --- a worker's own work ------------------------------------------------------------------------
 */

static long read_the_database(void)
{
	struct bytes value;

	if (txn_renew(txn)) {
		return -1;
	}
	bool found = txn_get(txn, TABLE_META, bytes_str("new"), &value);

	txn_reset(txn);
	return found && store_is_current(store) ? 0 : -1;
}

static long write_to_stderr(void)
{
	return write(STDERR_FILENO, "", 0);
}

/* With the database open, and all that is to be done at a process' end. */
static long end_well(void)
{
	txn_abort(txn);
	store_close(store);
	exit(0);
}

static long end_by_abort(void)
{
	/* Its words would look like a fault of the test. */
	close(STDERR_FILENO);
	abort();
}

/* --- the frame ----------------------------------------------------------------------------------
 */

static bool lock_in_whole(void)
{
	return confine(CONFINED_WORKER, store, false) == ST_OK;
}

static bool lock_in_dnstap(void)
{
	return confine(CONFINED_DNSTAP, NULL, false) == ST_OK;
}

static bool lock_in_files(void)
{
	bool there = false;

	if (confine_files(&there)) {
		abort();
	}
	return there;
}

static bool stay_free(void)
{
	return true;
}

/* As a worker is before it is locked in. */
static bool open_all(void)
{
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	if (store_open_read(&store, dir) || txn_read_apart(store, &txn)) {
		return false;
	}
	txn_reset(txn);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/*
 * What becomes of an attempt in a child: errno, 0 where it succeeded, SIGNALED + its signal.
 * Between locking in and the attempt, `meanwhile` is done here.
 */
static int fate_of(bool (*lock_in)(void), long (*attempt)(void), void (*meanwhile)(void))
{
	int go[2], locked[2], status;
	char word;

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(locked), 0);
	fflush(NULL); /* or exit() says it again */
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		word = open_all() && lock_in() ? 'y' : 'n';
		if (write(locked[1], &word, 1) != 1 || read(go[0], &word, 1) != 1) {
			_exit(255);
		}
		_exit(attempt() < 0 ? errno : 0);
	}
	close(locked[1]);
	assert_int_equal(read(locked[0], &word, 1), 1);
	bool fine = word == 'y';

	if (fine && meanwhile) {
		meanwhile();
	}
	assert_int_equal(write(go[1], &word, 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(go[0]);
	close(go[1]);
	close(locked[0]);
	if (!fine) {
		return NOT_THERE;
	}
	return WIFSIGNALED(status) ? SIGNALED + WTERMSIG(status) : WEXITSTATUS(status);
}

static int make_database(void **state)
{
	struct txn *write;

	(void)state;
	dir = temp_make();
	if (store_create(&store, dir, 1 << 20, -1, -1) || txn_write(store, &write) ||
	    txn_commit(write)) {
		return -1;
	}
	store_close(store);
	return 0;
}

static int remove_database(void **state)
{
	(void)state;
	temp_remove(dir);
	return 0;
}

/* --- tests --------------------------------------------------------------------------------------
 */

struct attempt {
	const char *what;
	long (*make)(void);
};

#define ATTEMPT(name)       \
	{                   \
#name, name \
	}

static void assert_denied(bool (*lock_in)(void), const struct attempt *attempts, size_t count,
			  int fate)
{
	for (size_t i = 0; i < count; i++) {
		int locked = fate_of(lock_in, attempts[i].make, NULL);
		int at_large = fate_of(stay_free, attempts[i].make, NULL);

		if (locked != fate) {
			fail_msg("%s: %d, not %d", attempts[i].what, locked, fate);
		}
		if (at_large == fate) {
			fail_msg("%s: %d for any process", attempts[i].what, fate);
		}
	}
}

static void need_seccomp(void)
{
	if (!kernel_has_seccomp()) {
		print_message("this kernel has no seccomp\n");
		skip();
	}
}

/* What only an intruder would call. */
static const struct attempt deadly[] = {
	ATTEMPT(run_a_program),   ATTEMPT(run_a_descriptor),
	ATTEMPT(start_a_process), ATTEMPT(start_a_process_by_clone3),
	ATTEMPT(trace),           ATTEMPT(read_the_parents_memory),
	ATTEMPT(open_by_handle),  ATTEMPT(mount_something),
	ATTEMPT(load_a_module),   ATTEMPT(load_bpf),
	ATTEMPT(become_root),     ATTEMPT(new_namespaces),
};

static void test_what_only_an_intruder_would_call_ends_the_process(void **state)
{
	(void)state;
	need_seccomp();
	assert_denied(lock_in_whole, deadly, sizeof deadly / sizeof *deadly, SIGNALED + SIGSYS);
}

static void test_what_a_library_might_call_fails(void **state)
{
	static const struct attempt attempts[] = {
		ATTEMPT(kill_the_parent),
		ATTEMPT(signal_another_process),
		ATTEMPT(open_a_socket),
		ATTEMPT(open_a_file),
		ATTEMPT(open_the_data_for_writing),
		ATTEMPT(make_a_file),
		ATTEMPT(remove_the_data),
		ATTEMPT(change_the_mode_of_the_data),
		ATTEMPT(lengthen_the_lock_file),
		ATTEMPT(lengthen_the_lock_file_in_parts),
		ATTEMPT(lengthen_the_lock_file_with_more_bits),
		ATTEMPT(give_the_lock_file_another_number),
		ATTEMPT(truncate_the_lock_file),
		ATTEMPT(run_code_from_memory),
		ATTEMPT(make_memory_code),
		ATTEMPT(connect_the_servers_socket),
		ATTEMPT(filter_the_servers_socket),
		ATTEMPT(make_the_servers_socket_nonblocking),
	};

	(void)state;
	need_seccomp();
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		assert_denied(lock_in_whole, &attempts[i], 1, EPERM);
		/* One may have worked: the child at large had every right. */
		assert_int_equal(remove_database(NULL), 0);
		assert_int_equal(make_database(NULL), 0);
	}
}

static void test_a_packet_socket_is_denied(void **state)
{
	(void)state;
	need_seccomp();
	/* Without CAP_NET_RAW it is to anybody; open_a_socket is the proof for the filter. */
	assert_int_equal(fate_of(lock_in_whole, open_a_packet_socket, NULL), EPERM);
}

static void test_the_data_is_readable_alone_whatever_else_is_denied(void **state)
{
	(void)state;
	assert_int_equal(fate_of(stay_free, map_the_data_for_writing, NULL), EACCES);
	assert_int_equal(fate_of(lock_in_whole, map_the_data_for_writing, NULL), EPERM);
	assert_int_equal(fate_of(stay_free, make_the_map_of_the_data_writable, NULL), EACCES);
	assert_int_equal(fate_of(lock_in_whole, make_the_map_of_the_data_writable, NULL), EACCES);
	assert_int_equal(fate_of(stay_free, write_to_the_data, NULL), EBADF);
	assert_int_equal(fate_of(lock_in_whole, write_to_the_data, NULL), EBADF);
}

static void test_landlock_alone_keeps_every_file_shut(void **state)
{
	static long (*const attempts[])(void) = {
		open_a_file, open_the_data_for_writing, make_a_file, remove_the_data, run_a_program,
	};

	(void)state;
	if (fate_of(lock_in_files, write_to_stderr, NULL) == NOT_THERE) {
		print_message("this kernel has no Landlock\n");
		skip();
	}
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		assert_int_equal(fate_of(lock_in_files, attempts[i], NULL), EACCES);
	}
}

/* The child opened the database before this, and must see it. */
static void commit_a_row(void)
{
	struct store *writer;
	struct txn *write;

	assert_int_equal(store_open_write(&writer, dir, 1 << 20, 1000), ST_OK);
	assert_int_equal(txn_write(writer, &write), ST_OK);
	txn_put(write, TABLE_META, bytes_str("new"), bytes_str("row"));
	assert_int_equal(txn_commit(write), ST_OK);
	store_close(writer);
}

/* The map is larger than that which the child has. */
static void commit_a_row_to_a_larger_map(void)
{
	struct store *writer;
	struct txn *write;
	static const uint8_t large[3 << 20];

	assert_int_equal(store_open_write(&writer, dir, 16 << 20, 1000), ST_OK);
	assert_int_equal(txn_write(writer, &write), ST_OK);
	txn_put(write, TABLE_META, bytes_str("large"), bytes_of(large, sizeof large));
	txn_put(write, TABLE_META, bytes_str("new"), bytes_str("row"));
	assert_int_equal(txn_commit(write), ST_OK);
	store_close(writer);
}

static void test_a_workers_own_work_goes_on(void **state)
{
	(void)state;
	assert_int_equal(fate_of(lock_in_whole, read_the_database, commit_a_row), 0);
	assert_int_equal(fate_of(lock_in_whole, write_to_stderr, NULL), 0);
	assert_int_equal(fate_of(lock_in_whole, end_well, NULL), 0);
	assert_int_equal(fate_of(lock_in_whole, end_by_abort, NULL), SIGNALED + SIGABRT);
}

static void test_a_worker_follows_a_map_that_grows(void **state)
{
	(void)state;
	assert_int_equal(fate_of(lock_in_whole, read_the_database, commit_a_row_to_a_larger_map),
			 0);
}

/* It has neither database nor sockets: what is left is to open one. */
static void test_the_dnstap_process_may_connect_to_unix_sockets_alone(void **state)
{
	static const struct attempt attempts[] = {
		ATTEMPT(kill_the_parent),  ATTEMPT(signal_another_process),
		ATTEMPT(open_a_socket),    ATTEMPT(open_a_file),
		ATTEMPT(make_a_file),      ATTEMPT(run_code_from_memory),
		ATTEMPT(make_memory_code), ATTEMPT(filter_the_servers_socket),
	};

	(void)state;
	need_seccomp();
	assert_int_equal(fate_of(lock_in_whole, open_a_unix_socket, NULL), EPERM);
	assert_int_equal(fate_of(lock_in_dnstap, open_a_unix_socket, NULL), 0);
	assert_denied(lock_in_dnstap, deadly, sizeof deadly / sizeof *deadly, SIGNALED + SIGSYS);
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		int fate = fate_of(lock_in_dnstap, attempts[i].make, NULL);

		if (fate != EPERM) {
			fail_msg("%s: %d", attempts[i].what, fate);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_database, remove_database)
		TEST(test_what_only_an_intruder_would_call_ends_the_process),
		TEST(test_what_a_library_might_call_fails),
		TEST(test_a_packet_socket_is_denied),
		TEST(test_the_data_is_readable_alone_whatever_else_is_denied),
		TEST(test_landlock_alone_keeps_every_file_shut),
		TEST(test_a_workers_own_work_goes_on),
		TEST(test_a_worker_follows_a_map_that_grows),
		TEST(test_the_dnstap_process_may_connect_to_unix_sockets_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
