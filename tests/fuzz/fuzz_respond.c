/*
 * fuzz_respond: any packet to respond(), over UDP and TCP, in front of a real database.
 *
 * The first octet says how the packet comes (bit 0: TCP), from whom (bits 1 to 3: see clients[]),
 * and signed, if it can be (bit 4), with which key (bits 5 and 6), or else whether cookies are
 * required (bit 5) and whether the client has asked too much (bit 6). The rest is the packet. What
 * must hold for every reply:
 *
 * 1. What reply_check.h says; ldns reads it too, and finds as many records.
 * 2. It is no longer than the room.
 * 3. The three steps of a batch say the same as respond().
 * 4. A positive answer has only records of the type that was asked, all at the name that was asked;
 *    a transfer, which comes over TCP alone, has those of the zone, and comes to an end.
 * 5. Who is dropped by all sections gets none, who is refused by all of them no answer.
 * 6. To a signed query it is signed and genuine, or says that the query is malformed.
 *
 * The packet sits in a block of exactly its size, the reply in one of exactly its room.
 */
#include <assert.h>
#include <ldns/ldns.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dnsbld/reply.h"
#include "dnsbld/transfer_out.h"
#include "log.h"
#include "tests/unit/dnsbld/reply_check.h"
#include "tests/unit/dnsbld/served.h"
#include "tsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET                                                                                 \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+" \
	"Pw=="

enum { SIGNATURE = 256 }; /* octets, or fewer, with the names that these keys have */

static const char config[] =
	"clients { refuse = { 192.0.2.1, 192.0.2.4 } drop = { 192.0.2.2, 192.0.2.5 }\n"
	"          empty = { 192.0.2.3 } error = { 2001:db8::/32 } }\n"
	"key mirror { secret = \"" SECRET "\" }\n"
	"key key.dnsbl.example.org { algorithm = hmac-sha384 secret = \"" SECRET "\" }\n"
	"key k512 { algorithm = hmac-sha512 secret = \"" SECRET "\" }\n"
	"key \"a.key.of.a.mirror.with.a.name.as.long.as.it.may.be.in.configs.of.example.org\" {\n"
	"  secret = \"" SECRET "\" }\n"
	"cookies { secret = \"e5e973e5a6b2a43f48e7dc849e37bfcf\" }\n"
	"nsid = \"fra1.example.net\" version = \"Of no matter\"\n"
	"sublist relay { code = 2 text = \"Open relay, see https://dnsbl.example.org/?ip={ip}\" }\n"
	"sublist hijacked { code = 4 text = \"{ip} {ip} {ip} {ip} {ip}\" }\n"
	"sublist netblock { code = 9 text = \"Spammers' network\" }\n"
	"zone \"dnsbl.example.org\" { ns = { \"ns1.dnsbl.example.org\", \"ns2.example.net\" } ttl = 300\n"
	"  apex { a = { \"192.0.2.80\" } aaaa = { \"2001:db8::80\" } }\n"
	"  host \"ns1\" { a = { \"192.0.2.53\" } aaaa = { \"2001:db8::53\" } }\n"
	"  transfer { allow = { 0.0.0.0/0, \"::/0\" } }\n"
	"  soa { mname = \"ns1.dnsbl.example.org\" rname = \"hostmaster.example.org\" refresh = 600\n"
	"        retry = 300 expire = 86400 minimum = 60 } }\n"
	"zone \"low.mid.dnsbl.example.org\" { ns = { \"ns2.example.net\" } ttl = 300 sublists = { \"netblock\" }\n"
	"  clients { answer = { 192.0.2.4, 192.0.2.5, 2001:db8:1::/48 } }\n"
	"  transfer { keys = { mirror, k512 } }\n"
	"  soa { mname = \"ns1.dnsbl.example.org\" rname = \"hostmaster.example.org\" refresh = 600\n"
	"        retry = 300 expire = 86400 minimum = 60 } }\n"
	"state = \"state\"\n"
	"zone \"k.example.net\" { ns = { \"ns2.example.net\" } ttl = 300\n"
	"  host \"hosthosthosthosthost\" { a = { \"192.0.2.53\" } }\n"
	"  access { unknown = error address_day = 1000000000 address_second = 100000 }\n"
	"  soa { mname = \"ns1.dnsbl.example.org\" rname = \"hostmaster.example.org\" refresh = 600\n"
	"        retry = 300 expire = 86400 minimum = 60 } }\n"
	"zone \"r.example.net\" { ns = { \"ns2.example.net\" } ttl = 300\n"
	"  access { required = true unknown = empty }\n"
	"  soa { mname = \"ns1.dnsbl.example.org\" rname = \"hostmaster.example.org\" refresh = 600\n"
	"        retry = 300 expire = 86400 minimum = 60 } }\n";

/* Numbers of the first octet. The first one comes where there are no ACLs at all. */
static const struct {
	uint8_t family;
	addr_t addr;
} clients[8] = {
	{4, 0x7f000001},
	{4, 0xc0000201},
	{4, 0xc0000202},
	{4, 0xc0000203},
	{4, 0xc0000204},
	{4, 0xc0000205},
	{6, (addr_t)0x20010db8 << 96 | 1},
	{6, (addr_t)0x20010db80001 << 80 | 1},
};
enum { REFUSED = 1, DROPPED = 2, DROPPED_BUT_BELOW = 5 };

static struct served served;
static struct rrl_table *rrl_table;

static struct quotas quotas;

static struct transfers transfers = {.most = 1};

static void remove_folder(void)
{
	quotas_close(&quotas);
	served_close(&served);
	rrl_unmap(rrl_table);
}

/* For both zones, and of the sublists all or "hijacked" alone. Without bounds: it is asked twice.
 */
static void give(struct change *change, const char *key, const char *sublist)
{
	static const char zones[] = "\0\15k.example.net\0\15r.example.net";
	uint8_t number[2];
	struct writer w = writer_of(number, sizeof number);

	if (sublist) {
		write_u16(&w, change_sublist(change, sublist));
	}
	served_check(
		change_give_key(change, &(struct access){.key = bytes_str(key),
							 .name = bytes_str("fuzz"),
							 .zones = bytes_of(zones, sizeof zones - 1),
							 .sublists = writer_bytes(&w)}));
}

static void give_keys(void)
{
	char folder[80];
	struct store *store;
	struct change *change = served_begin(&served, &store);
	bool aside;

	give(change, "allallallallallallall", NULL);
	give(change, "partpartpartpartpart", "hijacked");
	served_commit(change, store);
	snprintf(folder, sizeof folder, "%s/state", served.dir);
	served_check(quotas_open(&quotas, folder, -1, &aside));
	served.worker.quotas = &quotas;
}

/* Each transfer is a line. */
static void say_nothing(int priority, const char *line, size_t len)
{
	(void)priority;
	(void)line;
	(void)len;
}

/* With the first input, for replay.c knows no other moment. */
static void open_once(void)
{
	static bool opened;

	if (opened) {
		return;
	}
	opened = true;
	served_open(&served, config);
	served_check(rrl_map(&rrl_table));
	served_list(&served, "192.0.2.1", "relay", NULL);
	served_list(&served, "192.0.2.0/24", "hijacked", NULL);
	served_list(&served, "128.0.0.0/8", "netblock", NULL);
	served_list(&served, "2001:db8::/32", "relay", "A text of its own");
	served_list(&served, "2001:db8::1", "hijacked", NULL);
	give_keys();
	served.worker.transfers = &transfers;
	log_to(say_nothing);
	atexit(remove_folder);
}

/* Another judge than our own: what ldns makes of it. */
static void check_with_ldns(const uint8_t *reply, size_t len, bool question)
{
	ldns_pkt *packet = NULL;

	assert(ldns_wire2pkt(&packet, reply, len) == LDNS_STATUS_OK);
	assert(ldns_pkt_qdcount(packet) == question);
	assert(ldns_rr_list_rr_count(ldns_pkt_answer(packet)) == ldns_pkt_ancount(packet));
	assert(ldns_rr_list_rr_count(ldns_pkt_authority(packet)) == ldns_pkt_nscount(packet));
	if (question && ldns_pkt_ancount(packet) > 0) {
		ldns_rr *asked = ldns_rr_list_rr(ldns_pkt_question(packet), 0);

		assert(ldns_pkt_aa(packet));
		assert(ldns_pkt_get_rcode(packet) == LDNS_RCODE_NOERROR);
		for (size_t i = 0; i < ldns_pkt_ancount(packet); i++) {
			ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_answer(packet), i);
			ldns_rr_type type = ldns_rr_get_type(asked);

			if (type == LDNS_RR_TYPE_AXFR || type == LDNS_RR_TYPE_IXFR) {
				assert(ldns_dname_compare(ldns_rr_owner(rr),
							  ldns_rr_owner(asked)) == 0 ||
				       ldns_dname_is_subdomain(ldns_rr_owner(rr),
							       ldns_rr_owner(asked)));
				continue;
			}
			assert(ldns_dname_compare(ldns_rr_owner(rr), ldns_rr_owner(asked)) == 0);
			assert(type == LDNS_RR_TYPE_ANY || type == ldns_rr_get_type(rr));
		}
	}
	/* A negative answer has its SOA (RFC 2308), anything else no authority. */
	assert(ldns_pkt_nscount(packet) <= 1);
	if (ldns_pkt_get_rcode(packet) == LDNS_RCODE_NXDOMAIN && !ldns_pkt_tc(packet)) {
		assert(ldns_pkt_nscount(packet) == 1);
	}

	ldns_pkt_free(packet);
}

static void limit(const struct client *client, bool on)
{
	static const struct rrl_config one = {.given = true, .rate = 1, .slip = 1}, none;
	struct rrl *rrl = &served.worker.rrl;

	rrl_init(rrl, rrl_table, on ? &one : &none);
	worker_begin(&served.worker);
	while (on && rrl_take(rrl, client) == RRL_ANSWER) {
		/* Once more. */
	}
}

static void check(const uint8_t *query, size_t size, bool tcp, const uint8_t *reply, size_t len)
{
	const char *fault = reply_fault(query, size, tcp, reply, len);

	if (fault) {
		fprintf(stderr, "reply: %s\n", fault);
		abort();
	}
	if (len > DNS_HEADER) {
		check_with_ldns(reply, len, reply[5] == 1);
	}
}

/* Signs the packet, which has room for it. False where there is nothing that can be signed. */
static bool sign(struct tsig_session *s, unsigned key, uint8_t *packet, size_t *size)
{
	struct tsig tsig;

	if (*size > UINT16_MAX - SIGNATURE || tsig_find(&tsig, bytes_of(packet, *size)) ||
	    tsig.at > 0 || peek_u16(packet + 10) == UINT16_MAX) {
		return false;
	}
	assert(!tsig_session_open(
		s, tsig_key_find(served.worker.keys, &served.config->keys[key].name)));
	*size = tsig_sign_request(s, packet, *size, *size + SIGNATURE, (uint64_t)time(NULL));
	assert(*size > 0);
	return true;
}

static void check_signed(struct tsig_session *s, const uint8_t *reply, size_t len)
{
	struct tsig tsig;

	assert(len == 0 || !tsig_find(&tsig, bytes_of(reply, len)));
	if (len > 0 && tsig.at > 0) {
		assert(!tsig_verify_reply(s, bytes_of(reply, len), (uint64_t)time(NULL)));
	} else if (len > 0) {
		assert((reply[3] & 15) == RCODE_FORMERR || (reply[3] & 15) == RCODE_NOTIMP);
	}
	tsig_session_close(s);
}

/* If the last reply began one. */
static void end_transfer(bool tcp)
{
	struct outgoing *o = transfers_take(&transfers);
	static uint8_t message[REPLY_TCP];

	if (!o) {
		return;
	}
	assert(tcp);
	for (size_t len;
	     (len = outgoing_next(o, message, sizeof message)) > 0 || outgoing_rests(o);) {
		assert(len <= sizeof message && (len == 0 || peek_u16(message + 6) > 0));
	}
	assert(outgoing_is_whole(o));
	outgoing_end(o, true);
	assert(transfers.running == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > 65536) {
		return 0;
	}
	open_once();
	const unsigned who = data[0] >> 1 & 7;
	const struct client client = {
		.tcp = data[0] & 1,
		.family = clients[who].family,
		.addr = clients[who].addr,
	};
	/* ldns makes bool an unsigned char. */
	served.config->cookies.require = (data[0] & (16 | 32)) == 32;
	size_t room = client.tcp ? REPLY_TCP : REPLY_UDP;
	uint8_t *packet = malloc(size + SIGNATURE), *reply = malloc(room), *batched = malloc(room);
	struct tsig_session session;
	struct task task;

	size--;
	memcpy(packet, data + 1, size);
	const bool is_signed = data[0] & 16 && sign(&session, data[0] >> 5 & 3, packet, &size);

	packet = realloc(packet, size ? size : 1);

	served.worker.clients.given = who > 0;
	limit(&client, (data[0] & (16 | 64)) == 64);
	size_t len = respond(&served.worker, &client, packet, size, reply, room);
	end_transfer(client.tcp);
	task_read(&task, &served.worker, packet, size);
	tasks_prefetch(&task, 1, &served.worker);
	size_t again = task_reply(&task, &served.worker, &client, batched, room);
	worker_end(&served.worker);
	end_transfer(client.tcp);

	assert(len <= room);
	/* What is signed has the time in it. */
	assert(again == len && (is_signed || memcmp(reply, batched, len) == 0));
	assert(who != DROPPED || len == 0);
	if (len > 0 || (who != DROPPED && who != DROPPED_BUT_BELOW)) {
		check(packet, size, client.tcp, reply, len);
	}
	if (who == REFUSED && len > 0) {
		assert(peek_u16(reply + 6) == 0 && peek_u16(reply + 8) == 0);
	}
	if (is_signed) {
		check_signed(&session, reply, len);
	}
	free(batched);
	free(reply);
	free(packet);
	return 0;
}
