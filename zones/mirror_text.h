/*
 * mirror_text.h: a primary's TXT as a public text of ours. Private to zones/.
 */
#ifndef DNSBLD_MIRROR_TEXT_H
#define DNSBLD_MIRROR_TEXT_H

#include "answer.h"

enum { MIRROR_TEMPLATE = 4 * TEXT_MAX };

/*
 * The text that text_expand() makes `text` of again, at the address `ip`. With an address the text
 * shares what it says with those of other addresses, which is most of what lists say; without (NULL
 * data) it is the same everywhere. Returned in `room`.
 */
struct bytes mirror_template(struct bytes text, struct bytes ip, uint8_t room[MIRROR_TEMPLATE]);

#endif
