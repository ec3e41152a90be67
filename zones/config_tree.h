/*
 * config_tree.h: a config file as libconfuse read it: a tree of sections with values, each still as
 * written and with its line. Private to zones/config*.c.
 */
#ifndef DNSBLD_CONFIG_TREE_H
#define DNSBLD_CONFIG_TREE_H

#include <stddef.h>

#include "config.h"
#include "config_syntax.h"

struct config_tree;

/* ST_CONFIG with a text on names that the option table does not have, or used as what they are not.
 */
enum status tree_open(struct config_tree **tree, const struct syntax *syntax, const char *file);
void tree_close(struct config_tree *tree); /* NULL is fine */

/* Reads every value by its row of the option table into *config. */
enum status tree_read(const struct config_tree *tree, struct config *config);

/* The line of the zone'th zone, the mirrored ones last, or of the index'th of its ns or its hosts:
 * "zone", "ns", "host". */
unsigned tree_line(const struct config_tree *tree, const char *option, size_t zone, size_t index);

#endif
