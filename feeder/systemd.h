/*
 * systemd.h: what systemd waits for (sd_notify(3)).
 */
#ifndef FEEDER_SYSTEMD_H
#define FEEDER_SYSTEMD_H

/* Tells it that we are ready, where it asks for that in $NOTIFY_SOCKET. */
void systemd_ready(void);

#endif
