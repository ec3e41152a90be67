/*
 * settings.h: the config as the server wants it, at its start and at each SIGHUP.
 */
#ifndef DNSBLD_SETTINGS_H
#define DNSBLD_SETTINGS_H

#include "config.h"

/* As config_read(), and ST_CONFIG for what is a fault for dnsbld alone. */
enum status settings_read(const char *file, struct config **config);

#endif
