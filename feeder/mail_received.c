/*
 * mail_received.c: through which hosts did a mail come? Each server writes a Received field on top
 * (RFC 5321 §4.4), so they are read downwards from the one that we believe: as long as the host
 * that a field names is in reserved space or a trusted hop, the next field was written by one of
 * its own kind and is believed too. The first other host is the source, and all below it may be
 * invented.
 *
 *     from HELO (NAME [ADDRESS]) by …           RFC 5321, Postfix, sendmail, Courier
 *     from NAME ([ADDRESS] helo=HELO) by …      Exim; from [ADDRESS] (helo=HELO) without a name
 *     from NAME (HELO HELO) (ADDRESS) by …      qmail, Yahoo (EHLO), Zimbra (LHLO)
 *     from NAME (ADDRESS) by …                  Microsoft
 *     from [ADDRESS] by …                       where there is nothing else
 *
 * Only what the server saw itself counts: the address of the connection, in a comment of its own
 * making. What follows HELO is the client's word, and so is the bare word after "from". A field
 * that fits none of these is not guessed at: it ends the search without a source.
 *
 * A mail that has never been in public space has no source, unless the operator lists reserved
 * space (exclude_reserved = false): then it is the last private host.
 */
#include "mail.h"

#include <stdio.h>
#include <strings.h>

#include "exclusion.h"

enum { HOPS = 100 }; /* RFC 5321 §6.3: servers take more for a loop */

/* The from-clause while it is read. */
struct clause {
	struct prefix seen;    /* by the server, in a comment */
	struct prefix literal; /* "[192.0.2.1]" outside of comments */
	bool torn;             /* two addresses in comments, and not the same */
	bool helo_apart;       /* a comment has the HELO: the literal is not it */
	bool local;            /* "[local]": by a socket of the host's own */
	unsigned comments;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The octets of a comment with its parentheses (RFC 5322 §3.2.2); 0: it is not closed. */
static size_t comment_len(const char *at)
{
	unsigned depth = 0;

	for (size_t i = 0; at[i]; i++) {
		if (at[i] == '\\' && at[i + 1]) {
			i++;
		} else if (at[i] == '(') {
			depth++;
		} else if (at[i] == ')' && --depth == 0) {
			return i + 1;
		}
	}
	return 0;
}

static bool word_is(const char *word, size_t len, const char *is)
{
	return strlen(is) == len && strncasecmp(word, is, len) == 0;
}

static bool word_starts(const char *word, size_t len, const char *start)
{
	return len >= strlen(start) && strncasecmp(word, start, strlen(start)) == 0;
}

/* "192.0.2.1", "IPv6:2001:db8::1", "fe80::1%eth0": all of it, or it is no address. */
static bool parse_address(const char *text, size_t len, struct prefix *host)
{
	char address[ADDR_TEXT];

	if (word_starts(text, len, "IPv6:")) {
		text += 5;
		len -= 5;
	}
	const char *scope = memchr(text, '%', len);

	len = scope ? (size_t)(scope - text) : len;
	if (len == 0 || len >= sizeof address || memchr(text, '/', len)) {
		return false;
	}
	memcpy(address, text, len);
	address[len] = '\0';
	return !prefix_parse(address, host);
}

/* "[192.0.2.1]", "[192.0.2.1]:25", "[192.0.2.1:25]", and a colon or comma after it. */
static bool parse_literal(const char *word, size_t len, struct prefix *host)
{
	const char *close = memchr(word, ']', len);

	if (*word != '[' || !close) {
		return false;
	}
	const char *after = close + 1;
	size_t inside = (size_t)(close - word) - 1;
	const char *colon = memchr(word + 1, ':', inside);
	size_t left = len - (size_t)(after - word);

	if (left > 0 && strspn(after, ":,0123456789") < left) {
		return false;
	}
	if (parse_address(word + 1, inside, host)) {
		return true;
	}
	return colon && strspn(colon + 1, "0123456789") >= inside - (size_t)(colon - word) &&
	       parse_address(word + 1, (size_t)(colon - word) - 1, host);
}

static void see(struct clause *clause, const struct prefix *host)
{
	if (clause->seen.family && prefix_compare(&clause->seen, host) != 0) {
		clause->torn = true;
	}
	clause->seen = *host;
}

/* The inside of a comment. From a word that has the client's say in it on, nothing is looked at. */
static void read_comment(struct clause *clause, const char *text, size_t len)
{
	const char *end = text + len;
	unsigned words = 0;

	clause->comments++;
	while (text < end) {
		const char *word = text;

		while (text < end && !is_blank(*text)) {
			text++;
		}
		size_t octets = (size_t)(text - word);
		const char *at = memrchr(word, '@', octets);
		struct prefix host;

		if (word_is(word, octets, "HELO") || word_is(word, octets, "EHLO") ||
		    word_is(word, octets, "LHLO") || word_starts(word, octets, "helo=") ||
		    word_starts(word, octets, "ehlo=") || word_starts(word, octets, "ident=") ||
		    word_is(word, octets, "account")) {
			clause->helo_apart = true;
			return;
		}
		clause->local |= word_is(word, octets, "[local]");
		if (word_starts(word, octets, "port=")) {
			clause->helo_apart = true; /* Exim */
		} else if (octets > 0 && parse_literal(word, octets, &host)) {
			see(clause, &host);
		} else if (words == 0 && text == end) {
			/* Alone in its comment, maybe after who the client says he is (RFC 1413).
			 */
			const char *alone = at ? at + 1 : word;

			if (parse_address(alone, (size_t)(end - alone), &host) ||
			    (alone < end && parse_literal(alone, (size_t)(end - alone), &host))) {
				see(clause, &host);
			}
		}
		words++;
		while (text < end && is_blank(*text)) {
			text++;
		}
	}
}

/* Reads on to the word "by" or the date. NULL where a comment has no end. The first word is the
 * client's where it is bare, even if it is "by". */
static const char *read_clause(struct clause *clause, const char *at)
{
	at += strspn(at, " \t");
	if (*at != '[') {
		at += strcspn(at, " \t(;");
	}
	while (*at && *at != ';') {
		if (*at == '(') {
			size_t len = comment_len(at);

			if (len == 0) {
				return NULL;
			}
			read_comment(clause, at + 1, len - 2);
			at += len;
			continue;
		}
		size_t len = strcspn(at, " \t(;");

		if (word_is(at, len, "by")) {
			break;
		}
		if (len > 0 && clause->comments == 0 && !clause->literal.family) {
			parse_literal(at, len, &clause->literal);
		}
		at += len > 0 ? len : 1;
	}
	return at;
}

/*
 * How it was passed on after "by": is it from one program of a host to another, or to a mailbox?
 * The first "with" says it. What follows an "id" or a "for" is no longer the server's alone: it has
 * the envelope's addresses, in which a client may write what it likes.
 */
static bool is_inner(const char *at)
{
	static const char *const ways[] = {"local", "lmtp",  "lmtps", "lmtpa", "lmtpsa",
					   "pop3",  "pop3s", "imap",  "imaps"};
	bool with = false;

	while (*at && *at != ';') {
		if (*at == '(') {
			size_t len = comment_len(at);

			at += len ? len : strlen(at);
			continue;
		}
		size_t len = strcspn(at, " \t(;");

		if (len == 0) {
			at++;
			continue;
		}
		for (size_t i = 0; with && i < sizeof ways / sizeof *ways; i++) {
			if (word_is(at, len, ways[i])) {
				return true;
			}
		}
		if (with) {
			/* Exim, as an operator may have named it */
			return word_starts(at, len, "local-");
		}
		if (word_is(at, len, "id") || word_is(at, len, "for")) {
			return false;
		}
		with = word_is(at, len, "with");
		at += len;
	}
	return false;
}

enum status received_host(const char *value, struct prefix *host)
{
	struct clause clause = {.comments = 0};
	const char *at = value;
	bool remark = false; /* "(qmail 1 invoked by uid 2)", sendmail's "(from user@localhost)" */

	while (*at == '(' || is_blank(*at)) {
		size_t len = *at == '(' ? comment_len(at) : 1;

		if (len == 0) {
			return fail(ST_DATA, "a comment is not closed");
		}
		remark |= *at == '(';
		at += len;
	}
	size_t len = strcspn(at, " \t(;");

	if (word_is(at, len, "by") || (remark && !word_is(at, len, "from"))) {
		return ST_NO;
	}
	if (!word_is(at, len, "from")) {
		return fail(ST_DATA, "neither from nor by");
	}
	at = read_clause(&clause, at + len);
	if (at && (is_inner(at) || (clause.local && !clause.seen.family))) {
		return ST_NO;
	}
	if (!at || clause.torn) {
		return fail(ST_DATA, "it is not sure from where");
	}
	if (clause.seen.family) {
		*host = clause.seen;
		return ST_OK;
	}
	if (clause.literal.family && (clause.comments == 0 || clause.helo_apart)) {
		*host = clause.literal;
		return ST_OK;
	}
	return fail(ST_DATA, "no address that the server has seen");
}

/* What follows the last semicolon outside of comments. */
static uint64_t received_date(const char *value)
{
	const char *date = NULL;

	for (const char *at = value; *at; at++) {
		if (*at == '(') {
			size_t len = comment_len(at);

			if (len == 0) {
				break; /* whatever follows is within it */
			}
			at += len - 1;
		} else if (*at == ';') {
			date = at + 1;
		}
	}
	return date ? mail_date(date) : 0;
}

static bool is_reserved(const struct prefix *host)
{
	for (size_t i = 0; reserved_space[i]; i++) {
		struct prefix reserved;

		if (!prefix_parse(reserved_space[i], &reserved) && prefix_covers(&reserved, host)) {
			return true;
		}
	}
	return false;
}

static bool is_trusted(const struct prefix *host, const struct config *config)
{
	for (size_t i = 0; i < config->trusted_hop_count; i++) {
		if (prefix_covers(&config->trusted_hops[i], host)) {
			return true;
		}
	}
	return false;
}

static bool is_loopback(const struct prefix *host)
{
	return host->family == 4 ? host->addr >> 24 == 127 : host->addr == 1;
}

struct mail_hop mail_source(struct bytes header, const struct config *config)
{
	struct mail_hop hop = {.date = 0};
	struct prefix private = {0};
	struct field field;
	unsigned hops = 0;

	while (hops < HOPS && field_next(&header, &field)) {
		if (!field_is(&field, "Received")) {
			continue;
		}
		struct prefix host;
		enum status status = received_host(field.value, &host);
		uint64_t date = received_date(field.value);

		hops++;
		hop.date = date ? date : hop.date;
		if (status == ST_DATA) {
			return hop;
		}
		if (!status && is_reserved(&host)) {
			private = is_loopback(&host) ? private : host;
		} else if (!status && !is_trusted(&host, config)) {
			hop.host = host;
			return hop;
		}
	}
	if (!config->exclude_reserved) {
		hop.host = private;
	}
	return hop;
}
