/*
 * itemtext.h: what became of reports that came in, a line each: with --json an object.
 */
#ifndef FEEDER_ITEMTEXT_H
#define FEEDER_ITEMTEXT_H

#include "ingest.h"

/* After ingest(). Bad ones, of which nothing is kept, were named when they were read. */
void items_print(const struct call *call, const struct items *items);

#endif
