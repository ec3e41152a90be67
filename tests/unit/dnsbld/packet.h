/*
 * packet.h: packets as text, and replies as text, so that a table of tests can be read.
 *
 *     "1234 0100 0001 0000 0000 0000  n:1.2.0.192.dnsbl.example.org 0001 0001"
 *
 * Words are octets in hex, or n:NAME, a name in wire form. A reply becomes its rcode, its flags and
 * its counts: "NXDOMAIN aa 0/1/0", "NOERROR aa 1/0/1 opt", "FORMERR 12" (the header alone), "drop".
 */
#ifndef DNSBLD_TEST_PACKET_H
#define DNSBLD_TEST_PACKET_H

#include <ctype.h>
#include <ldns/ldns.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Plain labels, without escapes; "." is the root. Returns the end of what was written. */
static inline uint8_t *packet_name(uint8_t *to, const char *text, size_t len)
{
	for (const char *end = text + len; text < end && *text != '.';) {
		size_t label = strcspn(text, ". ");

		*to++ = (uint8_t)label;
		memcpy(to, text, label);
		to += label;
		text += label + (text + label < end);
	}
	*to++ = 0;
	return to;
}

/* Returns the packet's length. `packet` has room for 65,535 octets. */
static inline size_t packet_make(uint8_t *packet, const char *text)
{
	uint8_t *to = packet;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (len > 2 && text[0] == 'n' && text[1] == ':') {
			to = packet_name(to, text + 2, len - 2);
		} else {
			for (size_t i = 0; i + 1 < len; i += 2) {
				char hex[3] = {text[i], text[i + 1], '\0'};

				*to++ = (uint8_t)strtoul(hex, NULL, 16);
			}
		}
		text += len;
		text += strspn(text, " ");
	}
	return (size_t)(to - packet);
}

/* A plain query: "NAME TYPE-IN-HEX [CLASS-IN-HEX]". */
static inline size_t packet_ask(uint8_t *packet, const char *name, unsigned type)
{
	char text[1100];

	snprintf(text, sizeof text, "1234 0000 0001 0000 0000 0000 n:%s %04x 0001", name, type);
	return packet_make(packet, text);
}

/* Appends an OPT with this UDP size, and counts it. Returns the packet's new length. */
static inline size_t packet_add_opt(uint8_t *packet, size_t len, unsigned size)
{
	const uint8_t opt[] = {0, 0, 41, (uint8_t)(size >> 8), (uint8_t)size, 0, 0, 0, 0, 0, 0};

	memcpy(packet + len, opt, sizeof opt);
	packet[11]++;
	return len + sizeof opt;
}

static inline const char *packet_rcode(unsigned rcode)
{
	static const char *const names[] = {
		[0] = "NOERROR", [1] = "FORMERR", [2] = "SERVFAIL", [3] = "NXDOMAIN",
		[4] = "NOTIMP",  [5] = "REFUSED", [9] = "NOTAUTH",  [15] = NULL,
	};

	return rcode < 16 && names[rcode] ? names[rcode] : "?";
}

/* `text` has room for 128. Returns it. */
static inline char *packet_describe(const uint8_t *reply, size_t len, char *text)
{
	if (len == 0) {
		return strcpy(text, "drop");
	}
	char *at = text + sprintf(text, "%s", packet_rcode(reply[3] & 15));

	if (len == 12) {
		sprintf(at, " 12");
		return text;
	}
	at += sprintf(at, "%s%s %u/%u/%u", reply[2] & 4 ? " aa" : "", reply[2] & 2 ? " tc" : "",
		      reply[6] << 8 | reply[7], reply[8] << 8 | reply[9],
		      reply[10] << 8 | reply[11]);

	/* ldns, as the judge of whether it is a message at all. */
	ldns_pkt *packet = NULL;

	if (ldns_wire2pkt(&packet, reply, len) != LDNS_STATUS_OK) {
		return strcpy(text, "not a DNS message");
	}
	if (ldns_pkt_edns(packet)) {
		ldns_rdf *data = ldns_pkt_edns_data(packet);
		const uint8_t *option = data ? ldns_rdf_data(data) : NULL;

		at += sprintf(at, " opt");
		if (ldns_pkt_edns_extended_rcode(packet) == 1) {
			at += sprintf(at, " badvers");
		}
		if (option && ldns_rdf_size(data) == 6 && option[1] == 15) {
			at += sprintf(at, " ede=%u", option[5]);
		}
	}
	if (ldns_pkt_tsig(packet)) {
		sprintf(at, " tsig");
	}
	ldns_pkt_free(packet);
	return text;
}

#endif
