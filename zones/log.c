/*
 * log.c: one line an event, written with one write() so that lines of several processes do not mix.
 */
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *name = "dnsbld";
static bool faults_only;

void log_init(const char *program)
{
	name = program;
}

void log_faults_only(void)
{
	faults_only = true;
}

__attribute__((format(printf, 2, 0))) static void line(const char *level, const char *format,
						       va_list args)
{
	char buffer[2048];
	int head = snprintf(buffer, sizeof buffer - 1, "%s: %s", name, level);
	size_t used = (size_t)head;
	int body = vsnprintf(buffer + used, sizeof buffer - 1 - used, format, args);

	used += body < 0 ? 0 : (size_t)body;
	if (used > sizeof buffer - 2) {
		used = sizeof buffer - 2;
	}
	/* Faults quote what others sent, and this may be a terminal. */
	for (size_t i = 0; i < used; i++) {
		if ((unsigned char)buffer[i] < ' ' || buffer[i] == 0x7f) {
			buffer[i] = '?';
		}
	}
	buffer[used++] = '\n';
	/* Nobody is left to tell where stderr fails. */
	if (write(STDERR_FILENO, buffer, used) < 0) {
		return;
	}
}

void log_info(const char *format, ...)
{
	va_list args;

	if (faults_only) {
		return;
	}
	va_start(args, format);
	line("", format, args);
	va_end(args);
}

void log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("warning: ", format, args);
	va_end(args);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("error: ", format, args);
	va_end(args);
}
