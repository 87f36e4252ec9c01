#include "worker.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes_text.h"
#include "clock.h"
#include "inputs.h"
#include "invocation.h"
#include "judged.h"
#include "memory.h"
#include "peak.h"
#include "shape.h"
#include "timing.h"

/* For each of two measurements, before and after the kernel is timed. */
#define PEAK_SECONDS 0.0005

/* Sets status and reason; false when out of memory. */
__attribute__((format(printf, 3, 4))) static bool conclude(record *out,
                                                           const char *status,
                                                           const char *format, ...) {
  char reason[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  return value_set_text(&out->field[RECORD_status], status) &&
         value_set_text(&out->field[RECORD_reason], *reason ? reason : NULL);
}

/* Bytes the point is sure to need. */
static double predicted_bytes(const point *p, size_t workspace) {
  const double dim = (double)p->problem.heads * (double)p->problem.head_dim;
  const double tokens = (double)p->problem.batch * (double)p->problem.seq_len;
  const double operand = (double)lkv_dtype_size(p->kernel->operand_type);
  const double output = (double)lkv_dtype_size(p->kernel->output_type);
  return (double)workspace + tokens * dim * (LKV_OPERANDS * operand + output);
}

/* Whether the point can be started; if not, the record says why. */
static bool admissible(const point *p, record *out, bool *ok) {
  const char *why = "";
  size_t workspace = 0, available = 0;
  error err;
  *ok = true;
  lkv_status status = lkv_check(p->kernel, &p->problem, &why);
  if (status != LKV_OK) {
    *ok = conclude(out, "skipped", "%s", why);
    return false;
  }
  status = lkv_workspace_bytes(p->kernel, &p->problem, p->stage, p->threads, &workspace);
  if (status != LKV_OK) {
    *ok = conclude(out, "out_of_memory", "workspace: %s", lkv_status_text(status));
    return false;
  }
  value_set_integer(&out->field[RECORD_workspace_bytes], (int64_t)workspace);
  if (!memory_available(&available, &err)) return true;
  const double needed = predicted_bytes(p, workspace);
  if (needed <= (double)available) return true;
  char text[2][BYTES_TEXT_SIZE];
  *ok = conclude(out, "out_of_memory", "needs %s, %s are available",
                 bytes_text((size_t)fmin(needed, 0x1p62), text[0]),
                 bytes_text((size_t)available, text[1]));
  return false;
}

static bool set_hash(record *out, uint64_t hash) {
  char text[17];
  snprintf(text, sizeof text, "%016" PRIx64, hash);
  return value_set_text(&out->field[RECORD_output_hash], text);
}

static void add_span(record *out, int field, double seconds) {
  const value *sum = &out->field[field];
  value_set_real(&out->field[field], (sum->known ? sum->real : 0) + 1e9 * seconds);
}

/* Runs the kernel on two tokens, so that code, threads and their stacks are in memory
 * before any is counted. A kernel that does not take so short a sequence goes without. */
static void warm_up(const point *p, record *out) {
  lin_case c = {0};
  invocation v = {0};
  error note;
  point tiny = *p;
  tiny.problem.batch = p->threads;
  tiny.problem.heads = 1;
  tiny.problem.seq_len = 2;
  if (inputs_make(regime_find("positive"), 1, p->stage, &tiny.problem, &c, &note) &&
      invocation_make(&v, p->kernel, &c, p->problem.tile_q, p->problem.tile_k, p->threads,
                      &note)) {
    const double start = clock_now();
    invocation_run(&v, &note);
    add_span(out, RECORD_kernel_ns, clock_now() - start);
  }
  invocation_free(&v);
  case_free(&c);
}

/* The first call: peak memory, the output to judge and to compare with, and how long it
 * took. */
static bool first_call(invocation *v, record *out, double *call_s, error *err) {
  size_t resident = 0, peak = 0;
  error note;
  const bool watched = memory_reset_peak(&resident, &note);
  const double start = clock_now();
  if (!invocation_run(v, err)) return false;
  *call_s = clock_now() - start;
  add_span(out, RECORD_kernel_ns, *call_s);
  if (watched && memory_peak(&peak, &note) && peak >= resident)
    value_set_integer(&out->field[RECORD_peak_bytes], (int64_t)(peak - resident));
  return set_hash(out, invocation_hash(v)) || error_set(err, "out of memory");
}

/* The findings, and the status that the verdict makes. */
static bool record_verdict(const metrics *m, const verdict *v, const stages_verdict *s,
                           record *out) {
  char why[512];
  return judged_record(m, v, s, out) &&
         conclude(out, verdict_name(stages_conclude(s, v->kind)), "%s",
                  stages_reason(s, v, why, sizeof why));
}

/* The block stage in two, by what is known of the shape's projected operands if the point
 * has the same. */
static bool judge_stages(const worker_task *task, const invocation *v, const shape *s,
                         const double *y, stages_verdict *out, error *err) {
  lin_case made;
  stages_reference own = {0};
  const precision of = precision_of(v->kernel);
  *out = (stages_verdict){0};
  if (v->inputs.stage != LKV_STAGE_BLOCK) return true;
  bool ok = invocation_project(v, &made, err);
  const bool same = ok && s->staged && stages_hash(&made) == s->stages.made;
  if (ok && !same)
    ok = stages_reference_make(task->cache, &s->inputs, &made, of, SAMPLE_BY_WORK, &own,
                               err);
  ok = ok &&
       stages_judge(same ? &s->stages : &own, &v->problem, of.output_type, y, out, err);
  stages_reference_free(&own);
  return ok;
}

static bool judge_output(const worker_task *task, const invocation *v, const shape *s,
                         record *out, bool *wrong, error *err) {
  verdict found;
  stages_verdict stages;
  const bounds *b = &s->bounds;
  const double start = clock_now();
  double *y = invocation_output(v);
  bool ok = y || error_set(err, "out of memory for the output");
  if (ok) {
    const metrics m = metrics_of_rows(&v->problem, v->kernel->output_type, y, b);
    ok = verdict_of(&v->problem, v->kernel->output_type, b, y, NULL, &found, err) &&
         judge_stages(task, v, s, y, &stages, err) &&
         (record_verdict(&m, &found, &stages, out) || error_set(err, "out of memory"));
    *wrong = ok && stages_conclude(&stages, found.kind) == VERDICT_WRONG;
  }
  free(y);
  add_span(out, RECORD_judge_ns, clock_now() - start);
  return ok;
}

/* What is timed. */
typedef struct timed_call {
  invocation *invocation;
  error err;
  bool failed;
} timed_call;

static void call(void *argument) {
  timed_call *t = argument;
  if (!t->failed && !invocation_run(t->invocation, &t->err)) t->failed = true;
}

/* What a disturbed time says of itself: NaN is a count that the system does not tell. */
static bool record_noise(const timing *t, record *out) {
  char text[256];
  value_set_integer(&out->field[RECORD_batches], (int64_t)t->batches);
  value_set_integer(&out->field[RECORD_undisturbed], (int64_t)t->undisturbed);
  value_set_real(&out->field[RECORD_stolen_share], t->noise.stolen_share);
  value_set_real(&out->field[RECORD_waited_share], t->noise.waited_share);
  value_set_integer(&out->field[RECORD_switches], (int64_t)t->noise.switches);
  value_set_real(&out->field[RECORD_load], noise_load());
  value_set_real(&out->field[RECORD_mhz], noise_mhz());
  if (!value_set_text(&out->field[RECORD_cores], noise_cores(text, sizeof text)))
    return false;
  const char *why = timing_disturbance(t, text, sizeof text);
  return value_set_text(&out->field[RECORD_disturbed], why);
}

static bool time_calls(invocation *v, double call_s, double min_time_s, record *out,
                       error *err) {
  timed_call c = {.invocation = v};
  timing t;
  const lkv_dtype type = v->kernel->output_type;
  const double before = peak_ceiling(type, PEAK_SECONDS);
  const double start = clock_now();
  if (!timing_take(call, &c, call_s, min_time_s, &t, err)) return false;
  add_span(out, RECORD_kernel_ns, clock_now() - start);
  if (c.failed) return error_set(err, "%s", c.err.text);
  value_set_real(&out->field[RECORD_time_ns], t.time_ns);
  value_set_real(&out->field[RECORD_time_ns_mean], t.mean_ns);
  value_set_real(&out->field[RECORD_time_ns_min], t.min_ns);
  value_set_real(&out->field[RECORD_cpu_ns], t.cpu_ns);
  value_set_integer(&out->field[RECORD_warmup], (int64_t)t.warmup);
  value_set_integer(&out->field[RECORD_iterations], (int64_t)t.iterations);
  const double peak = fmax(before, peak_ceiling(type, PEAK_SECONDS));
  value_set_real(&out->field[RECORD_peak_flops], peak > 0 ? peak : NAN);
  return record_noise(&t, out) || error_set(err, "out of memory");
}

/* After timing, on a workspace that earlier calls have dirtied. */
static bool check_repeat(const invocation *v, record *out) {
  char text[17];
  snprintf(text, sizeof text, "%016" PRIx64, invocation_hash(v));
  if (!strcmp(text, out->field[RECORD_output_hash].text)) return true;
  return conclude(out, "untrusted",
                  "the output differs between two calls on the same "
                  "inputs: the kernel does not repeat itself");
}

static bool measure(invocation *v, const shape *s, const worker_task *task, record *out) {
  error err = {{0}};
  bool wrong = false;
  double call_s = 0;
  if (!first_call(v, out, &call_s, &err) ||
      (task->judge && !judge_output(task, v, s, out, &wrong, &err)))
    return conclude(out, "crashed", "%s", err.text);
  if (wrong) return true;
  if (!time_calls(v, call_s, task->min_time_s, out, &err))
    return conclude(out, "crashed", "%s", err.text);
  return check_repeat(v, out);
}

static bool open_shape(const worker_task *task, shape *out, error *err) {
  const point *p = &task->point;
  return task->lent ? shape_read(WORKER_SHAPE_FD, p, task->judge, out, err)
                    : shape_make(p, task->judge, task->cache, out, err);
}

bool worker_measure(const worker_task *task, record *out, error *err) {
  const point *p = &task->point;
  shape s = {0};
  invocation v = {0};
  error note;
  bool ok = true;
  *out = (record){0};
  if (admissible(p, out, &ok)) {
    ok = conclude(out, "ok", "%s", "");
    warm_up(p, out);
    if (!open_shape(task, &s, &note) ||
        !invocation_make(&v, p->kernel, &s.inputs, p->problem.tile_q, p->problem.tile_k,
                         p->threads, &note))
      ok = ok && conclude(out, "out_of_memory", "%s", note.text);
    else
      ok = ok && measure(&v, &s, task, out);
  }
  invocation_free(&v);
  shape_free(&s);
  if (!ok) {
    record_free(out);
    return error_set(err, "out of memory for the record");
  }
  return true;
}

bool worker_prepare(const point *p, oracle_cache *cache, error *err) {
  shape s;
  if (!shape_make(p, true, cache, &s, err)) return false;
  const bool ok = shape_write(WORKER_SHAPE_FD, p, &s, err);
  shape_free(&s);
  return ok;
}
