/*
 * mirror_schedule.h: when a primary is asked again.
 */
#ifndef FEEDER_MIRROR_SCHEDULE_H
#define FEEDER_MIRROR_SCHEDULE_H

#include <stdint.h>

#include "config.h"

/*
 * How long to wait. `failures`: in a row, 0 after a success. `soa`: the zone's, NULL while there is
 * no zone yet. `random`: any number; it takes up to a tenth off, or all secondaries would ask at
 * once.
 */
uint64_t schedule_ms(const struct soa_config *soa, unsigned failures, uint32_t random);

#endif
