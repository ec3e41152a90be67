/*
 * mail.h: a mail, as far as reports need it: its header, its Date and its parts, decoded.
 *
 *     bytes ─▶ mail_clean() ─▶ GMime ─▶ a walk over the multiparts ─▶ struct mail
 *
 * Mails come from strangers: what is of a size or a number that no report has is cut off before
 * GMime sees it. A mail inside the mail (message/rfc822: what the report is about, written by the
 * spammer) is one part, of which there is the header alone; its own parts are never searched.
 */
#ifndef FEEDER_MAIL_H
#define FEEDER_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "config.h"
#include "prefix.h"
#include "status.h"

/* Most Content-Type fields in a mail: as deep as parts can nest, and GMime recurses into each. */
enum { MAIL_PARTS = 200, MAIL_WORD = 96 };

struct mail_part {
	char type[MAIL_WORD]; /* "message/feedback-report", in lower case */
	char name[MAIL_WORD]; /* the file's; "" where it has none */
	struct bytes content; /* decoded; lines end with LF or CRLF, never with CR alone */
	bool enclosed;        /* the mail that the report is about; content is its header */
};

struct mail {
	struct bytes header;     /* fields, to the first blank line */
	uint64_t date;           /* of the Date field; 0: none that can be read */
	struct mail_part *parts; /* all that are no multiparts, in their order */
	size_t part_count;
	bool cut;          /* some of what follows the header is not read: it is too much */
	struct bytes text; /* what the header lies in */
};

/* ST_OK: mail_release() it. ST_NO with a text where it is no mail. */
enum status mail_open(struct mail *mail, struct bytes bytes);
void mail_release(struct mail *mail);

/* The first part of the type "message/feedback-report" or the like; NULL. Borrowed. */
const struct mail_part *mail_find(const struct mail *mail, const char *type);

/* The mail that it is about; NULL. Borrowed. */
const struct mail_part *mail_enclosed(const struct mail *mail);

/* A copy that a parser may have (mail_clean.c), to be freed. *cut: more than the header was cut. */
struct bytes mail_clean(struct bytes mail, bool *cut);

/*
 * A date as mails write it (RFC 5322 §3.3 and §4.3), as C's asctime() does and as RFC 3339 says; 0
 * where it is none, or before 1970 (mail_date.c).
 */
uint64_t mail_date(const char *text);

/* --- mail_fields.c ----------------------------------------------------------- */

enum { FIELD_MAX = 998 }; /* octets of an unfolded value; what is longer is cut (RFC 5322 §2.1.1) */

struct field {
	struct bytes name;         /* borrowed */
	char value[FIELD_MAX + 1]; /* unfolded, without blanks around it */
};

/*
 * Takes the next field of a block like a message's header from the front of *block. False at the
 * blank line after it, which is taken too, or at its end. Lines that are no field are skipped.
 */
bool field_next(struct bytes *block, struct field *field);

bool field_is(const struct field *field, const char *name);

/* The first of the name; false where there is none. */
bool field_find(struct bytes block, const char *name, struct field *field);

/* Takes quotes around the whole value off, as YAML has them. */
void field_unquote(struct field *field);

/*
 * The address in a field that holds one: "192.0.2.1", "[192.0.2.1]", "[IPv6:2001:db8::1]",
 * "192.0.2.1 (mail.example.org)", each with ":25" or not. ST_DATA where it is none, or more than a
 * host.
 */
enum status field_address(const char *value, struct prefix *host);

/* The domain of the mail address in a From field and its like, in lower case; "" for none. */
void field_domain(const char *value, char domain[MAIL_WORD]);

/* --- mail_received.c --------------------------------------------------------- */

/* Where a mail came from, as those whom we trust have written. */
struct mail_hop {
	struct prefix host; /* family 0: none that is sure */
	uint64_t date;      /* of the field that says so; else of the last one read; 0: none */
};

/*
 * Reads the Received fields of a mail's header, newest first: the first host that is neither in
 * reserved space nor a trusted hop. Below it strangers have written. Where a field above it cannot
 * be understood, there is no host. With exclude_reserved = false, the last private host where all
 * are private.
 */
struct mail_hop mail_source(struct bytes header, const struct config *config);

/* The host that the writer of one Received field has seen. ST_NO: none, the mail was his own or
 * went from one of his programs to another. ST_DATA with a text: it cannot be understood. */
enum status received_host(const char *value, struct prefix *host);

/* --- mail_auth.c ------------------------------------------------------------- */

/*
 * Whose mail it is, as our own server has found (RFC 8601): lower-case domains, by blanks, at most
 * `room` octets with the NUL; "" for none. What others say of it is not believed.
 */
void mail_domains(struct bytes header, const struct config *config, char *domains, size_t room);

#endif
