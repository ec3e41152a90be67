/*
 * served.h: a real database in a folder of its own, and a worker that serves it.
 *
 *     served_open(&s, CONFIG) -> served_list(&s, "192.0.2.1", "relay", NULL) … -> respond(&s.worker
 * …)
 *
 * The config gets its `database` and `listen` here. Each call of served_list() is a commit of its
 * own.
 */
#ifndef DNSBLD_TEST_SERVED_H
#define DNSBLD_TEST_SERVED_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "config.h"
#include "dnsbld/respond.h"
#include "dnsbld/worker.h"

struct served {
	char dir[64];
	struct config *config;
	struct worker worker;
	struct counters counters; /* of the worker alone */
	struct zone_slot *slots;
};

static inline void served_check(enum status status)
{
	if (status) {
		fprintf(stderr, "served: %s\n", fail_text());
		abort();
	}
}

static inline struct config *served_config(const char *dir, const char *body)
{
	struct config *config;
	char file[80];
	size_t size = strlen(body) + 256;
	char *text = malloc(size);

	snprintf(file, sizeof file, "%s/dnsbld.conf", dir);
	snprintf(text, size, "database = \"db\"\nlisten = { \"127.0.0.1:5353\" }\nworkers = 1\n%s",
		 body);
	served_check(config_parse(text, file, &config));
	free(text);
	return config;
}

/* A write transaction, as feeder's verbs have it. */
static inline struct change *served_begin(struct served *s, struct store **store)
{
	const struct change_who who = {.actor = "test", .verb = "add", .now = 1700000000};
	struct change *change;

	served_check(store_open_write(store, s->config->database, 1 << 30, 1000));
	served_check(change_begin(&change, *store, s->config, &who));
	return change;
}

static inline void served_commit(struct change *change, struct store *store)
{
	served_check(change_commit(change, NULL));
	store_close(store);
}

/* The folder and the database, with the zones that the config has, and nothing listed. */
static inline void served_make(struct served *s, const char *body)
{
	const char *where = getenv("TMPDIR");
	struct store *store;

	*s = (struct served){0};
	snprintf(s->dir, sizeof s->dir, "%s/dnsbld-test-XXXXXX", where ? where : "/tmp");
	if (!mkdtemp(s->dir)) {
		abort();
	}
	s->config = served_config(s->dir, body);
	served_check(store_create(&store, s->config->database, 1 << 30, -1, -1));
	const struct change_who who = {.actor = "test", .verb = "init", .now = 1700000000};
	struct change *change;

	served_check(change_begin(&change, store, s->config, &who));
	served_commit(change, store);
}

/* The worker, which counts as the server's do. */
static inline void served_serve(struct served *s)
{
	served_check(worker_open(&s->worker, s->config, false));
	served_check(counters_init(&s->counters, 1));
	served_check(counters_zones(&s->counters, s->config, &s->slots));
	worker_count(&s->worker, &(struct counters_view){&s->counters, s->slots, 0});
}

static inline void served_open(struct served *s, const char *body)
{
	served_make(s, body);
	served_serve(s);
}

static inline void served_add(struct change *change, const char *prefix, const char *sublist,
			      const char *text)
{
	struct claim_add add = {
		.sublist = change_sublist(change, sublist),
		.source = change_source(change, "test"),
		.text = text,
	};

	served_check(prefix_parse(prefix, &add.prefix));
	if (change_add(change, &add) != CLAIM_ADDED) {
		fprintf(stderr, "served: unable to list %s\n", prefix);
		abort();
	}
}

/* Lists a prefix; `text` may be NULL. */
static inline void served_list(struct served *s, const char *prefix, const char *sublist,
			       const char *text)
{
	struct store *store;
	struct change *change = served_begin(s, &store);

	served_add(change, prefix, sublist, text);
	served_commit(change, store);
}

/* Takes a prefix off a sublist again. */
static inline void served_unlist(struct served *s, const char *prefix, const char *sublist)
{
	struct store *store;
	struct change *change = served_begin(s, &store);
	struct prefix p;

	served_check(prefix_parse(prefix, &p));
	if (!change_remove(change, &p, change_sublist(change, sublist),
			   change_source(change, "test"))) {
		abort();
	}
	served_commit(change, store);
}

/* One packet through a worker, in a batch of its own. */
static inline size_t served_respond(struct worker *w, bool tcp, const uint8_t *packet, size_t len,
				    uint8_t *reply, size_t room)
{
	const struct client client = {.tcp = tcp, .family = 4, .addr = 0x7f000001};

	worker_begin(w);
	len = respond(w, &client, packet, len, reply, room);
	worker_end(w);
	return len;
}

static inline int served_remove_file(const char *file, const struct stat *st, int type,
				     struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(file);
}

static inline void served_close(struct served *s)
{
	worker_close(&s->worker);
	counters_release(&s->counters);
	free(s->slots);
	config_free(s->config);
	nftw(s->dir, served_remove_file, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
