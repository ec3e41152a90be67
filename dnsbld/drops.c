/*
 * drops.c: the kernel's count of a socket's drops, read once a second.
 *
 *	getsockopt(SO_MEMINFO)[SK_MEMINFO_DROPS] - told = what to tell
 *
 * SO_RXQ_OVFL brings the same count (sk_drops), with a control message for every query; here it
 * costs one system call a second and the queries nothing. Linux 4.12 is the first to have it.
 *
 * The count also has datagrams with a wrong checksum and those that a filter on the socket refused
 * (udp_queue_rcv_one_skb() in the kernel). We set no filter, and a wrong checksum that the link
 * let through is rare: they are told as if the buffer had been full.
 *
 * 1. The count is of the socket, which outlives workers and, at a SIGHUP, has two for a while. So
 *    `told` is shared by all of them, and is moved by one compare-and-swap: who moves it, tells.
 * 2. `told` is read before the kernel's count, which therefore is never behind it.
 * 3. Both wrap at 2^32. Their difference does not care.
 */
#include "drops.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include "log.h"

enum { QUIET_S = 60 }; /* between two warnings about one socket */

void drops_init(struct drops *drops, uint32_t now_s)
{
	atomic_store_explicit(&drops->clean_s, now_s, memory_order_relaxed);
}

bool drops_take(struct drops *drops, int fd, uint32_t now_s, struct drops_report *report)
{
	uint32_t told = atomic_load_explicit(&drops->told, memory_order_acquire);
	uint32_t told_s = atomic_load_explicit(&drops->told_s, memory_order_relaxed);
	uint32_t clean_s = atomic_load_explicit(&drops->clean_s, memory_order_relaxed);
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t len = sizeof info;

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0 || len < sizeof info) {
		return false; /* an older kernel: it does not say */
	}
	uint32_t count = info[SK_MEMINFO_DROPS];

	atomic_store_explicit(&drops->count, count, memory_order_relaxed);
	if (count == told) {
		atomic_store_explicit(&drops->clean_s, now_s, memory_order_relaxed);
		return false;
	}
	if ((told_s != 0 && now_s - told_s < QUIET_S) ||
	    !atomic_compare_exchange_strong_explicit(&drops->told, &told, count,
						     memory_order_acq_rel, memory_order_relaxed)) {
		return false;
	}
	atomic_store_explicit(&drops->told_s, now_s, memory_order_relaxed);
	atomic_store_explicit(&drops->clean_s, now_s, memory_order_relaxed);
	*report = (struct drops_report){
		.count = count - told,
		.within_s = now_s > clean_s ? now_s - clean_s : 1,
		/* The kernel doubles what it is asked for: half is for its own bookkeeping. */
		.receive_buffer = info[SK_MEMINFO_RCVBUF] / 2,
	};
	return true;
}

void drops_tick(struct drops *drops, int fd, uint32_t now_s, const char *name)
{
	struct drops_report report;

	if (drops_take(drops, fd, now_s, &report)) {
		log_warn("%s: the kernel dropped %u queries in the last %u s, as its receive "
			 "buffer (%u KiB) was full: more workers, or a larger receive_buffer",
			 name, report.count, report.within_s, report.receive_buffer / 1024);
	}
}
