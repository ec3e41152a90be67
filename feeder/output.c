/*
 * output.c: a stream that keeps what it is told: up to KEPT_MAX octets in memory, then all of it
 * in a temporary file that has no name and goes with the process.
 *
 *     fprintf(output(), …) ─▶ stdio's buffer ─▶ on_write() ─▶ kept | spilled ─▶ output_flush()
 */
#include "output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEPT_MAX = 1 << 20, PIECE = 1 << 16 };

static FILE *stream; /* what callers print to */
static char *kept;
static size_t kept_len;
static FILE *spilled; /* holds everything once there is one */

static bool put(const char *data, size_t len)
{
	if (!spilled && kept_len + len <= KEPT_MAX) {
		memcpy(kept + kept_len, data, len);
		kept_len += len;
		return true;
	}
	if (!spilled) {
		spilled = tmpfile();
		if (!spilled || fwrite(kept, 1, kept_len, spilled) != kept_len) {
			return false;
		}
		kept_len = 0;
	}
	return fwrite(data, 1, len, spilled) == len;
}

/* fopencookie()'s way to say that it failed is 0. */
static ssize_t on_write(void *cookie, const char *data, size_t len)
{
	(void)cookie;
	return put(data, len) ? (ssize_t)len : 0;
}

FILE *output(void)
{
	if (!stream) {
		kept = must_alloc(KEPT_MAX);
		stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = on_write});
		if (!stream) {
			abort();
		}
	}
	return stream;
}

void output_text(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		fputc(c < ' ' || c == 0x7f ? '?' : c, output());
	}
}

void output_column(struct bytes text)
{
	if (text.len > 0) {
		fputc('\t', output());
		output_text(text);
	} else {
		fputs("\t-", output());
	}
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return false;
		}
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool copy_spilled(int fd)
{
	char piece[PIECE];
	size_t n;

	if (fflush(spilled) != 0 || fseeko(spilled, 0, SEEK_SET) != 0) {
		return false;
	}
	while ((n = fread(piece, 1, sizeof piece, spilled)) > 0) {
		if (!write_all(fd, piece, n)) {
			return false;
		}
	}
	return !ferror(spilled);
}

void output_discard(void)
{
	if (!stream) {
		return;
	}
	fclose(stream);
	free(kept);
	if (spilled) {
		fclose(spilled);
	}
	stream = NULL;
	spilled = NULL;
	kept = NULL;
	kept_len = 0;
}

enum status output_flush_to(int fd)
{
	enum status status = ST_OK;

	if (!stream) {
		return ST_OK;
	}
	if (fflush(stream) != 0 || ferror(stream)) {
		status = fail(ST_IO, "unable to keep the results in a temporary file: %s",
			      strerror(errno));
	} else if (spilled ? !copy_spilled(fd) : !write_all(fd, kept, kept_len)) {
		status = fail(ST_IO, "unable to write the results: %s", strerror(errno));
	}
	output_discard();
	return status;
}

enum status output_flush(void)
{
	return output_flush_to(STDOUT_FILENO);
}
