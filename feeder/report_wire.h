/*
 * report_wire.h: reports on their way from the process that read them (sandbox.h) to the one that
 * keeps them, which believes nothing of it.
 *
 *     'r' format(1) category(1) disposition(1) via(1) source(0|4|16) observed(8) incidents(4)
 *         confidence(1) proof(1) outputs(1) output(0|4|16)… reference note recipient domains
 *         offset(4) length(4) of the body in the input, fault
 *     'e' the last one: all went well
 *
 * A host is its family (0: none) and its address; a text is its length (2) and its octets.
 *
 * 1. What a reader of the wire gets is in order whatever wrote it: each number has a meaning, each
 *    host is one, each text fits and is UTF-8 without control characters, each body is in the
 * input.
 */
#ifndef FEEDER_REPORT_WIRE_H
#define FEEDER_REPORT_WIRE_H

#include "report.h"

enum {
	FAULT_ROOM = 512,   /* octets of a fault, with its NUL; what is longer is cut */
	WIRE_REPORT = 2048, /* the longest record has less */
	/* All records of an input: REPORTS_MAX of them, each with 600 octets of texts. */
	WIRE_MAX = 64 << 20,
};

struct wire_report {
	struct report report;
	struct bytes body; /* borrowed from the input */
	bool bad;          /* there is a fault */
	char fault[FAULT_ROOM];
};

/* `fault` may be NULL. A body that is not in the input is written as all of it. */
void wire_write(struct writer *w, struct bytes input, const struct report *report,
		struct bytes body, const char *fault);
void wire_write_end(struct writer *w);

/* The next record. False at the last one, and with r->bad set where it is none. */
bool wire_read(struct reader *r, struct bytes input, struct wire_report *to);

/* Whether `records` are whole: records up to the last one, and nothing after it. */
bool wire_check(struct bytes records, struct bytes input);

#endif
