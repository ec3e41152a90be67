/*
 * cmd_exclude.c: feeder exclude add, remove, import: prefixes that are never served as listed,
 * whatever is claimed (RFC 6471 §3.5).
 *
 *     words, stdin or a file ─▶ operands ─▶ change_exclude() or change_unexclude(), in slices
 *
 * A file is one of lines, or a warninglist of MISP (exclude_misp.c), whose name is the comment.
 * Added and removed by hand, each is a row of the audit; an import is one row.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exclude_misp.h"
#include "exclusion.h"
#include "json.h"
#include "log.h"
#include "operands.h"
#include "output.h"
#include "progress.h"
#include "slices.h"
#include "utf8.h"

enum { FILE_MAX = 64 << 20 }; /* of an import: four million prefixes */

struct excluding {
	const struct call *call;
	bool remove;
	bool import; /* one row in the audit, not one a prefix */
	const char *comment;
	char name[EXCLUSION_COMMENT]; /* of the list */
	uint64_t expires;
	struct operands operands;
	uint64_t done;   /* added, or removed */
	uint64_t undone; /* renewed, or not there */
	uint64_t change;
};

/* What is excluded already, seen by an import. */
struct present {
	const struct prefix *prefix;
	const char *comment;
	uint64_t expires;
};

static bool spare(void *context, const struct exclusion *old)
{
	struct present *p = context;

	if (prefix_compare(&old->prefix, p->prefix) == 0) {
		p->comment = old->comment.len > 0 ? NULL : p->comment;
		if (p->expires && (!old->expires || old->expires > p->expires)) {
			p->expires = old->expires;
		}
	}
	return true;
}

/*
 * Somebody else's list may only add to what is excluded: the operator's own, and reserved space,
 * keep their comment and last at least as long as they did.
 */
static bool import_one(const struct excluding *e, struct change *change,
		       const struct prefix *prefix)
{
	struct present p = {prefix, e->comment, e->expires};

	exclusions_covering(change_txn(change), prefix, spare, &p);
	return change_exclude(change, prefix, p.comment, p.expires);
}

static bool exclude_one(struct excluding *e, struct slices *slices, const struct prefix *prefix)
{
	if (e->import) {
		return import_one(e, slices->change, prefix);
	}
	if (e->remove) {
		return change_unexclude(slices->change, prefix);
	}
	return change_exclude(slices->change, prefix, e->comment, e->expires);
}

static void say_undone(const struct excluding *e, const struct prefix *prefix)
{
	char text[PREFIX_TEXT];

	if (e->undone <= BAD_NAMED && !e->import) {
		prefix_format(prefix, text);
		log_info("%s %s", text,
			 e->remove ? "is not excluded" : "is excluded already: renewed");
	}
}

static enum status exclude_operands(struct excluding *e, struct slices *slices)
{
	const struct operands *operands = &e->operands;
	enum status status = ST_OK;

	for (size_t i = 0; !status && i < operands->count; i++) {
		const struct prefix *prefix = &operands->at[i].prefix;

		status = slices_make_room(slices);
		if (status) {
			break;
		}
		bool done = exclude_one(e, slices, prefix);

		status = change_status(slices->change);
		if (done) {
			e->done++;
			slices->row.added++;
		} else if (!status) {
			e->undone++;
			say_undone(e, prefix);
		}
		if (done && !e->import) {
			change_audit(
				slices->change,
				&(struct audit_entry){.event = e->remove ? "unexclude" : "exclude",
						      .prefix = prefix,
						      .reason = e->comment});
		}
		slices->rows++;
		progress_at(i);
	}
	return status;
}

static enum status store_exclusions(struct excluding *e)
{
	struct slices slices = {0};
	struct store *store;
	enum status status = call_open_write(e->call, &store);

	if (status) {
		return status;
	}
	status = slices_begin(&slices, e->call, store);
	if (!status) {
		if (e->import) {
			slices.row = (struct audit_entry){.event = "import exclusions",
							  .reason = e->comment};
		}
		progress_begin(e->remove ? "removing" : "excluding", e->operands.count);
		status = exclude_operands(e, &slices);
		status = status ? status : slices_finish(&slices);
		progress_end();
	}
	e->change = slices.outcome.number;
	slices_abort(&slices);
	store_close(store);
	return status;
}

static void print_summary(const struct excluding *e)
{
	if (e->call->json) {
		struct json json = json_begin(output());

		json_number(&json, e->remove ? "removed" : "added", e->done);
		json_number(&json, e->remove ? "absent" : "renewed", e->undone);
		json_number(&json, "bad", e->operands.bad.count);
		json_number(&json, "change", e->change);
		json_end(&json);
	}
	log_info("%s%" PRIu64 " %s, %" PRIu64 " %s", e->call->dry_run ? "would be: " : "", e->done,
		 e->remove ? "no longer excluded" : "excluded", e->undone,
		 e->remove ? "were not" : "renewed");
}

/* The operands have been read with this outcome. */
static enum status finish(struct excluding *e, enum status status)
{
	if (!status) {
		status = store_exclusions(e);
	}
	if (!status) {
		print_summary(e);
		status = operands_verdict(&e->operands);
	}
	if (!status && e->remove && e->done == 0) {
		status = ST_NO;
	}
	operands_release(&e->operands);
	return status;
}

static enum status run_add(struct call *call)
{
	struct excluding e = {.call = call, .comment = call->comment};
	enum status status = call_expires(call, NULL, &e.expires);

	return finish(&e, status ? status : operands_read(call, &e.operands, OPERAND_ANY));
}

static enum status run_remove(struct call *call)
{
	struct excluding e = {.call = call, .remove = true};

	return finish(&e, operands_read(call, &e.operands, OPERAND_ANY));
}

/* All of an input. The caller frees text->data, whatever comes back. */
static enum status read_all(int fd, struct bytes *text)
{
	uint8_t *data = NULL;
	size_t room = 0, len = 0;
	ssize_t got;

	do {
		if (len == room) {
			room = room ? room * 2 : 1 << 16;
			data = must_realloc(data, room);
		}
		got = read(fd, data + len, room - len);
		len += got > 0 ? (size_t)got : 0;
	} while ((got > 0 && len <= FILE_MAX) || (got < 0 && errno == EINTR));
	*text = bytes_of(data, len);
	if (got < 0) {
		return fail(ST_IO, "unable to read the input: %s", strerror(errno));
	}
	return len > FILE_MAX ? fail(ST_DATA, "larger than %d MiB", FILE_MAX >> 20) : ST_OK;
}

/* The text is changed: words are cut out in place. */
static void take_lines(struct operands *operands, char *text, size_t len)
{
	uint64_t number = 1;

	for (size_t at = 0; at < len; number++) {
		char *newline = memchr(text + at, '\n', len - at);
		size_t end = newline ? (size_t)(newline - text) : len;

		for (char *nul; (nul = memchr(text + at, '\0', end - at));) {
			*nul = '?';
		}
		text[end] = '\0';

		char *word = line_word(text + at);

		if (word) {
			operands_take(operands, word, number, OPERAND_RANGE);
		}
		at = end + 1;
	}
}

static enum status take_input(struct excluding *e, int fd)
{
	struct bytes text;
	enum status status = read_all(fd, &text);
	char *room = (char *)(uintptr_t)text.data;
	size_t mark = utf8_mark(text.data, text.len);

	text = bytes_of(text.data + mark, text.len - mark);
	if (!status && misp_begins(text)) {
		status = misp_read(text, &e->operands, e->name);
		if (!e->comment && e->name[0]) {
			e->comment = e->name;
		}
	} else if (!status) {
		room = must_realloc(room, mark + text.len + 1);
		take_lines(&e->operands, room + mark, text.len);
	}
	free(room);
	return status;
}

static enum status run_import(struct call *call)
{
	struct excluding e = {.call = call, .import = true, .comment = call->comment};
	const char *file = call->operands[0];
	bool is_stdin = strcmp(file, "-") == 0;
	enum status status = call_expires(call, NULL, &e.expires);

	if (status) {
		return status;
	}
	int fd = is_stdin ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		return fail(ST_NOINPUT, "unable to open '%s': %s", file, strerror(errno));
	}
	status = take_input(&e, fd);
	if (status) {
		status = fail(status, "'%s': %s", is_stdin ? "stdin" : file, fail_text());
	}
	if (!is_stdin) {
		close(fd);
	}
	return finish(&e, status ? status : operands_accept(call, &e.operands));
}

const struct command command_exclude_add = {
	.verb = "exclude",
	.sub = "add",
	.operands = "PREFIX…|-",
	.least = 1,
	.most = UNBOUNDED,
	.options =
		TAKES_WRITER | TAKES(OPTION_COMMENT) | TAKES(OPTION_EXPIRES) | TAKES(OPTION_STRICT),
	.summary = "Never serves these prefixes as listed, whatever is claimed",
	.details = "Claims stay as they are and count again when the exclusion goes. '-' reads\n"
		   "prefixes from stdin, one a line. Without --expires it lasts for ever. Bad\n"
		   "prefixes are named, the others are excluded, and the exit code is 65; with\n"
		   "--strict none is.\n",
	.run = run_add,
};

const struct command command_exclude_remove = {
	.verb = "exclude",
	.sub = "remove",
	.operands = "PREFIX…|-",
	.least = 1,
	.most = UNBOUNDED,
	.options = TAKES_WRITER | TAKES(OPTION_STRICT),
	.summary = "Takes back exclusions of exactly these prefixes",
	.details = "'-' reads prefixes from stdin, one a line. Where there was none at all, the\n"
		   "exit code is 1.\n",
	.run = run_remove,
};

const struct command command_exclude_import = {
	.verb = "exclude",
	.sub = "import",
	.operands = "FILE|-",
	.least = 1,
	.most = 1,
	.options =
		TAKES_WRITER | TAKES(OPTION_COMMENT) | TAKES(OPTION_EXPIRES) | TAKES(OPTION_STRICT),
	.summary = "Excludes all that a file has",
	.details =
		"One prefix, address or range FIRST-LAST a line; what follows on the line is\n"
		"ignored, and so are blank lines and those that begin with # or ;. Or a\n"
		"warninglist of the MISP project (JSON) of type cidr, whose name is the comment\n"
		"unless --comment gives one. What is excluded already is renewed: it keeps its\n"
		"comment and never ends earlier. Bad prefixes are named, the others are\n"
		"excluded, and the exit code is 65; with --strict none is.\n",
	.run = run_import,
};
