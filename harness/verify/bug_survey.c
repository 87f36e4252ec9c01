#include "bug_survey.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bounds_set.h"
#include "isolate.h"
#include "linkv/registry.h"
#include "probe.h"

/* Seconds a kernel may take for one case. */
enum { PATIENCE_S = 60 };

/* The definition, step by step, in float32: what rules that want a plain kernel get. */
#define PLAIN "scalar_materialized"

static const lkv_problem shapes[] = {
    {.batch = 1, .seq_len = 1, .heads = 1, .head_dim = 1, .eps = 1e-6},
    {.batch = 1, .seq_len = 2, .heads = 3, .head_dim = 7, .eps = 1e-6},
    {.batch = 2, .seq_len = 21, .heads = 1, .head_dim = 8, .eps = 1e-6},
    {.batch = 1, .seq_len = 33, .heads = 3, .head_dim = 16, .eps = 1e-6},
    {.batch = 1, .seq_len = 53, .heads = 1, .head_dim = 65, .eps = 1e-6},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Memory as a kernel usually gets it: zero, and with more of it on either side. */
static const probe usual = {.threads = 1, .place = GUARDED_NOT, .poison = PROBE_ZERO};

bool bug_planted(const lkv_kernel *kernel) {
  return !strcmp(kernel->algorithm, "mutant");
}

size_t bug_survey_shapes(void) {
  return SHAPES;
}

size_t bug_survey_regime(const bug_survey *s, size_t item) {
  return item / (SHAPES * s->seeds);
}

static const lkv_problem *shape_of(const bug_survey *s, size_t item) {
  return &shapes[item / s->seeds % SHAPES];
}

static uint64_t seed_of(const bug_survey *s, size_t item) {
  return 1 + item % s->seeds;
}

const char *bug_survey_case(const bug_survey *s, size_t item, char *buffer, size_t size) {
  const lkv_problem *p = shape_of(s, item);
  snprintf(buffer, size, "%s B=%zu T=%zu H=%zu d=%zu seed %llu",
           regime_at(bug_survey_regime(s, item))->name, p->batch, p->seq_len, p->heads,
           p->head_dim, (unsigned long long)seed_of(s, item));
  return buffer;
}

static bug_run *run_at(const bug_survey *s, size_t item, size_t kernel) {
  return &s->run[item * s->kernels + kernel];
}

const bug_run *bug_survey_at(const bug_survey *s, size_t item, size_t kernel) {
  return run_at(s, item, kernel);
}

/* One case: what all kernels are judged by. */
typedef struct trial {
  lin_case inputs;
  bounds_set set;
  double *y, *plain; /* plain: NULL where there is no such kernel */
  size_t count;
} trial;

static bool trial_make(trial *t, const bug_survey *s, size_t item, error *err) {
  const lkv_kernel *plain = lkv_kernel_find(PLAIN);
  *t = (trial){0};
  if (!inputs_make(regime_at(bug_survey_regime(s, item)), seed_of(s, item),
                   LKV_STAGE_ATTENTION, shape_of(s, item), &t->inputs, err))
    return false;
  t->set.given = &t->inputs;
  t->count = probe_count(&t->inputs);
  t->y = calloc(2 * t->count, sizeof *t->y);
  if (!t->y) return error_set(err, "out of memory for a case");
  if (!plain) return true;
  t->plain = t->y + t->count;
  return probe_run(plain, &t->inputs, &usual, t->plain, err);
}

static void trial_free(trial *t) {
  bounds_set_free(&t->set);
  case_free(&t->inputs);
  free(t->y);
}

static bool speaks(const rule *r, const lkv_kernel *kernel, bool has_plain) {
  const bool single =
      kernel->operand_type == LKV_FLOAT32 && kernel->output_type == LKV_FLOAT32;
  return r->ours || (single && has_plain);
}

static void take(bug_run *run, const trial *t, const lkv_kernel *kernel, const bounds *b,
                 const verdict *found) {
  const rule_view view = {found, t->count, t->y, b->y, t->plain};
  for (size_t r = 0; r < rule_count(); r++) {
    if (!speaks(rule_at(r), kernel, t->plain != NULL)) continue;
    run->spoken |= (uint16_t)(1U << r);
    if (rule_at(r)->alarms(&view)) run->alarms |= (uint16_t)(1U << r);
  }
  run->elements = (uint32_t)t->count;
  run->r_stat = (float)found->r_stat_max;
  run->r_decided = (float)found->r_stat_decided;
  run->compared = (uint32_t)(found->rows - found->count[JUDGED_NOT_COMPARED]);
  run->decided = run->compared - (uint32_t)(found->count[JUDGED_ILL_CONDITIONED] +
                                            found->count[JUDGED_UNTRUSTED]);
  run->state = BUG_JUDGED;
}

static bool judge(trial *t, const lkv_kernel *kernel, bug_run *run, error *err) {
  verdict found;
  const bounds *b = bounds_set_get(&t->set, precision_of(kernel), err);
  if (!b || !probe_run(kernel, &t->inputs, &usual, t->y, err) ||
      !verdict_of(&t->inputs.problem, kernel->output_type, b, t->y, NULL, &found, err))
    return false;
  take(run, t, kernel, b, &found);
  return true;
}

/* What could not be run counts as dead. */
static void give_up(const bug_survey *s, size_t item) {
  for (size_t k = 0; k < s->kernels; k++)
    if (run_at(s, item, k)->state == BUG_BEGUN) {
      bug_run *run = run_at(s, item, k);
      run->state = BUG_DIED;
      run->spoken = run->alarms = (uint16_t)((1U << rule_count()) - 1);
      run->r_stat = run->r_decided = INFINITY;
    }
}

static void work(void *context, size_t item) {
  const bug_survey *s = context;
  const char *why;
  trial t;
  error err;
  if (!s->regime[bug_survey_regime(s, item)]) return;
  const bool made = trial_make(&t, s, item, &err);
  for (size_t k = 0; k < s->kernels; k++) {
    const lkv_kernel *kernel = lkv_kernel_at(k);
    bug_run *run = run_at(s, item, k);
    if (!s->kernel[k] || run->state != BUG_PENDING ||
        lkv_check(kernel, shape_of(s, item), &why) != LKV_OK)
      continue;
    run->state = BUG_BEGUN;
    alarm(PATIENCE_S);
    if (!made || !judge(&t, kernel, run, &err)) give_up(s, item);
    alarm(0);
  }
  trial_free(&t);
}

static bool died(void *context, size_t item, const char *how) {
  (void)how;
  give_up(context, item);
  return true;
}

bool bug_survey_run(bug_survey *s, error *err) {
  s->cases = regime_count() * SHAPES * s->seeds;
  s->kernels = lkv_kernel_count();
  s->bytes = s->cases * s->kernels * sizeof *s->run;
  s->run = isolate_memory(s->bytes);
  if (!s->run) return error_set(err, "out of memory for %zu cases", s->cases);
  const isolate_job job = {.items = s->cases,
                           .processes = s->processes,
                           .context = s,
                           .work = work,
                           .died = died};
  return isolate_run(&job, err);
}

void bug_survey_free(bug_survey *s) {
  isolate_release(s->run, s->bytes);
  s->run = NULL;
}

uint16_t bug_survey_quiet(const bug_survey *s, size_t item) {
  uint16_t spoken = 0, loud = 0;
  for (size_t k = 0; k < s->kernels; k++)
    if (!bug_planted(lkv_kernel_at(k))) {
      spoken |= run_at(s, item, k)->spoken;
      loud |= run_at(s, item, k)->alarms;
    }
  return (uint16_t)(spoken & ~loud);
}
