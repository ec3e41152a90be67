/*
 * mail_address.c: an address is cut down to its last domain; as long as that is the server's own,
 * what stood before it is the next address. Each step makes it shorter.
 *
 *     "t@d"@[I] ─▶ domain [I], local part "t@d" ─▶ unquoted: t@d ─▶ domain d, local part t
 */
#include "mail_address.h"

#include <string.h>
#include <strings.h>

/* An address that is being taken apart, in memory of its own. */
struct path {
	char text[ADDRESS_MAX + 1];
	char domain[ADDRESS_MAX + 1]; /* "": none */
};

/* The position of the first or the last `c` outside quotes; -1 where there is none. */
static long find_unquoted(const char *text, char c, bool last)
{
	bool quoted = false;
	long found = -1;

	for (long i = 0; text[i]; i++) {
		if (text[i] == '\\' && text[i + 1]) {
			i++;
		} else if (text[i] == '"') {
			quoted = !quoted;
		} else if (text[i] == c && !quoted && (last || found < 0)) {
			found = i;
		}
	}
	return found;
}

/* Either array holds whatever is part of an address. They may overlap. */
static void set_text(char text[ADDRESS_MAX + 1], const char *part)
{
	memmove(text, part, strlen(part) + 1);
}

/* False where the address is longer than any. */
static bool path_init(struct path *path, const char *address)
{
	size_t len = strlen(address);

	if (len > 2 && address[0] == '<' && address[len - 1] == '>') {
		address++;
		len -= 2;
	}
	if (len > ADDRESS_MAX) {
		return false;
	}
	memcpy(path->text, address, len);
	path->text[len] = '\0';
	path->domain[0] = '\0';
	return true;
}

/* "@a,@b:" says by which way, which servers ignore (RFC 5321 §4.1.1.3). */
static void drop_route(struct path *path)
{
	if (path->text[0] == '@') {
		long colon = find_unquoted(path->text, ':', false);
		bool in_literal = colon >= 0 && path->text[1] == '[';

		if (in_literal) {
			/* The colons of [IPv6:2001:db8::1] are no end. */
			const char *close = strchr(path->text, ']');
			const char *end = close ? strchr(close, ':') : NULL;
			colon = end ? end - path->text : -1;
		}
		if (colon >= 0) {
			set_text(path->text, path->text + colon + 1);
		}
	}
}

/* Cuts the last domain off. */
static void cut_domain(struct path *path)
{
	drop_route(path);
	long at = find_unquoted(path->text, '@', true);

	path->domain[0] = '\0';
	if (at >= 0) {
		set_text(path->domain, path->text + at + 1);
		path->text[at] = '\0';
	}
}

/* Takes quotes and backslashes out of a local part. False where there are none. */
static bool unquote(struct path *path)
{
	const char *in = path->text;
	char *out = path->text;

	while (*in) {
		if (*in == '"') {
			in++;
			continue;
		}
		in += *in == '\\' && in[1]; /* what it quotes is copied, whatever it is */
		*out++ = *in++;
	}
	*out = '\0';
	return out < in;
}

/* Undoes one spelling of the local part, as the server would. False where it is a plain name. */
static bool undo(struct path *path)
{
	if (unquote(path)) {
		return true;
	}
	char *percent = strrchr(path->text, '%');

	if (percent) {
		*percent = '@';
		return true;
	}
	char *bang = strchr(path->text, '!');

	if (bang) { /* d!t ─▶ t@d */
		size_t host = (size_t)(bang - path->text);
		size_t rest = strlen(bang + 1);
		char next[ADDRESS_MAX + 1];

		memcpy(next, path->text, host);
		memmove(path->text, bang + 1, rest);
		path->text[rest] = '@';
		memcpy(path->text + rest + 1, next, host);
		return true;
	}
	return strchr(path->text, '@') != NULL;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]", and without the brackets, which some servers take. */
static bool is_host(const char *domain, const struct prefix *host)
{
	char text[ADDRESS_MAX + 1];
	struct prefix literal;

	domain += *domain == '[';
	if (strncasecmp(domain, "IPv6:", 5) == 0) {
		domain += 5;
	}
	set_text(text, domain);
	text[strcspn(text, "]")] = '\0';
	return !prefix_parse(text, &literal) && prefix_compare(&literal, host) == 0;
}

static bool same_domain(const char *a, const char *b)
{
	size_t len_a = strlen(a);
	size_t len_b = strlen(b);

	len_a -= len_a > 0 && a[len_a - 1] == '.';
	len_b -= len_b > 0 && b[len_b - 1] == '.';
	return len_a == len_b && strncasecmp(a, b, len_a) == 0;
}

/* No domain is the server's own ; localhost is everybody's own. */
static bool is_own(const struct mail_server *server, const char *domain)
{
	if (!*domain || same_domain(domain, "localhost") || is_host(domain, &server->host)) {
		return true;
	}
	for (size_t i = 0; i < server->name_count; i++) {
		if (same_domain(domain, server->names[i])) {
			return true;
		}
	}
	return false;
}

bool address_ends_at(const struct mail_server *server, const char *address)
{
	struct path path;

	if (!path_init(&path, address)) {
		return true;
	}
	do {
		cut_domain(&path);
		if (!is_own(server, path.domain)) {
			return false;
		}
	} while (undo(&path));
	return true;
}

bool address_begins_at(const struct mail_server *server, const char *address)
{
	struct path path;

	if (!*address || strcmp(address, "<>") == 0) {
		return false; /* bounces come from nobody (RFC 5321 §4.5.5) */
	}
	if (!path_init(&path, address)) {
		return true;
	}
	cut_domain(&path);
	return is_own(server, path.domain);
}
