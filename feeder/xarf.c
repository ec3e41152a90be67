/*
 * xarf.c: the types of XARF, one table for both versions. XARF 4's are those of its master schema;
 * XARF 3's that go by another name follow.
 */
#include "xarf.h"

#include <ctype.h>
#include <string.h>

#include "rfc3339.h"

/*
 * What counts: mail, hosts that are in somebody else's hands, and attempts to log in, by which they
 * get there. Whatever is about content stands at an address that it shares with hundreds of sites.
 */
static const struct xarf_type types[] = {
	{"messaging", "spam", CATEGORY_SPAM, true},
	{"messaging", "bulk_messaging", CATEGORY_SPAM, true},
	{"connection", "login_attack", CATEGORY_ATTACK, true},
	{"connection", "port_scan", CATEGORY_ATTACK, false},
	{"connection", "ddos", CATEGORY_ATTACK, false},
	{"connection", "infected_host", CATEGORY_BOT, true},
	{"connection", "reconnaissance", CATEGORY_ATTACK, false},
	{"connection", "scraping", CATEGORY_ATTACK, false},
	{"connection", "sql_injection", CATEGORY_ATTACK, false},
	{"connection", "vulnerability_scan", CATEGORY_ATTACK, false},
	{"vulnerability", "cve", CATEGORY_VULNERABLE, false},
	{"vulnerability", "open_service", CATEGORY_VULNERABLE, true},
	{"vulnerability", "misconfiguration", CATEGORY_VULNERABLE, false},
	{"reputation", "blocklist", CATEGORY_OTHER, true},
	{"reputation", "threat_intelligence", CATEGORY_OTHER, false},
	{"infrastructure", "botnet", CATEGORY_BOT, true},
	{"infrastructure", "compromised_server", CATEGORY_BOT, true},
	{"content", "phishing", CATEGORY_FRAUD, false},
	{"content", "malware", CATEGORY_VIRUS, false},
	{"content", "csam", CATEGORY_CONTENT, false},
	{"content", "csem", CATEGORY_CONTENT, false},
	{"content", "exposed_data", CATEGORY_CONTENT, false},
	{"content", "brand_infringement", CATEGORY_CONTENT, false},
	{"content", "fraud", CATEGORY_FRAUD, false},
	{"content", "remote_compromise", CATEGORY_BOT, false},
	{"content", "suspicious_registration", CATEGORY_CONTENT, false},
	{"copyright", "copyright", CATEGORY_CONTENT, false},
	{"copyright", "p2p", CATEGORY_CONTENT, false},
	{"copyright", "cyberlocker", CATEGORY_CONTENT, false},
	{"copyright", "ugc_platform", CATEGORY_CONTENT, false},
	{"copyright", "link_site", CATEGORY_CONTENT, false},
	{"copyright", "usenet", CATEGORY_CONTENT, false},
	/* XARF 3 */
	{NULL, "dos", CATEGORY_ATTACK, false},
	{NULL, "exploit", CATEGORY_ATTACK, false},
	{NULL, "webcrawler", CATEGORY_ATTACK, false},
	{NULL, "brute_force", CATEGORY_ATTACK, true},
	{NULL, "bot", CATEGORY_BOT, true},
	{NULL, "scam", CATEGORY_FRAUD, false},
	{NULL, "child_abuse", CATEGORY_CONTENT, false},
	{NULL, "trademark", CATEGORY_CONTENT, false},
	{NULL, "harassment", CATEGORY_OTHER, false},
	{NULL, "potentially_compromised_account", CATEGORY_OTHER, false},
};

enum { TYPES = sizeof types / sizeof *types };

const struct xarf_type *xarf4_type(const char *area, const char *name)
{
	for (size_t i = 0; i < TYPES; i++) {
		if (types[i].area && strcmp(types[i].area, area) == 0 &&
		    strcmp(types[i].name, name) == 0) {
			return &types[i];
		}
	}
	return NULL;
}

/* The same letters, whatever their case and whatever joins the words. */
static bool is_same(const char *a, const char *b)
{
	do {
		a += strspn(a, "_- ");
		b += strspn(b, "_- ");
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) {
			return false;
		}
	} while (*a++ && *b++);
	return true;
}

const struct xarf_type *xarf3_type(const char *name)
{
	for (size_t i = 0; i < TYPES; i++) {
		if (is_same(types[i].name, name)) {
			return &types[i];
		}
	}
	return NULL;
}

enum status xarf_time(const char *name, const char *text, uint64_t now, uint64_t *time)
{
	if (time_parse(text, time)) {
		return ST_DATA;
	}
	return *time <= now + REPORT_FUTURE_S
		       ? ST_OK
		       : fail(ST_DATA, "'%s' is %.64s, in the future", name, text);
}

void xarf_conclude(struct report *report, const struct xarf_type *type)
{
	bool counts = type->evidence && report->source.family && report->confidence > 0;

	report->category = type->category;
	report->via = report->source.family ? VIA_FIELD : VIA_NONE;
	if (!report->source.family) {
		report->confidence = 0;
	}
	report->disposition = counts ? DISPOSITION_EVIDENCE : DISPOSITION_IGNORED;
}
