/*
 * notify_socket.h: where NOTIFYs leave from and their answers come to: one UDP socket for each
 * family, at a port that nobody can know.
 */
#ifndef DNSBLD_NOTIFY_SOCKET_H
#define DNSBLD_NOTIFY_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "config.h"
#include "sockets.h"

/* -1: no zone notifies anybody there, or this machine has not that family. */
struct notify_sockets {
	int ipv4;
	int ipv6;
};

/*
 * Opens what the config's zones need, before the process is locked in. What cannot be had is
 * logged, and to send by it fails.
 */
void notify_sockets_open(struct notify_sockets *s, const struct config *config);

/*
 * Sends one datagram, from the address that we serve on: by that a secondary knows its primary. 0,
 * or what errno says.
 */
int notify_send(const struct notify_sockets *s, const struct sockets *served,
		const struct listen_config *to, struct bytes message);

/* Where a datagram came from. */
struct notify_source {
	uint8_t family;
	addr_t addr;
	uint16_t port;
};

/* One that has arrived, if any; what is longer than `room` is no answer to us, and is left out. */
bool notify_receive(int fd, uint8_t *packet, size_t room, size_t *len, struct notify_source *from);

#endif
