#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "estimate.h"

#define TERMINAL_PERIOD_S 0.1
#define PLAIN_PERIOD_S    10.0

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

progress progress_start(bool shown, size_t total) {
  return (progress){.shown = shown,
                    .terminal = isatty(STDERR_FILENO),
                    .total = total,
                    .last_s = isatty(STDERR_FILENO) ? 0 : now()};
}

bool progress_due(const progress *p) {
  return p->shown &&
         now() - p->last_s >= (p->terminal ? TERMINAL_PERIOD_S : PLAIN_PERIOD_S);
}

void progress_show(progress *p, const point *at, double left_s) {
  char left[32];
  const lkv_problem *q = &at->problem;
  fprintf(stderr, "%s%zu/%zu (%.0f %%), %s left%s%.0zu%s: %s %s %s T=%zu H=%zu d=%zu p=%zu%s",
          p->terminal ? "\r" : "", p->done, p->total,
          100.0 * (double)p->done / (double)p->total,
          duration_text(left_s, left, sizeof left), p->bad ? ", " : "", p->bad,
          p->bad ? " not ok" : "", at->kernel->name, lkv_stage_name(at->stage), at->regime,
          q->seq_len, q->heads, q->head_dim, at->threads, p->terminal ? "\033[K" : "\n");
  fflush(stderr);
  p->last_s = now();
}

void progress_end(progress *p) {
  if (p->shown && p->terminal) fputs("\r\033[K", stderr);
}
