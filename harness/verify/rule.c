#include "rule.h"

#include <math.h>

static bool alarms_det(const rule_view *v) {
  return v->verdict->count[JUDGED_WRONG] > 0;
}

static bool alarms_stat(const rule_view *v) {
  return v->verdict->kind == VERDICT_WRONG;
}

/* Whether one side is finite and the other is not, or they are infinities or NaN of
 * different kinds. float32 may overflow where the oracle does not. */
static bool unlike(double got, double want) {
  if (isnan(got) || isnan(want)) return isnan(got) != isnan(want);
  const double narrow = (double)(float)want;
  return (isinf(got) || isinf(narrow)) && got != narrow;
}

static bool comparable(double got, double want) {
  return isfinite(got) && isfinite((float)want);
}

/* Any |y - oracle| > atol + rtol |oracle|. */
static bool beyond(const rule_view *v, double atol, double rtol) {
  for (size_t i = 0; i < v->count; i++) {
    if (unlike(v->y[i], v->oracle[i])) return true;
    if (comparable(v->y[i], v->oracle[i]) &&
        !(fabs(v->y[i] - v->oracle[i]) <= atol + rtol * fabs(v->oracle[i])))
      return true;
  }
  return false;
}

static bool alarms_allclose(const rule_view *v) {
  return beyond(v, 1e-8, 1e-5);
}

static bool alarms_assert_close(const rule_view *v) {
  return beyond(v, 1e-5, 1.3e-6);
}

/* How far an output is from the oracle as a whole. */
typedef struct distance {
  bool unlike;
  double largest, squares, largest_oracle, oracle_squares;
} distance;

static distance distance_of(const rule_view *v, const double *y) {
  distance d = {0};
  for (size_t i = 0; i < v->count; i++) {
    const double want = v->oracle[i], off = fabs(y[i] - want);
    d.unlike = d.unlike || unlike(y[i], want);
    if (!comparable(y[i], want)) continue;
    d.largest = fmax(d.largest, off);
    d.squares += off * off;
    d.largest_oracle = fmax(d.largest_oracle, fabs(want));
    d.oracle_squares += want * want;
  }
  return d;
}

static bool alarms_flash(const rule_view *v) {
  const distance mine = distance_of(v, v->y), plain = distance_of(v, v->plain);
  return mine.unlike || !(mine.largest <= 2 * plain.largest);
}

/* Every |y - plain| <= tol + tol |plain|: same() asks no more where that holds. */
static bool is_close_to_plain(const rule_view *v, double tol) {
  for (size_t i = 0; i < v->count; i++)
    if (!(fabs(v->y[i] - v->plain[i]) <= tol + tol * fabs(v->plain[i]))) return false;
  return true;
}

static bool alarms_rms_ratio(const rule_view *v) {
  if (is_close_to_plain(v, 1e-4)) return false;
  const distance mine = distance_of(v, v->y), plain = distance_of(v, v->plain);
  const double n = (double)v->count, factor = v->count < 1000 ? 3 : 2;
  return mine.unlike ||
         !(sqrt(mine.squares / n) <= factor * sqrt(plain.squares / n) + 1e-4 / 10);
}

static bool alarms_nmse(const rule_view *v) {
  const distance mine = distance_of(v, v->y);
  return mine.unlike || !(mine.squares <= 1e-7 * mine.oracle_squares);
}

static bool alarms_relative(const rule_view *v) {
  const distance mine = distance_of(v, v->y);
  return mine.unlike || !(mine.largest <= 1e-5 * mine.largest_oracle);
}

static const rule rules[] = {
    {"det", "r_det <= 1 in every element: the worst case", "docs/verdicts.md", true,
     alarms_det},
    {"stat", "no row is WRONG: r_stat <= 1, and the fit", "docs/verdicts.md", true,
     alarms_stat},
    {"allclose", "|y - o| <= 1e-8 + 1e-5 |o|", "numpy.allclose, torch.allclose: defaults",
     false, alarms_allclose},
    {"assert_close", "|y - o| <= 1e-5 + 1.3e-6 |o|",
     "torch.testing.assert_close: float32 defaults", false, alarms_assert_close},
    {"flash_2x", "max |y - o| <= 2 max |plain - o|",
     "FlashAttention, tests/test_flash_attn.py", false, alarms_flash},
    {"rms_ratio",
     "|y - plain| <= 1e-4 + 1e-4 |plain|, or RMS(y - o) <= 2 (3 below 1000 elements) "
     "RMS(plain - o) + 1e-5",
     "PyTorch, torch/_dynamo/utils.py: same(), tol 1e-4", false, alarms_rms_ratio},
    {"nmse", "sum (y - o)^2 <= 1e-7 sum o^2",
     "llama.cpp, tests/test-backend-ops.cpp: max_nmse_err", false, alarms_nmse},
    {"relative", "max |y - o| <= 1e-5 max |o|", "common practice in float32", false,
     alarms_relative},
};

size_t rule_count(void) {
  return sizeof rules / sizeof *rules;
}

const rule *rule_at(size_t index) {
  return index < rule_count() ? &rules[index] : NULL;
}
