/* Trying kernels by a law: both sides are made once, every kernel runs them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inputs.h"
#include "law.h"
#include "precision.h"

enum { TILE = 16, SEED = 1 };

#define EPS 1e-6

static const lkv_problem common[] = {
    {.batch = 2, .seq_len = 13, .heads = 3, .head_dim = 10, .tile_q = 4, .tile_k = 4},
    {.batch = 1, .seq_len = 37, .heads = 1, .head_dim = 16, .tile_q = 16, .tile_k = 16},
    {.batch = 3, .seq_len = 32, .heads = 1, .head_dim = 7, .tile_q = 5, .tile_k = 5},
};
static const lkv_problem lengthy[] = {
    {.batch = 1, .seq_len = 180, .heads = 1, .head_dim = 20, .tile_q = 7, .tile_k = 0},
    {.batch = 1, .seq_len = 140, .heads = 3, .head_dim = 3},
    {.batch = 1, .seq_len = 70, .heads = 1, .head_dim = 64, .tile_q = 16},
    {.batch = 1, .seq_len = 260, .heads = 1, .head_dim = 9, .tile_q = 200},
};
static const size_t edge_t[] = {1, 2, TILE - 1, TILE, TILE + 1, 3 * TILE + 5};
static const size_t edge_d[] = {1, 7, 8, 15, 16, 64, 65, 128};
enum {
  EDGE_T = sizeof edge_t / sizeof *edge_t,
  EDGE_D = sizeof edge_d / sizeof *edge_d,
};

static size_t shape_count(law_shapes set) {
  switch (set) {
    case LAW_COMMON:
      return sizeof common / sizeof *common;
    case LAW_LONG:
      return sizeof lengthy / sizeof *lengthy;
    case LAW_EDGES:
      return EDGE_D;
    default:
      return (size_t)EDGE_D * EDGE_T;
  }
}

/* Edges: three heads where a row is short. */
static lkv_problem edge(size_t d, size_t t) {
  return (lkv_problem){.batch = 1,
                       .seq_len = edge_t[t],
                       .heads = edge_d[d] < 16 ? 3 : 1,
                       .head_dim = edge_d[d],
                       .tile_q = TILE,
                       .tile_k = TILE};
}

static lkv_problem shape_at(law_shapes set, size_t i) {
  lkv_problem p = set == LAW_COMMON  ? common[i]
                  : set == LAW_LONG  ? lengthy[i]
                  : set == LAW_EDGES ? edge(i, EDGE_T - 1 - i % EDGE_T)
                                     : edge(i / EDGE_T, i % EDGE_T);
  p.eps = EPS;
  return p;
}

static size_t regimes_of(const lin_law *l) {
  return l->regime[1] ? 2 : 1;
}

size_t law_trials(const lin_law *l) {
  return regimes_of(l) * shape_count(l->shapes);
}

static const char *regime_of(const lin_law *l, size_t index) {
  return l->regime[index / shape_count(l->shapes)];
}

static lkv_problem problem_of(const lin_law *l, size_t index) {
  return shape_at(l->shapes, index % shape_count(l->shapes));
}

const char *law_trial_text(const lin_law *l, size_t index, char *buffer, size_t size) {
  const lkv_problem p = problem_of(l, index);
  snprintf(buffer, size, "%s B=%zu T=%zu H=%zu d=%zu tiles %zu %zu", regime_of(l, index),
           p.batch, p.seq_len, p.heads, p.head_dim, p.tile_q, p.tile_k);
  return buffer;
}

static bool make_changed(law_trial *t, error *err) {
  t->to = calloc(t->law->variants, sizeof *t->to);
  t->bound = calloc(1 + t->law->variants, sizeof *t->bound);
  if (!t->to || !t->bound) return error_set(err, "out of memory for a law");
  for (size_t v = 0; v < t->law->variants; v++) {
    t->to[v].how = t->from.how;
    if (!case_convert(&t->from.inputs, TENSOR_FLOAT32, &t->to[v].inputs, err) ||
        (t->law->change && !t->law->change(&t->to[v], v, err)))
      return false;
  }
  return true;
}

bool law_trial_make(law_trial *t, const lin_law *l, size_t index, error *err) {
  const lkv_problem p = problem_of(l, index);
  *t = (law_trial){.law = l, .regime = regime_of(l, index)};
  t->from.how =
      (probe){.tiles = {.q = p.tile_q, .k = p.tile_k}, .threads = 1, .poison = PROBE_NAN};
  if (!inputs_make(regime_find(t->regime), SEED, LKV_STAGE_ATTENTION, &p, &t->from.inputs,
                   err))
    return false;
  if (l->prepare) l->prepare(&t->from.inputs);
  if (make_changed(t, err)) return true;
  law_trial_free(t);
  return false;
}

void law_trial_free(law_trial *t) {
  for (size_t v = 0; t->to && v < t->law->variants; v++) case_free(&t->to[v].inputs);
  for (size_t i = 0; t->bound && i <= t->law->variants; i++)
    bounds_set_free(&t->bound[i]);
  free(t->to);
  free(t->bound);
  case_free(&t->from.inputs);
  *t = (law_trial){0};
}

/* Bounds of the unchanged side (0) or of a variant (1 + v). */
static const bounds *bounds_of(law_trial *t, size_t side, const lkv_kernel *kernel,
                               error *err) {
  const size_t which = t->law->same_inputs ? 0 : side;
  bounds_set *set = &t->bound[which];
  set->given = which ? &t->to[which - 1].inputs : &t->from.inputs;
  return bounds_set_get(set, precision_of(kernel), err);
}

/* What one kernel's try works with, all of the changed side's shape but `from`. */
typedef struct attempt {
  law_trial *t;
  const lkv_kernel *kernel;
  size_t variant;
  double *from; /* y of the unchanged side */
  double *got;  /* y of the changed side */
  double *expected;
  double *allowed; /* by LAW_BOUND */
} attempt;

static bool same_number(double a, double b) {
  return isnan(a) ? isnan(b) : a == b && !signbit(a) == !signbit(b);
}

static void breach(const attempt *a, law_outcome *out, size_t e, double allowed) {
  const lkv_problem *p = &a->t->to[a->variant].inputs.problem;
  const size_t d = p->head_dim, H = p->heads, T = p->seq_len;
  char within[48] = "";
  out->state = LAW_BROKEN;
  if (a->t->law->kind == LAW_BOUND) snprintf(within, sizeof within, " +- %.3g", allowed);
  snprintf(out->text, sizeof out->text,
           "variant %zu: y[b=%zu, t=%zu, h=%zu, c=%zu] = %.9g, not %.9g%s", a->variant,
           e / d / H / T, e / d / H % T, e / d % H, e % d, a->got[e], a->expected[e],
           within);
}

/* Whether the oracle has something to say of an element: elsewhere it is not compared. */
static bool holds(const attempt *a, size_t e, law_outcome *out) {
  if (a->t->law->kind == LAW_BITS) {
    out->compared++;
    if (same_number(a->got[e], a->expected[e])) return true;
    breach(a, out, e, 0);
    return false;
  }
  const double allowed = a->allowed[e], distance = fabs(a->got[e] - a->expected[e]);
  if (!isfinite(allowed)) return true;
  out->compared++;
  if (!(distance <= allowed)) {
    breach(a, out, e, allowed);
    return false;
  }
  if (distance > out->largest * allowed) out->largest = distance / allowed;
  return true;
}

static void compare(const attempt *a, law_outcome *out) {
  const law_side *side = &a->t->to[a->variant];
  const lkv_problem *p = &side->inputs.problem;
  const size_t d = p->head_dim, count = probe_count(&side->inputs);
  for (size_t e = 0; e < count; e++) {
    const size_t token = e / d / p->heads % p->seq_len;
    if (a->t->law->counts && !a->t->law->counts(side, a->variant, token, e % d)) continue;
    if (!holds(a, e, out)) return;
  }
}

static void map(const attempt *a, const double *given, double *expected) {
  const law_side *to = &a->t->to[a->variant];
  if (a->t->law->map)
    a->t->law->map(&a->t->from, to, a->variant, given, expected);
  else
    memcpy(expected, given, probe_count(&to->inputs) * sizeof *expected);
}

/* By LAW_BOUND: what the changed side's bound allows, and the unchanged one's beside it.
 */
static bool make_allowed(attempt *a, const bounds *to, error *err) {
  const size_t count = probe_count(&a->t->to[a->variant].inputs);
  memset(a->allowed, 0, count * sizeof *a->allowed);
  if (!a->t->law->closed) {
    const bounds *from = bounds_of(a->t, 0, a->kernel, err);
    if (!from) return false;
    map(a, from->stat, a->allowed);
  }
  for (size_t e = 0; e < count; e++)
    a->allowed[e] += to->row[e / to->head_dim].finite ? to->stat[e] : INFINITY;
  return true;
}

/* A closed form of the inputs as the kernel's type rounds them. */
static bool expect_closed(attempt *a, const bounds *oracle, error *err) {
  const lin_case *c = &a->t->to[a->variant].inputs;
  const tensor_type type =
      case_type_for(c->stage, a->kernel->operand_type, a->kernel->output_type);
  lin_case rounded = {0}, taken = {0};
  const bool ok = case_convert(c, type, &rounded, err) &&
                  case_convert(&rounded, TENSOR_FLOAT32, &taken, err);
  if (ok) a->t->law->closed(&taken, oracle, a->expected);
  case_free(&rounded);
  case_free(&taken);
  return ok;
}

/* False with `out` filled where the kernel fails. */
static bool call(const attempt *a, const law_side *side, double *y, law_outcome *out) {
  error why;
  if (probe_run(a->kernel, &side->inputs, &side->how, y, &why)) return true;
  out->state = LAW_BROKEN;
  snprintf(out->text, sizeof out->text, "variant %zu: %.200s", a->variant, why.text);
  return false;
}

static bool try_variant(attempt *a, law_outcome *out, error *err) {
  const lin_law *l = a->t->law;
  const law_side *to = &a->t->to[a->variant];
  if (!call(a, to, a->got, out)) return true;
  const bounds *b = NULL;
  if (l->kind == LAW_BOUND) {
    b = bounds_of(a->t, 1 + a->variant, a->kernel, err);
    if (!b || !make_allowed(a, b, err)) return false;
  }
  if (!l->closed)
    map(a, a->from, a->expected);
  else if (!expect_closed(a, b, err))
    return false;
  compare(a, out);
  return true;
}

static bool excused(const law_trial *t, const lkv_kernel *kernel, law_outcome *out) {
  lkv_problem p = t->from.inputs.problem;
  const char *why = t->law->excuse ? t->law->excuse(kernel) : NULL;
  p.tile_q = t->from.how.tiles.q;
  p.tile_k = t->from.how.tiles.k;
  if (!why && lkv_check(kernel, &p, &why) == LKV_OK) return false;
  out->state = LAW_EXCUSED;
  snprintf(out->text, sizeof out->text, "%s", why);
  return true;
}

static size_t largest_count(const law_trial *t) {
  size_t count = probe_count(&t->from.inputs);
  for (size_t v = 0; v < t->law->variants; v++)
    if (probe_count(&t->to[v].inputs) > count) count = probe_count(&t->to[v].inputs);
  return count;
}

bool law_try(law_trial *t, const lkv_kernel *kernel, law_outcome *out, error *err) {
  *out = (law_outcome){.state = LAW_BEGUN};
  if (excused(t, kernel, out)) return true;
  const size_t count = largest_count(t);
  double *room = calloc(4 * count, sizeof *room);
  if (!room) return error_set(err, "out of memory for a law");
  attempt a = {t, kernel, 0, room, room + count, room + 2 * count, room + 3 * count};
  bool ok = true;
  if (t->law->closed || call(&a, &t->from, a.from, out))
    for (; ok && out->state == LAW_BEGUN && a.variant < t->law->variants; a.variant++)
      ok = try_variant(&a, out, err);
  if (out->state == LAW_BEGUN) out->state = out->compared ? LAW_HELD : LAW_EMPTY;
  free(room);
  return ok;
}
