/*
 * sandbox_filter.c: the system calls that a child is left with: to read its input, to have memory,
 * to know the time, to write its records and to end. Any other kills it, but for those by which
 * libraries look for tables and terminals, and do without: these fail.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sandbox_parts.h"

enum { FILTER_ROOM = 32 << 10 }; /* octets; BPF_MAXINSNS of 8 */

static const int allowed[] = {
	SCMP_SYS(read),           SCMP_SYS(write),
	SCMP_SYS(close),          SCMP_SYS(brk),
	SCMP_SYS(munmap),         SCMP_SYS(mremap),
	SCMP_SYS(madvise),        SCMP_SYS(futex),
	SCMP_SYS(exit),           SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigprocmask), /* abort() */
	SCMP_SYS(rt_sigreturn),   SCMP_SYS(restart_syscall),
	SCMP_SYS(clock_gettime),  SCMP_SYS(gettimeofday),
	SCMP_SYS(time),           SCMP_SYS(getrandom),
	SCMP_SYS(getpid),         SCMP_SYS(gettid),
	SCMP_SYS(sysinfo), /* qsort() asks how much memory there is */
#if SANITIZED
	SCMP_SYS(sigaltstack),    SCMP_SYS(sched_yield),
	SCMP_SYS(getrlimit),      SCMP_SYS(prlimit64),
#endif
};

/* Memory, but none that is code. */
static const int mapping[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};

static const int failing[] = {
	SCMP_SYS(open),      SCMP_SYS(openat),     SCMP_SYS(stat),     SCMP_SYS(lstat),
	SCMP_SYS(fstat),     SCMP_SYS(newfstatat), SCMP_SYS(statx),    SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(lseek),     SCMP_SYS(ioctl),      SCMP_SYS(fcntl),
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* A call that another architecture has and this one has not is no error. */
static int add_rules(scmp_filter_ctx context)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT(allowed); i++) {
		rc = seccomp_rule_add(context, SCMP_ACT_ALLOW, allowed[i], 0);
	}
	for (size_t i = 0; rc == 0 && i < COUNT(mapping); i++) {
		rc = seccomp_rule_add(context, SCMP_ACT_ALLOW, mapping[i], 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	}
	for (size_t i = 0; rc == 0 && i < COUNT(failing); i++) {
		rc = seccomp_rule_add(context, SCMP_ACT_ERRNO(EACCES), failing[i], 0);
	}
	return rc;
}

/* All that the other end of a pipe has written, into `filter`. */
static bool read_filter(int fd, struct sock_fprog *filter)
{
	uint8_t *code = must_alloc(FILTER_ROOM);
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, code + len, FILTER_ROOM - len)) > 0) {
		len += (size_t)got;
	}
	*filter = (struct sock_fprog){
		.len = (unsigned short)(len / sizeof *filter->filter),
		.filter = (struct sock_filter *)code,
	};
	return got == 0 && len > 0;
}

bool filter_make(struct sock_fprog *filter)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ends[2] = {-1, -1};
	int rc = context ? add_rules(context) : -ENOMEM;

	if (rc == 0 && pipe(ends)) {
		rc = -errno;
	}
	if (rc == 0) {
		/* It fits into a pipe: 64 KiB. */
		rc = seccomp_export_bpf(context, ends[1]);
		close(ends[1]);
		if (rc == 0 && !read_filter(ends[0], filter)) {
			rc = -EIO;
		}
		close(ends[0]);
	}
	seccomp_release(context);
	errno = -rc;
	return rc == 0;
}
