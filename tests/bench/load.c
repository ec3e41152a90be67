/*
 * load.c: asks as fast as it is answered, and looks at every answer.
 *
 *     load PORT FILE SECONDS PID
 *
 * FILE has a query a line: name, type (A or TXT), and what belongs to it: "hit" (NOERROR with a
 * record), "miss" (NXDOMAIN without one) or "any". Several sockets, a window in flight on each; a
 * query's ID is its place in the window, so that each answer is held against what was asked. Prints
 * one JSON object: answers, wrong ones, lost ones, seconds, and the CPU time of process PID an
 * answer, in nanoseconds. Exit 1 when an answer was wrong.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SOCKETS = 8, WINDOW = 64, QUERY = 128, REPLY = 1500, SOCKET_BUFFER = 4 << 20 };
enum { STALLED_MS = 200 }; /* nothing for so long on loopback is lost, not late */

enum wanted { MISS, HIT, ANY };

struct query {
	uint8_t packet[QUERY];
	uint16_t len;
	uint8_t wanted;
};

struct lane {
	int fd;
	unsigned in_flight;
	uint8_t round; /* the ID's high octet: answers to what was given up are of an earlier one */
	const struct query *asked[WINDOW]; /* by ID; NULL: nothing */
};

static struct query *queries;
static size_t query_count, query_at;
static uint64_t answered, wrong, lost;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* CPU seconds of a process so far, from schedstat where there is one (nanoseconds), else in clock
 * ticks. */
static double cpu_seconds(const char *pid)
{
	char path[64], text[1024];
	unsigned long long run_ns;
	unsigned long user, system;

	snprintf(path, sizeof path, "/proc/%s/schedstat", pid);
	FILE *f = fopen(path, "r");
	if (f) {
		int got = fscanf(f, "%llu", &run_ns);

		fclose(f);
		if (got == 1 && run_ns > 0) {
			return (double)run_ns / 1e9;
		}
	}
	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	f = fopen(path, "r");
	if (!f) {
		return 0;
	}
	size_t len = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[len] = '\0';
	char *after = strrchr(text, ')');
	if (!after || sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			     &user, &system) != 2) {
		return 0;
	}
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static bool build(struct query *q, char *name, const char *type, const char *wanted)
{
	static const uint8_t head[12] = {0, 0, 0, 0, 0, 1};
	uint8_t *p = q->packet + sizeof head;

	memcpy(q->packet, head, sizeof head);
	for (char *label = strtok(name, "."); label; label = strtok(NULL, ".")) {
		size_t len = strlen(label);

		if (len > 63 || p + len + 7 > q->packet + QUERY) {
			return false;
		}
		*p++ = (uint8_t)len;
		memcpy(p, label, len);
		p += len;
	}
	const uint8_t tail[5] = {0, 0, strcmp(type, "TXT") == 0 ? 16 : 1, 0, 1};
	memcpy(p, tail, sizeof tail);
	q->len = (uint16_t)(p + sizeof tail - q->packet);
	q->wanted = strcmp(wanted, "hit") == 0 ? HIT : strcmp(wanted, "miss") == 0 ? MISS : ANY;
	return true;
}

static void read_queries(const char *file)
{
	char line[512], name[256], type[16], wanted[16];
	size_t room = 0;
	FILE *f = fopen(file, "r");

	if (!f) {
		perror(file);
		exit(66);
	}
	while (fgets(line, sizeof line, f)) {
		if (query_count == room) {
			room = room ? room * 2 : 65536;
			queries = realloc(queries, room * sizeof *queries);
			if (!queries) {
				perror("load");
				exit(75);
			}
		}
		if (sscanf(line, "%255s %15s %15s", name, type, wanted) != 3 ||
		    !build(&queries[query_count], name, type, wanted)) {
			fprintf(stderr, "load: %s: not a query: %s", file, line);
			exit(65);
		}
		query_count++;
	}
	fclose(f);
	if (query_count == 0) {
		fprintf(stderr, "load: %s: no queries\n", file);
		exit(65);
	}
}

static void ask(struct lane *lane)
{
	static struct iovec iov[WINDOW];
	static struct mmsghdr msg[WINDOW];
	static uint8_t packet[WINDOW][QUERY];
	unsigned n = 0;

	for (unsigned id = 0; id < WINDOW; id++) {
		if (lane->asked[id]) {
			continue;
		}
		const struct query *q = &queries[query_at];
		query_at = query_at + 1 == query_count ? 0 : query_at + 1;
		memcpy(packet[n], q->packet, q->len);
		packet[n][0] = lane->round;
		packet[n][1] = (uint8_t)id;
		iov[n] = (struct iovec){packet[n], q->len};
		msg[n].msg_hdr = (struct msghdr){.msg_iov = &iov[n], .msg_iovlen = 1};
		lane->asked[id] = q;
		n++;
	}
	int sent = n ? sendmmsg(lane->fd, msg, n, MSG_DONTWAIT) : 0;
	/* What the socket did not take is forgotten, from the end. */
	for (unsigned i = sent < 0 ? 0 : (unsigned)sent; i < n; i++) {
		lane->asked[packet[i][1]] = NULL;
	}
	lane->in_flight += sent < 0 ? 0 : (unsigned)sent;
}

static bool is_right(const struct query *q, const uint8_t *reply, size_t len)
{
	if (len < q->len || !(reply[2] & 0x80) ||
	    memcmp(reply + 12, q->packet + 12, q->len - 12U) != 0) {
		return false;
	}
	unsigned rcode = reply[3] & 15, answers = (unsigned)reply[6] << 8 | reply[7];

	return q->wanted == ANY ||
	       (q->wanted == HIT ? rcode == 0 && answers > 0 : rcode == 3 && answers == 0);
}

static bool hear(struct lane *lane)
{
	static struct iovec iov[WINDOW];
	static struct mmsghdr msg[WINDOW];
	static uint8_t packet[WINDOW][REPLY];

	for (unsigned i = 0; i < WINDOW; i++) {
		iov[i] = (struct iovec){packet[i], REPLY};
		msg[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
	}
	int n = recvmmsg(lane->fd, msg, WINDOW, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		unsigned id = msg[i].msg_len >= 12 ? packet[i][1] : WINDOW;

		if (id < WINDOW && packet[i][0] != lane->round) {
			continue; /* late; it has been counted as lost */
		}
		if (id >= WINDOW || !lane->asked[id]) {
			wrong++;
			continue;
		}
		wrong += !is_right(lane->asked[id], packet[i], msg[i].msg_len);
		lane->asked[id] = NULL;
		lane->in_flight--;
		answered++;
	}
	return n > 0;
}

static void give_up(struct lane *lanes)
{
	for (int i = 0; i < SOCKETS; i++) {
		lost += lanes[i].in_flight;
		lanes[i].in_flight = 0;
		lanes[i].round++;
		memset(lanes[i].asked, 0, sizeof lanes[i].asked);
	}
}

int main(int argc, char **argv)
{
	static struct lane lanes[SOCKETS];
	struct pollfd polled[SOCKETS];
	struct sockaddr_in to = {.sin_family = AF_INET};
	int buffer = SOCKET_BUFFER;

	if (argc != 5) {
		fputs("usage: load PORT FILE SECONDS PID\n", stderr);
		return 64;
	}
	read_queries(argv[2]);
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < SOCKETS; i++) {
		lanes[i].fd = socket(AF_INET, SOCK_DGRAM, 0);
		if (lanes[i].fd < 0 ||
		    connect(lanes[i].fd, (struct sockaddr *)&to, sizeof to) < 0) {
			perror("load");
			return 74;
		}
		setsockopt(lanes[i].fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
		polled[i] = (struct pollfd){.fd = lanes[i].fd, .events = POLLIN};
	}
	double cpu = cpu_seconds(argv[4]), start = seconds(), end = start + atof(argv[3]);
	while (seconds() < end) {
		bool heard = false;

		for (int i = 0; i < SOCKETS; i++) {
			ask(&lanes[i]);
			heard = hear(&lanes[i]) || heard;
		}
		if (!heard && poll(polled, SOCKETS, STALLED_MS) == 0) {
			give_up(lanes);
		}
	}
	double took = seconds() - start;
	cpu = cpu_seconds(argv[4]) - cpu;
	printf("{\"answered\": %llu, \"wrong\": %llu, \"lost\": %llu, \"seconds\": %.3f, \"cpu_ns\": %.0f}\n",
	       (unsigned long long)answered, (unsigned long long)wrong, (unsigned long long)lost,
	       took, answered ? cpu / (double)answered * 1e9 : 0);
	return wrong > 0;
}
