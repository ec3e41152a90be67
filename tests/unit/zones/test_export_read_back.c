/*
 * test_export_read_back.c: exports that can be read back mean what the zone did: the answers of
 * random claims are compared with those of the file's items.
 */
#include "export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "draw.h"
#include "export_frame.h"
#include "listfile.h"

static struct prefix random_prefix(void)
{
	static const unsigned octets[] = {0, 0, 1, 127, 128, 255};
	bool v6 = draw(3) == 0;
	addr_t addr = v6 ? 0x20010db8 : 192;

	for (unsigned i = v6 ? 12 : 3; i > 0; i--) {
		addr = addr << 8 | octets[draw(6)];
	}
	return v6 ? prefix_of(6, addr, 32 + draw(97)) : prefix_of(4, addr, 12 + draw(21));
}

static const char *const texts[] = {NULL, NULL, "One", "Two {ip}", "Relay {ip}", "$$ {ip} $ 5 ="};
static const char *const sublists[] = {"relay", "hijacked", "other", "plain"};

enum { CLAIMS = 300 };
static struct prefix claimed[CLAIMS];

static void fill_random(struct change *c)
{
	for (unsigned i = 0; i < CLAIMS; i++) {
		struct claim_add add = {.prefix = claimed[i] = random_prefix(),
					.sublist = change_sublist(c, sublists[draw(4)]),
					.source = change_source(c, "operator"),
					.text = texts[draw(6)]};

		change_add(c, &add);
		if (i % 10 == 0) {
			struct prefix hole = random_prefix();

			hole.len = (uint8_t)(hole.len + (prefix_bits(hole.family) - hole.len) / 2);
			hole.addr &= prefix_mask(hole.family, hole.len);
			change_exclude(c, &hole, NULL, 0);
		}
	}
	assert_int_equal(change_status(c), ST_OK);
}

static int set_up_random(void **state)
{
	(void)state;
	open_with(CONFIG, fill_random);
	return 0;
}

static struct list read_back(enum export_format as, enum list_format format)
{
	char *text = exported(DNSBL, as, NULL);
	FILE *in = fmemopen(text, strlen(text), "r");
	struct list_input input = {in,  format, config, &config->sublists[0],
				   NOW, NULL,   NULL,   false};
	struct list list;

	assert_non_null(in);
	assert_int_equal(list_read(&input, &list), ST_OK);
	assert_int_equal(list.bad_lines, 0);
	fclose(in);
	free(text);
	return list;
}

/* What the list says of an address on a sublist: *text is the most specific one, "" for none. */
static bool item_text(const struct list *list, unsigned family, addr_t addr, size_t sublist,
		      const char **text)
{
	bool found = false;
	int best = -1;

	*text = "";
	for (size_t i = 0; i < list->count; i++) {
		const struct list_item *item = &list->at[i];
		struct prefix p = {item->addr, item->family, item->len};
		struct prefix host = {addr, (uint8_t)family, (uint8_t)prefix_bits(family)};

		if (item->sublist == sublist && prefix_covers(&p, &host)) {
			found = true;
			if (item->text && p.len > best) {
				*text = list_string(list, item->text);
				best = p.len;
			}
		}
	}
	return found;
}

/* The same as the zone has it; a template is spelled out where `templates` are in the list too. */
static void compare_at(const struct list *list, unsigned family, addr_t addr, bool templates)
{
	struct answer answer = {0};
	uint32_t id = index_find(txn, family, addr);

	assert_true(id == 0 || answer_read(txn, id, &answer));
	for (size_t s = 0; s < config->sublist_count; s++) {
		uint16_t number = sublist_number(txn, config->sublists[s].name);
		const char *text, *expected = "";
		bool listed = false;
		char own[TEXT_MAX + 1];

		for (unsigned i = 0; i < answer.count; i++) {
			if (answer.item[i].sublist == number &&
			    strcmp(config->sublists[s].name, "other") != 0) {
				struct bytes b = text_read(txn, answer.item[i].text);

				listed = true;
				snprintf(own, sizeof own, "%.*s", (int)b.len, (const char *)b.data);
				expected = answer.item[i].text ? own
					   : templates         ? config->sublists[s].text
							       : "";
			}
		}
		assert_int_equal(item_text(list, family, addr, s, &text), listed);
		if (strcmp(text, expected) != 0) {
			char address[ADDR_TEXT];

			addr_format(family, addr, address);
			fail_msg("%s has '%s', not '%s'", address, text, expected);
		}
	}
}

static void compare(const struct list *list, bool templates)
{
	for (unsigned i = 0; i < CLAIMS; i++) {
		const struct prefix *p = &claimed[i];
		struct prefix other = random_prefix();

		compare_at(list, p->family, p->addr, templates);
		compare_at(list, p->family, p->addr - 1, templates);
		compare_at(list, p->family, prefix_last(p), templates);
		compare_at(list, p->family, prefix_last(p) + 1, templates);
		compare_at(list, other.family, other.addr, templates);
	}
}

static void test_json_is_read_back_to_the_same_answers(void **state)
{
	struct list list = read_back(EXPORT_JSON, LIST_JSON);

	(void)state;
	compare(&list, false);
	list_release(&list);
}

static void test_rbldnsd_is_read_back_to_the_same_answers(void **state)
{
	struct list list = read_back(EXPORT_RBLDNSD, LIST_COMBINED);

	(void)state;
	/* What rbldnsd cannot be told exactly is in test_rbldnsd_has_…; this one is made whole
	 * again. */
	for (size_t i = 0; i < list.count; i++) {
		if (strcmp(config->sublists[list.at[i].sublist].name, "hijacked") == 0 &&
		    list.at[i].text &&
		    strncmp(list_string(&list, list.at[i].text), "Costs", 5) == 0) {
			assert_string_equal(list_string(&list, list.at[i].text),
					    "Costs $5, {ip} 7 = {ip} $ {ip} {ip}");
			list.at[i].text = 0;
		}
	}
	free(config->sublists[1].text);
	config->sublists[1].text = strdup("");
	compare(&list, true);
	list_release(&list);
}

static void test_cidr_is_read_back_to_what_is_listed(void **state)
{
	struct list list = read_back(EXPORT_CIDR, LIST_CIDR);
	struct zone_view view;

	(void)state;
	zone_view_init(&view, config_zone(config, "dnsbl.example.org"), txn);
	for (size_t i = 1; i < list.count; i++) {
		struct prefix before = {list.at[i - 1].addr, list.at[i - 1].family,
					list.at[i - 1].len};

		assert_true(list.at[i].family != before.family ||
			    prefix_last(&before) < list.at[i].addr);
	}
	for (unsigned i = 0; i < 5 * CLAIMS; i++) {
		struct prefix p = random_prefix();
		addr_t addr = draw(2) ? p.addr : prefix_last(&p) + draw(2);
		uint32_t id = index_find(txn, p.family, addr);
		struct answer answer;
		struct rrs rrs = {.a_count = 0};
		const char *text;

		if (id != 0) {
			assert_true(answer_read(txn, id, &answer));
			answer_rrs(&answer, &view, txn, &rrs);
		}
		assert_int_equal(item_text(&list, p.family, addr, 0, &text), rrs.a_count > 0);
	}
	list_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_is_read_back_to_the_same_answers),
		cmocka_unit_test(test_cidr_is_read_back_to_what_is_listed),
		cmocka_unit_test(test_rbldnsd_is_read_back_to_the_same_answers),
	};

	return cmocka_run_group_tests(tests, set_up_random, close_all);
}
