/*
 * mirror_spool.c: one row a record.
 *
 *	length(4)  kind(1) owner-len(2) owner type(2) ttl(4) rdata-len(2) rdata
 */
#include "mirror_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	LENGTH = 4,
	ROW_MOST = 1 + 2 + NAME_MAX_WIRE + 2 + 4 + 2 + UINT16_MAX,
	KIND_DELETE = 1,
	KIND_ADD = 2,
	/* A list may well grow tenfold in a day, once; and a small one may become a large one. */
	GROWTH = 10,
	ALWAYS = 10000000,
};

struct spool_bounds spool_bounds_of(uint64_t last_records, uint64_t map_size)
{
	return (struct spool_bounds){GROWTH * last_records + ALWAYS, map_size / 2};
}

static enum status failed(const char *what)
{
	int error = errno;

	if (error == ENOSPC || error == EDQUOT) {
		return fail(ST_AGAIN, "unable to %s: the disk is full", what);
	}
	return fail(error == EACCES || error == EPERM ? ST_PERM : ST_IO, "unable to %s: %s", what,
		    strerror(error));
}

enum status spool_open(struct spool *spool, const char *folder, const struct spool_bounds *bounds)
{
	char path[PATH_MAX];
	struct statvfs fs;

	*spool = (struct spool){.bounds = *bounds, .room = UINT64_MAX};
	if (snprintf(path, sizeof path, "%s/transfer.XXXXXX", folder) >= (int)sizeof path) {
		return fail(ST_CONFIG, "%s: the path is too long", folder);
	}
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0) {
		return failed("make a file for the transfer in the database's folder");
	}
	unlink(path);
	if (fstatvfs(fd, &fs) == 0) {
		spool->room = (uint64_t)fs.f_bavail * fs.f_frsize / 2;
	}
	spool->file = fdopen(fd, "w+");
	if (!spool->file) {
		close(fd);
		return failed("make a file for the transfer");
	}
	return ST_OK;
}

void spool_close(struct spool *spool)
{
	if (spool->file) {
		fclose(spool->file);
	}
	*spool = (struct spool){0};
}

enum status spool_begin(struct spool *spool, bool full, uint32_t serial)
{
	spool->begun = true;
	spool->full = full;
	spool->serial = serial;
	return ST_OK;
}

static enum status put(struct spool *spool, uint8_t kind, const struct record *record)
{
	uint8_t room[LENGTH + ROW_MOST];
	struct writer w = writer_of(room, sizeof room);

	write_u32(&w, 0);
	write_u8(&w, kind);
	write_run(&w, bytes_of(record->owner.wire, record->owner.len));
	write_u16(&w, record->type);
	write_u32(&w, record->ttl_s);
	write_run(&w, record->rdata);
	const size_t len = writer_len(&w);
	struct writer before = writer_of(room, LENGTH);

	write_u32(&before, (uint32_t)(len - LENGTH));
	if (w.bad) {
		return fail(ST_DATA, "a record is longer than records can be");
	}
	if (spool->records == spool->bounds.records) {
		return fail(ST_DATA,
			    "the transfer has more than %llu records, ten times those of the last "
			    "one and ten million: not taken",
			    (unsigned long long)spool->bounds.records);
	}
	if (len > spool->bounds.octets - spool->octets) {
		return fail(ST_DATA,
			    "the transfer is larger than %llu octets, half of map_size: not taken",
			    (unsigned long long)spool->bounds.octets);
	}
	if (len > spool->room - spool->octets) {
		return fail(ST_AGAIN,
			    "the transfer takes more than half of what was free on the disk, %llu "
			    "octets: not taken",
			    (unsigned long long)spool->room);
	}
	if (fwrite(room, 1, len, spool->file) != len) {
		return failed("keep the transfer in the database's folder");
	}
	spool->records++;
	spool->octets += len;
	return ST_OK;
}

enum status spool_delete(struct spool *spool, const struct record *record)
{
	return put(spool, KIND_DELETE, record);
}

enum status spool_add(struct spool *spool, const struct record *record)
{
	return put(spool, KIND_ADD, record);
}

enum status spool_finish(struct spool *spool)
{
	return fflush(spool->file) == 0 ? ST_OK
					: failed("keep the transfer in the database's folder");
}

static enum status other_rows(void)
{
	return fail(ST_INTERNAL, "the transfer's file has other rows than were put");
}

static enum status replay_row(struct bytes row, const struct spool_rows *rows)
{
	struct reader r = reader_of(row);
	struct record record = {0};
	uint8_t kind = read_u8(&r);
	struct bytes owner = read_run(&r);

	record.type = read_u16(&r);
	record.ttl_s = read_u32(&r);
	record.rdata = read_run(&r);
	if (r.bad || reader_left(&r) > 0 || owner.len > NAME_MAX_WIRE ||
	    (kind != KIND_DELETE && kind != KIND_ADD)) {
		return other_rows();
	}
	record.owner.len = (uint8_t)owner.len;
	memcpy(record.owner.wire, owner.data, owner.len);
	return (kind == KIND_ADD ? rows->add : rows->delete)(rows->context, &record);
}

enum status spool_replay(int fd, uint64_t records, const struct spool_rows *rows)
{
	FILE *file = lseek(fd, 0, SEEK_SET) == 0 ? fdopen(fd, "r") : NULL;
	uint8_t room[ROW_MOST], length[LENGTH];
	uint64_t found = 0;
	enum status status = ST_OK;

	if (!file) {
		return failed("read the transfer again");
	}
	while (!status && fread(length, 1, LENGTH, file) == LENGTH) {
		const size_t len = peek_u32(length);

		if (len > sizeof room || fread(room, 1, len, file) != len) {
			status = other_rows();
		} else {
			status = replay_row(bytes_of(room, len), rows);
			found++;
		}
	}
	if (ferror(file)) {
		status = failed("read the transfer again");
	} else if (!status && found != records) {
		status = other_rows();
	}
	fclose(file);
	return status;
}
