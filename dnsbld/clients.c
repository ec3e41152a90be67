/*
 * clients.c: from a client's address to what it gets.
 *
 *	rules    192.0.2.0/24 refuse        192.0.2.128/25 answer     sorted: nested ones follow
 *	ranges   0.0.0.0 –   192.0.2.0 refuse   192.0.2.128 answer   192.0.3.0 –
 *
 * Prefixes are laid over each other at start, so that a query needs one binary search, whatever is
 * nested in what. In IPv4 it is among the ranges of the client's own /8 alone: often there is one,
 * and with 100,000 prefixes it takes some ten steps.
 *
 * 1. A section's ranges are disjoint, sorted, and cover all addresses of the family. What none of
 *    its prefixes covers has its default; where a zone has none, ACTION_NONE.
 * 2. Nothing changes after clients_init(), and nothing is allocated.
 */
#include "clients.h"

#include <stdlib.h>
#include <string.h>

/* --- at start ------------------------------------------------------------------------------- */

/* What covers the place at which the sweep is. */
struct cover {
	addr_t last;
	uint8_t action;
};

enum { COVERS = 1 + 129 }; /* everything, and one prefix of each length */

struct sweep {
	addr_t *first; /* of the ranges so far */
	uint8_t *action;
	size_t count;
	struct cover cover[COVERS];
	unsigned depth;
};

/* From `first` on it is another action: what was to begin there too is nothing. */
static void begin_range(struct sweep *s, addr_t first, uint8_t action)
{
	if (s->count > 0 && s->first[s->count - 1] == first) {
		s->count--;
	}
	if (s->count == 0 || s->action[s->count - 1] != action) {
		s->first[s->count] = first;
		s->action[s->count] = action;
		s->count++;
	}
}

/* Leaves the prefixes that end before `addr`: what is around them goes on behind them. */
static void leave_until(struct sweep *s, addr_t addr)
{
	while (s->cover[s->depth - 1].last < addr) {
		addr_t last = s->cover[--s->depth].last;

		begin_range(s, last + 1, s->cover[s->depth - 1].action);
	}
}

/* The rules of one family. Arrays in the sweep are the caller's. */
static void sweep_family(struct sweep *s, const struct clients_config *config, unsigned family)
{
	const addr_t end = prefix_mask(family, prefix_bits(family));
	size_t count = 0;

	for (size_t i = 0; i < config->rule_count; i++) {
		count += config->rules[i].prefix.family == family;
	}
	/* Each prefix begins one range, and another one where it ends. */
	s->first = must_alloc((2 * count + 1) * sizeof *s->first);
	s->action = must_alloc(2 * count + 1);
	s->count = 0;
	s->cover[0] = (struct cover){.last = end, .action = (uint8_t)config->fallback};
	s->depth = 1;
	begin_range(s, 0, (uint8_t)config->fallback);
	for (size_t i = 0; i < config->rule_count; i++) {
		const struct client_rule *rule = &config->rules[i];

		if (rule->prefix.family != family) {
			continue;
		}
		leave_until(s, rule->prefix.addr);
		begin_range(s, rule->prefix.addr, (uint8_t)rule->action);
		s->cover[s->depth++] = (struct cover){
			.last = prefix_last(&rule->prefix),
			.action = (uint8_t)rule->action,
		};
	}
	leave_until(s, end);
}

static struct acl *acl_new(const struct clients_config *config)
{
	struct acl *acl = must_alloc(sizeof *acl);
	struct sweep s;

	sweep_family(&s, config, 6);
	acl->first6 = s.first;
	acl->action6 = s.action;
	acl->last6 = s.count - 1;
	sweep_family(&s, config, 4);
	acl->action4 = s.action;
	acl->first4 = must_alloc(s.count * sizeof *acl->first4);
	for (size_t i = 0, place = 0; i <= 256; i++) {
		while (place + 1 < s.count && s.first[place + 1] <= i << 24) {
			place++;
		}
		acl->place4[i] = (uint32_t)place;
	}
	for (size_t i = 0; i < s.count; i++) {
		acl->first4[i] = (uint32_t)s.first[i];
	}
	free(s.first);
	return acl;
}

static void acl_free(struct acl *acl)
{
	if (acl) {
		free(acl->first4);
		free(acl->first6);
		free(acl->action4);
		free(acl->action6);
	}
	free(acl);
}

/* Whether somebody gets something else than an answer. */
static bool restricts(const struct clients_config *config)
{
	bool restricted = config->fallback > ACTION_ANSWER;

	for (size_t i = 0; i < config->rule_count; i++) {
		restricted = restricted || config->rules[i].action > ACTION_ANSWER;
	}
	return restricted;
}

void clients_init(struct clients *clients, const struct config *config)
{
	clients->given = restricts(&config->clients);
	clients->file = acl_new(&config->clients);
	clients->zone_count = config->zone_count;
	clients->zone = must_alloc(config->zone_count * sizeof(struct acl *) + 1);
	for (size_t i = 0; i < config->zone_count; i++) {
		const struct clients_config *zone = &config->zones[i].clients;

		if (zone->rule_count > 0 || zone->fallback != ACTION_NONE) {
			clients->given = clients->given || restricts(zone);
			clients->zone[i] = acl_new(zone);
		}
	}
}

void clients_release(struct clients *clients)
{
	acl_free(clients->file);
	for (size_t i = 0; i < clients->zone_count; i++) {
		acl_free(clients->zone[i]);
	}
	free(clients->zone);
}

/* --- for each query ------------------------------------------------------------------------- */

/* Each finds the last range that begins at `addr` or before. */
static inline enum action find4(const struct acl *acl, uint32_t addr)
{
	size_t low = acl->place4[addr >> 24], high = acl->place4[(addr >> 24) + 1];

	while (low < high) {
		size_t middle = (low + high + 1) / 2;
		bool before = acl->first4[middle] <= addr;

		low = before ? middle : low;
		high = before ? high : middle - 1;
	}
	return acl->action4[low];
}

static inline enum action find6(const struct acl *acl, addr_t addr)
{
	size_t low = 0, high = acl->last6;

	while (low < high) {
		size_t middle = (low + high + 1) / 2;
		bool before = acl->first6[middle] <= addr;

		low = before ? middle : low;
		high = before ? high : middle - 1;
	}
	return acl->action6[low];
}

static inline enum action acl_action(const struct acl *acl, const struct client *client)
{
	return client->family == 4 ? find4(acl, (uint32_t)client->addr) : find6(acl, client->addr);
}

enum action clients_action(const struct clients *clients, const struct acl *zone,
			   const struct client *client)
{
	enum action action = zone ? acl_action(zone, client) : ACTION_NONE;

	return action == ACTION_NONE ? acl_action(clients->file, client) : action;
}
