/*
 * nmap_judge.c: nmap's script tries 16 envelopes (T = its recipient, d = its domain, S = the
 * server's name, I = its address) up to RCPT, and says one of:
 *
 *     Server is an open relay (3/16 tests)       and with -vv or -d, each on a line of its own:
 *     MAIL FROM:<antispam@d> -> RCPT TO:<T@d>
 *     Server doesn't seem to be an open relay, all tests failed
 *     Server isn't an open relay, authentication needed
 *     …anything else: it could not finish
 *
 * It sends no message, so it never proves a relay. Its envelopes, of which those from the server
 * itself are what any server may accept:
 *
 *     1   <> to T@d               a stranger's: a suspicion, where the server accepted
 *     2   antispam@d to T@d       likewise
 *     3   antispam@S to T@d       from the server
 *     4   antispam@[I] to T@d     from the server
 *     5…  antispam@[I] to T@d, written in twelve ways
 *
 * Without the list, 15 of 16 include one of the strangers'; fewer may be all from the server.
 */
#include "nmap_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report_reader.h"

enum {
	TESTS = 16,
	TESTS_SURE = 15,          /* that include a stranger's */
	CONFIDENCE_ACCEPTED = 30, /* as a relay test that went no further than RCPT */
	CONFIDENCE_REFUSED = 50,  /* the script does not tell "never" from "later" */
};

#define OPEN   "Server is an open relay ("
#define CLOSED "Server doesn't seem to be an open relay, all tests failed"
#define LOGIN  "Server isn't an open relay, authentication needed"
#define FROM   "MAIL FROM:<"
#define TO     "> -> RCPT TO:<"

struct count {
	unsigned listed;    /* envelopes */
	unsigned strangers; /* of those */
};

static bool begins(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

/* Envelopes 1 and 2: a plain recipient, and a sender of his domain or none. */
static bool is_strangers(const struct mail_server *target, const char *from, const char *to)
{
	const char *at = strchr(to, '@'), *sender = strchr(from, '@');

	if (!at || at[1] == '[' || strchr(at + 1, '@') || strpbrk(to, "%!\":")) {
		return false;
	}
	if (*from && (!sender || strcasecmp(sender, at) != 0)) {
		return false;
	}
	return !address_begins_at(target, from) && !address_ends_at(target, to);
}

/* One line "MAIL FROM:<…> -> RCPT TO:<…>", which it takes apart; any other is no envelope. */
static void count_line(const struct mail_server *target, char *line, struct count *count)
{
	char *from = line + strlen(FROM), *to, *end;

	if (!begins(line, FROM) || !(to = strstr(from, TO)) || !(end = strrchr(to + 1, '>'))) {
		return;
	}
	*to = '\0';
	to += strlen(TO);
	if (end < to) {
		return;
	}
	*end = '\0';
	count->listed++;
	count->strangers += is_strangers(target, from, to);
}

static struct count count_lines(const struct mail_server *target, const char *output)
{
	struct count count = {0, 0};
	char *copy = must_strdup(output), *rest = copy, *line;

	while ((line = strsep(&rest, "\r\n"))) {
		count_line(target, line + strspn(line, " \t"), &count);
	}
	free(copy);
	return count;
}

static void conclude(struct report *report, enum report_disposition disposition,
		     unsigned confidence, const char *note)
{
	report->disposition = disposition;
	report->confidence = (uint8_t)confidence;
	report_words(report->note, bytes_str(note));
}

static void judge_open(const struct mail_server *target, const char *output, struct report *report)
{
	unsigned tests = (unsigned)strtoul(output + strlen(OPEN), NULL, 10);
	struct count count = count_lines(target, output);
	char note[REPORT_WORDS];

	if (count.strangers > 0) {
		snprintf(note, sizeof note, "accepted %u of %d tests at RCPT, %u of a stranger's",
			 tests, TESTS, count.strangers);
		conclude(report, DISPOSITION_EVIDENCE, CONFIDENCE_ACCEPTED, note);
	} else if (count.listed == 0 && tests >= TESTS_SURE && tests <= TESTS) {
		snprintf(note, sizeof note, "accepted %u of %d tests at RCPT", tests, TESTS);
		conclude(report, DISPOSITION_EVIDENCE, CONFIDENCE_ACCEPTED, note);
	} else if (count.listed == 0) {
		snprintf(note, sizeof note,
			 "accepted %u of %d tests at RCPT; which, nmap says only with -vv", tests,
			 TESTS);
		conclude(report, DISPOSITION_IGNORED, 0, note);
	} else {
		snprintf(note, sizeof note, "accepted %u of %d tests at RCPT, none a stranger's",
			 tests, TESTS);
		conclude(report, DISPOSITION_IGNORED, 0, note);
	}
}

void nmap_judge(const struct mail_server *target, unsigned port, const char *output,
		struct report *report)
{
	/* These ports ask everybody to log in (RFC 8314 §3.3, RFC 6409 §4.3). */
	bool submission = port == 465 || port == 587;

	output += strspn(output, " \t\r\n");
	if (begins(output, OPEN)) {
		judge_open(target, output, report);
	} else if (begins(output, CLOSED) || begins(output, LOGIN)) {
		bool closed = begins(output, CLOSED);

		if (submission) {
			conclude(report, DISPOSITION_IGNORED, 0,
				 "refused at a port that is for its own users");
		} else {
			conclude(report, DISPOSITION_NEGATIVE, CONFIDENCE_REFUSED,
				 closed ? "refused all tests" : "asked the tester to log in");
		}
	} else {
		conclude(report, DISPOSITION_IGNORED, 0, "the script did not finish");
	}
}
