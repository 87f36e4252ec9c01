#include "selftest_noise.h"

#include <fnmatch.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case.h"
#include "format.h"
#include "linkv/driver.h"
#include "linkv/registry.h"
#include "machine.h"
#include "noise_floor.h"
#include "race.h"
#include "selftest_bugs.h"
#include "table.h"

enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV, FORMAT_MD };
enum { HEADS = 2, HEAD_DIM = 64, THREADS = 2 };

/* Of --kernel, and calls from microseconds to a tenth of a second. */
static const char *const default_kernels[] = {"scalar_row", "avx2_tile"};
static const size_t default_lengths[] = {32, 192, 640};

/* A round takes at most this share of a point's time. */
#define ROUND_SHARE (1.0 / 24)

/* A point's race against itself. */
typedef struct trial {
  noise_test test;
  race_result race;
  bool measured;
} trial;

typedef struct trials {
  trial *item;
  size_t count;
} trials;

static bool is_chosen(const cli_list *globs, const lkv_kernel *k) {
  const size_t defaults = sizeof default_kernels / sizeof *default_kernels;
  const size_t count = globs->count ? globs->count : defaults;
  const char *const *glob = globs->count ? globs->item : default_kernels;
  for (size_t i = 0; i < count; i++)
    if (!fnmatch(glob[i], k->name, 0)) return true;
  return false;
}

static point point_of(const lkv_kernel *k, size_t seq_len, size_t threads) {
  point p = {.kernel = k,
             .stage = LKV_STAGE_ATTENTION,
             .regime = "gaussian",
             .seed = 1,
             .problem = {.batch = 1,
                         .seq_len = seq_len,
                         .heads = HEADS,
                         .head_dim = HEAD_DIM,
                         .eps = CASE_DEFAULT_EPS},
             .threads = threads};
  p.problem = lkv_resolve_tiles(k, p.problem);
  return p;
}

/* Every chosen kernel on every length, in one thread and in two where there are two
 * cores. */
static bool plan_trials(const noise_options *o, trials *out, error *err) {
  const size_t lengths =
      o->seq_len ? 1 : sizeof default_lengths / sizeof *default_lengths;
  const size_t threads = sysconf(_SC_NPROCESSORS_ONLN) < THREADS ? 1 : THREADS;
  out->item = calloc(lkv_kernel_count() * lengths * threads, sizeof *out->item);
  if (!out->item) return error_set(err, "out of memory");
  for (size_t k = 0; k < lkv_kernel_count(); k++) {
    if (!is_chosen(&o->kernels, lkv_kernel_at(k))) continue;
    for (size_t l = 0; l < lengths; l++)
      for (size_t p = 1; p <= threads; p++)
        out->item[out->count++].test.point =
            point_of(lkv_kernel_at(k), o->seq_len ? o->seq_len : default_lengths[l], p);
  }
  return out->count || error_set(err,
                                 "--kernel '%s' matches no kernel; 'linkv kernels' "
                                 "lists them",
                                 o->kernels.count ? o->kernels.item[0] : "");
}

/* The race goes on to the end of its time: there is no margin to be the same within, and
 * no ratio is beyond the floor. */
static bool run_trial(const noise_options *o, trial *t, error *err) {
  race_options how = race_options_default();
  how.plugins = o->plugins.item;
  how.plugin_count = o->plugins.count;
  how.budget_s = o->seconds;
  how.round_s = fmin(how.round_s, ROUND_SHARE * o->seconds);
  how.margin = 0;
  how.floor = INFINITY;
  if (!race_run(&t->test.point, &t->test.point, &how, &t->race, err)) return false;
  const race_result *r = &t->race;
  t->measured = strcmp(r->status, "ok") == 0;
  t->test.call_ns = r->base_ns;
  t->test.seconds = r->seconds;
  t->test.level = 1 - how.error;
  t->test.rounds = r->rounds;
  t->test.floor = t->measured ? fmax(r->ratio.high, 1 / r->ratio.low) - 1 : NAN;
  return true;
}

static bool open_store(const char *path, store **out, error *err) {
  *out = NULL;
  if (!path) return true;
  json_t *facts = machine_facts();
  char *text = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
  json_decref(facts);
  const bool ok = text ? store_open(path, out, err) &&
                             store_set_machine(*out, machine_id(), text, err)
                       : error_set(err, "out of memory for the machine's facts");
  free(text);
  return ok;
}

static bool add_cells(table *t, const trial *a, error *err) {
  char length[24], threads[24], rounds[24], call[FORMAT_SIZE], seconds[FORMAT_SIZE],
      low[FORMAT_SIZE], high[FORMAT_SIZE], floor[FORMAT_SIZE], status[1100];
  const race_result *r = &a->race;
  snprintf(length, sizeof length, "%zu", a->test.point.problem.seq_len);
  snprintf(threads, sizeof threads, "%zu", a->test.point.threads);
  snprintf(rounds, sizeof rounds, "%zu", a->test.rounds);
  snprintf(status, sizeof status, "%s%s%s", r->status, *r->reason ? ": " : "", r->reason);
  const char *const cells[] = {a->test.point.kernel->name,
                               length,
                               threads,
                               a->measured ? format_time_ns(a->test.call_ns, call) : NULL,
                               rounds,
                               format_fixed(a->test.seconds, 1, seconds),
                               a->measured ? format_fixed(r->ratio.low, 4, low) : NULL,
                               a->measured ? format_fixed(r->ratio.high, 4, high) : NULL,
                               format_fixed(100 * a->test.floor, 2, floor),
                               status};
  bool ok = true;
  for (size_t i = 0; ok && i < sizeof cells / sizeof *cells; i++)
    ok = table_add(t, cells[i], a->measured ? TABLE_PLAIN : TABLE_BAD, err);
  return ok;
}

static bool print_table(const trials *all, table_style style, error *err) {
  static const table_column columns[] = {
      {"kernel", TABLE_LEFT}, {"T", TABLE_RIGHT},      {"threads", TABLE_RIGHT},
      {"call", TABLE_RIGHT},  {"rounds", TABLE_RIGHT}, {"s", TABLE_RIGHT},
      {"low", TABLE_RIGHT},   {"high", TABLE_RIGHT},   {"floor %", TABLE_RIGHT},
      {"status", TABLE_LEFT}};
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; ok && i < all->count; i++) ok = add_cells(&t, &all->item[i], err);
  ok = ok && table_print(&t, stdout, style, err);
  table_free(&t);
  return ok;
}

static json_t *known_real(bool known, double number) {
  return known ? json_real(number) : json_null();
}

static json_t *trial_json(const trial *a) {
  const noise_test *t = &a->test;
  const lkv_problem *q = &t->point.problem;
  return json_pack(
      "{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:f, s:I, s:f, s:o, s:o, s:o, s:s, s:s}",
      "kernel", t->point.kernel->name, "stage", lkv_stage_name(t->point.stage), "batch",
      (json_int_t)q->batch, "seq_len", (json_int_t)q->seq_len, "heads",
      (json_int_t)q->heads, "head_dim", (json_int_t)q->head_dim, "threads",
      (json_int_t)t->point.threads, "call_ns", known_real(a->measured, t->call_ns),
      "seconds", t->seconds, "rounds", (json_int_t)t->rounds, "level", t->level, "low",
      known_real(a->measured, a->race.ratio.low), "high",
      known_real(a->measured, a->race.ratio.high), "floor",
      known_real(a->measured, t->floor), "status", a->race.status, "reason",
      a->race.reason);
}

static bool print_json(const trials *all, error *err) {
  json_t *points = json_array();
  bool ok = points != NULL;
  for (size_t i = 0; ok && i < all->count; i++)
    ok = json_array_append_new(points, trial_json(&all->item[i])) == 0;
  json_t *document = json_pack("{s:s, s:o}", "machine", machine_id(), "points", points);
  ok = ok && document && json_dumpf(document, stdout, JSON_INDENT(1)) == 0;
  putchar('\n');
  json_decref(document);
  return ok || error_set(err, "cannot print the noise");
}

static bool print(const trials *all, int format, error *err) {
  if (format == FORMAT_JSON) return print_json(all, err);
  return print_table(all,
                     format == FORMAT_MD          ? TABLE_MARKDOWN
                     : table_wants_colour(stdout) ? TABLE_COLOUR
                                                  : TABLE_TEXT,
                     err);
}

/* What the CPU or the kernel does not do is no failure. */
static int code_of(const trials *all) {
  size_t measured = 0, failed = 0;
  for (size_t i = 0; i < all->count; i++) {
    measured += all->item[i].measured;
    failed += !all->item[i].measured && strcmp(all->item[i].race.status, "skipped") != 0;
  }
  return measured && !failed ? EXIT_FINE : EXIT_LITTLE;
}

static bool run_trials(const noise_options *o, store *s, trials *all, error *err) {
  for (size_t i = 0; i < all->count; i++) {
    trial *t = &all->item[i];
    if (!run_trial(o, t, err)) return false;
    if (s && t->measured && !noise_floor_add(s, machine_id(), &t->test, err))
      return false;
  }
  return true;
}

int selftest_noise(const cli_command *command, const noise_options *o) {
  error err;
  trials all = {0};
  store *s = NULL;
  if (o->format == FORMAT_CSV)
    return cli_fail(command, EXIT_USAGE, "--noise prints table, json or md, not csv");
  if (!cli_load_plugins(command, &o->plugins)) return EXIT_USAGE;
  const bool ok = plan_trials(o, &all, &err) && open_store(o->db, &s, &err) &&
                  run_trials(o, s, &all, &err) && print(&all, o->format, &err);
  const int code = ok ? cli_finish(command, code_of(&all))
                      : cli_fail(command, EXIT_USAGE, "%s", err.text);
  store_close(s);
  free(all.item);
  return code;
}
