/*
 * test_dnstap.c: an exchange through a ring comes out as the messages that protobuf's own reader
 * finds, and what is no exchange as none.
 */
#include "dnstap.h"

#include <arpa/inet.h>
#include <dnstap.pb-c.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "dnstap_frame.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum { FORGERIES = 300000 };

static const struct dnstap_config both = {.queries = true, .responses = true};
static struct dnstap_sender sender = {.identity = "fra1", .version = "dnsbld 1", .wanted = &both};
static uint8_t message[EXCHANGE_MOST];
static uint8_t room[FRAMES_MOST * FRAME_MOST];
static struct iovec frames[FRAMES_MOST];
static struct ring ring;
static struct process_counters counters;

static struct exchange exchange4(void)
{
	struct sockaddr_in client = {.sin_family = AF_INET, .sin_port = htons(40000)};
	struct exchange e = {
		.query_ns = UINT64_C(1795305600123456789),
		.reply_ns = UINT64_C(1795305601000000001),
		.server_port = 53,
		.server = {192, 0, 2, 53},
	};

	inet_pton(AF_INET, "198.51.100.7", &client.sin_addr);
	exchange_set_client(&e, &client);
	return e;
}

/* Through a ring. Returns how many frames that makes. */
static int pass(struct exchange *e, struct bytes query, struct bytes reply)
{
	struct dnstap d = {.ring = &ring, .counters = &counters, .sample = 1, .left = 1};
	size_t len;

	dnstap_put(&d, e, query, reply);
	assert_int_equal(counter_read(&counters.event[COUNTER_DNSTAP_LOST]), 0);
	assert_int_equal(ring_take(&ring, message, sizeof message, &len), RING_TAKEN);
	return dnstap_frames(&sender, message, len, room, frames);
}

static Dnstap__Dnstap *unpack(const struct iovec *frame)
{
	Dnstap__Dnstap *d = dnstap__dnstap__unpack(NULL, frame->iov_len, frame->iov_base);

	assert_non_null(d);
	assert_true(frame->iov_len <= FRAME_MOST);
	assert_int_equal(d->type, DNSTAP__DNSTAP__TYPE__MESSAGE);
	assert_non_null(d->message);
	return d;
}

static void assert_octets(ProtobufCBinaryData got, const void *data, size_t len)
{
	assert_int_equal(got.len, len);
	assert_memory_equal(got.data, data, len);
}

static void test_an_exchange_is_a_query_and_a_response(void **state)
{
	struct exchange e = exchange4();
	Dnstap__Dnstap *query, *response;

	(void)state;
	assert_int_equal(pass(&e, bytes_str("question"), bytes_str("the answer")), 2);
	query = unpack(&frames[0]);
	response = unpack(&frames[1]);
	assert_octets(query->identity, "fra1", 4);
	assert_octets(response->version, "dnsbld 1", 8);
	assert_int_equal(query->message->type, DNSTAP__MESSAGE__TYPE__AUTH_QUERY);
	assert_int_equal(response->message->type, DNSTAP__MESSAGE__TYPE__AUTH_RESPONSE);
	assert_octets(query->message->query_message, "question", 8);
	assert_octets(response->message->response_message, "the answer", 10);
	assert_false(query->message->has_response_message);
	assert_false(query->message->has_response_time_sec);
	assert_int_equal(response->message->response_time_sec, 1795305601);
	assert_int_equal(response->message->response_time_nsec, 1);
	for (int i = 0; i < 2; i++) {
		const Dnstap__Message *m = i ? response->message : query->message;

		assert_int_equal(m->query_time_sec, 1795305600);
		assert_int_equal(m->query_time_nsec, 123456789);
		assert_int_equal(m->socket_family, DNSTAP__SOCKET_FAMILY__INET);
		assert_int_equal(m->socket_protocol, DNSTAP__SOCKET_PROTOCOL__UDP);
		assert_octets(m->query_address, "\xc6\x33\x64\x07", 4);
		assert_octets(m->response_address, "\xc0\x00\x02\x35", 4);
		assert_int_equal(m->query_port, 40000);
		assert_int_equal(m->response_port, 53);
	}
	dnstap__dnstap__free_unpacked(query, NULL);
	dnstap__dnstap__free_unpacked(response, NULL);
}

static void test_ipv6_and_tcp(void **state)
{
	struct sockaddr_in6 client = {.sin6_family = AF_INET6, .sin6_port = htons(1)};
	struct exchange e = {.tcp = 1};
	Dnstap__Dnstap *query;

	(void)state;
	inet_pton(AF_INET6, "2001:db8::1", &client.sin6_addr);
	exchange_set_client(&e, &client);
	assert_int_equal(pass(&e, bytes_str("q"), bytes_str("r")), 2);
	query = unpack(&frames[0]);
	assert_int_equal(query->message->socket_family, DNSTAP__SOCKET_FAMILY__INET6);
	assert_int_equal(query->message->socket_protocol, DNSTAP__SOCKET_PROTOCOL__TCP);
	assert_octets(query->message->query_address, &client.sin6_addr, 16);
	assert_int_equal(query->message->query_port, 1);
	dnstap__dnstap__free_unpacked(query, NULL);
}

static void test_only_what_is_wanted_and_there(void **state)
{
	static const struct dnstap_config queries = {.queries = true};
	static const struct dnstap_config responses = {.responses = true};
	struct exchange e = exchange4();
	Dnstap__Dnstap *d;

	(void)state;
	assert_int_equal(pass(&e, bytes_str("dropped"), bytes_str("")), 1);
	sender.wanted = &queries;
	assert_int_equal(pass(&e, bytes_str("q"), bytes_str("r")), 1);
	d = unpack(&frames[0]);
	assert_int_equal(d->message->type, DNSTAP__MESSAGE__TYPE__AUTH_QUERY);
	dnstap__dnstap__free_unpacked(d, NULL);
	sender.wanted = &responses;
	assert_int_equal(pass(&e, bytes_str("q"), bytes_str("r")), 1);
	d = unpack(&frames[0]);
	assert_int_equal(d->message->type, DNSTAP__MESSAGE__TYPE__AUTH_RESPONSE);
	dnstap__dnstap__free_unpacked(d, NULL);
	assert_int_equal(pass(&e, bytes_str("dropped"), bytes_str("")), 0);
	sender.wanted = &both;
}

/* All numbers as large as they get: nothing is longer than the room for a frame. */
static void test_the_longest_fits(void **state)
{
	static const char longest[] =
		"0123456789012345678901234567890123456789012345678901234567890123";
	static uint8_t octets[UINT16_MAX];
	const struct dnstap_sender common = sender;
	struct exchange e;

	(void)state;
	memset(&e, 0xff, sizeof e);
	e.family = 6;
	sender.identity = sender.version = longest;
	assert_int_equal(pass(&e, bytes_of(octets, UINT16_MAX), bytes_of(octets, UINT16_MAX)), 2);
	for (int i = 0; i < 2; i++) {
		Dnstap__Dnstap *d = unpack(&frames[i]);

		assert_int_equal(i ? d->message->response_message.len
				   : d->message->query_message.len,
				 UINT16_MAX);
		dnstap__dnstap__free_unpacked(d, NULL);
	}
	sender = common;
}

static void test_what_is_put_and_lost_is_counted(void **state)
{
	static uint8_t octets[UINT16_MAX];
	struct dnstap d = {.ring = &ring, .counters = &counters, .sample = 1, .left = 1};
	uint64_t put = counter_read(&counters.event[COUNTER_DNSTAP_PUT]);
	struct exchange e = exchange4();
	size_t len;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		dnstap_put(&d, &e, bytes_of(octets, UINT16_MAX), bytes_of(octets, 0));
	}
	/* 16 times 64 KiB would be the ring. */
	assert_int_equal(counter_read(&counters.event[COUNTER_DNSTAP_PUT]) - put, 15);
	assert_int_equal(counter_read(&counters.event[COUNTER_DNSTAP_LOST]), 5);
	assert_int_equal(ring_lost(&ring), 5);
	while (ring_take(&ring, message, sizeof message, &len) == RING_TAKEN) {
	}
	counters.event[COUNTER_DNSTAP_LOST] = 0;
}

static void test_one_in_so_many(void **state)
{
	struct dnstap d = {.ring = &ring, .counters = &counters, .sample = 10, .left = 1};
	unsigned next = 0;

	(void)state;
	assert_true(dnstap_is_next(&d));
	for (unsigned i = 0; i < 1000; i++) {
		next += dnstap_is_next(&d);
	}
	assert_int_equal(next, 100);
}

static void test_what_is_no_exchange_makes_no_frame(void **state)
{
	struct exchange e = exchange4();

	(void)state;
	e.query_len = 2;
	e.reply_len = 3;
	for (size_t len = 0; len < sizeof e + 20; len++) {
		memset(message, 'x', sizeof message);
		memcpy(message, &e, sizeof e);
		assert_int_equal(dnstap_frames(&sender, message, len, room, frames),
				 len == sizeof e + 5 ? 2 : -1);
	}
	for (unsigned family = 0; family < 256; family++) {
		e.family = (uint8_t)family;
		memcpy(message, &e, sizeof e);
		assert_int_equal(dnstap_frames(&sender, message, sizeof e + 5, room, frames),
				 family == 4 || family == 6 ? 2 : -1);
	}
}

/* Lengths that fit now and then, and all else at random. */
static void test_random_octets_are_no_exchange_or_make_whole_frames(void **state)
{
	unsigned fine = 0;

	(void)state;
	srandom(2);
	for (unsigned i = 0; i < FORGERIES; i++) {
		size_t len = sizeof(struct exchange) + (size_t)random() % 40;
		uint8_t *exact = malloc(len); /* so that the sanitizer sees its end */
		struct exchange e;
		int count;

		assert_non_null(exact);
		for (size_t k = 0; k < len; k++) {
			exact[k] = (uint8_t)random();
		}
		memcpy(&e, exact, sizeof e);
		e.query_len %= 40;
		e.reply_len %= 40;
		e.family = (uint8_t)(e.family % 8);
		memcpy(exact, &e, sizeof e);
		count = dnstap_frames(&sender, exact, len, room, frames);
		for (int k = 0; k < count; k++) {
			dnstap__dnstap__free_unpacked(unpack(&frames[k]), NULL);
		}
		fine += count > 0;
		free(exact);
	}
	assert_true(fine > FORGERIES / 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_exchange_is_a_query_and_a_response),
		cmocka_unit_test(test_ipv6_and_tcp),
		cmocka_unit_test(test_only_what_is_wanted_and_there),
		cmocka_unit_test(test_the_longest_fits),
		cmocka_unit_test(test_what_is_put_and_lost_is_counted),
		cmocka_unit_test(test_one_in_so_many),
		cmocka_unit_test(test_what_is_no_exchange_makes_no_frame),
		cmocka_unit_test(test_random_octets_are_no_exchange_or_make_whole_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
