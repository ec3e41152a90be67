/*
 * test_tsig.c: signatures that others made, and others' judgement of ours.
 *
 * The vectors are dnspython's, of 1700000000, with the key Mirror.example.org, whose secret is the
 * octets 0 to 63. It compresses the key's name and leaves it in capitals. ldns signs and verifies
 * beside that, all but SHA-384, whose name ldns 1.8.3 misspells; it looks at no time.
 */
#include "tsig.h"

#include <ldns/ldns.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dnsbld/packet.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define SECRET                                                                                 \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+" \
	"Pw=="
#define ZONE                                                                                  \
	"sublist relay { code = 2 } zone \"dnsbl.example.org\" { ns = { \"ns1.example.net\" " \
	"} soa { mname = \"ns1.example.net\" rname = \"h.example.org\" } }\n"

enum { NOW = 1700000000, ROOM = 65535, HEADER = 12 };

static const struct {
	const char *algorithm, *request, *reply;
} vectors[] = {
	{
		"hmac-sha256",
		"12340000000100000000000105646e73626c076578616d706c65036f72670000060001064d697272"
		"6f72c01200fa00ff00000000003d0b686d61632d7368613235360000006553f100012c0020aec241"
		"47a0741d6924609e69d84c13f84f87cd2491dc02dcf72115f592b5aa57123400000000",
		"12348000000100010000000105646e73626c076578616d706c65036f72670000060001c00c000600"
		"010000012c0029036e7331076578616d706c65036e6574000168c012000000070000000100000002"
		"0000000300000004064d6972726f72c01200fa00ff00000000003d0b686d61632d73686132353600"
		"00006553f100012c0020490f53fdab02f514df2edf6dba38874b6be97556eff8c59c8672b012166e"
		"2715123400000000",
	},
	{
		"hmac-sha384",
		"12340000000100000000000105646e73626c076578616d706c65036f72670000060001064d697272"
		"6f72c01200fa00ff00000000004d0b686d61632d7368613338340000006553f100012c0030f408a4"
		"8d4a80ddc54c90c9eea0458587fb6482e235dcdb93d93665cdd4cbe88c9a9a9a3af9822d6dd392db"
		"0b1ba3410b123400000000",
		"12348000000100010000000105646e73626c076578616d706c65036f72670000060001c00c000600"
		"010000012c0029036e7331076578616d706c65036e6574000168c012000000070000000100000002"
		"0000000300000004064d6972726f72c01200fa00ff00000000004d0b686d61632d73686133383400"
		"00006553f100012c00302cdfce68cd50651e60985783990f1d21c174a8f5c992b6d551991829a2b4"
		"a5276011554cbfd99c7708ae2096cdb45e6f123400000000",
	},
	{
		"hmac-sha512",
		"12340000000100000000000105646e73626c076578616d706c65036f72670000060001064d697272"
		"6f72c01200fa00ff00000000005d0b686d61632d7368613531320000006553f100012c004085e3ac"
		"48bdc98e2d8d5197ae816085003c7bf65cf8c33ffab084a459904c4815ee73a4e96211dd50be6f48"
		"55216f037c71272df951c7fd86e1a9b306813ebfc8123400000000",
		"12348000000100010000000105646e73626c076578616d706c65036f72670000060001c00c000600"
		"010000012c0029036e7331076578616d706c65036e6574000168c012000000070000000100000002"
		"0000000300000004064d6972726f72c01200fa00ff00000000005d0b686d61632d73686135313200"
		"00006553f100012c0040022877bd757d776e31b0061f74865051e801df60fb6325da3d3a0fdd8c15"
		"0e0c1997adc539726b432b5b7983a4fc9a5098f24b51c8e37f0223e0721dca7271b4123400000000",
	},
};

/* The second and the third have no TSIG. */
static const char stream_request[] =
	"43210000000100000000000105646e73626c076578616d706c65036f72670000fc0001064d697272"
	"6f72c01200fa00ff00000000003d0b686d61632d7368613235360000006553f100012c0020bf0075"
	"40a9ab2c2d4572152208791f8e15ac5a961829bcce279901d0cc69a9c6432100000000";

static const char *const stream[] = {
	"43218000000100010000000105646e73626c076578616d706c65036f72670000fc00010130c00c00"
	"0100010000012c00047f000002064d6972726f72c01200fa00ff00000000003d0b686d61632d7368"
	"613235360000006553f100012c002008384e651b96dbd3aed2557691641671ec90d314a7950c04d3"
	"e17da2c278432e432100000000",
	"432180000000000100000000013105646e73626c076578616d706c65036f72670000010001000001"
	"2c00047f000003",
	"432180000000000100000000013205646e73626c076578616d706c65036f72670000010001000001"
	"2c00047f000004",
	"432180000000000100000001013305646e73626c076578616d706c65036f72670000010001000001"
	"2c00047f000005064d6972726f72c01400fa00ff00000000003d0b686d61632d7368613235360000"
	"006553f100012c0020875df2f55e745211db4d27d871e59c2fbc3601861a2495cb26b8b1213065a4"
	"72432100000000",
	"432180000000000100000001013405646e73626c076578616d706c65036f72670000010001000001"
	"2c00047f000006064d6972726f72c01400fa00ff00000000003d0b686d61632d7368613235360000"
	"006553f100012c0020cd1581b9b3a037d1d27e196d8bc10484055c4a897b8860ffda6de9e034cab8"
	"fc432100000000",
};

static uint8_t message[ROOM];
static struct config *config;
static struct tsig_keys *keys;

static const struct tsig_key *key_of(const char *algorithm)
{
	static char text[1024];

	tsig_keys_close(keys);
	config_free(config);
	snprintf(
		text, sizeof text,
		"key other { secret = \"%s\" } key Mirror.example.org { algorithm = \"%s\" secret = "
		"\"%s\" }\n" ZONE,
		SECRET, algorithm, SECRET);
	if (config_parse(text, "/x", &config) || tsig_keys_open(&keys, config)) {
		fail_msg("%s", fail_text());
	}
	return tsig_key_find(keys, &config->keys[1].name);
}

static int release(void **state)
{
	(void)state;
	tsig_keys_close(keys);
	config_free(config);
	keys = NULL;
	config = NULL;
	return 0;
}

/* The octets, in a block of their own. */
static struct bytes octets_of(const char *hex)
{
	size_t len = packet_make(message, hex);
	uint8_t *octets = malloc(len);

	memcpy(octets, message, len);
	return bytes_of(octets, len);
}

static void free_octets(struct bytes octets)
{
	free((void *)octets.data);
}

/* With the MAC of `request` as what was asked with. */
static struct tsig_session asked_with(const struct tsig_key *key, struct bytes request)
{
	struct tsig_session s;
	struct tsig tsig;

	/* The time that was signed is part of it, so our own request is the same octets. */
	assert_int_equal(tsig_find(&tsig, request), TSIG_OK);
	memcpy(message, request.data, tsig.at);
	message[11]--;
	assert_int_equal(tsig_session_open(&s, key), ST_OK);
	assert_true(tsig_sign_request(&s, message, tsig.at, ROOM, tsig.time_s) > tsig.at);
	assert_int_equal(s.mac_len, tsig.mac.len);
	assert_memory_equal(s.mac, tsig.mac.data, tsig.mac.len);
	return s;
}

static void test_what_dnspython_signs_is_genuine_and_ours_is_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		const struct tsig_key *key = key_of(vectors[i].algorithm);
		struct bytes request = octets_of(vectors[i].request);
		struct bytes reply = octets_of(vectors[i].reply);
		struct tsig_session s = asked_with(key, request), server;
		struct tsig asked, answered;

		assert_int_equal(tsig_verify_reply(&s, reply, NOW), TSIG_OK);
		assert_true(tsig_is_complete(&s));
		tsig_session_close(&s);

		assert_int_equal(tsig_find(&asked, request), TSIG_OK);
		assert_int_equal(tsig_verify_request(&server, keys, request, &asked, NOW), TSIG_OK);
		assert_ptr_equal(server.key, key);
		assert_int_equal(tsig_find(&answered, reply), TSIG_OK);
		memcpy(message, reply.data, answered.at);
		message[11]--;
		size_t room = answered.at + tsig_reply_room(&server);
		struct tsig_session again = server;

		assert_int_equal(tsig_sign_reply(&again, message, answered.at, room - 1, NOW), 0);
		memcpy(message, reply.data, answered.at);
		message[11]--;
		assert_int_equal(tsig_sign_reply(&server, message, answered.at, room, NOW), room);
		assert_int_equal(server.mac_len, answered.mac.len);
		assert_memory_equal(server.mac, answered.mac.data, server.mac_len);
		free_octets(request);
		free_octets(reply);
	}
}

static void test_a_stream_of_dnspython_is_genuine(void **state)
{
	struct bytes request = octets_of(stream_request);
	struct tsig_session s = asked_with(key_of("hmac-sha256"), request);

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct bytes next = octets_of(stream[i]);

		assert_int_equal(tsig_verify_reply(&s, next, NOW + i), TSIG_OK);
		assert_int_equal(tsig_is_complete(&s), i != 1 && i != 2);
		free_octets(next);
	}
	tsig_session_close(&s);
	free_octets(request);
}

static void test_a_stream_that_lost_or_changed_a_message_is_not(void **state)
{
	(void)state;
	/* Left out, doubled, exchanged with the one behind it, or with one octet changed. */
	for (unsigned fault = 0; fault < 4 * 4; fault++) {
		struct bytes request = octets_of(stream_request);
		struct tsig_session s = asked_with(key_of("hmac-sha256"), request);
		size_t order[8], count = 0, at = fault / 4;
		enum tsig_error error = TSIG_OK;

		for (size_t i = 0; i < 5; i++) {
			if (i != at || fault % 4 != 0) {
				order[count++] = i;
			}
			if (i == at && fault % 4 == 1) {
				order[count++] = i;
			}
		}
		if (fault % 4 == 2) {
			order[at] = at + 1;
			order[at + 1] = at;
		}
		for (size_t i = 0; i < count; i++) {
			struct bytes next = octets_of(stream[order[i]]);

			if (fault % 4 == 3 && i == at) {
				((uint8_t *)next.data)[20] ^= 1;
			}
			error = tsig_verify_reply(&s, next, NOW);
			free_octets(next);
		}
		assert_int_not_equal(error, TSIG_OK);
		assert_false(tsig_is_complete(&s));
		tsig_session_close(&s);
		free_octets(request);
	}
}

/* A question of NAME SOA; ours to sign. Returns its length. */
static size_t ask(const char *name)
{
	return packet_ask(message, name, 6);
}

/* A session of each side, after a request of ours. */
static void begin(struct tsig_session *client, struct tsig_session *server)
{
	struct tsig tsig;

	assert_int_equal(tsig_session_open(client, key_of("hmac-sha512")), ST_OK);
	size_t len = tsig_sign_request(client, message, ask("dnsbl.example.org"), ROOM, NOW);
	struct bytes request = bytes_of(message, len);

	assert_int_equal(tsig_find(&tsig, request), TSIG_OK);
	assert_int_equal(tsig_verify_request(server, keys, request, &tsig, NOW), TSIG_OK);
}

static enum tsig_error send_signed(struct tsig_session *client, struct tsig_session *server)
{
	size_t len = tsig_sign_reply(server, message, ask("dnsbl.example.org"), ROOM, NOW);

	assert_true(len > 0);
	return tsig_verify_reply(client, bytes_of(message, len), NOW);
}

static void test_ninety_nine_messages_may_come_unsigned_and_no_more(void **state)
{
	struct tsig_session client, server;

	(void)state;
	begin(&client, &server);
	assert_int_equal(send_signed(&client, &server), TSIG_OK);
	for (unsigned i = 0; i < 99; i++) {
		size_t len = ask("dnsbl.example.org");

		assert_int_equal(tsig_verify_reply(&client, bytes_of(message, len), NOW), TSIG_OK);
		assert_false(tsig_is_complete(&client));
	}
	size_t len = ask("dnsbl.example.org");

	assert_int_equal(tsig_verify_reply(&client, bytes_of(message, len), NOW), TSIG_BADSIG);
	tsig_session_close(&client);
}

static void test_the_first_reply_has_to_be_signed(void **state)
{
	struct tsig_session client, server;

	(void)state;
	begin(&client, &server);
	assert_false(tsig_is_complete(&client));
	size_t len = ask("dnsbl.example.org");

	assert_int_equal(tsig_verify_reply(&client, bytes_of(message, len), NOW), TSIG_BADSIG);
	/* What comes too late is too late. */
	assert_int_equal(send_signed(&client, &server), TSIG_BADSIG);
	assert_false(tsig_is_complete(&client));
	tsig_session_close(&client);
}

static void test_a_stream_of_ours_is_genuine(void **state)
{
	struct tsig_session client, server;

	(void)state;
	begin(&client, &server);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(send_signed(&client, &server), TSIG_OK);
		assert_true(tsig_is_complete(&client));
	}
	tsig_session_close(&client);
}

static void test_a_reply_of_another_time_key_or_request_is_not_genuine(void **state)
{
	struct tsig_session client, server, other;
	size_t len;

	(void)state;
	for (int late = -1; late <= 1; late += 2) {
		begin(&client, &server);
		len = tsig_sign_reply(&server, message, ask("dnsbl.example.org"), ROOM,
				      NOW + (uint64_t)late * 301);
		assert_int_equal(tsig_verify_reply(&client, bytes_of(message, len), NOW),
				 TSIG_BADTIME);
		tsig_session_close(&client);
		begin(&client, &server);
		len = tsig_sign_reply(&server, message, ask("dnsbl.example.org"), ROOM,
				      NOW + (uint64_t)late * 300);
		assert_int_equal(tsig_verify_reply(&client, bytes_of(message, len), NOW), TSIG_OK);
		tsig_session_close(&client);
	}

	begin(&client, &server);
	other = server;
	other.key = tsig_key_find(keys, &config->keys[0].name);
	assert_int_equal(send_signed(&client, &other), TSIG_BADKEY);
	tsig_session_close(&client);

	begin(&client, &server);
	server.mac[0] ^= 1;
	assert_int_equal(send_signed(&client, &server), TSIG_BADSIG);
	tsig_session_close(&client);
}

static void test_a_server_says_what_time_it_is_and_is_believed(void **state)
{
	struct tsig_session client, server;
	struct tsig tsig;

	(void)state;
	assert_int_equal(tsig_session_open(&client, key_of("hmac-sha256")), ST_OK);
	size_t len = tsig_sign_request(&client, message, ask("dnsbl.example.org"), ROOM, NOW);

	assert_int_equal(tsig_find(&tsig, bytes_of(message, len)), TSIG_OK);
	assert_int_equal(
		tsig_verify_request(&server, keys, bytes_of(message, len), &tsig, NOW + 3600),
		TSIG_BADTIME);
	size_t room = tsig_reply_room(&server);

	len = ask("dnsbl.example.org");
	assert_int_equal(tsig_sign_reply(&server, message, len, len + room, NOW + 3600),
			 len + room);
	assert_int_equal(tsig_find(&tsig, bytes_of(message, len + room)), TSIG_OK);
	assert_int_equal(tsig.time_s, NOW);
	assert_int_equal(tsig.other.len, 6);
	assert_int_equal(peek_u32(tsig.other.data + 2), NOW + 3600);
	assert_int_equal(tsig_verify_reply(&client, bytes_of(message, len + room), NOW), TSIG_OK);
	assert_int_equal(client.error, TSIG_BADTIME);
	tsig_session_close(&client);
}

static void test_the_clocks_may_be_the_fudge_apart(void **state)
{
	static const struct {
		uint64_t now;
		enum tsig_error error;
	} rows[] = {
		{NOW, TSIG_OK},
		{NOW + 300, TSIG_OK},
		{NOW + 301, TSIG_BADTIME},
		{NOW - 300, TSIG_OK},
		{NOW - 301, TSIG_BADTIME},
		{0, TSIG_BADTIME},
		{UINT64_MAX, TSIG_BADTIME},
	};
	struct bytes request = octets_of(vectors[0].request);
	struct tsig_session s;
	struct tsig tsig;

	(void)state;
	key_of("hmac-sha256");
	assert_int_equal(tsig_find(&tsig, request), TSIG_OK);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(tsig_verify_request(&s, keys, request, &tsig, rows[i].now),
				 rows[i].error);
	}
	free_octets(request);
}

/* The request with so many octets of its MAC, of which those past its end are 0. */
static struct bytes with_mac(struct bytes request, const struct tsig *tsig, size_t len)
{
	struct writer w = writer_of(message, ROOM);
	const uint8_t zeros[16] = {0};
	const size_t mac = (size_t)(tsig->mac.data - request.data);
	const size_t rdlen = tsig->at + tsig->owner.len + 8;
	const size_t kept = len < tsig->mac.len ? len : tsig->mac.len;

	write_bytes(&w, request.data, rdlen);
	write_u16(&w, (uint16_t)(peek_u16(request.data + rdlen) + len - tsig->mac.len));
	write_bytes(&w, request.data + rdlen + 2, mac - 2 - rdlen - 2);
	write_u16(&w, (uint16_t)len);
	write_bytes(&w, tsig->mac.data, kept);
	write_bytes(&w, zeros, len - kept);
	write_bytes(&w, tsig->mac.data + tsig->mac.len, 6);
	return writer_bytes(&w);
}

static void test_macs_of_other_lengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		struct bytes request = octets_of(vectors[i].request);
		struct tsig_session s;
		struct tsig tsig, cut;

		key_of(vectors[i].algorithm);
		assert_int_equal(tsig_find(&tsig, request), TSIG_OK);
		for (size_t len = 0; len <= tsig.mac.len + 2; len++) {
			struct bytes bent = with_mac(request, &tsig, len);
			enum tsig_error wanted = len == 0                 ? TSIG_BADSIG
						 : len < tsig.mac.len / 2 ? TSIG_FORMERR
						 : len < tsig.mac.len     ? TSIG_BADTRUNC
						 : len == tsig.mac.len    ? TSIG_OK
									  : TSIG_FORMERR;

			assert_int_equal(tsig_find(&cut, bent), TSIG_OK);
			assert_int_equal(cut.mac.len, len);
			assert_int_equal(tsig_verify_request(&s, keys, bent, &cut, NOW), wanted);
			if (wanted == TSIG_BADTRUNC) {
				message[cut.mac.data - message] ^= 1;
				assert_int_equal(tsig_verify_request(&s, keys, bent, &cut, NOW),
						 TSIG_BADSIG);
			}
		}
		free_octets(request);
	}
}

static void test_no_flipped_bit_is_genuine_but_of_the_id_and_of_case(void **state)
{
	struct bytes request = octets_of(vectors[1].request);
	struct tsig_session s;
	struct tsig tsig;
	unsigned genuine = 0;

	(void)state;
	key_of(vectors[1].algorithm);
	for (size_t bit = 0; bit < 8 * request.len; bit++) {
		uint8_t *octet = (uint8_t *)request.data + bit / 8;

		*octet ^= (uint8_t)(1 << bit % 8);
		if (!tsig_find(&tsig, request) && tsig.at > 0 &&
		    !tsig_verify_request(&s, keys, request, &tsig, NOW)) {
			bool letter = (*octet | 32) >= 'a' && (*octet | 32) <= 'z';

			genuine++;
			assert_true(bit / 8 < 2 || (letter && bit % 8 == 5 && bit / 8 > tsig.at));
		}
		*octet ^= (uint8_t)(1 << bit % 8);
	}
	/* 16 of the id, the letters of "Mirror" and of "hmac-sha". */
	assert_int_equal(genuine, 16 + 6 + 7);
	free_octets(request);
}

static void test_every_prefix_of_a_message_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bytes whole = octets_of(i == 0 ? vectors[0].request : vectors[2].reply);
		struct tsig tsig;

		for (size_t len = 0; len < whole.len; len++) {
			uint8_t *cut = malloc(len + 1);

			memcpy(cut, whole.data, len);
			assert_int_equal(tsig_find(&tsig, bytes_of(cut, len)), TSIG_FORMERR);
			free(cut);
		}
		free_octets(whole);
	}
}

#define TSIG_RR                                                          \
	" 00fa 00ff 00000000 003d n:hmac-sha256 00006553f100 012c 0020 " \
	"0000000000000000000000000000000000000000000000000000000000000000 1234 0000 0000"

static void test_owners(void **state)
{
	static const struct {
		const char *owner;
		enum tsig_error error;
		size_t len; /* of the key's name */
	} rows[] = {
		{"n:mirror.example.org", TSIG_OK, 20},
		{"00", TSIG_OK, 1},
		{"c00c", TSIG_OK, 19},          /* the question's */
		{"c012", TSIG_OK, 13},          /* a part of it */
		{"0141 c00c", TSIG_OK, 21},     /* a label more */
		{"c01e", TSIG_OK, 1},           /* its root */
		{"c002", TSIG_FORMERR, 0},      /* the header */
		{"c023", TSIG_FORMERR, 0},      /* itself */
		{"c0ff", TSIG_FORMERR, 0},      /* past the end */
		{"0141 c023", TSIG_FORMERR, 0}, /* its own beginning */
		{"4041", TSIG_FORMERR, 0},      /* a label of a kind that there is not */
	};
	char text[512];
	struct tsig tsig;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text,
			 "1234 0000 0001 0000 0000 0001 n:dnsbl.example.org 0006 0001 %s" TSIG_RR,
			 rows[i].owner);
		struct bytes packet = octets_of(text);

		assert_int_equal(tsig_find(&tsig, packet), rows[i].error);
		if (rows[i].error == TSIG_OK) {
			assert_int_equal(tsig.at, 35);
			assert_int_equal(tsig.key.len, rows[i].len);
		}
		free_octets(packet);
	}
}

/* A TSIG whose owner is a pointer to a pointer … to the root: whether it is read. */
static bool reads_chain(unsigned pointers)
{
	size_t len = packet_make(message, "1234 0000 0001 0000 0000 0001 00 0006 0001");
	struct writer w = {.start = message, .at = message + len, .end = message + ROOM};
	struct tsig tsig;

	write_u16(&w, 0xc000 | HEADER);
	for (unsigned i = 1; i < pointers; i++) {
		write_u16(&w, (uint16_t)(0xc000 | (writer_len(&w) - 2)));
	}
	size_t at = writer_len(&w) - 2;

	w.at += packet_make(w.at, &TSIG_RR[1]);
	return tsig_read(&tsig, writer_bytes(&w), at) && tsig.key.len == 1;
}

static void test_a_chain_of_pointers_ends(void **state)
{
	(void)state;
	assert_true(reads_chain(1));
	assert_true(reads_chain(127));
	assert_false(reads_chain(128));
	assert_false(reads_chain(8000));
}

static void test_where_a_tsig_may_stand(void **state)
{
	static const struct {
		const char *counts, *records;
		enum tsig_error error;
		bool found;
	} rows[] = {
		{"0000 0000 0000 0000", "", TSIG_OK, false},
		{"0000 0000 0000 0001", "n:k" TSIG_RR, TSIG_OK, true},
		{"0000 0000 0000 0002", "00 0029 1000 00 00 0000 0000 n:k" TSIG_RR, TSIG_OK, true},
		{"0000 0000 0000 0002", "n:k" TSIG_RR " 00 0029 1000 00 00 0000 0000", TSIG_FORMERR,
		 false},
		{"0000 0000 0000 0002", "n:k" TSIG_RR " n:k" TSIG_RR, TSIG_FORMERR, false},
		{"0000 0001 0000 0000", "n:k" TSIG_RR, TSIG_FORMERR, false},
		{"0000 0000 0001 0000", "n:k" TSIG_RR, TSIG_FORMERR, false},
		{"0000 0000 0000 0001", "n:k" TSIG_RR " 00", TSIG_FORMERR, false},
		{"0000 0000 0000 0000", "00", TSIG_FORMERR, false},
		{"0000 0000 0000 0001", "n:k 00fa 0001 00000000 0000", TSIG_FORMERR, false},
		{"ffff ffff ffff ffff", "", TSIG_FORMERR, false},
	};
	char text[600];
	struct tsig tsig;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text, "1234 8000 %s %s", rows[i].counts, rows[i].records);
		struct bytes packet = octets_of(text);

		assert_int_equal(tsig_find(&tsig, packet), rows[i].error);
		assert_int_equal(!rows[i].error && tsig.at > 0, rows[i].found);
		free_octets(packet);
	}
}

/* --- ldns ---------------------------------------------------------------------------------------
 */

static const char *const ldns_knows[] = {"hmac-sha256", "hmac-sha512"};

static ldns_pkt *ldns_message(const char *name)
{
	ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(name), LDNS_RR_TYPE_SOA,
					      LDNS_RR_CLASS_IN, 0);

	ldns_pkt_set_id(packet, 0x4321);
	return packet;
}

static void test_what_ldns_signs_is_genuine(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char algorithm[32];
		ldns_pkt *packet = ldns_message("dnsbl.example.org");
		uint8_t *wire;
		size_t len;
		struct tsig_session s;
		struct tsig tsig;

		key_of(ldns_knows[i]);
		snprintf(algorithm, sizeof algorithm, "%s.", ldns_knows[i]);
		assert_int_equal(ldns_pkt_tsig_sign(packet, "mirror.example.org.", SECRET, 300,
						    algorithm, NULL),
				 LDNS_STATUS_OK);
		assert_int_equal(ldns_pkt2wire(&wire, packet, &len), LDNS_STATUS_OK);
		assert_int_equal(tsig_find(&tsig, bytes_of(wire, len)), TSIG_OK);
		assert_int_equal(tsig_verify_request(&s, keys, bytes_of(wire, len), &tsig,
						     (uint64_t)time(NULL)),
				 TSIG_OK);
		free(wire);
		ldns_pkt_free(packet);
	}
}

/* Whether ldns takes what is in `message`, as the next one after `before`. */
static bool ldns_verifies(size_t len, const ldns_rdf *before, bool timers_only)
{
	ldns_pkt *packet = NULL;

	assert_int_equal(ldns_wire2pkt(&packet, message, len), LDNS_STATUS_OK);
	bool genuine = ldns_pkt_tsig_verify_next(packet, message, len, "mirror.example.org.",
						 SECRET, before, timers_only);

	ldns_pkt_free(packet);
	return genuine;
}

static ldns_rdf *mac_of(const struct tsig_session *s)
{
	uint8_t run[2 + TSIG_MAC_MAX] = {0, (uint8_t)s->mac_len};

	memcpy(run + 2, s->mac, s->mac_len);
	return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, 2 + s->mac_len, run);
}

static void test_ldns_verifies_what_we_sign(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct tsig_session client, server;
		struct tsig tsig;
		uint64_t now = (uint64_t)time(NULL);

		assert_int_equal(tsig_session_open(&client, key_of(ldns_knows[i])), ST_OK);
		size_t len =
			tsig_sign_request(&client, message, ask("dnsbl.example.org"), ROOM, now);

		assert_true(ldns_verifies(len, NULL, false));
		assert_int_equal(tsig_find(&tsig, bytes_of(message, len)), TSIG_OK);
		assert_int_equal(
			tsig_verify_request(&server, keys, bytes_of(message, len), &tsig, now),
			TSIG_OK);
		for (unsigned k = 0; k < 4; k++) {
			ldns_rdf *before = mac_of(&server);

			len = tsig_sign_reply(&server, message, ask("dnsbl.example.org"), ROOM,
					      now + k);
			assert_true(ldns_verifies(len, before, k > 0));
			assert_false(ldns_verifies(len, before, k == 0));
			ldns_rdf_deep_free(before);
		}
		tsig_session_close(&client);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_dnspython_signs_is_genuine_and_ours_is_the_same),
		cmocka_unit_test(test_a_stream_of_dnspython_is_genuine),
		cmocka_unit_test(test_a_stream_that_lost_or_changed_a_message_is_not),
		cmocka_unit_test(test_ninety_nine_messages_may_come_unsigned_and_no_more),
		cmocka_unit_test(test_the_first_reply_has_to_be_signed),
		cmocka_unit_test(test_a_stream_of_ours_is_genuine),
		cmocka_unit_test(test_a_reply_of_another_time_key_or_request_is_not_genuine),
		cmocka_unit_test(test_a_server_says_what_time_it_is_and_is_believed),
		cmocka_unit_test(test_the_clocks_may_be_the_fudge_apart),
		cmocka_unit_test(test_macs_of_other_lengths),
		cmocka_unit_test(test_no_flipped_bit_is_genuine_but_of_the_id_and_of_case),
		cmocka_unit_test(test_every_prefix_of_a_message_is_none),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_a_chain_of_pointers_ends),
		cmocka_unit_test(test_where_a_tsig_may_stand),
		cmocka_unit_test(test_what_ldns_signs_is_genuine),
		cmocka_unit_test(test_ldns_verifies_what_we_sign),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
