/* How far an output is from the oracle's. */
#ifndef VERIFY_METRICS_H
#define VERIFY_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "linkv/problem.h"

/* One element of the output. */
typedef struct element {
  size_t batch, token, head, column;
} element;

/* Over all elements where both are finite. Where some element is not finite though the
 * oracle's is, every error is infinite. NaN where nothing could be compared. */
typedef struct metrics {
  double max_abs; /* |y - oracle| */
  double max_rel; /* |y - oracle| over max|oracle| of the row (batch, token, head) */
  double rms_rel; /* RMS of y - oracle over RMS of the oracle */
  double max_ulp; /* |y - oracle| over the last place of the oracle rounded to `type` */
  double max_oracle;       /* largest finite |oracle| */
  size_t compared;         /* elements where the oracle is finite */
  size_t nonfinite;        /* outputs not finite where the oracle's is */
  size_t oracle_nonfinite; /* elements where the oracle is not finite: not compared */
  element worst;           /* the first non-finite one, else where max_rel is reached */
  double worst_output, worst_oracle;
} metrics;

/* y and oracle are (batch, seq_len, heads, head_dim), dense; `type` is the type y was
 * computed in. */
metrics metrics_of(const lkv_problem *shape, lkv_dtype type, const double *y,
                   const double *oracle);

/* "y[b=0, t=3, h=1, c=7] = 1.5, oracle 2.5", or that nothing could be compared. Returns
 * `buffer`. */
const char *metrics_worst_text(const metrics *m, char *buffer, size_t size);

#endif
