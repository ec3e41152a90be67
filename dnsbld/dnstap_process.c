/*
 * dnstap_process.c: from the rings to the reader.
 *
 *	a turn:  no reader?  try, once a second
 *		 reader      of each ring SHARE exchanges -> frames -> one write
 *		 nothing     rest REST_MS
 *
 * Workers do not wake anybody, which would cost them a system call each time: the rings are looked
 * at. Without a reader they are left full, so that it gets what came before it, and then workers
 * lose what comes next, at the price of a comparison.
 *
 * 1. A ring has its share of a turn whatever is in it: none keeps the others from being read.
 * 2. SIGTERM comes when all workers have ended: what is left in the rings is passed on first, to a
 *    reader that takes it within FINISH_S.
 */
#include "dnstap_process.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dnstap.h"
#include "dnstap_frame.h"
#include "dnstap_stream.h"
#include "log.h"

enum {
	SHARE = STREAM_FRAMES / FRAMES_MOST,
	/* A ring is full after 20 ms, where a worker gets as much as any of them can answer. */
	REST_MS = 5,
	ABSENT_MS = 200, /* a rest while nobody reads */
	RETRY_S = 1,
	FINISH_S = 2, /* how long the reader is waited for at the end */
	QUIET_S = 60, /* between two warnings that exchanges were lost */
};

struct dnstap_process {
	const struct config *config;
	struct ring *rings;
	unsigned count;
	struct heartbeat *heartbeat;
	struct dnstap_sender sender;
	struct dnstap_stream *stream;
	bool told_absent; /* that there is no reader */
	time_t retry_s;   /* when to try again */
	time_t finish_s;  /* when to give up; 0: not stopping */
	uint64_t lost;    /* of all rings, told */
	time_t lost_told_s;
	uint64_t damaged; /* what was no exchange, since that was told */
};

static volatile sig_atomic_t stopping;

/* One exchange, and the frames of a turn. */
static uint8_t message[EXCHANGE_MOST];
static uint8_t frame_room[SHARE * FRAMES_MOST][FRAME_MOST];
static struct iovec frames[SHARE * FRAMES_MOST];

static void on_stop(int number)
{
	(void)number;
	stopping = 1;
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

static void say_absent(struct dnstap_process *p)
{
	if (!p->told_absent) {
		log_warn("dnstap: nobody reads %s: %s; trying again", p->config->dnstap.socket,
			 dnstap_stream_fault(p->stream));
	}
	p->told_absent = true;
	p->retry_s = now_s() + RETRY_S;
}

static void look_for_reader(struct dnstap_process *p)
{
	if (now_s() < p->retry_s) {
		return;
	}
	if (dnstap_stream_open(p->stream)) {
		log_info("dnstap: %s is read", p->config->dnstap.socket);
		p->told_absent = false;
	} else {
		say_absent(p);
	}
}

/* Whether there was anything. */
static bool pass_on(struct dnstap_process *p, struct ring *ring)
{
	enum ring_state state = RING_EMPTY;
	int count = 0;
	size_t len;

	for (int i = 0; i < SHARE; i++) {
		int n = -1;

		state = ring_take(ring, message, sizeof message, &len);
		if (state == RING_EMPTY) {
			break;
		}
		if (state == RING_TAKEN) {
			n = dnstap_frames(&p->sender, message, len, frame_room[count],
					  frames + count);
		}
		p->damaged += n < 0;
		count += n > 0 ? n : 0;
	}
	if (count > 0 && !dnstap_stream_write(p->stream, frames, count)) {
		say_absent(p);
	}
	return state != RING_EMPTY || count > 0;
}

static bool pass_on_all(struct dnstap_process *p)
{
	bool any = false;

	for (unsigned i = 0; i < p->count && dnstap_stream_is_open(p->stream); i++) {
		heartbeat_tick(p->heartbeat);
		any = pass_on(p, &p->rings[i]) || any;
	}
	return any;
}

static uint64_t count_lost(const struct dnstap_process *p)
{
	uint64_t lost = 0;

	for (unsigned i = 0; i < p->count; i++) {
		lost += ring_lost(&p->rings[i]);
	}
	return lost;
}

static void tell_lost(struct dnstap_process *p)
{
	uint64_t lost = count_lost(p);

	if ((lost == p->lost && p->damaged == 0) ||
	    (p->lost_told_s != 0 && now_s() < p->lost_told_s + QUIET_S)) {
		return;
	}
	if (lost != p->lost) {
		log_warn("dnstap: %llu queries with their answers were lost: %s",
			 (unsigned long long)(lost - p->lost),
			 dnstap_stream_is_open(p->stream) ? "the reader is too slow"
							  : "nobody reads");
	}
	if (p->damaged > 0) {
		log_error("dnstap: a worker has written %llu times what is no query: it is broken, "
			  "or was broken into",
			  (unsigned long long)p->damaged);
	}
	p->lost = lost;
	p->damaged = 0;
	p->lost_told_s = now_s();
}

/* While the reader keeps us waiting. */
static bool on_wait(void *context)
{
	struct dnstap_process *p = context;

	heartbeat_tick(p->heartbeat);
	tell_lost(p);
	if (stopping && p->finish_s == 0) {
		p->finish_s = now_s() + FINISH_S;
	}
	return p->finish_s == 0 || now_s() < p->finish_s;
}

/* Whether there was anything. */
static bool turn(struct dnstap_process *p)
{
	heartbeat_tick(p->heartbeat);
	if (!dnstap_stream_is_open(p->stream)) {
		look_for_reader(p);
	}
	bool any = pass_on_all(p);

	tell_lost(p);
	log_tick();
	if (!any && !stopping &&
	    !dnstap_stream_rest(p->stream,
				dnstap_stream_is_open(p->stream) ? REST_MS : ABSENT_MS)) {
		say_absent(p);
	}
	return any;
}

enum status dnstap_serve(const struct config *config, struct ring *rings, unsigned count,
			 struct heartbeat *heartbeat)
{
	/* Without SA_RESTART, so that a signal ends the wait. */
	const struct sigaction stop = {.sa_handler = on_stop};
	char host[HOST_NAME_MAX + 1] = "";
	sigset_t term;
	struct dnstap_process p = {
		.config = config,
		.rings = rings,
		.count = count,
		.heartbeat = heartbeat,
		.sender = {.identity = config->nsid ? config->nsid : host,
			   .version = config->version ? config->version : "dnsbld " DNSBLD_VERSION,
			   .wanted = &config->dnstap},
	};

	gethostname(host, sizeof host - 1);
	p.lost = count_lost(&p);
	p.stream = dnstap_stream_new(config->dnstap.socket, on_wait, &p);
	sigaction(SIGTERM, &stop, NULL);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &term, NULL);

	while (!stopping) {
		turn(&p);
	}
	while (turn(&p)) {
	}
	dnstap_stream_free(p.stream);
	return ST_OK;
}
