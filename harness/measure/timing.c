#include "timing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ascending.h"
#include "benchmark.h"
#include "clock.h"

#define BATCH_S 1e-3
enum { BATCHES_MAX = 4096 };

/* Warm-up: a call's time has settled once it has not fallen by 2 % for so long, and so
 * many groups of calls. */
#define SETTLED_SHARE 0.98
#define SETTLED_S     1e-3
enum { SETTLED_GROUPS = 3 };

/* More than that is a disturbance. */
#define STOLEN_SHARE_MAX 0.05

/* What happens around the batches that Google Benchmark times. */
typedef struct watch {
  uint64_t switches;
  bool *undisturbed;
  size_t batches;
} watch;

static void before_batch(void *argument) {
  watch *w = argument;
  w->switches = noise_switches();
}

static void after_batch(void *argument) {
  watch *w = argument;
  w->undisturbed[w->batches++] = noise_switches() == w->switches;
}

/* Calls the function, a fifth of SETTLED_S at a time, until its time no longer falls or
 * `limit_s` is spent. Gives the time of one call, and counts the calls. */
static double settle(void (*function)(void *), void *argument, double call_s,
                     double limit_s, uint64_t *calls) {
  const double start = clock_now();
  double best = INFINITY, fell = start, now = start;
  for (int since = 0; now - start < limit_s; since++) {
    if (since >= SETTLED_GROUPS && now - fell >= SETTLED_S) break;
    const double wanted = fmax(1, floor(SETTLED_S / 5 / fmin(call_s, best)));
    const uint64_t group = (uint64_t)fmin(wanted, 1e6);
    const double from = now;
    for (uint64_t i = 0; i < group; i++) function(argument);
    *calls += group;
    now = clock_now();
    const double took = (now - from) / (double)group;
    if (took < SETTLED_SHARE * best) {
      fell = now;
      since = 0;
    }
    best = fmin(best, took);
  }
  return fmin(call_s, best);
}

/* Median of the batches that count. */
static bool conclude(const watch *w, const double *batch_ns, timing *out) {
  double *kept = malloc(out->batches * sizeof *kept);
  size_t count = 0;
  if (!kept) return false;
  for (size_t i = 0; i < out->batches; i++) out->undisturbed += w->undisturbed[i];
  out->min_ns = INFINITY;
  for (size_t i = 0; i < out->batches; i++) {
    if (w->undisturbed[i] || noise_too_few(out->undisturbed, out->batches))
      kept[count++] = batch_ns[i];
    out->min_ns = fmin(out->min_ns, batch_ns[i]);
  }
  sort_ascending(count, kept);
  out->time_ns = median_of_sorted(count, kept);
  free(kept);
  return true;
}

bool timing_take(void (*function)(void *), void *argument, double call_s,
                 double min_time_s, timing *out, error *err) {
  if (!(isfinite(min_time_s) && min_time_s > 0))
    return error_set(err, "minimum time %g s: it must be greater than 0", min_time_s);
  *out = (timing){0};
  call_s = fmax(call_s, 1e-9);
  if (call_s < min_time_s)
    call_s = settle(function, argument, call_s, min_time_s, &out->warmup);
  const double calls = fmax(1, round(fmin(BATCH_S, min_time_s) / call_s));
  const double batches = fmax(1, ceil(min_time_s / (calls * call_s)));
  out->batches = (size_t)fmin(batches, BATCHES_MAX);
  double *batch_ns = calloc(out->batches, sizeof *batch_ns);
  watch w = {.undisturbed = calloc(out->batches, sizeof *w.undisturbed)};
  benchmark_task task = {.function = function,
                         .argument = argument,
                         .calls = (uint64_t)fmin(calls, 1e9),
                         .batches = out->batches,
                         .before = before_batch,
                         .after = after_batch,
                         .watcher = &w};
  benchmark_time time;
  bool ok = (batch_ns && w.undisturbed) || error_set(err, "out of memory for batches");
  if (ok) {
    const noise_counters from = noise_read();
    ok = benchmark_run(&task, batch_ns, &time, err);
    const noise_counters to = noise_read();
    out->noise = noise_between(&from, &to);
  }
  if (ok) {
    out->mean_ns = time.real_ns;
    out->cpu_ns = time.cpu_ns;
    out->iterations = time.iterations;
    ok = conclude(&w, batch_ns, out) || error_set(err, "out of memory for batches");
  }
  free(batch_ns);
  free(w.undisturbed);
  return ok;
}

const char *timing_disturbance(const timing *t, char *text, size_t size) {
  if (noise_too_few(t->undisturbed, t->batches))
    snprintf(text, size, "in %zu of %zu batches a thread had to give up its core",
             t->batches - t->undisturbed, t->batches);
  else if (t->noise.stolen_share > STOLEN_SHARE_MAX)
    snprintf(text, size, "the hypervisor took %.0f %% of the processors",
             100 * t->noise.stolen_share);
  else
    return NULL;
  return text;
}
