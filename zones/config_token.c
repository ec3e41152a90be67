/*
 * config_token.c: the text of a config file into tokens. Comments are blanked on the way, in place
 * and with their lines kept, since libconfuse 3.3 counts lines wrongly after one.
 *
 * A string ends on its line, so that a forgotten quote is found where it is missing. Outside
 * strings stands only what needs none: libconfuse would skip the rest, put the environment in the
 * place of ${X}, and read 'zone=x|ttl' as the option of another section.
 */
#include "config_token.h"

#include <stdbool.h>
#include <string.h>

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* Moves past spaces and comments. False, having failed, where a comment has no end. */
static bool skip_blanks(struct scanner *s)
{
	for (;;) {
		if (*s->at == '\n') {
			s->line++;
			s->at++;
		} else if (*s->at == ' ' || *s->at == '\t' || *s->at == '\r') {
			s->at++;
		} else if (*s->at == '#' || (s->at[0] == '/' && s->at[1] == '/')) {
			while (*s->at && *s->at != '\n') {
				*s->at++ = ' ';
			}
		} else if (s->at[0] == '/' && s->at[1] == '*') {
			char *end = strstr(s->at + 2, "*/");
			if (!end) {
				fail(ST_CONFIG, "%s:%u: the comment that begins here has no '*/'",
				     s->file, s->line);
				return false;
			}
			for (; s->at < end + 2; s->at++) {
				if (*s->at == '\n') {
					s->line++;
				} else {
					*s->at = ' ';
				}
			}
		} else {
			return true;
		}
	}
}

/* A string ends on its line; in it a backslash stands before a backslash or its quote, only. */
static enum token read_string(struct scanner *s)
{
	char quote = *s->at;
	const char *start = ++s->at;

	for (; *s->at != quote; s->at++) {
		if (*s->at == '\0' || *s->at == '\n') {
			fail(ST_CONFIG, "%s:%u: a string has no closing %c on its line", s->file,
			     s->line, quote);
			return TOKEN_BAD;
		}
		if (is_control(*s->at)) {
			fail(ST_CONFIG, "%s:%u: a string holds the control character 0x%02x",
			     s->file, s->line, (unsigned)*s->at);
			return TOKEN_BAD;
		}
		if (quote == '"' && s->at[0] == '$' && s->at[1] == '{') {
			fail(ST_CONFIG,
			     "%s:%u: '${' is not expanded; to mean it, use single quotes", s->file,
			     s->line);
			return TOKEN_BAD;
		}
		if (*s->at == '\\') {
			s->at++;
			if (*s->at != '\\' && *s->at != quote) {
				fail(ST_CONFIG, "%s:%u: unknown escape: there are \\\\ and \\%c",
				     s->file, s->line, quote);
				return TOKEN_BAD;
			}
		}
	}
	s->word = (struct word){start, (size_t)(s->at - start), s->line};
	s->at++;
	return TOKEN_STRING;
}

/* What may stand in a word without quotes: enough for numbers, names, addresses and paths. */
static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_-.:/%@[]", c));
}

enum token token_next(struct scanner *s)
{
	if (!skip_blanks(s)) {
		return TOKEN_BAD;
	}
	s->word = (struct word){s->at, 1, s->line};
	switch (*s->at) {
	case '\0':
		return TOKEN_END;
	case '=':
	case '{':
	case '}':
	case ',':
		return (enum token)(*s->at++);
	case '"':
	case '\'':
		return read_string(s);
	default:
		break;
	}
	if (!is_word(*s->at)) {
		if (is_control(*s->at) || (unsigned char)*s->at > '~') {
			fail(ST_CONFIG, "%s:%u: the octet 0x%02x stands outside quotes", s->file,
			     s->line, (unsigned char)*s->at);
		} else {
			fail(ST_CONFIG, "%s:%u: '%c' stands outside quotes", s->file, s->line,
			     *s->at);
		}
		return TOKEN_BAD;
	}
	while (is_word(*s->at)) {
		s->at++;
	}
	s->word.len = (size_t)(s->at - s->word.text);
	return TOKEN_WORD;
}
