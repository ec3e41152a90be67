/*
 * config_syntax.c: is this text well formed? Asked before libconfuse 3.3 reads it, because that
 *accepts a section or a comment that is not closed, and 'a = 1  a = 2' and 'soa { }  soa { }' as
 *well.
 *
 *     text ─▶ token_next() ─▶ read_statements() ─▶ struct syntax: text without comments, lines of
 *sections
 *
 * The grammar; which names there are, and of which kind, is left to libconfuse, which has the
 *option table:
 *
 *	statement := NAME '=' value | NAME [item] '{' statement… '}'
 *	value     := item | '{' [item {',' item} [',']] '}'
 *	item      := WORD | "STRING" | 'STRING'
 *
 * What passes here means the same to libconfuse, and a fault is told with the line that it is on.
 */
#include "config_syntax.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config_token.h"

enum {
	DEPTH = 8,  /* of sections in sections; the option table has three levels */
	NAMES = 64, /* remembered in one section; none has as many options, so libconfuse refuses
		       one of these */
	SHOWN = 60, /* octets of a word that are worth repeating in a message */
};

/* A section that is open: its name, and the names given in it. The file itself is the outermost. */
struct level {
	struct word section;
	struct word name[NAMES];
	size_t name_count;
};

struct reading {
	struct scanner scanner;
	struct syntax *syntax;
	struct level level[DEPTH];
	size_t depth;
};

/* For "%.*s". */
static int shown(const struct word *word)
{
	return word->len < SHOWN ? (int)word->len : SHOWN;
}

static bool is_item(enum token token)
{
	return token == TOKEN_WORD || token == TOKEN_STRING;
}

/* Of the last token. */
static enum status unexpected(const struct reading *r, enum token token, const char *wanted)
{
	const struct word *word = &r->scanner.word;

	if (token == TOKEN_BAD) {
		return ST_CONFIG;
	}
	if (token == TOKEN_END) {
		return fail(ST_CONFIG, "%s:%u: the file ends where %s should be", r->scanner.file,
			    word->line, wanted);
	}
	if (token == TOKEN_STRING) {
		/* Which may be a secret. */
		return fail(ST_CONFIG, "%s:%u: a string stands where %s should be", r->scanner.file,
			    word->line, wanted);
	}
	return fail(ST_CONFIG, "%s:%u: '%.*s' stands where %s should be", r->scanner.file,
		    word->line, shown(word), word->text, wanted);
}

/* A name without a title is given once in a section; titles are for libconfuse to compare. */
static enum status remember(struct reading *r, const struct word *name)
{
	struct level *level = &r->level[r->depth];

	for (size_t i = 0; i < level->name_count; i++) {
		const struct word *old = &level->name[i];
		if (old->len == name->len && memcmp(old->text, name->text, name->len) == 0) {
			return fail(ST_CONFIG,
				    "%s:%u: '%.*s' is given twice, line %u has it too: keep one",
				    r->scanner.file, name->line, shown(name), name->text,
				    old->line);
		}
	}
	if (level->name_count < NAMES) {
		level->name[level->name_count++] = *name;
	}
	return ST_OK;
}

static enum status enter(struct reading *r, const struct word *name)
{
	if (r->depth + 1 == DEPTH) {
		return fail(ST_CONFIG, "%s:%u: '%.*s' is a section too deep inside others",
			    r->scanner.file, name->line, shown(name), name->text);
	}
	r->depth++;
	r->level[r->depth].section = *name;
	r->level[r->depth].name_count = 0;
	return ST_OK;
}

static enum status leave(struct reading *r)
{
	struct syntax *syntax = r->syntax;
	size_t count = syntax->section_count;

	if (r->depth == 0) {
		return fail(ST_CONFIG, "%s:%u: '}' closes nothing: no section is open",
			    r->scanner.file, r->scanner.line);
	}
	syntax->section_line = must_realloc(syntax->section_line, (count + 1) * sizeof(unsigned));
	syntax->section_line[count] = r->level[r->depth].section.line;
	syntax->section_count++;
	r->depth--;
	return ST_OK;
}

/* After the '{' of a list. */
static enum status read_list(struct reading *r)
{
	for (;;) {
		enum token item = token_next(&r->scanner);
		if (item == TOKEN_CLOSE) {
			return ST_OK;
		}
		if (!is_item(item)) {
			return unexpected(r, item, "an item of the list or its '}'");
		}
		enum token after = token_next(&r->scanner);
		if (after == TOKEN_CLOSE) {
			return ST_OK;
		}
		if (after != TOKEN_COMMA) {
			return unexpected(r, after, "',' or the '}' of the list");
		}
	}
}

/* After '='. */
static enum status read_value(struct reading *r)
{
	enum token token = token_next(&r->scanner);

	if (token == TOKEN_OPEN) {
		return read_list(r);
	}
	return is_item(token) ? ST_OK : unexpected(r, token, "a value");
}

/* After a name: the rest of its statement, of a section up to its '{'. */
static enum status read_statement(struct reading *r, const struct word *name)
{
	enum token token = token_next(&r->scanner);

	if (token == TOKEN_EQUALS || token == TOKEN_OPEN) {
		enum status status = remember(r, name);
		if (status != ST_OK) {
			return status;
		}
		return token == TOKEN_EQUALS ? read_value(r) : enter(r, name);
	}
	if (!is_item(token)) {
		return unexpected(r, token, "'=' or '{'");
	}
	token = token_next(&r->scanner);
	if (token == TOKEN_OPEN) {
		return enter(r, name);
	}
	if (token == TOKEN_BAD) {
		return ST_CONFIG;
	}
	return fail(ST_CONFIG, "%s:%u: '%.*s' has neither '=' and a value nor a section in { }",
		    r->scanner.file, name->line, shown(name), name->text);
}

static enum status read_statements(struct reading *r)
{
	enum status status = ST_OK;

	while (status == ST_OK) {
		enum token token = token_next(&r->scanner);
		struct word word = r->scanner.word;
		const struct word *section = &r->level[r->depth].section;

		if (token == TOKEN_END && r->depth == 0) {
			return ST_OK;
		}
		if (token == TOKEN_END) {
			status =
				fail(ST_CONFIG,
				     "%s:%u: the section '%.*s' is not closed: a '}' is missing",
				     r->scanner.file, section->line, shown(section), section->text);
		} else if (token == TOKEN_CLOSE) {
			status = leave(r);
		} else if (token == TOKEN_WORD) {
			status = read_statement(r, &word);
		} else {
			status = unexpected(r, token, "the name of an option, without quotes,");
		}
	}
	return status;
}

enum status syntax_read(struct syntax *syntax, const char *text, const char *file)
{
	struct reading *r = must_alloc(sizeof *r);

	*syntax = (struct syntax){.text = must_strdup(text)};
	r->scanner = (struct scanner){.file = file, .at = syntax->text, .line = 1};
	r->syntax = syntax;
	enum status status = read_statements(r);
	free(r);
	return status;
}

void syntax_release(struct syntax *syntax)
{
	if (syntax->text) {
		explicit_bzero(syntax->text, strlen(syntax->text));
	}
	free(syntax->text);
	free(syntax->section_line);
	*syntax = (struct syntax){0};
}
