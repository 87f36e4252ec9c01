/* Rows that qualify, for picks. */
#ifndef DECIDE_JUDGED_H
#define DECIDE_JUDGED_H

#include "../report/sample.h"

/* A row that is judged ok, with an interval of +-1 %. */
static inline row *add_judged(rows *all, const char *kernel, int64_t seq_len,
                              double time_ns, double max_rel_err) {
  row *r = sample_row(all, kernel, seq_len, time_ns, max_rel_err);
  row_set_text(r, ROW_verdict, "ok");
  row_set_real(r, ROW_time_ns_low, 0.99 * time_ns);
  row_set_real(r, ROW_time_ns_high, 1.01 * time_ns);
  return r;
}

#endif
