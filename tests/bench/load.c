/*
 * load.c: asks as fast as it is answered, and holds every answer against what belongs to it.
 *
 *	load [-e [-k]] [-n] [-t TEXT] PORT FILE SECONDS PID...
 *
 *	FILE		queries and what belongs to each, see expect.h
 *	-e		each named query has an OPT, -k: with a cookie in it, -n: but answers have
 *none -t TEXT		what a listed name's TXT is, before the address
 *
 *	SOCKETS lanes, each with its own address and port, WINDOW queries in flight on each
 *	recvmmsg -> each answer is checked, its slot is free -> sendmmsg as soon as half are free
 *
 * A query's ID is the lane's round and the slot, so that an answer finds its query. It never
 * sleeps: a server would pay for waking it. All is built before the clock runs.
 *
 * Prints one JSON object: answers; wrong ones; lost ones; seconds; what the kernel charged all
 * threads of the processes PID, in nanoseconds a packet and as a share of the time (busy); and
 * how much of the time they waited for other processes to leave the CPU to them (waited). On
 * loopback the sender pays for the way into the receiver's socket, so what is charged has the
 * sending of answers and not the coming of queries: for every server alike.
 *
 * 1. A packet that gets no answer is followed by one that does, so it cannot run ahead; it has no
 *    slot, and an answer to it is a wrong one.
 * 2. Nothing for STALLED_S on loopback is lost, not late: another round begins.
 *
 * Exit status 1: an answer was wrong; the first is on stderr.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/expect.h"

enum {
	SOCKETS = 32,
	WINDOW = 8, /* 256 in all: a receive buffer of Linux's default size holds them */
	NO_SLOT = 255,
	REPLY = 1500,
	SOCKET_BUFFER = 4 << 20,
};
#define STALLED_S 0.2

struct lane {
	int fd;
	unsigned in_flight;
	uint8_t round;
	const struct query *asked[WINDOW]; /* by slot; NULL: free */
};

static size_t query_at;
static uint64_t answered, dropped, lost;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of all threads so far; waited: they could run, and others had the CPU. */
struct spent {
	double ran_s, waited_s;
};

static struct spent spent_by(char **pids)
{
	struct spent sum = {0};

	for (; *pids; pids++) {
		char path[600];
		struct dirent *task;

		snprintf(path, sizeof path, "/proc/%s/task", *pids);
		DIR *tasks = opendir(path);
		while (tasks && (task = readdir(tasks))) {
			unsigned long long ran_ns = 0, waited_ns = 0;

			if (task->d_name[0] == '.') {
				continue;
			}
			snprintf(path, sizeof path, "/proc/%s/task/%s/schedstat", *pids,
				 task->d_name);
			FILE *f = fopen(path, "r");
			if (!f || fscanf(f, "%llu %llu", &ran_ns, &waited_ns) != 2) {
				fail(69, path, "not to be read");
			}
			fclose(f);
			sum.ran_s += (double)ran_ns / 1e9;
			sum.waited_s += (double)waited_ns / 1e9;
		}
		if (!tasks) {
			fail(69, *pids, "no such process");
		}
		closedir(tasks);
	}
	return sum;
}

static void ask(struct lane *lane)
{
	/* No query is twice in a batch: its ID is written into it. */
	enum { BATCH = 2 * WINDOW };
	_Static_assert((int)BATCH <= (int)QUERIES_LEAST, "");
	static struct iovec iov[BATCH];
	static struct mmsghdr msg[BATCH];
	static const struct query *batch[BATCH];
	unsigned n = 0;

	for (unsigned slot = 0; slot < WINDOW && n < BATCH; slot++) {
		if (lane->asked[slot]) {
			continue;
		}
		for (bool answer = false; !answer && n < BATCH; n++) {
			const struct query *q = &queries[query_at];

			query_at = query_at + 1 == query_count ? 0 : query_at + 1;
			answer = q->wanted != DROP;
			if (q->len >= 2) {
				q->packet[0] = lane->round;
				q->packet[1] = (uint8_t)(answer ? slot : NO_SLOT);
			}
			iov[n] = (struct iovec){q->packet, q->len};
			msg[n].msg_hdr = (struct msghdr){.msg_iov = &iov[n], .msg_iovlen = 1};
			batch[n] = q;
			if (answer) {
				lane->asked[slot] = q;
			}
		}
	}
	int sent = sendmmsg(lane->fd, msg, n, MSG_DONTWAIT);
	for (unsigned i = 0; i < n; i++) {
		bool left = sent > 0 && i < (unsigned)sent;

		if (batch[i]->wanted == DROP) {
			dropped += left;
		} else if (left) {
			lane->in_flight++;
		} else {
			lane->asked[batch[i]->packet[1]] = NULL;
		}
	}
}

static bool hear(struct lane *lane)
{
	static struct iovec iov[WINDOW];
	static struct mmsghdr msg[WINDOW];
	static uint8_t packet[WINDOW][REPLY];

	for (unsigned i = 0; i < WINDOW; i++) {
		iov[i] = (struct iovec){packet[i], REPLY};
		msg[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
	}
	int n = recvmmsg(lane->fd, msg, WINDOW, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		size_t len = msg[i].msg_len;
		unsigned slot = packet[i][1];

		if (len >= HEADER && packet[i][0] != lane->round) {
			continue; /* late; it has been counted as lost */
		}
		if (len < HEADER || slot >= WINDOW || !lane->asked[slot]) {
			is_wrong(NULL, packet[i], len);
			continue;
		}
		if (!is_right(lane->asked[slot], packet[i], len)) {
			is_wrong(lane->asked[slot], packet[i], len);
		}
		lane->asked[slot] = NULL;
		lane->in_flight--;
		answered++;
	}
	return n > 0;
}

static void give_up(struct lane *lanes)
{
	for (int i = 0; i < SOCKETS; i++) {
		lost += lanes[i].in_flight;
		lanes[i].in_flight = 0;
		lanes[i].round++;
		memset(lanes[i].asked, 0, sizeof lanes[i].asked);
	}
}

static void open_lanes(struct lane *lanes, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int buffer = SOCKET_BUFFER;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (uint32_t i = 0; i < SOCKETS; i++) {
		struct sockaddr_in from = {.sin_family = AF_INET};

		from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + i);
		lanes[i].fd = socket(AF_INET, SOCK_DGRAM, 0);
		if (lanes[i].fd < 0 ||
		    bind(lanes[i].fd, (struct sockaddr *)&from, sizeof from) < 0 ||
		    connect(lanes[i].fd, (struct sockaddr *)&to, sizeof to) < 0) {
			perror("load");
			exit(74);
		}
		setsockopt(lanes[i].fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	}
}

int main(int argc, char **argv)
{
	static struct lane lanes[SOCKETS];

	for (int option; (option = getopt(argc, argv, "eknt:")) != -1;) {
		edns = edns || option == 'e';
		cookies = cookies || option == 'k';
		answers_without_opt = answers_without_opt || option == 'n';
		text = option == 't' ? optarg : text;
		if (option == '?') {
			return 64;
		}
	}
	argv += optind;
	if (argc - optind < 4 || strlen(text) > 200) {
		fputs("usage: load [-e [-k]] [-n] [-t TEXT] PORT FILE SECONDS PID...\n", stderr);
		return 64;
	}
	read_queries(argv[1]);
	open_lanes(lanes, argv[0]);
	struct spent before = spent_by(argv + 3);
	double start = now_s(), heard_at = start, now = start;

	while (now - start < atof(argv[2])) {
		bool heard = false;

		for (int i = 0; i < SOCKETS; i++) {
			heard = hear(&lanes[i]) || heard;
			if (lanes[i].in_flight <= WINDOW / 2) {
				ask(&lanes[i]);
			}
		}
		now = now_s();
		if (heard) {
			heard_at = now;
		} else if (now - heard_at > STALLED_S) {
			give_up(lanes);
			heard_at = now;
		} else {
			sched_yield(); /* to a server that has no CPU of its own */
		}
	}
	double took = now_s() - start;
	struct spent after = spent_by(argv + 3);
	double ran_s = after.ran_s - before.ran_s, waited_s = after.waited_s - before.waited_s;
	uint64_t packets = answered + dropped;

	printf("{\"answered\": %llu, \"dropped\": %llu, \"wrong\": %llu, \"lost\": %llu, "
	       "\"seconds\": %.3f, \"cpu_ns\": %.1f, \"busy\": %.3f, \"waited\": %.3f}\n",
	       (unsigned long long)answered, (unsigned long long)dropped, (unsigned long long)wrong,
	       (unsigned long long)lost, took, packets ? ran_s / (double)packets * 1e9 : 0,
	       ran_s / took, waited_s / took);
	return wrong > 0;
}
