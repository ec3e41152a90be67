/*
 * config_tree.c: libconfuse's part, and the way from its tree into struct config.
 *
 *     config_options ─▶ make_opts() ─▶ cfg_init()
 *     syntax.text ─▶ cfg_parse_fp() ─▶ tree of struct written ─▶ read_section() ─▶ struct config
 *                                                                by the rows' set, open, close
 *
 * To libconfuse every value is a pointer, made by keep(): the words and their line, since the tree
 * itself knows no lines of values. It leaves in a section the line where that ended; at_close()
 * puts there the line where it began.
 *
 * libconfuse's callbacks carry no pointer of the caller's, so that what they need while a file is
 * read is static; the scanner inside libconfuse is static as well, and cfg_free() puts it back to
 * its start.
 */
#include "config_tree.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_option.h"

struct config_tree {
	cfg_t *root;
	const char *file;
};

/* A value as it was written. */
struct written {
	unsigned line;
	char text[];
};

/* While cfg_parse_fp() runs: the lines for at_close(), and whether complain() was called. */
static const unsigned *next_section_line;
static bool complained;

/* --------------------------------------------------------------------- libconfuse's callbacks */

static int keep(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	size_t len = strlen(value);
	struct written *written = must_alloc(sizeof *written + len + 1);

	(void)opt;
	written->line = (unsigned)cfg->line;
	memcpy(written->text, value, len + 1);
	*(void **)result = written;
	return 0;
}

/* It may have been a secret. */
static void forget(void *value)
{
	struct written *written = value;

	if (written) {
		explicit_bzero(written->text, strlen(written->text));
	}
	free(written);
}

/* Called as a section ends, in the order in which syntax.section_line has them. */
static int at_close(cfg_t *cfg, cfg_opt_t *opt)
{
	(void)cfg;
	opt->values[opt->nvalues - 1]->section->line = (int)*next_section_line++;
	return 0;
}

__attribute__((format(printf, 2, 0))) static void complain(cfg_t *cfg, const char *format,
							   va_list args)
{
	char text[256];

	complained = true;
	vsnprintf(text, sizeof text, format, args);
	if (strcmp(format, "no such option '%s'") == 0) {
		/* Its words do not say where, and there are more sections than one. */
		const char *name = strchr(text, '\'');
		if (cfg->title) {
			fail(ST_CONFIG, "%s:%d: unknown option %s in %s '%s'", cfg->filename,
			     cfg->line, name, cfg->name, cfg->title);
		} else if (strcmp(cfg->name, "root") != 0) {
			fail(ST_CONFIG, "%s:%d: unknown option %s in %s", cfg->filename, cfg->line,
			     name, cfg->name);
		} else {
			fail(ST_CONFIG, "%s:%d: unknown option %s", cfg->filename, cfg->line, name);
		}
	} else if (strcmp(format, "found duplicate title '%s'") == 0) {
		fail(ST_CONFIG, "%s:%d: %s is given twice: keep one", cfg->filename, cfg->line,
		     strchr(text, '\''));
	} else {
		fail(ST_CONFIG, "%s:%d: %s", cfg->filename, cfg->line, text);
	}
}

/* --------------------------------------------------------------------------------- the tree */

static void free_opts(cfg_opt_t *opts)
{
	for (cfg_opt_t *opt = opts; opt->name; opt++) {
		if (opt->subopts) {
			free_opts(opt->subopts);
		}
	}
	free(opts);
}

/* Rows as libconfuse wants them. */
static cfg_opt_t *make_opts(const struct config_option *rows)
{
	size_t count = 0;
	while (rows[count].name) {
		count++;
	}

	cfg_opt_t *opts = must_alloc((count + 1) * sizeof *opts);
	for (size_t i = 0; i < count; i++) {
		const struct config_option *row = &rows[i];
		cfg_opt_t *opt = &opts[i];

		opt->name = row->name;
		switch (row->kind) {
		case OPTION_LIST:
			opt->flags = CFGF_LIST;
			/* fall through */
		case OPTION_VALUE:
			opt->type = CFGT_PTR;
			opt->parsecb = keep;
			opt->freecb = forget;
			break;
		case OPTION_TITLED:
			opt->flags = CFGF_TITLE | CFGF_NO_TITLE_DUPES;
			/* fall through */
		case OPTION_SECTION:
			/* Without MULTI libconfuse makes the section where the file has none. */
			opt->flags |= CFGF_MULTI;
			opt->type = CFGT_SEC;
			opt->subopts = make_opts(row->options);
			opt->validcb = at_close;
			break;
		}
	}
	return opts;
}

enum status tree_open(struct config_tree **tree, const struct syntax *syntax, const char *file)
{
	cfg_opt_t *opts = make_opts(config_options);
	cfg_t *root = cfg_init(opts, CFGF_NONE);
	FILE *in = fmemopen(syntax->text, strlen(syntax->text), "r");

	free_opts(opts);
	*tree = must_alloc(sizeof **tree);
	(*tree)->root = root;
	(*tree)->file = file;
	if (!root || !in) {
		out_of_memory();
	}
	root->filename = must_strdup(file);
	cfg_set_error_function(root, complain);

	complained = false;
	next_section_line = syntax->section_line;
	int rc = cfg_parse_fp(root, in);
	next_section_line = NULL;
	fclose(in);
	if (rc != CFG_SUCCESS && !complained) {
		/* What is wrong with a well-formed text it says. It does not say that malloc()
		 * failed, and then cfg_free() would free some of the tree twice. */
		out_of_memory();
	}
	return rc == CFG_SUCCESS ? ST_OK : ST_CONFIG;
}

void tree_close(struct config_tree *tree)
{
	if (tree) {
		cfg_free(tree->root);
		free(tree);
	}
}

unsigned tree_line(const struct config_tree *tree, const char *option, size_t zone, size_t index)
{
	unsigned zones = cfg_size(tree->root, "zone");
	cfg_t *section = zone < zones ? cfg_getnsec(tree->root, "zone", (unsigned)zone)
				      : cfg_getnsec(cfg_getsec(tree->root, "mirror"), "zone",
						    (unsigned)zone - zones);

	if (strcmp(option, "zone") == 0) {
		return (unsigned)section->line;
	}
	if (strcmp(option, "host") == 0) {
		return (unsigned)cfg_getnsec(section, option, (unsigned)index)->line;
	}
	return ((struct written *)cfg_getnptr(section, option, (unsigned)index))->line;
}

/* ------------------------------------------------------------------------ into struct config */

static enum status read_section(const struct config_place *place, const struct config_option *rows,
				cfg_t *cfg, void *section);

/* How many values or sections a row has in `cfg`, which is NULL for a section that is not there. */
static unsigned count_of(cfg_t *cfg, const struct config_option *row)
{
	return cfg ? cfg_opt_size(cfg_getopt(cfg, row->name)) : 0;
}

static enum status read_values(const struct config_place *place, cfg_t *cfg, void *section)
{
	const struct config_option *row = place->option;
	unsigned count = count_of(cfg, row);
	struct config_place at = *place;
	enum status status = ST_OK;

	if (count == 0 && row->fallback) {
		return row->set(&at, row->fallback, section);
	}
	for (unsigned i = 0; i < count && status == ST_OK; i++) {
		const struct written *written = cfg_getnptr(cfg, row->name, i);
		at.line = written->line;
		status = row->set(&at, written->text, section);
	}
	return status;
}

/* The sections of a row. Where there is none, the one that lies in `outer` gets its fallbacks. */
static enum status read_sections(const struct config_place *place, cfg_t *cfg, void *outer)
{
	const struct config_option *row = place->option;
	unsigned count = count_of(cfg, row);
	struct config_place at = *place;
	enum status status = ST_OK;

	if (count == 0 && !row->open) {
		return read_section(&at, row->options, NULL, (char *)outer + row->field);
	}
	for (unsigned i = 0; i < count && status == ST_OK; i++) {
		cfg_t *child = cfg_getnsec(cfg, row->name, i);
		at.line = (unsigned)child->line;
		void *section = row->open ? row->open(&at, cfg_title(child), outer)
					  : (char *)outer + row->field;
		status = section ? read_section(&at, row->options, child, section) : ST_CONFIG;
		if (status == ST_OK && row->close) {
			status = row->close(&at, section);
		}
	}
	return status;
}

/* What the section at `place` should have and has not. */
static enum status check_complete(const struct config_place *place,
				  const struct config_option *rows, cfg_t *cfg)
{
	const char *section = place->option ? place->option->name : "the file";
	const char *title = cfg_title(cfg);

	for (const struct config_option *row = rows; row->name; row++) {
		if (count_of(cfg, row) > 0) {
			continue;
		}
		if (row->required) {
			return place_fail(place, "%s%s%s%s has no %s; it needs: %s", section,
					  title ? " '" : "", title ? title : "", title ? "'" : "",
					  row->name, row->required);
		}
		if (row->never_empty && (cfg_getopt(cfg, row->name)->flags & CFGF_MODIFIED)) {
			return place_fail(place,
					  "the list %s is empty: leave it out, or name something",
					  row->name);
		}
	}
	return ST_OK;
}

/* All of a section; cfg is NULL for one that is not there. */
static enum status read_section(const struct config_place *place, const struct config_option *rows,
				cfg_t *cfg, void *section)
{
	enum status status = ST_OK;

	for (const struct config_option *row = rows; row->name && status == ST_OK; row++) {
		struct config_place at = *place;
		at.option = row;
		status = row->options ? read_sections(&at, cfg, section)
				      : read_values(&at, cfg, section);
	}
	return status == ST_OK && cfg ? check_complete(place, rows, cfg) : status;
}

enum status tree_read(const struct config_tree *tree, struct config *config)
{
	struct config_place place = {.file = tree->file, .line = 1, .config = config};

	return read_section(&place, config_options, tree->root, config);
}
