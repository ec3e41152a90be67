/* exclusiontext.h: an exclusion as people and programs read it. */
#ifndef FEEDER_EXCLUSIONTEXT_H
#define FEEDER_EXCLUSIONTEXT_H

#include "exclusion.h"
#include "json.h"

/* "PREFIX<tab>expires or never<tab>comment" */
void exclusion_print_line(const struct exclusion *exclusion);

/* The members of an object. */
void exclusion_print_json(const struct exclusion *exclusion, struct json *json);

#endif
