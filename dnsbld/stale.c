/*
 * stale.c: two signs that nobody writes the database any more.
 *
 *	something expired long ago and is still served    feeder expire, which a timer starts each
 *	                                                  minute, would have taken it away
 *	nothing has changed for as long as `stale` says   the operator knows how often it should
 *
 * The first needs no option: it is a fault whatever the list is. That feeder ran and found nothing
 * to do leaves no trace, so its silence alone is none.
 */
#include "stale.h"

#include "expiry.h"
#include "log.h"
#include "state.h"

enum {
	OVERDUE_S = 10 * 60, /* ten times what the timer takes */
	AGAIN_S = 10 * 60,
};

static uint64_t age(uint64_t since, uint64_t now_s)
{
	return since != 0 && now_s > since ? now_s - since : 0;
}

void stale_tick(struct stale *stale, struct worker *w, uint64_t now_s)
{
	struct state state = {0};
	uint64_t expired = 0, limit_s = w->config->stale_s;

	worker_begin(w);
	if (!w->reading) {
		worker_end(w);
		return;
	}
	state_read(w->txn, &state);
	expiry_rows(w->txn, now_s, 1, &expired);
	worker_end(w);

	bool overdue = age(expired, now_s) >= OVERDUE_S;
	bool unchanged = limit_s != 0 && age(state.last_change, now_s) >= limit_s;

	if (!overdue && !unchanged) {
		if (stale->told) {
			log_info("the data is up to date again");
		}
		*stale = (struct stale){0};
		return;
	}
	if (now_s < stale->again_s) {
		return;
	}
	stale->told = true;
	stale->again_s = now_s + AGAIN_S;
	if (overdue) {
		log_error("what expired %llu s ago is still served: feeder expire, which "
			  "should run each minute, does not run or fails",
			  (unsigned long long)age(expired, now_s));
	}
	if (unchanged) {
		log_error("nothing has changed for %llu s, and stale allows %llu s: is feeder "
			  "running, and fed?",
			  (unsigned long long)age(state.last_change, now_s),
			  (unsigned long long)limit_s);
	}
}
