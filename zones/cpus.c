/*
 * cpus.c: sched_getaffinity(2), for more CPUs than a cpu_set_t has.
 */
#include "cpus.h"

#include <sched.h>
#include <stdint.h>
#include <string.h>

unsigned cpus_allowed(struct cpus *cpus)
{
	memset(cpus, 0, sizeof *cpus);

	cpu_set_t *set = (cpu_set_t *)cpus->bits;

	if (sched_getaffinity(0, sizeof *cpus, set) < 0) {
		/* A kernel without it: nobody can be kept from the CPU that we run on. */
		CPU_SET_S(0, sizeof *cpus, set);
	}
	return (unsigned)CPU_COUNT_S(sizeof *cpus, set);
}

bool cpus_has(const struct cpus *cpus, unsigned cpu)
{
	return cpu < CPUS_MAX && CPU_ISSET_S(cpu, sizeof *cpus, (const cpu_set_t *)cpus->bits);
}
