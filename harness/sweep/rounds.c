/* The rounds of a sweep: which repetition comes next. */
#include <stdlib.h>

#include "admission.h"
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
    const point *p = w->items[i].info.point;
    if (item_left(&w->items[i]) && worth_preparing(w, &w->items[i]) &&
        !repetition_prepare(w, p, err))
      return false;
  }
  return true;
}

static bool measure_shape(sweep *w, size_t first, size_t count, size_t *order,
                          const volatile sig_atomic_t *stop, sweep_summary *out,
                          error *err) {
  if (!prepare_if_needed(w, first, count, err)) return false;
  unsigned rounds = 0;
  for (size_t i = first; i < first + count; i++)
    if (w->items[i].wanted > rounds) rounds = w->items[i].wanted;
  for (unsigned round = 1; round <= rounds; round++) {
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
  }
  return true;
}

bool rounds_measure(sweep *w, const volatile sig_atomic_t *stop, sweep_summary *out,
                    error *err) {
  size_t *order = calloc(w->count + 1, sizeof *order);
  bool ok = order || error_set(err, "out of memory");
  for (size_t first = 0, next; ok && !out->interrupted && first < w->count;
       first = next) {
    next = first + 1;
    while (next < w->count &&
           plan_same_shape(w->items[first].info.point, w->items[next].info.point))
      next++;
    ok = measure_shape(w, first, next - first, order, stop, out, err);
  }
  repetition_drop_shapes(w);
  free(order);
  return ok;
}
