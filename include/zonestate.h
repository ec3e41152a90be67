/*
 * zonestate.h: what the database keeps of each zone: its serial, and the fingerprint of all that
 * the config contributes to what it serves. When both programs' configs agree, so do the
 * fingerprints.
 */
#ifndef DNSBLD_ZONESTATE_H
#define DNSBLD_ZONESTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "store.h"

enum { FINGERPRINT = 32 };

struct zone_state {
	uint32_t serial;
	uint8_t fingerprint[FINGERPRINT];
};

/* Of a zone as this config has it: SOA, NS, apex, hosts, TTL, sublists, codes, templates, NS and
 * glue of zones below. */
void zone_fingerprint(const struct config *config, const struct zone_config *zone,
		      uint8_t fingerprint[FINGERPRINT]);

/* False where the database does not know the zone. */
bool zone_state_read(struct txn *txn, const struct zone_config *zone, struct zone_state *state);
void zone_state_write(struct txn *txn, const struct zone_config *zone,
		      const struct zone_state *state);

/*
 * Forgets the fingerprints of zones that the config does not have, not their serials: what is
 * served changes without them, so when one comes back its serial has to move.
 */
void zone_states_forget(struct txn *txn, const struct config *config);

#endif
