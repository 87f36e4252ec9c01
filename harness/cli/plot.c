/* linkv plot: figures of recorded rows. */
#include "plot.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "store.h"

static const char *const width_names[] = {"column", "full", NULL};

/* Sets chosen[i] for each item that is names[i]; false, with a line on stderr, where one
 * is none of them. An empty list leaves `chosen` as it is. */
static bool choose(const cli_list *list, const char *option, const char *const *names,
                   bool *chosen) {
  for (size_t i = 0; names[i] && list->count; i++) chosen[i] = false;
  for (size_t i = 0; i < list->count; i++) {
    size_t n = 0;
    while (names[n] && strcmp(names[n], list->item[i]) != 0) n++;
    if (!names[n]) {
      char known[128] = "";
      for (n = 0; names[n]; n++)
        snprintf(known + strlen(known), sizeof known - strlen(known), " %s", names[n]);
      cli_fail(&cli_plot, EXIT_USAGE, "--%s '%s' is not one of%s", option, list->item[i],
               known);
      return false;
    }
    chosen[n] = true;
  }
  return true;
}

static int plot_rows(const rows *all, const plot_options *options) {
  plot_files files;
  error err;
  int code = EXIT_FINE;
  plot_result result = report_plot(all, options, &files, &err);
  for (size_t i = 0; i < files.count; i++) puts(files.path[i]);
  if (result != PLOT_DONE) {
    code = result == PLOT_NOTHING ? EXIT_LITTLE : EXIT_USAGE;
    cli_fail(&cli_plot, code, "%s", err.text);
  }
  for (int k = 0; k < PLOT_KINDS && result == PLOT_DONE; k++)
    if (options->kinds[k] && !files.figures[k])
      cli_fail(&cli_plot, code, "note: these rows give no %s figure", plot_kind_names[k]);
  plot_files_free(&files);
  return cli_finish(&cli_plot, code);
}

static int plot_database(const char *where, const plot_options *options) {
  rows all = {0};
  error err;
  int code;
  if (!store_read_rows(options->db, STORE_LATEST_BUILD, where, &all, &err))
    code = cli_fail(&cli_plot, EXIT_USAGE, "%s", err.text);
  else if (!all.count)
    code = cli_fail(&cli_plot, EXIT_LITTLE, "%s: no row%s", options->db,
                    where ? " matches --where" : "");
  else
    code = plot_rows(&all, options);
  rows_free(&all);
  return code;
}

static int run(int argc, char **argv) {
  const char *db = NULL, *where = NULL;
  plot_options plot = {.directory = "plots/out",
                       .formats = {[PLOT_SVG] = true, [PLOT_PDF] = true},
                       .kinds = {true, true, true, true, true, true}};
  int width = PLOT_COLUMN;
  cli_list kinds = {0}, formats = {0}, words = {0};
  const cli_option options[] = {
      {"db", CLI_TEXT, &db, "FILE", "results database", NULL},
      {"where", CLI_TEXT, &where, "SQL", "which rows: an SQL expression over the fields",
       NULL},
      {"output", CLI_TEXT, &plot.directory, "DIR", "default plots/out", NULL},
      {"kind", CLI_LIST, &kinds, "KIND",
       "time, memory, error, tradeoff, roofline or tiles; may be repeated; default all",
       NULL},
      {"format", CLI_LIST, &formats, "FORMAT",
       "svg, pdf or png; may be repeated; default svg and pdf", NULL},
      {"width", CLI_CHOICE, &width, "WIDTH", "of a paper's page; default column",
       width_names},
      {0}};
  cli_parsed parsed = cli_parse(&cli_plot, options, argc, argv, &words);
  int code = EXIT_USAGE;
  plot.width = (plot_width)width;
  plot.db = db;
  if (parsed != CLI_GO)
    code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  else if (words.count)
    cli_fail(&cli_plot, code, "unexpected word '%s'; a database is named by --db",
             words.item[0]);
  else if (!db)
    cli_fail(&cli_plot, code, "--db FILE is needed");
  else if (choose(&kinds, "kind", plot_kind_names, plot.kinds) &&
           choose(&formats, "format", plot_format_names, plot.formats))
    code = plot_database(where, &plot);
  cli_list_free(&words);
  cli_list_free(&kinds);
  cli_list_free(&formats);
  return code;
}

const cli_command cli_plot = {
    .name = "plot",
    .summary = "draw figures of recorded rows",
    .usage = "--db FILE [--where SQL] [--output DIR] [options]",
    .details =
        "Draws time, peak memory and error against the sequence length, error against "
        "time,\n"
        "and speed under the machine's roofline: a figure for each stage, regime, "
        "batch,\n"
        "heads, head_dim, threads and label. Where both tile sizes of a kernel vary, "
        "draws\n"
        "its share of peak over them. Prints the files it wrote. Needs gnuplot\n"
        "(gnuplot-nox).\n\n"
        "  linkv plot --db results/quick.db --kind time --format pdf\n\n"
        "Exit status 4: the rows give no figure.",
    .run = run,
};
