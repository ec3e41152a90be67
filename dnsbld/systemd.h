/*
 * systemd.h: tells systemd how we are (sd_notify(3)), where it asks for that.
 */
#ifndef DNSBLD_SYSTEMD_H
#define DNSBLD_SYSTEMD_H

/* "READY=1" and the like. Does nothing without $NOTIFY_SOCKET. */
void systemd_notify(const char *state);

/* RELOADING=1 with the time that systemd wants beside it. */
void systemd_reloading(void);

#endif
