/*
 * mirror_address.h: addresses as the config has them, and as the kernel does.
 */
#ifndef FEEDER_MIRROR_ADDRESS_H
#define FEEDER_MIRROR_ADDRESS_H

#include <sys/socket.h>

#include "config.h"

/* Into the kernel's form. Returns its length. */
socklen_t address_to_kernel(const struct listen_config *at, struct sockaddr_storage *ss);

/* Family (4 or 6) and address from there, where it is of either. */
void address_from_kernel(const struct sockaddr_storage *ss, uint8_t *family, addr_t *addr);

/* A socket for it, of SOCK_STREAM or SOCK_DGRAM, that waits for nothing. -1 with errno. */
int address_socket(const struct listen_config *at, int type);

#endif
