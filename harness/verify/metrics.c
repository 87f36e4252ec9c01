#include "metrics.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* The unit in the last place of a value rounded to `type`. */
static double last_place(double value, lkv_dtype type) {
  const int digits = type == LKV_FLOAT32 ? FLT_MANT_DIG : DBL_MANT_DIG;
  const int lowest = type == LKV_FLOAT32 ? FLT_MIN_EXP : DBL_MIN_EXP;
  int exponent = lowest;
  if (type == LKV_FLOAT32) value = (float)value;
  if (isinf(value)) value = FLT_MAX;
  if (value != 0) frexp(value, &exponent);
  return ldexp(1, (exponent > lowest ? exponent : lowest) - digits);
}

/* NaN-proof: a NaN never gets in, since both sides were found finite. */
static void keep_largest(double *max, double value) {
  if (!(value <= *max)) *max = value;
}

static double row_scale(size_t n, const double *row) {
  double scale = 0;
  for (size_t c = 0; c < n; c++)
    if (isfinite(row[c]) && fabs(row[c]) > scale) scale = fabs(row[c]);
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
static void compare(metrics *m, squares *sum, lkv_dtype type, element at, double got,
                    double want, double scale) {
  const bool first = m->compared++ == 0;
  keep_largest(&m->max_oracle, fabs(want));
  if (!isfinite(got)) {
    if (m->nonfinite++ == 0) take_worst(m, at, got, want);
    return;
  }
  const double error = fabs(got - want);
  const double relative = error == 0 ? 0 : error / scale;
  const long double exact = (long double)got - want;
  if (m->nonfinite == 0 && (first || relative > m->max_rel)) take_worst(m, at, got, want);
  keep_largest(&m->max_abs, error);
  keep_largest(&m->max_rel, relative);
  keep_largest(&m->max_ulp, error / last_place(want, type));
  sum->error += exact * exact;
  sum->oracle += (long double)want * want;
}

metrics metrics_of(const lkv_problem *shape, lkv_dtype type, const double *y,
                   const double *oracle) {
  const size_t d = shape->head_dim, H = shape->heads, T = shape->seq_len;
  metrics m = {0};
  squares sum = {0};

  for (size_t row = 0; row < shape->batch * T * H; row++) {
    const double scale = row_scale(d, oracle + row * d);
    for (size_t c = 0; c < d; c++) {
      const element at = {row / H / T, row / H % T, row % H, c};
      if (isfinite(oracle[row * d + c]))
        compare(&m, &sum, type, at, y[row * d + c], oracle[row * d + c], scale);
      else
        m.oracle_nonfinite++;
    }
  }
  m.rms_rel = sum.error == 0 ? 0 : (double)sqrtl(sum.error / sum.oracle);
  if (m.nonfinite) m.max_abs = m.max_rel = m.rms_rel = m.max_ulp = INFINITY;
  if (!m.compared) m.max_abs = m.max_rel = m.rms_rel = m.max_ulp = NAN;
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
