/*
 * options.c: the command line into struct call.
 *
 * Options may stand anywhere, before the verb too, for one table (help.c) holds the options of all
 * verbs; which of them a verb takes is asked when the whole line has been read. So `feeder -c FILE
 * list` and `feeder list -c FILE` are one case.
 *
 * 1. An option given twice is an error: of `remove --sublist a --sublist b` one half would be
 * forgotten.
 * 2. Every message ends in what to type.
 */
#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "feeder.h"
#include "rfc3339.h"

enum {
	LONG_BASE = 256, /* getopt's values for long options begin past every letter */
	WAIT_DEFAULT_S = 30,
	WAIT_MAX_S = 24 * 3600,
};

/*
 * getopt's two tables from ours. A leading '-' hands out operands in order, whatever
 * POSIXLY_CORRECT says.
 */
static void getopt_tables(struct option longs[OPTIONS + 1], char letters[3 * OPTIONS])
{
	size_t count = 0;
	char *letter = letters;

	*letter++ = '-';
	*letter++ = ':';
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = &option_rows[i];

		if (row->name) {
			longs[count++] = (struct option){row->name,
							 row->arg ? required_argument : no_argument,
							 NULL, LONG_BASE + i};
		}
		if (row->letter) {
			*letter++ = row->letter;
			if (row->arg) {
				*letter++ = ':';
			}
		}
	}
	longs[count] = (struct option){NULL, 0, NULL, 0};
	*letter = '\0';
}

static int row_of(int got)
{
	if (got >= LONG_BASE) {
		return got - LONG_BASE;
	}
	for (int i = 0; i < OPTIONS; i++) {
		if (option_rows[i].letter && option_rows[i].letter == got) {
			return i;
		}
	}
	return -1;
}

/* "--sublist" or "-c"; borrowed until the next call. */
static const char *spelled(int option)
{
	static char text[32];
	const struct option_row *row = &option_rows[option];

	if (row->name) {
		snprintf(text, sizeof text, "--%s", row->name);
	} else {
		snprintf(text, sizeof text, "-%c", row->letter);
	}
	return text;
}

static void set_field(struct call *call, int option, char *arg)
{
	void *field = (char *)call + option_rows[option].field;

	if (option_rows[option].arg) {
		*(const char **)field = arg;
	} else {
		*(bool *)field = true;
	}
}

/* The row of the verb, or of its two words. *first is any row with the verb, for what to type. */
static const struct command *find_command(char **words, size_t count,
					  const struct command *const *commands,
					  const struct command **first)
{
	*first = NULL;
	for (; count > 0 && *commands; commands++) {
		const struct command *c = *commands;

		if (strcmp(c->verb, words[0]) != 0) {
			continue;
		}
		if (!*first) {
			*first = c;
		}
		if (!c->sub || (count > 1 && strcmp(c->sub, words[1]) == 0)) {
			return c;
		}
	}
	return NULL;
}

static enum status usage(const struct command *command, const char *what)
{
	if (!command) {
		return fail(ST_USAGE, "%s: type 'feeder --help'", what);
	}
	return fail(ST_USAGE, "%s: type 'feeder %s%s%s --help'", what, command->verb,
		    command->sub ? " " : "", command->sub ? command->sub : "");
}

static enum status unknown_verb(const struct command *first, char **words, size_t count)
{
	if (count == 0) {
		return fail(ST_USAGE, "which verb? Type 'feeder --help'");
	}
	if (!first) {
		return fail(ST_USAGE, "there is no verb '%s': type 'feeder --help'", words[0]);
	}
	if (count == 1) {
		return fail(ST_USAGE, "%s what? Type 'feeder %s --help'", words[0], words[0]);
	}
	return fail(ST_USAGE, "there is no '%s %s': type 'feeder %s --help'", words[0], words[1],
		    words[0]);
}

/* What getopt() complains of, kept until the verb is known. */
static void complain(char *text, size_t room, char **argv, int got)
{
	int row = row_of(optopt);

	if (got == ':') {
		snprintf(text, room, "%s wants %s after it", spelled(row), option_rows[row].arg);
	} else if (row >= 0 && optopt >= LONG_BASE) {
		snprintf(text, room, "%s takes nothing after a '='", spelled(row));
	} else if (optopt) {
		snprintf(text, room, "there is no option '-%c'", optopt);
	} else {
		snprintf(text, room, "there is no option '%s'", argv[optind - 1]);
	}
}

/* All words and options of the line. `fault` says what was wrong first. */
static uint64_t read_line(struct call *call, int argc, char **argv, size_t *words, char *fault,
			  size_t room)
{
	struct option longs[OPTIONS + 1];
	char letters[3 * OPTIONS];
	uint64_t given = 0;
	int got;

	getopt_tables(longs, letters);
	opterr = 0;
	optind = 0; /* glibc: begin anew, for unit tests */
	while ((got = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		int row = row_of(got);

		if (got == 1) {
			call->words[(*words)++] = optarg;
		} else if (row < 0) {
			if (!*fault) {
				complain(fault, room, argv, got);
			}
		} else {
			if ((given & TAKES(row)) && !*fault) {
				snprintf(fault, room, "%s is given twice", spelled(row));
			}
			given |= TAKES(row);
			set_field(call, row, optarg);
		}
	}
	while (optind < argc) {
		call->words[(*words)++] = argv[optind++];
	}
	return given;
}

static enum status check_operands(const struct call *call)
{
	const struct command *c = call->command;
	char what[160];

	if (call->operand_count < c->least) {
		snprintf(what, sizeof what, "%s is missing", c->operands);
		return usage(c, what);
	}
	if (call->operand_count > c->most) {
		snprintf(what, sizeof what, "'%s' is one word too many", call->operands[c->most]);
		return usage(c, what);
	}
	return ST_OK;
}

static enum status check_options(const struct call *call, uint64_t given)
{
	const struct command *c = call->command;
	char what[160];

	for (int i = 0; i < OPTIONS; i++) {
		if ((given & TAKES(i)) && !((c->options | c->required | TAKES_COMMON) & TAKES(i))) {
			snprintf(what, sizeof what, "%s%s%s does not take %s", c->verb,
				 c->sub ? " " : "", c->sub ? c->sub : "", spelled(i));
			return usage(c, what);
		}
		if (!(given & TAKES(i)) && (c->required & TAKES(i))) {
			snprintf(what, sizeof what, "%s %s is missing", spelled(i),
				 option_rows[i].arg);
			return usage(c, what);
		}
	}
	return ST_OK;
}

/*
 * Under sudo, the one who typed it; else who logged in; under cron and the like, whose process it
 * is.
 */
static const char *login_name(void)
{
	static char name[LOGIN_NAME_MAX];
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *user;

	if (geteuid() == 0 && sudo && *sudo) {
		return sudo;
	}
	if (getlogin_r(name, sizeof name) == 0 && *name) {
		return name;
	}
	user = getpwuid(getuid());
	if (user) {
		snprintf(name, sizeof name, "%s", user->pw_name);
	} else {
		snprintf(name, sizeof name, "uid %u", (unsigned)getuid());
	}
	return name;
}

/* Options that mean a number or a time. */
static enum status read_values(struct call *call)
{
	char what[160];

	call->now = (uint64_t)time(NULL);
	if (call->now_text && time_parse(call->now_text, &call->now)) {
		snprintf(what, sizeof what, "--now: %.100s", fail_text());
		return usage(call->command, what);
	}
	call->wait_ms = WAIT_DEFAULT_S * 1000;
	if (call->wait_text) {
		char *end;
		double seconds = strtod(call->wait_text, &end);

		if (end == call->wait_text || *end || !(seconds >= 0 && seconds <= WAIT_MAX_S)) {
			snprintf(what, sizeof what, "--wait wants seconds, not '%.80s'",
				 call->wait_text);
			return usage(call->command, what);
		}
		call->wait_ms = (unsigned)(seconds * 1000);
	}
	if (!call->actor) {
		call->actor = login_name();
	}
	return ST_OK;
}

enum status options_parse(struct call *call, int argc, char **argv,
			  const struct command *const *commands)
{
	const struct command *first;
	char fault[160] = "";
	size_t words = 0;

	*call = (struct call){.words = must_alloc(((size_t)argc + 1) * sizeof *call->words)};
	uint64_t given = read_line(call, argc, argv, &words, fault, sizeof fault);
	const struct command *c = find_command(call->words, words, commands, &first);

	call->command = c;
	if (*fault) {
		return usage(c ? c : first, fault);
	}
	if (call->version || (call->help && (c || first || words == 0))) {
		return ST_OK;
	}
	if (!c) {
		return unknown_verb(first, call->words, words);
	}
	size_t own = c->sub ? 2 : 1;

	call->operands = call->words + own;
	call->operand_count = words - own;
	enum status status = check_operands(call);

	if (!status) {
		status = check_options(call, given);
	}
	return status ? status : read_values(call);
}
