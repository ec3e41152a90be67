/*
 * main.c: feeder, the command line of the database. The table of its verbs, and the way of every
 * one of them: read the line, read the config, run, write the results, say what went wrong, exit
 * with a code of sysexits.h.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "feeder.h"
#include "log.h"
#include "output.h"

static const struct command *const commands[] = {
	&command_init,           &command_add,
	&command_remove,         &command_show,
	&command_list,           &command_exclude_add,
	&command_exclude_remove, &command_exclude_list,
	&command_exclude_import, &command_exclude_check,
	&command_ingest,         &command_receive,
	&command_review_list,    &command_review_show,
	&command_review_accept,  &command_review_refuse,
	&command_policy_test,    &command_import,
	&command_export,         &command_expire,
	&command_purge,          &command_source_list,
	&command_source_disable, &command_source_enable,
	&command_access_add,     &command_access_revoke,
	&command_access_list,    &command_sync,
	&command_check,          &command_stats,
	&command_audit,          &command_keygen,
	&command_mirror,         NULL,
};

static enum status run(struct call *call, int argc, char **argv)
{
	enum status status = options_parse(call, argc, argv, commands);

	if (call->command && call->command->delivers) {
		/* A mail server bounces where the program dies, and that nobody reads stderr any
		 * more can be mended. */
		signal(SIGPIPE, SIG_IGN);
	}
	if (status) {
		return status;
	}
	if (call->version) {
		fputs("feeder " DNSBLD_VERSION "\n", output());
		return ST_OK;
	}
	if (call->help) {
		help_print(call, commands);
		return ST_OK;
	}
	status = call_check_words(call);
	if (!status && !call->command->without_config) {
		status = config_read(config_file(call->config_file), &call->config);
	}
	if (!status && call->config && !call->command->signs) {
		/* Most verbs sign nothing, and some read what strangers wrote. */
		config_forget_secrets(call->config);
	}
	return status ? status : call->command->run(call);
}

/*
 * Where a shell closed one of the three, the database's file would get its number, and results be
 * written into it.
 */
static void hold_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0) {
		close(fd);
	}
}

/*
 * LMDB maps its files. On a full disk a page of a lock file that was never written to cannot be
 * had, on a broken one no page, and that is a signal.
 */
static void on_page_lost(int number)
{
	static const char text[] =
		"feeder: error: the disk is full or broken: the database cannot be mapped\n";

	(void)number;
	if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
		_exit(ST_AGAIN); /* nobody reads it */
	}
	_exit(ST_AGAIN);
}

int main(int argc, char **argv)
{
	struct call call;

	hold_standard_streams();
	signal(SIGBUS, on_page_lost);
	/* A limit on the size of files is an error like others: EFBIG. */
	signal(SIGXFSZ, SIG_IGN);
	log_init("feeder");
	enum status status = run(&call, argc, argv);

	/* Where the answer is no, the verb has said so in its own way. */
	if (status && status != ST_NO) {
		log_error("%s", fail_text());
	}
	enum status written = output_flush();

	if (written) {
		log_error("%s", fail_text());
		status = written;
	}
	/* A mail server bounces on any other code, and all but the line itself can be mended. */
	if (status && status != ST_USAGE && call.command && call.command->delivers) {
		status = ST_AGAIN;
	}
	config_free(call.config);
	free(call.words);
	return status;
}
