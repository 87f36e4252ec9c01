/* How far an output is from the oracle's. */
#ifndef VERIFY_METRICS_H
#define VERIFY_METRICS_H

#include "bound.h"
#include "element.h"
#include "linkv/problem.h"
#include "nonfinite.h"
#include "ulp_histogram.h"

/* An element is compared where the oracle is finite, also when rounded to `type`. Where
 * some output is not finite though the oracle's is, every error is infinite; NaN where
 * nothing could be compared. */
typedef struct metrics {
  double max_abs; /* |y - oracle| */
  double max_rel; /* |y - oracle| over max|oracle| of the row (batch, token, head) */
  double rms_rel; /* RMS of y - oracle over RMS of the oracle */
  double nmse;    /* its square: sum of squared errors over sum of squares */
  double max_ulp; /* |y - oracle| in units of the oracle's last place in float32; NaN for
                   * float64, whose last place the oracle itself does not know */
  double max_oracle;       /* largest |oracle| compared */
  size_t compared;         /* elements where the oracle is finite */
  size_t nonfinite;        /* of those, outputs that are not */
  size_t oracle_nonfinite; /* elements where it is not: not compared */
  size_t swallowed;  /* of those, outputs that are finite: a NaN was lost on the way, or
                      * a zero denominator of the oracle's was none after rounding */
  ulp_histogram ulp; /* of the elements compared; empty for float64 */
  nonfinite_map map; /* of the outputs counted in `nonfinite` */
  element worst;     /* the first non-finite one, else where max_rel is reached */
  double worst_output, worst_oracle;
} metrics;

/* y and oracle are (batch, seq_len, heads, head_dim), dense; `type` is the type y was
 * computed in. */
metrics metrics_of(const lkv_problem *shape, lkv_dtype type, const double *y,
                   const double *oracle);
/* The same against the rows the bounds have. */
metrics metrics_of_rows(const lkv_problem *shape, lkv_dtype type, const double *y,
                        const bounds *b);
/* Where row `index` of the bounds is in the output; column 0. */
element bounds_element(const bounds *b, size_t heads, size_t index);

/* "y[b=0, t=3, h=1, c=7] = 1.5, oracle 2.5", or that nothing could be compared. Returns
 * `buffer`. */
const char *metrics_worst_text(const metrics *m, char *buffer, size_t size);

#endif
