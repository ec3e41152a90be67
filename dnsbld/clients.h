/*
 * clients.h: who is served, as the config's `clients` sections have it, prepared for one look a
 * query.
 */
#ifndef DNSBLD_CLIENTS_H
#define DNSBLD_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "config.h"

/* One section: ranges without a gap, each from its first address to before the next one's. */
struct acl {
	uint32_t *first4;
	addr_t *first6;
	uint8_t *action4, *action6; /* enum action */
	size_t last6;               /* place of the last range */
	uint32_t place4[256 + 1];   /* of the range that N.0.0.0 is in, 256: of the last one */
};

struct clients {
	bool given;        /* somebody may get something else than an answer */
	struct acl *file;  /* never says ACTION_NONE */
	struct acl **zone; /* in the config's order; NULL where the zone says nothing */
	size_t zone_count;
};

/* Takes all its memory. The config need not stay. */
void clients_init(struct clients *clients, const struct config *config);
void clients_release(struct clients *clients);

/*
 * What a client gets: by a zone's section, which is one of clients->zone, where that says
 * something, else by the file's. NULL: there is no such section. Never ACTION_NONE.
 */
enum action clients_action(const struct clients *clients, const struct acl *zone,
			   const struct client *client);

#endif
