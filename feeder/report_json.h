/*
 * report_json.h: reports that are JSON objects: one reader a format. Each gets a parsed object that
 * is of its format, and fills *report; ST_DATA with a text where it is a bad one.
 */
#ifndef FEEDER_REPORT_JSON_H
#define FEEDER_REPORT_JSON_H

#include <jansson.h>

#include "report.h"

/* Ours: what a tester of open relays found. */
enum status relaytest_read(const json_t *test, const struct report_rules *rules,
			   struct report *report);

/* XARF 3, in either dialect. */
enum status xarf3_read(const json_t *object, const struct report_rules *rules,
		       struct report *report);

/* XARF 4. */
enum status xarf4_read(const json_t *object, const struct report_rules *rules,
		       struct report *report);

#endif
