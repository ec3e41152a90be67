/*
 * mirror_copy.c: a zone's runs.
 *
 *	run ─▶ next primary ─▶ SOA ─ newer ─▶ IXFR ─▶ apply ─▶ end
 *	 │         ▲            │               │       └── does not fit ─┐
 *	 │         └── equal, older, failed     └── refused, bad ─▶ AXFR ◀─┘
 *	 └── no zone yet ─▶ AXFR of each primary in turn
 *
 * 1. At most one run of a zone goes on; a NOTIFY during one is remembered, however many come, and
 *    begins the next.
 * 2. Nothing is changed but by mirror_apply.
 * 3. A primary whose serial is older than ours is not followed: it was restored from a backup, or
 *    is not yet told. It does not count as one that says that we are current either.
 */
#include "mirror.h"

#include <event2/util.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "mirror_schedule.h"
#include "serial.h"

enum {
	/* Forged NOTIFYs cost a primary five questions a second at most. */
	NOTIFY_GAP_MS = 200,
	/* And the database no more than a write in so many. */
	REFRESHED_S = 10,
};

static void ask_next(struct mirror_copy *z);
static void run_end(struct mirror_copy *z, enum mirror_result result);

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t mirror_copy_took_ms(const struct mirror_copy *z)
{
	return now_ms() - z->began_ms;
}

static const struct remote_config *primary_of(const struct mirror_copy *z)
{
	return &z->config->mirror.primaries[z->primary];
}

static const struct tsig_key *key_of(const struct mirror_copy *z)
{
	const struct key_config *key = primary_of(z)->key;

	return key ? tsig_key_find(z->all->keys, &key->name) : NULL;
}

static void keep_fault(enum status *worst, enum status status)
{
	if (*worst == ST_OK || *worst == ST_AGAIN) {
		*worst = status;
	}
}

/* --- faults -------------------------------------------------------------------------------------
 */

/* Of the primary that is asked: fail_text(). */
static void say_primary(struct mirror_copy *z)
{
	if (mirror_say(&z->said[z->primary], fail_text(), now_ms() / 1000)) {
		log_warn("%s: %s: %s", z->config->name, primary_of(z)->at.text, fail_text());
	}
}

static void primary_failed(struct mirror_copy *z, enum status status)
{
	say_primary(z);
	keep_fault(&z->fault, status);
	ask_next(z);
}

static void primary_is_well(struct mirror_copy *z)
{
	if (mirror_said_end(&z->said[z->primary])) {
		log_info("%s: %s: well again", z->config->name, primary_of(z)->at.text);
	}
}

/* Our fault and no primary's: another one would not help. */
static void failed_here(struct mirror_copy *z, enum status status)
{
	if (mirror_say(&z->said_local, fail_text(), now_ms() / 1000)) {
		log_error("%s: %s", z->config->name, fail_text());
	}
	z->fault = status;
	run_end(z, MIRROR_FAILED);
}

/* --- into the database --------------------------------------------------------------------------
 */

static void transfer(struct mirror_copy *z, bool full);

static void on_applied(void *context, const struct mirror_applied *applied)
{
	struct mirror_copy *z = context;
	struct spool spool = z->spool;
	const bool transferred = spool.file != NULL, full = spool.full;
	const struct mirror_status before = z->status;
	enum status status = applied->status;

	z->apply = NULL;
	z->spool = (struct spool){0};
	if (status) {
		fail(status, "%s", applied->text);
		spool_close(&spool);
		if (status != ST_DATA || !transferred) {
			failed_here(z, status);
		} else if (full) {
			z->behind = true;
			primary_failed(z, status);
		} else {
			say_primary(z);
			transfer(z, true);
		}
		return;
	}
	status = mirror_load(z->all, z);
	if (!status && transferred && !applied->overtaken) {
		mirror_report_transfer(z, &spool, &before, &applied->counts);
	}
	spool_close(&spool);
	if (status) {
		failed_here(z, status);
		return;
	}
	mirror_said_end(&z->said_local);
	if (!transferred || applied->overtaken) {
		run_end(z, z->behind ? MIRROR_FAILED : MIRROR_CURRENT);
	} else {
		primary_is_well(z);
		run_end(z, full ? MIRROR_FULL : MIRROR_INCREMENTAL);
	}
}

static void apply(struct mirror_copy *z, uint64_t refreshed_s)
{
	struct call *call = z->all->call;
	const struct mirror_job job = {
		.call = call,
		.zone = z->config,
		.spool = z->spool.file ? &z->spool : NULL,
		.base = z->status.serial,
		.refreshed_s = refreshed_s,
		.patient = !z->all->once,
	};

	if (!call->now_text) {
		call->now = (uint64_t)time(NULL);
	}
	enum status status = mirror_apply_open(&z->apply, z->all->base, &job, on_applied, z);

	if (status) {
		failed_here(z, status);
	}
}

/* --- one primary --------------------------------------------------------------------------------
 */

static void is_current(struct mirror_copy *z)
{
	primary_is_well(z);
	z->current_s = (uint64_t)time(NULL);
	z->current_primary = z->primary;
	ask_next(z);
}

static void on_transfer(void *context, enum mirror_transfer_end end, enum status status,
			struct spool *spool)
{
	struct mirror_copy *z = context;

	z->transfer = NULL;
	switch (end) {
	case MIRROR_TRANSFER_WHOLE:
		z->spool = *spool;
		apply(z, (uint64_t)time(NULL));
		return;
	case MIRROR_TRANSFER_CURRENT:
		status = fail(ST_DATA,
			      "its SOA has serial %" PRIu32
			      ", but it transfers nothing that is newer than ours, %" PRIu32,
			      z->newer, z->status.serial);
		break;
	case MIRROR_TRANSFER_REFUSED:
	case MIRROR_TRANSFER_BAD:
		if (!z->full) {
			say_primary(z);
			transfer(z, true);
			return;
		}
		break;
	case MIRROR_TRANSFER_BROKEN:
		break;
	case MIRROR_TRANSFER_FAILED:
		failed_here(z, status);
		return;
	}
	z->behind = true;
	primary_failed(z, status);
}

static void transfer(struct mirror_copy *z, bool full)
{
	const struct mirror_transfer_wanted wanted = {
		.zone = &z->config->apex,
		.from = primary_of(z),
		.key = key_of(z),
		.full = full,
		.has_serial = mirror_is_settled(&z->status),
		.serial = z->status.serial,
		.folder = z->all->call->config->database,
		.bounds = spool_bounds_of(z->status.records, z->all->call->config->map_size),
	};

	z->full = full;
	enum status status =
		mirror_transfer_open(&z->transfer, z->all->base, &wanted, on_transfer, z);

	if (status) {
		failed_here(z, status);
	}
}

static void on_soa(void *context, enum status status, uint32_t serial)
{
	struct mirror_copy *z = context;

	z->soa = NULL;
	if (status) {
		primary_failed(z, status);
	} else if (serial == z->status.serial) {
		is_current(z);
	} else if (serial_newer(serial, z->status.serial)) {
		z->newer = serial;
		transfer(z, false);
	} else {
		primary_failed(z, fail(ST_DATA,
				       "its serial, %" PRIu32 ", is older than ours, %" PRIu32
				       ": not followed",
				       serial, z->status.serial));
	}
}

/* --- a run --------------------------------------------------------------------------------------
 */

/* All primaries were asked, and nothing newer could be had. */
static void run_out(struct mirror_copy *z)
{
	if (!z->current_s) {
		run_end(z, MIRROR_FAILED);
		return;
	}
	z->primary = z->current_primary;
	const uint64_t seldom_s =
		z->config->soa.refresh_s < REFRESHED_S ? z->config->soa.refresh_s : REFRESHED_S;

	if (z->current_s - z->status.refreshed_s < seldom_s) {
		run_end(z, z->behind ? MIRROR_FAILED : MIRROR_CURRENT);
	} else {
		apply(z, z->current_s);
	}
}

static void ask_next(struct mirror_copy *z)
{
	const size_t count = z->config->mirror.primary_count;

	if (z->tried == count) {
		run_out(z);
		return;
	}
	z->primary = (z->first + z->tried++) % count;
	if (!mirror_is_settled(&z->status)) {
		transfer(z, true);
		return;
	}
	enum status status = mirror_soa_open(&z->soa, z->all->base, &z->config->apex,
					     &primary_of(z)->at, key_of(z), on_soa, z);

	if (status) {
		primary_failed(z, status);
	}
}

static void run(struct mirror_copy *z)
{
	z->running = true;
	z->again = false;
	z->began_ms = now_ms();
	z->tried = 0;
	z->current_s = 0;
	z->fault = ST_OK;
	z->behind = false;
	enum status status = mirror_load(z->all, z);

	if (status) {
		failed_here(z, status);
	} else {
		ask_next(z);
	}
}

static void wait_for(struct mirror_copy *z, uint64_t ms)
{
	const struct timeval wait = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

	event_add(z->timer, &wait);
}

static void run_end(struct mirror_copy *z, enum mirror_result result)
{
	struct mirror *m = z->all;
	uint32_t random;

	z->running = false;
	z->failures = result == MIRROR_FAILED ? z->failures + 1 : 0;
	mirror_report_end(z, result);
	if (m->once) {
		if (result == MIRROR_FAILED) {
			m->failed++;
			keep_fault(&m->worst, z->fault);
		}
		if (--m->unfinished == 0) {
			event_base_loopbreak(m->base);
		}
		return;
	}
	if (z->again) {
		wait_for(z, NOTIFY_GAP_MS);
		return;
	}
	z->first = 0;
	evutil_secure_rng_get_bytes(&random, sizeof random);
	wait_for(z, schedule_ms(z->status.whole ? &z->config->soa : NULL, z->failures, random));
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	run(context);
}

void mirror_copy_notified(struct mirror_copy *z, size_t primary)
{
	const uint64_t since = mirror_copy_took_ms(z);

	z->first = primary;
	if (z->running) {
		z->again = true;
	} else {
		wait_for(z, since < NOTIFY_GAP_MS ? NOTIFY_GAP_MS - since : 0);
	}
}

enum status mirror_copy_open(struct mirror_copy *z, struct mirror *all, struct zone_config *config)
{
	z->all = all;
	z->config = config;
	z->said = must_alloc(config->mirror.primary_count * sizeof *z->said);
	z->timer = evtimer_new(all->base, on_timer, z);
	return z->timer ? ST_OK : fail(ST_AGAIN, "no memory for events");
}

void mirror_copy_start(struct mirror_copy *z)
{
	wait_for(z, 0);
}

void mirror_copy_close(struct mirror_copy *z)
{
	mirror_soa_close(z->soa);
	mirror_transfer_close(z->transfer);
	mirror_apply_close(z->apply);
	spool_close(&z->spool);
	if (z->timer) {
		event_free(z->timer);
	}
	free(z->said);
}
