/*
 * notify.h: tells systemd how we are (sd_notify(3)), where it asks for that.
 */
#ifndef DNSBLD_NOTIFY_H
#define DNSBLD_NOTIFY_H

/* "READY=1" and the like. Does nothing without $NOTIFY_SOCKET. */
void notify_systemd(const char *state);

/* RELOADING=1 with the time that systemd wants beside it. */
void notify_reloading(void);

#endif
