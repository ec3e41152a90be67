/*
 * settings.c: what config_read() cannot check, as feeder reads the same file and needs none of it:
 * feeder listens nowhere, and may run on another machine or be kept to other CPUs.
 */
#include "settings.h"

#include <string.h>

#include "cpus.h"

static enum status check_affinity(const struct config *config)
{
	struct cpus cpus;
	unsigned count = cpus_allowed(&cpus);

	for (size_t i = 0; i < config->affinity_count; i++) {
		const struct affinity_config *affinity = &config->affinity[i];

		if (!cpus_has(&cpus, affinity->cpu)) {
			return fail(ST_CONFIG,
				    "%s:%u: affinity = %u: there is no such CPU among the %u that "
				    "dnsbld may run on",
				    config->file, affinity->line, affinity->cpu, count);
		}
	}
	return ST_OK;
}

static enum status check(const struct config *config)
{
	if (config->user && strcmp(config->user, "root") == 0) {
		return fail(ST_CONFIG, "%s: user = \"root\": name an account without privileges",
			    config->file);
	}
	if (config->listen_count == 0) {
		return fail(ST_CONFIG,
			    "%s: dnsbld needs an address: listen = { \"192.0.2.53:53\" }",
			    config->file);
	}
	return check_affinity(config);
}

enum status settings_read(const char *file, struct config **config)
{
	enum status status = config_read(file, config);

	if (!status) {
		status = check(*config);
		if (status) {
			config_free(*config);
			*config = NULL;
		}
	}
	return status;
}
