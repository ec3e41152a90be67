/*
 * config_key.c: keys, of which a name and a secret are shared with whom they are for.
 *
 * No message here repeats a secret, or a part of one.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "config_option.h"
#include "tsig.h"

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

void *key_open(const struct config_place *place, const char *title, void *outer)
{
	struct config *config = outer;
	struct name name;

	if (name_parse(title, &name) != ST_OK) {
		place_fail(place, "key: %s", fail_text());
		return NULL;
	}
	if (name.len == 1 || name.len > TSIG_NAME_MAX) {
		place_fail(place, "key '%.80s': a name of 2 to %d octets fits into every reply",
			   title, TSIG_NAME_MAX);
		return NULL;
	}
	if (config_key(config, &name)) {
		place_fail(place, "key '%s' is given twice: case makes no difference", title);
		return NULL;
	}
	config->keys = config_grow(config->keys, &config->key_count, sizeof *config->keys);
	config->keys[config->key_count - 1].name = name;
	return &config->keys[config->key_count - 1];
}

enum status key_set_algorithm(const struct config_place *place, const char *text, void *section)
{
	struct key_config *key = section;

	key->algorithm = tsig_algorithm_named(text);
	if (!key->algorithm) {
		/* What stands here in its place may be the secret. */
		return place_fail(place, "algorithm: there are %s, %s and %s",
				  tsig_algorithms[0].name, tsig_algorithms[1].name,
				  tsig_algorithms[2].name);
	}
	return ST_OK;
}

/* Octets that base64 (RFC 4648 §4) of `len` characters stands for, or 0: it is none. */
static size_t decode(const char *text, size_t len, uint8_t *octets)
{
	size_t digits = strspn(text, BASE64), padding = len - digits;

	/* libcrypto takes '=' for zero bits, and leaves out what stands before and behind. */
	if (len % 4 != 0 || padding > 2 || strspn(text + digits, "=") != padding ||
	    EVP_DecodeBlock(octets, (const unsigned char *)text, (int)len) < 0) {
		return 0;
	}
	return len / 4 * 3 - padding;
}

enum status key_set_secret(const struct config_place *place, const char *text, void *section)
{
	struct key_config *key = section;
	size_t len = strlen(text), room = len / 4 * 3 + 3;

	if (len > (size_t)SECRET_MAX / 3 * 4 + 4) {
		return place_fail(place, "secret: it may have %d octets", SECRET_MAX);
	}
	key->secret = must_alloc(room);
	key->secret_len = decode(text, len, key->secret);
	if (key->secret_len == 0) {
		explicit_bzero(key->secret, room);
		return place_fail(place, "secret: it must be base64, as feeder keygen prints it");
	}
	return ST_OK;
}

/* A secret shorter than its MAC weakens it (RFC 2104 §3); under half, we would rather not. */
enum status key_close(const struct config_place *place, void *section)
{
	const struct key_config *key = section;
	const struct tsig_algorithm *algorithm = key->algorithm;
	char name[NAME_TEXT];

	if (key->secret_len < algorithm->mac_len / 2 || key->secret_len > SECRET_MAX) {
		return place_fail(place, "key '%s': its secret has %zu octets: %s wants %zu to %d",
				  name_format(&key->name, name), key->secret_len, algorithm->name,
				  algorithm->mac_len / 2, SECRET_MAX);
	}
	return ST_OK;
}

enum status place_key(const struct config_place *place, const char *text,
		      const struct key_config **key)
{
	struct name name;
	bool named = name_parse(text, &name) == ST_OK;

	*key = named ? config_key(place->config, &name) : NULL;
	if (*key) {
		return ST_OK;
	}
	/* It may be a secret: of 32 octets and of 64 the last character is '=', and 48 are too long
	 * for a label. */
	if (named && text[strspn(text, LDH "_.")] == '\0') {
		return place_fail(place, "%s: there is no key '%s' in this file",
				  place->option->name, text);
	}
	return place_fail(place, "%s: there is no key of this name in this file",
			  place->option->name);
}
