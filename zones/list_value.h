/*
 * list_value.h: what rbldnsd's entries stand for: a code and a text. Private to zones/list_*.c.
 */
#ifndef DNSBLD_LIST_VALUE_H
#define DNSBLD_LIST_VALUE_H

#include "list.h"

/* Substitution variables: $0 to $9, and $= at the end. Numbers of strings; 0: not set. */
enum { LIST_VARIABLES = 11 };

struct list_values;

struct list_values *list_values_new(struct list_reader *reader);
void list_values_free(struct list_values *values); /* NULL is fine */

/* The value of an entry that says nothing, where no line before it said what is meant then. */
uint32_t list_value_unsaid(struct list_values *values);

/*
 * Reads "text", ":code", ":code:" or ":code:text". What it leaves out is taken from the value
 * `otherwise`. NULL and *value, or what is wrong. `otherwise` may be 0, a default line that was
 * bad: nothing can be taken from it.
 */
const char *list_value_read(struct list_values *values, char *s, uint32_t otherwise,
			    uint32_t *value);

/* Keeps the text of a variable, for list_value_resolve(). */
uint32_t list_value_variable(struct list_values *values, const char *text);

/*
 * The sublist (position in the config) that a value lists on and its public text (a number in the
 * list's strings, 0: none). NULL, or what is wrong with it.
 */
const char *list_value_resolve(struct list_values *values, uint32_t value,
			       const uint32_t variable[LIST_VARIABLES], uint16_t *sublist,
			       uint32_t *text);

/* Forgets what values meant, as the next dataset has other variables. */
void list_values_forget(struct list_values *values);

#endif
