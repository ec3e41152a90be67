/*
 * latency.c: asks at a rate of its own, whatever the answers do, and says how long each took.
 *
 *	latency [-e] [-n] [-t TEXT] PORT FILE RATE SECONDS
 *
 *	independent arrivals -> what is due: sendmmsg -> ring of what was asked
 *	                                     recvmmsg -> its slot -> right? -> histogram
 *
 * -e, -n, -t and FILE are load.c's. Prints "started", then, at the end or at SIGTERM, one JSON
 * object: queries sent, answered, lost; wrong answers; latencies in microseconds; the longest time
 * without any answer though one was awaited, and when that ended; the longest turn of our own loop,
 * which is in all of these.
 *
 * 1. A latency counts from when the query was due, not from when we came to send it: a server that
 *    stalls cannot make the clock start later (the coordinated omission of closed loops).
 * 2. What LOST_S did not answer is lost, and is in the histogram with that time.
 * 3. The loop spins and never sleeps: it wants a CPU of its own.
 *
 * Exit status 1: an answer was wrong; the first is on stderr.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/bench/expect.h"

enum { REPLY = 1500, SOCKET_BUFFER = 4 << 20, LOST_S = 1 };
#define LOST_NS (LOST_S * 1000000000ULL)

/*
 * Query number n is in slot n mod SLOTS. BLOCK neighbours go by one socket, so that one call sends
 * what is due and one call receives a batch's answers; the next BLOCK by the next of LANES. Lane
 * and ID say the slot, and IDs stay below 65,536.
 */
enum { LANES = 32, BLOCK = 16, SLOTS = 1 << 20 };
_Static_assert(SLOTS / LANES <= 65536, "an ID has 16 bits");
/* No query is twice in a batch: its ID is written into it. */
_Static_assert((int)BLOCK <= (int)QUERIES_LEAST, "");

/* Exact below 128 ns, then 128 buckets for each power of two: off by less than 0.8 %. */
enum { STEP_BITS = 7, STEPS = 1 << STEP_BITS, BUCKETS = (32 - STEP_BITS + 1) * STEPS };
_Static_assert(LOST_NS < 1ULL << 32, "the longest latency has a bucket");

struct asked {
	uint64_t due_ns; /* 0: nothing is awaited */
	uint64_t number;
	const struct query *query;
};

static int lanes[LANES];
static struct asked ring[SLOTS];
static uint64_t sent;       /* the next query's number */
static uint64_t oldest;     /* the first that is awaited */
static uint64_t newest;     /* after the last that was answered: it or a later one comes next */
static uint64_t waiting_ns; /* since then it has been awaited; 0: it is not asked yet */
static uint64_t histogram[BUCKETS];
static uint64_t answered, lost;
static uint64_t start_ns, stall_ns, stalled_at_ns, turn_ns;
static volatile sig_atomic_t stopping;

static void on_stop(int number)
{
	(void)number;
	stopping = 1;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* --- the histogram ------------------------------------------------------------------------------
 */

static unsigned bucket_of(uint64_t ns)
{
	if (ns < STEPS) {
		return (unsigned)ns;
	}
	unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - STEP_BITS;

	return (shift + 1) * STEPS + (unsigned)(ns >> shift & (STEPS - 1));
}

/* The middle of a bucket. */
static double bucket_ns(unsigned bucket)
{
	if (bucket < STEPS) {
		return bucket;
	}
	unsigned shift = bucket / STEPS - 1;

	double middle = (STEPS + bucket % STEPS + 0.5) * (double)(1ULL << shift);

	return middle < LOST_NS ? middle : LOST_NS;
}

static void count(uint64_t ns)
{
	histogram[bucket_of(ns < LOST_NS ? ns : LOST_NS)]++;
}

/* In microseconds: a share of `part` in `whole` took no longer. */
static double percentile(uint64_t part, uint64_t whole)
{
	uint64_t total = answered + lost, seen = 0;
	unsigned bucket = 0;

	for (; bucket < BUCKETS - 1; bucket++) {
		seen += histogram[bucket];
		if (seen * whole >= total * part) {
			break;
		}
	}
	return bucket_ns(bucket) / 1e3;
}

/* --- asking and hearing -------------------------------------------------------------------------
 */

static unsigned lane_of(uint64_t number)
{
	return (unsigned)(number / BLOCK % LANES);
}

static unsigned id_of(uint64_t number)
{
	uint64_t slot = number % SLOTS;

	return (unsigned)(slot / (BLOCK * LANES) * BLOCK + slot % BLOCK);
}

static size_t slot_of(unsigned lane, unsigned id)
{
	return (size_t)id / BLOCK * (BLOCK * LANES) + (size_t)lane * BLOCK + id % BLOCK;
}

/* From 0 to 1; Marsaglia's xorshift64. */
static double uniform(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) * 0x1p-53;
}

/*
 * Exponentially distributed with mean 1, as the time to the next of independent arrivals is. Von
 * Neumann's way (1951), which compares alone: the length of a falling run of uniform numbers is odd
 * with probability e to the minus its first.
 */
static double next_gap(void)
{
	for (double whole = 0;; whole++) {
		double first = uniform(), last = first, next = uniform();
		bool odd = true;

		for (; next < last; next = uniform()) {
			last = next;
			odd = !odd;
		}
		if (odd) {
			return whole + first;
		}
	}
}

/* What is due by now, of one block; *due_ns is the next one's time. */
static void ask(uint64_t now, double *due_ns, double gap_ns)
{
	static struct iovec iov[BLOCK];
	static struct mmsghdr msg[BLOCK];
	unsigned lane = lane_of(sent), n = 0, room = BLOCK - (unsigned)(sent % BLOCK);

	for (; n < room && *due_ns <= (double)now; n++) {
		const struct query *q = &queries[(sent + n) % query_count];
		unsigned id = id_of(sent + n);

		q->packet[0] = (uint8_t)(id >> 8);
		q->packet[1] = (uint8_t)id;
		iov[n] = (struct iovec){q->packet, q->len};
		msg[n].msg_hdr = (struct msghdr){.msg_iov = &iov[n], .msg_iovlen = 1};
		ring[(sent + n) % SLOTS] = (struct asked){(uint64_t)*due_ns, sent + n, q};
		*due_ns += next_gap() * gap_ns;
	}
	if (n > 0 && sendmmsg(lanes[lane], msg, n, 0) != (int)n) {
		perror("latency: sending");
		exit(74);
	}
	if (n > 0 && waiting_ns == 0) {
		waiting_ns = ring[sent % SLOTS].due_ns;
	}
	sent += n;
}

static void note_stall(uint64_t now)
{
	if (waiting_ns != 0 && now - waiting_ns > stall_ns) {
		stall_ns = now - waiting_ns;
		stalled_at_ns = now;
	}
}

static void hear(unsigned lane)
{
	static struct iovec iov[BLOCK];
	static struct mmsghdr msg[BLOCK];
	static uint8_t packet[BLOCK][REPLY];

	for (unsigned i = 0; i < BLOCK && !msg[i].msg_hdr.msg_iov; i++) {
		iov[i] = (struct iovec){packet[i], REPLY};
		msg[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
	}
	int n = recvmmsg(lanes[lane], msg, BLOCK, MSG_DONTWAIT, NULL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		perror("latency: receiving");
		exit(74);
	}
	if (n <= 0) {
		return;
	}
	uint64_t now = now_ns();

	note_stall(now);
	for (int i = 0; i < n; i++) {
		size_t len = msg[i].msg_len;
		unsigned id = len < HEADER ? SLOTS : u16(packet[i]);
		struct asked *asked = id < SLOTS / LANES ? &ring[slot_of(lane, id)] : NULL;

		if (asked && asked->due_ns == 0 && lost > 0) {
			continue; /* late; it has been counted as lost */
		}
		if (!asked || asked->due_ns == 0) {
			is_wrong(NULL, packet[i], len);
			continue;
		}
		if (!is_right(asked->query, packet[i], len)) {
			is_wrong(asked->query, packet[i], len);
		}
		count(now - asked->due_ns);
		asked->due_ns = 0;
		newest = asked->number < newest ? newest : asked->number + 1;
		answered++;
	}
	waiting_ns = newest < sent ? now : 0;
}

static void forget_answered(uint64_t now)
{
	for (; oldest < sent; oldest++) {
		struct asked *asked = &ring[oldest % SLOTS];

		if (asked->due_ns != 0) {
			if (now < asked->due_ns + LOST_NS) {
				return;
			}
			count(now - asked->due_ns);
			asked->due_ns = 0;
			lost++;
		}
	}
}

/* A server answers in the order of the queries: look where the oldest's answer will come, and, in
 * turn, everywhere else. */
static void run(double gap_ns, double seconds)
{
	uint64_t last = now_ns(), end;
	double due_ns = (double)last;
	unsigned elsewhere = 0;

	start_ns = last;
	end = start_ns + (uint64_t)(seconds * 1e9);
	for (;;) {
		uint64_t now = now_ns();

		turn_ns = now - last > turn_ns ? now - last : turn_ns;
		last = now;
		if (now < end && !stopping) {
			ask(now, &due_ns, gap_ns);
			note_stall(now);
		} else if (oldest == sent) {
			return;
		}
		hear(lane_of(oldest));
		elsewhere = (elsewhere + 1) % LANES;
		hear(elsewhere);
		forget_answered(now);
	}
}

static void open_lanes(const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int buffer = SOCKET_BUFFER;

	to.sin_port = htons((uint16_t)atoi(port));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < LANES; i++) {
		lanes[i] = socket(AF_INET, SOCK_DGRAM, 0);
		if (lanes[i] < 0 || connect(lanes[i], (struct sockaddr *)&to, sizeof to) < 0) {
			perror("latency");
			exit(74);
		}
		setsockopt(lanes[i], SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	}
}

int main(int argc, char **argv)
{
	for (int option; (option = getopt(argc, argv, "ent:")) != -1;) {
		edns = edns || option == 'e';
		answers_without_opt = answers_without_opt || option == 'n';
		text = option == 't' ? optarg : text;
		if (option == '?') {
			return 64;
		}
	}
	argv += optind;
	double rate = argc - optind == 4 ? atof(argv[2]) : 0;
	if (rate < 1 || rate * LOST_S > SLOTS || strlen(text) > 200) {
		fprintf(stderr,
			"usage: latency [-e] [-n] [-t TEXT] PORT FILE RATE SECONDS\n"
			"RATE is at most %d\n",
			SLOTS / LOST_S);
		return 64;
	}
	signal(SIGTERM, on_stop);
	setpriority(PRIO_PROCESS, 0, -20); /* if we may; what keeps us waiting is not the server */
	read_queries(argv[1]);
	open_lanes(argv[0]);
	memset(ring, 0, sizeof ring); /* page faults are not for later */
	puts("started");
	fflush(stdout);
	run(1e9 / rate, atof(argv[3]));

	unsigned most = BUCKETS - 1;
	while (most > 0 && histogram[most] == 0) {
		most--;
	}
	printf("{\"sent\": %llu, \"answered\": %llu, \"lost\": %llu, \"wrong\": %llu, "
	       "\"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f, "
	       "\"stall_us\": %.1f, \"stall_at_s\": %.3f, \"turn_us\": %.1f}\n",
	       (unsigned long long)sent, (unsigned long long)answered, (unsigned long long)lost,
	       (unsigned long long)wrong, percentile(1, 2), percentile(99, 100),
	       percentile(999, 1000), bucket_ns(most) / 1e3, (double)stall_ns / 1e3,
	       stalled_at_ns ? (double)(stalled_at_ns - start_ns) / 1e9 : 0, (double)turn_ns / 1e3);
	return wrong > 0;
}
