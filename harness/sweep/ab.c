#include "ab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "build.h"
#include "clock.h"
#include "failure.h"
#include "linkv/driver.h"
#include "linkv/registry.h"
#include "machine.h"
#include "median.h"
#include "plural.h"
#include "process.h"
#include "worker.h"

enum { BASE, HEAD, SIDES, STORED_MAX = 64 };
static const char *const prefixes[SIDES] = {"base_", "head_"};

/* Seconds a kernel is timed for while it is judged; the race times it. */
#define JUDGED_TIME_S 0.01

static const lkv_kernel *find(const char *prefix, const char *name) {
  char full[2 * POINT_NAME_SIZE];
  snprintf(full, sizeof full, "%s%s", prefix, name);
  return lkv_kernel_find(full);
}

static bool has_default_tiles(const point *p) {
  lkv_problem usual = p->problem;
  usual.tile_q = usual.tile_k = 0;
  usual = lkv_resolve_tiles(p->kernel, usual);
  return usual.tile_q == p->problem.tile_q && usual.tile_k == p->problem.tile_k;
}

/* False where neither library has the kernel. */
static bool make_point(const point *from, ab_point *out) {
  const bool usual = has_default_tiles(from);
  *out = (ab_point){.name = from->kernel->name, .side = {*from, *from}};
  for (int s = 0; s < SIDES; s++) {
    point *p = &out->side[s];
    p->kernel = find(prefixes[s], out->name);
    if (!p->kernel) continue;
    if (usual) p->problem.tile_q = p->problem.tile_k = 0;
    p->problem = lkv_resolve_tiles(p->kernel, p->problem);
    out->as_named[s] = *p->kernel;
    out->as_named[s].name = out->name;
  }
  return out->side[BASE].kernel || out->side[HEAD].kernel;
}

bool ab_make(const plan *p, ab *out, error *err) {
  *out = (ab){.point = calloc(p->count + 1, sizeof *out->point)};
  if (!out->point) return error_set(err, "out of memory for %zu points", p->count);
  for (size_t i = 0; i < p->count; i++)
    out->count += make_point(&p->point[i], &out->point[out->count]);
  return true;
}

/* A session under way. */
typedef struct session {
  const ab_options *options;
  sweep_options shared;
  store *store;
  int64_t run;
  process_outcome *outcome;
} session;

/* One repetition in a worker, judged. */
static bool judge(session *w, const point *p, record *out, error *err) {
  const char *const flags[] = {
      "--judge",        "--base-library",        w->options->build[BASE],
      "--head-library", w->options->build[HEAD], NULL};
  const process_options process = {.record_fd = WORKER_RECORD_FD,
                                   .timeout_s = w->options->race.timeout_s,
                                   .settings = settings_of_worker(p),
                                   .lent = -1};
  const process_outcome *worker = w->outcome;
  error note = {"without a whole record"};
  arguments a;
  if (!arguments_of_worker(p, &w->shared, JUDGED_TIME_S, flags, &a))
    return error_set(err, "out of memory for a worker's arguments");
  const bool ran = process_run_self(a.item, &process, w->outcome, err);
  arguments_free(&a);
  if (!ran) return false;
  const char *end = strchr(worker->record, '\n');
  const bool finished =
      !worker->timed_out && worker->exited && worker->exit_code == 0 && end && !end[1];
  const bool told = finished && record_from_json(worker->record, out, &note);
  return (told ? failure_amend(worker, 0, out)
               : failure_record(worker, process.timeout_s, 0, note.text, out)) ||
         error_set(err, "out of memory for a record");
}

static bool is_ok(const record *r) {
  return !strcmp(r->field[RECORD_status].text, "ok");
}

/* Median of the rounds that repetition `i` of `count` stands for. */
static double folded(const race_result *r, int side, size_t i, size_t count) {
  double group[RACE_ROUNDS_MAX];
  const size_t first = i * r->rounds / count, end = (i + 1) * r->rounds / count;
  memcpy(group, r->round_ns[side] + first, (end - first) * sizeof *group);
  return median_of(end - first, group).median;
}

/* The first repetition's time is the race's, and so is not what was seen beside the time
 * that it took while it was judged. */
static void take_race_time(const race_result *r, int side, size_t count, record *judged) {
  static const int beside[] = {
      RECORD_time_ns_mean, RECORD_time_ns_min, RECORD_cpu_ns,       RECORD_iterations,
      RECORD_batches,      RECORD_undisturbed, RECORD_stolen_share, RECORD_waited_share,
      RECORD_switches,     RECORD_load,        RECORD_discarded,    RECORD_disturbed};
  for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
    judged->field[beside[i]].known = false;
  value_set_real(&judged->field[RECORD_time_ns], folded(r, side, 0, count));
}

/* The first repetition is the judged one, with the race's time; the others have a time
 * alone. A race that failed adds one that says so. */
static bool store_side(session *w, ab_point *p, int side, record *judged, error *err) {
  point named = p->side[side];
  named.kernel = &p->as_named[side];
  point_info info = {.point = &named,
                     .label = w->options->label[side],
                     .commit = w->options->commit[side],
                     .machine = machine_id(),
                     .kernel_build = lkv_kernel_build(p->side[side].kernel),
                     .command = w->options->command};
  const size_t rounds = p->race.rounds;
  const size_t count = rounds < STORED_MAX ? rounds : STORED_MAX;
  bool ok = true, added;
  point_make_key(&info, w->options->race.round_s);
  if (count) take_race_time(&p->race, side, count, judged);
  if (p->raced && strcmp(p->race.status, "ok") != 0)
    ok = (value_set_text(&judged->field[RECORD_status], p->race.status) &&
          value_set_text(&judged->field[RECORD_reason], p->race.reason)) ||
         error_set(err, "out of memory for a record");
  ok = ok && store_add(w->store, w->run, &info, 1, judged, &added, err);
  if (ok && !added)
    return error_set(err, "another session writes the same label '%s' there",
                     w->options->label[side]);
  for (size_t i = 1; ok && i < count; i++) {
    record r = {0};
    value_set_real(&r.field[RECORD_time_ns], folded(&p->race, side, i, count));
    ok = value_set_text(&r.field[RECORD_status], "ok") ||
         error_set(err, "out of memory for a record");
    ok = ok && store_add(w->store, w->run, &info, (unsigned)i + 1, &r, &added, err);
    record_free(&r);
  }
  return ok;
}

static bool run_point(session *w, ab_point *p, double budget_s, error *err) {
  record judged[SIDES] = {0};
  race_options race = w->options->race;
  bool ok = true, both = true;
  for (int s = 0; s < SIDES && ok; s++) {
    if (!p->side[s].kernel) {
      both = false;
      continue;
    }
    ok = judge(w, &p->side[s], &judged[s], err);
    both = ok && both && is_ok(&judged[s]);
  }
  if (ok && both) {
    race.budget_s = budget_s;
    race.base_library = w->options->build[BASE];
    race.head_library = w->options->build[HEAD];
    p->raced = true;
    ok = race_run(&p->side[BASE], &p->side[HEAD], &race, &p->race, err);
  }
  for (int s = 0; s < SIDES && ok; s++)
    if (p->side[s].kernel) ok = store_side(w, p, s, &judged[s], err);
  for (int s = 0; s < SIDES; s++) record_free(&judged[s]);
  return ok;
}

static void tell(const ab_point *p, size_t number, size_t count) {
  static const char *const words[] = {"", "same", "faster", "slower", "unsure"};
  const lkv_problem *q = &p->side[BASE].problem;
  fprintf(stderr, "%zu of %zu: %s T=%zu H=%zu d=%zu p=%zu: ", number, count, p->name,
          q->seq_len, q->heads, q->head_dim, p->side[BASE].threads);
  if (p->raced)
    fprintf(stderr, "%s, ratio %.4f, %zu round%s, %.1f s %s\n", words[p->race.verdict],
            p->race.ratio.estimate, p->race.rounds, plural(p->race.rounds),
            p->race.seconds, p->race.reason);
  else
    fputs("not raced\n", stderr);
}

static bool run_all(session *w, ab *a, bool tells, error *err) {
  const double start = clock_now();
  bool ok = true;
  for (size_t i = 0; i < a->count && ok; i++) {
    const double left = w->options->budget_s - (clock_now() - start);
    const double share = left / (double)(a->count - i);
    ok = run_point(w, &a->point[i], share > 0 ? share : 0, err);
    if (ok && tells) tell(&a->point[i], i + 1, a->count);
  }
  return ok;
}

bool ab_run(ab *a, const ab_options *options, bool tells, store *s, error *err) {
  session w = {.options = options,
               .shared = {.cache = options->cache, .cache_limit = options->cache_limit},
               .store = s,
               .outcome = malloc(sizeof *w.outcome)};
  const run_info info = {.label = options->label[HEAD],
                         .command = options->command,
                         .config = options->config_text,
                         .machine = machine_id(),
                         .commit = build_commit()};
  if (!w.outcome) return error_set(err, "out of memory for a session");
  const bool ok = store_begin_run(s, &info, &w.run, err) && run_all(&w, a, tells, err);
  free(w.outcome);
  return ok;
}

void ab_free(ab *a) {
  free(a->point);
  *a = (ab){0};
}
