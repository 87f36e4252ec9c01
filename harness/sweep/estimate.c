#include "estimate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "linkv/registry.h"

/* Guesses, used until something has been measured. */
#define WORKER_S             0.02
#define GUESSED_FLOPS        2e9
#define ORACLE_FLOPS         3e9
#define CALIBRATION_OVERHEAD 1.5 /* of the timed span, spent on finding the call count */

/* Work of a reassociated kernel; those by definition do head_dim times as much, which
 * scaling from a sighting of the same kernel takes care of. */
static double work_of(const lkv_problem *p, size_t threads) {
  const double slices = (double)p->batch * (double)p->heads;
  const double used = (double)threads < slices ? (double)threads : slices;
  return slices * lkv_headline_flops(p) / used;
}

static double by_definition(const lkv_problem *p, size_t threads) {
  return work_of(p, threads) * (double)p->head_dim;
}

void estimate_see(estimate *e, const point *p, double call_s) {
  if ((e->count & (e->count - 1)) == 0) {
    const size_t room = e->count ? 2 * e->count : 1;
    sighting *grown = realloc(e->seen, room * sizeof *grown);
    if (!grown) return;
    e->seen = grown;
  }
  e->seen[e->count++] = (sighting){p->kernel, p->problem, p->threads, call_s};
}

void estimate_see_rows(estimate *e, const rows *r) {
  for (size_t i = 0; i < r->count; i++) {
    const value *v = r->row[i].field;
    const lkv_kernel *kernel =
        v[ROW_kernel].known ? lkv_kernel_find(v[ROW_kernel].text) : NULL;
    if (!kernel || !v[ROW_time_ns].known) continue;
    const point p = {.kernel = kernel,
                     .problem = {.batch = (size_t)v[ROW_batch].integer,
                                 .seq_len = (size_t)v[ROW_seq_len].integer,
                                 .heads = (size_t)v[ROW_heads].integer,
                                 .head_dim = (size_t)v[ROW_head_dim].integer},
                     .threads = (size_t)v[ROW_threads].integer};
    estimate_see(e, &p, 1e-9 * v[ROW_time_ns].real);
  }
}

/* The sighting of the same kernel whose work is nearest, or NULL. */
static const sighting *nearest(const estimate *e, const point *p) {
  const sighting *best = NULL;
  double least = INFINITY;
  for (size_t i = 0; i < e->count; i++) {
    const sighting *s = &e->seen[i];
    if (s->kernel != p->kernel) continue;
    const double far = fabs(log(work_of(&p->problem, p->threads) /
                                work_of(&s->problem, s->threads))) +
                       fabs(log((double)p->problem.head_dim / (double)s->problem.head_dim));
    if (far < least) {
      least = far;
      best = s;
    }
  }
  return best;
}

bool estimate_knows(const estimate *e, const point *p) {
  return nearest(e, p) != NULL;
}

static double call_seconds(const estimate *e, const point *p) {
  const sighting *s = nearest(e, p);
  if (!s) return by_definition(&p->problem, p->threads) / GUESSED_FLOPS;
  return s->call_s * work_of(&p->problem, p->threads) / work_of(&s->problem, s->threads);
}

double estimate_repetition(const estimate *e, const point *p, bool judged) {
  const double call = call_seconds(e, p);
  const double timed = fmax(CALIBRATION_OVERHEAD * e->min_time_s, call);
  const double oracle = judged ? by_definition(&p->problem, 1) / ORACLE_FLOPS : 0;
  const double correction = e->predicted_s > 0 ? e->actual_s / e->predicted_s : 1;
  return correction * (WORKER_S + call + timed + oracle);
}

void estimate_learn(estimate *e, double predicted_s, double actual_s) {
  const double correction = e->predicted_s > 0 ? e->actual_s / e->predicted_s : 1;
  e->predicted_s += predicted_s / correction;
  e->actual_s += actual_s;
}

void estimate_free(estimate *e) {
  free(e->seen);
  *e = (estimate){0};
}

const char *duration_text(double seconds, char *buffer, size_t size) {
  const long s = lround(seconds);
  if (s >= 3600)
    snprintf(buffer, size, "%ld h %02ld min", s / 3600, s / 60 % 60);
  else if (s >= 60)
    snprintf(buffer, size, "%ld min %02ld s", s / 60, s % 60);
  else
    snprintf(buffer, size, "%ld s", s);
  return buffer;
}
