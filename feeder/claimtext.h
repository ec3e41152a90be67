/*
 * claimtext.h: a claim as people and programs read it.
 *
 *     192.0.2.1	relay	operator	2026-12-21T10:00:00Z	seen in a trap	-
 *     {"prefix":"192.0.2.1","sublist":"relay","source":"operator","reason":"seen in a trap",
 *      "text":null,"created":"…","last_seen":"…","expires":"…"}
 */
#ifndef FEEDER_CLAIMTEXT_H
#define FEEDER_CLAIMTEXT_H

#include <stdbool.h>

#include "claim.h"
#include "json.h"
#include "names.h"

/* A line, columns apart by tabs: prefix, sublist, source, expires ("never"), reason, text. */
void claim_print_line(const struct claim *claim, struct names *names);

/* The members of an object. `public`: without source and reason. */
void claim_print_json(const struct claim *claim, struct names *names, bool public,
		      struct json *json);

#endif
