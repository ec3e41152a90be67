/*
 * counters.c: where the counters are, and what they are called.
 *
 *	process[]  one block for each process, two generations of them
 *	zones      name -> slot: the zone's counters of each process, made when a config first has
 *it
 *
 * 1. A block is written by one process at a time: who replaces a process that ended goes on where
 *    that one stopped, and so does a generation after the last but one, which has ended by then.
 * 2. The parent makes a zone's memory before it forks the processes that have the zone. It is never
 *    given back, so a zone that comes again goes on too; a process that was started before knows
 *    nothing of it and needs not.
 * 3. Memory that nobody has touched is none yet. Once the counters were looked at it is 3.3 kB for
 *    each zone and process.
 */
#include "counters.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "query.h"
#include "reply.h"
#include "shared.h"

const struct counter_row counter_rows[COUNTERS] = {
	[COUNTER_DROPPED_NO_QUERY] = {"dropped_packets", "reason=\"no_query\"",
				      "Packets that got no reply."},
	[COUNTER_DROPPED_ACL] = {"dropped_packets", "reason=\"acl\"", NULL},
	[COUNTER_DROPPED_ACCESS] = {"dropped_packets", "reason=\"access\"", NULL},
	[COUNTER_DROPPED_RATE] = {"dropped_packets", "reason=\"rate\"", NULL},
	[COUNTER_LIMITED] =
		{"limited_replies", NULL,
		 "Clients sent for a cookie or to TCP: too many of their queries were answered."},
	[COUNTER_MALFORMED] = {"malformed_queries", NULL,
			       "Queries that could not be read and got FORMERR."},
	[COUNTER_EDNS] = {"edns_queries", NULL, "Queries with EDNS."},
	[COUNTER_COOKIE_FIRST] =
		{"cookie_queries", "cookie=\"first\"",
		 "Queries with a DNS cookie: the client's half alone, or with ours."},
	[COUNTER_COOKIE_GOOD] = {"cookie_queries", "cookie=\"good\"", NULL},
	[COUNTER_COOKIE_WRONG] = {"cookie_queries", "cookie=\"wrong\"", NULL},
	[COUNTER_TRUNCATED] = {"truncated_replies", NULL,
			       "Replies with TC: the client is to come by TCP."},
	[COUNTER_TSIG_OK] = {"tsig_queries", "result=\"ok\"", "Queries with a TSIG."},
	[COUNTER_TSIG_BADKEY] = {"tsig_queries", "result=\"badkey\"", NULL},
	[COUNTER_TSIG_BADSIG] = {"tsig_queries", "result=\"badsig\"", NULL},
	[COUNTER_TSIG_BADTIME] = {"tsig_queries", "result=\"badtime\"", NULL},
	[COUNTER_TSIG_BADTRUNC] = {"tsig_queries", "result=\"badtrunc\"", NULL},
	[COUNTER_UNSENT_NO_ROOM] = {"unsent_replies", "reason=\"no_room\"",
				    "Replies over UDP that could not be sent."},
	[COUNTER_UNSENT_ERROR] = {"unsent_replies", "reason=\"error\"", NULL},
	[COUNTER_ACCESS_SERVED] = {"access_queries", "result=\"served\"",
				   "Addresses asked in zones that have keys or quotas."},
	[COUNTER_ACCESS_UNKNOWN] = {"access_queries", "result=\"unknown\"", NULL},
	[COUNTER_ACCESS_OVERDRAWN] = {"access_queries", "result=\"overdrawn\"", NULL},
	[COUNTER_ACCESS_ADDRESS] = {"access_queries", "result=\"address_overdrawn\"", NULL},
	[COUNTER_TCP_ACCEPTED] = {"tcp_accepted_connections", NULL,
				  "TCP connections that were accepted."},
	[COUNTER_TCP_REFUSED] = {"tcp_closed_connections", "reason=\"per_client\"",
				 "TCP connections that were closed by the server."},
	[COUNTER_TCP_SHED] = {"tcp_closed_connections", "reason=\"clients\"", NULL},
	[COUNTER_TCP_DROPPED] = {"tcp_closed_connections", "reason=\"dropped\"", NULL},
	[COUNTER_TCP_IDLE] = {"tcp_closed_connections", "reason=\"idle\"", NULL},
	[COUNTER_TCP_PARTIAL] = {"tcp_closed_connections", "reason=\"partial\"", NULL},
	[COUNTER_TCP_UNREAD] = {"tcp_closed_connections", "reason=\"unread\"", NULL},
	[COUNTER_NOTIFY_SENT] = {"notify_sent", NULL,
				 "NOTIFY messages that were sent, repeated ones too."},
	[COUNTER_NOTIFY_ACKNOWLEDGED] = {"notify_ended", "result=\"acknowledged\"",
					 "NOTIFYs to one secondary, and what became of them."},
	[COUNTER_NOTIFY_REFUSED] = {"notify_ended", "result=\"refused\"", NULL},
	[COUNTER_NOTIFY_REPLACED] = {"notify_ended", "result=\"replaced\"", NULL},
	[COUNTER_NOTIFY_GIVEN_UP] = {"notify_ended", "result=\"given_up\"", NULL},
	[COUNTER_TRANSFER_FULL] = {"transfers", "result=\"full\"",
				   "Transfers that secondaries asked for."},
	[COUNTER_TRANSFER_INCREMENTAL] = {"transfers", "result=\"incremental\"", NULL},
	[COUNTER_TRANSFER_CURRENT] = {"transfers", "result=\"current\"", NULL},
	[COUNTER_TRANSFER_CUT] = {"transfers", "result=\"cut\"", NULL},
	[COUNTER_TRANSFER_REFUSED] = {"transfers", "result=\"refused\"", NULL},
	[COUNTER_TRANSFER_RECORDS] = {"transfer_records", NULL, "Records sent in transfers."},
	[COUNTER_TRANSFER_OCTETS] = {"transfer_bytes", NULL,
				     "Octets of the messages sent in transfers."},
	[COUNTER_DNSTAP_PUT] = {"dnstap_queries", NULL,
				"Queries that were left, with their replies, for dnstap's reader."},
	[COUNTER_DNSTAP_LOST] = {"dnstap_lost_queries", NULL,
				 "Queries that dnstap's reader does not get, as it was too slow."},
};

const char *const counted_type_name[COUNTED_TYPES] = {
	[COUNTED_A] = "A",     [COUNTED_AAAA] = "AAAA",   [COUNTED_TXT] = "TXT",
	[COUNTED_SOA] = "SOA", [COUNTED_NS] = "NS",       [COUNTED_DS] = "DS",
	[COUNTED_ANY] = "ANY", [COUNTED_OTHER] = "other",
};

const char *const counted_result_name[COUNTED_RESULTS] = {
	[COUNTED_NOERROR] = "NOERROR",   [COUNTED_LISTED] = "NOERROR",
	[COUNTED_FORMERR] = "FORMERR",   [COUNTED_SERVFAIL] = "SERVFAIL",
	[COUNTED_NXDOMAIN] = "NXDOMAIN", [COUNTED_NOTIMP] = "NOTIMP",
	[COUNTED_REFUSED] = "REFUSED",   [COUNTED_NOTAUTH] = "NOTAUTH",
	[COUNTED_BADVERS] = "BADVERS",   [COUNTED_BADCOOKIE] = "BADCOOKIE",
};

enum { TYPE_STEP = COUNTED_RESULTS };

const struct counted_index counted_index = {
	.type =
		{
			[TYPE_A] = COUNTED_A * TYPE_STEP,
			[TYPE_NS] = COUNTED_NS * TYPE_STEP,
			[TYPE_SOA] = COUNTED_SOA * TYPE_STEP,
			[TYPE_TXT] = COUNTED_TXT * TYPE_STEP,
			[TYPE_AAAA] = COUNTED_AAAA * TYPE_STEP,
			[TYPE_DS] = COUNTED_DS * TYPE_STEP,
			[TYPE_ANY] = COUNTED_ANY * TYPE_STEP,
		},
	.rcode =
		{
			[RCODE_NOERROR] = COUNTED_NOERROR,
			[RCODE_FORMERR] = COUNTED_FORMERR,
			[RCODE_SERVFAIL] = COUNTED_SERVFAIL,
			[RCODE_NXDOMAIN] = COUNTED_NXDOMAIN,
			[RCODE_NOTIMP] = COUNTED_NOTIMP,
			[RCODE_REFUSED] = COUNTED_REFUSED,
			[RCODE_NOTAUTH] = COUNTED_NOTAUTH,
			[RCODE_BADVERS] = COUNTED_BADVERS,
			[RCODE_BADCOOKIE] = COUNTED_BADCOOKIE,
		},
};
_Static_assert(COUNTED_REPLIES <= 256, "it has 8 bits");

struct named_slot {
	char *name;
	struct zone_slot slot;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct named_slot *)a)->name, ((const struct named_slot *)b)->name);
}

static void named_slot_free(void *named)
{
	free(((struct named_slot *)named)->name);
	free(named);
}

enum status counters_init(struct counters *c, unsigned processes)
{
	void *process = NULL, *server = NULL;
	enum status status = shared_map(&process, processes * sizeof(struct process_counters));

	if (!status) {
		status = shared_map(&server, sizeof(struct server_counters));
	}
	*c = (struct counters){.process = process, .processes = processes, .server = server};
	return status;
}

void counters_release(struct counters *c)
{
	if (c->process) {
		shared_unmap(c->process, c->processes * sizeof *c->process);
	}
	if (c->server) {
		shared_unmap(c->server, sizeof *c->server);
	}
	tdestroy(c->zones, named_slot_free);
	*c = (struct counters){0};
}

static const struct zone_slot *find(const struct counters *c, const char *name)
{
	const struct named_slot wanted = {.name = (char *)(uintptr_t)name};
	struct named_slot *const *found = tfind(&wanted, &c->zones, compare_names);

	return found ? &(*found)->slot : NULL;
}

static void add(struct counters *c, const char *name, struct zone_slot slot)
{
	struct named_slot *named = must_alloc(sizeof *named);

	*named = (struct named_slot){must_strdup(name), slot};
	if (!tsearch(named, &c->zones, compare_names)) {
		abort(); /* as must_alloc() does without memory */
	}
}

/* Memory for the zones that have none: each process' counters of all of them stand together. */
static enum status make(struct counters *c, const struct config *config)
{
	size_t fresh = 0, at = 0;
	void *memory;

	for (size_t i = 0; i < config->zone_count; i++) {
		fresh += find(c, config->zones[i].name) == NULL;
	}
	if (fresh == 0) {
		return ST_OK;
	}
	enum status status =
		shared_map(&memory, c->processes * fresh * sizeof(struct zone_counters));

	for (size_t i = 0; i < config->zone_count && !status; i++) {
		if (!find(c, config->zones[i].name)) {
			add(c, config->zones[i].name,
			    (struct zone_slot){(struct zone_counters *)memory + at++, fresh});
		}
	}
	return status;
}

enum status counters_zones(struct counters *c, const struct config *config,
			   struct zone_slot **slots)
{
	enum status status = make(c, config);

	if (status) {
		return status;
	}
	*slots = must_alloc(config->zone_count * sizeof **slots + 1);
	for (size_t i = 0; i < config->zone_count; i++) {
		(*slots)[i] = *find(c, config->zones[i].name);
	}
	return ST_OK;
}
