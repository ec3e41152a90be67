/*
 * config_check.h: how the zones of a config stand to each other. Private to zones/config*.c.
 */
#ifndef DNSBLD_CONFIG_CHECK_H
#define DNSBLD_CONFIG_CHECK_H

#include "config.h"
#include "config_tree.h"

/* ST_CONFIG with a text on the first fault; lines come from the tree. */
enum status config_check(const struct config *config, const struct config_tree *tree,
			 const char *file);

#endif
