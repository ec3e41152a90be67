/*
 * mirrored_kind.c: how many records a mirrored zone has, how many of them a DNSBL cannot say, and
 * why. A row counts by itself, so that the counts can follow each row that comes and goes.
 */
#include "mirrored_rows.h"

static const char *const words[MIRROR_KINDS] = {
	[MIRROR_CODE] = "A that are no code",
	[MIRROR_TEXTS] = "TXT more than codes",
	[MIRROR_STRINGS] = "TXT of several strings, of which the first is served",
	[MIRROR_NAME] = "at names that are no address",
	[MIRROR_WILDCARD] = "at '*', which would list the world",
	[MIRROR_DELEGATION] = "NS of zones below",
	[MIRROR_DNSSEC] = "of DNSSEC",
	[MIRROR_TYPE] = "of other types",
};

const char *mirror_kind_words(enum mirror_kind kind)
{
	return words[kind];
}

/* What an owner is. */
enum place { APEX, LISTS, HOST, WORLD, ELSEWHERE };

static enum place place_of(struct bytes key)
{
	struct prefix p;
	bool wildcard;

	if (key.len == MIRROR_APEX) {
		return APEX;
	}
	for (unsigned family = 4; family <= 6; family += 2) {
		if (mirror_key_prefix(key, family, &p, &wildcard) &&
		    (wildcard || p.len == prefix_bits(family))) {
			return p.len > 0 ? LISTS : WORLD;
		}
	}
	struct bytes label;
	size_t at = MIRROR_APEX;

	return mirror_key_label(key, &at, &label) && at == key.len && mirror_label(label, 4) < 0
		       ? HOST
		       : ELSEWHERE;
}

static bool is_dnssec(uint16_t type)
{
	switch (type) {
	case TYPE_DS:
	case TYPE_RRSIG:
	case TYPE_NSEC:
	case TYPE_DNSKEY:
	case TYPE_NSEC3:
	case TYPE_NSEC3PARAM:
	case TYPE_CDS:
	case TYPE_CDNSKEY:
		return true;
	default:
		return false;
	}
}

static bool has_more_strings(struct bytes rdata)
{
	return rdata.len > 0 && rdata.len > 1U + rdata.data[0];
}

/* Why a record is outside the model; MIRROR_KINDS where it is not. */
static enum mirror_kind kind_of(enum place place, const struct mirror_rr *rr, unsigned codes,
				unsigned *texts)
{
	if (is_dnssec(rr->type)) {
		return MIRROR_DNSSEC;
	}
	if (rr->type == TYPE_NS && place != APEX) {
		return MIRROR_DELEGATION;
	}
	if (place == WORLD || place == ELSEWHERE) {
		return place == WORLD ? MIRROR_WILDCARD : MIRROR_NAME;
	}
	if (place == LISTS) {
		if (rr->type == TYPE_A) {
			return mirror_code(rr->rdata) ? MIRROR_KINDS : MIRROR_CODE;
		}
		if (rr->type == TYPE_TXT) {
			return (*texts)++ < codes ? MIRROR_KINDS : MIRROR_TEXTS;
		}
		return MIRROR_TYPE;
	}
	bool known = rr->type == TYPE_A || rr->type == TYPE_AAAA ||
		     (place == APEX &&
		      (rr->type == TYPE_SOA || rr->type == TYPE_NS || rr->type == TYPE_ZONEMD));
	return known ? MIRROR_KINDS : MIRROR_TYPE;
}

static void count_ttl(struct mirror_tally *tally, uint32_t ttl_s, int times)
{
	struct mirror_ttl *free = NULL;

	for (unsigned i = 0; i < MIRROR_TTLS; i++) {
		struct mirror_ttl *t = &tally->ttl[i];

		if (t->count > 0 && t->ttl_s == ttl_s) {
			t->count += (uint64_t)(int64_t)times;
			return;
		}
		free = free || t->count > 0 ? free : t;
	}
	if (free && times > 0) {
		*free = (struct mirror_ttl){ttl_s, 1};
	}
}

uint32_t mirror_commonest_ttl(const struct mirror_tally *tally, uint32_t otherwise)
{
	const struct mirror_ttl *best = NULL;

	for (unsigned i = 0; i < MIRROR_TTLS; i++) {
		const struct mirror_ttl *t = &tally->ttl[i];

		if (t->count > 0 && (!best || t->count > best->count ||
				     (t->count == best->count && t->ttl_s < best->ttl_s))) {
			best = t;
		}
	}
	return best ? best->ttl_s : otherwise;
}

void mirror_tally(struct mirror_tally *tally, struct bytes key, struct bytes value, int times)
{
	uint64_t one = (uint64_t)(int64_t)times;
	enum place place = place_of(key);
	struct reader r = mirror_rrs(value);
	struct mirror_rr rr;
	unsigned codes = 0, texts = 0;
	bool cut = false;

	while (mirror_rr_next(&r, &rr)) {
		enum mirror_kind kind = kind_of(place, &rr, codes, &texts);

		tally->counts.records += one;
		if (kind != MIRROR_KINDS) {
			tally->counts.outside += one;
			tally->counts.of_kind[kind] += one;
		} else if (place == LISTS && rr.type == TYPE_A) {
			codes++;
			count_ttl(tally, rr.ttl_s, times);
		} else if (rr.type == TYPE_TXT && has_more_strings(rr.rdata)) {
			tally->counts.of_kind[MIRROR_STRINGS] += one;
		}
		cut = cut || rr.type == TYPE_DNAME || (rr.type == TYPE_NS && place != APEX);
	}
	tally->cuts += cut ? one : 0;
}
