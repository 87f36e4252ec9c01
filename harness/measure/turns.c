#include "turns.h"

#include <math.h>
#include <stdlib.h>

#include "ascending.h"
#include "clock.h"
#include "noise.h"
#include "waits.h"

/* Of a turn, not timed. */
#define WARM_SHARE 0.25
enum { PAIRS_MIN = 2, PAIRS_MAX = 65536 };

/* How a runner spends its turn. */
typedef struct turn_plan {
  size_t warm, timed; /* calls */
  double seconds;
} turn_plan;

static double seconds_of(const turns_runner *r, size_t calls) {
  const double start = clock_now();
  for (size_t i = 0; i < calls; i++) r->function(r->argument);
  return clock_now() - start;
}

/* Calls for about one turn, to see how long a call takes. */
static turn_plan plan_turn(const turns_runner *r, double turn_s) {
  double call_s = fmax(seconds_of(r, 1), 1e-9);
  const double probe = fmin(floor(turn_s / call_s), 1e6);
  if (probe >= 1) call_s = fmin(call_s, seconds_of(r, (size_t)probe) / probe);
  call_s = fmax(call_s, 1e-9);
  const double calls = fmin(fmax(1, round(turn_s / call_s)), 1e9);
  const double warm = call_s < turn_s / 2 ? ceil(WARM_SHARE * calls) : 0;
  const double timed = fmax(1, calls - warm);
  return (turn_plan){(size_t)warm, (size_t)timed, (warm + timed) * call_s};
}

/* Time of a call, without what a thread had to wait for a core. */
static double take_turn(const turns_runner *r, const turn_plan *plan, waits *w) {
  seconds_of(r, plan->warm);
  waits_longest(w);
  const double whole = 1e9 * seconds_of(r, plan->timed);
  const double own = whole - waits_longest(w);
  return (own > 0 ? own : whole) / (double)plan->timed;
}

/* One pair of turns: the time of a call of each. */
typedef struct pair {
  double ns[2];
  bool undisturbed;
} pair;

static pair take_pair(const turns_runner runner[2], const turn_plan plan[2], int first,
                      waits *w) {
  pair p;
  const uint64_t switches = noise_switches();
  p.ns[first] = take_turn(&runner[first], &plan[first], w);
  p.ns[!first] = take_turn(&runner[!first], &plan[!first], w);
  p.undisturbed = noise_switches() == switches;
  return p;
}

/* Medians over the pairs that count; `work` has room for a number of each. */
static void conclude(const pair *pairs, double *work, turns_result *out) {
  const bool all = noise_too_few(out->undisturbed, out->pairs);
  for (int of = 0; of < 3; of++) {
    size_t count = 0;
    for (size_t i = 0; i < out->pairs; i++) {
      if (!all && !pairs[i].undisturbed) continue;
      work[count++] = of < 2 ? pairs[i].ns[of] : pairs[i].ns[1] / pairs[i].ns[0];
    }
    sort_ascending(count, work);
    *(of < 2 ? &out->call_ns[of] : &out->ratio) = median_of_sorted(count, work);
  }
}

bool turns_run(const turns_runner runner[2], const turns_options *options,
               turns_result *out, error *err) {
  turn_plan plan[2];
  waits w;
  for (int r = 0; r < 2; r++) plan[r] = plan_turn(&runner[r], options->turn_s);
  const double wanted = options->duration_s / (plan[0].seconds + plan[1].seconds);
  const double count = fmin(fmax(PAIRS_MIN, round(wanted)), PAIRS_MAX);
  *out = (turns_result){.pairs = (size_t)count};
  pair *pairs = calloc(out->pairs, sizeof *pairs);
  double *work = calloc(out->pairs, sizeof *work);
  const bool ok = (pairs && work) || error_set(err, "out of memory for pairs of turns");
  waits_open(&w); /* planning has started all threads */
  for (size_t i = 0; ok && i < out->pairs; i++) {
    const int first = (i % 2 == 1) != options->second_first;
    pairs[i] = take_pair(runner, plan, first, &w);
    out->undisturbed += pairs[i].undisturbed;
  }
  waits_close(&w);
  if (ok) conclude(pairs, work, out);
  free(pairs);
  free(work);
  return ok;
}
