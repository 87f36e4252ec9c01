#include "estimate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linkv/registry.h"

/* Guesses, used until something has been measured. */
#define WORKER_S      0.02
#define GUESSED_FLOPS 2e9
#define ORACLE_FLOPS  1e10

/* Of the timed span, spent on finding the call count. */
#define CALIBRATION_OVERHEAD 1.5

/* Work of a reassociated kernel on the threads that have some. */
static double reassociated(const lkv_problem *p, size_t threads) {
  const double slices = (double)p->batch * (double)p->heads;
  const double used = (double)threads < slices ? (double)threads : slices;
  return slices * lkv_headline_flops(p) / used;
}

static double by_definition(const lkv_problem *p, size_t threads) {
  return reassociated(p, threads) * (double)p->head_dim;
}

static double work_of(const point *p) {
  return (p->kernel->family == LKV_DEFINITIONAL ? by_definition : reassociated)(
      &p->problem, p->threads);
}

static sighting sighting_of(const point *p, double call_s) {
  return (sighting){.kernel = p->kernel,
                    .log_work = log(work_of(p)),
                    .log_dim = log((double)p->problem.head_dim),
                    .call_s = call_s};
}

/* The sighting of the same kernel that is nearest in work and head_dim, or NULL. */
static sighting *nearest(const estimate *e, const sighting *wanted, double *distance) {
  sighting *best = NULL;
  *distance = INFINITY;
  for (size_t i = 0; i < e->count; i++) {
    sighting *s = &e->seen[i];
    if (s->kernel != wanted->kernel) continue;
    const double far =
        fabs(wanted->log_work - s->log_work) + fabs(wanted->log_dim - s->log_dim);
    if (far < *distance) {
      *distance = far;
      best = s;
    }
  }
  return best;
}

void estimate_see(estimate *e, const point *p, double call_s) {
  const sighting sight = sighting_of(p, call_s);
  double distance;
  sighting *same = nearest(e, &sight, &distance);
  if (same && distance == 0) {
    *same = sight;
    return;
  }
  if ((e->count & (e->count - 1)) == 0) {
    const size_t room = e->count ? 2 * e->count : 1;
    sighting *grown = realloc(e->seen, room * sizeof *grown);
    if (!grown) return;
    e->seen = grown;
  }
  e->seen[e->count++] = sight;
}

/* Whether a row, which may have been made by hand, tells a time of a possible shape. */
static bool usable(const value *v) {
  static const int sizes[] = {ROW_batch, ROW_seq_len, ROW_heads, ROW_head_dim,
                              ROW_threads};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (!v[sizes[i]].known || v[sizes[i]].integer < 1) return false;
  const value *time = &v[ROW_time_ns];
  return v[ROW_kernel].known && time->known && isfinite(time->real) && time->real > 0;
}

void estimate_see_rows(estimate *e, const rows *r) {
  for (size_t i = 0; i < r->count; i++) {
    const value *v = r->row[i].field;
    const lkv_kernel *kernel = usable(v) ? lkv_kernel_find(v[ROW_kernel].text) : NULL;
    if (!kernel) continue;
    const point p = {.kernel = kernel,
                     .problem = {.batch = (size_t)v[ROW_batch].integer,
                                 .seq_len = (size_t)v[ROW_seq_len].integer,
                                 .heads = (size_t)v[ROW_heads].integer,
                                 .head_dim = (size_t)v[ROW_head_dim].integer},
                     .threads = (size_t)v[ROW_threads].integer};
    estimate_see(e, &p, 1e-9 * v[ROW_time_ns].real);
  }
}

bool estimate_knows(const estimate *e, const point *p) {
  const sighting wanted = sighting_of(p, 0);
  double distance;
  return nearest(e, &wanted, &distance) != NULL;
}

static double call_seconds(const estimate *e, const point *p) {
  const sighting wanted = sighting_of(p, 0);
  double distance;
  const sighting *s = nearest(e, &wanted, &distance);
  if (!s) return work_of(p) / GUESSED_FLOPS;
  return s->call_s * exp(wanted.log_work - s->log_work);
}

double estimate_repetition(const estimate *e, const point *p, double min_time_s) {
  const double call = call_seconds(e, p);
  const double timed = fmax(CALIBRATION_OVERHEAD * min_time_s, call);
  const double correction = e->predicted_s > 0 ? e->actual_s / e->predicted_s : 1;
  return correction * (WORKER_S + call + timed);
}

double estimate_shape(const point *p) {
  return WORKER_S + by_definition(&p->problem, 1) / ORACLE_FLOPS;
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

bool duration_parse(const char *text, double *seconds) {
  static const struct {
    const char *unit;
    double seconds;
  } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}};
  const size_t digits = strspn(text, "0123456789.");
  char *end;
  if (!digits) return false;
  *seconds = strtod(text, &end);
  for (size_t u = 0; end == text + digits && u < sizeof units / sizeof *units; u++)
    if (!strcmp(end, units[u].unit)) {
      *seconds *= units[u].seconds;
      return *seconds > 0 && isfinite(*seconds);
    }
  return false;
}

const char *duration_text(double seconds, char *buffer, size_t size) {
  const double longest = 1e12;
  const long s = lround(fmin(fmax(seconds, 0), longest));
  if (seconds > longest)
    snprintf(buffer, size, "ages");
  else if (s >= 3600)
    snprintf(buffer, size, "%ld h %02ld min", s / 3600, s / 60 % 60);
  else if (s >= 60)
    snprintf(buffer, size, "%ld min %02ld s", s / 60, s % 60);
  else
    snprintf(buffer, size, "%ld s", s);
  return buffer;
}
