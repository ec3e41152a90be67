/*
 * mirror_say.c: what was said last.
 */
#include "mirror_say.h"

#include <stdio.h>
#include <string.h>

enum { AGAIN_S = 3600 };

bool mirror_say(struct mirror_said *said, const char *text, uint64_t now_s)
{
	char cut[sizeof said->text];

	snprintf(cut, sizeof cut, "%s", text);
	if (strcmp(cut, said->text) == 0 && now_s - said->at_s < AGAIN_S) {
		return false;
	}
	memcpy(said->text, cut, sizeof cut);
	said->at_s = now_s;
	return true;
}

bool mirror_said_end(struct mirror_said *said)
{
	const bool was = said->text[0] != '\0';

	said->text[0] = '\0';
	return was;
}
