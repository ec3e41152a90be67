/*
 * progress.c: a bar on stderr, redrawn in place.
 *
 * Two things keep it cheap where every row of millions calls it: it looks at the clock once in
 * LOOK_EVERY calls, and draws once in REDRAW_MS.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	BAR_WIDTH = 40,
	REDRAW_MS = 100, /* faster than this is not seen, and a terminal over a slow line would hold
			    the work up */
	LOOK_EVERY = 1024, /* calls between two looks at the clock */
};

static const char *doing; /* NULL: no bar */
static uint64_t whole, calls, drawn_ms;
static bool on_screen;

static uint64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void progress_begin(const char *what, uint64_t total)
{
	progress_end();
	doing = isatty(STDERR_FILENO) ? what : NULL;
	whole = total;
	calls = 0;
	drawn_ms = clock_ms();
}

static void draw(uint64_t done)
{
	char bar[BAR_WIDTH + 1];
	unsigned full =
		whole ? (unsigned)(done >= whole ? BAR_WIDTH : done * BAR_WIDTH / whole) : 0;

	if (whole) {
		memset(bar, '.', BAR_WIDTH);
		memset(bar, '#', full);
		bar[BAR_WIDTH] = '\0';
		fprintf(stderr, "\r%s [%s] %3u %%", doing, bar, (unsigned)(full * 100 / BAR_WIDTH));
	} else {
		fprintf(stderr, "\r%s %" PRIu64, doing, done);
	}
	fflush(stderr);
	on_screen = true;
}

void progress_at(uint64_t done)
{
	if (!doing || ++calls % LOOK_EVERY != 0) {
		return;
	}
	uint64_t now = clock_ms();

	if (now - drawn_ms >= REDRAW_MS) {
		drawn_ms = now;
		draw(done);
	}
}

void progress_end(void)
{
	if (on_screen) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
	on_screen = false;
	doing = NULL;
}
