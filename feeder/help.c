/*
 * help.c: the table of options, and --help, which is printed from it and from the verbs' own rows:
 * what is parsed and what is explained cannot differ.
 *
 * Lines are at most 80 columns wide: they are read on terminals.
 */
#include <string.h>

#include "feeder.h"
#include "output.h"

#define FIELD(name) offsetof(struct call, name)

const struct option_row option_rows[OPTIONS] = {
	[OPTION_CONFIG] = {NULL, "FILE", "the config (else $DNSBLD_CONF, else " CONFIG_DEFAULT ")",
			   FIELD(config_file), 'c'},
	[OPTION_HELP] = {"help", NULL, "this text", FIELD(help), 'h'},
	[OPTION_VERSION] = {"version", NULL, "the version", FIELD(version), 0},
	[OPTION_JSON] = {"json", NULL, "results as JSON, one object a line", FIELD(json), 0},
	[OPTION_NOW] = {"now", "TIME",
			"take this for the time (RFC 3339; serials follow the clock)",
			FIELD(now_text), 0},
	[OPTION_ACTOR] = {"actor", "NAME", "who does this, for the audit (else the login name)",
			  FIELD(actor), 0},
	[OPTION_WAIT] = {"wait", "SECONDS", "how long to wait for another writer (else 30)",
			 FIELD(wait_text), 0},
	[OPTION_DRY_RUN] = {"dry-run", NULL, "do everything but keep nothing", FIELD(dry_run), 0},
	[OPTION_SUBLIST] = {"sublist", "NAME", "the sublist, as the config names it",
			    FIELD(sublist), 0},
	[OPTION_SOURCE] = {"source", "NAME", "who claims it", FIELD(source), 0},
	[OPTION_REASON] = {"reason", "TEXT", "why; kept for us, never served", FIELD(reason), 0},
	[OPTION_TEXT] = {"text", "TEXT",
			 "the TXT to serve instead of the sublist's ({ip}: the address)",
			 FIELD(text), 0},
	[OPTION_COMMENT] = {"comment", "TEXT", "why; kept for us, never served", FIELD(comment), 0},
	[OPTION_EXPIRES] = {"expires", "TIME", "how long it lives: 7d, 12h, 30m, never",
			    FIELD(expires), 0},
	[OPTION_FORMAT] = {"format", "NAME", "the file's format, see above", FIELD(format), 0},
	[OPTION_STRICT] = {"strict", NULL, "one bad line, and nothing is kept", FIELD(strict), 0},
	[OPTION_FORCE] = {"force", NULL, "do it all the same, see above", FIELD(force), 0},
	[OPTION_STREAM] = {"stream", NULL, "commit whenever the input pauses, and say so",
			   FIELD(stream), 0},
	[OPTION_REPLACE] = {"replace", NULL, "withdraw what the file no longer has", FIELD(replace),
			    0},
	[OPTION_PUBLIC] = {"public", NULL, "only what anybody may be told", FIELD(public), 0},
	[OPTION_ZONE] = {"zone", "NAME", "the zone, as the config names it", FIELD(zone), 0},
	[OPTION_OUTPUT] = {NULL, "FILE", "write there instead of to stdout", FIELD(output), 'o'},
	[OPTION_ALL] = {"all", NULL, "every export of the config", FIELD(all), 0},
	[OPTION_SERIAL] = {"serial", "N", "the serial that the zones begin with",
			   FIELD(serial_text), 0},
	[OPTION_SINCE] = {"since", "TIME", "from this time on (RFC 3339)", FIELD(since_text), 0},
	[OPTION_LIMIT] = {"limit", "N", "only the last N", FIELD(limit_text), 0},
	[OPTION_REPORTER] = {"reporter", "NAME", "whose reports these are", FIELD(reporter), 0},
	[OPTION_ADDRESS] = {"address", "ADDRESS", "what the report is about", FIELD(address), 0},
	[OPTION_NEW_CONFIG] = {"config", "FILE", "another config, to compare with",
			       FIELD(new_config), 0},
	[OPTION_RETRY] = {"retry", NULL, "read again what was not recognised", FIELD(retry), 0},
	[OPTION_ONCE] = {"once", NULL, "each zone once, then end", FIELD(once), 0},
	[OPTION_ALGORITHM] = {"algorithm", "NAME",
			      "hmac-sha256 (else this), hmac-sha384, hmac-sha512", FIELD(algorithm),
			      0},
	[OPTION_KEY] = {"key", "KEY", "this key, instead of a random one", FIELD(key), 0},
	[OPTION_QUOTA_DAY] = {"quota-day", "N", "most addresses a day (UTC)", FIELD(quota_day_text),
			      0},
	[OPTION_QUOTA_SECOND] = {"quota-second", "N", "most addresses a second",
				 FIELD(quota_second_text), 0},
};

enum { OPTION_COLUMN = 16 }; /* "--reporter NAME" and a gap */

static void print_options(const char *title, uint64_t options, uint64_t required)
{
	fprintf(output(), "\n%s:\n", title);
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = &option_rows[i];
		char left[32];

		if (!(options & TAKES(i))) {
			continue;
		}
		const char letter[] = {'-', row->letter, '\0'};

		snprintf(left, sizeof left, "%s%s%s%s%s%s", row->name ? "--" : "",
			 row->name ? row->name : "", row->name && row->letter ? ", " : "",
			 row->letter ? letter : "", row->arg ? " " : "", row->arg ? row->arg : "");
		fprintf(output(), "  %-*s %s%s\n", OPTION_COLUMN, left, row->help,
			required & TAKES(i) ? "; must be given" : "");
	}
}

static void print_usage(const char *lead, const struct command *c)
{
	fprintf(output(), "%s feeder [-c FILE] %s%s%s", lead, c->verb, c->sub ? " " : "",
		c->sub ? c->sub : "");
	for (int i = 0; i < OPTIONS; i++) {
		if (c->required & TAKES(i)) {
			fprintf(output(), " --%s %s", option_rows[i].name, option_rows[i].arg);
		}
	}
	fprintf(output(), "%s%s%s\n", c->options & ~c->required ? " [OPTION…]" : "",
		c->operands ? " " : "", c->operands ? c->operands : "");
}

static void print_command(const struct command *c)
{
	uint64_t own = c->options | c->required;

	print_usage("usage:", c);
	fprintf(output(), "\n%s.\n", c->summary);
	if (c->details) {
		fprintf(output(), "\n%s", c->details);
	}
	if (own) {
		print_options("options", own, c->required);
	}
}

static void print_program(const struct command *const *commands)
{
	fputs("usage: feeder [-c FILE] VERB [OPTION…] [OPERAND…]\n"
	      "\n"
	      "Writes and looks after the database that dnsbld serves. What feeder has\n"
	      "committed is in the answer to the next query.\n"
	      "\n",
	      output());
	for (; *commands; commands++) {
		char words[32];

		snprintf(words, sizeof words, "%s%s%s", (*commands)->verb,
			 (*commands)->sub ? " " : "", (*commands)->sub ? (*commands)->sub : "");
		fprintf(output(), "  %-*s %s\n", OPTION_COLUMN, words, (*commands)->summary);
	}
	fputs("\n"
	      "'feeder VERB --help' tells more about one, feeder(1) about all.\n"
	      "\n"
	      "exit codes: 0 done, 1 the answer is no, 64 wrong command line, 65 bad data,\n"
	      "66 no input or no database, 70 a fault of ours, 74 input or output failed,\n"
	      "75 try again (locked, disk or map full), 77 wrong mode or owner, 78 config\n"
	      "or schema\n",
	      output());
}

void help_print(const struct call *call, const struct command *const *commands)
{
	const char *verb = call->words[0];
	bool any = false;

	if (call->command) {
		print_command(call->command);
	} else if (verb) {
		for (; *commands; commands++) {
			if (strcmp((*commands)->verb, verb) == 0) {
				fputs(any ? "\n" : "", output());
				print_command(*commands);
				any = true;
			}
		}
	} else {
		print_program(commands);
	}
	print_options(call->command || verb ? "every verb takes" : "options", TAKES_COMMON, 0);
}
