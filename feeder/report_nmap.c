/*
 * report_nmap.c: nmap's XML (-oX), of which the script smtp-open-relay is read: a report for each
 * port that it tested.
 *
 *     <nmaprun start="…"> <host endtime="…"> <address addr="192.0.2.1" addrtype="ipv4"/>
 *     <hostnames> <hostname name="mail.example.org" type="user"/> </hostnames>
 *     <ports> <port portid="25"> <script id="smtp-open-relay" output="…"/>
 *
 * expat reads it twice: first to see that it is nmap's and when the scan ended, which stands at the
 * end; then host by host. What the script says is nmap_judge()'s matter.
 *
 * 1. A document type with declarations of its own is refused: nmap writes none, and entities are
 *    how a small file becomes a large one. Nothing outside the file is ever opened.
 * 2. A scan that was interrupted has no end: the hosts before it are reports, the rest is bad.
 */
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "nmap_judge.h"
#include "report_reader.h"

enum {
	DEPTH_MAX = 64,     /* of elements; nmap's tables nest no deeper than scripts make them */
	NAMES_MAX = 32,     /* of one host */
	OUTPUT_MAX = 16384, /* octets of what a script says; 16 envelopes are two thousand */
};

/* The script's envelopes lead there unless it is told otherwise. */
static const char PROBE_DOMAIN[] = "nmap.scanme.org";

/* What the script said of one port. Owned. */
struct test {
	unsigned port; /* 0: it says none */
	char *output;
};

/* The host that is being read. Owned. */
struct host {
	struct prefix address; /* family 0: none yet */
	uint64_t ended;        /* 0: it does not say */
	char *names[NAMES_MAX];
	size_t name_count;
	struct test *tests;
	size_t test_count, test_room;
};

struct scan {
	struct report_reader *reader;
	XML_Parser parser;
	enum status status; /* why parsing was stopped; ST_OK: it was not */
	unsigned depth;
	bool is_nmap;
	bool in_host;
	bool more;                  /* the reader takes more */
	uint64_t started, finished; /* of the run; 0: it does not say */
	unsigned port;
	struct host host;
};

static const char *attribute(const XML_Char **attributes, const char *name)
{
	for (; *attributes; attributes += 2) {
		if (strcmp(attributes[0], name) == 0) {
			return attributes[1];
		}
	}
	return "";
}

/* Of digits alone; 0 for what is no number of seconds. */
static uint64_t seconds(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && digits < 12 && !text[digits] ? strtoull(text, NULL, 10) : 0;
}

/* 0 for what is no port. */
static unsigned port_number(const char *text)
{
	uint64_t number = seconds(text);

	return number <= 65535 ? (unsigned)number : 0;
}

static void stop(struct scan *s, enum status status)
{
	s->status = status;
	XML_StopParser(s->parser, XML_FALSE);
}

/* --- both times ---------------------------------------------------------------- */

static void begin_doctype(void *context, const XML_Char *name, const XML_Char *system,
			  const XML_Char *public, int declares)
{
	struct scan *s = context;

	(void)system;
	(void)public;
	if (strcmp(name, "nmaprun") != 0) {
		stop(s, fail(ST_NO, "XML, but not nmap's"));
	} else if (declares) {
		stop(s, fail(ST_DATA, "nmap's XML with declarations of its own"));
	}
}

/* False where parsing stops here. */
static bool enter(struct scan *s, const char *name)
{
	if (s->depth == 0 && strcmp(name, "nmaprun") != 0) {
		stop(s, fail(ST_NO, "XML, but not nmap's"));
		return false;
	}
	if (++s->depth > DEPTH_MAX) {
		stop(s, fail(ST_DATA, "elements are nested deeper than %d", DEPTH_MAX));
		return false;
	}
	return true;
}

static enum status parse(struct scan *s, struct bytes xml, XML_StartElementHandler begin,
			 XML_EndElementHandler end)
{
	s->parser = XML_ParserCreate(NULL);
	if (!s->parser) {
		return fail(ST_AGAIN, "no memory for a parser of XML");
	}
	s->status = ST_OK;
	s->depth = 0;
	XML_SetUserData(s->parser, s);
	XML_SetStartDoctypeDeclHandler(s->parser, begin_doctype);
	XML_SetElementHandler(s->parser, begin, end);
	/* REPORT_MAX fits an int. */
	if (XML_Parse(s->parser, (const char *)xml.data, (int)xml.len, XML_TRUE) != XML_STATUS_OK &&
	    !s->status) {
		s->status = fail(s->is_nmap ? ST_DATA : ST_NO, "line %lu: %s",
				 (unsigned long)XML_GetCurrentLineNumber(s->parser),
				 XML_ErrorString(XML_GetErrorCode(s->parser)));
	}
	XML_ParserFree(s->parser);
	return s->status;
}

/* --- first: is it nmap's, and when did it end? ----------------------------------- */

static void look_begin(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct scan *s = context;

	if (!enter(s, name)) {
		return;
	}
	if (s->depth == 1) {
		s->is_nmap = true;
		s->started = seconds(attribute(attributes, "start"));
	} else if (strcmp(name, "finished") == 0) {
		s->finished = seconds(attribute(attributes, "time"));
	}
}

static void look_end(void *context, const XML_Char *name)
{
	struct scan *s = context;

	(void)name;
	s->depth--;
}

/* --- then: host by host ---------------------------------------------------------- */

static void host_release(struct host *host)
{
	for (size_t i = 0; i < host->name_count; i++) {
		free(host->names[i]);
	}
	for (size_t i = 0; i < host->test_count; i++) {
		free(host->tests[i].output);
	}
	free(host->tests);
	*host = (struct host){0};
}

/* A host has several addresses where one is its network card's. */
static void read_address(struct host *host, const XML_Char **attributes)
{
	const char *text = attribute(attributes, "addr");
	struct prefix address;

	if (strncmp(attribute(attributes, "addrtype"), "ipv", 3) == 0 && !host->address.family &&
	    !strchr(text, '/') && !prefix_parse(text, &address)) {
		host->address = address;
	}
}

/*
 * The names that the person who scanned calls the host by. What the host says of itself, in its
 * greeting or in the reverse zone, whoever runs it chooses: with the script's own domain for a name
 * any relay would be "addressed to itself".
 */
static void add_name(struct host *host, const XML_Char **attributes)
{
	const char *name = attribute(attributes, "name");

	if (strcmp(attribute(attributes, "type"), "user") == 0 && *name &&
	    strcasecmp(name, PROBE_DOMAIN) != 0 && host->name_count < NAMES_MAX) {
		host->names[host->name_count++] = must_strdup(name);
	}
}

static void add_test(struct host *host, unsigned port, const char *output)
{
	if (host->test_count == host->test_room) {
		host->test_room = host->test_room ? host->test_room * 2 : 4;
		host->tests = must_realloc(host->tests, host->test_room * sizeof *host->tests);
	}
	host->tests[host->test_count++] = (struct test){
		.port = port,
		.output = must_strdup(strlen(output) > OUTPUT_MAX ? "" : output),
	};
}

static void scan_begin(void *context, const XML_Char *name, const XML_Char **attributes)
{
	struct scan *s = context;

	if (!enter(s, name)) {
		return;
	}
	if (s->depth == 2) {
		s->in_host = strcmp(name, "host") == 0;
		s->host.ended = seconds(attribute(attributes, "endtime"));
		if (!s->host.ended) {
			s->host.ended = seconds(attribute(attributes, "starttime"));
		}
	}
	if (!s->in_host) {
		return;
	}
	if (strcmp(name, "address") == 0) {
		read_address(&s->host, attributes);
	} else if (strcmp(name, "hostname") == 0) {
		add_name(&s->host, attributes);
	} else if (strcmp(name, "port") == 0) {
		s->port = port_number(attribute(attributes, "portid"));
	} else if (strcmp(name, "script") == 0 &&
		   strcmp(attribute(attributes, "id"), "smtp-open-relay") == 0) {
		add_test(&s->host, s->port, attribute(attributes, "output"));
	}
}

static bool pass_test(struct scan *s, const struct test *test)
{
	const struct host *host = &s->host;
	const struct mail_server target = {host->address, (const char *const *)host->names,
					   host->name_count};
	struct report report = {
		.format = FORMAT_NMAP,
		.category = CATEGORY_RELAY,
		.via = VIA_FIELD,
		.source = host->address,
		.observed = host->ended   ? host->ended
			    : s->finished ? s->finished
					  : s->started,
		.incidents = 1,
	};

	if (!host->address.family) {
		fail(ST_DATA, "a host without an address");
		return report_bad(s->reader, false);
	}
	if (report.observed > s->reader->rules->now + REPORT_FUTURE_S) {
		fail(ST_DATA, "the scan was in the future");
		return report_bad(s->reader, false);
	}
	nmap_judge(&target, test->port, test->output, &report);
	return report_pass(s->reader, &report);
}

static void scan_end(void *context, const XML_Char *name)
{
	struct scan *s = context;

	s->depth--;
	if (strcmp(name, "port") == 0) {
		s->port = 0;
	}
	if (s->depth > 1 || !s->in_host) {
		return;
	}
	for (size_t i = 0; i < s->host.test_count && s->more; i++) {
		s->more = pass_test(s, &s->host.tests[i]);
	}
	host_release(&s->host);
	s->in_host = false;
	if (!s->more) {
		stop(s, ST_NO);
	}
}

/* --- the whole ------------------------------------------------------------------- */

enum status nmap_read(struct report_reader *reader, struct bytes xml)
{
	struct scan s = {.reader = reader, .more = true};
	enum status status;
	size_t before = reader->count;

	if (!report_wants(reader, FORMAT_NMAP)) {
		return fail(ST_NO, "XML, which only nmap's reports are");
	}
	status = parse(&s, xml, look_begin, look_end);
	if (!s.is_nmap) {
		return status;
	}
	status = parse(&s, xml, scan_begin, scan_end);
	host_release(&s.host);
	if (!s.more) {
		return ST_OK;
	}
	if (reader->count == before) {
		return status ? status : fail(ST_NO, "nmap's, without the script smtp-open-relay");
	}
	if (status) {
		report_bad(reader, false);
	}
	return ST_OK;
}
