/*
 * config_option.h: the option table, one row for each name that a config file may hold. Private to
 * zones/config*.c and their tests. A new option is a row in config_option.c and a field in
 * config.h.
 *
 * Sections are structs: a row of a value says where in the struct of its section it goes, what
 * turns words into it, what holds where the file is silent, and what is allowed. Rows are read in
 * the table's order, whatever the order in the file: a row may lean on those above it.
 */
#ifndef DNSBLD_CONFIG_OPTION_H
#define DNSBLD_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

struct config_option;

/* Where in the file a value or a section stands: for messages, and for what it may lean on. */
struct config_place {
	const char *file;
	unsigned line;
	const struct config_option *option;
	struct config *config; /* as far as it has been read */
};

enum option_kind {
	OPTION_VALUE,   /* name = value */
	OPTION_LIST,    /* name = { value, … }, or name = value */
	OPTION_SECTION, /* name { … }, at most once */
	OPTION_TITLED,  /* name "title" { … }, once for each title */
};

/* Reads one value into the section's struct, for a list one item more. ST_CONFIG with place_fail().
 */
typedef enum status option_set(const struct config_place *place, const char *text, void *section);

/* The struct of a section that begins, NULL having failed; for a titled one it makes it. */
typedef void *option_open(const struct config_place *place, const char *title, void *outer);

/* When all of a section has been read: what only then can be checked. `place` is the section's
 * name. */
typedef enum status option_close(const struct config_place *place, void *section);

struct config_option {
	const char *name; /* NULL ends a table */
	enum option_kind kind;
	const char *required; /* how to write it, told where it is missing; NULL where it may be */
	const char
		*fallback; /* what holds where the file is silent, in the file's words; or NULL */
	bool never_empty;  /* a list that says something else when empty than when left out */
	option_set *set;
	uint64_t min,
		max; /* of a number, thousandths, seconds or bytes; of a path's octets, if not 0 */
	size_t field, size; /* in the section's struct; of a section without `open`: its own struct
			       there */
	const struct config_option *options; /* a section's */
	option_open *open;
	option_close *close;
};

/* The file's own rows. */
extern const struct config_option config_options[];

/* ST_CONFIG, with "FILE:LINE: " before the words. */
enum status place_fail(const struct config_place *place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* For strspn(); LDH is what a host's name is made of (RFC 1123 §2.1). */
#define DIGITS "0123456789"
#define HEX    DIGITS "abcdefABCDEF"
#define LDH    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-" DIGITS

/* config_value.c: values that any section may have, */
option_set value_number, value_thousandths, value_seconds, value_milliseconds, value_expiry;
option_set value_size, value_bool, value_string, value_path, value_text, value_name;
option_set value_identity, value_action;

/* and what other setters are made of: a domain name other than the root; */
enum status place_name(const struct config_place *place, const char *text, struct name *name);
/* an address and a port; */
enum status place_listen(const struct config_place *place, const char *text,
			 struct listen_config *listen);
/* one prefix more in a list, each once; */
enum status place_prefix(const struct config_place *place, const char *text, struct prefix **list,
			 size_t *count);
/* a key of the file, by its name; */
enum status place_key(const struct config_place *place, const char *text,
		      const struct key_config **key);
/* one more address to send to, each once; `key` is of those that name none; */
enum status place_remote(const struct config_place *place, const char *text,
			 const struct key_config *key, struct remote_config **list, size_t *count);
/* an address, without a length; */
bool config_addr(const char *text, uint8_t *family, addr_t *addr);
/* an array with room for one more at its end, zeroed. */
void *config_grow(void *array, size_t *count, size_t size);

/* The other config_*.c: what belongs to one section. */
option_set listen_add, metrics_set, affinity_add, policy_add_category, zone_add_ns;
option_set zone_add_sublist, host_add_a, host_add_aaaa, reporter_set_address;
option_set reporter_add_domain, trusted_hop_add, authserv_id_set, clients_add, log_set;
option_set key_set_algorithm, key_set_secret, dnstap_set_socket, cookie_secret_set, rrl_exempt_add;
option_set transfer_allow_add, transfer_key_add, notify_add, mirror_listen_set, mirror_key_set;
option_set mirror_primary_add, export_set_zone, export_set_format, export_set_file;
option_open sublist_open, reporter_open, zone_open, host_open, key_open, mirror_zone_open;
option_open export_open;
option_close policy_close, sublist_close, zone_close, host_close, clients_close, key_close;
option_close access_close, dnstap_close, cookies_close, rrl_close, transfer_section_close;
option_close mirror_zone_close;

/* What a zone's section leaves out of the answer to those who get an error is as in the file's. */
void clients_inherit(struct clients_config *zone, const struct clients_config *file);

#endif
