/* linkv time: measures one point. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cache_options.h"
#include "commands.h"
#include "export.h"
#include "point_options.h"
#include "sweep.h"
#include "sweep_outcome.h"
#include "table.h"

static int run(int argc, char **argv);

const cli_command cli_time = {
    .name = "time",
    .summary = "measure one point: time, memory, error, share of peak",
    .usage = "--kernel K [options]",
    .details =
        "Every repetition runs in a process of its own; the first compares the output "
        "with\n"
        "the float64 oracle, the others compare its hash. Time is the median of the\n"
        "repetitions. Nothing is stored: 'linkv sweep' does that.\n\n"
        "  linkv time --kernel scalar_row --seq-len 512 --heads 4\n"
        "  linkv time --kernel scalar_stream_online --tile-k 32 --stage block --threads "
        "2",
    .run = run,
};

/* How the row is printed. */
typedef struct printing {
  const row_columns *columns;
  int format;
} printing;

static int print_rows(store *s, const printing *how) {
  rows found = {0};
  error err;
  const bool ok = store_rows(s, STORE_LATEST_BUILD, NULL, &found, &err) &&
                  export_rows(&found,
                              &(export_options){.format = (export_format)how->format,
                                                .columns = how->columns,
                                                .colour = table_wants_colour(stdout)},
                              stdout, &err);
  rows_free(&found);
  return ok ? EXIT_FINE : cli_fail(&cli_time, EXIT_USAGE, "%s", err.text);
}

static int measure(const point *p, const sweep_options *options, const printing *how) {
  const plan one = {.point = (point *)p, .count = 1};
  sweep_summary summary = {0};
  store *s = NULL;
  error err;
  int code = EXIT_USAGE;
  if (!store_open(":memory:", &s, &err) || !sweep_run(&one, options, s, &summary, &err))
    cli_fail(&cli_time, EXIT_USAGE, "%s", err.text);
  else if (!summary.measured)
    code = cli_fail(&cli_time, EXIT_LITTLE, "interrupted; nothing was measured");
  else if ((code = print_rows(s, how)) == EXIT_FINE)
    code = cli_finish(&cli_time, sweep_exit_code(&summary));
  if (code != EXIT_USAGE && summary.interrupted && summary.measured)
    cli_fail(&cli_time, code, "interrupted: %zu of %u repetitions", summary.measured,
             options->repetitions);
  store_close(s);
  return code;
}

static int run(int argc, char **argv) {
  point_options o = point_options_default();
  cache_options kept = cache_options_default();
  sweep_options how = {.label = "default",
                       .repetitions = CONFIG_REPETITIONS,
                       .timeout_s = CONFIG_TIMEOUT_S,
                       .order_seed = CONFIG_ORDER_SEED,
                       .progress = isatty(STDERR_FILENO) ? PROGRESS_AUTO : PROGRESS_NONE};
  size_t repetitions = CONFIG_REPETITIONS;
  printing print = {0};
  const char *names = NULL;
  row_columns chosen;
  error err;
  const cli_option options[] = {
      POINT_OPTIONS(o, POINT_TIMED),
      {"memory-limit", CLI_BYTES, &how.memory_limit, "SIZE",
       "a repetition may take, default most of what is free", NULL},
      CACHE_OPTIONS(kept),
      {"repetitions", CLI_SIZE, &repetitions, "N", "1 to 64, default 5", NULL},
      {"timeout", CLI_SECONDS, &how.timeout_s, "S",
       "seconds a repetition may take in all, default 300", NULL},
      {"format", CLI_CHOICE, &print.format, "FORMAT", "default table", cli_formats},
      {"columns", CLI_TEXT, &names, "A,B,...", "which fields, 'all' for every one", NULL},
      {0}};
  cli_list words = {0};
  point p;

  const cli_parsed parsed = cli_parse(&cli_time, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count)
    cli_fail(&cli_time, EXIT_USAGE,
             "unexpected word '%s'; a point is named by options, see "
             "'linkv time --help'",
             words.item[0]);
  else if (parsed == CLI_GO && repetitions > CONFIG_REPETITIONS_MAX)
    cli_fail(&cli_time, EXIT_USAGE, "--repetitions %zu is over %d", repetitions,
             CONFIG_REPETITIONS_MAX);
  else if (parsed == CLI_GO && names && !columns_parse(names, &chosen, &err))
    cli_fail(&cli_time, EXIT_USAGE, "%s", err.text);
  else if (parsed == CLI_GO && point_options_take(&cli_time, &o, &p)) {
    how.repetitions = (unsigned)repetitions;
    how.min_time_s = o.min_time_s;
    how.plugins = o.plugins.item;
    how.plugin_count = o.plugins.count;
    const oracle_cache cache = cache_options_take(&kept);
    how.cache = cache.folder;
    how.cache_limit = cache.limit;
    print.columns = names ? &chosen : NULL;
    code = measure(&p, &how, &print);
  }
  cli_list_free(&words);
  cli_list_free(&o.plugins);
  return code;
}
