/*
 * mail_auth.c: whose mail is it? Our own server has checked DKIM, SPF and DMARC and wrote down what
 * it found, in an Authentication-Results field (RFC 8601 §2.2):
 *
 *     authserv-id [version] *( ";" method ["/" version] "=" result
 *                              ["reason=" value] *( ptype "." property "=" value ) )
 *
 * Everybody can write such a field. Ours is the first one with our authserv-id, and it stands on
 * top: above our server's Received field, or, as milters add it, just below that among the fields
 * that servers put on top. What the sender wrote begins there too, so where our server writes no
 * such field, a sender's in its name stands in the same place and CANNOT be told from ours: the
 * server has to remove or rename what comes in with its own authserv-id (RFC 8601 §5;
 * dnsbld.conf(5) says so). If the field is not of the grammar, none of it is believed: half a field
 * may be somebody's trick.
 */
#include "mail.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

/* Of all that a method may find, this names a domain that it has proved. */
static const struct {
	const char *method, *property;
} proofs[] = {
	{"dkim", "header.d"},
	{"spf", "smtp.mailfrom"},
	{"dmarc", "header.from"},
};

/* Reads a field; sticky: past the first fault everything is empty. */
struct cursor {
	const char *at;
	bool bad;
};

/* Comments, folded blanks (RFC 5322 §3.2.2). */
static void skip(struct cursor *c)
{
	unsigned depth = 0;

	for (; *c->at; c->at++) {
		if (*c->at == '(') {
			depth++;
		} else if (*c->at == ')' && depth > 0) {
			depth--;
		} else if (*c->at == '\\' && depth > 0 && c->at[1]) {
			c->at++;
		} else if (depth == 0 && *c->at != ' ' && *c->at != '\t') {
			break;
		}
	}
	c->bad |= depth > 0;
}

/* Whether the next octet, past comments, is `octet`; takes it. */
static bool take(struct cursor *c, char octet)
{
	skip(c);
	if (c->bad || *c->at != octet) {
		return false;
	}
	c->at++;
	return true;
}

/*
 * A run of octets up to one of `ends`, a blank or a comment; quoted strings in it lose their quotes
 * and end at nothing but theirs. Bad where it is empty.
 */
static void take_word(struct cursor *c, const char *ends, char word[FIELD_MAX + 1])
{
	size_t len = 0;
	bool quoted = false, any = false;

	skip(c);
	for (; *c->at && !c->bad; c->at++) {
		if (*c->at == '"') {
			quoted = !quoted;
			any = true;
			continue;
		}
		if (!quoted && (strchr(" \t();", *c->at) || strchr(ends, *c->at))) {
			break;
		}
		if (*c->at == '\\' && quoted && c->at[1]) {
			c->at++;
		}
		word[len++] = *c->at;
	}
	word[len] = '\0';
	c->bad |= quoted || (len == 0 && !any);
}

/* Adds a domain, in lower case, unless it is there already or none. */
static void add_domain(char *domains, size_t room, const char *value)
{
	const char *at = strrchr(value, '@');
	const char *from = at ? at + 1 : value;
	char domain[FIELD_MAX + 1];
	size_t len = strlen(from), used = strlen(domains);

	len -= len > 0 && from[len - 1] == '.';
	for (size_t i = 0; i < len; i++) {
		char c = (char)tolower((unsigned char)from[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !strchr("-._", c)) {
			return;
		}
		domain[i] = c;
	}
	domain[len] = '\0';
	for (const char *one = domains; *one; one += strcspn(one, " "), one += *one == ' ') {
		if (strcspn(one, " ") == len && memcmp(one, domain, len) == 0) {
			return;
		}
	}
	if (len > 0 && used + 1 + len < room) {
		snprintf(domains + used, room - used, "%s%s", used ? " " : "", domain);
	}
}

/* One method's result, after its semicolon. */
static void read_result(struct cursor *c, char *domains, size_t room)
{
	char method[FIELD_MAX + 1], result[FIELD_MAX + 1], name[FIELD_MAX + 1],
		value[FIELD_MAX + 1];

	take_word(c, "=/", method);
	if (take(c, '/')) {
		take_word(c, "=", value);
	}
	if (!take(c, '=')) {
		c->bad |= strcasecmp(method, "none") != 0; /* "; none": nothing was checked */
		return;
	}
	take_word(c, "", result);
	for (skip(c); !c->bad && *c->at && *c->at != ';'; skip(c)) {
		/* "header.d", in which blanks and comments may stand around the point. */
		take_word(c, "=.", name);
		size_t len = strlen(name);

		if (take(c, '.')) {
			take_word(c, "=", value);
			if (len + 1 + strlen(value) > FIELD_MAX) {
				c->bad = true;
				return;
			}
			name[len] = '.';
			memcpy(name + len + 1, value, strlen(value) + 1);
		}
		c->bad |= !take(c, '=');
		if (!c->bad) {
			take_word(c, "", value);
		}
		for (size_t i = 0; !c->bad && i < sizeof proofs / sizeof *proofs; i++) {
			if (strcasecmp(method, proofs[i].method) == 0 &&
			    strcasecmp(result, "pass") == 0 &&
			    strcasecmp(name, proofs[i].property) == 0) {
				add_domain(domains, room, value);
			}
		}
	}
}

/* False where the field is another server's. */
static bool read_field(const char *text, const char *authserv_id, char *domains, size_t room)
{
	char whole[FIELD_MAX + 1], word[FIELD_MAX + 1];
	struct cursor c = {whole, false};

	domains[0] = '\0';
	snprintf(whole, sizeof whole, "%s", text);
	if (strlen(whole) == FIELD_MAX) {
		/* It was cut: who knows what its last result was. */
		char *last = strrchr(whole, ';');

		*(last ? last : whole) = '\0';
	}
	take_word(&c, "", word);
	if (c.bad || strcasecmp(word, authserv_id) != 0) {
		return false;
	}
	skip(&c);
	if (*c.at >= '0' && *c.at <= '9') {
		take_word(&c, "", word); /* the version of the grammar; there is one */
		c.bad |= strcmp(word, "1") != 0;
	}
	while (take(&c, ';')) {
		skip(&c);
		if (*c.at) {
			read_result(&c, domains, room);
		}
	}
	if (c.bad || *c.at) {
		domains[0] = '\0';
	}
	return true;
}

/* A field that servers and their filters put on top of a mail; the author's come below. */
static bool is_trace(const struct field *field)
{
	static const char *const names[] = {"Authentication-Results", "Received-SPF", "Return-Path",
					    "Delivered-To"};
	static const char *const families[] = {"ARC-", "DKIM-", "X-"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (field_is(field, names[i])) {
			return true;
		}
	}
	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		size_t len = strlen(families[i]);

		if (field->name.len > len &&
		    strncasecmp((const char *)field->name.data, families[i], len) == 0) {
			return true;
		}
	}
	return false;
}

void mail_domains(struct bytes header, const struct config *config, char *domains, size_t room)
{
	struct field field;
	bool received = false;

	domains[0] = '\0';
	while (config->authserv_id && field_next(&header, &field)) {
		if (received && !is_trace(&field)) {
			return; /* a second Received is none of these either */
		}
		received |= field_is(&field, "Received");
		if (field_is(&field, "Authentication-Results") &&
		    read_field(field.value, config->authserv_id, domains, room)) {
			return;
		}
	}
}
