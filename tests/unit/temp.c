/*
 * temp.c: a folder for a test's database.
 */
#include "temp.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static char path[64];

const char *temp_make(void)
{
	const char *where = getenv("TMPDIR");

	snprintf(path, sizeof path, "%s/dnsbld-test-XXXXXX", where ? where : "/tmp");
	if (!mkdtemp(path)) {
		perror("mkdtemp");
		exit(1);
	}
	return path;
}

static int remove_one(const char *file, const struct stat *st, int type, struct FTW *walk)
{
	(void)st, (void)type, (void)walk;
	return remove(file);
}

void temp_remove(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
