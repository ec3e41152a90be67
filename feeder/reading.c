/*
 * reading.c: inputs to items.
 */
#include "reading.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "log.h"
#include "report_reader.h"
#include "reporters.h"

/* The `number`th report of the file. */
static void name_fault(struct reading *r, size_t number, const char *fault)
{
	r->bad++;
	r->named++;
	if (r->named > BAD_NAMED) {
		return;
	}
	if (r->named == BAD_NAMED) {
		log_error("%s: report %zu: %s; more are not named", r->file, number, fault);
	} else if (number > 1) {
		log_error("%s: report %zu: %s", r->file, number, fault);
	} else {
		log_error("%s: %s", r->file, fault);
	}
}

static bool is_strangers(const struct reading *r, const struct report *report)
{
	const struct config *config = r->rules.config;
	const char *name = reporter_of_delivery(config, r->call->reporter, report);

	return !config_reporter(config, bytes_str(name));
}

/*
 * False where a stranger has said enough. The last of his is then that there is more, which a
 * person may read from the body.
 */
static bool has_room(struct reading *r, const struct report *report, struct bytes body)
{
	struct report rest = {.disposition = DISPOSITION_UNRECOGNISED, .incidents = 1};

	if (!r->strangers_most || !is_strangers(r, report)) {
		return true;
	}
	if (++r->strangers <= r->strangers_most) {
		return true;
	}
	if (r->strangers == r->strangers_most + 1) {
		snprintf(rest.note, sizeof rest.note,
			 "more than %zu reports by no reporter of the config: the rest is not read",
			 r->strangers_most);
		items_add(&r->items, &rest, body, r->file);
		name_fault(r, r->items.count - r->first, rest.note);
		r->kept++;
	}
	return false;
}

/* What is bad is kept as it is, once a body, for a person and for --retry; not so where the format
 * was asked for by name: then it is something else. */
static void keep_bad(struct reading *r, struct item *item)
{
	if (r->wanted == FORMAT_UNKNOWN && item->report.disposition == 0 &&
	    r->kept_bad != item->body.data && report_skip_blank(item->body).len > 0) {
		item->report.disposition = DISPOSITION_UNRECOGNISED;
		r->kept_bad = item->body.data;
	}
}

static void take(void *context, const struct report *report, struct bytes body, const char *fault)
{
	struct reading *r = context;

	if (!has_room(r, report, body)) {
		return;
	}
	struct item *item = items_add(&r->items, report, body, r->file);

	if (fault) {
		name_fault(r, r->items.count - r->first, fault);
		keep_bad(r, item);
	}
	r->kept += item->report.disposition != 0;
}

/* All of a descriptor, or as much as shows that it is too large. NULL where reading failed. */
static uint8_t *read_all(int fd, size_t *len)
{
	uint8_t *text = NULL;
	size_t room = 0;
	ssize_t got = 1;

	for (*len = 0; got != 0 && *len <= REPORT_MAX; *len += (size_t)got) {
		if (room - *len < BUFSIZ) {
			room = room ? room * 2 : 16 * BUFSIZ;
			text = must_realloc(text, room);
		}
		do {
			got = read(fd, text + *len, room - *len);
		} while (got < 0 && errno == EINTR);
		if (got < 0) {
			free(text);
			return NULL;
		}
	}
	/* Of ten thousand small files, no more than they have. */
	return must_realloc(text, *len + 1);
}

/* What stands after the last slash. */
static const char *base_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

enum status reading_open(struct reading *r, const struct call *call)
{
	*r = (struct reading){
		.call = call,
		.rules = {.now = call->now, .config = call->config},
	};
	return sandbox_open(&r->sandbox, &r->rules);
}

enum status reading_file(struct reading *r, const char *file, enum report_format format)
{
	bool standard = strcmp(file, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	uint8_t *text = fd < 0 ? NULL : read_all(fd, &len);

	enum status status = ST_OK;

	r->file = file;
	if (!text) {
		log_error("unable to read '%s': %s", file, strerror(errno));
		r->unread++;
	} else {
		r->first = r->items.count;
		r->named = 0;
		r->strangers = 0;
		r->wanted = format;
		r->texts = must_realloc(r->texts, (r->text_count + 1) * sizeof *r->texts);
		r->texts[r->text_count++] = text;
		status = sandbox_read(r->sandbox, bytes_of(text, len), format, base_name(file),
				      take, r);
	}
	if (fd >= 0 && !standard) {
		close(fd);
	}
	return status;
}

void reading_release(struct reading *r)
{
	sandbox_close(r->sandbox);
	items_release(&r->items);
	for (size_t i = 0; i < r->text_count; i++) {
		free(r->texts[i]);
	}
	free(r->texts);
	*r = (struct reading){0};
}
