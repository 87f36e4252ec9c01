#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "estimate.h"

#define TERMINAL_PERIOD_S 0.1
#define PLAIN_PERIOD_S    10.0
#define COST_FACTOR       50.0 /* a line costs 2 % of the time at most */

progress progress_start(bool shown, size_t total) {
  return (progress){.shown = shown,
                    .terminal = isatty(STDERR_FILENO),
                    .total = total,
                    .due_s = isatty(STDERR_FILENO) ? 0 : clock_now() + PLAIN_PERIOD_S};
}

bool progress_due(progress *p) {
  p->asked_s = clock_now();
  return p->shown && p->asked_s >= p->due_s;
}

void progress_show(progress *p, const point *at, double left_s) {
  char left[32];
  const lkv_problem *q = &at->problem;
  fprintf(
      stderr, "%s%zu/%zu (%.0f %%), %s left%s%.0zu%s: %s %s %s T=%zu H=%zu d=%zu p=%zu%s",
      p->terminal ? "\r" : "", p->done, p->total,
      100.0 * (double)p->done / (double)p->total,
      duration_text(left_s, left, sizeof left), p->bad ? ", " : "", p->bad,
      p->bad ? " not ok" : "", at->kernel->name, lkv_stage_name(at->stage), at->regime,
      q->seq_len, q->heads, q->head_dim, at->threads, p->terminal ? "\033[K" : "\n");
  fflush(stderr);
  const double shown_s = clock_now(), cost_s = shown_s - p->asked_s;
  const double period_s = p->terminal ? TERMINAL_PERIOD_S : PLAIN_PERIOD_S;
  p->due_s = shown_s + fmax(period_s, COST_FACTOR * cost_s);
}

void progress_end(progress *p) {
  if (p->shown && p->terminal) fputs("\r\033[K", stderr);
}
