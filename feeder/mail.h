/*
 * mail.h: a mail, as far as reports need it: the one part of a wanted type, decoded, and the Date.
 *
 *     bytes ─▶ mail_clean() ─▶ GMime ─▶ a walk over the multiparts ─▶ struct mail
 *
 * Mails come from strangers: what is of a size or a number that no report has is cut off before
 * GMime sees it. A mail inside the mail (message/rfc822: what the report is about, written by the
 * spammer) is never searched.
 */
#ifndef FEEDER_MAIL_H
#define FEEDER_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "prefix.h"
#include "status.h"

/* Most Content-Type fields in a mail: as deep as parts can nest, and GMime recurses into each. */
enum { MAIL_PARTS = 200 };

struct mail {
	struct bytes part; /* the part's content, decoded; lines as the sender ended them */
	uint64_t date;     /* of the Date field; 0: none that can be read */
};

/*
 * Finds the first part of the type "message/feedback-report" or the like. ST_OK: mail_release() it.
 * ST_NO with a text where there is none.
 */
enum status mail_find_part(struct bytes bytes, const char *type, const char *subtype,
			   struct mail *mail);
void mail_release(struct mail *mail);

/* A date as mails write it (RFC 5322 §3.3 and §4.3); 0 where it is none, or before 1970. */
uint64_t mail_date(const char *text);

/* A copy that a parser may have (mail_clean.c), to be freed. */
struct bytes mail_clean(struct bytes mail);

/* --- mail_fields.c ----------------------------------------------------------- */

enum { FIELD_MAX = 998 }; /* octets of an unfolded value; what is longer is cut (RFC 5322 §2.1.1) */

struct field {
	struct bytes name;         /* borrowed */
	char value[FIELD_MAX + 1]; /* unfolded, without blanks around it */
};

/*
 * Takes the next field of a block like a message's header from the front of *block. False at the
 * blank line after it, or at its end. Lines that are no field are skipped.
 */
bool field_next(struct bytes *block, struct field *field);

bool field_is(const struct field *field, const char *name);

/*
 * The address in a field that holds one: "192.0.2.1", "[192.0.2.1]", "[IPv6:2001:db8::1]",
 * "192.0.2.1 (mail.example.org)". ST_DATA where it is none, or more than a host.
 */
enum status field_address(const char *value, struct prefix *host);

#endif
