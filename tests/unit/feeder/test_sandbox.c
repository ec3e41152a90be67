/* Children that read: what they may not do, and what becomes of those that go wrong. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "report_wire.h"
#include "sandbox_parts.h"

#include <cmocka.h>

#define REPORT                                                                                    \
	"{\"relaytest\": 1, \"target\": \"192.0.2.1\", \"port\": 25, "                            \
	"\"time\": \"2026-11-21T10:00:00Z\", \"tester\": \"t1\", \"auth\": false, \"probes\": "   \
	"[{\"form\": \"plain\", \"mail_from\": \"a@tester.example\", "                            \
	"\"rcpt_to\": \"b@tester.example\", \"stage\": \"delivered\", \"reply\": \"250 2.1.5\", " \
	"\"output\": \"192.0.2.9\"}]}"

static const struct config config;
static const struct report_rules rules = {.now = 1795262400, .config = &config};

/* What came out of one input: the number of reports, and the last one. */
struct heard {
	unsigned count;
	struct report report;
	struct bytes body;
	char fault[FAULT_ROOM];
};

static void hear(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct heard *heard = context;

	heard->count++;
	heard->report = *report;
	heard->body = body;
	snprintf(heard->fault, sizeof heard->fault, "%s", fault ? fault : "");
}

/* One input, read by a child that runs `reading`. */
static struct heard heard_of(report_reading *reading, struct bytes input)
{
	struct sandbox *sandbox;
	struct heard heard = {0};

	assert_int_equal(sandbox_open_with(&sandbox, &rules, reading), ST_OK);
	assert_int_equal(sandbox_read(sandbox, input, FORMAT_UNKNOWN, "", hear, &heard), ST_OK);
	sandbox_close(sandbox);
	return heard;
}

/* What `reading` did to its child is one report: all of the input, kept, with this fault. */
static void assert_stopped(report_reading *reading, const char *why)
{
	struct bytes input = bytes_str("some input");
	struct heard heard = heard_of(reading, input);

	assert_int_equal(heard.count, 1);
	assert_int_equal(heard.report.disposition, DISPOSITION_UNRECOGNISED);
	assert_int_equal(heard.report.format, FORMAT_UNKNOWN);
	assert_ptr_equal(heard.body.data, input.data);
	assert_int_equal(heard.body.len, input.len);
	if (!strstr(heard.fault, why)) {
		fail_msg("'%s' is not in '%s'", why, heard.fault);
	}
}

/* Runs a check in a process of its own, for what cannot be undone. */
static void apart(void (*check)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		check();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Inside apart(), where a failed assertion would jump into another process's test. */
static void need(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "not so: %s\n", what);
		_exit(1);
	}
}

/* --- it reads ---------------------------------------------------------------- */

static void compare(struct bytes input, enum report_format format, struct sandbox *sandbox)
{
	struct heard here = {0}, there = {0};

	reports_read(input, format, &rules, hear, &here);
	assert_int_equal(sandbox_read(sandbox, input, format, "", hear, &there), ST_OK);
	assert_int_equal(here.count, there.count);
	assert_int_equal(here.report.format, there.report.format);
	assert_int_equal(here.report.category, there.report.category);
	assert_int_equal(here.report.disposition, there.report.disposition);
	assert_int_equal(prefix_compare(&here.report.source, &there.report.source), 0);
	assert_int_equal(here.report.output_count, there.report.output_count);
	assert_ptr_equal(here.body.data, there.body.data);
	assert_int_equal(here.body.len, there.body.len);
	assert_string_equal(here.fault, there.fault);
}

static void test_a_child_says_what_reports_read_says(void **state)
{
	struct sandbox *sandbox;
	uint8_t *large = must_alloc(REPORT_MAX + 1);

	(void)state;
	assert_int_equal(sandbox_open(&sandbox, &rules), ST_OK);
	compare(bytes_str(REPORT), FORMAT_UNKNOWN, sandbox);
	compare(bytes_str(REPORT REPORT "\n\n" REPORT), FORMAT_UNKNOWN, sandbox);
	compare(bytes_str("From: a@example.net\n\nno report\n"), FORMAT_UNKNOWN, sandbox);
	compare(bytes_str("From: a@example.net\n\nno report\n"), FORMAT_RELAYTEST, sandbox);
	compare(bytes_str(""), FORMAT_UNKNOWN, sandbox);
	memset(large, 'x', REPORT_MAX + 1);
	compare(bytes_of(large, REPORT_MAX), FORMAT_UNKNOWN, sandbox);
	compare(bytes_of(large, REPORT_MAX + 1), FORMAT_UNKNOWN, sandbox);
	sandbox_close(sandbox);
	sandbox_close(NULL);
	free(large);
}

static unsigned open_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++) {
		count += fcntl(fd, F_GETFD) >= 0;
	}
	return count;
}

static void test_nothing_is_left_of_a_sandbox(void **state)
{
	unsigned before = open_descriptors();
	struct sandbox *sandbox;
	struct heard heard = {0};

	(void)state;
	assert_int_equal(sandbox_open(&sandbox, &rules), ST_OK);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(
			sandbox_read(sandbox, bytes_str(REPORT), FORMAT_UNKNOWN, "", hear, &heard),
			ST_OK);
	}
	assert_int_equal(heard.count, 10);
	sandbox_close(sandbox);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void read_once(void)
{
	struct sandbox *sandbox;
	struct heard heard = {0};

	need(sandbox_open(&sandbox, &rules) == ST_OK, "it opens");
	need(sandbox_read(sandbox, bytes_str(REPORT), FORMAT_UNKNOWN, "", hear, &heard) == ST_OK,
	     "it reads");
	need(heard.count == 1 && !*heard.fault, "there is one good report");
	sandbox_close(sandbox);
}

static void without_standard_streams(void)
{
	close(0);
	close(1);
	close(2);
	read_once();
}

static void as_nobody(void)
{
	need(geteuid() != 0 || setuid(65534) == 0, "root can be nobody");
	read_once();
}

static void with_children_ignored(void)
{
	signal(SIGCHLD, SIG_IGN);
	read_once();
}

/* As systemd's SystemCallFilter= and some emulators have it. */
static void lose_seccomp(void)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);

	need(context && seccomp_rule_add(context, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
					 SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0)) == 0,
	     "there is a filter");
	need(seccomp_load(context) == 0, "it works");
	seccomp_release(context);
}

static void without_seccomp(void)
{
	lose_seccomp();
	read_once();
}

static void test_it_reads_whatever_feeder_was_started_with(void **state)
{
	(void)state;
	apart(without_standard_streams);
	apart(as_nobody);
	apart(with_children_ignored);
	apart(without_seccomp);
}

/* --- what a child may not do ------------------------------------------------- */

/* Says a number, as a report. */
static void say(report_sink *sink, void *context, struct bytes input, long number)
{
	struct report report = {.disposition = DISPOSITION_IGNORED, .incidents = 1};

	snprintf(report.note, sizeof report.note, "%ld", number);
	sink(context, &report, input, NULL);
}

static void assert_said(report_reading *reading, long number)
{
	struct heard heard = heard_of(reading, bytes_str("some input"));
	char text[32];

	snprintf(text, sizeof text, "%ld", number);
	assert_string_equal(heard.fault, "");
	assert_string_equal(heard.report.note, text);
}

#define READING(name)                                                   \
	static void name(struct bytes input, enum report_format format, \
			 const struct report_rules *r, report_sink *sink, void *context)
#define UNUSED (void)input, (void)format, (void)r, (void)sink, (void)context

READING(opens)
{
	UNUSED;
	say(sink, context, input, open("/etc/passwd", O_RDONLY) < 0 ? errno : 0);
}

READING(writes_a_file)
{
	UNUSED;
	say(sink, context, input, open("/tmp/file", O_WRONLY | O_CREAT, 0600) < 0 ? errno : 0);
}

READING(makes_a_socket)
{
	UNUSED;
	socket(AF_INET, SOCK_STREAM, 0);
}

READING(executes)
{
	char *argv[] = {(char[]){"true"}, NULL};

	UNUSED;
	execv("/bin/true", argv);
}

READING(forks)
{
	UNUSED;
	fork();
}

READING(traces)
{
	UNUSED;
	ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

READING(traces_without_asking_who)
{
	UNUSED;
	ptrace(PTRACE_ATTACH, 1, NULL, NULL);
}

READING(kills)
{
	UNUSED;
	kill(1, 0);
}

READING(makes_code)
{
	UNUSED;
	mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

READING(lifts_its_limits)
{
	const struct rlimit limit = {1, 1};

	UNUSED;
	setrlimit(RLIMIT_CPU, &limit);
}

READING(says_its_rights)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct has[2] = {{.permitted = ~0U}};

	UNUSED;
	syscall(SYS_capget, &header, has);
	say(sink, context, input,
	    (getuid() == 0) + (geteuid() == 0) + (getgid() == 0) + getgroups(0, NULL) +
		    (has[0].permitted | has[1].permitted | has[0].effective | has[1].effective
			     ? 10
			     : 0) +
		    (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 100));
}

READING(makes_a_folder)
{
	static const char name[] = "/tmp/dnsbld-test-folder";
	bool made = mkdir(name, 0700) == 0;
	int error = made ? 0 : errno;

	UNUSED;
	if (made) {
		rmdir(name);
	}
	say(sink, context, input, error);
}

READING(runs_a_file)
{
	char *argv[] = {(char[]){"true"}, NULL};

	UNUSED;
	execv("/bin/true", argv);
	say(sink, context, input, errno);
}

/* assert_said() inside apart(). */
static void need_said(report_reading *reading, const char *number, const char *what)
{
	struct sandbox *sandbox;
	struct heard heard = {0};

	need(sandbox_open_with(&sandbox, &rules, reading) == ST_OK &&
		     sandbox_read(sandbox, bytes_str("some input"), FORMAT_UNKNOWN, "", hear,
				  &heard) == ST_OK,
	     "it is read");
	need(strcmp(heard.fault, "") == 0 && strcmp(heard.report.note, number) == 0, what);
	sandbox_close(sandbox);
}

/* Two nets, each of which keeps a child from all files. */
static void with_landlock_alone(void)
{
	bool there = false;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && confine_files(&there) == ST_OK,
		     "a process can lock itself in");
		_exit(there ? 0 : 77);
	}
	need(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "it ends");
	lose_seccomp();
	need_said(says_its_rights, "0", "a child has no rights");
	if (WEXITSTATUS(status) == 77) {
		print_message("this kernel has no Landlock\n");
		return;
	}
	_Static_assert(EACCES == 13, "its number is spelled below");
	/* These need no descriptor, of which it may have none. */
	need_said(makes_a_folder, "13", "it makes no folder");
	need_said(runs_a_file, "13", "it runs no file");
}

static void test_a_child_has_no_rights_and_no_files_without_any_filter(void **state)
{
	(void)state;
	apart(with_landlock_alone);
}

static void test_a_child_can_open_nothing(void **state)
{
	(void)state;
	assert_said(opens, EACCES);
	assert_said(writes_a_file, EACCES);
}

static void test_other_system_calls_end_a_child(void **state)
{
	static report_reading *const readings[] = {
		makes_a_socket, executes,   forks, traces, traces_without_asking_who,
		kills,          makes_code,
	};

	(void)state;
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		assert_stopped(readings[i], "signal 31 (Bad system call)");
	}
	if (!SANITIZED) { /* which asks for its limits by the same call */
		assert_stopped(lifts_its_limits, "signal 31 (Bad system call)");
	}
}

READING(counts_descriptors)
{
	long count = 0;
	char room = 0;

	UNUSED;
	for (int fd = 0; fd < 1024; fd++) {
		count += read(fd, &room, 0) == 0 || write(fd, &room, 0) == 0;
	}
	say(sink, context, input, count);
}

static void test_a_child_has_its_socket_and_nothing_else(void **state)
{
	int other = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(other >= 0);
	assert_said(counts_descriptors, SANITIZED ? 2 : 1); /* with stderr */
	close(other);
}

READING(takes_memory)
{
	void *volatile taken; /* or a compiler leaves out what nobody uses */
	long octets = 0;

	UNUSED;
	while (octets <= SANDBOX_MEMORY && (taken = malloc(1 << 20))) {
		octets += 1 << 20;
	}
	say(sink, context, input, octets <= SANDBOX_MEMORY);
}

static void test_memory_is_bounded(void **state)
{
	(void)state;
	if (SANITIZED) {
		skip();
	}
	assert_said(takes_memory, 1);
}

/* --- what becomes of one that goes wrong ------------------------------------- */

READING(crashes)
{
	UNUSED;
	say(sink, context, input, 1);
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

READING(runs_out_of_memory)
{
	UNUSED;
	say(sink, context, input, 1);
	_exit(ST_AGAIN);
}

READING(ends_too_early)
{
	UNUSED;
	_exit(0);
}

READING(ends_badly)
{
	UNUSED;
	_exit(3);
}

static void write_to_all(const void *data, size_t len)
{
	for (int fd = 3; fd < 64; fd++) {
		if (write(fd, data, len) < 0) {
			continue;
		}
	}
}

READING(says_nonsense)
{
	UNUSED;
	write_to_all("nonsense", 8);
}

READING(says_it_twice)
{
	uint8_t room[1];
	struct writer w = writer_of(room, sizeof room);

	UNUSED;
	wire_write_end(&w);
	write_to_all(room, sizeof room);
}

READING(claims_a_duplicate)
{
	const struct report report = {.disposition = DISPOSITION_DUPLICATE, .incidents = 1};

	UNUSED;
	sink(context, &report, input, NULL);
}

READING(says_too_much)
{
	static const uint8_t room[1 << 16];

	UNUSED;
	for (;;) {
		write_to_all(room, sizeof room);
	}
}

READING(spins)
{
	UNUSED;
	for (volatile unsigned i = 0;; i++) {
	}
}

static void test_a_child_that_goes_wrong_costs_its_input(void **state)
{
	(void)state;
	assert_stopped(ends_too_early, "makes no sense");
	assert_stopped(ends_badly, "exit status 3");
	assert_stopped(runs_out_of_memory, "out of memory");
	assert_stopped(says_nonsense, "makes no sense");
	assert_stopped(says_it_twice, "makes no sense");
	assert_stopped(claims_a_duplicate, "makes no sense");
	assert_stopped(crashes, "stopped: signal ");
}

static void test_a_child_that_says_too_much_is_stopped(void **state)
{
	(void)state;
	assert_stopped(says_too_much, "said more than");
}

static void spins_with_little_time(void)
{
	const struct rlimit second = {1, 2};
	struct heard heard = {0};
	struct sandbox *sandbox;

	need(setrlimit(RLIMIT_CPU, &second) == 0, "time can be limited");
	need(sandbox_open_with(&sandbox, &rules, spins) == ST_OK, "it opens");
	need(sandbox_read(sandbox, bytes_str("x"), FORMAT_UNKNOWN, "", hear, &heard) == ST_OK,
	     "it reads");
	need(heard.count == 1 && strstr(heard.fault, "signal 24 (CPU time limit exceeded)"),
	     heard.fault);
	sandbox_close(sandbox);
}

READING(hangs)
{
	char room;

	UNUSED;
	for (int fd = 3; fd < 64; fd++) {
		while (read(fd, &room, 1) > 0) {
		}
	}
}

static void test_a_child_that_hangs_is_stopped(void **state)
{
	(void)state;
	if (!getenv("DNSBLD_LONG")) {
		skip();
	}
	assert_stopped(hangs, "it took longer than 30 s");
}

static void test_processor_time_is_bounded(void **state)
{
	(void)state;
	apart(spins_with_little_time);
}

/* Does as the input says. */
READING(obeys)
{
	if (bytes_equal(input, bytes_str("crash"))) {
		crashes(input, format, r, sink, context);
	}
	say(sink, context, input, 7);
}

static void test_the_next_input_is_read_all_the_same(void **state)
{
	struct sandbox *sandbox;

	(void)state;
	assert_int_equal(sandbox_open_with(&sandbox, &rules, obeys), ST_OK);
	for (unsigned i = 0; i < 3; i++) {
		struct heard heard = {0};

		assert_int_equal(
			sandbox_read(sandbox, bytes_str("crash"), FORMAT_UNKNOWN, "", hear, &heard),
			ST_OK);
		assert_int_equal(heard.report.disposition, DISPOSITION_UNRECOGNISED);
		assert_int_equal(
			sandbox_read(sandbox, bytes_str("fine"), FORMAT_UNKNOWN, "", hear, &heard),
			ST_OK);
		assert_string_equal(heard.report.note, "7");
		assert_int_equal(heard.count, 2);
	}
	sandbox_close(sandbox);
}

/* --- the nursery ------------------------------------------------------------- */

/* The one child of a process; 0: it has none. */
static pid_t child_of(pid_t pid)
{
	char path[64], text[32] = "";
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	file = fopen(path, "r");
	if (file) {
		text[fread(text, 1, sizeof text - 1, file)] = '\0';
		fclose(file);
	}
	return (pid_t)strtol(text, NULL, 10);
}

static void test_a_nursery_that_is_gone_is_no_fault_of_the_input(void **state)
{
	struct sandbox *sandbox;
	struct heard heard = {0};

	(void)state;
	assert_int_equal(sandbox_open(&sandbox, &rules), ST_OK);
	assert_int_equal(kill(child_of(getpid()), SIGKILL), 0);
	assert_int_equal(sandbox_read(sandbox, bytes_str(REPORT), FORMAT_UNKNOWN, "", hear, &heard),
			 ST_INTERNAL);
	assert_int_equal(heard.count, 0);
	sandbox_close(sandbox);
}

static void without_descriptors(void)
{
	const struct rlimit none = {0, 0};
	struct sandbox *sandbox;
	struct heard heard = {0};

	need(sandbox_open(&sandbox, &rules) == ST_OK, "it opens");
	need(setrlimit(RLIMIT_NOFILE, &none) == 0, "descriptors can be limited");
	need(sandbox_read(sandbox, bytes_str(REPORT), FORMAT_UNKNOWN, "", hear, &heard) == ST_AGAIN,
	     "it says try again");
	need(heard.count == 0, "nothing is said of the input");
	sandbox_close(sandbox);
	need(sandbox_open(&sandbox, &rules) == ST_AGAIN && !sandbox, "it does not open");
}

static void test_without_descriptors_it_is_worth_another_try(void **state)
{
	(void)state;
	apart(without_descriptors);
}

/* Reads something that never ends, and says who does it. */
static void read_for_ever(int to)
{
	struct sandbox *sandbox;
	struct heard heard = {0};

	need(sandbox_open_with(&sandbox, &rules, spins) == ST_OK, "it opens");
	pid_t nursery = child_of(getpid());

	need(write(to, &nursery, sizeof nursery) == sizeof nursery, "the test listens");
	sandbox_read(sandbox, bytes_str("x"), FORMAT_UNKNOWN, "", hear, &heard);
}

static void test_when_feeder_is_killed_the_others_end_too(void **state)
{
	pid_t feeder, nursery, child = 0;
	int ends[2];

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(pipe(ends), 0);
	feeder = fork();
	assert_true(feeder >= 0);
	if (feeder == 0) {
		read_for_ever(ends[1]);
		_exit(1);
	}
	assert_int_equal(read(ends[0], &nursery, sizeof nursery), sizeof nursery);
	for (unsigned i = 0; i < 10000 && child == 0; i++) {
		child = child_of(nursery);
		usleep(1000);
	}
	assert_true(child > 0);
	assert_int_equal(kill(feeder, SIGKILL), 0);

	/* All of them, whose parent this process is now: long before the child's own time is up. */
	bool nursery_ended = false;

	alarm(SANDBOX_CPU_S - 2);
	for (pid_t pid; (pid = waitpid(-1, NULL, 0)) > 0;) {
		nursery_ended = nursery_ended || pid == nursery;
	}
	alarm(0);
	assert_true(nursery_ended);
	assert_int_equal(kill(child, 0), -1);
	assert_int_equal(errno, ESRCH);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_child_says_what_reports_read_says),
		cmocka_unit_test(test_nothing_is_left_of_a_sandbox),
		cmocka_unit_test(test_it_reads_whatever_feeder_was_started_with),
		cmocka_unit_test(test_a_child_has_no_rights_and_no_files_without_any_filter),
		cmocka_unit_test(test_a_child_can_open_nothing),
		cmocka_unit_test(test_other_system_calls_end_a_child),
		cmocka_unit_test(test_a_child_has_its_socket_and_nothing_else),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_a_child_that_goes_wrong_costs_its_input),
		cmocka_unit_test(test_a_child_that_says_too_much_is_stopped),
		cmocka_unit_test(test_processor_time_is_bounded),
		cmocka_unit_test(test_a_child_that_hangs_is_stopped),
		cmocka_unit_test(test_the_next_input_is_read_all_the_same),
		cmocka_unit_test(test_a_nursery_that_is_gone_is_no_fault_of_the_input),
		cmocka_unit_test(test_without_descriptors_it_is_worth_another_try),
		cmocka_unit_test(test_when_feeder_is_killed_the_others_end_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
