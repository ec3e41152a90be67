/*
 * state_folder.c: see there.
 */
#include "state_folder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "log.h"

enum status state_open(struct state_folder *state, const struct config *config)
{
	/* As root we make it for the workers' group to read: who is in it may see the counters. */
	struct account account = {.gid = (gid_t)-1};
	enum status status = ST_OK;
	bool aside = false;

	*state = (struct state_folder){.path = NULL};
	if (!config->state) {
		return ST_OK;
	}
	if (geteuid() == 0) {
		status = account_find(config, &account);
	}
	if (!status) {
		status = quotas_open(&state->quotas, config->state, (int)account.gid, &aside);
	}
	if (aside) {
		log_warn("%s/" QUOTA_FILE
			 " is damaged, or no file of counters: it is kept as " QUOTA_FILE
			 ".damaged, and counting begins anew",
			 config->state);
	}
	if (!status) {
		state->path = must_strdup(config->state);
	}
	return status;
}

void state_close(struct state_folder *state)
{
	if (state->path) {
		quotas_close(&state->quotas);
		free(state->path);
		state->path = NULL;
	}
}

enum status state_check(const struct state_folder *state, const struct config *config)
{
	if (!state->path && config->state) {
		return fail(ST_CONFIG, "%s: state is new, which takes a restart", config->file);
	}
	if (state->path && (!config->state || strcmp(state->path, config->state) != 0)) {
		log_warn("state stays as it is until a restart");
	}
	return ST_OK;
}
