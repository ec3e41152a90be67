/*
 * fuzz_rows.c: bytes from the disk and names from packets, through every decoder that reads them.
 * The first byte says which. What a decoder accepts has to come back the same when it is written
 * again.
 */
#include <stdlib.h>

#include "access.h"
#include "claim.h"
#include "exclusion.h"
#include "index.h"
#include "revname.h"
#include "zones/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void block(struct bytes bytes)
{
	static uint8_t room[BLOCK_MAX];
	struct segments segments = {0}, again = {0};
	struct writer w = writer_of(room, sizeof room);

	for (uint32_t low = 0; low < 65536; low += 251) {
		block_prefetch(bytes, (uint16_t)low);
		block_find(bytes, (uint16_t)low);
	}
	if (block_decode(bytes, 0xc000, &segments) == ST_OK) {
		for (size_t i = 0; i < segments.count; i += 1 + segments.count / 64) {
			/* What is found one by one is what is found as a whole. */
			must(block_find(bytes, (uint16_t)segments.at[i].first) ==
			     segments.at[i].answer);
			must(block_find(bytes, (uint16_t)segments.at[i].last) ==
			     segments.at[i].answer);
		}
		block_encode(segments.at, segments.count, &w);
		must(!w.bad && block_decode(writer_bytes(&w), 0xc000, &again) == ST_OK);
		must(again.count == segments.count);
	}
	segments_release(&segments);
	segments_release(&again);
}

static void journal(struct bytes bytes)
{
	struct prefix unit = prefix_of(6, (addr_t)0x20010db8 << 96, 32);
	struct segments segments = {0};
	uint64_t change;

	journal_decode(&unit, bytes, &segments);
	segments_release(&segments);
	journal_key(bytes, &change, &unit);
}

static void claim(struct bytes bytes)
{
	uint8_t key[CLAIM_KEY];
	struct claim c;
	size_t key_len = bytes.len < 24 ? bytes.len : 24;
	struct bytes given = bytes_of(bytes.data, key_len);
	struct writer w = writer_of(key, sizeof key);

	if (claim_read(given, bytes_of(bytes.data + key_len, bytes.len - key_len), &c)) {
		claim_write_key(&w, &c);
		must(bytes_equal(writer_bytes(&w), given));
	}
	struct exclusion e;
	exclusion_read(given, bytes_of(bytes.data + key_len, bytes.len - key_len), &e);
}

static void text(struct bytes bytes)
{
	char given[256], back[PREFIX_TEXT];
	struct prefix p, again;

	if (bytes.len >= sizeof given) {
		return;
	}
	memcpy(given, bytes.data, bytes.len);
	given[bytes.len] = '\0';
	if (prefix_parse(given, &p) == ST_OK) {
		prefix_format(&p, back);
		must(prefix_parse(back, &again) == ST_OK && prefix_compare(&p, &again) == 0);
	}
}

static void access_row(struct bytes bytes)
{
	static const char key[] = "kabcdefghijklmnopqrst";
	uint8_t room[ACCESS_RECORD];
	struct writer w = writer_of(room, sizeof room);
	struct access a;

	access_is_key(bytes.data, bytes.len);
	if (access_read(bytes_of(key, sizeof key - 1), bytes, &a)) {
		access_has_zone(&a, "dnsbl.example.org");
		access_has_sublist(&a, 7);
		access_write(&w, &a);
		must(w.bad || bytes_equal(writer_bytes(&w), bytes));
	}
}

static void labels(struct bytes bytes)
{
	static const struct name apex = {.len = 1};
	struct revname name = revname_parse(bytes.data, bytes.len);
	struct name owner;

	if (name.kind == REVNAME_ADDRESS) {
		struct prefix host = prefix_of(name.family, name.addr, prefix_bits(name.family));

		revname_name(&host, &apex, &owner);
		must(owner.len == bytes.len + 1);
		struct revname again = revname_parse(owner.wire, bytes.len);
		must(again.family == name.family && again.addr == name.addr);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const decoders[])(struct bytes) = {block, journal, claim,
							 text,  labels,  access_row};

	if (size > 0) {
		decoders[data[0] % 6](bytes_of(data + 1, size - 1));
	}
	return 0;
}
