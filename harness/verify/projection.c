/* Per operand: X W, |X| |W| and X^2 W^2 in float64, then every element:
 * det: gamma_M |x| |W|; stat: k u sqrt(M (x^2 W^2 + (x W)^2) / 3); and the rounding to
 * the operands' type. */
#include "projection.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "bound.h"
#include "oracle.h"

/* Of the largest number: rounding may take a sum, or a factor in a narrower type, past
 * it. */
#define RANGE_MARGIN 0x1p-8

typedef struct products {
  double *value, *absolute, *square, *x, *w; /* x, w: absolute values, then squares */
  double *room;
} products;

static bool products_make(products *p, size_t rows, size_t dim, error *err) {
  p->room = calloc(4 * rows * dim + dim * dim, sizeof *p->room);
  if (!p->room)
    return error_set(err, "projections: out of memory for %zu x %zu", rows, dim);
  p->value = p->room;
  p->absolute = p->value + rows * dim;
  p->square = p->absolute + rows * dim;
  p->x = p->square + rows * dim;
  p->w = p->x + rows * dim;
  return true;
}

static void multiply(products *p, size_t rows, size_t dim, const double *x,
                     const double *w) {
  oracle_project(rows, dim, dim, x, w, p->value);
  for (size_t i = 0; i < rows * dim; i++) p->x[i] = fabs(x[i]);
  for (size_t i = 0; i < dim * dim; i++) p->w[i] = fabs(w[i]);
  oracle_project(rows, dim, dim, p->x, p->w, p->absolute);
  for (size_t i = 0; i < rows * dim; i++) p->x[i] *= p->x[i];
  for (size_t i = 0; i < dim * dim; i++) p->w[i] *= p->w[i];
  oracle_project(rows, dim, dim, p->x, p->w, p->square);
}

static double ratio(double distance, double granted) {
  const double r = distance == 0 ? 0 : distance / granted;
  return isnan(r) ? INFINITY : r;
}

/* Whether there is nothing to compare: the product is not finite, and what was made
 * neither, or a sum of that size may leave the range of `type`, and did. A NaN must show.
 */
static bool out_of_range(double wanted, double absolute, double made, lkv_dtype type) {
  if (isfinite(made)) return isinf(wanted);
  const double largest = type == LKV_FLOAT64 ? DBL_MAX : FLT_MAX;
  return !(absolute <= largest * (1 - RANGE_MARGIN));
}

static void compare(const products *p, gauge_precision of, lkv_dtype type, size_t rows,
                    size_t dim, int operand, const double *made,
                    projection_verdict *out) {
  const double M = (double)dim;
  const gauge g = {.of = {.unit = of.unit}, .noise = true};
  const double both = of.unit <= GAUGE_FLOAT64 ? 2 : 1; /* the products here err too */
  const double worst = both * gauge_worst(g, M), tiny = 2 * M * gauge_tiny(g);
  for (size_t i = 0; i < rows * dim; i++) {
    if (out_of_range(p->value[i], p->absolute[i], made[i], type)) continue;
    const double v = p->value[i], det = worst * p->absolute[i] + tiny;
    const double noise =
        both * GAUGE_SIGMAS * of.unit * sqrt(M * (p->square[i] + v * v) / 3) + tiny;
    const double stat = fmin(noise, det), distance = fabs(made[i] - v);
    const double r = ratio(distance, stat + of.operand * (fabs(v) + stat));
    out->r_det_max =
        fmax(out->r_det_max, ratio(distance, det + of.operand * (fabs(v) + det)));
    if (!(r > out->r_stat_max) && out->operand >= 0) continue;
    *out = (projection_verdict){out->r_det_max, r, operand, i / dim, i % dim, made[i], v};
  }
}

bool projection_judge(const lin_case *c, precision of,
                      const double *const made[LKV_OPERANDS], projection_verdict *out,
                      error *err) {
  const size_t rows = c->problem.batch * c->problem.seq_len;
  const size_t dim = c->problem.heads * c->problem.head_dim;
  lin_case rounded = {0}, wide = {0};
  products p = {0};
  *out = (projection_verdict){.operand = -1};
  const tensor_type type = case_type_for(c->stage, of.operand_type, of.output_type);
  const bool ok = case_convert(c, type, &rounded, err) &&
                  case_convert(&rounded, TENSOR_FLOAT64, &wide, err) &&
                  products_make(&p, rows, dim, err);
  for (int o = 0; ok && o < LKV_OPERANDS; o++) {
    multiply(&p, rows, dim, wide.x.data, wide.operand[o].data);
    compare(&p, precision_gauge(of, c->stage), of.output_type, rows, dim, o, made[o],
            out);
  }
  free(p.room);
  case_free(&wide);
  case_free(&rounded);
  return ok;
}
