/*
 * config_option.c: every option there is. dnsbld.conf(5) and the sample say the same in words; a
 * test holds the sample against this table.
 */
#include "config_option.h"

#include <stdarg.h>
#include <stdio.h>

#include "cpus.h"
#include "quota.h"

#define FIELD(type, member) \
	.field = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)

#define DAY  86400u
#define KIB  ((uint64_t)1 << 10)
#define MIB  ((uint64_t)1 << 20)
#define TIB  ((uint64_t)1 << 40)
#define LONG (36525u * (uint64_t)DAY) /* what duration_parse() allows: 100 years */

enum {
	TTL_LIMIT = INT32_MAX, /* RFC 2181 §8; the SOA's times keep to it as well */
	REPORTS = 1000000,     /* a policy that waits for more waits for ever */
	CONNECTIONS = 100000,  /* past any limit on open files worth setting */
	TRUST = 10,            /* whoever wants one reporter to suffice sets his reports lower */
	WEIGHT = 100,          /* the same of a kind of report */
	RELAPSE = 100,         /* the second time reaches any max_expires */
	NEIGHBOURS = 65536,    /* of a /48; a /24 has 256 */
	SAMPLE = 1000000,      /* one in so many is one every few seconds, on the busiest server */
	SOCKET_PATH = 107,     /* sun_path (unix(7)) with its end */
	RATE = 100000,         /* all of a worker's; beyond it the ticks of rrl.c are too coarse */
	SLIP = 100,            /* one in so many is next to none */
	EXEMPT = 64,           /* each is compared with each query's address */
	IDENTITY = 64,         /* it shares 512 octets with the answer */
};

static const struct config_option tcp_options[] = {
	{"clients", OPTION_VALUE, .fallback = "1000", .set = value_number, .min = 1,
	 .max = CONNECTIONS, FIELD(tcp_config, clients)},
	{"per_client", OPTION_VALUE, .fallback = "20", .set = value_number, .min = 1,
	 .max = CONNECTIONS, FIELD(tcp_config, per_client)},
	{"idle", OPTION_VALUE, .fallback = "10s", .set = value_milliseconds, .min = 1, .max = DAY,
	 FIELD(tcp_config, idle_ms)},
	{"partial", OPTION_VALUE, .fallback = "2s", .set = value_milliseconds, .min = 1, .max = DAY,
	 FIELD(tcp_config, partial_ms)},
	{"transfers", OPTION_VALUE, .fallback = "10", .set = value_number, .min = 1,
	 .max = CONNECTIONS, FIELD(tcp_config, transfers)},
	{.name = NULL},
};

static const struct config_option dnstap_options[] = {
	{"socket", OPTION_VALUE, .set = dnstap_set_socket, .max = SOCKET_PATH,
	 FIELD(dnstap_config, socket)},
	{"sample", OPTION_VALUE, .fallback = "1", .set = value_number, .min = 1, .max = SAMPLE,
	 FIELD(dnstap_config, sample)},
	{"queries", OPTION_VALUE, .fallback = "true", .set = value_bool,
	 FIELD(dnstap_config, queries)},
	{"responses", OPTION_VALUE, .fallback = "true", .set = value_bool,
	 FIELD(dnstap_config, responses)},
	{.name = NULL},
};

static const struct config_option cookies_options[] = {
	{"secret", OPTION_VALUE, .set = cookie_secret_set, FIELD(cookies_config, secret)},
	{"old_secret", OPTION_VALUE, .set = cookie_secret_set, FIELD(cookies_config, old_secret)},
	{"require", OPTION_VALUE, .fallback = "false", .set = value_bool,
	 FIELD(cookies_config, require)},
	{.name = NULL},
};

static const struct config_option rrl_options[] = {
	{"rate", OPTION_VALUE, .fallback = "200", .set = value_number, .min = 1, .max = RATE,
	 FIELD(rrl_config, rate)},
	{"slip", OPTION_VALUE, .fallback = "1", .set = value_number, .max = SLIP,
	 FIELD(rrl_config, slip)},
	{"exempt", OPTION_LIST, .set = rrl_exempt_add, .max = EXEMPT},
	{.name = NULL},
};

/* The first three are there together or not at all: policy_close(). */
static const struct config_option policy_options[] = {
	{"reports", OPTION_VALUE, .set = value_number, .min = 1, .max = REPORTS,
	 FIELD(policy_config, reports)},
	{"reporters", OPTION_VALUE, .set = value_number, .min = 1, .max = REPORTS,
	 FIELD(policy_config, reporters)},
	{"within", OPTION_VALUE, .set = value_seconds, .min = 1, .max = LONG,
	 FIELD(policy_config, within_s)},
	{"categories", OPTION_LIST, .never_empty = true, .set = policy_add_category},
	{"trap_weight", OPTION_VALUE, .fallback = "3.0", .set = value_thousandths,
	 .max = WEIGHT * 1000, FIELD(policy_config, trap_weight)},
	{"negative_weight", OPTION_VALUE, .fallback = "1.0", .set = value_thousandths,
	 .max = WEIGHT * 1000, FIELD(policy_config, negative_weight)},
	{"half_life", OPTION_VALUE, .fallback = "never", .set = value_expiry, .min = 1, .max = LONG,
	 FIELD(policy_config, half_life_s)},
	{"max_age", OPTION_VALUE, .fallback = "never", .set = value_expiry, .min = 1, .max = LONG,
	 FIELD(policy_config, max_age_s)},
	{"relapse", OPTION_VALUE, .fallback = "2.0", .set = value_thousandths, .min = 1000,
	 .max = RELAPSE * 1000, FIELD(policy_config, relapse)},
	{"max_expires", OPTION_VALUE, .fallback = "90d", .set = value_seconds, .min = 1,
	 .max = LONG, FIELD(policy_config, max_expires_s)},
	{"cool_off", OPTION_VALUE, .fallback = "30d", .set = value_seconds, .min = 1, .max = LONG,
	 FIELD(policy_config, cool_off_s)},
	{"neighbours", OPTION_VALUE, .fallback = "16", .set = value_number, .max = NEIGHBOURS,
	 FIELD(policy_config, neighbours)},
	{"ipv6", OPTION_VALUE, .fallback = "128", .set = value_number, .min = 64, .max = 128,
	 FIELD(policy_config, ipv6)},
	{.name = NULL},
};

static const struct config_option sublist_options[] = {
	{"code", OPTION_VALUE, .required = "code = 2", .set = value_number, .min = 2, .max = 254,
	 FIELD(sublist_config, code)},
	{"text", OPTION_VALUE, .set = value_text, FIELD(sublist_config, text)},
	{"expires", OPTION_VALUE, .fallback = "never", .set = value_expiry, .min = 1, .max = LONG,
	 FIELD(sublist_config, expires_s)},
	{"policy", OPTION_SECTION, .options = policy_options, FIELD(sublist_config, policy),
	 .close = policy_close},
	{.name = NULL},
};

static const struct config_option reporter_options[] = {
	{"trust", OPTION_VALUE, .fallback = "1.0", .set = value_thousandths, .max = TRUST * 1000,
	 FIELD(reporter_config, trust)},
	{"trap", OPTION_VALUE, .fallback = "false", .set = value_bool,
	 FIELD(reporter_config, trap)},
	{"address", OPTION_VALUE, .set = reporter_set_address},
	{"domains", OPTION_LIST, .set = reporter_add_domain},
	{.name = NULL},
};

static const struct config_option reports_options[] = {
	{"keep", OPTION_VALUE, .fallback = "365d", .set = value_expiry, .min = 1, .max = LONG,
	 FIELD(reports_config, keep_s)},
	{"body_size", OPTION_VALUE, .fallback = "1M", .set = value_size, .min = KIB,
	 .max = 16 * MIB, FIELD(reports_config, body_size)},
	{.name = NULL},
};

static const struct config_option key_options[] = {
	{"algorithm", OPTION_VALUE, .fallback = "hmac-sha256", .set = key_set_algorithm},
	{"secret", OPTION_VALUE, .required = "secret = \"...\", from feeder keygen",
	 .set = key_set_secret},
	{.name = NULL},
};

static const struct config_option soa_options[] = {
	{"mname", OPTION_VALUE, .required = "mname = \"ns1.example.net\"", .set = value_name,
	 FIELD(soa_config, mname)},
	{"rname", OPTION_VALUE, .required = "rname = \"hostmaster.example.org\"", .set = value_name,
	 FIELD(soa_config, rname)},
	{"refresh", OPTION_VALUE, .fallback = "10m", .set = value_seconds, .min = 1,
	 .max = TTL_LIMIT, FIELD(soa_config, refresh_s)},
	{"retry", OPTION_VALUE, .fallback = "5m", .set = value_seconds, .min = 1, .max = TTL_LIMIT,
	 FIELD(soa_config, retry_s)},
	{"expire", OPTION_VALUE, .fallback = "1d", .set = value_seconds, .min = 1, .max = TTL_LIMIT,
	 FIELD(soa_config, expire_s)},
	{"minimum", OPTION_VALUE, .fallback = "5m", .set = value_seconds, .max = TTL_LIMIT,
	 FIELD(soa_config, minimum_s)},
	{.name = NULL},
};

/* One for each action, which is its name. */
#define CLIENTS_LIST(action)                            \
	{                                               \
		action, OPTION_LIST, .set = clients_add \
	}

static const struct config_option clients_options[] = {
	{"default", OPTION_VALUE, .fallback = "answer", .set = value_action,
	 FIELD(clients_config, fallback)},
	CLIENTS_LIST("answer"),
	CLIENTS_LIST("refuse"),
	CLIENTS_LIST("drop"),
	CLIENTS_LIST("empty"),
	CLIENTS_LIST("error"),
	{"error_code", OPTION_VALUE, .fallback = "254", .set = value_number, .min = 1, .max = 255,
	 FIELD(clients_config, error.code)},
	{"error_text", OPTION_VALUE, .fallback = "No listing: the asking resolver is not served",
	 .set = value_text, FIELD(clients_config, error.text)},
	{.name = NULL},
};

/* What a zone does not say is the file's matter. */
static const struct config_option zone_clients_options[] = {
	{"default", OPTION_VALUE, .set = value_action, FIELD(clients_config, fallback)},
	CLIENTS_LIST("answer"),
	CLIENTS_LIST("refuse"),
	CLIENTS_LIST("drop"),
	CLIENTS_LIST("empty"),
	CLIENTS_LIST("error"),
	{"error_code", OPTION_VALUE, .set = value_number, .min = 1, .max = 255,
	 FIELD(clients_config, error.code)},
	{"error_text", OPTION_VALUE, .set = value_text, FIELD(clients_config, error.text)},
	{.name = NULL},
};

static const struct config_option host_options[] = {
	{"a", OPTION_LIST, .set = host_add_a},
	{"aaaa", OPTION_LIST, .set = host_add_aaaa},
	{.name = NULL},
};

#define NO_KEY  "No valid key for this list in this name"
#define TOO_OFT "More queries than were agreed"

static const struct config_option access_options[] = {
	{"required", OPTION_VALUE, .fallback = "false", .set = value_bool,
	 FIELD(access_config, required)},
	{"unknown", OPTION_VALUE, .fallback = "refuse", .set = value_action,
	 FIELD(access_config, unknown)},
	{"unknown_code", OPTION_VALUE, .fallback = "252", .set = value_number, .min = 1, .max = 255,
	 FIELD(access_config, unknown_error.code)},
	{"unknown_text", OPTION_VALUE, .fallback = NO_KEY, .set = value_text,
	 FIELD(access_config, unknown_error.text)},
	{"overdrawn", OPTION_VALUE, .fallback = "refuse", .set = value_action,
	 FIELD(access_config, overdrawn)},
	{"overdrawn_code", OPTION_VALUE, .fallback = "255", .set = value_number, .min = 1,
	 .max = 255, FIELD(access_config, overdrawn_error.code)},
	{"overdrawn_text", OPTION_VALUE, .fallback = TOO_OFT, .set = value_text,
	 FIELD(access_config, overdrawn_error.text)},
	{"address_day", OPTION_VALUE, .fallback = "0", .set = value_number, .max = QUOTA_DAY_MOST,
	 FIELD(access_config, address_day)},
	{"address_second", OPTION_VALUE, .fallback = "0", .set = value_number,
	 .max = QUOTA_SECOND_MOST, FIELD(access_config, address_second)},
	{.name = NULL},
};

static const struct config_option transfer_options[] = {
	{"allow", OPTION_LIST, .never_empty = true, .set = transfer_allow_add},
	{"keys", OPTION_LIST, .never_empty = true, .set = transfer_key_add},
	{.name = NULL},
};

static const struct config_option zone_options[] = {
	{"sublists", OPTION_LIST, .never_empty = true, .set = zone_add_sublist},
	{"ns", OPTION_LIST, .required = "ns = { \"ns1.example.net\", \"ns2.example.net\" }",
	 .set = zone_add_ns},
	{"ttl", OPTION_VALUE, .fallback = "5m", .set = value_seconds, .max = TTL_LIMIT,
	 FIELD(zone_config, ttl_s)},
	{"soa", OPTION_SECTION,
	 .required = "soa { mname = \"ns1.example.net\"  rname = \"hostmaster.example.org\" }",
	 .options = soa_options, FIELD(zone_config, soa)},
	{"clients", OPTION_SECTION, .options = zone_clients_options, FIELD(zone_config, clients),
	 .close = clients_close},
	{"apex", OPTION_SECTION, .options = host_options, FIELD(zone_config, at_apex)},
	{"host", OPTION_TITLED, .options = host_options, .open = host_open, .close = host_close},
	{"access", OPTION_SECTION, .options = access_options, FIELD(zone_config, access),
	 .close = access_close},
	{"transfer", OPTION_SECTION, .options = transfer_options, FIELD(zone_config, transfer),
	 .close = transfer_section_close},
	{"notify", OPTION_LIST, .set = notify_add},
	{.name = NULL},
};

/* What its primary says of it is not said here. */
static const struct config_option mirror_zone_options[] = {
	/* Primaries lean on it. */
	{"key", OPTION_VALUE, .set = mirror_key_set},
	{"primaries", OPTION_LIST, .required = "primaries = \"192.0.2.1:53\"",
	 .set = mirror_primary_add},
	{"clients", OPTION_SECTION, .options = zone_clients_options, FIELD(zone_config, clients),
	 .close = clients_close},
	{"transfer", OPTION_SECTION, .options = transfer_options, FIELD(zone_config, transfer),
	 .close = transfer_section_close},
	{"notify", OPTION_LIST, .set = notify_add},
	{.name = NULL},
};

/* Its struct is the file's. */
static const struct config_option mirror_options[] = {
	{"listen", OPTION_VALUE, .set = mirror_listen_set},
	{"zone", OPTION_TITLED,
	 .required = "zone \"dnsbl.example.org\" { primaries = \"192.0.2.1:53\" }",
	 .options = mirror_zone_options, .open = mirror_zone_open, .close = mirror_zone_close},
	{.name = NULL},
};

static const struct config_option export_options[] = {
	{"zone", OPTION_VALUE, .required = "zone = \"dnsbl.example.org\"", .set = export_set_zone},
	{"format", OPTION_VALUE, .required = "format = \"rbldnsd\"", .set = export_set_format,
	 FIELD(export_config, format)},
	{"file", OPTION_VALUE, .required = "file = \"/srv/rsync/dnsbl.zone\"",
	 .set = export_set_file, FIELD(export_config, file)},
	{.name = NULL},
};

static const struct config_option journal_options[] = {
	{"keep", OPTION_VALUE, .fallback = "7d", .set = value_seconds, .min = 1, .max = LONG,
	 FIELD(journal_config, keep_s)},
	{"size", OPTION_VALUE, .fallback = "1G", .set = value_size, .min = KIB, .max = 64 * TIB,
	 FIELD(journal_config, size)},
	{.name = NULL},
};

const struct config_option config_options[] = {
	{"database", OPTION_VALUE, .fallback = "/var/lib/dnsbld", .set = value_path,
	 FIELD(config, database)},
	/* Zones' access leans on it. */
	{"state", OPTION_VALUE, .set = value_path, FIELD(config, state)},
	/* feeder listens nowhere, so it is dnsbld that wants at least one. */
	{"listen", OPTION_LIST, .set = listen_add},
	{"workers", OPTION_VALUE, .set = value_number, .min = 1, .max = CONFIG_WORKERS,
	 FIELD(config, workers)},
	{"affinity", OPTION_LIST, .set = affinity_add, .max = CPUS_MAX - 1,
	 FIELD(affinity_config, cpu)},
	{"receive_buffer", OPTION_VALUE, .fallback = "4M", .set = value_size, .min = 4 * KIB,
	 .max = 512 * MIB, FIELD(config, receive_buffer)},
	{"user", OPTION_VALUE, .set = value_string, FIELD(config, user)},
	{"map_size", OPTION_VALUE, .fallback = "64G", .set = value_size, .min = MIB,
	 .max = 64 * TIB, FIELD(config, map_size)},
	{"exclude_reserved", OPTION_VALUE, .fallback = "true", .set = value_bool,
	 FIELD(config, exclude_reserved)},
	{"log", OPTION_VALUE, .fallback = "stderr", .set = log_set},
	{"nsid", OPTION_VALUE, .set = value_identity, .max = IDENTITY, FIELD(config, nsid)},
	{"version", OPTION_VALUE, .set = value_identity, .max = IDENTITY, FIELD(config, version)},
	{"metrics", OPTION_VALUE, .set = metrics_set},
	{"stale", OPTION_VALUE, .fallback = "never", .set = value_expiry, .min = 1, .max = LONG,
	 FIELD(config, stale_s)},
	{"tcp", OPTION_SECTION, .options = tcp_options, FIELD(config, tcp)},
	/* Zones inherit from it. */
	{"clients", OPTION_SECTION, .options = clients_options, FIELD(config, clients),
	 .close = clients_close},
	{"dnstap", OPTION_SECTION, .options = dnstap_options, .close = dnstap_close,
	 FIELD(config, dnstap)},
	{"cookies", OPTION_SECTION, .options = cookies_options, FIELD(config, cookies),
	 .close = cookies_close},
	{"rrl", OPTION_SECTION, .options = rrl_options, FIELD(config, rrl), .close = rrl_close},
	{"reports", OPTION_SECTION, .options = reports_options, FIELD(config, reports)},
	{"trusted_hops", OPTION_LIST, .set = trusted_hop_add},
	/* Reporters' domains lean on it. */
	{"authserv_id", OPTION_VALUE, .set = authserv_id_set},
	{"reporter", OPTION_TITLED, .options = reporter_options, .open = reporter_open},
	{"key", OPTION_TITLED, .options = key_options, .open = key_open, .close = key_close},
	/* Zones name sublists, which therefore come first. Whether there must be some:
	   config_check.c. */
	{"sublist", OPTION_TITLED, .options = sublist_options, .open = sublist_open,
	 .close = sublist_close},
	{"zone", OPTION_TITLED, .options = zone_options, .open = zone_open, .close = zone_close},
	{"notify_delay", OPTION_VALUE, .fallback = "1s", .set = value_milliseconds, .max = DAY,
	 FIELD(config, notify_delay_ms)},
	/* tree_line() wants mirrored zones behind all others. */
	{"mirror", OPTION_SECTION, .options = mirror_options},
	{"journal", OPTION_SECTION, .options = journal_options, FIELD(config, journal)},
	/* Which lean on zones of both kinds. */
	{"export", OPTION_TITLED, .options = export_options, .open = export_open},
	{.name = NULL},
};

enum status place_fail(const struct config_place *place, const char *format, ...)
{
	char words[768];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	return fail(ST_CONFIG, "%s:%u: %s", place->file, place->line, words);
}
