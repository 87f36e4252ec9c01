#include "race.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "clock.h"
#include "failure.h"
#include "median.h"
#include "process.h"
#include "worker.h"

race_options race_options_default(void) {
  return (race_options){.turn_s = RACE_TURN_S,
                        .round_s = 0.4,
                        .budget_s = 60,
                        .timeout_s = CONFIG_TIMEOUT_S,
                        .error = 0.01,
                        .margin = 0.02};
}

/* A race under way. */
typedef struct race {
  const point *base, *head;
  const race_options *options;
  process_outcome *outcome;
} race;

static bool start_worker(race *w, bool head_first, error *err) {
  const lkv_problem *head = &w->head->problem;
  const sweep_options shared = {.plugins = w->options->plugins,
                                .plugin_count = w->options->plugin_count};
  char turn[32], tile_q[24], tile_k[24];
  const char *flags[16] = {"--against", w->head->kernel->name, "--turn", turn};
  size_t count = 4;
  snprintf(turn, sizeof turn, "%.9g", w->options->turn_s);
  snprintf(tile_q, sizeof tile_q, "%zu", head->tile_q);
  snprintf(tile_k, sizeof tile_k, "%zu", head->tile_k);
  if (head->tile_q) {
    flags[count++] = "--against-tile-q";
    flags[count++] = tile_q;
  }
  if (head->tile_k) {
    flags[count++] = "--against-tile-k";
    flags[count++] = tile_k;
  }
  if (head_first) flags[count++] = "--against-first";
  if (w->options->base_library) {
    flags[count++] = "--base-library";
    flags[count++] = w->options->base_library;
  }
  if (w->options->head_library) {
    flags[count++] = "--head-library";
    flags[count++] = w->options->head_library;
  }
  const process_options process = {.record_fd = WORKER_RECORD_FD,
                                   .timeout_s = w->options->timeout_s,
                                   .settings = settings_of_worker(w->base),
                                   .lent = -1};
  arguments a;
  if (!arguments_of_worker(w->base, &shared, w->options->round_s, flags, &a))
    return error_set(err, "out of memory for a worker's arguments");
  const bool ok = process_run_self(a.item, &process, w->outcome, err);
  arguments_free(&a);
  return ok;
}

/* What a worker that did not report died of. */
static bool take_failure(const race *w, const char *note, race_round *out, error *err) {
  record r;
  if (!failure_record(w->outcome, w->options->timeout_s, 0, note, &r)) {
    record_free(&r);
    return error_set(err, "out of memory for a record");
  }
  snprintf(out->status, sizeof out->status, "%s", r.field[RECORD_status].text);
  snprintf(out->reason, sizeof out->reason, "%s", r.field[RECORD_reason].text);
  record_free(&r);
  return true;
}

static bool run_round(race *w, bool head_first, race_round *out, error *err) {
  error note = {"without a whole record"};
  *out = (race_round){0};
  if (!start_worker(w, head_first, err)) return false;
  const process_outcome *worker = w->outcome;
  const char *end = strchr(worker->record, '\n');
  const bool finished =
      !worker->timed_out && worker->exited && worker->exit_code == 0 && end && !end[1];
  if (finished && race_round_from_json(worker->record, out, &note)) return true;
  return take_failure(w, note.text, out, err);
}

/* The floor for calls of a time that the first round has told. */
static bool take_floor(const race *w, double call_ns, double *out, error *err) {
  double known;
  const race_options *o = w->options;
  *out = o->floor;
  if (!o->noise) return true;
  if (!noise_floor_near(o->noise, o->machine, w->base->threads, call_ns, &known, err))
    return false;
  if (isnan(known) && o->floor_wanted)
    return error_set(err,
                     "no test of this machine's noise with calls of about %.3g ns and "
                     "%zu threads; 'linkv selftest --noise' makes them",
                     call_ns, w->base->threads);
  if (known > o->floor) *out = known;
  return true;
}

/* Rounds until the rule decides. It is planned once the first round has told what a round
 * takes. */
static bool run_rounds(race *w, race_result *out, error *err) {
  const double start = clock_now();
  sequential_rule rule = {.error = w->options->error,
                          .margin = w->options->margin,
                          .floor = w->options->floor,
                          .first = RACE_ROUNDS_MIN};
  out->verdict = SEQUENTIAL_GO_ON;
  out->same_output = true;
  while (out->verdict == SEQUENTIAL_GO_ON) {
    race_round r;
    /* A round that head begins is followed by one that it does not. */
    if (!run_round(w, out->rounds % 2 == 1, &r, err)) return false;
    snprintf(out->status, sizeof out->status, "%s", r.status);
    snprintf(out->reason, sizeof out->reason, "%s", r.reason);
    out->seconds = clock_now() - start;
    if (strcmp(r.status, "ok") != 0) {
      out->verdict = SEQUENTIAL_UNSURE;
      break;
    }
    out->same_output = out->same_output && r.same_output;
    for (int side = 0; side < 2; side++)
      out->round_ns[side][out->rounds] = r.turns.call_ns[side];
    out->ratios[out->rounds++] = r.turns.ratio;
    if (out->rounds == 1) {
      if (!take_floor(w, r.turns.call_ns[0], &rule.floor, err)) return false;
      out->floor = rule.floor;
      rule.last =
          (size_t)fmin(fmax(floor(w->options->budget_s / out->seconds), RACE_ROUNDS_MIN),
                       RACE_ROUNDS_MAX);
    }
    /* A machine that has become slower since has fewer rounds. */
    if (out->seconds >= w->options->budget_s && out->rounds >= RACE_ROUNDS_MIN)
      rule.last = out->rounds;
    if (!sequential_look(&rule, out->rounds, out->ratios, &out->ratio, &out->verdict))
      return error_set(err, "out of memory for a race");
  }
  return true;
}

static double median_round(const race_result *r, int side) {
  double sorted[RACE_ROUNDS_MAX];
  memcpy(sorted, r->round_ns[side], r->rounds * sizeof *sorted);
  return median_of(r->rounds, sorted).median;
}

bool race_run(const point *base, const point *head, const race_options *options,
              race_result *out, error *err) {
  race w = {.base = base,
            .head = head,
            .options = options,
            .outcome = malloc(sizeof *w.outcome)};
  *out = (race_result){0};
  if (!w.outcome) return error_set(err, "out of memory for a race");
  const bool ok = run_rounds(&w, out, err);
  if (ok && out->rounds) {
    out->base_ns = median_round(out, 0);
    out->head_ns = median_round(out, 1);
  }
  free(w.outcome);
  return ok;
}
