/*
 * test_zonemd.c: the examples of RFC 8976, appendix A, whose records are here in canonical order.
 */
#include "zonemd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <ldns/ldns.h>
#include <openssl/sha.h>

#include <cmocka.h>

#include "dns.h"

/* One that is not the zone's own is a record like others. */
static const char non_apex[] = "non-apex 900 IN ZONEMD 2018031900 1 1 "
			       "616c6c6f776564206275742069676e6f7265642e20616c6c"
			       "6f776564206275742069676e6f7265642e20616c6c6f7765";

enum { RECORD_MOST = 1 << 17 };

/* Adds what ldns makes of a line. */
static void add(struct zonemd *zonemd, const char *line)
{
	ldns_rdf *origin = ldns_dname_new_frm_str("example.");
	ldns_rr *rr = NULL;
	uint8_t *wire;
	size_t len;
	struct name owner;

	assert_int_equal(ldns_rr_new_frm_str(&rr, line, 0, origin, NULL), LDNS_STATUS_OK);
	ldns_rr2canonical(rr);
	assert_int_equal(ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &len), LDNS_STATUS_OK);

	struct reader r = reader_of(bytes_of(wire, len));

	name_read(&r, &owner);
	uint16_t type = read_u16(&r), class = read_u16(&r);
	uint32_t ttl_s = read_u32(&r);
	struct bytes rdata = read_run(&r);

	assert_false(r.bad);
	assert_int_equal(class, CLASS_IN);
	zonemd_add(zonemd, &owner, type, ttl_s, rdata);
	free(wire);
	ldns_rr_free(rr);
	ldns_rdf_deep_free(origin);
}

static void expect(const char *const *lines, const char *expected)
{
	struct zonemd *zonemd = zonemd_new();
	uint8_t digest[ZONEMD_DIGEST];
	char text[2 * ZONEMD_DIGEST + 1];

	for (; *lines; lines++) {
		add(zonemd, *lines);
	}
	assert_int_equal(zonemd_finish(zonemd, digest), ST_OK);
	for (size_t i = 0; i < ZONEMD_DIGEST; i++) {
		sprintf(text + 2 * i, "%02x", digest[i]);
	}
	assert_string_equal(text, expected);
}

static void test_the_simple_zone_of_rfc_8976(void **state)
{
	static const char *const zone[] = {
		"example. 86400 IN NS ns1",
		"example. 86400 IN NS ns2",
		"example. 86400 IN SOA ns1 admin 2018031900 1800 900 604800 86400",
		"ns1 3600 IN A 203.0.113.63",
		"ns2 3600 IN AAAA 2001:db8::63",
		NULL,
	};

	(void)state;
	expect(zone, "c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3"
		     "a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c");
}

static void test_the_complex_zone_of_rfc_8976(void **state)
{
	static const char *const zone[] = {
		"example. 86400 IN NS ns1",
		"example. 86400 IN NS ns2",
		"example. 86400 IN SOA ns1 admin 2018031900 1800 900 604800 86400",
		"* 777 IN PTR dont-forget-about-wildcards",
		"duplicate 300 IN TXT \"I must be digested just once\"",
		"mail 3600 IN MX 10 Mail2.Example.",
		"mail 3600 IN MX 20 MAIL1",
		non_apex,
		"ns1 3600 IN A 203.0.113.63",
		"NS2 3600 IN AAAA 2001:db8::63",
		"sortme 3600 IN AAAA 2001:db8::1:65",
		"sortme 3600 IN AAAA 2001:db8::2:64",
		"sortme 3600 IN AAAA 2001:db8::3:62",
		"sortme 3600 IN AAAA 2001:db8::4:63",
		"sortme 3600 IN AAAA 2001:db8::5:61",
		"sub 7200 IN NS ns1",
		"occluded.sub 7200 IN TXT \"I'm occluded but must be digested\"",
		"UPPERCASE 3600 IN TXT \"canonicalize uppercase owner names\"",
		NULL,
	};

	(void)state;
	expect(zone, "a3b69bad980a3504e1cffcb0fd6397f93848071c93151f55"
		     "2ae2f6b1711d4bd2d8b39808226d7b9db71e34b72077f8fe");
}

/* What is gathered before it is hashed makes no difference: records of all sizes, up to the most.
 */
static void test_records_of_any_size_are_hashed_whole(void **state)
{
	static const size_t sizes[] = {0,     1,     16000, 357, 16384, 65535,
				       16362, 16361, 16360, 2,   40000, 0};
	enum { SIZES = sizeof sizes / sizeof sizes[0] };
	struct name owner;
	uint8_t *data = must_alloc(UINT16_MAX), expected[ZONEMD_DIGEST], digest[ZONEMD_DIGEST];
	uint8_t *whole = must_alloc(SIZES * (size_t)RECORD_MOST);
	struct writer w = writer_of(whole, SIZES * (size_t)RECORD_MOST);
	struct zonemd *zonemd = zonemd_new();

	(void)state;
	assert_int_equal(name_parse("a.example.org", &owner), ST_OK);
	for (size_t i = 0; i < SIZES; i++) {
		memset(data, (int)i, UINT16_MAX);
		zonemd_add(zonemd, &owner, TYPE_TXT, 300, bytes_of(data, sizes[i]));
		write_bytes(&w, owner.wire, owner.len);
		write_u16(&w, TYPE_TXT);
		write_u16(&w, CLASS_IN);
		write_u32(&w, 300);
		write_run(&w, bytes_of(data, sizes[i]));
	}
	assert_int_equal(zonemd_finish(zonemd, digest), ST_OK);
	assert_false(w.bad);
	assert_non_null(SHA384(whole, writer_len(&w), expected));
	assert_memory_equal(digest, expected, sizeof digest);
	free(data);
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_simple_zone_of_rfc_8976),
		cmocka_unit_test(test_the_complex_zone_of_rfc_8976),
		cmocka_unit_test(test_records_of_any_size_are_hashed_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
