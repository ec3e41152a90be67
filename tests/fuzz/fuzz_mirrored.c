/*
 * fuzz_mirrored.c: records from a primary, on their way into the table of mirrored zones: owners
 * become keys and names again, rdata becomes rows and what they mean, TXT becomes a text that says
 * the same.
 *
 * Input: records, each with an owner's labels (length octets, ended by 0), type(2), run rdata.
 */
#include <stdlib.h>

#include "answer.h"
#include "zones/mirror_text.h"
#include "zones/mirrored_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds) {
		abort();
	}
}

static const struct zone_config zone = {.name = (char *)(uintptr_t) "a.b",
					.apex = {5, {1, 'a', 1, 'b', 0}}};

/* The labels before the zone's, in lower case, as a message's names are. False where none is there.
 */
static bool read_owner(struct reader *r, struct name *owner)
{
	struct writer w = writer_of(owner->wire, sizeof owner->wire);

	for (uint8_t len = read_u8(r); len > 0 && len < 64; len = read_u8(r)) {
		const uint8_t *label = read_bytes(r, len);

		write_u8(&w, len);
		for (unsigned i = 0; label && i < len; i++) {
			bool upper = label[i] >= 'A' && label[i] <= 'Z';

			write_u8(&w, (uint8_t)(label[i] + (upper ? 'a' - 'A' : 0)));
		}
	}
	write_bytes(&w, zone.apex.wire, zone.apex.len);
	owner->len = (uint8_t)writer_len(&w);
	return !w.bad && !r->bad;
}

static void try_key(const struct name *owner, struct mirror_key *key)
{
	struct name back;
	struct prefix p;
	bool wildcard;

	must(mirror_key_owner(key, 1, 1, &zone, owner));
	must(mirror_key_name(mirror_key_bytes(key), &zone.apex, &back));
	must(name_equal(owner, &back));
	for (unsigned family = 4; family <= 6; family += 2) {
		if (mirror_key_prefix(mirror_key_bytes(key), family, &p, &wildcard)) {
			struct mirror_key again;

			mirror_key_apex(&again, 1, 1);
			mirror_key_push_prefix(&again, &p);
			if (wildcard) {
				mirror_key_push(&again, "*", 1);
			}
			must(bytes_equal(mirror_key_bytes(&again), mirror_key_bytes(key)));
		}
	}
}

static void try_texts(const struct mirror_meaning *meaning)
{
	static const char *const addresses[] = {"192.0.2.1", "::", "2001:db8::1", ""};
	uint8_t room[MIRROR_TEMPLATE], text[TEXT_MAX];

	for (unsigned i = 0; i < meaning->count; i++) {
		for (unsigned a = 0; meaning->text[i].data && a < 4; a++) {
			struct bytes ip = bytes_str(addresses[a]);
			struct bytes template = mirror_template(meaning->text[i], ip, room);

			must(template.len > 0 && template.len <= TEMPLATE_MAX);
			must(bytes_equal(bytes_of(text, text_expand(template, ip, text)),
					 meaning->text[i]));
		}
	}
}

static void try_row(const struct mirror_row *row, const struct mirror_key *key)
{
	static struct mirror_meaning meaning, again;
	struct mirror_tally tally = {0};
	struct mirror_row copy = {0};

	must(mirror_row_read(&copy, mirror_row_bytes(row)));
	for (unsigned apex = 0; apex < 2; apex++) {
		mirror_mean(mirror_row_bytes(row), apex, &meaning);
		mirror_mean(mirror_row_bytes(&copy), apex, &again);
		must(mirror_means_same(&meaning, &again));
		try_texts(&meaning);
	}
	mirror_tally(&tally, mirror_key_bytes(key), mirror_row_bytes(row), 1);
	mirror_tally(&tally, mirror_key_bytes(key), mirror_row_bytes(row), -1);
	must(tally.counts.records == 0 && tally.counts.outside == 0 && tally.cuts == 0);
	mirror_row_release(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[UINT16_MAX];
	struct reader r = reader_of(bytes_of(data, size));
	struct mirror_row row = {0};
	struct mirror_key key;
	struct name owner;

	mirror_row_clear(&row);
	while (reader_left(&r) > 0 && read_owner(&r, &owner)) {
		uint16_t type = read_u16(&r);
		struct bytes rdata = read_run(&r), canonical;

		try_key(&owner, &key);
		if (r.bad || !mirror_rdata(type, rdata, room, &canonical)) {
			continue;
		}
		size_t before = row.len;
		bool added = mirror_row_add(&row, type, 300, canonical);

		must(added == (row.len != before));
		must(!mirror_row_add(&row, type, 60, canonical));
		try_row(&row, &key);
		if (added && before % 2 == 0) {
			must(mirror_row_delete(&row, type, canonical));
			must(row.len == before);
		}
	}
	struct mirror_row damaged = {0};

	mirror_row_read(&damaged, bytes_of(data, size));
	mirror_row_release(&damaged);
	mirror_row_release(&row);
	return 0;
}
