/*
 * tsig_judge.c: what is wrong with the signature of a reply, in words. An operator has two machines
 * before him, of which one does not believe the other: a key's name, its secret or a clock.
 */
#include "tsig.h"

enum { SERVER_TIME = 6 };

static const char *key_name(const struct tsig_session *s, char text[NAME_TEXT])
{
	return name_format(&s->key->config->name, text);
}

/* The signature is right, or there is none: what the peer has against our request. */
static enum status complaint(const struct tsig_session *s, const struct tsig *t, uint64_t now)
{
	char text[NAME_TEXT];
	struct reader r = reader_of(t->other);
	uint64_t peer = read_be(&r, SERVER_TIME);

	switch (s->error) {
	case TSIG_BADKEY:
		return fail(ST_DATA, "it knows no key '%s' of this algorithm (BADKEY)",
			    key_name(s, text));
	case TSIG_BADSIG:
		return fail(ST_DATA,
			    "for it our signature is wrong (BADSIG): has it another secret "
			    "for the key '%s'?",
			    key_name(s, text));
	case TSIG_BADTIME:
		if (r.bad) {
			return fail(ST_DATA, "its clock is too far from ours (BADTIME)");
		}
		return fail(ST_DATA, "its clock is %llu s %s ours (BADTIME)",
			    (unsigned long long)(peer > now ? peer - now : now - peer),
			    peer > now ? "ahead of" : "behind");
	default:
		return fail(ST_DATA, "it does not believe our signature (TSIG error %d)",
			    (int)s->error);
	}
}

enum status tsig_judge(const struct tsig_session *s, enum tsig_error error, struct bytes message,
		       uint64_t now)
{
	char text[NAME_TEXT];
	struct tsig t;

	if (error == TSIG_OK && s->error == TSIG_OK) {
		return ST_OK;
	}
	if (tsig_find(&t, message)) {
		return fail(ST_DATA, "its message is not whole, or its signature is not last");
	}
	if (t.at == 0) {
		return fail(ST_DATA, "its message is not signed with the key '%s'",
			    key_name(s, text));
	}
	/* What is not signed may still be the reason for it (§5.3.2). */
	if (s->error != TSIG_OK) {
		return complaint(s, &t, now);
	}
	if (error == TSIG_BADTIME) {
		return fail(ST_DATA, "its message was signed %llu s %s our clock",
			    (unsigned long long)(t.time_s > now ? t.time_s - now : now - t.time_s),
			    t.time_s > now ? "ahead of" : "behind");
	}
	if (error == TSIG_BADKEY) {
		return fail(ST_DATA, "its message is signed with another key than '%s'",
			    key_name(s, text));
	}
	return fail(ST_DATA, "its signature is wrong: has it another secret for the key '%s'?",
		    key_name(s, text));
}
