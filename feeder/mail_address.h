/*
 * mail_address.h: where does an envelope address lead, as one mail server sees it?
 *
 * A server that is asked to relay is addressed in many spellings of "this is for you, and then for
 * t@d": t%d@server, "t@d"@server, @server:t@d, d!t@server. The server undoes them in turn, as long
 * as what is left is addressed to itself, and so does address_ends_at().
 */
#ifndef FEEDER_MAIL_ADDRESS_H
#define FEEDER_MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "prefix.h"

enum { ADDRESS_MAX = 512 }; /* twice the longest path (RFC 5321 §4.5.3.1.3), for all its quoting */

/* One mail server: its address, and the domains whose mail is for itself. Borrowed. */
struct mail_server {
	struct prefix host;
	const char *const *names;
	size_t name_count;
};

/*
 * Whether mail to `address` ends at the server: the domain that is left after undoing is the
 * server's literal or one of its names, or there is none. Brackets around it are optional. At most
 * ADDRESS_MAX octets: what is longer proves nothing, so it ends there.
 */
bool address_ends_at(const struct mail_server *server, const char *address);

/* Whether mail from `address` begins at the server: the same, but nothing is undone. "" and "<>" do
 * not. */
bool address_begins_at(const struct mail_server *server, const char *address);

#endif
