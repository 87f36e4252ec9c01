/* linkv race: two kernels on one point, until it is decided which is faster. */
#include <jansson.h>
#include <stdio.h>

#include "commands.h"
#include "linkv/driver.h"
#include "linkv/registry.h"
#include "machine.h"
#include "point_options.h"
#include "race.h"

static int run(int argc, char **argv);

const cli_command cli_race = {
    .name = "race",
    .summary = "race two kernels on one point until it is decided which is faster",
    .usage = "--kernel BASE --against HEAD [options]",
    .details =
        "Both take turns of a millisecond in one process, a new one each round, until "
        "the\n"
        "ratio of their times is known. Prints one line of JSON. Exit status: 0 head is "
        "the same\n"
        "or faster, 1 it is slower, 5 unsure.\n\n"
        "  linkv race --kernel avx2_row --against avx2_tile --seq-len 128",
    .run = run,
};

static const char *const verdicts[] = {"", "same", "faster", "slower", "unsure"};

static int exit_code(sequential_verdict v) {
  return v == SEQUENTIAL_HIGHER   ? EXIT_REGRESSION
         : v == SEQUENTIAL_UNSURE ? EXIT_UNSURE
                                  : EXIT_FINE;
}

static int print(const race_result *r) {
  json_t *line =
      json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:f, s:b, s:s, s:s}",
                "verdict", verdicts[r->verdict], "ratio", r->ratio.estimate, "low",
                r->ratio.low, "high", r->ratio.high, "coverage", r->ratio.coverage,
                "floor", r->floor, "base_ns", r->base_ns, "head_ns", r->head_ns, "rounds",
                (json_int_t)r->rounds, "seconds", r->seconds, "same_output",
                r->same_output, "status", r->status, "reason", r->reason);
  const bool ok = line && !json_dumpf(line, stdout, JSON_COMPACT);
  json_decref(line);
  if (!ok) return cli_fail(&cli_race, EXIT_USAGE, "out of memory for the result");
  putchar('\n');
  return cli_finish(&cli_race, exit_code(r->verdict));
}

/* Races with the floor of `db`, NULL for none. */
static bool race_with(const point *base, const point *head, const char *db,
                      race_options *how, race_result *out, error *err) {
  how->machine = machine_id();
  how->floor_wanted = db != NULL;
  if (db && !store_open_reader(db, &how->noise, err)) return false;
  const bool ok = race_run(base, head, how, out, err);
  store_close(how->noise);
  return ok;
}

static int race(const point_options *o, const char *against, const char *db,
                race_options *how) {
  point base, head;
  race_result r;
  error err;
  if (!point_options_take(&cli_race, o, &base)) return EXIT_USAGE;
  head = base;
  head.kernel = against ? lkv_kernel_find(against) : NULL;
  if (!head.kernel)
    return cli_fail(&cli_race, EXIT_USAGE,
                    against ? "no kernel '%s'; 'linkv kernels' lists them"
                            : "--against is missing; 'linkv kernels' lists kernels",
                    against);
  head.problem.tile_q = head.problem.tile_k = 0;
  head.problem = lkv_resolve_tiles(head.kernel, head.problem);
  how->plugins = o->plugins.item;
  how->plugin_count = o->plugins.count;
  how->round_s = o->min_time_s;
  if (!race_with(&base, &head, db, how, &r, &err))
    return cli_fail(&cli_race, EXIT_USAGE, "%s", err.text);
  return print(&r);
}

static int run(int argc, char **argv) {
  race_options how = race_options_default();
  point_options o = point_options_default();
  const char *against = NULL, *db = NULL;
  o.min_time_s = how.round_s;
  const cli_option options[] = {
      POINT_OPTIONS(o, "seconds of a round, default 0.4"),
      {"against", CLI_TEXT, &against, "K", "the other kernel, whose tiles are its own",
       NULL},
      {"turn", CLI_SECONDS, &how.turn_s, "S", "seconds of a turn, default 0.001", NULL},
      {"seconds", CLI_SECONDS, &how.budget_s, "S", "in all, default 60", NULL},
      {"error", CLI_REAL, &how.error, "P", "chance of a wrong verdict, default 0.01",
       NULL},
      {"margin", CLI_REAL, &how.margin, "R",
       "a difference up to this is none, default "
       "0.02",
       NULL},
      {"floor", CLI_REAL, &how.floor, "R", "what is not above this is not found", NULL},
      {"db", CLI_TEXT, &db, "FILE",
       "what 'linkv selftest --noise' found there is the least floor", NULL},
      {0}};
  cli_list words = {0};
  const cli_parsed parsed = cli_parse(&cli_race, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count)
    cli_fail(&cli_race, EXIT_USAGE, "unexpected word '%s'; it takes options alone",
             words.item[0]);
  else if (parsed == CLI_GO && !(how.error < 1))
    cli_fail(&cli_race, EXIT_USAGE, "--error %g: a chance is below 1", how.error);
  else if (parsed == CLI_GO && how.turn_s > o.min_time_s)
    cli_fail(&cli_race, EXIT_USAGE, "--turn %g is longer than a round, --min-time %g",
             how.turn_s, o.min_time_s);
  else if (parsed == CLI_GO)
    code = race(&o, against, db, &how);
  cli_list_free(&words);
  cli_list_free(&o.plugins);
  return code;
}
