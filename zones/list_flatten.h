/*
 * list_flatten.h: the entries of one rbldnsd dataset, made into items that mean the same when each
 * is claimed by itself. Private to zones/list_*.c.
 */
#ifndef DNSBLD_LIST_FLATTEN_H
#define DNSBLD_LIST_FLATTEN_H

#include "list.h"

enum { LIST_HOLE = 0xffff }; /* a sublist's position that is none: the entry began with ! */

/*
 * Items [from, count) of the list are a dataset's entries in the order of the file, `reason` being
 * the line; they are replaced by what they mean. `set`: as ip4set answers, else as the tries do.
 */
void list_flatten(struct list_reader *reader, size_t from, bool set);

#endif
