/*
 * client.h: who asks.
 */
#ifndef DNSBLD_CLIENT_H
#define DNSBLD_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "prefix.h"

struct client {
	bool tcp;
	uint8_t family;      /* 4 or 6 */
	uint16_t idle_100ms; /* how long its connection may be silent; 0: it is not told */
	addr_t addr;
};

#endif
