/*
 * feeder.h: one run of the program, and the table row of a verb.
 *
 *     main.c      options_parse() ─▶ config_read() ─▶ command->run(&call) ─▶ output_flush()
 *     cmd_x.c     one file a verb: its struct command (what it takes, --help) and its run()
 *
 * A verb that writes:
 *
 *     call_open_write(call, &store);        takes the writer's lock; as root, becomes the owner
 *     call_begin(call, store, &change);
 *     change_add(change, &add); …
 *     call_finish(call, change, &outcome);  commits, or with --dry-run discards
 *
 * 1. run() prints results through output.h only, chatter through log.h only; it returns what
 *    fail() returned and does not print that text: main does. ST_NO alone it explains itself.
 * 2. Input is read and checked, and files are opened, before call_open_write().
 */
#ifndef FEEDER_FEEDER_H
#define FEEDER_FEEDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "change.h"
#include "config.h"
#include "status.h"
#include "store.h"

/* Every option that any verb takes; a word means the same in all of them. Rows of help.c. */
enum option_id {
	OPTION_CONFIG, /* -c */
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_JSON,
	OPTION_NOW,
	OPTION_ACTOR,
	OPTION_WAIT,
	OPTION_DRY_RUN,
	OPTION_SUBLIST,
	OPTION_SOURCE,
	OPTION_REASON,
	OPTION_TEXT,
	OPTION_COMMENT,
	OPTION_EXPIRES,
	OPTION_FORMAT,
	OPTION_STRICT,
	OPTION_FORCE,
	OPTION_STREAM,
	OPTION_REPLACE,
	OPTION_PUBLIC,
	OPTION_ZONE,
	OPTION_OUTPUT, /* -o */
	OPTION_ALL,
	OPTION_SERIAL,
	OPTION_SINCE,
	OPTION_LIMIT,
	OPTION_REPORTER,
	OPTION_ADDRESS,
	OPTION_NEW_CONFIG,
	OPTION_RETRY,
	OPTION_ONCE,
	OPTION_ALGORITHM,
	OPTION_KEY,
	OPTION_QUOTA_DAY,
	OPTION_QUOTA_SECOND,
	OPTIONS
};

#define TAKES(option) (UINT64_C(1) << (option))

/* What every verb that writes takes, beside TAKES_COMMON. */
#define TAKES_WRITER TAKES(OPTION_DRY_RUN)

struct call;

struct command {
	const char *verb;     /* "add" */
	const char *sub;      /* "list" of `source list`; NULL: the verb is one word */
	const char *operands; /* as the help shows them: "PREFIX…|-"; NULL: none */
	unsigned least, most; /* how many operands */
	uint64_t options;     /* TAKES(OPTION_…) | …: beside the common ones */
	uint64_t required;    /* those of them that must be there */
	const char *summary;  /* one line, no full stop */
	const char *details;  /* the rest of the help, whole lines; NULL: none */
	bool delivers;        /* run by a mail server: all but ST_USAGE is ST_AGAIN */
	bool without_config;  /* call->config is NULL */
	bool signs;           /* the config's keys keep their secrets */
	enum status (*run)(struct call *call);
};

/*
 * One run: what the command line said, read and checked. Strings are borrowed from argv; NULL
 * where not given.
 */
struct call {
	const struct command *command;
	struct config *config; /* NULL: the verb reads none */
	char **words;          /* all that is no option: the verb, then … */
	char **operands;       /* … these, in the same array */
	size_t operand_count;

	uint64_t now; /* --now, else the clock */
	unsigned wait_ms;
	const char *actor; /* --actor, else the login name; never NULL */
	bool json, dry_run, strict, force, stream, replace, public, retry, all, once, help, version;

	const char *config_file;
	const char *sublist, *source, *reason, *text, *comment, *expires, *format;
	const char *zone, *output, *reporter, *address, *new_config, *algorithm;
	const char *key, *quota_day_text, *quota_second_text;
	const char *now_text, *wait_text, *serial_text, *since_text, *limit_text;
};

enum { UNBOUNDED = 1 << 30 }; /* for `most` */

/* --- options.c, help.c ------------------------------------------------------------------------ */

/* One row of the table of options. */
struct option_row {
	const char *name; /* "sublist", after two dashes; NULL: only the letter */
	const char *arg;  /* "NAME"; NULL: it takes none */
	const char *help; /* one line */
	size_t field;     /* where in struct call: a bool, or with `arg` a const char * */
	char letter;      /* 'c': -c; 0: none */
};
extern const struct option_row option_rows[OPTIONS];

/* What every verb takes. */
#define TAKES_COMMON                                                                              \
	(TAKES(OPTION_CONFIG) | TAKES(OPTION_HELP) | TAKES(OPTION_VERSION) | TAKES(OPTION_JSON) | \
	 TAKES(OPTION_NOW) | TAKES(OPTION_ACTOR) | TAKES(OPTION_WAIT))

/*
 * Reads the command line. `commands` ends with NULL. ST_USAGE with one line that says what to
 * type. With --help or --version call->command may be NULL, and what is required is not asked for.
 * The caller frees call->words.
 */
enum status options_parse(struct call *call, int argc, char **argv,
			  const struct command *const *commands);

/*
 * What --help prints: about call->command, else about a verb's second words, else about the
 * program.
 */
void help_print(const struct call *call, const struct command *const *commands);

/* --- call.c ----------------------------------------------------------------------------------- */

/* ST_DATA where a text or a name of the command line is none that may be kept. */
enum status call_check_words(const struct call *call);

/* ST_NOINPUT says to run `feeder init`. */
enum status call_open_read(const struct call *call, struct store **store);
enum status call_open_write(const struct call *call, struct store **store);

enum status call_begin(const struct call *call, struct store *store, struct change **change);
/* Commits, or discards with --dry-run. outcome may be NULL. */
enum status call_finish(const struct call *call, struct change *change,
			struct change_outcome *outcome);

/* The sublist that --sublist names. ST_DATA where the config has none of this name. */
enum status call_sublist(const struct call *call, const struct sublist_config **sublist);

/* The zone that --zone names. ST_DATA where the config has none of this name. */
enum status call_zone(const struct call *call, const struct zone_config **zone);

/*
 * Loads what their primaries say into the config's mirrored zones, as the snapshot has it. A zone
 * of which nothing came yet serves nothing.
 */
void call_load_mirrored(const struct call *call, struct txn *txn);

/*
 * The source that --source names, else "operator": who it was is in the audit, and two operators
 * who list the same address renew one claim.
 */
const char *call_source(const struct call *call);

/*
 * When a claim on `sublist` (NULL: an exclusion, for ever) expires, by --expires or its default;
 * 0: never. ST_USAGE.
 */
enum status call_expires(const struct call *call, const struct sublist_config *sublist,
			 uint64_t *expires);

/* --- the verbs -------------------------------------------------------------------------------- */

extern const struct command command_init;
extern const struct command command_add;
extern const struct command command_remove;
extern const struct command command_show;
extern const struct command command_list;
extern const struct command command_exclude_add;
extern const struct command command_exclude_remove;
extern const struct command command_exclude_list;
extern const struct command command_exclude_import;
extern const struct command command_exclude_check;
extern const struct command command_ingest;
extern const struct command command_receive;
extern const struct command command_review_list;
extern const struct command command_review_show;
extern const struct command command_review_accept;
extern const struct command command_review_refuse;
extern const struct command command_policy_test;
extern const struct command command_import;
extern const struct command command_export;
extern const struct command command_expire;
extern const struct command command_purge;
extern const struct command command_source_list;
extern const struct command command_source_disable;
extern const struct command command_source_enable;
extern const struct command command_access_add;
extern const struct command command_access_revoke;
extern const struct command command_access_list;
extern const struct command command_sync;
extern const struct command command_check;
extern const struct command command_stats;
extern const struct command command_audit;
extern const struct command command_keygen;
extern const struct command command_mirror;

#endif
