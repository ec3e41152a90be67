/*
 * cmd_exclude.c: feeder exclude add, remove, import: prefixes that are never served as listed,
 * whatever is claimed (RFC 6471 §3.5).
 *
 *     words, stdin or a file ─▶ operands ─▶ change_exclude() or change_unexclude(), in slices
 *
 * Added and removed by hand, each is a row of the audit; an import is one row.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "log.h"
#include "operands.h"
#include "output.h"
#include "progress.h"
#include "slices.h"

struct excluding {
	const struct call *call;
	bool remove;
	bool import; /* one row in the audit, not one a prefix */
	uint64_t expires;
	struct operands operands;
	uint64_t done;   /* added, or removed */
	uint64_t undone; /* renewed, or not there */
	uint64_t change;
};

static bool exclude_one(struct excluding *e, struct slices *slices, const struct prefix *prefix)
{
	if (e->remove) {
		return change_unexclude(slices->change, prefix);
	}
	return change_exclude(slices->change, prefix, e->call->comment, e->expires);
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
						      .reason = e->call->comment});
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
							  .reason = e->call->comment};
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
	struct excluding e = {.call = call};
	enum status status = call_expires(call, NULL, &e.expires);

	return finish(&e, status ? status : operands_read(call, &e.operands, OPERAND_ANY));
}

static enum status run_remove(struct call *call)
{
	struct excluding e = {.call = call, .remove = true};

	return finish(&e, operands_read(call, &e.operands, OPERAND_ANY));
}

static enum status run_import(struct call *call)
{
	struct excluding e = {.call = call, .import = true};
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
	status = operands_read_fd(&e.operands, fd, OPERAND_RANGE);
	if (!is_stdin) {
		close(fd);
		status = status ? fail(status, "'%s': %s", file, fail_text()) : ST_OK;
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
	.details = "One prefix, address or range FIRST-LAST a line; what follows on the line is\n"
		   "ignored, and so are blank lines and those that begin with # or ;.\n",
	.run = run_import,
};
