/*
 * confinement.h: what both have to know that lock a process in: feeder, whose children read
 * strangers' reports, and dnsbld, whose workers read strangers' packets.
 */
#ifndef DNSBLD_CONFINEMENT_H
#define DNSBLD_CONFINEMENT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>

#include <linux/seccomp.h>

#include "status.h"

/*
 * AddressSanitizer maps terabytes of address space, and what it finds it says on stderr.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* With a filter that is none it fails either way (seccomp(2)). */
static inline bool kernel_has_seccomp(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) < 0 && errno == EFAULT;
}

/*
 * Landlock: from now on this process, which has set PR_SET_NO_NEW_PRIVS, opens, makes, changes,
 * removes and runs no file. False in *there: this kernel cannot, and nothing has changed.
 * ST_INTERNAL where it refuses what it offers.
 */
enum status confine_files(bool *there);

#endif
