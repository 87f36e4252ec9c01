#include "history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "row_order.h"

/* Of the permutation tests. */
enum { SEED = 1 };

/* What is the same in all rows of a series, then their order. */
static const int axes[] = {ROW_machine, ROW_stage,  ROW_kernel,  ROW_regime,
                           ROW_seed,    ROW_batch,  ROW_heads,   ROW_head_dim,
                           ROW_tile_q,  ROW_tile_k, ROW_threads, ROW_seq_len};
static const int moment[] = {ROW_recorded_at, ROW_label};
enum { AXES = sizeof axes / sizeof *axes, MOMENT = sizeof moment / sizeof *moment };

static int by_point_and_time(const void *x, const void *y) {
  const row *a = *(const row *const *)x, *b = *(const row *const *)y;
  int order = row_compare(a, b, axes, AXES);
  if (!order) order = row_compare(a, b, moment, MOMENT);
  return order ? order : (a > b) - (a < b);
}

static bool is_timed(const row *r) {
  const value *status = &r->field[ROW_status], *time = &r->field[ROW_time_ns];
  return status->known && !strcmp(status->text, "ok") && time->known &&
         isfinite(time->real) && time->real > 0;
}

/* Slower ever since, since one of the newest rows: the last level too is above that
 * before the step. */
static bool is_regression(const history_series *s, const history_step *step,
                          double now_ns, double min_step, size_t newest) {
  return step->after_ns > step->before_ns && now_ns >= (1 + min_step) * step->before_ns &&
         step->at + newest >= s->count;
}

/* Fills the steps of one series; false when out of memory. */
static bool find_steps(history_series *s, double min_step, size_t newest) {
  double *logs = malloc(s->count * sizeof *logs);
  change_point *found = malloc(s->count * sizeof *found);
  bool ok = logs && found;
  for (size_t i = 0; ok && i < s->count; i++)
    logs[i] = log(s->row[i]->field[ROW_time_ns].real);
  ok = ok && change_points_find(s->count, logs, log1p(min_step), SEED, found, &s->steps);
  for (size_t i = 0; ok && i < s->steps; i++)
    s->step[i] = (history_step){.at = found[i].at,
                                .before_ns = exp(found[i].before),
                                .after_ns = exp(found[i].after),
                                .p_value = found[i].p_value};
  for (size_t i = 0; ok && i < s->steps; i++) {
    const double now_ns = s->step[s->steps - 1].after_ns;
    s->step[i].regression = is_regression(s, &s->step[i], now_ns, min_step, newest);
    s->regressed = s->regressed || s->step[i].regression;
  }
  free(logs);
  free(found);
  return ok;
}

/* The series of rows first .. end - 1. */
static bool add_series(history *h, size_t first, size_t end, double min_step,
                       size_t newest) {
  history_series *s = &h->series[h->count];
  *s = (history_series){
      .row = h->row + first, .count = end - first, .step = h->step + first};
  if (s->count < HISTORY_LEAST) {
    h->too_short++;
    return true;
  }
  h->count++;
  if (!find_steps(s, min_step, newest)) return false;
  h->regressions += s->regressed;
  return true;
}

bool history_make(const rows *all, double min_step, size_t newest, history *out,
                  error *err) {
  *out = (history){.series = calloc(all->count + 1, sizeof *out->series),
                   .row = calloc(all->count + 1, sizeof *out->row),
                   .step = calloc(all->count + 1, sizeof *out->step)};
  bool ok = out->series && out->row && out->step;
  size_t timed = 0;
  for (size_t i = 0; ok && i < all->count; i++) {
    if (is_timed(&all->row[i]))
      out->row[timed++] = &all->row[i];
    else
      out->left_out++;
  }
  if (ok) qsort(out->row, timed, sizeof *out->row, by_point_and_time);
  for (size_t first = 0, end; ok && first < timed; first = end) {
    end = first + 1;
    while (end < timed && !row_compare(out->row[first], out->row[end], axes, AXES)) end++;
    ok = add_series(out, first, end, min_step, newest);
  }
  if (ok) return true;
  history_free(out);
  return error_set(err, "out of memory for %zu rows", all->count);
}

void history_free(history *h) {
  free(h->series);
  free((void *)h->row);
  free(h->step);
  *h = (history){0};
}
