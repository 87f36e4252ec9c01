#include "metrics.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* The unit in the last place of a value rounded to `type`. */
static double last_place(double value, lkv_dtype type) {
  const int digits = type == LKV_FLOAT32 ? FLT_MANT_DIG : DBL_MANT_DIG;
  const int lowest = type == LKV_FLOAT32 ? FLT_MIN_EXP : DBL_MIN_EXP;
  int exponent = lowest;
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

metrics metrics_of(const lkv_problem *shape, lkv_dtype type, const double *y,
                   const double *oracle) {
  const size_t d = shape->head_dim, H = shape->heads, T = shape->seq_len;
  metrics m = {0};
  double error_squares = 0, oracle_squares = 0;
  size_t compared = 0;
  double worst = -1;

  for (size_t row = 0; row < shape->batch * T * H; row++) {
    const double scale = row_scale(d, oracle + row * d);
    for (size_t c = 0; c < d; c++) {
      const double got = y[row * d + c], want = oracle[row * d + c];
      double relative;
      if (!isfinite(want)) {
        m.oracle_nonfinite++;
        continue;
      }
      compared++;
      keep_largest(&m.max_oracle, fabs(want));
      if (!isfinite(got)) {
        m.nonfinite++;
        relative = INFINITY;
      } else {
        const double error = fabs(got - want);
        relative = error == 0 ? 0 : error / scale;
        keep_largest(&m.max_abs, error);
        keep_largest(&m.max_rel, relative);
        keep_largest(&m.max_ulp, error / last_place(want, type));
        error_squares += error * error;
        oracle_squares += want * want;
      }
      if (relative > worst) {
        worst = relative;
        m.worst = (element){row / H / T, row / H % T, row % H, c};
        m.worst_output = got;
        m.worst_oracle = want;
      }
    }
  }
  m.rms_rel = error_squares == 0 ? 0 : sqrt(error_squares / oracle_squares);
  if (m.nonfinite) m.max_abs = m.max_rel = m.rms_rel = m.max_ulp = INFINITY;
  if (!compared) m.max_abs = m.max_rel = m.rms_rel = m.max_ulp = NAN;
  return m;
}

const char *metrics_worst_text(const metrics *m, char *buffer, size_t size) {
  snprintf(buffer, size, "y[b=%zu, t=%zu, h=%zu, c=%zu] = %.9g, oracle %.9g",
           m->worst.batch, m->worst.token, m->worst.head, m->worst.column,
           m->worst_output, m->worst_oracle);
  return buffer;
}
