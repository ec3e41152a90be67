/*
 * identity.c: the four names in class CH that other servers answer to (RFC 4892 §2 and §3).
 *
 *	version.bind, version.server   the config's `version`
 *	id.server, hostname.bind       its `nsid`, as the EDNS option has it
 *
 * Who looks for servers with a known hole asks the former, who looks for the one of several that
 * answers wrong the latter. Neither has a default, and what has no text is refused.
 */
#include "identity.h"

#include <strings.h>

const char *identity_text(const struct config *config, const struct query *q)
{
	/*
	 * A wire name ends with the root's NUL; one inside a label ends none of these names, each
	 * of which says with its lengths where the root is.
	 */
	const char *name = (const char *)q->packet + DNS_HEADER;

	if (q->class != CLASS_CH || q->opcode != OPCODE_QUERY ||
	    (q->type != TYPE_TXT && q->type != TYPE_ANY)) {
		return NULL;
	}
	if (strcasecmp(name, "\7version\4bind") == 0 ||
	    strcasecmp(name, "\7version\6server") == 0) {
		return config->version;
	}
	if (strcasecmp(name, "\2id\6server") == 0 || strcasecmp(name, "\10hostname\4bind") == 0) {
		return config->nsid;
	}
	return NULL;
}
