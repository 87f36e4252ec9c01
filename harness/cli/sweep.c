/* linkv sweep: measures the points of a config into a database. */
#include "sweep.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "arguments.h"
#include "cache_options.h"
#include "commands.h"
#include "dry_run.h"
#include "estimate.h"
#include "plural.h"
#include "sweep_outcome.h"

static int run(int argc, char **argv);

const cli_command cli_sweep = {
    .name = "sweep",
    .summary = "measure the points of a config, into a database; resumes by itself",
    .usage = "CONFIG.yaml [options]",
    .details =
        "Every repetition is a process of its own and is committed before the next "
        "begins:\n"
        "kill it anywhere, run it again, and it goes on where it stopped. docs/sweep.md\n"
        "describes configs. Then look at the results:\n\n"
        "  linkv sweep configs/quick.yaml --dry-run\n"
        "  linkv sweep configs/quick.yaml\n"
        "  linkv export --db results/quick.db --format csv\n"
        "  linkv plot --db results/quick.db",
    .run = run,
};

static const char *const formats[] = {"table", "json", NULL};
enum { FORMAT_TABLE, FORMAT_JSON };

typedef struct sweep_arguments {
  char default_db[128];
  const char *config, *db, *label, *precision, *budget;
  double budget_s; /* 0: none */
  bool dry_run, quiet, json_progress, retry;
  int format;
  cli_list plugins, set, filters;
  cache_options cache;
  uint64_t memory_limit;
} sweep_arguments;

static int dry_run(const sweep_arguments *a, const plan *p, const sweep_options *options,
                   store *s) {
  sweep_forecast f;
  error err;
  if (!sweep_forecast_of(p, options, s, &f, &err))
    return cli_fail(&cli_sweep, EXIT_USAGE, "%s", err.text);
  json_t *json = a->format == FORMAT_JSON ? dry_run_json(p, &f) : NULL;
  bool ok = true;
  if (a->format == FORMAT_TABLE)
    ok = dry_run_print(p, &f, &err);
  else if (!json || json_dumpf(json, stdout, JSON_INDENT(1)))
    ok = error_set(&err, "cannot print the plan");
  else
    putchar('\n');
  json_decref(json);
  sweep_forecast_free(&f);
  return ok ? cli_finish(&cli_sweep, EXIT_FINE)
            : cli_fail(&cli_sweep, EXIT_USAGE, "%s", err.text);
}

static int tell(const sweep_arguments *a, const sweep_summary *s, const char *command) {
  static const char *const shown[] = {"ok",        "skipped",         "wrong",
                                      "untrusted", "ill_conditioned", "crashed",
                                      "timeout",   "out_of_memory"};
  char time[32];
  printf("%s: %zu point%s", a->db, s->points, plural(s->points));
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
    const size_t n = s->by_severity[status_severity(shown[i])];
    if (n) printf(", %zu %s", n, shown[i]);
  }
  if (s->unfinished) printf(", %zu with some of their repetitions", s->unfinished);
  printf("; %zu repetition%s measured now, %zu point%s complete before\n", s->measured,
         plural(s->measured), s->complete_before,
         s->complete_before == 1 ? " was" : "s were");
  if (s->measured)
    printf(
        "of %s, %.1f %% went into kernels, %.1f %% into judging, %.1f %% into the rest\n",
        duration_text(s->wall_s, time, sizeof time), 100 * s->kernel_s / s->wall_s,
        100 * s->judge_s / s->wall_s, 100 * (1 - (s->kernel_s + s->judge_s) / s->wall_s));
  if (s->interrupted)
    printf("interrupted; the same command goes on: %s\n",
           command ? command : "linkv sweep");
  return cli_finish(&cli_sweep, sweep_exit_code(s));
}

static int sweep_config(sweep_arguments *a, const config *c, const char *command) {
  const oracle_cache cache = cache_options_take(&a->cache);
  const sweep_options options = {
      .label = a->label,
      .repetitions = c->repetitions,
      .max_repetitions = c->max_repetitions,
      .precision = c->precision,
      .budget_s = a->budget_s,
      .min_time_s = c->min_time_s,
      .timeout_s = c->timeout_s,
      .memory_limit = a->memory_limit ? a->memory_limit : c->memory_limit,
      .order_seed = c->order_seed,
      .plugins = a->plugins.item,
      .plugin_count = a->plugins.count,
      .cache = cache.folder,
      .cache_limit = cache.limit,
      .command = command,
      .config_text = c->text,
      .retry = a->retry,
      .progress = a->quiet           ? PROGRESS_NONE
                  : a->json_progress ? PROGRESS_JSON
                                     : PROGRESS_AUTO};
  const char *db = a->db;
  struct stat info;
  plan p = {0};
  store *s = NULL;
  sweep_summary summary;
  error err;
  int code = EXIT_USAGE;
  /* A dry run makes no file, and writes to none. */
  const bool fresh = a->dry_run && stat(db, &info);
  bool (*const open)(const char *, store **, error *) =
      a->dry_run && !fresh ? store_open_reader : store_open;
  if (!plan_make(c, &p, &err) || !open(fresh ? ":memory:" : db, &s, &err))
    cli_fail(&cli_sweep, EXIT_USAGE, "%s", err.text);
  else if (a->dry_run)
    code = dry_run(a, &p, &options, s);
  else if (!sweep_run(&p, &options, s, &summary, &err))
    cli_fail(&cli_sweep, EXIT_USAGE,
             "%s; what is committed stays, and once that is mended this goes on: %s",
             err.text, command ? command : "linkv sweep");
  else
    code = tell(a, &summary, command);
  store_close(s);
  plan_free(&p);
  return code;
}

/* results/NAME.db, in a folder that is made where it is missing. */
static bool default_db(const config *c, bool make, char *out, size_t size) {
  snprintf(out, size, "results/%s.db", c->name);
  if (!make || mkdir("results", 0777) == 0 || errno == EEXIST) return true;
  cli_fail(&cli_sweep, EXIT_USAGE, "results: %s; name a database with --db",
           strerror(errno));
  return false;
}

static bool change_config(const sweep_arguments *a, config *c, error *err) {
  for (size_t i = 0; i < a->set.count; i++)
    if (!config_set(c, a->set.item[i], err)) return false;
  for (size_t i = 0; i < a->filters.count; i++)
    if (!config_filter_by(c, a->filters.item[i], err)) return false;
  return true;
}

/* The options that say how often to repeat. */
static bool take_effort(sweep_arguments *a, config *c) {
  if (a->precision && !config_share(a->precision, &c->precision)) {
    cli_fail(&cli_sweep, EXIT_USAGE, "--precision '%s' is not a percentage such as 1%%",
             a->precision);
    return false;
  }
  if (a->budget && !duration_parse(a->budget, &a->budget_s)) {
    cli_fail(&cli_sweep, EXIT_USAGE, "--budget '%s' is not a time such as 90s, 10m or 1h",
             a->budget);
    return false;
  }
  return true;
}

static int read_and_sweep(sweep_arguments *a, int argc, char **argv) {
  config c;
  error err;
  int code = EXIT_USAGE;
  if (!cli_load_plugins(&cli_sweep, &a->plugins)) return EXIT_USAGE;
  if (!config_read(a->config, &c, &err))
    return cli_fail(&cli_sweep, EXIT_USAGE, "%s", err.text);
  char *command = arguments_command(argc, argv);
  if (!take_effort(a, &c))
    code = EXIT_USAGE;
  else if (!change_config(a, &c, &err))
    cli_fail(&cli_sweep, EXIT_USAGE, "%s", err.text);
  else if (a->db || default_db(&c, !a->dry_run, a->default_db, sizeof a->default_db)) {
    if (!a->db) a->db = a->default_db;
    code = sweep_config(a, &c, command);
  }
  free(command);
  config_free(&c);
  return code;
}

static int run(int argc, char **argv) {
  sweep_arguments a = {.label = "default", .cache = cache_options_default()};
  const cli_option options[] = {
      {"db", CLI_TEXT, &a.db, "FILE", "database, default results/<name of the config>.db",
       NULL},
      {"label", CLI_TEXT, &a.label, "L",
       "keeps this run's rows apart from others', default 'default'", NULL},
      {"set", CLI_LIST, &a.set, "AXIS=V,...",
       "values of an axis, instead of the config's; may be repeated", NULL},
      {"filter", CLI_LIST, &a.filters, "AXIS=V,...|SQL",
       "only points that this holds for; may be repeated", NULL},
      {"precision", CLI_TEXT, &a.precision, "P%",
       "repeat points until half the median's interval is this share of it, or 64 times",
       NULL},
      {"budget", CLI_TEXT, &a.budget, "TIME",
       "90s, 10m or 1h: what is left of it goes to the least precise points", NULL},
      {"dry-run", CLI_FLAG, &a.dry_run, NULL,
       "print the plan: what is left, the time and memory it takes, what is skipped",
       NULL},
      {"format", CLI_CHOICE, &a.format, "FORMAT", "of --dry-run; default table", formats},
      {"retry", CLI_FLAG, &a.retry, NULL,
       "measure points again that crashed, ran out of time or memory, or did not repeat",
       NULL},
      {"quiet", CLI_FLAG, &a.quiet, NULL, "no progress on standard error", NULL},
      {"memory-limit", CLI_BYTES, &a.memory_limit, "SIZE",
       "a worker may take, default the config's, else most of what is free", NULL},
      CACHE_OPTIONS(a.cache),
      {"json-progress", CLI_FLAG, &a.json_progress, NULL,
       "progress as JSON lines on standard error", NULL},
      {"plugin", CLI_LIST, &a.plugins, "FILE.so",
       "kernels of a shared object; may be repeated", NULL},
      {0}};
  cli_list words = {0};
  const cli_parsed parsed = cli_parse(&cli_sweep, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count != 1)
    cli_fail(&cli_sweep, EXIT_USAGE, "%s; see 'linkv sweep --help'",
             words.count ? "more than one config" : "a config is missing");
  else if (parsed == CLI_GO && a.quiet && a.json_progress)
    cli_fail(&cli_sweep, EXIT_USAGE, "--quiet and --json-progress; give one of them");
  else if (parsed == CLI_GO && a.format != FORMAT_TABLE && !a.dry_run)
    cli_fail(&cli_sweep, EXIT_USAGE,
             "--format is of --dry-run; 'linkv export' prints rows");
  else if (parsed == CLI_GO) {
    a.config = words.item[0];
    code = read_and_sweep(&a, argc, argv);
  }
  cli_list_free(&words);
  cli_list_free(&a.plugins);
  cli_list_free(&a.set);
  cli_list_free(&a.filters);
  return code;
}
