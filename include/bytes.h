/*
 * bytes.h: the cursor type. Every byte that comes from a disk, a packet or a mail is read through
 * struct reader, every byte that goes to one is written through struct writer, big endian. Both are
 * sticky: past the first overrun they do nothing more, readers return 0 and NULL, and the caller
 * checks `bad` once at the end.
 */
#ifndef DNSBLD_BYTES_H
#define DNSBLD_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A borrowed run of bytes. */
struct bytes {
	const uint8_t *data;
	size_t len;
};

static inline struct bytes bytes_of(const void *data, size_t len)
{
	return (struct bytes){data, len};
}

static inline struct bytes bytes_str(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

struct reader {
	const uint8_t *at;
	const uint8_t *end;
	bool bad; /* something was asked that is not there */
};

static inline struct reader reader_of(struct bytes b)
{
	/* NULL has no end to point at. */
	return (struct reader){b.data, b.len ? b.data + b.len : b.data, false};
}

static inline size_t reader_left(const struct reader *r)
{
	return r->bad ? 0 : (size_t)(r->end - r->at);
}

/* `len` borrowed bytes, or NULL and bad. */
static inline const uint8_t *read_bytes(struct reader *r, size_t len)
{
	if (r->bad || (size_t)(r->end - r->at) < len) {
		r->bad = true;
		return NULL;
	}
	const uint8_t *p = r->at;
	r->at += len;
	return p;
}

static inline uint64_t read_be(struct reader *r, unsigned width)
{
	const uint8_t *p = read_bytes(r, width);
	uint64_t v = 0;
	for (unsigned i = 0; p && i < width; i++) {
		v = v << 8 | p[i];
	}
	return v;
}

static inline uint8_t read_u8(struct reader *r)
{
	return (uint8_t)read_be(r, 1);
}

static inline uint16_t read_u16(struct reader *r)
{
	return (uint16_t)read_be(r, 2);
}

static inline uint32_t read_u32(struct reader *r)
{
	return (uint32_t)read_be(r, 4);
}

static inline uint64_t read_u64(struct reader *r)
{
	return read_be(r, 8);
}

/* A run that its length (2 bytes) precedes, as write_run() wrote it. */
static inline struct bytes read_run(struct reader *r)
{
	size_t len = read_u16(r);
	const uint8_t *p = read_bytes(r, len);
	return (struct bytes){p, p ? len : 0};
}

struct writer {
	uint8_t *start;
	uint8_t *at;
	uint8_t *end;
	bool bad; /* something did not fit; what was written before it is whole */
};

static inline struct writer writer_of(void *buffer, size_t room)
{
	return (struct writer){buffer, buffer, (uint8_t *)buffer + room, false};
}

static inline size_t writer_len(const struct writer *w)
{
	return (size_t)(w->at - w->start);
}

/* What has been written; empty when something did not fit. */
static inline struct bytes writer_bytes(const struct writer *w)
{
	return (struct bytes){w->start, w->bad ? 0 : writer_len(w)};
}

/* Room for `len` bytes that the caller fills, or NULL and bad. */
static inline uint8_t *write_room(struct writer *w, size_t len)
{
	if (w->bad || (size_t)(w->end - w->at) < len) {
		w->bad = true;
		return NULL;
	}
	uint8_t *p = w->at;
	w->at += len;
	return p;
}

static inline void write_bytes(struct writer *w, const void *data, size_t len)
{
	uint8_t *p = write_room(w, len);
	if (p && len > 0) {
		memcpy(p, data, len);
	}
}

static inline void write_be(struct writer *w, uint64_t v, unsigned width)
{
	uint8_t *p = write_room(w, width);
	for (unsigned i = width; p && i > 0; i--) {
		p[i - 1] = (uint8_t)v;
		v >>= 8;
	}
}

static inline void write_u8(struct writer *w, uint8_t v)
{
	write_be(w, v, 1);
}

static inline void write_u16(struct writer *w, uint16_t v)
{
	write_be(w, v, 2);
}

static inline void write_u32(struct writer *w, uint32_t v)
{
	write_be(w, v, 4);
}

static inline void write_u64(struct writer *w, uint64_t v)
{
	write_be(w, v, 8);
}

/* A run with its length (2 bytes) before it; bad when it is over 65,535 bytes. */
static inline void write_run(struct writer *w, struct bytes b)
{
	if (b.len > UINT16_MAX) {
		w->bad = true;
		return;
	}
	write_u16(w, (uint16_t)b.len);
	write_bytes(w, b.data, b.len);
}

/* Big endian from memory whose bounds the caller has checked: for the query path, where the check
 * is made once. */
static inline uint16_t peek_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t peek_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t peek_u64(const uint8_t *p)
{
	uint64_t octets;

	memcpy(&octets, p, sizeof octets);
	return be64toh(octets);
}

/*
 * Asks the cache for what will be read soon; any address will do. gcc 12 takes a function that does
 * nothing else for one that does nothing and deletes its calls: the empty asm is what it must keep.
 */
static inline void prefetch(const void *at)
{
	__builtin_prefetch(at);
	__asm__ volatile("" : : "r"(at));
}

#endif
