/*
 * status.c: the words of the last failure, and memory that must be had.
 */
#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[1024];

enum status fail(enum status status, const char *format, ...)
{
	/* The new text may quote the old one. */
	char fresh[sizeof text];
	va_list args;

	va_start(args, format);
	vsnprintf(fresh, sizeof fresh, format, args);
	va_end(args);
	memcpy(text, fresh, sizeof text);
	return status;
}

const char *fail_text(void)
{
	return text;
}

void out_of_memory(void)
{
	fputs("out of memory\n", stderr);
	exit(ST_AGAIN);
}

static void *had(void *memory)
{
	if (!memory) {
		out_of_memory();
	}
	return memory;
}

void *must_alloc(size_t size)
{
	return had(calloc(1, size ? size : 1));
}

void *must_realloc(void *old, size_t size)
{
	return had(realloc(old, size ? size : 1));
}

char *must_strdup(const char *string)
{
	return had(strdup(string));
}
