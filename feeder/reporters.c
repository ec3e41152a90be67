/*
 * reporters.c: who reports.
 */
#include "reporters.h"

#include <strings.h>

#include "source.h"

enum { NAME_KEY = 1 + SOURCE_NAME };

static struct bytes name_key(uint8_t room[NAME_KEY], const char *name)
{
	struct writer w = writer_of(room, NAME_KEY);

	write_u8(&w, 'n');
	write_bytes(&w, name, strlen(name));
	return writer_bytes(&w);
}

static struct bytes number_key(uint8_t room[5], uint32_t number)
{
	struct writer w = writer_of(room, 5);

	write_u8(&w, 'r');
	write_u32(&w, number);
	return writer_bytes(&w);
}

/* The highest number given, which is the table's last row; 0 where there is none. */
static uint32_t last_number(struct txn *txn)
{
	struct scan *scan = scan_open(txn, TABLE_REPORTERS);
	struct bytes key, value;
	uint32_t number = 0;

	if (scan_prev(scan, &key, &value)) {
		struct reader r = reader_of(key);

		if (read_u8(&r) != 'r') {
			scan_damaged(scan);
		}
		number = read_u32(&r);
	}
	scan_close(scan);
	return number;
}

uint32_t reporter_number(struct txn *txn, const char *name)
{
	uint8_t room[NAME_KEY], number_room[5], record[4];
	struct bytes key = name_key(room, name), value;

	if (txn_get(txn, TABLE_REPORTERS, key, &value)) {
		struct reader r = reader_of(value);

		return read_u32(&r);
	}
	uint32_t number = last_number(txn) + 1;
	struct writer w = writer_of(record, sizeof record);

	write_u32(&w, number);
	txn_put(txn, TABLE_REPORTERS, key, writer_bytes(&w));
	txn_put(txn, TABLE_REPORTERS, number_key(number_room, number), bytes_str(name));
	return txn_status(txn) ? 0 : number;
}

uint32_t reporter_try(struct txn *txn, const struct config *config, const char *name)
{
	uint8_t room[NAME_KEY];
	const struct reporter_config *reporter = config_reporter(config, bytes_str(name));
	struct bytes value;

	if (txn_get(txn, TABLE_REPORTERS, name_key(room, name), &value)) {
		struct reader r = reader_of(value);

		return read_u32(&r);
	}
	return reporter ? UINT32_MAX - 1 - (uint32_t)(reporter - config->reporters) : UINT32_MAX;
}

struct bytes reporter_name(struct txn *txn, uint32_t number)
{
	uint8_t room[5];
	struct bytes name = {0};

	txn_get(txn, TABLE_REPORTERS, number_key(room, number), &name);
	return name;
}

/* --- the config's ------------------------------------------------------------ */

/* Whether `domains` has one of the reporter's among its words. */
static bool has_domain(const struct reporter_config *reporter, const char *domains)
{
	while (*domains) {
		size_t len = strcspn(domains, " ");

		for (size_t i = 0; i < reporter->domain_count; i++) {
			const char *own = reporter->domains[i];

			if (strlen(own) == len && strncasecmp(own, domains, len) == 0) {
				return true;
			}
		}
		domains += len;
		domains += strspn(domains, " ");
	}
	return false;
}

const char *reporter_of(const struct config *config, const char *given, const struct report *report)
{
	for (size_t i = 0; i < config->reporter_count; i++) {
		const struct reporter_config *reporter = &config->reporters[i];
		const char *address = reporter->address;

		if (given ? address && strcasecmp(address, given) == 0
			  : has_domain(reporter, report->domains)) {
			return reporter->name;
		}
	}
	return given ? given : REPORTER_ANONYMOUS;
}

const char *reporter_of_delivery(const struct config *config, const char *given,
				 const struct report *report)
{
	const char *name = reporter_of(config, given, report);

	const struct reporter_config *reporter = config_reporter(config, bytes_str(name));

	if (reporter && reporter->domain_count > 0 && !has_domain(reporter, report->domains)) {
		return REPORTER_ANONYMOUS;
	}
	return name;
}

void reporter_judge_name(const struct config *config, struct bytes name, struct evidence *e)
{
	const struct reporter_config *reporter = config_reporter(config, name);

	e->trust = reporter ? reporter->trust : 1000;
	e->trap = reporter && reporter->trap;
	e->anonymous = bytes_equal(name, bytes_str(REPORTER_ANONYMOUS));
}

void reporter_judge(struct txn *txn, const struct config *config, struct evidence *e)
{
	reporter_judge_name(config, reporter_name(txn, e->reporter), e);
}
