/* Picks a kernel a shape from measured rows.
 *
 * A candidate is a kernel with its tile sizes, and what it is at its worst: over the
 * regimes and seeds its shape was measured in, its slowest time, its largest error and
 * memory. Out are
 *   everywhere   kernels with a row that is wrong or untrusted
 *   at a shape   candidates with a row that is not ok and judged ok, or without an
 *                interval of its time (one repetition); measured in fewer regimes and
 *                seeds of the shape than another; over a limit
 * Of the others the fastest wins, or the simplest of those it ties with. */
#ifndef DECIDE_PICK_H
#define DECIDE_PICK_H

#include "error.h"
#include "row.h"

typedef struct pick_limits {
  double max_error;  /* max_rel_err; INFINITY: any */
  double max_bytes;  /* peak_bytes, or workspace_bytes where no peak was seen */
  size_t threads;    /* exactly; 0: any */
  const char *accum; /* accum_type; NULL: any */
  double tie_margin; /* how much slower than the fastest a tie may win, 0.02 for 2 % */
} pick_limits;

#define PICK_TIE_MARGIN 0.02

/* Half an interval of the time, as a share of it, beyond which a pick is a guess. */
#define PICK_NOISY 0.1

typedef struct pick_candidate {
  const row *row; /* its slowest: axes and time */
  double time_ns, low_ns, high_ns;
  double bytes, error;
  bool front; /* no other has less or equal time, bytes and error, and one of them less */
  bool tied;  /* its interval meets the fastest's; of that one itself true */
  bool chosen; /* the simplest of the tied within the margin */
} pick_candidate;

/* One stage, operand type, batch, seq_len, heads, head_dim and thread count. */
typedef struct pick_shape {
  const pick_candidate *candidate; /* fastest first */
  size_t count;                    /* >= 1 */
  const pick_candidate *chosen;
} pick_shape;

typedef struct picks {
  pick_candidate *candidate; /* of all shapes */
  pick_shape *shape;         /* in the order of the axes above */
  size_t shapes;
  size_t empty;           /* shapes where nothing qualifies */
  double tie_margin;      /* of the limits */
  const char *bad_kernel; /* one that is wrong or untrusted somewhere; NULL: none is */
} picks;

/* `all` must outlive the picks. Fails where the rows are of several machines or labels:
 * their times are not of one race. */
bool pick_make(const rows *all, const pick_limits *limits, picks *out, error *err);

void picks_free(picks *p);

#endif
