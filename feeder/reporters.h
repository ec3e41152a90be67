/*
 * reporters.h: who reports. In the database a reporter is a number; what he is worth, the config
 * says each time anew.
 *
 *     reporters: 'n' name -> number(4), 'r' number(4) -> name
 */
#ifndef FEEDER_REPORTERS_H
#define FEEDER_REPORTERS_H

#include <stdint.h>

#include "evidence.h"

/* All who do not say who they are, are one: what anybody may claim to be counts once. */
#define REPORTER_ANONYMOUS "anonymous"

/* A reporter's number, made now where there is none. 0 on an error of the transaction. */
uint32_t reporter_number(struct txn *txn, const char *name);

/* For a trial, which makes none: the number that he has, else one that nobody has. */
uint32_t reporter_try(struct txn *txn, const struct config *config, const char *name);

/* The name of a number; borrowed from the transaction. Empty where there is none. */
struct bytes reporter_name(struct txn *txn, uint32_t number);

/*
 * Whose report it is. `given` (--reporter: a name, or the mailbox address of a reporter in the
 * config) where it is not NULL; else the reporter of the config, to whom one of the domains belongs
 * that our own mail server authenticated; else anonymous. Borrowed from all three.
 */
const char *reporter_of(const struct config *config, const char *given,
			const struct report *report);

/*
 * The same of a mail that strangers can send: whoever mails chooses the mailbox. So where the
 * reporter has domains, one of them must be the sender's, else it is anonymous.
 */
const char *reporter_of_delivery(const struct config *config, const char *given,
				 const struct report *report);

/* Sets what the config says of e->reporter. Whoever has no section is trusted as 1.0. */
void reporter_judge(struct txn *txn, const struct config *config, struct evidence *e);
void reporter_judge_name(const struct config *config, struct bytes name, struct evidence *e);

#endif
