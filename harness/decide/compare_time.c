#include "compare_time.h"

#include <math.h>
#include <stdlib.h>

#include "mann_whitney.h"
#include "shift.h"
#include "signed_rank.h"

#define INTERVAL_LEVEL 0.95

/* What the times of a row are multiplied with. */
static double scale_of(const row *r, bool shares) {
  if (!shares) return 1;
  return 1 / (r->field[ROW_time_ns].real * r->field[ROW_share_of_peak].real);
}

/* Logarithms of times, and of the ratios of those that are of the same round. */
typedef struct logs {
  double *base, *head, *pair;
  size_t bases, heads, pairs;
} logs;

static void take_logs(const row *r, bool shares, double *out) {
  const double scale = scale_of(r, shares);
  for (size_t i = 0; i < r->samples; i++) out[i] = log(scale * r->sample[i].time_ns);
}

static void pair_up(const compare_point *p, logs *l) {
  for (size_t b = 0; b < l->bases; b++)
    for (size_t h = 0; h < l->heads; h++) {
      const row_sample *x = &p->base->sample[b], *y = &p->head->sample[h];
      if (x->run && x->run == y->run && x->repetition == y->repetition)
        l->pair[l->pairs++] = l->head[h] - l->base[b];
    }
}

/* Of a two-sided test: half its p where the sample leans that way. */
static double one_sided(double p, bool leans) {
  return leans ? p / 2 : 1 - p / 2;
}

/* P-value of pairs that are larger than `bound`, each times `sign`. */
static bool pairs_beyond(const logs *l, double sign, double bound, double *work,
                         double *out) {
  signed_rank_result r;
  for (size_t i = 0; i < l->pairs; i++) work[i] = sign * l->pair[i] - bound;
  if (!signed_rank_test(l->pairs, work, &r)) return false;
  *out = one_sided(r.p, r.sum > (double)r.used * (double)(r.used + 1) / 4);
  return true;
}

/* P-value of x being larger than y by more than `bound`. */
static bool samples_beyond(size_t n, const double *x, size_t m, const double *y,
                           double bound, double *work, double *out) {
  mann_whitney_result r;
  for (size_t i = 0; i < n; i++) work[i] = x[i] - bound;
  if (!mann_whitney_test(n, work, m, y, &r)) return false;
  *out = one_sided(r.p, r.u > (double)n * (double)m / 2);
  return true;
}

static bool test(compare_point *p, const logs *l, const compare_rule *rule,
                 double *work) {
  const double apart = log1p(fmax(rule->floor, rule->margin));
  const double beyond = log1p(rule->floor);
  double slower = 1, faster = 1;
  bool ok;
  if (p->paired)
    ok = pairs_beyond(l, 1, beyond, work, &slower) &&
         pairs_beyond(l, -1, beyond, work, &faster) &&
         shift_of_pairs(l->pairs, l->pair, INTERVAL_LEVEL, &p->ratio);
  else
    ok =
        samples_beyond(l->heads, l->head, l->bases, l->base, apart, work, &slower) &&
        samples_beyond(l->bases, l->base, l->heads, l->head, apart, work, &faster) &&
        shift_of_samples(l->heads, l->head, l->bases, l->base, INTERVAL_LEVEL, &p->ratio);
  p->ratio.estimate = exp(p->ratio.estimate);
  p->ratio.low = exp(p->ratio.low);
  p->ratio.high = exp(p->ratio.high);
  p->p_value = fmin(1, 2 * fmin(slower, faster));
  return ok;
}

bool compare_time(compare_point *p, const compare_rule *rule) {
  logs l = {.bases = p->base->samples, .heads = p->head->samples};
  const size_t most = l.bases > l.heads ? l.bases : l.heads;
  l.base = calloc(l.bases, sizeof *l.base);
  l.head = calloc(l.heads, sizeof *l.head);
  /* A round is there once a row: no more pairs than that. */
  l.pair = calloc(l.bases, sizeof *l.pair);
  double *work = calloc(most, sizeof *work);
  bool ok = l.base && l.head && l.pair && work;
  if (ok) {
    take_logs(p->base, rule->shares, l.base);
    take_logs(p->head, rule->shares, l.head);
    pair_up(p, &l);
    p->paired = l.pairs == l.bases && l.pairs == l.heads;
    ok = test(p, &l, rule, work);
  }
  free(l.base);
  free(l.head);
  free(l.pair);
  free(work);
  return ok;
}

compare_verdict compare_judge(const interval *ratio, double p_value,
                              const compare_rule *rule) {
  const double margin = 1 + rule->margin;
  if (ratio->coverage >= INTERVAL_LEVEL && ratio->low >= 1 / margin &&
      ratio->high <= margin)
    return COMPARE_SAME;
  if (p_value <= rule->level)
    return ratio->estimate > 1 ? COMPARE_SLOWER : COMPARE_FASTER;
  return COMPARE_UNSURE;
}
