/*
 * cmd_keygen.c: feeder keygen: a new key for the config, here and at the other side. It reads no
 * config and writes no file: where a secret is kept is the operator's decision.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#include "feeder.h"
#include "json.h"
#include "output.h"
#include "tsig.h"

enum { BASE64_MAX = (TSIG_MAC_MAX + 2) / 3 * 4 + 1 };

/* As long as the MAC: a longer secret makes it no stronger (RFC 8945 §8, RFC 2104 §3). */
static enum status make_secret(const struct tsig_algorithm *algorithm, char base64[BASE64_MAX])
{
	uint8_t secret[TSIG_MAC_MAX];

	/* Up to 256 octets it gives all or nothing. */
	if (getrandom(secret, algorithm->mac_len, 0) != (ssize_t)algorithm->mac_len) {
		return fail(ST_AGAIN, "the kernel has no random octets: %s", strerror(errno));
	}
	EVP_EncodeBlock((unsigned char *)base64, secret, (int)algorithm->mac_len);
	explicit_bzero(secret, sizeof secret);
	return ST_OK;
}

/* In the words of the config, and of every other name server. */
static enum status check_name(const char *operand, char text[NAME_TEXT])
{
	struct name name;

	if (name_parse(operand, &name)) {
		return ST_DATA;
	}
	if (name.len == 1 || name.len > TSIG_NAME_MAX) {
		return fail(ST_DATA, "'%.80s': the name of a key has 2 to %d octets", operand,
			    TSIG_NAME_MAX);
	}
	name_format(&name, text);
	if (strchr(text, '\\')) {
		return fail(ST_DATA,
			    "'%.80s': letters, digits, - and _ make names that all can read",
			    operand);
	}
	text[strlen(text) - 1] = '\0'; /* the final dot */
	return ST_OK;
}

static enum status run(struct call *call)
{
	const struct tsig_algorithm *algorithm = &tsig_algorithms[0];
	char name[NAME_TEXT], secret[BASE64_MAX];
	enum status status = check_name(call->operands[0], name);

	if (!status && call->algorithm) {
		algorithm = tsig_algorithm_named(call->algorithm);
		if (!algorithm) {
			status = fail(ST_USAGE, "--algorithm wants %s, %s or %s, not '%.40s'",
				      tsig_algorithms[0].name, tsig_algorithms[1].name,
				      tsig_algorithms[2].name, call->algorithm);
		}
	}
	if (!status) {
		status = make_secret(algorithm, secret);
	}
	if (status) {
		return status;
	}
	if (call->json) {
		struct json json = json_begin(output());

		json_text(&json, "name", name);
		json_text(&json, "algorithm", algorithm->name);
		json_text(&json, "secret", secret);
		json_end(&json);
	} else {
		fprintf(output(), "key \"%s\" {\n\talgorithm = \"%s\"\n\tsecret    = \"%s\"\n}\n",
			name, algorithm->name, secret);
	}
	explicit_bzero(secret, sizeof secret);
	return ST_OK;
}

const struct command command_keygen = {
	.verb = "keygen",
	.operands = "NAME",
	.least = 1,
	.most = 1,
	.options = TAKES(OPTION_ALGORITHM),
	.summary = "Prints a new key, as the config has it",
	.details = "A key is a name and a secret that two servers share to sign what they say to\n"
		   "each other (TSIG). Both need the same name, algorithm and secret; feeder(1)\n"
		   "says how NSD, Knot, BIND, kdig and dig want them. Reads no config.\n",
	.without_config = true,
	.run = run,
};
