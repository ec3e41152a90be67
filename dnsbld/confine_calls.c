/*
 * confine_calls.c: the system calls that are left, by libseccomp.
 *
 *	common     what every process does, seen with strace(1) under all tests
 *	worker     what else those do that read packets
 *	dnstap     what else the one does that passes copies of them on
 *	deadly     what no honest code in it could ever want: the process is ended by SIGSYS, which
 *	           the parent logs ("for a system call denied to it"), and another takes its place
 *	the rest   fails with EPERM
 *
 * Why not death for all the rest: this is a name server, and a libc that asks for a table or
 * another clock tomorrow should do without it, not take every worker down with the first query.
 * What is not allowed does no harm either way. An attacker's code, though, wants one of the deadly
 * ones early, and then it has no second attempt and somebody reads of it.
 *
 * Some are not in the list although they look harmless, for what they do to a socket outlasts the
 * worker: its successor would have a socket that somebody has shut down, connected, or put a filter
 * on (shutdown, connect, setsockopt, fcntl). Others reach farther into lock.mdb than the page of it
 * that is the worker's (store_slots.c): mremap makes a map longer, by the pages of others behind
 * it (realloc() copies without it); a shared futex can be requeued with those who wait for it; and
 * recvmsg could bring another descriptor of the file, which is denied by its number.
 */
#include "confine.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/futex.h>

#include "confinement.h"

static const int common[] = {
	SCMP_SYS(poll),
	SCMP_SYS(read),
	/* Memory. */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	/* Signals, the time, the end. */
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
#if SANITIZED
	SCMP_SYS(sigaltstack),
	SCMP_SYS(sched_yield),
#endif
};

static const int worker[] = {
	/* A batch of UDP; NOTIFY and its answers, one at a time. */
	SCMP_SYS(recvmmsg),
	SCMP_SYS(sendmmsg),
	/* TCP, and libevent's loop: its signals come through a pipe. */
	SCMP_SYS(accept4),
	SCMP_SYS(getsockname),
	SCMP_SYS(readv),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(pipe2),
	/* Once a second: is data.mdb still the same file, and has the socket lost queries? */
	SCMP_SYS(newfstatat),
	SCMP_SYS(stat),
	SCMP_SYS(statx),
	SCMP_SYS(fstat),
	SCMP_SYS(statfs),
	SCMP_SYS(getsockopt),
	SCMP_SYS(sysinfo), /* qsort() asks how much memory there is */
	SCMP_SYS(getuid),  /* these four: libevent reads the environment only where they agree */
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
};

/* To the reader's socket, and to no other kind: see the conditions below. */
static const int dnstap[] = {
	SCMP_SYS(connect), SCMP_SYS(sendmsg), SCMP_SYS(uname), /* gethostname() */
};

static const int deadly[] = {
	/* Another program, another process. */
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(clone),
	SCMP_SYS(clone3),
	/* What belongs to another process. */
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(kcmp),
	/* Files past their folders. */
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(chroot),
	SCMP_SYS(pivot_root),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsmount),
	SCMP_SYS(fspick),
	SCMP_SYS(mount_setattr),
	/* Other rights, other namespaces. */
	SCMP_SYS(setuid),
	SCMP_SYS(setgid),
	SCMP_SYS(setreuid),
	SCMP_SYS(setregid),
	SCMP_SYS(setresuid),
	SCMP_SYS(setresgid),
	SCMP_SYS(setfsuid),
	SCMP_SYS(setfsgid),
	SCMP_SYS(setgroups),
	SCMP_SYS(capset),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(personality),
	/* The kernel itself, and the doors by which it was broken. */
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(reboot),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	SCMP_SYS(modify_ldt),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	SCMP_SYS(add_key),
	SCMP_SYS(keyctl),
	SCMP_SYS(request_key),
};

/* What is done to all descriptors but those of lock.mdb. */
static const int on_others[] = {
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(close),
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* A call that another architecture has and this one has not is no error. */
static int add_calls(scmp_filter_ctx context, uint32_t action, const int *calls, size_t count)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = seccomp_rule_add(context, action, calls[i], 0);
	}
	return rc;
}

/* A call that is allowed with some arguments. */
struct condition {
	int call;
	unsigned count;
	struct scmp_arg_cmp all[2];
};

static int add_conditions(scmp_filter_ctx context, const struct condition *conditions, size_t count)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = seccomp_rule_add_array(context, SCMP_ACT_ALLOW, conditions[i].call,
					    conditions[i].count, conditions[i].all);
	}
	return rc;
}

/*
 * A call on all descriptors but two, perhaps the same one twice. The kernel takes the lower half of
 * the register for it, and libseccomp compares the whole (SCMP_A0_32 too), so that "is not" would
 * be true for what has bits in the upper half. Another descriptor is one that differs in one of 32
 * bits at least: from both of them, or, where it has from one of them the first bit in which they
 * differ, in another bit from this one.
 */
static int add_others(scmp_filter_ctx context, int call, const int but[2])
{
	scmp_datum_t parting = (unsigned)(but[0] ^ but[1]);
	int rc = 0;

	parting &= -parting;
	for (unsigned i = 0; i < (parting ? 2 : 1); i++) {
		for (unsigned k = 0; rc == 0 && k < 32; k++) {
			scmp_datum_t bit = 1ULL << k, fd = (unsigned)but[i];

			if (bit != parting) {
				rc = seccomp_rule_add(context, SCMP_ACT_ALLOW, call, 1,
						      SCMP_A0(SCMP_CMP_MASKED_EQ, bit | parting,
							      (~fd & bit) | (fd & parting)));
			}
		}
	}
	return rc;
}

static int add_common(scmp_filter_ctx context, const int lock[2])
{
	const struct condition conditions[] = {
		/* Memory, but none that is code, and of files none to write to. */
		{SCMP_SYS(mmap), 1, {SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, 0)}},
		{SCMP_SYS(mmap),
		 2,
		 {SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		  SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)}},
		{SCMP_SYS(mprotect), 1, {SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)}},
		/* What memory is for, and giving it back, but not out of the file that it is of. */
		{SCMP_SYS(madvise), 1, {SCMP_A2(SCMP_CMP_LE, MADV_DONTNEED, 0)}},
		{SCMP_SYS(madvise), 1, {SCMP_A2(SCMP_CMP_EQ, MADV_FREE, 0)}},
		{SCMP_SYS(madvise), 1, {SCMP_A2(SCMP_CMP_EQ, MADV_HUGEPAGE, 0)}},
		{SCMP_SYS(madvise), 1, {SCMP_A2(SCMP_CMP_EQ, MADV_NOHUGEPAGE, 0)}},
		{SCMP_SYS(madvise), 1, {SCMP_A2(SCMP_CMP_EQ, MADV_DONTDUMP, 0)}},
		/* The process' own futexes; of shared ones, as a thread's end is, waiting. */
		{SCMP_SYS(futex),
		 1,
		 {SCMP_A1(SCMP_CMP_MASKED_EQ, FUTEX_PRIVATE_FLAG, FUTEX_PRIVATE_FLAG)}},
		{SCMP_SYS(futex),
		 1,
		 {SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX & ~FUTEX_CLOCK_REALTIME, FUTEX_WAIT)}},
		{SCMP_SYS(futex),
		 1,
		 {SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX & ~FUTEX_CLOCK_REALTIME,
			  FUTEX_WAIT_BITSET)}},
		/* abort() */
		{SCMP_SYS(tgkill), 1, {SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)}},
	};
	int rc = add_calls(context, SCMP_ACT_ALLOW, common, COUNT(common));

	if (rc == 0) {
		rc = add_calls(context, SCMP_ACT_KILL_PROCESS, deadly, COUNT(deadly));
	}
	if (rc == 0) {
		rc = add_conditions(context, conditions, COUNT(conditions));
	}
	for (size_t i = 0; rc == 0 && i < COUNT(on_others); i++) {
		rc = add_others(context, on_others[i], lock);
	}
	return rc;
}

static int add_worker(scmp_filter_ctx context)
{
	static const struct condition conditions[] = {
		/* What a connection has for us, what it has of ours, and how much that may be. */
		{SCMP_SYS(ioctl), 1, {SCMP_A1(SCMP_CMP_EQ, FIONREAD, 0)}},
		{SCMP_SYS(ioctl), 1, {SCMP_A1(SCMP_CMP_EQ, TIOCOUTQ, 0)}},
		{SCMP_SYS(setsockopt),
		 2,
		 {SCMP_A1(SCMP_CMP_EQ, IPPROTO_TCP, 0),
		  SCMP_A2(SCMP_CMP_EQ, TCP_NOTSENT_LOWAT, 0)}},
		/* The TCP process' own limit of descriptors. */
		{SCMP_SYS(prlimit64), 1, {SCMP_A0(SCMP_CMP_EQ, 0, 0)}},
	};
	int rc = add_calls(context, SCMP_ACT_ALLOW, worker, COUNT(worker));

	return rc ? rc : add_conditions(context, conditions, COUNT(conditions));
}

static int add_dnstap(scmp_filter_ctx context)
{
	static const struct condition conditions[] = {
		{SCMP_SYS(socket), 1, {SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0)}},
	};
	int rc = add_calls(context, SCMP_ACT_ALLOW, dnstap, COUNT(dnstap));

	return rc ? rc : add_conditions(context, conditions, COUNT(conditions));
}

enum status confine_calls(enum confined who, const int lock[2], bool *there)
{
	scmp_filter_ctx context;
	int rc = 0;

	*there = kernel_has_seccomp();
	if (!*there) {
		return ST_OK;
	}
	context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!context) {
		return fail(ST_AGAIN, "no memory for the filter of system calls");
	}
	rc = add_common(context, lock);
	if (rc == 0) {
		rc = who == CONFINED_DNSTAP ? add_dnstap(context) : add_worker(context);
	}
	if (rc == 0) {
		rc = seccomp_load(context);
	}
	seccomp_release(context);
	return rc == 0 ? ST_OK
		       : fail(ST_INTERNAL, "unable to give up system calls: %s", strerror(-rc));
}
