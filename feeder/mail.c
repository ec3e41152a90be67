/*
 * mail.c: the only file that knows GMime's parts. Every object that comes from a g_mime_..._new()
 * is ours to unref; what a g_mime_..._get_...() gives is borrowed.
 */
#include "mail.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <strings.h>

/* g_mime_init() once a process; its tables stay to the end. */
static void need_gmime(void)
{
	static bool ready;

	if (!ready) {
		g_mime_init();
		ready = true;
	}
}

uint64_t mail_date(const char *text)
{
	need_gmime();
	GDateTime *date = g_mime_utils_header_decode_date(text);
	gint64 seconds = date ? g_date_time_to_unix(date) : 0;

	if (date) {
		g_date_time_unref(date);
	}
	return seconds > 0 ? (uint64_t)seconds : 0;
}

static bool starts_line(struct bytes mail, size_t at, const char *word)
{
	size_t len = strlen(word);

	return mail.len - at >= len && strncasecmp((const char *)mail.data + at, word, len) == 0;
}

/*
 * A copy of the mail as a parser expects it. Mail programs that saved it may have put a byte order
 * mark or an mbox "From " line before the first field, or ended all lines with CR alone.
 */
static struct bytes clean(struct bytes mail)
{
	if (starts_line(mail, 0, "\xef\xbb\xbf")) {
		mail = bytes_of(mail.data + 3, mail.len - 3);
	}
	uint8_t *copy = must_alloc(mail.len + 1);

	memcpy(copy, mail.data, mail.len);
	if (!memchr(copy, '\n', mail.len)) {
		for (size_t i = 0; i < mail.len; i++) {
			copy[i] = copy[i] == '\r' ? '\n' : copy[i];
		}
	}
	size_t skip = 0;

	while (skip < mail.len && (copy[skip] == '\n' || copy[skip] == '\r')) {
		skip++;
	}
	struct bytes rest = bytes_of(copy + skip, mail.len - skip);

	if (starts_line(rest, 0, "From ") || starts_line(rest, 0, ">From ")) {
		const uint8_t *end = memchr(rest.data, '\n', rest.len);
		size_t line = end ? (size_t)(end + 1 - rest.data) : rest.len;

		rest = bytes_of(rest.data + line, rest.len - line);
	}
	memmove(copy, rest.data, rest.len);
	return bytes_of(copy, rest.len);
}

/* No part nests without a Content-Type field of its own, however it is spelled after the name. */
static unsigned count_content_types(struct bytes mail)
{
	unsigned count = 0;
	size_t at = 0;

	while (at < mail.len) {
		count += starts_line(mail, at, "content-type");
		const uint8_t *end = memchr(mail.data + at, '\n', mail.len - at);
		at = end ? (size_t)(end + 1 - mail.data) : mail.len;
	}
	return count;
}

/* The first part of the type among an object and the multiparts below it; borrowed. */
static GMimePart *find_part(GMimeObject *object, const char *type, const char *subtype)
{
	GMimeContentType *found = g_mime_object_get_content_type(object);

	if (GMIME_IS_PART(object) && g_mime_content_type_is_type(found, type, subtype)) {
		return GMIME_PART(object);
	}
	if (!GMIME_IS_MULTIPART(object)) {
		return NULL;
	}
	GMimeMultipart *multipart = GMIME_MULTIPART(object);

	for (int i = 0; i < g_mime_multipart_get_count(multipart); i++) {
		GMimePart *part = find_part(g_mime_multipart_get_part(multipart, i), type, subtype);

		if (part) {
			return part;
		}
	}
	return NULL;
}

/* The part's content without its transfer encoding. NULL data where it has none. */
static struct bytes decode(GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *out = g_mime_stream_mem_new();
	struct bytes decoded = {0};

	if (content && g_mime_data_wrapper_write_to_stream(content, out) >= 0) {
		GByteArray *array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out));
		uint8_t *copy = must_alloc(array->len + 1);

		if (array->len > 0) {
			memcpy(copy, array->data, array->len);
		}
		decoded = bytes_of(copy, array->len);
	}
	g_object_unref(out);
	return decoded;
}

static GMimeMessage *parse(struct bytes text)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)text.data, text.len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	return message;
}

enum status mail_find_part(struct bytes bytes, const char *type, const char *subtype,
			   struct mail *mail)
{
	struct bytes text = clean(bytes);
	GMimeMessage *message = NULL;
	enum status status = ST_OK;

	need_gmime();
	*mail = (struct mail){0};
	if (count_content_types(text) > MAIL_PARTS) {
		status = fail(ST_DATA, "a mail of more than %d parts", MAIL_PARTS);
		goto out;
	}
	message = parse(text);
	GMimeObject *top = message ? g_mime_message_get_mime_part(message) : NULL;
	GMimePart *part = top ? find_part(top, type, subtype) : NULL;

	if (!part) {
		status = fail(ST_NO, "there is no %s/%s part in it", type, subtype);
		goto out;
	}
	mail->part = decode(part);
	const char *date = g_mime_object_get_header(GMIME_OBJECT(message), "Date");

	mail->date = date ? mail_date(date) : 0;
out:
	if (message) {
		g_object_unref(message);
	}
	free((void *)text.data);
	return status;
}

void mail_release(struct mail *mail)
{
	free((void *)mail->part.data);
	*mail = (struct mail){0};
}
