/*
 * mail.c: the only file that knows GMime's parts. Every object that comes from a g_mime_..._new()
 * is ours to unref; what a g_mime_..._get_...() gives is borrowed.
 */
#include "mail.h"

#include <gmime/gmime.h>
#include <stdlib.h>

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
	struct bytes text = mail_clean(bytes);
	enum status status = ST_OK;

	need_gmime();
	*mail = (struct mail){0};
	GMimeMessage *message = parse(text);
	GMimeObject *top = message ? g_mime_message_get_mime_part(message) : NULL;
	GMimePart *part = top ? find_part(top, type, subtype) : NULL;

	if (part) {
		const char *date = g_mime_object_get_header(GMIME_OBJECT(message), "Date");

		mail->part = decode(part);
		mail->date = date ? mail_date(date) : 0;
	} else {
		status = fail(ST_NO, "there is no %s/%s part in it", type, subtype);
	}
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
