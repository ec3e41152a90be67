/*
 * serial.h: serials of zones, on a circle (RFC 1982).
 */
#ifndef DNSBLD_SERIAL_H
#define DNSBLD_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

/* Whether `a` is newer than `b`. Of two that are half the circle apart neither is (§3.2). */
static inline bool serial_newer(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

#endif
