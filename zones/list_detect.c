/*
 * list_detect.c: what a file looks like, from its first 64 KiB and more.
 *
 * A format is found only by what no plain or CIDR list could have at that place, so for these
 * nothing depends on a guess. The first line with data in it decides; of comments only those count
 * that a format has in it: the columns of CERT, a CSV header. ip4set and ip4trie look alike: what
 * has rbldnsd's special lines is taken for the first, ip6trie where an IPv6 address is first.
 */
#include <stdlib.h>
#include <string.h>

#include "list_feed.h"
#include "utf8.h"

/* What begins like one of these has no lines that could be read. */
const char *list_detect_wrong(struct bytes head)
{
	static const struct {
		const char *begins;
		size_t len;
		const char *what;
	} kinds[] = {
		{"\x1f\x8b", 2, "compressed with gzip"},
		{"BZh", 3, "compressed with bzip2"},
		{"\xfd"
		 "7zXZ",
		 5, "compressed with xz"},
		{"\x28\xb5\x2f\xfd", 4, "compressed with zstd"},
		{"PK\x03\x04", 4, "a zip file"},
		{"%PDF-", 5, "a PDF file"},
		{"\xff\xfe", 2, "UTF-16 text"},
		{"\xfe\xff", 2, "UTF-16 text"},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (head.len >= kinds[i].len &&
		    memcmp(head.data, kinds[i].begins, kinds[i].len) == 0) {
			return kinds[i].what;
		}
	}
	head = utf8_after_mark(head);
	while (head.len > 0 && memchr(" \t\r\n", *head.data, 4)) {
		head = bytes_of(head.data + 1, head.len - 1);
	}
	return head.len > 0 && *head.data == '<' ? "a web page (or XML)" : NULL;
}

/* The next line of *head that is not blank, without blanks around it; empty at the end. */
static struct bytes next_line(struct bytes *head)
{
	struct bytes line = {0};

	while (line.len == 0 && head->len > 0) {
		const uint8_t *end = memchr(head->data, '\n', head->len);
		size_t len = end ? (size_t)(end - head->data) : head->len;

		line = bytes_of(head->data, len);
		*head = bytes_of(head->data + len + (end ? 1 : 0), head->len - len - (end ? 1 : 0));
		if (line.len > 0 && line.data[line.len - 1] == '\r') {
			line.len--;
		}
		line = list_trim(line);
	}
	return line;
}

static bool begins(struct bytes line, const char *with)
{
	size_t len = strlen(with);

	return line.len >= len && memcmp(line.data, with, len) == 0;
}

static bool has(struct bytes line, const char *what)
{
	return memmem(line.data, line.len, what, strlen(what)) != NULL;
}

static struct bytes after_mark(struct bytes comment)
{
	return list_trim(bytes_of(comment.data + 1, comment.len - 1));
}

/* "$…", ":2:…", ":127.0.0.2:…": a special line or a default value. */
static bool is_rbldnsd_line(struct bytes line)
{
	size_t digits = 1;

	if (*line.data == '$') {
		return true;
	}
	while (*line.data == ':' && digits < line.len &&
	       memchr("0123456789.", line.data[digits], 11)) {
		digits++;
	}
	return digits > 1 && digits < line.len && line.data[digits] == ':';
}

static enum list_format which_rbldnsd(struct bytes line, struct bytes head)
{
	for (; line.len > 0; line = next_line(&head)) {
		size_t hex = 0;

		if (begins(line, "$DATASET") || begins(line, "$dataset")) {
			return LIST_COMBINED;
		}
		if (memchr("$:#;!", *line.data, 5)) {
			continue;
		}
		while (hex < line.len && memchr("0123456789abcdefABCDEF", line.data[hex], 22)) {
			hex++;
		}
		return hex > 0 && hex < line.len && line.data[hex] == ':' ? LIST_IP6TRIE
									  : LIST_IP4SET;
	}
	return LIST_IP4SET;
}

/* "1.10.16.0/20 ; SBL256894" */
static bool is_drop_line(struct bytes line)
{
	const uint8_t *semicolon = memchr(line.data, ';', line.len);

	return semicolon && begins(list_trim(bytes_of(semicolon + 1, (size_t)(line.data + line.len -
									      semicolon - 1))),
				   "SBL");
}

static enum list_format which_json(struct bytes line)
{
	bool drop =
		!has(line, "\"prefix\"") && (has(line, "\"cidr\"") || has(line, "\"metadata\""));

	return drop ? LIST_DROP_JSON : LIST_JSON;
}

/* `columns`: a comment before it looked like a header. */
static enum list_format which(struct bytes line, struct bytes head, bool columns, struct csv *csv)
{
	char delimiter;

	if (*line.data == '{') {
		return which_json(line);
	}
	if (begins(line, "create ") || begins(line, "add ") || begins(line, "Name: ")) {
		return LIST_IPSET;
	}
	if (begins(line, "Start\tEnd\t")) {
		return LIST_DSHIELD;
	}
	if (is_rbldnsd_line(line)) {
		return which_rbldnsd(line, head);
	}
	if (is_drop_line(line)) {
		return LIST_DROP;
	}
	if (list_csv_header(csv, line, &delimiter) ||
	    (columns && memchr(line.data, ',', line.len))) {
		return LIST_CSV;
	}
	return LIST_CIDR;
}

enum list_format list_detect(struct bytes head)
{
	struct csv *csv = must_alloc(sizeof *csv);
	enum list_format format = LIST_CIDR;
	bool columns = false;
	struct bytes line;
	char delimiter;

	head = utf8_after_mark(head);
	while ((line = next_line(&head)).len > 0) {
		bool cert = *line.data == ';' && has(line, "botname");

		if (*line.data != '#' && *line.data != ';') {
			format = which(line, head, columns, csv);
			break;
		}
		if (cert) {
			format = LIST_CERT;
			break;
		}
		columns |= *line.data == '#' && line.len > 1 &&
			   list_csv_header(csv, after_mark(line), &delimiter) && delimiter == ',';
	}
	free(csv);
	return format;
}
