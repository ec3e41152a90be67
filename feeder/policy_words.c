/*
 * policy_words.c: why an address is listed or suspected, in a line for a person.
 */
#include "policy_inside.h"

#include <inttypes.h>
#include <stdio.h>

#include "rfc3339.h"

enum { RELAPSE_TEXT = 24 };

/* "36h", "90s": the largest unit that leaves nothing over. */
static const char *span(uint64_t seconds, char text[24])
{
	static const struct {
		unsigned seconds;
		char letter;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;

	while (seconds % units[i].seconds != 0) {
		i++;
	}
	snprintf(text, 24, "%" PRIu64 "%c", seconds / units[i].seconds, units[i].letter);
	return text;
}

/* " (weight 2.5)"; "" where each report weighs 1. */
static const char *weight(const struct figures *f, char text[40])
{
	uint64_t hundredths = (f->weight + WEIGHT_ONE / 200) / (WEIGHT_ONE / 100);
	int len = 0;

	text[0] = '\0';
	if (hundredths != f->reports * 100) {
		len = snprintf(text, 40, " (weight %" PRIu64 ".%02u", hundredths / 100,
			       (unsigned)(hundredths % 100));
		while (text[len - 1] == '0') {
			len--;
		}
		len -= text[len - 1] == '.';
		snprintf(text + len, 40 - (size_t)len, ")");
	}
	return text;
}

/* ", relapse 2"; "" the first time. */
static const char *relapse(unsigned level, char text[RELAPSE_TEXT])
{
	text[0] = '\0';
	if (level > 0) {
		snprintf(text, RELAPSE_TEXT, ", relapse %u", level);
	}
	return text;
}

void policy_say_complaints(const struct policy_config *policy, const struct figures *figures,
			   unsigned level, char reason[POLICY_REASON])
{
	char within[24], heavy[40], again[RELAPSE_TEXT];

	snprintf(reason, POLICY_REASON, "complaints: %zu reports%s by %zu reporters within %s%s",
		 figures->reports, weight(figures, heavy), figures->reporters,
		 span(policy->within_s, within), relapse(level, again));
}

void policy_say_proofs(bool output, const struct figures *figures, unsigned level,
		       char reason[POLICY_REASON])
{
	char time[TIME_TEXT], again[RELAPSE_TEXT];

	snprintf(reason, POLICY_REASON, "relay test: %zu %s, the last at %s%s", figures->reports,
		 output ? "came back through it" : "delivered a stranger's mail",
		 time_format(figures->last, time), relapse(level, again));
}

void policy_say_suspicion(const struct figures *figures, char reason[POLICY_REASON])
{
	char time[TIME_TEXT];

	snprintf(reason, POLICY_REASON,
		 "relay test: suspected by %zu, without enough proof, the last at %s",
		 figures->reports, time_format(figures->last, time));
}
