/*
 * mirror_report.c: what an operator is told of runs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "json.h"
#include "log.h"
#include "mirror.h"
#include "output.h"

static const char *const result_text[] = {
	[MIRROR_CURRENT] = "current",
	[MIRROR_INCREMENTAL] = "incremental",
	[MIRROR_FULL] = "full",
	[MIRROR_FAILED] = "failed",
};

/* "; 3 of 120 outside the model: 2 …, 1 …", or nothing. */
static void outside_text(const struct mirror_counts *counts, char *text, size_t room)
{
	size_t used;

	*text = '\0';
	if (counts->outside == 0 && counts->of_kind[MIRROR_STRINGS] == 0) {
		return;
	}
	used = (size_t)snprintf(text, room, "; %" PRIu64 " of %" PRIu64 " outside the model",
				counts->outside, counts->records);
	for (int kind = 0; kind < MIRROR_KINDS && used < room; kind++) {
		if (counts->of_kind[kind] > 0) {
			used += (size_t)snprintf(text + used, room - used, ", %" PRIu64 " %s",
						 counts->of_kind[kind],
						 mirror_kind_words((enum mirror_kind)kind));
		}
	}
}

void mirror_report_transfer(const struct mirror_copy *z, const struct spool *spool,
			    const struct mirror_status *before, const struct mirror_counts *counts)
{
	char serials[64], outside[1024];

	if (before->whole) {
		snprintf(serials, sizeof serials, "serial %" PRIu32 " to %" PRIu32, before->serial,
			 spool->serial);
	} else {
		snprintf(serials, sizeof serials, "serial %" PRIu32, spool->serial);
	}
	outside_text(counts, outside, sizeof outside);
	log_info("%s: %s from %s: %s, %" PRIu64 " records in %.1f s%s", z->config->name, serials,
		 z->config->mirror.primaries[z->primary].at.text,
		 spool->full ? "the whole zone" : "differences", spool->records,
		 (double)mirror_copy_took_ms(z) / 1000, outside);
}

static void print_result(const struct mirror_copy *z, enum mirror_result result)
{
	const char *primary =
		result == MIRROR_FAILED ? NULL : z->config->mirror.primaries[z->primary].at.text;
	const struct mirror_status *status = &z->status;

	if (!z->all->call->json) {
		fprintf(output(), "%s\t%s\t%" PRIu32 "\t%s\t%" PRIu64 "\t%" PRIu64 "\n",
			z->config->name, primary ? primary : "-", status->serial,
			result_text[result], status->records, status->outside);
		return;
	}
	struct json json = json_begin(output());

	json_text(&json, "zone", z->config->name);
	json_text(&json, "primary", primary);
	if (status->whole) {
		json_number(&json, "serial", status->serial);
	} else {
		json_none(&json, "serial");
	}
	json_text(&json, "kind", result_text[result]);
	json_number(&json, "records", status->records);
	json_number(&json, "outside", status->outside);
	json_percent(&json, "seconds", (unsigned)(mirror_copy_took_ms(z) / 10));
	json_end(&json);
}

/* dnsbld no longer answers for it. */
static void say_expired(struct mirror_copy *z)
{
	const uint64_t now = (uint64_t)time(NULL);

	if (z->status.whole && now > z->status.refreshed_s &&
	    now - z->status.refreshed_s > z->config->soa.expire_s &&
	    mirror_say(&z->said_expired, "expired", now)) {
		log_error("%s: expired: for %" PRIu32
			  " s, EXPIRE of its SOA, no primary has said that it is current",
			  z->config->name, z->config->soa.expire_s);
	}
}

void mirror_report_end(struct mirror_copy *z, enum mirror_result result)
{
	if (result == MIRROR_FAILED) {
		say_expired(z);
	} else {
		mirror_said_end(&z->said_expired);
	}
	if (z->all->once) {
		print_result(z, result);
	} else if (result == MIRROR_CURRENT && !z->told) {
		log_info("%s: serial %" PRIu32 " is current, says %s", z->config->name,
			 z->status.serial, z->config->mirror.primaries[z->primary].at.text);
	}
	z->told = result != MIRROR_FAILED;
}
