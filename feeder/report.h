/*
 * report.h: what one report says about an address, whatever format it came in.
 *
 *     bytes ─▶ reports_read()  which format is it? ─▶ arf_read(), relaytest_read()
 *                   └─▶ the sink, once a report: struct report and its own bytes, or its fault
 *
 * 1. Everything here is a function of the bytes and of the time: no store, no clock, no file.
 * 2. A report says what its reporter says. Whether it is true, and whether it lists anything, is
 *    decided later, by policy.c.
 * 3. The numbers of the enums are on disk (evidence.c): new ones go to the end, none is used twice.
 */
#ifndef FEEDER_REPORT_H
#define FEEDER_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "prefix.h"
#include "status.h"

enum {
	REPORT_MAX = 16 << 20,   /* octets of one input: mail servers carry little more */
	REPORTS_MAX = 100000,    /* in one input: more of the smallest than it has room for */
	REPORT_HASH = 32,        /* a SHA-256 */
	REPORT_FUTURE_S = 86400, /* a date this far ahead is a clock or a zone gone wrong */
};

enum report_format {
	FORMAT_UNKNOWN = 0,
	FORMAT_ARF = 1,       /* RFC 5965 */
	FORMAT_RELAYTEST = 2, /* ours, JSON */
};

enum report_category {
	CATEGORY_NONE = 0, /* of a report that nobody could read */
	CATEGORY_SPAM = 1,
	CATEGORY_FRAUD = 2,
	CATEGORY_VIRUS = 3,
	CATEGORY_RELAY = 4,
	CATEGORY_OTHER = 5,
	CATEGORY_NOT_SPAM = 6,
	CATEGORY_AUTH_FAILURE = 7,
};

/* Where the address was found. */
enum report_via {
	VIA_NONE = 0,
	VIA_FIELD = 1, /* a field that is meant for it */
};

enum report_disposition {
	DISPOSITION_EVIDENCE = 1,     /* speaks for a listing */
	DISPOSITION_NEGATIVE = 2,     /* speaks against one */
	DISPOSITION_IGNORED = 3,      /* proves nothing; kept, never counted */
	DISPOSITION_REVIEW = 4,       /* names no address: for a human */
	DISPOSITION_UNRECOGNISED = 5, /* of no known format */
	/* What the database adds to it; never on disk. */
	DISPOSITION_EXCLUDED = 6,  /* an exclusion covers the address */
	DISPOSITION_DUPLICATE = 7, /* the same bytes by the same reporter are there already */
};

struct report {
	enum report_format format;
	enum report_category category;
	enum report_disposition disposition;
	enum report_via via;
	struct prefix source; /* a host; family 0: the report names none */
	uint64_t observed;    /* when it happened, seconds since 1970; 0: the report does not say */
	uint32_t incidents;   /* how many like it the reporter had (RFC 5965 §3.2), at least 1 */
	uint8_t confidence;   /* per cent: how sure it is that the source did this */
	bool proof;           /* a relay test's message came back */
};

/*
 * Told of each report: what it says and the bytes it was read from, borrowed for the call. `fault`
 * is NULL, or says what is wrong with a bad report, of which only the format is good then.
 */
typedef void report_sink(void *context, const struct report *report, struct bytes body,
			 const char *fault);

/*
 * Reads all the reports that `input` holds. FORMAT_UNKNOWN: by content, and what is of no known
 * format is a report too (DISPOSITION_UNRECOGNISED). Another format: all else is bad. Input without
 * any report (empty, blank, over REPORT_MAX) is one bad report.
 */
void reports_read(struct bytes input, enum report_format format, uint64_t now, report_sink *sink,
		  void *context);

/* FORMAT_UNKNOWN where there is none of this name. */
enum report_format report_format_named(const char *name);

/* The words of DESIGN and of `ingest --json`; NULL for what has none. */
const char *report_format_name(enum report_format format);
const char *report_category_name(enum report_category category);
const char *report_via_name(enum report_via via);
const char *report_disposition_name(enum report_disposition disposition);

void report_hash(struct bytes body, uint8_t hash[REPORT_HASH]);

/* --- one a format ------------------------------------------------------------ */

/* A mail (report_arf.c). ST_NO with a text where it has no feedback report in it. */
enum status arf_read(struct bytes mail, struct report *report);

/* JSON objects, one after the other. */
struct json_input {
	struct bytes text; /* what is left of it */
	size_t wasted;     /* octets that were parsed before a syntax error turned up */
};

/*
 * The next object (report_relaytest.c); *body is that object. After a syntax error it is what
 * stands before the next line that begins with one: a broken object takes no other with it. ST_NO
 * where it is no relay test's report, ST_DATA where it is a bad one, both with a text.
 */
enum status relaytest_read(struct json_input *input, uint64_t now, struct report *report,
			   struct bytes *body);

#endif
