#include "sequential.h"

#include <math.h>

#include "shift.h"

/* The look after one of n pairs. */
static size_t next_look(const sequential_rule *rule, size_t n) {
  const size_t more = n + (n + 1) / 2;
  return more < rule->last ? more : rule->last;
}

static size_t first_look(const sequential_rule *rule) {
  return rule->first < rule->last ? rule->first : rule->last;
}

size_t sequential_looks(const sequential_rule *rule) {
  size_t looks = 1;
  for (size_t n = first_look(rule); n < rule->last; n = next_look(rule, n)) looks++;
  return looks;
}

bool sequential_is_look(const sequential_rule *rule, size_t n) {
  size_t look = first_look(rule);
  while (look < n && look < rule->last) look = next_look(rule, look);
  return look == n;
}

static sequential_verdict verdict_of(const sequential_rule *rule, const interval *ratio,
                                     double level, bool last) {
  const double margin = 1 + rule->margin, floor = 1 + rule->floor;
  /* What may be the same yet is given the pairs that are left to show it. */
  const double apart = last ? floor : fmax(floor, margin);
  if (ratio->coverage >= level) {
    if (ratio->low >= 1 / margin && ratio->high <= margin) return SEQUENTIAL_SAME;
    if (ratio->low > apart) return SEQUENTIAL_HIGHER;
    if (ratio->high < 1 / apart) return SEQUENTIAL_LOWER;
  }
  return last ? SEQUENTIAL_UNSURE : SEQUENTIAL_GO_ON;
}

bool sequential_look(const sequential_rule *rule, size_t n, const double *ratios,
                     interval *out, sequential_verdict *verdict) {
  const double level = 1 - rule->error / (double)sequential_looks(rule);
  *verdict = SEQUENTIAL_GO_ON;
  if (!sequential_is_look(rule, n)) return true;
  if (!ratio_of_pairs(n, ratios, level, out)) return false;
  *verdict = verdict_of(rule, out, level, n == rule->last);
  return true;
}
