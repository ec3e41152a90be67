/*
 * report_shadowserver.c: Shadowserver's reports to networks, a host a row. Their formats are on
 * https://www.shadowserver.org/what-we-do/network-reporting/ and in the schema beside.
 *
 *     2024-07-04-scan_afp-123-sample-asn.csv      the date, the type, and whom it is for
 *     "timestamp","severity","ip","protocol","port","hostname","tag", …
 *
 * 1. The type of the report says what a row means: the name of the file has it. Where that says
 *    nothing, the tag of a scan names the protocol ("afp": scan_afp), and an infection is a bot's;
 *    but not in an event (src_ip), for there it may be the name of the attack.
 * 2. A type with a 4 or 6 in it ("event4_sinkhole", "scan6_smb") means what the one without means.
 * 3. Not every address is somebody's who did something. In reports of amplification the source is
 *    the victim, forged by others; a Referer is written by whoever visits; a resolver asks for
 * those behind it; a web server that answers has done nothing. Those prove nothing, and nor does a
 *    type that is not known here.
 * 4. In spam_url, `ip` is where a link in a spam leads, which may be any innocent's page; src_ip
 *    brought the spam.
 */
#include <ctype.h>
#include <stdio.h>

#include "report_csv.h"
#include "report_reader.h"

static const struct kind {
	const char *type; /* a '*' at its end: and all that begin with it */
	enum category category;
} kinds[] = {
	/* The first that matches. */
	{"event_honeypot_ddos_amp", CATEGORY_OTHER},
	{"event_honeypot_ddos_target", CATEGORY_OTHER},
	{"event_honeypot_*", CATEGORY_ATTACK},
	{"event_ddos_participant", CATEGORY_BOT},
	{"event_sinkhole_dns", CATEGORY_OTHER},
	{"event_sinkhole_http_referer", CATEGORY_OTHER},
	{"event_sinkhole*", CATEGORY_BOT},
	{"event_microsoft_sinkhole*", CATEGORY_BOT},
	{"compromised_website", CATEGORY_BOT},
	{"compromised_iot", CATEGORY_BOT},
	{"malware_url", CATEGORY_VIRUS},
	{"spam_url", CATEGORY_SPAM},
	{"scan_post_exploitation_framework", CATEGORY_BOT},
	{"scan_synfulknock", CATEGORY_BOT},
	/* Of these it is only said that they are there. */
	{"scan_http", CATEGORY_OTHER},
	{"scan_imap", CATEGORY_OTHER},
	{"scan_pop3", CATEGORY_OTHER},
	{"scan_quic", CATEGORY_OTHER},
	{"scan_smtp", CATEGORY_OTHER},
	{"scan_ssh", CATEGORY_OTHER},
	{"scan_ssl", CATEGORY_OTHER},
	{"scan_stun", CATEGORY_OTHER},
	{"scan_*", CATEGORY_VULNERABLE},
	/* Names of before 2021. */
	{"botnet_*", CATEGORY_BOT},
	{"drone_brute_force", CATEGORY_ATTACK},
	{"drone*", CATEGORY_BOT},
	{"cc_ip", CATEGORY_BOT},
	{"sinkhole_http_referer", CATEGORY_OTHER},
	{"sinkhole*", CATEGORY_BOT},
	{"microsoft_sinkhole*", CATEGORY_BOT},
	{"brute_force*", CATEGORY_ATTACK},
	{"darknet", CATEGORY_ATTACK},
	{"hp_*", CATEGORY_ATTACK},
	{"dns_openresolver", CATEGORY_VULNERABLE},
	{"open*", CATEGORY_VULNERABLE},
	{"netis_router", CATEGORY_VULNERABLE},
	{"cisco_smart_install", CATEGORY_VULNERABLE},
	{"ssl_*", CATEGORY_VULNERABLE},
};

static bool is_type(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)word[i]) && word[i] != '_') {
			return false;
		}
	}
	return true;
}

/* ^[0-9]{4}-[0-9]{2}-[0-9]{2}-([^-.]+), in a folder of an archive or not. */
static void type_of_name(const char *name, char type[SHADOWSERVER_TYPE])
{
	const char *slash = strrchr(name, '/');
	size_t len;

	type[0] = '\0';
	name = slash ? slash + 1 : name;
	for (size_t i = 0; i < 11; i++) {
		bool dash = i == 4 || i == 7 || i == 10;

		if (dash ? name[i] != '-' : !isdigit((unsigned char)name[i])) {
			return;
		}
	}
	name += 11;
	len = strcspn(name, "-.");
	if (len > 0 && len < SHADOWSERVER_TYPE && is_type(name, len)) {
		memcpy(type, name, len);
		type[len] = '\0';
	}
}

bool shadowserver_header(const struct csv *header, const char *name, struct shadowserver *columns)
{
	*columns = (struct shadowserver){
		.timestamp = csv_column(header, "timestamp"),
		.ip = csv_column(header, "ip"),
		.src_ip = csv_column(header, "src_ip"),
		.port = csv_column(header, "port"),
		.dst_port = csv_column(header, "dst_port"),
		.tag = csv_column(header, "tag"),
		.infection = csv_column(header, "infection"),
	};
	type_of_name(name, columns->type);
	return columns->timestamp == 0 &&
	       (columns->ip != CSV_NONE || columns->src_ip != CSV_NONE || columns->type[0]);
}

/* In small letters, and without the 4 and 6 of families. */
static void normalize(const char *type, char plain[SHADOWSERVER_TYPE])
{
	size_t len = 0;

	for (; *type && len < SHADOWSERVER_TYPE - 1; type++) {
		bool family = (*type == '4' || *type == '6') && (type[1] == '_' || !type[1]);

		if (!family) {
			plain[len++] = (char)tolower((unsigned char)*type);
		}
	}
	plain[len] = '\0';
}

static enum category category_of(const char *type)
{
	char plain[SHADOWSERVER_TYPE];

	normalize(type, plain);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t len = strlen(kinds[i].type);

		if (kinds[i].type[len - 1] == '*' ? strncmp(plain, kinds[i].type, len - 1) == 0
						  : strcmp(plain, kinds[i].type) == 0) {
			return kinds[i].category;
		}
	}
	return CATEGORY_OTHER;
}

/* Where the name of the file does not say; type stays "" where the row does not either. */
static void type_of_row(const struct shadowserver *columns, const struct csv *row,
			char type[SHADOWSERVER_TYPE])
{
	char word[SHADOWSERVER_TYPE - sizeof "scan_"];

	csv_text(csv_field(row, columns->infection), word, sizeof word);
	if (word[0] && columns->src_ip == CSV_NONE) {
		snprintf(type, SHADOWSERVER_TYPE, "drone");
		return;
	}
	csv_text(csv_field(row, columns->tag), word, sizeof word);
	word[strcspn(word, ";, ")] = '\0';
	for (char *at = word; *at; at++) {
		*at = *at == '-' ? '_' : *at;
	}
	if (word[0] && is_type(word, strlen(word)) && columns->ip != CSV_NONE) {
		snprintf(type, SHADOWSERVER_TYPE, "scan_%s", word);
	}
}

/* ", word value", unless it is empty or could be somebody's address. */
static void add_note(char *note, size_t room, const char *word, struct bytes field)
{
	size_t len = strlen(note);
	char text[64];

	if (*csv_text(field, text, sizeof text) && !strchr(text, '@')) {
		snprintf(note + len, room - len, "%s%s %s", len ? ", " : "", word, text);
	}
}

static void write_note(const struct shadowserver *columns, const struct csv *row, const char *type,
		       struct report *report)
{
	char note[REPORT_WORDS * 2];
	size_t port = columns->dst_port != CSV_NONE ? columns->dst_port : columns->port;

	snprintf(note, sizeof note, "%s", type);
	add_note(note, sizeof note, "port", csv_field(row, port));
	add_note(note, sizeof note, "infection", csv_field(row, columns->infection));
	add_note(note, sizeof note, "tag", csv_field(row, columns->tag));
	report_words(report->note, bytes_str(note));
}

enum status shadowserver_row(const struct shadowserver *columns, const struct csv *row,
			     struct report *report)
{
	char type[SHADOWSERVER_TYPE], text[ADDR_TEXT];
	struct bytes source = csv_field(row, columns->ip);

	if (strcmp(csv_text(csv_field(row, columns->timestamp), text, sizeof text), "timestamp") ==
	    0) {
		return ST_OK; /* the header again */
	}
	memcpy(type, columns->type, sizeof type);
	if (!type[0]) {
		type_of_row(columns, row, type);
	}
	report->category = category_of(type);
	if (report->category == CATEGORY_SPAM || columns->ip == CSV_NONE) {
		source = csv_field(row, columns->src_ip);
	}
	enum status status = csv_time(csv_field(row, columns->timestamp), &report->observed);

	if (!status && *csv_text(source, text, sizeof text)) {
		status = csv_host(source, &report->source);
	}
	report->disposition = report->category == CATEGORY_OTHER || !report->source.family
				      ? DISPOSITION_IGNORED
				      : DISPOSITION_EVIDENCE;
	write_note(columns, row, type, report);
	return status;
}
