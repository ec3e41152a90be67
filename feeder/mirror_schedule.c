/*
 * mirror_schedule.c: REFRESH, after a failure RETRY (RFC 1035 §3.3.13), and twice within EXPIRE, or
 * a zone that can be had would expire; without a zone, for which mail servers may be waiting, 2 s
 * doubling to a minute.
 */
#include "mirror_schedule.h"

enum {
	FIRST_MS = 2000,
	FIRST_MOST_MS = 60000,
	/* A primary says what it likes, but 0 would be a flood, and a year as good as never. */
	LEAST_S = 1,
	MOST_S = 28 * 24 * 3600,
	JITTER = 10, /* a part in so many, at most */
};

uint64_t schedule_ms(const struct soa_config *soa, unsigned failures, uint32_t random)
{
	uint64_t ms = FIRST_MS;

	if (soa) {
		uint64_t s = failures ? soa->retry_s : soa->refresh_s;

		if (soa->expire_s > 0 && s > soa->expire_s / 2) {
			s = soa->expire_s / 2;
		}
		ms = 1000 * (s < LEAST_S ? LEAST_S : s > MOST_S ? MOST_S : s);
	} else {
		for (unsigned i = 1; i < failures && ms < FIRST_MOST_MS; i++) {
			ms *= 2;
		}
		ms = ms > FIRST_MOST_MS ? FIRST_MOST_MS : ms;
	}
	return ms - random % (ms / JITTER);
}
