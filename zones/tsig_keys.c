/*
 * tsig_keys.c: the algorithms there are, and the config's keys as libcrypto wants them: each one's
 * context is made once, with its secret inside, and begun anew for every MAC.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <strings.h>

#include "tsig.h"

struct tsig_keys {
	size_t count;
	struct tsig_key key[];
};

const struct tsig_algorithm tsig_algorithms[TSIG_ALGORITHMS] = {
	{"hmac-sha256", "SHA256", 32},
	{"hmac-sha384", "SHA384", 48},
	{"hmac-sha512", "SHA512", 64},
};

const struct tsig_algorithm *tsig_algorithm_named(const char *name)
{
	for (size_t i = 0; i < TSIG_ALGORITHMS; i++) {
		if (strcasecmp(tsig_algorithms[i].name, name) == 0) {
			return &tsig_algorithms[i];
		}
	}
	return NULL;
}

static bool key_open(struct tsig_key *key, const struct key_config *config, EVP_MAC *hmac)
{
	char digest[16];
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	strcpy(digest, config->algorithm->digest);
	key->config = config;
	key->mac = EVP_MAC_CTX_new(hmac);
	return name_parse(config->algorithm->name, &key->algorithm) == ST_OK && key->mac &&
	       EVP_MAC_init(key->mac, config->secret, config->secret_len, params);
}

enum status tsig_keys_open(struct tsig_keys **keys, const struct config *config)
{
	EVP_MAC *hmac;
	bool made = true;

	*keys = NULL;
	if (config->key_count == 0) {
		return ST_OK;
	}
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	*keys = must_alloc(sizeof **keys + config->key_count * sizeof *(*keys)->key);
	for (size_t i = 0; i < config->key_count && made; i++) {
		made = hmac && key_open(&(*keys)->key[(*keys)->count++], &config->keys[i], hmac);
	}
	EVP_MAC_free(hmac);
	if (!made) {
		tsig_keys_close(*keys);
		*keys = NULL;
		return fail(ST_INTERNAL, "libcrypto has no HMAC for the keys of %s", config->file);
	}
	return ST_OK;
}

void tsig_keys_close(struct tsig_keys *keys)
{
	for (size_t i = 0; keys && i < keys->count; i++) {
		EVP_MAC_CTX_free(keys->key[i].mac);
	}
	free(keys);
}

const struct tsig_key *tsig_key_find(const struct tsig_keys *keys, const struct name *name)
{
	for (size_t i = 0; keys && i < keys->count; i++) {
		if (name_equal(&keys->key[i].config->name, name)) {
			return &keys->key[i];
		}
	}
	return NULL;
}
