/*
 * fuzz_respond: any packet to respond(), over UDP and TCP, in front of a real database.
 *
 * The first octet says how the packet comes (bit 0: TCP) and the rest is the packet. What must hold
 * for every reply:
 *
 * 1. It is no longer than the transport, the client and the room allow.
 * 2. QR is set, id and opcode are the query's, RA, Z, AD and CD are clear.
 * 3. Either it is a header alone, or the question comes back octet by octet.
 * 4. It has as many records as its header says and nothing behind them, and ldns reads it.
 * 5. The three steps of a batch say the same as respond().
 * 6. A positive answer has only records of the type that was asked, all at the name that was asked.
 *
 * The packet sits in a block of exactly its size, the reply in one of exactly its room.
 */
#include <assert.h>
#include <ldns/ldns.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dnsbld/reply.h"
#include "tests/unit/dnsbld/served.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config[] =
	"sublist relay { code = 2 text = \"Open relay, see https://dnsbl.example.org/?ip={ip}\" }\n"
	"sublist hijacked { code = 4 text = \"{ip} {ip} {ip} {ip} {ip}\" }\n"
	"sublist netblock { code = 9 text = \"Spammers' network\" }\n"
	"zone \"dnsbl.example.org\" { ns = { \"ns1.dnsbl.example.org\", \"ns2.example.net\" } ttl = 300\n"
	"  apex { a = { \"192.0.2.80\" } aaaa = { \"2001:db8::80\" } }\n"
	"  host \"ns1\" { a = { \"192.0.2.53\" } aaaa = { \"2001:db8::53\" } }\n"
	"  soa { mname = \"ns1.dnsbl.example.org\" rname = \"hostmaster.example.org\" refresh = 600\n"
	"        retry = 300 expire = 86400 minimum = 60 } }\n"
	"zone \"low.mid.dnsbl.example.org\" { ns = { \"ns2.example.net\" } ttl = 300 sublists = { \"netblock\" }\n"
	"  soa { mname = \"ns1.dnsbl.example.org\" rname = \"hostmaster.example.org\" refresh = 600\n"
	"        retry = 300 expire = 86400 minimum = 60 } }\n";

static struct served served;

static void remove_folder(void)
{
	served_close(&served);
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
	served_list(&served, "192.0.2.1", "relay", NULL);
	served_list(&served, "192.0.2.0/24", "hijacked", NULL);
	served_list(&served, "128.0.0.0/8", "netblock", NULL);
	served_list(&served, "2001:db8::/32", "relay", "A text of its own");
	served_list(&served, "2001:db8::1", "hijacked", NULL);
	atexit(remove_folder);
}

/* Past a name; a pointer may only lead to the question. */
static size_t skip_name(const uint8_t *reply, size_t len, size_t at)
{
	for (;;) {
		assert(at < len);
		if (reply[at] >= 0xc0) {
			assert(at + 2 <= len);
			assert(((reply[at] & 0x3f) << 8 | reply[at + 1]) >= 12);
			assert((size_t)((reply[at] & 0x3f) << 8 | reply[at + 1]) < at);
			return at + 2;
		}
		assert(reply[at] < 0x40);
		if (reply[at] == 0) {
			return at + 1;
		}
		at += reply[at] + 1U;
	}
}

/* As many records as the header says, and nothing behind the last. */
static void check_length(const uint8_t *reply, size_t len, size_t at)
{
	unsigned records =
		(unsigned)(peek_u16(reply + 6) + peek_u16(reply + 8) + peek_u16(reply + 10));

	for (; records > 0; records--) {
		at = skip_name(reply, len, at);
		assert(at + 10 <= len);
		at += 10U + peek_u16(reply + at + 8);
		assert(at <= len);
	}
	assert(at == len);
}

/* Another judge than our own: what ldns makes of it. */
static void check_records(const uint8_t *reply, size_t len, bool question)
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

			assert(ldns_dname_compare(ldns_rr_owner(rr), ldns_rr_owner(asked)) == 0);
			assert(type == LDNS_RR_TYPE_ANY || type == ldns_rr_get_type(rr) ||
			       (type == LDNS_RR_TYPE_IXFR &&
				ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA));
		}
	}
	/* A negative answer has its SOA (RFC 2308), anything else no authority. */
	assert(ldns_pkt_nscount(packet) <= 1);
	if (ldns_pkt_get_rcode(packet) == LDNS_RCODE_NXDOMAIN && !ldns_pkt_tc(packet)) {
		assert(ldns_pkt_nscount(packet) == 1);
	}

	ldns_pkt_free(packet);
}

static void check(const uint8_t *query, size_t size, bool tcp, const uint8_t *reply, size_t len)
{
	assert(size >= 12 && !(query[2] & 0x80));
	assert(len >= 12);
	assert(tcp || len <= REPLY_UDP);
	assert(memcmp(reply, query, 2) == 0);
	assert((reply[2] & 0xf8) == ((query[2] & 0x78) | 0x80));
	assert((reply[3] & 0xf0) == 0);
	if (len == 12) {
		assert(memcmp(reply + 4, "\0\0\0\0\0\0\0\0", 8) == 0);
		assert((reply[3] & 15) == RCODE_FORMERR || (reply[3] & 15) == RCODE_NOTIMP);
		return;
	}

	bool question = reply[5] == 1;
	size_t end = 12;

	if (question) {
		while (query[end] != 0) {
			end += query[end] + 1U;
		}
		end += 5;
		assert(end <= size && end <= len);
		assert(memcmp(query + 12, reply + 12, end - 12) == 0);
	}
	if (!tcp && query[10] == 0 && query[11] == 0) {
		assert(len <= 512);
	}
	check_length(reply, len, end);
	check_records(reply, len, question);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > 65536) {
		return 0;
	}
	open_once();
	const struct client client = {.tcp = data[0] & 1};
	size_t room = client.tcp ? REPLY_TCP : REPLY_UDP;
	uint8_t *packet = malloc(size), *reply = malloc(room), *batched = malloc(room);
	struct task task;

	size--;
	memcpy(packet, data + 1, size);
	packet = realloc(packet, size ? size : 1);

	worker_begin(&served.worker);
	size_t len = respond(&served.worker, &client, packet, size, reply, room);
	task_read(&task, &served.worker, packet, size);
	tasks_prefetch(&task, 1, &served.worker);
	size_t again = task_reply(&task, &served.worker, &client, batched, room);
	worker_end(&served.worker);

	assert(len <= room);
	assert(again == len && memcmp(reply, batched, len) == 0);
	if (len > 0) {
		check(packet, size, client.tcp, reply, len);
	}
	free(batched);
	free(reply);
	free(packet);
	return 0;
}
