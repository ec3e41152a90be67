/*
 * mail.c: the only file that knows GMime's parts. Every object that comes from a g_mime_..._new()
 * is ours to unref; what a g_mime_..._get_...() gives is borrowed.
 */
#include "mail.h"
#include "utf8.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Of the mail that a report is about: the RFCs' types, and what some call them. */
static const char *const enclosed[] = {
	"message/rfc822",         "message/global",      "message/rfc822-headers",
	"message/rfc822-header",  "text/rfc822-headers", "text/rfc822-header",
	"message/global-headers", "text/rfc822",
};

/* g_mime_init() once a process; its tables stay to the end. */
static void need_gmime(void)
{
	static bool ready;

	if (!ready) {
		g_mime_init();
		ready = true;
	}
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

/* --- parts ------------------------------------------------------------------- */

/* Lines that all end with CR get LF; a byte order mark and blank lines at the front go. */
static struct bytes normal_lines(struct bytes text)
{
	uint8_t *data = (uint8_t *)text.data;

	if (!memchr(data, '\n', text.len)) {
		for (size_t i = 0; i < text.len; i++) {
			data[i] = data[i] == '\r' ? '\n' : data[i];
		}
	}
	size_t blank = utf8_mark(data, text.len);

	while (blank < text.len && (data[blank] == '\n' || data[blank] == '\r')) {
		blank++;
	}
	memmove(data, data + blank, text.len - blank);
	return bytes_of(data, text.len - blank);
}

static struct bytes copy(const void *data, size_t len)
{
	uint8_t *to = must_alloc(len + 1);

	if (len > 0) {
		memcpy(to, data, len);
	}
	return bytes_of(to, len);
}

/* The part's content without its transfer encoding. */
static struct bytes decode(GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *out = g_mime_stream_mem_new();
	struct bytes decoded;

	if (content) {
		g_mime_data_wrapper_write_to_stream(content, out);
	}
	GByteArray *array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out));

	decoded = copy(array->data, array->len);
	g_object_unref(out);
	return decoded;
}

/* The part's content as it stands in the mail. */
static struct bytes undecoded(GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *in = content ? g_mime_data_wrapper_get_stream(content) : NULL;
	GMimeStream *out = g_mime_stream_mem_new();

	if (in && g_mime_stream_reset(in) == 0) {
		g_mime_stream_write_to_stream(in, out);
	}
	GByteArray *array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out));
	struct bytes raw = copy(array->data, array->len);

	g_object_unref(out);
	return raw;
}

static bool has_type(struct bytes text)
{
	return strcasestr((const char *)text.data, "Feedback-Type") != NULL;
}

/*
 * A feedback report's fields. Some declare base64 and send it plain, others send base64 and do not
 * declare it: it is what has the one field that no report lacks. (copy() leaves a NUL at the end.)
 */
static struct bytes decode_fields(GMimePart *part)
{
	struct bytes decoded = decode(part);

	if (has_type(decoded)) {
		return decoded;
	}
	struct bytes raw = undecoded(part);

	if (!has_type(raw)) {
		gsize len = 0;
		guchar *plain = g_base64_decode((const char *)raw.data, &len);

		free((void *)raw.data);
		raw = copy(plain, len);
		g_free(plain);
	}
	if (!has_type(raw)) {
		free((void *)raw.data);
		return decoded;
	}
	free((void *)decoded.data);
	return raw;
}

/* A mail inside the mail: its header. Where a blank line comes first GMime finds none: then the
 * header is in what it took for the body. */
static struct bytes header_of(GMimeMessage *message)
{
	char *header = message ? g_mime_object_get_headers(GMIME_OBJECT(message), NULL) : NULL;
	struct bytes found = copy(header, header ? strlen(header) : 0);
	GMimeObject *body = message ? g_mime_message_get_mime_part(message) : NULL;

	g_free(header);
	if (found.len == 0 && body && GMIME_IS_PART(body)) {
		free((void *)found.data);
		found = decode(GMIME_PART(body));
	}
	return found;
}

static void set_word(char word[MAIL_WORD], const char *text)
{
	snprintf(word, MAIL_WORD, "%s", text ? text : "");
}

static void add_part(struct mail *mail, GMimeObject *object)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	struct mail_part part = {.enclosed = false};

	snprintf(part.type, sizeof part.type, "%s/%s", g_mime_content_type_get_media_type(type),
		 g_mime_content_type_get_media_subtype(type));
	for (char *c = part.type; *c; c++) {
		*c = (char)tolower((unsigned char)*c);
	}
	for (size_t i = 0; i < sizeof enclosed / sizeof *enclosed; i++) {
		part.enclosed |= strcmp(part.type, enclosed[i]) == 0;
	}
	if (GMIME_IS_MESSAGE_PART(object)) {
		part.enclosed = true;
		part.content =
			header_of(g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)));
	} else if (GMIME_IS_PART(object)) {
		set_word(part.name, g_mime_part_get_filename(GMIME_PART(object)));
		bool report = strcmp(part.type, "message/feedback-report") == 0;

		part.content =
			report ? decode_fields(GMIME_PART(object)) : decode(GMIME_PART(object));
	} else {
		part.content = copy(NULL, 0);
	}
	part.content = normal_lines(part.content);
	mail->parts = must_realloc(mail->parts, (mail->part_count + 1) * sizeof *mail->parts);
	mail->parts[mail->part_count++] = part;
}

static void add_parts(struct mail *mail, GMimeObject *object)
{
	if (!GMIME_IS_MULTIPART(object)) {
		add_part(mail, object);
		return;
	}
	GMimeMultipart *multipart = GMIME_MULTIPART(object);

	for (int i = 0; i < g_mime_multipart_get_count(multipart); i++) {
		add_parts(mail, g_mime_multipart_get_part(multipart, i));
	}
}

/* --- a boundary that nobody named --------------------------------------------- */

/* The first line that begins with "--" and has a Content- field after it. `line` is without "--"
 * and without its end; false where there is none. */
static bool find_boundary(struct bytes body, struct bytes *rest, struct bytes *line)
{
	const uint8_t *at = body.data, *end = body.data + body.len;

	while (at && at < end) {
		const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));

		if (!stop) {
			return false;
		}
		if (stop - at > 2 && at[0] == '-' && at[1] == '-' && end - (stop + 1) > 8 &&
		    strncasecmp((const char *)stop + 1, "Content-", 8) == 0) {
			*rest = bytes_of(at, (size_t)(end - at));
			*line = bytes_of(at + 2, (size_t)(stop - at - 2));
			while (line->len > 0 && line->data[line->len - 1] <= ' ') {
				line->len--;
			}
			return line->len > 0 && line->len < MAIL_WORD &&
			       !memchr(line->data, '"', line->len) &&
			       !memchr(line->data, '\\', line->len);
		}
		at = stop + 1;
	}
	return false;
}

/*
 * Of a mail that says it is a multipart, but not with which boundary, or with a wrong one, the
 * boundary is taken from the body. So too where it does not say what it is, if the body begins with
 * one: a bounce may quote a stranger's further down.
 */
static void add_lost_parts(struct mail *mail, struct bytes body)
{
	struct bytes rest, line;

	if (!find_boundary(body, &rest, &line)) {
		return;
	}
	char *text = NULL;
	int len = asprintf(&text, "Content-Type: multipart/mixed; boundary=\"%.*s\"\n\n%.*s",
			   (int)line.len, (const char *)line.data, (int)rest.len,
			   (const char *)rest.data);
	GMimeMessage *message = len < 0 ? NULL : parse(bytes_of(text, (size_t)len));
	GMimeObject *top = message ? g_mime_message_get_mime_part(message) : NULL;

	if (top) {
		add_parts(mail, top);
	}
	if (message) {
		g_object_unref(message);
	}
	free(text);
}

static bool is_lost(const struct mail *mail, GMimeObject *top, struct bytes body)
{
	struct field type;

	if (GMIME_IS_MULTIPART(top)) {
		return mail->part_count == 0;
	}
	while (body.len > 0 && (*body.data == '\n' || *body.data == '\r')) {
		body = bytes_of(body.data + 1, body.len - 1);
	}
	struct bytes rest, line;

	return !field_find(mail->header, "Content-Type", &type) &&
	       find_boundary(body, &rest, &line) && rest.data == body.data;
}

/* --- the mail ---------------------------------------------------------------- */

enum status mail_open(struct mail *mail, struct bytes bytes)
{
	struct field field;

	*mail = (struct mail){.part_count = 0};
	mail->text = mail_clean(bytes, &mail->cut);
	need_gmime();
	GMimeMessage *message = parse(mail->text);
	GMimeObject *top = message ? g_mime_message_get_mime_part(message) : NULL;
	struct bytes body = mail->text;

	while (field_next(&body, &field)) {
		mail->date = !mail->date && field_is(&field, "Date") ? mail_date(field.value)
								     : mail->date;
	}
	mail->header = bytes_of(mail->text.data, mail->text.len - body.len);
	if (top) {
		add_parts(mail, top);
	}
	if (top && is_lost(mail, top, body)) {
		add_lost_parts(mail, body);
	}
	if (message) {
		g_object_unref(message);
	}
	if (mail->part_count == 0) {
		mail_release(mail);
		return fail(ST_NO, "no mail, or one without any content");
	}
	return ST_OK;
}

void mail_release(struct mail *mail)
{
	for (size_t i = 0; i < mail->part_count; i++) {
		free((void *)mail->parts[i].content.data);
	}
	free(mail->parts);
	free((void *)mail->text.data);
	*mail = (struct mail){0};
}

const struct mail_part *mail_find(const struct mail *mail, const char *type)
{
	for (size_t i = 0; i < mail->part_count; i++) {
		if (strcmp(mail->parts[i].type, type) == 0) {
			return &mail->parts[i];
		}
	}
	return NULL;
}

const struct mail_part *mail_enclosed(const struct mail *mail)
{
	for (size_t i = 0; i < mail->part_count; i++) {
		if (mail->parts[i].enclosed) {
			return &mail->parts[i];
		}
	}
	return NULL;
}
