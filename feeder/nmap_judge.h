/*
 * nmap_judge.h: what nmap's script smtp-open-relay found, as a relay test's report.
 */
#ifndef FEEDER_NMAP_JUDGE_H
#define FEEDER_NMAP_JUDGE_H

#include "mail_address.h"
#include "report.h"

/*
 * Sets disposition, confidence and note from the script's output. `target` has the names that the
 * scan knows; port 0 is any.
 */
void nmap_judge(const struct mail_server *target, unsigned port, const char *output,
		struct report *report);

#endif
