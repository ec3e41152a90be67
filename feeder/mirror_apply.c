/*
 * mirror_apply.c: fork ─▶ writer's lock ─▶ one change ─▶ exit ─▶ done.
 *
 * 1. The database is opened after the fork, for LMDB's sake.
 * 2. The process has none of our sockets: it may outlive nobody, but a second feeder must not find
 *    their addresses taken by it. It ends with us, however that comes.
 * 3. It tells what came of it in memory that both have; that it has ended, its pidfd tells.
 */
#include "mirror_apply.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "serial.h"

enum { SPOOL = STDERR_FILENO + 1 }; /* the process's only descriptor beside the standard ones */

struct mirror_apply {
	mirror_apply_done *done;
	void *context;
	struct mirror_applied *applied; /* shared */
	pid_t pid;
	int pidfd;
	struct event *ended;
};

/* --- in the process -----------------------------------------------------------------------------
 */

static enum status open_database(const struct mirror_job *job, struct store **store)
{
	enum status status = call_open_write(job->call, store);

	if (status == ST_AGAIN && job->patient) {
		log_warn("%s: %s; still waiting", job->zone->name, fail_text());
		while (status == ST_AGAIN) {
			status = call_open_write(job->call, store);
		}
	}
	return status;
}

static enum status delete (void *context, const struct record *record) {
	struct change **change = context;

	change_mirror_delete(*change, record);
	return change_mirror_slice(change, NULL);
}

static enum status add(void *context, const struct record *record)
{
	struct change **change = context;

	change_mirror_add(*change, record);
	return change_mirror_slice(change, NULL);
}

static enum status take_transfer(const struct mirror_job *job, struct change **change,
				 struct mirror_counts *counts)
{
	const struct spool_rows rows = {change, delete, add};
	enum status status = change_mirror_begin(*change, job->zone, job->spool->full);
	bool more = true;

	if (!status) {
		status = spool_replay(SPOOL, job->spool->records, &rows);
	}
	while (!status && more) {
		status = change_mirror_end(*change, job->spool->serial, job->refreshed_s, counts,
					   &more);
		if (!status && more) {
			status = change_mirror_slice(change, NULL);
		}
	}
	return status;
}

/* Since the primary was asked another feeder may have asked one as well. */
static enum status compare(const struct mirror_job *job, struct txn *txn, bool *overtaken)
{
	struct mirror_status now;

	if (!mirror_status_read(txn, job->zone, &now) || !mirror_is_settled(&now)) {
		return txn_status(txn);
	}
	/* What was refreshed in the future was so by a clock that was wrong. */
	*overtaken = job->spool ? !serial_newer(job->spool->serial, now.serial)
				: job->refreshed_s <= now.refreshed_s &&
					  now.refreshed_s <= (uint64_t)time(NULL);
	if (!*overtaken && job->spool && !job->spool->full && now.serial != job->base) {
		return fail(ST_DATA, "the zone has another serial by now than the transfer is to");
	}
	return txn_status(txn);
}

static enum status apply_in(const struct mirror_job *job, struct store *store,
			    struct mirror_applied *applied)
{
	struct change *change;
	enum status status = call_begin(job->call, store, &change);

	if (status) {
		return status;
	}
	status = compare(job, change_txn(change), &applied->overtaken);
	if (!status && !applied->overtaken) {
		if (job->spool) {
			status = take_transfer(job, &change, &applied->counts);
		} else {
			change_mirror_refreshed(change, job->zone, job->refreshed_s);
		}
	}
	if (status || applied->overtaken) {
		change_abort(change);
		return status;
	}
	return change_commit(change, NULL);
}

/* What was committed of it would fill the map until the next one, and keep all others from it. */
static void give_up(const struct mirror_job *job, struct store *store)
{
	struct change *change;
	bool more = store != NULL;

	while (more && !call_begin(job->call, store, &change)) {
		if (!change_mirror_give_up(change, job->zone, &more)) {
			change_abort(change);
		} else if (change_commit(change, NULL)) {
			return;
		}
	}
}

static void run(const struct mirror_job *job, struct mirror_applied *applied)
{
	struct store *store = NULL;
	enum status status = open_database(job, &store);

	if (!status) {
		status = apply_in(job, store, applied);
	}
	applied->status = status;
	if (status) {
		snprintf(applied->text, sizeof applied->text, "%s", fail_text());
	}
	if (status && job->spool && job->spool->full) {
		give_up(job, store);
	}
	store_close(store);
}

/* Signals are blocked. */
static void be_alone(const struct mirror_job *job, pid_t parent, const sigset_t *signals)
{
	static const int handled[] = {SIGTERM, SIGINT, SIGHUP};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent) {
		_exit(ST_INTERNAL);
	}
	for (size_t i = 0; i < sizeof handled / sizeof *handled; i++) {
		signal(handled[i], SIG_DFL);
	}
	if ((job->spool && dup2(fileno(job->spool->file), SPOOL) < 0) ||
	    close_range(job->spool ? SPOOL + 1 : SPOOL, ~0U, 0)) {
		_exit(ST_INTERNAL);
	}
	sigprocmask(SIG_SETMASK, signals, NULL);
}

/* --- here ---------------------------------------------------------------------------------------
 */

static void on_ended(evutil_socket_t fd, short what, void *context)
{
	struct mirror_apply *a = context;
	mirror_apply_done *done = a->done;
	struct mirror_applied applied;
	int code;

	(void)fd;
	(void)what;
	while (waitpid(a->pid, &code, 0) < 0 && errno == EINTR) {
	}
	a->pid = 0;
	applied = *a->applied;
	if (!WIFEXITED(code) || WEXITSTATUS(code) != ST_OK) {
		/* Out of memory, and it has said so; or killed. */
		applied.status = WIFEXITED(code) ? (enum status)WEXITSTATUS(code) : ST_AGAIN;
		snprintf(applied.text, sizeof applied.text,
			 "the process that wrote to the database ended by %s %d",
			 WIFEXITED(code) ? "exit" : "signal",
			 WIFEXITED(code) ? WEXITSTATUS(code) : WTERMSIG(code));
	}
	context = a->context;
	mirror_apply_close(a);
	done(context, &applied);
}

static enum status fork_for(struct mirror_apply *a, const struct mirror_job *job)
{
	const pid_t self = getpid();
	sigset_t all, before;

	sigfillset(&all);
	/* One that came in between would be handled by the process, and told to us by libevent. */
	sigprocmask(SIG_SETMASK, &all, &before);
	a->pid = fork();
	if (a->pid == 0) {
		be_alone(job, self, &before);
		run(job, a->applied);
		_exit(ST_OK);
	}
	int error = errno;

	sigprocmask(SIG_SETMASK, &before, NULL);
	if (a->pid < 0) {
		a->pid = 0;
		return fail(ST_AGAIN, "no process: %s", strerror(error));
	}
	return ST_OK;
}

enum status mirror_apply_open(struct mirror_apply **apply, struct event_base *base,
			      const struct mirror_job *job, mirror_apply_done *done, void *context)
{
	struct mirror_apply *a = must_alloc(sizeof *a);
	enum status status;

	a->done = done;
	a->context = context;
	a->pidfd = -1;
	a->applied = mmap(NULL, sizeof *a->applied, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	status = a->applied == MAP_FAILED ? fail(ST_AGAIN, "no memory to share with a process")
					  : fork_for(a, job);
	if (!status) {
		a->pidfd = pidfd_open(a->pid, 0);
		a->ended = a->pidfd < 0 ? NULL : event_new(base, a->pidfd, EV_READ, on_ended, a);
		if (!a->ended || event_add(a->ended, NULL) < 0) {
			status = fail(ST_AGAIN, "unable to watch a process: %s", strerror(errno));
		}
	}
	if (status) {
		mirror_apply_close(a);
		a = NULL;
	}
	*apply = a;
	return status;
}

void mirror_apply_close(struct mirror_apply *a)
{
	if (!a) {
		return;
	}
	if (a->pid > 0) {
		kill(a->pid, SIGKILL);
		while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR) {
		}
	}
	if (a->ended) {
		event_free(a->ended);
	}
	if (a->pidfd >= 0) {
		close(a->pidfd);
	}
	if (a->applied != MAP_FAILED) {
		munmap(a->applied, sizeof *a->applied);
	}
	free(a);
}
