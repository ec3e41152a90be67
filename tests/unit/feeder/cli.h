/*
 * cli.h: feeder's verbs without a process: a line goes through the options' parser to its verb,
 * which works on a database in a folder of its own; what it prints is kept.
 *
 *     cli_begin(&cli, "");                      a config, and a database made by `init`
 *     cli_run(&cli, "add 192.0.2.1 --sublist relay");
 *     cli.out                                   what came to stdout
 *     cli_end(&cli);
 *
 * The folder is there before `init`, and root's where root runs this, so that nobody else is
 * become.
 */
#ifndef DNSBLD_TEST_CLI_H
#define DNSBLD_TEST_CLI_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeder.h"
#include "output.h"
#include "temp.h"

#define CLI_ZONE                                                                                 \
	"sublist relay { code = 2  text = \"Relay {ip}\"  expires = 30d }\n"                     \
	"sublist hijacked { code = 4  text = \"Hijacked {ip}\" }\n"                              \
	"zone \"dnsbl.example.org\" { ns = { \"ns1.example.net\" }  ttl = 5m\n"                  \
	"soa { mname = \"ns1.example.net\"  rname = \"hostmaster.example.org\"  refresh = 10m\n" \
	"retry = 5m  expire = 1d  minimum = 5m } }\n"

struct cli {
	const char *dir;
	const char *extra; /* lines of the config */
	char *out;
};

static const struct command *const cli_commands[] = {
	&command_init,
	&command_add,
	&command_remove,
	&command_show,
	&command_list,
	&command_exclude_add,
	&command_exclude_remove,
	&command_exclude_list,
	&command_exclude_import,
	&command_exclude_check,
	&command_import,
	&command_export,
	&command_expire,
	&command_purge,
	&command_source_list,
	&command_source_disable,
	&command_source_enable,
	&command_sync,
	&command_check,
	&command_stats,
	&command_audit,
	&command_keygen,
	NULL,
};

static inline struct config *cli_config(const struct cli *cli)
{
	struct config *config;
	char text[4096], file[128];

	snprintf(file, sizeof file, "%s/dnsbld.conf", cli->dir);
	snprintf(text, sizeof text,
		 "database = \"%s\"\nlisten = { \"127.0.0.1:5353\" }\nmap_size = 1G\n%s%s",
		 cli->dir, cli->extra, CLI_ZONE);
	if (config_parse(text, file, &config)) {
		fprintf(stderr, "%s\n", fail_text());
		abort();
	}
	return config;
}

/* What has been printed, in cli->out. */
static inline enum status cli_keep_output(struct cli *cli)
{
	int fd = memfd_create("out", 0);
	enum status status = output_flush_to(fd);
	off_t len = lseek(fd, 0, SEEK_END);

	free(cli->out);
	cli->out = calloc(1, (size_t)len + 1);
	if (!cli->out || pread(fd, cli->out, (size_t)len, 0) != len) {
		abort();
	}
	close(fd);
	return status;
}

/* As main() does: words are apart by one blank; ~ is a blank inside a word. */
static inline enum status cli_run(struct cli *cli, const char *line)
{
	char program[] = "feeder", *text = strdup(line), *argv[64] = {program};
	struct call call;
	int argc = 1;

	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		argv[argc++] = word;
		for (char *at = word; (at = strchr(at, '~'));) {
			*at = ' ';
		}
	}
	enum status status = options_parse(&call, argc, argv, cli_commands);

	status = status ? status : call_check_words(&call);
	if (!status) {
		call.config = cli_config(cli);
		status = call.command->run(&call);
		config_free(call.config);
	}
	free(call.words);
	free(text);
	enum status written = cli_keep_output(cli);

	return written ? written : status;
}

static inline void cli_begin_without(struct cli *cli, const char *extra)
{
	*cli = (struct cli){.dir = temp_make(), .extra = extra};
}

static inline void cli_begin(struct cli *cli, const char *extra)
{
	cli_begin_without(cli, extra);
	if (cli_run(cli, "init")) {
		fprintf(stderr, "%s\n", fail_text());
		abort();
	}
}

static inline void cli_end(struct cli *cli)
{
	temp_remove(cli->dir);
	free(cli->out);
}

/* The next verbs read this from stdin. */
static inline void cli_stdin(const char *text)
{
	int fd = memfd_create("in", 0);

	if (write(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) < 0 ||
	    dup2(fd, STDIN_FILENO) < 0) {
		abort();
	}
	close(fd);
}

/* A file beside the database. Returns its path, borrowed until the next call. */
static inline const char *cli_file(const struct cli *cli, const char *name, const char *text)
{
	static char path[160];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", cli->dir, name);
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
		abort();
	}
	return path;
}

#endif
