/*
 * report.h: what one report says about an address, whatever format it came in.
 *
 *     bytes ─▶ reports_read()  which format is it? ─▶ one reader a format (report_reader.h)
 *                   └─▶ the sink, once a report: struct report and its own bytes, or its fault
 *
 * 1. Everything here is a function of the bytes and of the rules: no store, no clock, no file. So
 *    it can run where it can do no harm (sandbox.h).
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
#include "category.h"
#include "config.h"
#include "prefix.h"
#include "status.h"

enum {
	REPORT_MAX = 16 << 20,   /* octets of one input: mail servers carry little more */
	REPORTS_MAX = 100000,    /* in one input: more of the smallest than it has room for */
	REPORT_HASH = 32,        /* a SHA-256 */
	REPORT_FUTURE_S = 86400, /* a date this far ahead is a clock or a zone gone wrong */
	REPORT_WORDS = 160,      /* octets of a text, with its NUL; what is longer is cut */
	REPORT_OUTPUTS = 8,      /* output hosts of one relay test */
};

enum report_format {
	FORMAT_UNKNOWN = 0,
	FORMAT_ARF = 1,       /* RFC 5965 */
	FORMAT_RELAYTEST = 2, /* ours, JSON */
	FORMAT_JMRP = 3,      /* Microsoft's: a mail about a mail, the address in its Subject */
	FORMAT_XARF0 = 4,     /* X-ARF 0.1 and 0.2: a mail with a part of YAML */
	FORMAT_XARF3 = 5,     /* JSON, alone or in a mail */
	FORMAT_XARF4 = 6,     /* likewise */
	FORMAT_SPAMCOP = 7,   /* a mail in words */
	FORMAT_UCEPROTECT = 8,
	FORMAT_SHADOWSERVER = 9, /* CSV, alone, zipped or in a mail */
	FORMAT_NMAP = 10,        /* XML, of the script smtp-open-relay */
};

/* Where the address was found; each further step is less sure (VIA_…_CONFIDENCE). */
enum report_via {
	VIA_NONE = 0,
	VIA_FIELD = 1,    /* a field that is meant for it */
	VIA_SUBJECT = 2,  /* JMRP's Subject */
	VIA_RECEIVED = 3, /* the first Received field that strangers did not write */
	VIA_ARGUMENT = 4, /* a person said so: review accept */
};

/* Per cent. */
enum {
	CONFIDENCE_FIELD = 100,
	CONFIDENCE_SUBJECT = 80,
	CONFIDENCE_RECEIVED = 60,
};

enum report_disposition {
	DISPOSITION_EVIDENCE = 1,     /* speaks for a listing */
	DISPOSITION_NEGATIVE = 2,     /* speaks against one */
	DISPOSITION_IGNORED = 3,      /* proves nothing; kept, never counted */
	DISPOSITION_REVIEW = 4,       /* names no address: for a human */
	DISPOSITION_UNRECOGNISED = 5, /* of no known format */
	/* What the database adds to it; never on disk. */
	DISPOSITION_EXCLUDED = 6,  /* an exclusion covers the address */
	DISPOSITION_DUPLICATE = 7, /* the same report by the same reporter is there already */
};

struct report {
	enum report_format format;
	enum category category;
	enum report_disposition disposition;
	enum report_via via;
	struct prefix source; /* a host; family 0: the report names none */
	uint64_t observed;    /* when it happened, seconds since 1970; 0: the report does not say */
	uint32_t incidents;   /* how many like it the reporter had (RFC 5965 §3.2), at least 1 */
	uint8_t confidence;   /* per cent: how sure it is that the source did this */
	bool proof;           /* a relay test's message came back … */
	unsigned output_count;
	struct prefix outputs[REPORT_OUTPUTS]; /* … from these hosts, other than the source */

	/* Texts: UTF-8 without control characters, cut to fit (report_words()); "" for none. */
	char reference[REPORT_WORDS]; /* its own number, else the Message-ID that it came with */
	char note[REPORT_WORDS];      /* what it says beside, for a human; nobody's address in it */
	char recipient[REPORT_WORDS]; /* whom the mail was for, as the report has it */
	char domains[REPORT_WORDS];   /* its sender's, as authserv_id found (RFC 8601); by blanks */
};

/* What the config says that readers need. Borrowed. */
struct report_rules {
	uint64_t now;
	const struct config *config; /* trusted_hops, authserv_id */
	const char *name; /* of the input's file, which may say what a CSV is about; NULL: none */
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
 * any report (empty, blank, over REPORT_MAX) is one bad report. A body is the whole input, or one
 * of its JSON objects.
 */
void reports_read(struct bytes input, enum report_format format, const struct report_rules *rules,
		  report_sink *sink, void *context);

/* FORMAT_UNKNOWN where there is none of this name. */
enum report_format report_format_named(const char *name);

/* The words of DESIGN and of `ingest --json`; NULL for what has none. */
const char *report_format_name(enum report_format format);
const char *report_via_name(enum report_via via);
const char *report_disposition_name(enum report_disposition disposition);

void report_hash(struct bytes body, uint8_t hash[REPORT_HASH]);

#endif
