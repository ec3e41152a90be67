/*
 * dnstap_process.h: the process between the workers' rings and the reader's socket.
 */
#ifndef DNSBLD_DNSTAP_PROCESS_H
#define DNSBLD_DNSTAP_PROCESS_H

#include "config.h"
#include "heartbeat.h"
#include "ring.h"
#include "status.h"

/*
 * Passes on what the rings have until SIGTERM, and then the rest of it. The process is locked in
 * and has no descriptors but those of its log.
 */
enum status dnstap_serve(const struct config *config, struct ring *rings, unsigned count,
			 struct heartbeat *heartbeat);

#endif
