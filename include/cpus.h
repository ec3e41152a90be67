/*
 * cpus.h: the CPUs that this process may run on, as taskset(1) and the cpusets of cgroups leave
 * them to it. Those that are offline are not among them.
 */
#ifndef DNSBLD_CPUS_H
#define DNSBLD_CPUS_H

#include <stdbool.h>

enum { CPUS_MAX = 8192 }; /* the most that Linux can be built for on any architecture */

struct cpus {
	unsigned long bits[CPUS_MAX / (8 * sizeof(unsigned long))];
};

/* Finds out; returns how many there are, at least 1. */
unsigned cpus_allowed(struct cpus *cpus);

bool cpus_has(const struct cpus *cpus, unsigned cpu);

#endif
