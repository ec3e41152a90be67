/*
 * operands.c: the prefixes that a verb is given.
 *
 * All of them are read and checked before anything is opened for writing, so that a slow pipe holds
 * nobody up. A million take 48 MB.
 */
#include "operands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"

void operands_release(struct operands *operands)
{
	free(operands->at);
	*operands = (struct operands){0};
}

static void append(struct operands *operands, const struct prefix *prefix, uint64_t line)
{
	if (operands->count == operands->room) {
		operands->room = operands->room ? operands->room * 2 : 64;
		operands->at = must_realloc(operands->at, operands->room * sizeof *operands->at);
	}
	operands->at[operands->count++] = (struct operand){*prefix, line};
}

/* "first-last", both of them addresses. */
static enum status take_range(struct operands *operands, const char *word, uint64_t line)
{
	const char *dash = strchr(word, '-');
	char text[ADDR_TEXT];
	struct prefix first, last, part;

	if ((size_t)(dash - word) >= sizeof text) {
		return fail(ST_DATA, "'%.60s' is no range", word);
	}
	memcpy(text, word, (size_t)(dash - word));
	text[dash - word] = '\0';
	enum status status = prefix_parse(text, &first);

	if (!status) {
		status = prefix_parse(dash + 1, &last);
	}
	if (status) {
		return status;
	}
	if (first.family != last.family || first.len != prefix_bits(first.family) ||
	    last.len != prefix_bits(last.family) || first.addr > last.addr) {
		return fail(ST_DATA, "'%.100s' is no range from an address to a later one", word);
	}
	addr_t at = first.addr;
	bool done = false;

	while (range_next(first.family, &at, last.addr, &done, &part)) {
		append(operands, &part, line);
	}
	return ST_OK;
}

static enum status take(struct operands *operands, const char *word, uint64_t line,
			enum operand_kind kind)
{
	struct prefix prefix;

	if (kind == OPERAND_RANGE && strchr(word, '-')) {
		return take_range(operands, word, line);
	}
	enum status status = prefix_parse(word, &prefix);

	if (!status && kind == OPERAND_LISTING) {
		status = prefix_check_listing(&prefix);
	}
	if (!status) {
		append(operands, &prefix, line);
	}
	return status;
}

void operands_take(struct operands *operands, const char *word, uint64_t line,
		   enum operand_kind kind)
{
	operands->words++;
	if (take(operands, word, line, kind)) {
		bad_line(&operands->bad, line, fail_text());
	}
}

enum status operands_read_fd(struct operands *operands, int fd, enum operand_kind kind)
{
	struct lines lines = lines_of(fd);
	char *line, *word;

	progress_begin("reading", 0);
	while ((line = lines_next(&lines))) {
		if ((word = line_word(line))) {
			operands_take(operands, word, lines.number, kind);
		}
		progress_at(lines.number);
	}
	progress_end();
	lines_release(&lines);
	return lines.status;
}

enum status operands_read(const struct call *call, struct operands *operands,
			  enum operand_kind kind)
{
	for (size_t i = 0; i < call->operand_count; i++) {
		if (strcmp(call->operands[i], "-") == 0) {
			enum status status = operands_read_fd(operands, STDIN_FILENO, kind);

			if (status) {
				return status;
			}
		} else {
			operands_take(operands, call->operands[i], 0, kind);
		}
	}
	return operands_accept(call, operands);
}

enum status operands_accept(const struct call *call, const struct operands *operands)
{
	uint64_t bad = operands->bad.count;

	if (bad > 0 && (call->strict || operands->count == 0)) {
		return fail(ST_DATA, "%" PRIu64 " of %" PRIu64 " bad: nothing was changed", bad,
			    operands->words);
	}
	return ST_OK;
}

enum status operands_verdict(const struct operands *operands)
{
	if (operands->bad.count > 0) {
		return fail(ST_DATA, "%" PRIu64 " of %" PRIu64 " bad: the others are done",
			    operands->bad.count, operands->words);
	}
	return ST_OK;
}
