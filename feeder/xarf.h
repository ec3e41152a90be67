/*
 * xarf.h: what XARF 3 and XARF 4 have in common: types of abuse, and the time of the event.
 */
#ifndef FEEDER_XARF_H
#define FEEDER_XARF_H

#include "report.h"

/*
 * One type of abuse and what it means here. A type that is no mail server's business (a page, a
 * scan, somebody's copyright) is ignored: the address stays known, and is not counted.
 */
struct xarf_type {
	const char *area; /* XARF 4's category; NULL: a type of XARF 3 alone */
	const char *name;
	enum category category;
	bool evidence;
};

/* NULL where XARF 4 has no such type in that category. */
const struct xarf_type *xarf4_type(const char *area, const char *name);

/* The same for XARF 3, where it is LoginAttack, Login-Attack and login_attack. */
const struct xarf_type *xarf3_type(const char *name);

/* A member's time that members_check() has passed. ST_DATA where it is in the future. */
enum status xarf_time(const char *name, const char *text, uint64_t now, uint64_t *time);

/*
 * Says what the type means, and so concludes: a report without an address, or that nobody is sure
 * of, is ignored.
 */
void xarf_conclude(struct report *report, const struct xarf_type *type);

#endif
