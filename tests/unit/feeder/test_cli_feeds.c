/*
 * What the verbs do that move many claims at once: import, purge, expire, add --stream.
 */
#include "cli.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <jansson.h>

#include <cmocka.h>

#include "cli_frame.h"

static void expect_import(enum status status, const char *options, const char *text)
{
	char line[256];

	snprintf(line, sizeof line, "import --json %s %s", options, cli_file(&cli, "list", text));
	expect(status, line);
}

/* A number of the object that was printed. */
static uint64_t printed(const char *name)
{
	json_error_t error;
	json_t *object = json_loads(cli.out, 0, &error);
	const json_t *value = json_object_get(object, name);

	if (!json_is_integer(value)) {
		fail_msg("no number '%s' in '%s'", name, cli.out);
	}
	uint64_t number = (uint64_t)json_integer_value(value);

	json_decref(object);
	return number;
}

static void expect_prefixes(const char *options, const char *expected)
{
	char line[128], all[4096] = "";
	size_t len = 0;

	snprintf(line, sizeof line, "list %s" NOW, options);
	expect(ST_OK, line);
	for (char *at = cli.out; *at; at = strchr(at, '\n') + 1) {
		len += (size_t)snprintf(all + len, sizeof all - len, "%s%.*s", len ? " " : "",
					(int)strcspn(at, "\t"), at);
	}
	assert_string_equal(all, expected);
}

static void test_an_import_is_one_sources_claims(void **state)
{
	(void)state;
	expect_import(ST_OK, "--source feed --sublist relay" NOW,
		      "192.0.2.1\n# remark\n192.0.2.0/28 x\n198.51.100.1-198.51.100.3\n");
	assert_int_equal(printed("added"), 4);
	assert_int_equal(printed("bad"), 0);
	expect_prefixes("--source feed", "192.0.2.0/28 192.0.2.1 198.51.100.1 198.51.100.2/31");
	expect(ST_OK, "list --source feed --sublist relay" NOW);
	assert_non_null(strstr(cli.out, "192.0.2.1\trelay\tfeed\t2026-12-21T10:00:00Z\t"));
	expect(ST_USAGE, "import --source feed list");
	expect(ST_USAGE, "import --sublist relay list");
	expect(ST_USAGE, "import --sublist relay --source feed --format nosuch list");
	expect(ST_NOINPUT, "import --sublist relay --source feed /nonexistent");
}

static void test_of_a_list_the_good_lines_are_imported(void **state)
{
	(void)state;
	expect_import(ST_DATA, "--source feed --sublist relay",
		      "192.0.2.1\nbad\n10.0.0.1\n192.0.2.1\n");
	assert_int_equal(printed("added"), 1);
	assert_int_equal(printed("bad"), 1);
	assert_int_equal(printed("excluded"), 1);
	assert_int_equal(printed("lines"), 4);
	expect_import(ST_DATA, "--source feed --sublist relay --strict", "192.0.2.9\nbad\n");
	expect_import(ST_DATA, "--source feed --sublist relay --replace", "bad\n");
	expect_prefixes("", "192.0.2.1");
}

static void test_a_snapshot_withdraws_what_it_no_longer_has(void **state)
{
	(void)state;
	expect(ST_OK, "add 192.0.2.1 192.0.2.3 --sublist relay");
	expect_import(ST_OK, "--source other --sublist relay --replace", "192.0.2.3\n");
	expect_import(ST_OK, "--source feed --sublist relay --replace",
		      "192.0.2.1\n192.0.2.2\n192.0.2.3\n");
	expect_import(ST_OK, "--source feed --sublist relay --replace", "192.0.2.2\n192.0.2.4\n");
	assert_int_equal(printed("added"), 1);
	assert_int_equal(printed("renewed"), 1);
	assert_int_equal(printed("withdrawn"), 2);
	expect_prefixes("--source feed", "192.0.2.2 192.0.2.4");
	expect_prefixes("--source operator", "192.0.2.1 192.0.2.3");
	expect_prefixes("--source other", "192.0.2.3");
	expect(ST_OK, "audit --limit 1");
	assert_non_null(strstr(cli.out, "\timport\t-\trelay\tfeed\t+1-2\t-\n"));
}

static void test_a_snapshot_of_a_plain_list_is_about_one_sublist(void **state)
{
	(void)state;
	expect_import(ST_OK, "--source feed --sublist relay --replace", "192.0.2.1\n");
	expect_import(ST_OK, "--source feed --sublist hijacked --replace", "192.0.2.2\n");
	expect_prefixes("", "192.0.2.1 192.0.2.2");
	/* JSON lines name their sublists: then it is about all that the source claims. */
	expect_import(
		ST_OK, "--source feed --sublist hijacked --replace",
		"{\"prefix\": \"192.0.2.2\"}\n{\"prefix\": \"192.0.2.3\", \"sublist\": \"relay\"}\n");
	expect_prefixes("", "192.0.2.2 192.0.2.3");
}

static void test_a_snapshot_imported_again_changes_nothing_that_is_served(void **state)
{
	(void)state;
	expect_import(ST_OK, "--source feed --sublist relay --replace" NOW,
		      "192.0.2.1\n192.0.2.2\n");
	assert_true(printed("change") > 0);
	expect_import(ST_OK, "--source feed --sublist relay --replace" LATER,
		      "192.0.2.1\n192.0.2.2\n");
	assert_int_equal(printed("change"), 0);
	assert_int_equal(printed("renewed"), 2);
	expect(ST_OK, "list --json");
	assert_non_null(strstr(
		cli.out,
		"\"prefix\":\"192.0.2.1\",\"sublist\":\"relay\",\"source\":\"feed\","
		"\"reason\":null,\"text\":null,\"created\":\"2026-11-21T10:00:00Z\","
		"\"last_seen\":\"2026-11-22T10:00:00Z\",\"expires\":\"2026-12-22T10:00:00Z\""));
}

static void test_a_snapshot_changes_texts(void **state)
{
	(void)state;
	expect_import(
		ST_OK, "--source feed --sublist relay --replace",
		"{\"prefix\": \"192.0.2.1\", \"text\": \"old\"}\n{\"prefix\": \"192.0.2.2\", \"text\": \"same\"}\n");
	expect_import(
		ST_OK, "--source feed --sublist relay --replace",
		"{\"prefix\": \"192.0.2.1\", \"text\": \"new\"}\n{\"prefix\": \"192.0.2.2\", \"text\": \"same\"}\n");
	assert_int_equal(printed("changed"), 1);
	assert_int_equal(printed("renewed"), 1);
	expect(ST_OK, "show 192.0.2.1");
	assert_non_null(strstr(cli.out, "TXT \"new\""));
}

/* 192.0.2.0 and so on, a line each. Borrowed until the next call. */
static const char *addresses(const char *net, unsigned count)
{
	static char text[8192];
	size_t len = 0;

	*text = '\0';
	for (unsigned i = 0; i < count; i++) {
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%u\n", net, i);
	}
	return text;
}

static void test_a_snapshot_that_shrank_or_exploded_is_refused(void **state)
{
	const char *options = "--source feed --sublist relay --replace";

	(void)state;
	expect_import(ST_OK, options, addresses("192.0.2.", 4));
	expect_import(ST_DATA, options, addresses("192.0.2.", 1));
	expect_import(ST_DATA, options, "");
	expect_import(ST_DATA, options, addresses("192.0.2.", 41));
	expect_prefixes("", "192.0.2.0 192.0.2.1 192.0.2.2 192.0.2.3");
	expect_import(ST_OK, options, addresses("192.0.2.", 40));
	expect_import(ST_DATA, options, addresses("192.0.2.", 19));
	expect_import(ST_OK, options, addresses("192.0.2.", 20));
	expect_import(ST_OK, "--source feed --sublist relay --replace --force", "");
	expect_prefixes("", "");
}

/* Of each format a file with four listings, and one that has been cut off after the first. */
static void test_no_feed_that_was_cut_off_withdraws_what_it_lacks(void **state)
{
#define CERT "; ip, lastseen, botname\n192.0.2.1,?,openrelay\n"
#define DROP "{\"cidr\":\"192.0.2.1/32\",\"sblid\":\"SBL1\"}\n"
#define META "{\"type\":\"metadata\",\"timestamp\":1795255200,\"records\":4}\n"
	static const struct {
		const char *format, *cut, *rest;
	} feeds[] = {
		{"plain", "192.0.2.1\n", "192.0.2.2\n192.0.2.3\n192.0.2.4\n"},
		{"netset", "# x\n192.0.2.1\n", "192.0.2.2\n192.0.2.3\n192.0.2.4\n"},
		{"ip4set", ":2:\n192.0.2.1\n", "192.0.2.2\n192.0.2.3\n192.0.2.4\n"},
		{"spamhaus-drop", "192.0.2.1 ; SBL1\n",
		 "192.0.2.2 ; SBL2\n192.0.2.3 ; SBL3\n192.0.2.4 ; SBL4\n"},
		{"spamhaus-drop-json", DROP,
		 "{\"cidr\":\"192.0.2.2/32\"}\n{\"cidr\":\"192.0.2.3/32\"}\n"
		 "{\"cidr\":\"192.0.2.4/32\"}\n" META},
		{"spamhaus-cert", CERT,
		 "192.0.2.2,?,openrelay\n192.0.2.3,?,openrelay\n192.0.2.4,?,openrelay\n; EOF\n"},
		{"dshield", "Start\tEnd\tNetblock\n192.0.2.1\t192.0.2.1\t32\n",
		 "192.0.2.2\t192.0.2.2\t32\n192.0.2.3\t192.0.2.3\t32\n192.0.2.4\t192.0.2.4\t32\n"},
		{"ipset", "create x hash:ip\nadd x 192.0.2.1\n",
		 "add x 192.0.2.2\nadd x 192.0.2.3\nadd x 192.0.2.4\n"},
		{"csv", "ip,reason\n192.0.2.1,a\n", "192.0.2.2,b\n192.0.2.3,c\n192.0.2.4,d\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof feeds / sizeof feeds[0]; i++) {
		char options[128], whole[1024];

		snprintf(options, sizeof options,
			 "--source %s --sublist relay --replace --format %s" NOW, feeds[i].format,
			 feeds[i].format);
		snprintf(whole, sizeof whole, "%s%s", feeds[i].cut, feeds[i].rest);
		expect_import(ST_OK, options, whole);
		assert_int_equal(printed("added"), 4);
		expect_import(ST_DATA, options, feeds[i].cut);
		expect_import(ST_DATA, options, "");
		expect_import(ST_DATA, options, "<html>503 Service Unavailable</html>\n");
		expect_import(ST_DATA, options, "Service Unavailable\n");
		snprintf(options, sizeof options, "--source %s", feeds[i].format);
		expect_prefixes(options, "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4");
	}
}

static void test_a_feed_that_stands_still_is_refused(void **state)
{
	const char *options = "--source drop --sublist relay --replace" NOW;
	const char *old = "{\"cidr\":\"192.0.2.0/24\"}\n"
			  "{\"type\":\"metadata\",\"timestamp\":1794600000,\"records\":1}\n";

	(void)state;
	/* Made over a week ago: of what is no snapshot nobody knows better. */
	expect_import(ST_DATA, options, old);
	expect_prefixes("", "");
	expect_import(ST_OK, "--source drop --sublist relay" NOW, old);
	expect_import(ST_OK, "--force --source drop --sublist relay --replace" NOW, old);
	expect_import(ST_DATA, options, old);
	expect_import(ST_OK, options,
		      "{\"cidr\":\"192.0.2.0/24\"}\n"
		      "{\"type\":\"metadata\",\"timestamp\":1794700000,\"records\":1}\n");
}

/* Of what was imported before there were snapshots no size is known, but there it is. */
static void test_the_first_snapshot_withdraws_no_more_than_half(void **state)
{
	const char *options = "--source feed --sublist relay --replace";

	(void)state;
	expect_import(ST_OK, "--source feed --sublist relay", addresses("192.0.2.", 4));
	expect_import(ST_OK, "--source feed --sublist hijacked", addresses("198.51.100.", 9));
	expect_import(ST_OK, "--source other --sublist relay", addresses("198.51.100.", 9));
	expect_import(ST_DATA, options, "");
	expect_import(ST_DATA, options, addresses("192.0.2.", 1));
	expect_prefixes("--source feed --sublist relay", "192.0.2.0 192.0.2.1 192.0.2.2 192.0.2.3");
	expect_import(ST_OK, options, addresses("192.0.2.", 2));
	expect_prefixes("--source feed --sublist relay", "192.0.2.0 192.0.2.1");
	/* They may be what an import left that was killed: growth is no fault. */
	expect_import(ST_OK, "--source new --sublist relay", addresses("192.0.2.", 1));
	expect_import(ST_OK, "--source new --sublist relay --replace", addresses("192.0.2.", 40));
}

static void test_a_snapshot_that_was_cut_within_a_line_names_no_other_address(void **state)
{
	const char *options = "--source feed --sublist relay --replace";

	(void)state;
	expect_import(ST_OK, options, "192.0.2.1\n192.0.2.2\n198.51.100.123\n");
	expect_import(ST_DATA, options, "192.0.2.1\n192.0.2.2\n198.51.100.12");
	assert_int_equal(printed("bad"), 1);
	assert_int_equal(printed("added"), 0);
	expect_import(ST_OK, "--source feed --sublist relay", "192.0.2.1\n198.51.100.12");
	assert_int_equal(printed("added"), 1);
}

static void test_a_table_that_was_cut_within_quotes_withdraws_nothing(void **state)
{
	const char *options = "--source feed --sublist relay --replace --format csv";

	(void)state;
	expect_import(ST_OK, options, "ip,reason\n192.0.2.1,a\n192.0.2.2,\"b\"\n192.0.2.3,c\n");
	expect_import(ST_DATA, options, "ip,reason\n192.0.2.1,a\n192.0.2.4,a\n192.0.2.2,\"b");
	expect_prefixes("", "192.0.2.1 192.0.2.2 192.0.2.3");
}

static void test_rows_that_are_no_listings_are_counted(void **state)
{
	(void)state;
	expect_import(ST_OK, "--source cert --sublist relay" NOW,
		      "; ip, lastseen, botname\n192.0.2.1,1520084496,openrelay\n"
		      "192.0.2.2,1520084496,mirai\n; EOF\n");
	assert_int_equal(printed("added"), 1);
	assert_int_equal(printed("left_out"), 1);
	assert_int_equal(printed("bad"), 0);
	expect(ST_OK, "list" NOW);
	assert_string_equal(cli.out, "192.0.2.1\trelay\tcert\t2026-12-21T10:00:00Z\t"
				     "open relay, seen 2018-03-03T13:41:36Z\t-\n");
}

static void test_a_timeout_of_a_set_is_the_expiry(void **state)
{
	const char *options = "--source set --sublist relay --replace --format ipset" NOW;

	(void)state;
	expect_import(ST_OK, options, "add x 192.0.2.1 timeout 60\nadd x 192.0.2.2\n");
	expect(ST_OK, "list" NOW);
	assert_string_equal(cli.out, "192.0.2.1\trelay\tset\t2026-11-21T10:01:00Z\t-\t-\n"
				     "192.0.2.2\trelay\tset\t2026-12-21T10:00:00Z\t-\t-\n");
	expect_import(ST_OK, options, "add x 192.0.2.1 timeout 120\nadd x 192.0.2.2\n");
	assert_int_equal(printed("renewed"), 2);
	expect(ST_OK, "list" NOW);
	assert_non_null(strstr(cli.out, "192.0.2.1\trelay\tset\t2026-11-21T10:02:00Z\t"));
}

static void test_what_exclusions_cover_does_not_count_as_growth(void **state)
{
	char text[8192];

	(void)state;
	snprintf(text, sizeof text, "192.0.2.1\n%s", addresses("10.0.0.", 41));
	expect_import(ST_OK, "--source feed --sublist relay --replace", text);
	assert_int_equal(printed("excluded"), 41);
	expect_import(ST_OK, "--source feed --sublist relay --replace", text);
	assert_int_equal(printed("renewed"), 1);
}

static void test_what_list_prints_is_imported(void **state)
{
	(void)state;
	expect(ST_OK,
	       "add 192.0.2.1 2001:db8::/32 --sublist relay --reason trap --text see-{ip} --expires 7d" NOW);
	expect(ST_OK, "add 192.0.2.2 --sublist hijacked" NOW);
	expect(ST_OK, "list --json" NOW);
	char *before = strdup(cli.out);

	expect_import(ST_OK, "--source operator --sublist relay" NOW, before);
	assert_int_equal(printed("renewed"), 3);
	cli_end(&cli);
	cli_begin(&cli, "");
	expect_import(ST_OK, "--source operator --sublist relay" NOW, before);
	assert_int_equal(printed("added"), 3);
	expect(ST_OK, "list --json" NOW);
	assert_string_equal(cli.out, before);
	free(before);
}

static void test_a_line_that_has_expired_is_left_out(void **state)
{
	(void)state;
	expect_import(ST_OK, "--source feed --sublist relay" NOW,
		      "{\"prefix\": \"192.0.2.1\", \"expires\": \"2026-11-21T10:00:00Z\"}\n"
		      "{\"prefix\": \"192.0.2.2\", \"expires\": \"2026-11-21T10:00:01Z\"}\n"
		      "{\"prefix\": \"192.0.2.3\", \"expires\": null}\n");
	assert_int_equal(printed("expired"), 1);
	expect(ST_OK, "list" NOW);
	assert_string_equal(cli.out, "192.0.2.2\trelay\tfeed\t2026-11-21T10:00:01Z\t-\t-\n"
				     "192.0.2.3\trelay\tfeed\tnever\t-\t-\n");
	/* What is typed beats the line. */
	expect_import(ST_OK, "--source feed --sublist relay --expires 1d" NOW,
		      "{\"prefix\": \"192.0.2.1\", \"expires\": \"2026-11-21T10:00:00Z\"}\n");
	assert_int_equal(printed("added"), 1);
}

static void test_a_purged_source_is_gone_and_stays_away(void **state)
{
	(void)state;
	expect_import(ST_OK, "--source feed --sublist relay --replace", "192.0.2.1\n192.0.2.2\n");
	expect(ST_OK, "add 192.0.2.3 --sublist hijacked --source feed");
	expect(ST_OK, "add 192.0.2.1 --sublist relay");
	expect(ST_OK, "purge --source feed --json");
	assert_int_equal(printed("withdrawn"), 3);
	expect_prefixes("", "192.0.2.1");
	expect(ST_DATA, "add 192.0.2.5 --sublist relay --source feed");
	expect_import(ST_DATA, "--source feed --sublist relay", "192.0.2.5\n");
	expect(ST_OK, "source enable feed");
	expect(ST_OK, "add 192.0.2.5 --sublist relay --source feed");
	expect(ST_NO, "purge --source nosuch");
}

static void test_expire_goes_on_until_nothing_is_left(void **state)
{
	const unsigned count = 2 * SWEEP_ROWS + 5;
	char *text = malloc(count * 20);
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		len += (size_t)sprintf(text + len, "198.51.%u.%u\n", i >> 8, i & 255);
	}
	expect_import(ST_OK, "--source feed --sublist relay --expires 1h" NOW, text);
	free(text);
	expect(ST_OK, "stats --json" LATER);
	assert_int_equal(printed("expired_unswept"), count);
	assert_int_equal(printed("listings"), count);
	expect(ST_OK, "sync" LATER);
	expect(ST_OK, "stats --json" LATER);
	assert_int_equal(printed("expired_unswept"), count - SWEEP_ROWS);
	expect(ST_OK, "expire --json" LATER);
	assert_int_equal(printed("expired"), count - SWEEP_ROWS);
	expect(ST_OK, "stats --json" LATER);
	assert_int_equal(printed("expired_unswept"), 0);
	assert_int_equal(printed("listings"), 0);
}

static void test_stats_has_what_it_should_have(void **state)
{
	static const char *const names[] = {"listings",       "claims",  "sublists", "index_bytes",
					    "blocks",         "ranges6", "db_bytes", "map_bytes",
					    "serials",        "mirrors", "changes",  "last_change",
					    "expired_unswept"};
	json_error_t error;

	(void)state;
	expect(ST_OK, "add 192.0.2.1 192.0.2.2 198.51.100.0/24 2001:db8::/32 --sublist relay");
	expect(ST_OK, "add 192.0.2.1 --sublist relay --source feed");
	expect(ST_OK, "add 192.0.2.1 --sublist hijacked");
	expect(ST_OK, "stats --json");
	json_t *object = json_loads(cli.out, JSON_REJECT_DUPLICATES, &error);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_non_null(json_object_get(object, names[i]));
	}
	assert_int_equal(json_object_size(object), sizeof names / sizeof names[0]);
	const json_t *sublists = json_object_get(object, "sublists");

	assert_int_equal(json_integer_value(json_object_get(sublists, "relay")), 4);
	assert_int_equal(json_integer_value(json_object_get(sublists, "hijacked")), 1);
	json_decref(object);
	assert_int_equal(printed("listings"), 5);
	assert_int_equal(printed("claims"), 6);
	assert_int_equal(printed("blocks"), 2);
	assert_int_equal(printed("ranges6"), 1);
}

/* add --stream in a process of its own, as it goes on for as long as its input does. */
struct stream {
	pid_t pid;
	int in, out;
};

static struct stream stream_start(void)
{
	int in[2], out[2];
	struct stream s;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	s.pid = fork();
	assert_true(s.pid >= 0);
	if (s.pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		close(out[0]);
		_exit(cli_run(&cli, "add --stream - --sublist hijacked"));
	}
	close(in[0]);
	close(out[1]);
	s.in = in[1];
	s.out = out[0];
	return s;
}

/* Waits for the acknowledgement of line N. */
static void stream_expect(const struct stream *s, unsigned line)
{
	char text[4096] = "", wanted[32];
	size_t len = 0;

	snprintf(wanted, sizeof wanted, "committed %u\n", line);
	while (!strstr(text, wanted)) {
		struct pollfd ready = {.fd = s->out, .events = POLLIN};

		assert_int_equal(poll(&ready, 1, 30000), 1);
		ssize_t n = read(s->out, text + len, sizeof text - 1 - len);

		if (n <= 0) {
			fail_msg("no '%s' in '%s'", wanted, text);
		}
		len += (size_t)n;
		text[len] = '\0';
	}
}

static int stream_end(const struct stream *s)
{
	int status;

	close(s->in);
	close(s->out);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void stream_put(const struct stream *s, const char *text)
{
	assert_int_equal(write(s->in, text, strlen(text)), strlen(text));
}

static void test_a_stream_commits_when_it_pauses(void **state)
{
	struct stream s = stream_start();

	(void)state;
	stream_put(&s, "192.0.2.1\n192.0.2.2\n192.0");
	stream_expect(&s, 2);
	expect_prefixes("", "192.0.2.1 192.0.2.2");
	/* It waits for more, and others may write. */
	expect(ST_OK, "add 198.51.100.1 --sublist relay --wait 0");
	stream_put(&s, ".2.3\n");
	stream_expect(&s, 3);
	expect_prefixes("", "192.0.2.1 192.0.2.2 192.0.2.3 198.51.100.1");
	assert_int_equal(stream_end(&s), ST_OK);
}

static void test_a_stream_goes_on_after_bad_lines(void **state)
{
	struct stream s = stream_start();

	(void)state;
	stream_put(&s, "bad\n10.0.0.1\n192.0.2.1\n");
	stream_expect(&s, 3);
	stream_put(&s, "192.0.2.2\n");
	stream_expect(&s, 4);
	assert_int_equal(stream_end(&s), ST_DATA);
	expect_prefixes("", "192.0.2.1 192.0.2.2");
	expect(ST_USAGE, "add --stream 192.0.2.1 --sublist relay");
	expect(ST_USAGE, "add --stream - --sublist relay --strict");
	expect(ST_USAGE, "add --stream - --sublist relay --dry-run");
}

static void test_a_stream_commits_ten_thousand_lines_at_once(void **state)
{
	const unsigned count = 25000;
	char *text = malloc(count * 20);
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		len += (size_t)sprintf(text + len, "198.51.%u.%u\n", i >> 8, i & 255);
	}
	cli_stdin(text);
	free(text);
	/* Standard output is where it acknowledges. */
	int kept = dup(STDOUT_FILENO), out = memfd_create("out", 0);

	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	enum status status = cli_run(&cli, "add --stream - --sublist hijacked");

	dup2(kept, STDOUT_FILENO);
	close(kept);
	char acknowledged[256] = "";

	assert_true(pread(out, acknowledged, sizeof acknowledged - 1, 0) > 0);
	close(out);
	assert_int_equal(status, ST_OK);
	assert_string_equal(acknowledged, "committed 10000\ncommitted 20000\ncommitted 25000\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_an_import_is_one_sources_claims, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_of_a_list_the_good_lines_are_imported, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_snapshot_withdraws_what_it_no_longer_has,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_snapshot_of_a_plain_list_is_about_one_sublist, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_snapshot_imported_again_changes_nothing_that_is_served, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_a_snapshot_changes_texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_snapshot_that_shrank_or_exploded_is_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_no_feed_that_was_cut_off_withdraws_what_it_lacks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_feed_that_stands_still_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_the_first_snapshot_withdraws_no_more_than_half,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_snapshot_that_was_cut_within_a_line_names_no_other_address, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_table_that_was_cut_within_quotes_withdraws_nothing, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(test_rows_that_are_no_listings_are_counted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_timeout_of_a_set_is_the_expiry, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_what_exclusions_cover_does_not_count_as_growth,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_list_prints_is_imported, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_line_that_has_expired_is_left_out, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_purged_source_is_gone_and_stays_away, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_expire_goes_on_until_nothing_is_left, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_stats_has_what_it_should_have, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_stream_commits_when_it_pauses, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_stream_goes_on_after_bad_lines, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_stream_commits_ten_thousand_lines_at_once,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
