#include "reference.h"

#include <fenv.h>
#include <math.h>
#include <stdlib.h>

#include "oracle.h"

/* The operands of a case in float64; for the block stage projected, and, where asked,
 * with the magnitudes that went into each product. */
typedef struct projected {
  magnitude_operands view;
  double *room; /* what `view` does not borrow from `wide` */
  lin_case wide;
} projected;

enum { VALUE, ABSOLUTE, SQUARE, PARTS };

static void map(size_t count, const double *from, double *to, int part) {
  for (size_t i = 0; i < count; i++)
    to[i] = part == ABSOLUTE ? fabs(from[i]) : from[i] * from[i];
}

/* |x| |W|, or x^2 W^2 + (x W)^2. */
static void project_sizes(size_t rows, size_t dim, const tensor *x, const tensor *w,
                          int part, const double *product, double *room, double *out) {
  double *sizes_w = room + rows * dim;
  map(rows * dim, x->data, room, part);
  map(dim * dim, w->data, sizes_w, part);
  oracle_project(rows, dim, dim, room, sizes_w, out);
  for (size_t i = 0; part == SQUARE && i < rows * dim; i++)
    out[i] += product[i] * product[i];
}

static bool project_operands(const lin_case *c, bool sizes, projected *out, error *err) {
  const size_t rows = c->problem.batch * c->problem.seq_len;
  const size_t dim = c->problem.heads * c->problem.head_dim, each = rows * dim;
  const size_t parts = sizes ? PARTS : 1;
  out->room = calloc(LKV_OPERANDS * parts * each + (sizes ? each + dim * dim : 0),
                     sizeof *out->room);
  if (!out->room)
    return error_set(err, "oracle: out of memory for %zu x %zu operands", rows, dim);
  double *scratch = out->room + LKV_OPERANDS * parts * each;
  if (sizes) out->view.inner = dim;
  for (size_t o = 0; o < LKV_OPERANDS; o++) {
    double *at = out->room + o * parts * each;
    const tensor *x = &out->wide.x, *w = &out->wide.operand[o];
    oracle_project(rows, dim, dim, x->data, w->data, at);
    out->view.value[o] = at;
    if (!sizes) continue;
    project_sizes(rows, dim, x, w, ABSOLUTE, at, scratch, at + each);
    project_sizes(rows, dim, x, w, SQUARE, at, scratch, at + 2 * each);
    out->view.absolute[o] = at + each;
    out->view.square[o] = at + 2 * each;
  }
  return true;
}

static bool open_operands(const lin_case *c, bool sizes, projected *out, error *err) {
  *out = (projected){0};
  if (!case_convert(c, TENSOR_FLOAT64, &out->wide, err)) return false;
  if (c->stage == LKV_STAGE_BLOCK) return project_operands(c, sizes, out, err);
  for (int o = 0; o < LKV_OPERANDS; o++) out->view.value[o] = out->wide.operand[o].data;
  return true;
}

static void close_operands(projected *p) {
  free(p->room);
  case_free(&p->wide);
}

static oracle_shape shape_of(const lkv_problem *p) {
  return (oracle_shape){p->batch, p->seq_len, p->heads, p->head_dim};
}

static double *compute_reference(const lin_case *c, error *err) {
  const lkv_problem *p = &c->problem;
  const size_t rows = p->batch * p->seq_len, dim = p->heads * p->head_dim;
  const oracle_shape shape = shape_of(p);
  projected operands;
  double *y = NULL;
  bool ok = open_operands(c, false, &operands, err);
  if (ok && !(y = calloc(rows * dim, sizeof *y)))
    ok = error_set(err, "oracle: out of memory for an output of %zu x %zu", rows, dim);
  if (ok && !oracle_attention(&shape, p->eps, operands.view.value, y, NULL, err)) {
    free(y);
    y = NULL;
  }
  close_operands(&operands);
  return y;
}

static bool compute_bounds(const lin_case *c, precision of, sample_rule rule, bounds *out,
                           error *err) {
  const oracle_shape shape = shape_of(&c->problem);
  const tensor_type type = case_type_for(c->stage, of.operand_type, of.output_type);
  lin_case rounded;
  projected operands;
  if (!case_convert(c, type, &rounded, err)) return false;
  const bool ok = open_operands(&rounded, true, &operands, err) &&
                  bounds_make(&shape, c->problem.eps, &operands.view,
                              precision_gauge(of, c->stage), rule, out, err);
  close_operands(&operands);
  case_free(&rounded);
  return ok;
}

/* Whatever a kernel did to the floating-point environment must not reach the oracle. */
double *reference_output(const lin_case *c, error *err) {
  fenv_t environment;
  fegetenv(&environment);
  fesetenv(FE_DFL_ENV);
  double *y = compute_reference(c, err);
  fesetenv(&environment);
  return y;
}

bool reference_bounds(const lin_case *c, precision of, sample_rule rule, bounds *out,
                      error *err) {
  fenv_t environment;
  fegetenv(&environment);
  fesetenv(FE_DFL_ENV);
  const bool ok = compute_bounds(c, of, rule, out, err);
  fesetenv(&environment);
  return ok;
}
