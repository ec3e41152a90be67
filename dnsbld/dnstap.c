/*
 * dnstap.c: a worker's part of dnstap.
 */
#include "dnstap.h"

#include <netinet/in.h>
#include <time.h>

uint64_t dnstap_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint16_t set_address(struct exchange *e, uint8_t address[16], const void *sockaddr)
{
	const struct sockaddr_in *in = sockaddr;
	const struct sockaddr_in6 *in6 = sockaddr;

	if (in->sin_family == AF_INET) {
		e->family = 4;
		memcpy(address, &in->sin_addr, 4);
		return ntohs(in->sin_port);
	}
	e->family = 6;
	memcpy(address, &in6->sin6_addr, 16);
	return ntohs(in6->sin6_port);
}

void exchange_set_client(struct exchange *e, const void *sockaddr)
{
	e->client_port = set_address(e, e->client, sockaddr);
}

void exchange_set_server(struct exchange *e, int fd)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6}; /* the larger of both families' */
	socklen_t len = sizeof at;

	getsockname(fd, (struct sockaddr *)&at, &len);
	e->server_port = set_address(e, e->server, &at);
}

void dnstap_put(struct dnstap *d, struct exchange *e, struct bytes query, struct bytes reply)
{
	const struct bytes parts[] = {bytes_of(e, sizeof *e), query, reply};

	e->query_len = (uint16_t)query.len;
	e->reply_len = (uint16_t)reply.len;
	bool put = ring_put(d->ring, parts, sizeof parts / sizeof *parts);

	counter_add(&d->counters->event[put ? COUNTER_DNSTAP_PUT : COUNTER_DNSTAP_LOST], 1);
}
