/*
 * axfr.c: takes a zone over TCP and throws it away: how long does the primary need?
 *
 *	axfr PORT ZONE [SERIAL]		whole, or what has changed since a serial
 *
 * Prints one line of JSON. It reads every record's length, and the serials, by which a transfer
 * ends; what is no transfer ends it with 1.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "dns.h"
#include "name.h"

enum { MESSAGE = 65535, BUFFER = 1 << 20, SOA_NUMBERS = 20, POINTER_TO_APEX = 0xc000 | DNS_HEADER };

struct taken {
	uint64_t records, octets, messages;
	uint32_t serial; /* the first SOA's */
	unsigned soas;   /* of that serial, so far */
	unsigned end;    /* so many of it end the transfer: 2, of differences 3 */
	bool done;
};

static _Noreturn void give_up(const char *why)
{
	fprintf(stderr, "axfr: %s\n", why);
	exit(1);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int connect_to(const char *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
		give_up("nobody listens there");
	}
	return fd;
}

static void ask(int fd, const char *zone, const char *serial)
{
	uint8_t query[512];
	struct writer w = writer_of(query + 2, sizeof query - 2);
	struct name name;

	if (name_parse(zone, &name)) {
		give_up(fail_text());
	}
	write_be(&w, 0x12340000, 4);
	write_be(&w, UINT64_C(0x0001000000000000) | (serial ? 0x10000 : 0), 8);
	write_bytes(&w, name.wire, name.len);
	write_u16(&w, serial ? TYPE_IXFR : TYPE_AXFR);
	write_u16(&w, CLASS_IN);
	if (serial) {
		write_u16(&w, POINTER_TO_APEX);
		write_u16(&w, TYPE_SOA);
		write_u16(&w, CLASS_IN);
		write_u32(&w, 0);
		write_u16(&w, 2 + SOA_NUMBERS);
		write_u16(&w, 0); /* two roots */
		write_u32(&w, (uint32_t)strtoul(serial, NULL, 10));
		write_be(&w, 0, 8);
		write_be(&w, 0, 8);
	}
	size_t len = writer_len(&w);

	query[0] = (uint8_t)(len >> 8);
	query[1] = (uint8_t)len;
	if (write(fd, query, len + 2) != (ssize_t)(len + 2)) {
		give_up("the query was not taken");
	}
}

static void skip_name(struct reader *r)
{
	unsigned len;

	while ((len = read_u8(r)) > 0 && len < 64) {
		read_bytes(r, len);
	}
	if (len > 0) {
		read_u8(r);
	}
}

/* What of the SOAs is new: whose serial it is says how the transfer goes on (RFC 1995 §4). */
static void take_soa(struct taken *t, struct bytes rdata)
{
	uint32_t serial = peek_u32(rdata.data + rdata.len - SOA_NUMBERS);

	if (t->records == 0) {
		t->serial = serial;
		t->end = 2;
	} else if (t->records == 1 && serial != t->serial) {
		t->end = 3;
	}
	t->soas += serial == t->serial;
	t->done = t->soas == t->end;
}

static void take(struct taken *t, struct bytes message)
{
	struct reader r = reader_of(message);

	read_u16(&r);
	if ((read_u16(&r) & 0x800f) != 0x8000) {
		give_up("the primary refuses");
	}
	unsigned questions = read_u16(&r), records = read_u16(&r);

	read_u32(&r);
	for (; questions > 0; questions--) {
		skip_name(&r);
		read_u32(&r);
	}
	for (; records > 0 && !r.bad; records--, t->records++) {
		skip_name(&r);
		unsigned type = read_u16(&r);

		read_be(&r, 6);
		struct bytes rdata = read_run(&r);

		if (r.bad || t->done || (type == TYPE_SOA && rdata.len < SOA_NUMBERS)) {
			give_up("this is no transfer");
		}
		if (type == TYPE_SOA) {
			take_soa(t, rdata);
		}
	}
	t->octets += message.len;
	t->messages++;
}

/* Takes the whole messages; returns how many octets they are. */
static size_t take_messages(struct taken *t, const uint8_t *data, size_t len)
{
	size_t at = 0;

	while (len - at >= 2 && len - at >= 2U + peek_u16(data + at)) {
		take(t, bytes_of(data + at + 2, peek_u16(data + at)));
		at += 2U + peek_u16(data + at);
	}
	return at;
}

int main(int argc, char **argv)
{
	static uint8_t buffer[BUFFER];
	struct taken t = {.records = 0};
	size_t have = 0;
	double first = 0;

	if (argc < 3) {
		give_up("usage: axfr PORT ZONE [SERIAL]");
	}
	int fd = connect_to(argv[1]);
	double begun = seconds();

	ask(fd, argv[2], argc > 3 ? argv[3] : NULL);
	/* One SOA alone, that of whoever has it all, has no end that could be waited for. */
	while (!t.done && !(argc > 3 && t.records == 1 && have == 0)) {
		ssize_t got = read(fd, buffer + have, sizeof buffer - have);

		if (got <= 0) {
			give_up("the primary closed in the middle");
		}
		first = first > 0 ? first : seconds();
		have += (size_t)got;
		size_t used = take_messages(&t, buffer, have);

		have -= used;
		memmove(buffer, buffer + used, have);
	}
	double ended = seconds();

	printf("{\"seconds\": %.6f, \"first_seconds\": %.6f, \"records\": %llu, \"octets\": %llu, "
	       "\"messages\": %llu, \"serial\": %u}\n",
	       ended - begun, first - begun, (unsigned long long)t.records,
	       (unsigned long long)t.octets, (unsigned long long)t.messages, t.serial);
	close(fd);
	return 0;
}
