/* The rounds of a sweep: which repetition comes next. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "admission.h"
#include "clock.h"
#include "linkv/driver.h"
#include "order.h"
#include "state.h"

/* Whether a point can be measured at all: what the CPU or the kernel does not do, and
 * what will be skipped, needs no inputs. */
static bool worth_preparing(const sweep *w, const item *it) {
  char reason[ADMISSION_REASON_SIZE];
  const char *why;
  const point *p = it->info.point;
  return lkv_check(p->kernel, &p->problem, &why) == LKV_OK &&
         !admission_refuses(w, it, reason);
}

static bool prepare_if_needed(sweep *w, size_t first, size_t count, error *err) {
  repetition_drop_shapes(w);
  for (size_t i = first; i < first + count; i++) {
    const item *it = &w->items[i];
    if (item_left(it) && worth_preparing(w, it) && !repetition_prepare(w, it, err))
      return false;
  }
  return true;
}

/* The next shape's first point, after `first`. */
static size_t shape_end(const sweep *w, size_t first) {
  size_t next = first + 1;
  while (next < w->count &&
         plan_same_shape(w->items[first].info.point, w->items[next].info.point))
    next++;
  return next;
}

/* Rounds of what is open, while points become so. */
static bool measure_rounds(sweep *w, size_t first, size_t count, size_t *order,
                           const volatile sig_atomic_t *stop, sweep_summary *out,
                           error *err) {
  for (unsigned round = 1; round <= CONFIG_REPETITIONS_MAX; round++) {
    order_of_round(order, first, count, w->options->order_seed, round);
    for (size_t i = 0; i < count; i++) {
      item *it = &w->items[order[i]];
      bool added;
      if (!item_open(it, round)) continue;
      if (*stop) {
        out->interrupted = true;
        return true;
      }
      /* Another sweep on this database may have been faster. */
      if (!item_refresh(w, it, err)) return false;
      if (!item_open(it, round)) continue;
      if (!repetition_measure(w, it, round, &added, err)) return false;
      out->measured += added;
    }
    for (size_t i = first; i < first + count; i++)
      if (w->options->precision > 0 && w->options->budget_s <= 0)
        item_extend(w, &w->items[i], w->options->precision);
  }
  return true;
}

/* The least precise point that may have more; NULL where there is none. */
static item *least_precise(sweep *w) {
  item *worst = NULL;
  for (size_t i = 0; i < w->count; i++) {
    item *it = &w->items[i];
    const bool good =
        it->severity == 0 || it->severity == status_severity("ill_conditioned");
    if (good && it->wanted < w->options->max_repetitions &&
        it->half_width > w->options->precision &&
        (!worst || it->half_width > worst->half_width))
      worst = it;
  }
  return worst;
}

/* Spends what is left of the budget on the least precise point and those of its shape
 * that are half as bad, a round at a time. Inputs are made by each worker. */
static bool spend_budget(sweep *w, size_t *order, const volatile sig_atomic_t *stop,
                         sweep_summary *out, error *err) {
  const double end = w->start_s + w->options->budget_s;
  item *worst;
  repetition_drop_shapes(w);
  while (!out->interrupted && clock_now() < end && (worst = least_precise(w))) {
    const double limit =
        fmin(fmax(worst->half_width / 2, w->options->precision), DBL_MAX);
    size_t first = 0;
    while (shape_end(w, first) <= (size_t)(worst - w->items)) first = shape_end(w, first);
    const size_t count = shape_end(w, first) - first;
    bool extended = false;
    for (size_t i = first; i < first + count; i++)
      extended |= item_extend(w, &w->items[i], limit);
    if (!extended) return true;
    if (!measure_rounds(w, first, count, order, stop, out, err)) return false;
  }
  return true;
}

bool rounds_measure(sweep *w, const volatile sig_atomic_t *stop, sweep_summary *out,
                    error *err) {
  size_t *order = calloc(w->count + 1, sizeof *order);
  bool ok = order || error_set(err, "out of memory");
  for (size_t first = 0, next; ok && !out->interrupted && first < w->count;
       first = next) {
    next = shape_end(w, first);
    ok = prepare_if_needed(w, first, next - first, err) &&
         measure_rounds(w, first, next - first, order, stop, out, err);
  }
  if (w->options->budget_s > 0) ok = ok && spend_budget(w, order, stop, out, err);
  repetition_drop_shapes(w);
  free(order);
  return ok;
}
