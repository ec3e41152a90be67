/*
 * replay: feeds files to a fuzzer's LLVMFuzzerTestOneInput, without libFuzzer.
 *
 *	fuzz_NAME FILE|FOLDER...
 *
 * So gcc builds, sanitized builds and machines without clang's runtime check every input that
 * ever mattered. Each path is printed, and flushed, before its bytes are fed: after a crash the
 * last one printed is the culprit. tests/run counts the lines that start with "replay: ".
 *
 * Every input sits in a heap block of exactly its size, so that ASan sees the first byte beyond.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *path)
{
	fprintf(stderr, "unable to read '%s': %s\n", path, strerror(errno));
	exit(1);
}

static void replay_file(const char *path, size_t size)
{
	printf("replay: %s\n", path);
	fflush(stdout);

	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(size);
	if (!file || (size && !data) || fread(data, 1, size, file) != size) {
		fail(path);
	}
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static size_t replay(const char *path)
{
	struct stat st;
	if (stat(path, &st)) {
		fail(path);
	}
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path, (size_t)st.st_size);
		return 1;
	}

	/* Sorted, so that two runs feed the same bytes in the same order. */
	struct dirent **entries;
	int n = scandir(path, &entries, visible, alphasort);
	if (n < 0) {
		fail(path);
	}
	size_t files = 0;
	for (int i = 0; i < n; i++) {
		char *child;
		if (asprintf(&child, "%s/%s", path, entries[i]->d_name) < 0) {
			fail(path);
		}
		files += replay(child);
		free(child);
		free(entries[i]);
	}
	free(entries);
	return files;
}

int main(int argc, char **argv)
{
	size_t files = 0;
	for (int i = 1; i < argc; i++) {
		files += replay(argv[i]);
	}
	printf("%zu files replayed\n", files);
	return files ? 0 : 1;
}
