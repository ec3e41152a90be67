/*
 * parent.h: the process that is started by the operator, and starts and watches all others.
 */
#ifndef DNSBLD_PARENT_H
#define DNSBLD_PARENT_H

#include "config.h"
#include "status.h"

/*
 * Serves until SIGTERM or SIGINT; takes the config. Returns the exit status; its text has been
 * logged.
 */
enum status parent_run(struct config *config);

#endif
