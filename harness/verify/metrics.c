#include "metrics.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* The unit in the last place of a value rounded to float32. */
static double last_place(double value) {
  const float rounded = (float)value;
  int exponent = FLT_MIN_EXP;
  if (rounded != 0) frexpf(rounded, &exponent);
  return ldexp(1, (exponent > FLT_MIN_EXP ? exponent : FLT_MIN_EXP) - FLT_MANT_DIG);
}

/* Whether a value is finite when it is rounded to `type`. */
static bool finite_in(double value, lkv_dtype type) {
  return type == LKV_FLOAT32 ? isfinite((float)value) : isfinite(value);
}

/* NaN-proof: a NaN never gets in, since both sides were found finite. */
static void keep_largest(double *max, double value) {
  if (!(value <= *max)) *max = value;
}

static double row_scale(size_t n, const double *row, lkv_dtype type) {
  double scale = 0;
  for (size_t c = 0; c < n; c++)
    if (finite_in(row[c], type) && fabs(row[c]) > scale) scale = fabs(row[c]);
  return scale;
}

/* Sums of squares, in a type whose range they never leave. */
typedef struct squares {
  long double error, oracle;
} squares;

static void take_worst(metrics *m, element at, double got, double want) {
  m->worst = at;
  m->worst_output = got;
  m->worst_oracle = want;
}

/* One element where the oracle is finite; `scale` is max|oracle| of its row. */
static void compare(metrics *m, squares *sum, element at, double got, double want,
                    double scale) {
  const bool first = m->compared++ == 0;
  keep_largest(&m->max_oracle, fabs(want));
  if (!isfinite(got)) {
    if (m->nonfinite++ == 0) take_worst(m, at, got, want);
    nonfinite_note(&m->map, at, got);
    ulp_histogram_count(&m->ulp, INFINITY);
    return;
  }
  const double distance = fabs(got - want);
  const double relative = distance == 0 ? 0 : distance / scale;
  const long double exact = (long double)got - want;
  if (m->nonfinite == 0 && (first || relative > m->max_rel)) take_worst(m, at, got, want);
  keep_largest(&m->max_abs, distance);
  keep_largest(&m->max_rel, relative);
  const double units = distance / last_place(want);
  keep_largest(&m->max_ulp, units);
  ulp_histogram_count(&m->ulp, fmin(units, DBL_MAX));
  sum->error += exact * exact;
  sum->oracle += (long double)want * want;
}

element bounds_element(const bounds *b, size_t heads, size_t index) {
  return (element){.batch = index / heads / b->tokens,
                   .token = bounds_token(b, index / heads % b->tokens),
                   .head = index % heads};
}

metrics metrics_of(const lkv_problem *shape, lkv_dtype type, const double *y,
                   const double *oracle) {
  const bounds all = {.rows = shape->batch * shape->seq_len * shape->heads,
                      .head_dim = shape->head_dim,
                      .tokens = shape->seq_len,
                      .y = (double *)oracle};
  return metrics_of_rows(shape, type, y, &all);
}

metrics metrics_of_rows(const lkv_problem *shape, lkv_dtype type, const double *y,
                        const bounds *b) {
  const size_t d = shape->head_dim, H = shape->heads, T = shape->seq_len;
  metrics m = {0};
  squares sum = {0};

  for (size_t row = 0; row < b->rows; row++) {
    const double scale = row_scale(d, b->y + row * d, type);
    element at = bounds_element(b, H, row);
    const size_t first = ((at.batch * T + at.token) * H + at.head) * d;
    for (size_t c = 0; c < d; c++) {
      at.column = c;
      const double got = y[first + c], want = b->y[row * d + c];
      if (finite_in(want, type)) {
        compare(&m, &sum, at, got, want, scale);
      } else {
        m.oracle_nonfinite++;
        if (isfinite(got)) m.swallowed++;
      }
    }
  }
  m.nmse = sum.error == 0 ? 0 : (double)(sum.error / sum.oracle);
  m.rms_rel = sum.error == 0 ? 0 : (double)sqrtl(sum.error / sum.oracle);
  if (m.nonfinite) m.max_abs = m.max_rel = m.rms_rel = m.nmse = m.max_ulp = INFINITY;
  if (type != LKV_FLOAT32) {
    m.max_ulp = NAN;
    m.ulp = (ulp_histogram){0};
  }
  if (!m.compared) m.max_abs = m.max_rel = m.rms_rel = m.nmse = m.max_ulp = NAN;
  return m;
}

const char *metrics_worst_text(const metrics *m, char *buffer, size_t size) {
  if (!m->compared)
    snprintf(buffer, size, "none: the oracle is finite nowhere");
  else
    snprintf(buffer, size, "y[b=%zu, t=%zu, h=%zu, c=%zu] = %.9g, oracle %.9g",
             m->worst.batch, m->worst.token, m->worst.head, m->worst.column,
             m->worst_output, m->worst_oracle);
  return buffer;
}
