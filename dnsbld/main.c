/*
 * main.c: the command line of dnsbld(8).
 */
#include <getopt.h>
#include <stdio.h>

#include "config.h"
#include "log.h"
#include "parent.h"
#include "settings.h"

static const char usage[] =
	"usage: dnsbld [-ft] [-c file]\n"
	"       dnsbld -h | -V\n"
	"\n"
	"  -c file        the config; default $DNSBLD_CONF, else " CONFIG_DEFAULT "\n"
	"  -f             stay in the foreground, as always\n"
	"  -t             check the config and exit\n"
	"  -h, --help     this help\n"
	"  -V, --version  the version\n"
	"\n"
	"SIGHUP reads the config again, SIGTERM ends. The manual is dnsbld(8), the config's is\n"
	"dnsbld.conf(5).\n";

static const struct option options[] = {
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
	struct config *config = NULL;
	const char *file = NULL;
	bool test = false;
	int option;

	log_init("dnsbld");
	log_never_wait();
	while ((option = getopt_long(argc, argv, "c:fhtV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'f':
			break;
		case 't':
			test = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return ST_OK;
		case 'V':
			puts("dnsbld " DNSBLD_VERSION);
			return ST_OK;
		default:
			fputs(usage, stderr);
			return ST_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "dnsbld: unexpected operand '%s'\n%s", argv[optind], usage);
		return ST_USAGE;
	}

	enum status status = settings_read(config_file(file), &config);

	if (status) {
		log_error("%s", fail_text());
		return status;
	}
	if (test) {
		log_info("%s: no faults, %zu zones", config->file, config->zone_count);
		config_free(config);
		return ST_OK;
	}
	return parent_run(config);
}
