/*
 * config_syntax.h: the text of a config file before libconfuse sees it. Private to zones/config*.c.
 */
#ifndef DNSBLD_CONFIG_SYNTAX_H
#define DNSBLD_CONFIG_SYNTAX_H

#include <stddef.h>

#include "status.h"

struct syntax {
	char *text; /* the file's, with blanks where comments were: every line is where it was */
	unsigned *section_line; /* the line of each section's name, in the order in which sections
				   close */
	size_t section_count;
};

/* ST_CONFIG with a text when the file is not well formed. Release it either way. */
enum status syntax_read(struct syntax *syntax, const char *text, const char *file);
void syntax_release(struct syntax *syntax);

#endif
