/*
 * identity.h: what the server says of itself in class CH.
 */
#ifndef DNSBLD_IDENTITY_H
#define DNSBLD_IDENTITY_H

#include "config.h"
#include "query.h"

/* The text for a question that is not of class IN; NULL where there is none. The config's. */
const char *identity_text(const struct config *config, const struct query *q);

#endif
