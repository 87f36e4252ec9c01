#include "linkv/dispatch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "builtin_rule.h"
#include "fit.h"
#include "landmarks.h"
#include "linkv/driver.h"
#include "linkv/registry.h"
#include "message.h"

/* Wisdom as it is looked up. Never freed: a thread may be reading it. */
typedef struct policy {
  const struct policy *before; /* what was in use, kept */
  landmarks *landmarks;
} policy;

static _Atomic(const policy *) in_use;

/* What a call is told apart by. Words: two halves that are compared as one would wait for
 * both to be stored. */
typedef struct question {
  const policy *policy;
  size_t batch, seq_len, heads, head_dim, threads;
  size_t stage, type;
} question;

/* Each thread remembers what it was last answered, a question a slot. */
enum { SLOTS = 64 };
typedef struct answer {
  question question;
  const lkv_kernel *kernel; /* NULL: none */
  size_t tile_q, tile_k, workspace_bytes;
  bool by_wisdom;
} answer;
static _Thread_local answer answers[SLOTS];

bool lkv_use_wisdom(const lkv_wisdom *wisdom, char *error, size_t error_size) {
  if (!wisdom) {
    atomic_store_explicit(&in_use, NULL, memory_order_release);
    return true;
  }
  if (!lkv_wisdom_check(wisdom, error, error_size)) return false;
  policy *p = malloc(sizeof *p);
  if (p) p->landmarks = landmarks_make(wisdom);
  if (!p || !p->landmarks) {
    free(p);
    return lkv_fail(error, error_size, "out of memory for wisdom");
  }
  static _Atomic(const policy *) newest;
  p->before = atomic_exchange(&newest, p);
  atomic_store_explicit(&in_use, p, memory_order_release);
  return true;
}

bool lkv_use_wisdom_file(const char *path, char *error, size_t error_size) {
  lkv_wisdom *w;
  char why[512];
  if (!lkv_wisdom_read(path, &w, error, error_size)) return false;
  const bool ok = lkv_use_wisdom(w, why, sizeof why) ||
                  lkv_fail(error, error_size, "%s: %s", path, why);
  lkv_wisdom_free(w);
  return ok;
}

/* `out` becomes the choice of a kernel with such tiles. Member by member: a struct is
 * copied by vectors, which wait for what was just stored in words. */
static inline void tell(const lkv_kernel *kernel, const lkv_problem *problem,
                        size_t tile_q, size_t tile_k, lkv_choice *out) {
  out->kernel = kernel;
  out->problem = (lkv_problem){.batch = problem->batch,
                               .seq_len = problem->seq_len,
                               .heads = problem->heads,
                               .head_dim = problem->head_dim,
                               .tile_q = tile_q,
                               .tile_k = tile_k,
                               .eps = problem->eps};
}

static lkv_status settle(const question *q, lkv_choice *out) {
  return fit_problem(out->kernel, &out->problem, (lkv_stage)q->stage, q->threads,
                     &out->workspace_bytes);
}

static lkv_status by_rule(const question *q, const lkv_problem *problem,
                          lkv_choice *out) {
  const bool is_short = problem->seq_len - problem->seq_len / 2 <= problem->head_dim;
  lkv_status why = LKV_UNSUPPORTED;
  out->by_wisdom = false;
  for (const lkv_kernel *const *k = rule_kernels((lkv_dtype)q->type, is_short); *k; k++) {
    tell(*k, problem, 0, 0, out);
    const lkv_status status = settle(q, out);
    if (status == LKV_OK) return LKV_OK;
    if (status != LKV_UNSUPPORTED) why = status;
  }
  return why;
}

static lkv_status choose(const question *q, const lkv_problem *problem, lkv_choice *out) {
  if (!q->batch || !q->seq_len || !q->heads || !q->head_dim || !q->threads)
    return LKV_INVALID;
  if (q->stage != LKV_STAGE_ATTENTION && q->stage != LKV_STAGE_BLOCK) return LKV_INVALID;
  if (q->type >= LKV_DTYPE_COUNT) return LKV_INVALID;
  if (q->policy) {
    const landmark *l = landmarks_nearest(q->policy->landmarks, (lkv_stage)q->stage,
                                          (lkv_dtype)q->type, problem, q->threads);
    if (l) {
      tell(l->kernel, problem, l->tile_q, l->tile_k, out);
      out->by_wisdom = true;
      if (settle(q, out) == LKV_OK) return LKV_OK;
    }
  }
  return by_rule(q, problem, out);
}

static bool same_question(const question *a, const question *b) {
  return a->policy == b->policy && a->batch == b->batch && a->seq_len == b->seq_len &&
         a->heads == b->heads && a->head_dim == b->head_dim && a->threads == b->threads &&
         a->stage == b->stage && a->type == b->type;
}

/* Products that do not wait for each other, by odd numbers. */
static size_t slot_of(const question *q) {
  const uint64_t hash =
      (q->batch + q->stage * 16 + q->type) * UINT64_C(0x9e3779b97f4a7c15) +
      q->seq_len * UINT64_C(0xbf58476d1ce4e5b9) +
      q->heads * UINT64_C(0x94d049bb133111eb) +
      q->head_dim * UINT64_C(0xd6e8feb86659fd93) +
      q->threads * UINT64_C(0xff51afd7ed558ccd);
  return (hash >> 32) % SLOTS;
}

static void remember(const question *q, const lkv_choice *c, answer *out) {
  out->question = *q;
  out->kernel = c->kernel;
  out->tile_q = c->problem.tile_q;
  out->tile_k = c->problem.tile_k;
  out->workspace_bytes = c->workspace_bytes;
  out->by_wisdom = c->by_wisdom;
}

static void recall(const answer *a, const lkv_problem *problem, lkv_choice *out) {
  tell(a->kernel, problem, a->tile_q, a->tile_k, out);
  out->workspace_bytes = a->workspace_bytes;
  out->by_wisdom = a->by_wisdom;
}

lkv_status lkv_choose(lkv_stage stage, lkv_dtype type, const lkv_problem *problem,
                      size_t threads, lkv_choice *out) {
  const question q = {.policy = atomic_load_explicit(&in_use, memory_order_acquire),
                      .batch = problem->batch,
                      .seq_len = problem->seq_len,
                      .heads = problem->heads,
                      .head_dim = problem->head_dim,
                      .threads = threads,
                      .stage = (size_t)stage,
                      .type = (size_t)type};
  answer *a = &answers[slot_of(&q)];
  if (a->kernel && same_question(&a->question, &q)) {
    recall(a, problem, out);
    return LKV_OK;
  }
  const lkv_status status = choose(&q, problem, out);
  if (status == LKV_OK) remember(&q, out, a);
  return status;
}

/* A thread's workspace; freed when it ends. */
typedef struct scratch {
  void *memory;
  size_t bytes;
} scratch;
static _Thread_local scratch workspace;
static pthread_key_t at_end;
static bool at_end_made;

static void free_scratch(void *of_thread) {
  scratch *s = of_thread;
  free(s->memory);
  *s = (scratch){0};
}

static void make_key(void) {
  at_end_made = pthread_key_create(&at_end, free_scratch) == 0;
}

void lkv_release_workspace(void) {
  free_scratch(&workspace);
}

/* NULL where there is no memory. */
static void *workspace_of(size_t bytes) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  if (workspace.bytes >= bytes && workspace.memory) return workspace.memory;
  pthread_once(&once, make_key);
  lkv_release_workspace();
  if (posix_memalign(&workspace.memory, LKV_WORKSPACE_ALIGNMENT, bytes ? bytes : 1)) {
    workspace.memory = NULL;
    return NULL;
  }
  workspace.bytes = bytes;
  if (at_end_made) pthread_setspecific(at_end, &workspace);
  return workspace.memory;
}

static lkv_status run(lkv_dtype type, const lkv_problem *problem,
                      const lkv_inputs *inputs, size_t threads, void *y) {
  lkv_choice choice;
  if (!problem) return LKV_INVALID;
  const lkv_status status = lkv_choose(inputs->stage, type, problem, threads, &choice);
  if (status != LKV_OK) return status;
  void *memory = workspace_of(choice.workspace_bytes);
  if (!memory) return LKV_TOO_LARGE;
  return lkv_run(choice.kernel, &choice.problem, inputs, threads, memory, y);
}

lkv_status lkv_attention(lkv_dtype type, const lkv_problem *problem,
                         const void *const operand[LKV_OPERANDS], size_t threads,
                         void *y) {
  lkv_inputs inputs = {.stage = LKV_STAGE_ATTENTION};
  memcpy((void *)inputs.operand, (const void *)operand, sizeof inputs.operand);
  return run(type, problem, &inputs, threads, y);
}

lkv_status lkv_block(lkv_dtype type, const lkv_problem *problem, const void *x,
                     const void *const weight[LKV_OPERANDS], size_t threads, void *y) {
  lkv_inputs inputs = {.stage = LKV_STAGE_BLOCK, .x = x};
  memcpy((void *)inputs.weight, (const void *)weight, sizeof inputs.weight);
  return run(type, problem, &inputs, threads, y);
}
