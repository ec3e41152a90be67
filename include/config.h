/*
 * config.h: the one config file, read, checked and made absolute. Both programs read the whole
 * file, so that a fault in either's part is found by both. The syntax is dnsbld.conf(5).
 */
#ifndef DNSBLD_CONFIG_H
#define DNSBLD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name.h"
#include "prefix.h"
#include "status.h"

enum {
	CONFIG_SUBLISTS = 256, /* most in one config: an answer names each of them at most once */
	CONFIG_WORKERS = 256,  /* most workers for each address */
	TEXT_MAX = 255,        /* octets of a TXT string: Exim reads the first one only */
	SECRET_MAX = 512,      /* octets of a key's secret; above 128 they are only hashed */
};

#define CONFIG_DEFAULT "/etc/dnsbld/dnsbld.conf"

/*
 * When reports list an address on a sublist, and for how long. `given` is false where reports,
 * reporters and within are absent: then complaints list nothing. All else has its default anyway.
 * Weights, trust and relapse are in thousandths.
 */
struct policy_config {
	bool given;
	unsigned reports;         /* at least this much weight of reports … */
	unsigned reporters;       /* … by at least this many distinct reporters … */
	uint64_t within_s;        /* … observed within this time */
	uint32_t categories;      /* those that count: bit 1 << enum category */
	uint32_t trap_weight;     /* a report by a reporter with spam traps counts so much */
	uint32_t negative_weight; /* a report that it is no spam takes so much away */
	uint64_t half_life_s;     /* a report's weight halves in this time; 0: never */
	uint64_t max_age_s;     /* what came in so long after the event lists nothing; 0: all may */
	uint32_t relapse;       /* each listing anew lasts so many times as long as the last … */
	uint64_t max_expires_s; /* … up to this, but never shorter than the sublist's own … */
	uint64_t cool_off_s;    /* … and once less for each such time without a listing */
	unsigned neighbours;    /* so many in a /24 or /48 propose it for review; 0: never */
	unsigned ipv6;          /* length of its IPv6 listings: 64 to 128 */
};

/* Who reports, and how far he is believed. */
struct reporter_config {
	char *name;
	uint32_t trust; /* thousandths; whoever has no section has 1000 */
	bool trap;      /* his reports are of mail to spam traps */
	char *address;  /* where his reports come in, in any case (strcasecmp()); or NULL */
	char **domains; /* lower case: mail that authserv_id found to be from one of them is his */
	size_t domain_count;
};

/* How long and how much of reports is kept. */
struct reports_config {
	uint64_t keep_s;    /* after it was received; 0: for ever */
	uint64_t body_size; /* octets of a body; what is beyond is cut off */
};

/* What a client gets. */
enum action {
	ACTION_NONE, /* nothing is said here: whoever is asked next decides */
	ACTION_ANSWER,
	ACTION_REFUSE, /* REFUSED */
	ACTION_DROP,   /* no reply */
	ACTION_EMPTY,  /* as if nothing were listed */
	ACTION_ERROR,  /* every address is 127.255.255.CODE, with a TXT that says why */
};

/* What ACTION_ERROR says. */
struct error_config {
	uint8_t code;
	char *text; /* TXT template */
};

/* What the clients in a prefix get. */
struct client_rule {
	struct prefix prefix;
	enum action action;
	unsigned line; /* of the file */
};

/* Who is served, by the file or by one zone: among the rules the most specific one's action. */
struct clients_config {
	enum action fallback;      /* where none covers the client; of a zone also ACTION_NONE */
	struct client_rule *rules; /* in the order of prefix_compare(), each prefix once */
	size_t rule_count;
	struct error_config error; /* of a zone: what it does not say is the file's */
};

/* What a zone asks of those who ask it: a key in the name, and not too often. */
struct access_config {
	bool given;          /* keys are looked at */
	bool required;       /* addresses are answered under keys alone */
	enum action unknown; /* under what is no key of this zone */
	struct error_config unknown_error;
	enum action overdrawn; /* to whom asked more than he may */
	struct error_config overdrawn_error;
	uint32_t address_day; /* what a client without a key may; 0: no bound */
	uint32_t address_second;
};

struct sublist_config {
	char *name;
	uint8_t code;       /* N of 127.0.0.N, 2 to 254 */
	char *text;         /* TXT template; {ip} stands for the queried address; "": no TXT */
	uint64_t expires_s; /* life of a claim without its own; 0: for ever */
	struct policy_config policy;
};

/* Addresses of a host or of the apex. Owned. */
struct host_config {
	struct name name; /* absolute */
	addr_t *a;
	size_t a_count;
	addr_t *aaaa;
	size_t aaaa_count;
};

struct soa_config {
	struct name mname;
	struct name rname;
	uint32_t refresh_s, retry_s, expire_s, minimum_s;
};

struct listen_config {
	uint8_t family; /* 4 or 6 */
	addr_t addr;
	uint16_t port;
	char text[ADDR_TEXT + 8]; /* "127.0.0.1:5353", "[::1]:5353" */
};

struct key_config;

/* Somebody to send to, and the key to sign with. */
struct remote_config {
	struct listen_config at;
	const struct key_config *key; /* NULL: unsigned */
};

/* To whom a zone is transferred: where both are given both must hold; where neither is, nobody. */
struct transfer_config {
	struct prefix *allow;
	size_t allow_count;
	const struct key_config **keys;
	size_t key_count;
};

/*
 * Of a zone that is a copy of a primary's. Its soa, ns, ttl, hosts, at_apex' addresses and sublists
 * are not in the file: mirror_zone_load() fills them from the database, and until then they are 0
 * or empty. Each of its sublists is its own, and is freed with it.
 */
struct mirror_zone_config {
	bool given;
	const struct key_config *key; /* of those primaries that name none; NULL: none */
	struct remote_config *primaries;
	size_t primary_count;
};

struct zone_config {
	char *name; /* presentation form, lower case, no final dot */
	struct name apex;
	const struct sublist_config **sublists; /* ascending by code */
	size_t sublist_count;
	struct name *ns;
	size_t ns_count;
	uint32_t ttl_s;
	struct soa_config soa;
	struct clients_config clients; /* comes before the file's */
	struct host_config at_apex;    /* the apex's own; counts may be 0 */
	struct host_config *hosts;
	size_t host_count;
	struct access_config access;
	struct transfer_config transfer;
	struct remote_config *notify; /* who is told that the zone has changed */
	size_t notify_count;
	struct mirror_zone_config mirror;
};

/* A zone that `feeder export --all` writes to a file. */
struct export_config {
	char *name;
	const struct zone_config *zone;
	char *format; /* one of export_format_named() */
	char *file;   /* absolute */
};

/* How much of what was changed is kept, for those who have an older zone. */
struct journal_config {
	uint64_t keep_s;
	uint64_t size; /* octets */
};

/* A CPU for workers. Whether there is such a one is asked by who runs there: settings.h. */
struct affinity_config {
	unsigned cpu;
	unsigned line; /* of the file */
};

struct tcp_config {
	unsigned clients;    /* most connections at once */
	unsigned per_client; /* most from one address */
	uint64_t idle_ms;    /* a connection that is silent this long is closed */
	uint64_t partial_ms; /* a message must be whole this long after its first octet */
	unsigned transfers;  /* most at once */
};

struct tsig_algorithm;

/* A secret that both sides of a transfer have (tsig.h). */
struct key_config {
	struct name name;
	const struct tsig_algorithm *algorithm;
	uint8_t *secret;
	size_t secret_len;
};

/* Where queries and answers are told to, and which. */
struct dnstap_config {
	char *socket;    /* absolute; NULL: nowhere */
	unsigned sample; /* one in so many */
	bool queries;
	bool responses;
};

enum { COOKIE_SECRET = 16 };

struct cookie_secret {
	bool given;
	uint8_t octets[COOKIE_SECRET];
};

/* DNS cookies (RFC 7873). Without a secret dnsbld makes one up when it starts. */
struct cookies_config {
	struct cookie_secret secret;     /* makes them */
	struct cookie_secret old_secret; /* what it made is still believed */
	bool require;                    /* over UDP nobody without one is answered */
};

/* Response rate limiting, over UDP. */
struct rrl_config {
	bool given;    /* there is such a section: who asks too much is limited */
	unsigned rate; /* responses a second to one client */
	unsigned slip; /* of those above, each slip-th is answered without records; 0: none */
	struct prefix *exempt; /* who is not limited */
	size_t exempt_count;
};

struct config {
	char *file;     /* absolute */
	char *database; /* absolute */
	char *state;    /* absolute: where dnsbld keeps its counters; NULL: nowhere */
	struct listen_config *listen;
	size_t listen_count;
	unsigned workers;                 /* for each address */
	struct affinity_config *affinity; /* worker k runs on k modulo the count; none: anywhere */
	size_t affinity_count;
	uint32_t receive_buffer; /* octets, of each UDP socket */
	char *user;              /* NULL: none given */
	uint64_t map_size;
	bool exclude_reserved;
	char *nsid;                   /* how the server calls itself; NULL: it does not */
	char *version;                /* what it says to version.bind; NULL: nothing */
	bool syslog;                  /* log lines go there, not to stderr */
	struct listen_config metrics; /* where they are shown; port 0: nowhere */
	uint64_t stale_s; /* without a change for so long the data is out of date; 0: never */
	struct tcp_config tcp;
	struct clients_config clients; /* for all zones, and for what is in none */
	struct dnstap_config dnstap;
	struct cookies_config cookies;
	struct rrl_config rrl;
	struct reports_config reports;
	struct reporter_config *reporters; /* in the file's order */
	size_t reporter_count;
	struct prefix *trusted_hops; /* whose Received fields are true: ours and reporters' */
	size_t trusted_hop_count;
	char *authserv_id;       /* whose Authentication-Results are ours; NULL: none */
	struct key_config *keys; /* in the file's order */
	size_t key_count;
	struct sublist_config *sublists; /* in the file's order */
	size_t sublist_count;
	struct zone_config *zones; /* in the file's order; the mirrored ones come last */
	size_t zone_count;
	uint64_t notify_delay_ms;           /* after a change, for others that may follow it */
	struct listen_config mirror_listen; /* where primaries send NOTIFY to; port 0: nowhere */
	struct export_config *exports;      /* in the file's order */
	size_t export_count;
	struct journal_config journal;
};

/* The file to read: `given` (from -c), else $DNSBLD_CONF, else CONFIG_DEFAULT. Borrowed. */
const char *config_file(const char *given);

/*
 * Reads and checks a file. ST_OK: *config is the caller's, config_free() it. ST_NOINPUT where there
 * is no such file, ST_PERM where it may not be read, or where the wrong ones may read or write it,
 * ST_IO, else ST_CONFIG with "FILE:LINE: what is wrong".
 */
enum status config_read(const char *file, struct config **config);

/* The same from memory. `file` is for messages and for relative paths, and need not exist. */
enum status config_parse(const char *text, const char *file, struct config **config);

/* Whether it holds what only both sides of something may know: others must not read its file. */
bool config_has_secrets(const struct config *config);

/* Wipes them, in a process that has no use for any. There are no keys then; those that are pointed
 * to keep their names. */
void config_forget_secrets(struct config *config);

/* Frees what mirror_zone_load() has filled into a mirrored zone: it is as it was read. */
void mirror_zone_clear(struct zone_config *zone);

/* Also wipes the secrets. NULL is fine. */
void config_free(struct config *config);

/* By name; NULL where there is none. Borrowed. A zone's name may have any case. */
const struct sublist_config *config_sublist(const struct config *config, const char *name);
const struct zone_config *config_zone(const struct config *config, const char *name);
const struct key_config *config_key(const struct config *config, const struct name *name);
const struct reporter_config *config_reporter(const struct config *config, struct bytes name);

/*
 * "30d", "12h", "5m", "10s", "2w", or plain seconds, at most 100 years. ST_DATA otherwise. "never"
 * is not one: the caller knows whether that makes sense.
 */
enum status duration_parse(const char *text, uint64_t *seconds);

/*
 * A TXT string or template: 1 octet or more, no control characters, at most TEXT_MAX octets when
 * each {ip} has become the longest address it can. ST_DATA otherwise.
 */
enum status text_check(const char *text);

#endif
