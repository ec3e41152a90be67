/*
 * xfr_frame.h: transfers as text. ldns encodes the messages, compressed, and says what the records
 * are that came out.
 *
 *     "soa 7; ns; 1.2.0.192 A 127.0.0.2 | soa 7"  ->  "full 7, +ns, +1.2.0.192 A 127.0.0.2, +soa 7"
 *
 * A message ends at |, a record at ;. The zone is dnsbl.example.org.
 */
#ifndef DNSBLD_TEST_XFR_FRAME_H
#define DNSBLD_TEST_XFR_FRAME_H

#include <assert.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "xfr.h"

#define XFR_ZONE "dnsbl.example.org."

enum { XFR_ID = 0x4321, XFR_NOW = 1700000000 };

/* --- keys ---------------------------------------------------------------------------------------
 */

#define XFR_SECRET                                                                             \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+" \
	"Pw=="

/* The key of xfr_streams.h is the first, another one with the same secret the second. */
static const char xfr_config[] =
	"key Mirror.example.org { algorithm = hmac-sha256 secret = \"" XFR_SECRET "\" }\n"
	"key other { algorithm = hmac-sha256 secret = \"" XFR_SECRET "\" }\n"
	"sublist relay { code = 2 } zone dnsbl.example.org { ns = ns1.example.net\n"
	"  soa { mname = ns1.example.net rname = h.example.org } }\n";

static struct config *xfr_keys_config;
static struct tsig_keys *xfr_keys;

static inline int xfr_keys_open(void **state)
{
	(void)state;
	if (config_parse(xfr_config, "/x", &xfr_keys_config) ||
	    tsig_keys_open(&xfr_keys, xfr_keys_config)) {
		fprintf(stderr, "%s\n", fail_text());
		return -1;
	}
	return 0;
}

static inline int xfr_keys_close(void **state)
{
	(void)state;
	tsig_keys_close(xfr_keys);
	config_free(xfr_keys_config);
	return 0;
}

static inline const struct tsig_key *xfr_key(unsigned i)
{
	return tsig_key_find(xfr_keys, &xfr_keys_config->keys[i].name);
}

/* --- messages from text -------------------------------------------------------------------------
 */

static inline ldns_rr *xfr_rr(const char *text, ldns_rdf *zone)
{
	char line[1200];
	ldns_rr *rr = NULL;
	unsigned serial;

	if (sscanf(text, "soa %u", &serial) == 1) {
		snprintf(line, sizeof line, "@ 3600 SOA ns1.example.net. h %u 7200 900 604800 300",
			 serial);
	} else if (strcmp(text, "ns") == 0) {
		snprintf(line, sizeof line, "@ 300 NS NS1.Example.net.");
	} else {
		snprintf(line, sizeof line, "%s", text);
	}
	if (ldns_rr_new_frm_str(&rr, line, 300, zone, NULL) != LDNS_STATUS_OK) {
		fprintf(stderr, "no record: %s\n", line);
		abort();
	}
	return rr;
}

/* One message of `len` characters. The first has the question. In a block of its own. */
static inline struct bytes xfr_encode(const char *text, size_t len, uint16_t qtype, bool first)
{
	ldns_rdf *apex = ldns_dname_new_frm_str(XFR_ZONE);
	ldns_pkt *packet = ldns_pkt_new();
	uint8_t *wire = NULL;
	size_t size = 0;

	ldns_pkt_set_id(packet, XFR_ID);
	ldns_pkt_set_qr(packet, true);
	ldns_pkt_set_aa(packet, true);
	if (first) {
		ldns_rr *question = ldns_rr_new();

		ldns_rr_set_owner(question, ldns_rdf_clone(apex));
		ldns_rr_set_type(question, qtype);
		ldns_rr_set_class(question, LDNS_RR_CLASS_IN);
		ldns_rr_set_question(question, true);
		ldns_pkt_push_rr(packet, LDNS_SECTION_QUESTION, question);
	}
	for (const char *end = text + len; text < end;) {
		char record[1200];

		text += strspn(text, " ");
		size_t one = strcspn(text, ";|");

		snprintf(record, sizeof record, "%.*s", (int)one, text);
		for (size_t i = strlen(record); i > 0 && record[i - 1] == ' '; i--) {
			record[i - 1] = '\0';
		}
		if (*record) {
			ldns_pkt_push_rr(packet, LDNS_SECTION_ANSWER, xfr_rr(record, apex));
		}
		text += one + 1;
	}
	if (ldns_pkt2wire(&wire, packet, &size) != LDNS_STATUS_OK) {
		abort();
	}
	ldns_pkt_free(packet);
	ldns_rdf_deep_free(apex);
	return bytes_of(wire, size);
}

/* --- records to text ----------------------------------------------------------------------------
 */

struct xfr_log {
	char text[65536];
	size_t len;
	enum status status; /* what the sink says */
};

/* "OWNER TTL IN TYPE RDATA" without TTL, class and the zone at the owner's end. */
static inline void xfr_log_line(struct xfr_log *log, const char *sign, char *text)
{
	char *tab[4] = {strchr(text, '\t')};

	for (unsigned i = 1; i < 4; i++) {
		tab[i] = strchr(tab[i - 1] + 1, '\t');
	}
	size_t owner = (size_t)(tab[0] - text), zone = strlen(XFR_ZONE);

	owner = owner > zone ? owner - zone - 1 : 0;
	text[strcspn(text, "\n")] = '\0';
	log->len += (size_t)snprintf(log->text + log->len, sizeof log->text - log->len,
				     "%s%s%.*s%s%.*s %s", log->len ? ", " : "", sign, (int)owner,
				     text, owner ? " " : "", (int)(tab[3] - tab[2] - 1), tab[2] + 1,
				     tab[3] + 1);
	assert(log->len < sizeof log->text);
}

/* What ldns has no words for is left out. */
static inline void xfr_log_add(struct xfr_log *log, const char *sign, const struct record *r)
{
	static uint8_t wire[NAME_MAX_WIRE + DNS_RR_FIXED + MESSAGE_MAX];
	struct writer w = writer_of(wire, sizeof wire);
	ldns_rr *rr = NULL;
	size_t at = 0;

	write_bytes(&w, r->owner.wire, r->owner.len);
	write_u16(&w, r->type);
	write_u16(&w, CLASS_IN);
	write_u32(&w, r->ttl_s);
	write_run(&w, r->rdata);
	if (ldns_wire2rr(&rr, wire, writer_len(&w), &at, LDNS_SECTION_ANSWER) != LDNS_STATUS_OK) {
		return;
	}
	assert(at == writer_len(&w));
	char *text = ldns_rr2str(rr);

	if (text) {
		xfr_log_line(log, sign, text);
	}
	free(text);
	ldns_rr_free(rr);
}

static inline enum status xfr_log_begin(void *context, bool full, uint32_t serial)
{
	struct xfr_log *log = context;

	log->len += (size_t)sprintf(log->text + log->len, "%s%s %u", log->len ? ", " : "",
				    full ? "full" : "differences", serial);
	return log->status;
}

static inline enum status xfr_log_del(void *context, const struct record *r)
{
	xfr_log_add(context, "-", r);
	return ST_OK;
}

static inline enum status xfr_log_put(void *context, const struct record *r)
{
	xfr_log_add(context, "+", r);
	return ST_OK;
}

/* A sink that writes into the log, which is begun anew. */
static inline struct xfr_sink xfr_log_sink(struct xfr_log *log)
{
	log->len = 0;
	log->text[0] = '\0';
	log->status = ST_OK;
	return (struct xfr_sink){log, xfr_log_begin, xfr_log_del, xfr_log_put};
}

#endif
