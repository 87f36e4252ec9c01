#include "race_worker.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "inputs.h"
#include "invocation.h"

static void conclude(race_round *out, const char *status, const char *reason) {
  snprintf(out->status, sizeof out->status, "%s", status);
  snprintf(out->reason, sizeof out->reason, "%s", reason);
}

/* A kernel that is called in turns. */
typedef struct racer {
  invocation invocation;
  error err;
  bool failed;
} racer;

static void call(void *argument) {
  racer *r = argument;
  if (!r->failed && !invocation_run(&r->invocation, &r->err)) r->failed = true;
}

static bool make_racer(const point *p, const lin_case *inputs, racer *out, error *err) {
  return invocation_make(&out->invocation, p->kernel, inputs, p->problem.tile_q,
                         p->problem.tile_k, p->threads, err);
}

/* Once each for the outputs, then in turns. */
static void race(const race_task *task, racer racers[2], race_round *out) {
  const turns_runner runner[] = {{call, &racers[0]}, {call, &racers[1]}};
  error err;
  for (int r = 0; r < 2; r++) call(&racers[r]);
  const bool raced = (racers[0].failed || racers[1].failed) ||
                     turns_run(runner, &task->turns, &out->turns, &err);
  for (int r = 0; r < 2; r++)
    if (racers[r].failed) {
      conclude(out, "crashed", racers[r].err.text);
      return;
    }
  if (!raced) {
    conclude(out, "out_of_memory", err.text);
    return;
  }
  out->same_output =
      racers[0].invocation.y.bytes == racers[1].invocation.y.bytes &&
      invocation_hash(&racers[0].invocation) == invocation_hash(&racers[1].invocation);
  conclude(out, "ok", "");
}

void race_worker_run(const race_task *task, race_round *out) {
  const point *p = &task->point[0];
  const int first = task->turns.second_first;
  lin_case inputs = {0};
  racer racers[2] = {0};
  error err;
  *out = (race_round){0};
  if (!inputs_make(regime_find(p->regime), p->seed, p->stage, &p->problem, &inputs,
                   &err) ||
      !make_racer(&task->point[first], &inputs, &racers[first], &err) ||
      !make_racer(&task->point[!first], &inputs, &racers[!first], &err))
    conclude(out, "skipped", err.text);
  else
    race(task, racers, out);
  for (int r = 0; r < 2; r++) invocation_free(&racers[r].invocation);
  case_free(&inputs);
}

char *race_round_to_json(const race_round *r) {
  const turns_result *t = &r->turns;
  json_t *json =
      json_pack("{s:s, s:s, s:f, s:f, s:f, s:I, s:I, s:b}", "status", r->status, "reason",
                r->reason, "ratio", t->ratio, "base_ns", t->call_ns[0], "head_ns",
                t->call_ns[1], "pairs", (json_int_t)t->pairs, "undisturbed",
                (json_int_t)t->undisturbed, "same_output", r->same_output);
  char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
  json_decref(json);
  return text;
}

bool race_round_from_json(const char *line, race_round *out, error *err) {
  json_error_t where;
  const char *status, *reason;
  json_int_t pairs, undisturbed;
  int same;
  *out = (race_round){0};
  json_t *json = json_loads(line, 0, &where);
  if (!json) return error_set(err, "a round of a race is not JSON: %s", where.text);
  const bool ok =
      !json_unpack_ex(json, &where, 0, "{s:s, s:s, s:f, s:f, s:f, s:I, s:I, s:b}",
                      "status", &status, "reason", &reason, "ratio", &out->turns.ratio,
                      "base_ns", &out->turns.call_ns[0], "head_ns",
                      &out->turns.call_ns[1], "pairs", &pairs, "undisturbed",
                      &undisturbed, "same_output", &same) ||
      error_set(err, "a round of a race: %s", where.text);
  if (ok) {
    conclude(out, status, reason);
    out->turns.pairs = (size_t)pairs;
    out->turns.undisturbed = (size_t)undisturbed;
    out->same_output = same;
  }
  json_decref(json);
  return ok;
}
