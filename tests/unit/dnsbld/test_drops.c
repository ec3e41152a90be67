/*
 * test_drops.c: what the kernel dropped is told once, and seldom. The socket and the drops are
 * real, the time is ours.
 */
#include "drops.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum { BUFFER = 8 << 10, MANY = 200, START = 1000 };

struct case_of {
	int fd; /* with a buffer for a few datagrams */
	int client;
	struct drops *drops;
};

static int case_open(void **state)
{
	static struct case_of c;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int buffer = BUFFER;
	void *drops;

	c.fd = socket(AF_INET, SOCK_DGRAM, 0);
	c.client = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer), 0);
	assert_int_equal(bind(c.fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(c.fd, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(connect(c.client, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(shared_map(&drops, sizeof *c.drops), ST_OK);
	c.drops = drops;
	drops_init(c.drops, START);
	*state = &c;
	return 0;
}

static int case_close(void **state)
{
	struct case_of *c = *state;

	close(c->fd);
	close(c->client);
	shared_unmap(c->drops, sizeof *c->drops);
	return 0;
}

/* Sends many, reads what is there, and returns how many are missing. */
static unsigned overflow(struct case_of *c)
{
	unsigned missing = MANY;
	char octet;

	for (int i = 0; i < MANY; i++) {
		assert_int_equal(send(c->client, "x", 1, 0), 1);
	}
	while (recv(c->fd, &octet, 1, MSG_DONTWAIT) == 1) {
		missing--;
	}
	assert_in_range(missing, 1, MANY - 1);
	return missing;
}

static void test_nothing_is_told_where_nothing_was_dropped(void **state)
{
	struct case_of *c = *state;
	struct drops_report report;

	assert_int_equal(send(c->client, "x", 1, 0), 1);
	assert_false(drops_take(c->drops, c->fd, START, &report));
	assert_false(drops_take(c->drops, c->fd, START + 100, &report));
}

static void test_exactly_what_is_missing_is_told_once(void **state)
{
	struct case_of *c = *state;
	struct drops_report report;

	assert_false(drops_take(c->drops, c->fd, START + 1, &report));
	unsigned missing = overflow(c);

	assert_true(drops_take(c->drops, c->fd, START + 3, &report));
	assert_int_equal(report.count, missing);
	assert_int_equal(report.within_s, 2);
	assert_int_equal(report.receive_buffer, BUFFER);
	assert_false(drops_take(c->drops, c->fd, START + 3, &report));
	assert_false(drops_take(c->drops, c->fd, START + 300, &report));
}

static void test_what_comes_within_a_minute_is_kept_for_the_next_warning(void **state)
{
	struct case_of *c = *state;
	struct drops_report report;

	overflow(c);
	assert_true(drops_take(c->drops, c->fd, START, &report));
	assert_int_equal(report.within_s, 1);
	assert_false(drops_take(c->drops, c->fd, START + 20, &report));

	unsigned missing = overflow(c);

	assert_false(drops_take(c->drops, c->fd, START + 21, &report));
	missing += overflow(c);
	assert_false(drops_take(c->drops, c->fd, START + 59, &report));
	assert_true(drops_take(c->drops, c->fd, START + 60, &report));
	assert_int_equal(report.count, missing);
	/* Since they were last seen to be none. */
	assert_int_equal(report.within_s, 40);
}

static void test_a_successor_tells_what_its_predecessor_did_not(void **state)
{
	struct case_of *c = *state;
	struct drops_report report;
	int how;

	overflow(c);
	pid_t pid = fork();

	if (pid == 0) {
		_exit(drops_take(c->drops, c->fd, START, &report) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_int_equal(how, 0);
	/* Between the two. */
	unsigned missing = overflow(c);

	assert_true(drops_take(c->drops, c->fd, START + 70, &report));
	assert_int_equal(report.count, missing);
}

static void test_the_kernels_count_may_wrap(void **state)
{
	struct case_of *c = *state;
	struct drops_report report;

	/* As if 2^32 - 5 had been told, and the kernel's count had gone on to what it is. */
	atomic_store(&c->drops->told, UINT32_MAX - 4);
	unsigned missing = overflow(c);

	assert_true(drops_take(c->drops, c->fd, START, &report));
	assert_int_equal(report.count, missing + 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, case_open, case_close)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_told_where_nothing_was_dropped),
		TEST(test_exactly_what_is_missing_is_told_once),
		TEST(test_what_comes_within_a_minute_is_kept_for_the_next_warning),
		TEST(test_a_successor_tells_what_its_predecessor_did_not),
		TEST(test_the_kernels_count_may_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
