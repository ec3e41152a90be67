/*
 * report_zip.c: archives of reports as comma separated values.
 *
 *     the end of the directory, read here ─▶ libzip over the memory ─▶ each *.csv ─▶
 * csv_reports_read()
 *
 * An archive is what a stranger sent. So before libzip sees it, its directory has to be small: a
 * bomb is made of a million entries as well as of one that expands. Then
 *
 * 1. an entry is read as far as it goes, not as far as its header says: all entries together have
 * at most EXPANDED_MAX octets, and RATIO_MAX times the archive's;
 * 2. only what is stored or deflated is read, for the other methods' decoders take the memory that
 *    the archive asks for;
 * 3. nothing is written anywhere, and of a name only the type of the report is used; an archive
 *    inside an archive is not opened;
 * 4. whatever is refused here may be anything, so it is kept (ST_NO), never thrown away as bad.
 */
#include <stdlib.h>
#include <strings.h>

#include <zip.h>

#include "report_reader.h"

enum {
	ENTRIES_MAX = 100,       /* Shadowserver sends one an archive, collectors a day's types */
	EXPANDED_MAX = 64 << 20, /* four times the largest input; a row a report, 500,000 */
	EXPANDED_MIN = 1 << 20,  /* whatever the ratio */
	RATIO_MAX = 200,         /* CSV comes to 5 to 30; deflate could do 1,000 */
	PIECE = 1 << 16,
	END_LEN = 22,        /* of the record at the end, without its comment */
	LOCATOR_LEN = 20,    /* of the record before it in archives of more than 4 GiB */
	COMMENT_MAX = 65535, /* APPNOTE 4.3.16 */
	ENDS_MAX = 4,        /* records that look like the end: libzip tries each */
};

static uint32_t little(const uint8_t *at, unsigned width)
{
	uint32_t v = 0;

	for (unsigned i = width; i > 0; i--) {
		v = v << 8 | at[i - 1];
	}
	return v;
}

/* Whether a directory that ends at this offset is one that libzip may be given. */
static enum status check_end(struct bytes zip, size_t offset)
{
	const uint8_t *end = zip.data + offset;
	uint32_t entries = little(end + 10, 2);

	if (offset >= LOCATOR_LEN && memcmp(end - LOCATOR_LEN, "PK\6\7", 4) == 0) {
		return fail(ST_NO, "an archive in the format for large ones");
	}
	if (entries > ENTRIES_MAX) {
		return fail(ST_NO, "an archive of %u entries; %d are read at most", entries,
			    ENTRIES_MAX);
	}
	return ST_OK;
}

/* Every record that libzip could take for the end of the directory. */
static enum status check_ends(struct bytes zip)
{
	size_t from = zip.len > COMMENT_MAX + END_LEN ? zip.len - COMMENT_MAX - END_LEN : 0;
	unsigned ends = 0;

	for (size_t i = from; i + END_LEN <= zip.len; i++) {
		if (memcmp(zip.data + i, "PK\5\6", 4) != 0) {
			continue;
		}
		if (++ends > ENDS_MAX) {
			return fail(ST_NO, "an archive with more than one end");
		}
		enum status status = check_end(zip, i);

		if (status) {
			return status;
		}
	}
	return ends ? ST_OK : fail(ST_NO, "an archive without an end");
}

/* All of an entry, at most `most` octets of it. The caller frees text->data. */
static enum status expand(zip_file_t *file, size_t most, struct bytes *text)
{
	uint8_t *data = NULL;
	size_t len = 0, room = 0;
	zip_int64_t got;

	do {
		if (room - len < PIECE) {
			room = room ? room * 2 : 4 * PIECE;
			data = must_realloc(data, room);
		}
		got = zip_fread(file, data + len, PIECE);
		len += got > 0 ? (size_t)got : 0;
	} while (got > 0 && len <= most);
	*text = bytes_of(data, len);
	if (got < 0) {
		return fail(ST_DATA, "%s", zip_file_strerror(file));
	}
	return len > most ? fail(ST_DATA, "it expands to too much") : ST_OK;
}

struct archive {
	struct report_reader *reader;
	zip_t *zip;
	size_t left; /* octets that entries may still expand to */
};

static enum status read_entry(struct archive *a, zip_uint64_t index, const zip_stat_t *stat)
{
	const zip_uint64_t needed = ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
	struct bytes text = {0};

	if ((stat->valid & needed) != needed) {
		return fail(ST_DATA, "its entry is damaged");
	}
	if (stat->encryption_method != ZIP_EM_NONE) {
		return fail(ST_DATA, "it is encrypted");
	}
	if (stat->comp_method != ZIP_CM_STORE && stat->comp_method != ZIP_CM_DEFLATE) {
		return fail(ST_DATA, "it is compressed by method %u", stat->comp_method);
	}
	zip_file_t *file = zip_fopen_index(a->zip, index, 0);

	if (!file) {
		return fail(ST_DATA, "%s", zip_strerror(a->zip));
	}
	enum status status = expand(file, a->left, &text);

	zip_fclose(file);
	a->left -= text.len < a->left ? text.len : a->left;
	if (!status) {
		status = csv_reports_read(a->reader, text, stat->name);
	}
	free((void *)(uintptr_t)text.data);
	return status;
}

static bool is_csv(const zip_stat_t *stat)
{
	size_t len = stat->valid & ZIP_STAT_NAME ? strlen(stat->name) : 0;

	return len >= 4 && strcasecmp(stat->name + len - 4, ".csv") == 0;
}

/* One that cannot be read is kept, as it may be read by a later version; the others are read all
 * the same. */
static enum status read_entries(struct archive *a)
{
	zip_int64_t count = zip_get_num_entries(a->zip, 0);
	bool any = false, more = true;

	for (zip_int64_t i = 0; more && i < count; i++) {
		char name[REPORT_WORDS];
		zip_stat_t stat;

		if (zip_stat_index(a->zip, (zip_uint64_t)i, 0, &stat) || !is_csv(&stat)) {
			continue;
		}
		any = true;
		enum status status = read_entry(a, (zip_uint64_t)i, &stat);

		if (status) {
			report_words(name, bytes_str(stat.name));
			fail(status, "'%s': %s", name, fail_text());
			more = report_bad(a->reader, true);
		}
	}
	return any ? ST_OK : fail(ST_NO, "an archive without a file of comma separated values");
}

enum status zip_reports_read(struct report_reader *reader, struct bytes zip)
{
	size_t most = zip.len < EXPANDED_MAX / RATIO_MAX ? zip.len * RATIO_MAX : EXPANDED_MAX;
	struct archive a = {.reader = reader, .left = most < EXPANDED_MIN ? EXPANDED_MIN : most};
	zip_error_t error;
	enum status status;

	if (!report_wants(reader, FORMAT_SHADOWSERVER) &&
	    !report_wants(reader, FORMAT_UCEPROTECT)) {
		return fail(ST_NO, "an archive");
	}
	status = check_ends(zip);
	if (status) {
		return status;
	}
	zip_error_init(&error);
	zip_source_t *source = zip_source_buffer_create(zip.data, zip.len, 0, &error);

	a.zip = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
	if (a.zip) {
		status = read_entries(&a);
		zip_discard(a.zip);
	} else {
		status = fail(ST_NO, "a damaged archive: %s", zip_error_strerror(&error));
		zip_source_free(source);
	}
	zip_error_fini(&error);
	return status;
}
