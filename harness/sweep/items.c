/* What is left of a sweep. */
#include <math.h>
#include <stdio.h>

#include "admission.h"
#include "linkv/driver.h"
#include "median.h"
#include "state.h"

bool item_open(const item *it, unsigned repetition) {
  const bool good =
      it->severity == 0 || it->severity == status_severity("ill_conditioned");
  return good && !(it->repetitions >> (repetition - 1) & 1) && repetition <= it->wanted;
}

bool item_ran_out(const item *it) {
  return it->severity == status_severity("timeout") ||
         it->severity == status_severity("out_of_memory");
}

size_t item_left(const item *it) {
  size_t left = 0;
  for (unsigned r = 1; r <= it->wanted; r++) left += item_open(it, r);
  return left;
}

/* Half the interval of the median, where there is one that holds it with 95 %. */
static bool learn_half_width(sweep *w, item *it, error *err) {
  double times[CONFIG_REPETITIONS_MAX];
  size_t count;
  it->half_width = INFINITY;
  if (!w->options->max_repetitions) return true;
  if (!store_times(w->store, it->info.key, times, &count, err)) return false;
  if (!count) return true;
  const median_interval m = median_of(count, times);
  if (m.coverage >= 0.95) it->half_width = median_half_width(&m);
  return true;
}

bool item_extend(sweep *w, item *it, double half_width) {
  if (it->severity != 0 && it->severity != status_severity("ill_conditioned"))
    return false;
  if (item_left(it) || it->half_width <= half_width ||
      it->wanted >= w->options->max_repetitions)
    return false;
  while (!item_left(it) && it->wanted < w->options->max_repetitions) it->wanted++;
  w->progress.total += item_left(it);
  return item_left(it) > 0;
}

/* What one repetition is expected to take, its timeout at most. */
static double expected(const sweep *w, const item *it) {
  return fmin(estimate_repetition(&w->estimate, it->info.point, it->effort.min_time_s),
              it->effort.timeout_s);
}

/* Whether an item that is left will be skipped; `reason` says why, "" where it will not.
 */
static bool skipped(const sweep *w, const item *it, char reason[FORECAST_REASON_SIZE]) {
  const char *why;
  const point *p = it->info.point;
  *reason = 0;
  if (lkv_check(p->kernel, &p->problem, &why) == LKV_OK)
    return admission_refuses(w, it, reason);
  snprintf(reason, FORECAST_REASON_SIZE, "%s", why);
  return true;
}

/* Whether item i is the first of its shape and precision to be measured. */
static bool needs_preparing(const sweep *w, size_t i) {
  const point *p = w->items[i].info.point;
  char reason[FORECAST_REASON_SIZE];
  for (size_t k = i; k-- > 0 && plan_same_shape(w->items[k].info.point, p);)
    if (item_left(&w->items[k]) && !skipped(w, &w->items[k], reason) &&
        precision_equal(precision_of(w->items[k].info.point->kernel),
                        precision_of(p->kernel)))
      return false;
  return true;
}

point_forecast item_forecast(const sweep *w, size_t i) {
  const point *p = w->items[i].info.point;
  point_forecast f = {.repetitions = item_left(&w->items[i])};
  if (!f.repetitions) return f;
  if (skipped(w, &w->items[i], f.skipped)) {
    f.repetitions = 0;
    return f;
  }
  f.guessed = !estimate_knows(&w->estimate, p);
  f.seconds = (double)f.repetitions * expected(w, &w->items[i]);
  f.oracle_seconds = needs_preparing(w, i) ? estimate_shape(p) : 0;
  return f;
}

double sweep_seconds_left(const sweep *w, size_t *repetitions) {
  double seconds = 0;
  *repetitions = 0;
  for (size_t i = 0; i < w->count; i++) {
    const point_forecast f = item_forecast(w, i);
    seconds += f.seconds + f.oracle_seconds;
    *repetitions += item_left(&w->items[i]);
  }
  return seconds;
}

bool item_refresh(sweep *w, item *it, error *err) {
  const int good = status_severity("skipped"), before = it->severity;
  const size_t left = item_left(it);
  const bool had_run_out = item_ran_out(it);
  if (!store_progress(w->store, it->info.key, &it->repetitions, &it->severity, err))
    return false;
  if (!learn_half_width(w, it, err)) return false;
  w->progress.done += left - item_left(it);
  w->progress.failed += before <= good && it->severity > good;
  if (item_ran_out(it) && !had_run_out && w->ran_out_count < w->count)
    w->ran_out[w->ran_out_count++] = (size_t)(it - w->items);
  w->progress.skipped += before != good && it->severity == good;
  return true;
}
