/*
 * cli_frame.h: what tests of verbs share: a database before each, a check of it after each, and
 * lines that must end with a status. Include it last, after cmocka.h.
 */
#ifndef DNSBLD_TEST_CLI_FRAME_H
#define DNSBLD_TEST_CLI_FRAME_H

#include "cli.h"

#define NOW   " --now 2026-11-21T10:00:00Z"
#define LATER " --now 2026-11-22T10:00:00Z"

static struct cli cli;

static int set_up(void **state)
{
	(void)state;
	cli_begin(&cli, "");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	/* Whatever a test did, the database is what its claims say. */
	assert_int_equal(cli_run(&cli, "check"), ST_OK);
	cli_end(&cli);
	return 0;
}

static void expect(enum status status, const char *line)
{
	enum status is = cli_run(&cli, line);

	if (is != status) {
		fail_msg("'%s' is %d and not %d: %s", line, is, status, fail_text());
	}
}

#endif
