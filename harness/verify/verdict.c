#include "verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "row_fit.h"
#include "select.h"

const char *verdict_name(verdict_kind kind) {
  static const char *const names[] = {"ok", "wrong", "ill_conditioned", "untrusted"};
  return names[kind];
}

const char *judgement_name(judgement j) {
  static const char *const names[] = {"OK",
                                      "OK modulo unknowns",
                                      "WRONG",
                                      "WRONG (statistical)",
                                      "ILL-CONDITIONED",
                                      "UNTRUSTED",
                                      "not compared"};
  return names[j];
}

static bool finite_in(double value, lkv_dtype type) {
  return type == LKV_FLOAT32 ? isfinite((float)value) : isfinite(value);
}

/* What is not a number is beyond any bound. */
static double ratio(double distance, double bound) {
  const double r = distance == 0 ? 0 : distance / bound;
  return isnan(r) ? INFINITY : r;
}

static bool is_wrong(judgement j) {
  return j == JUDGED_WRONG || j == JUDGED_WRONG_STATISTICAL;
}

/* Infinite where one is not a number. */
static double largest_size(size_t d, const double *x) {
  double largest = 0;
  for (size_t c = 0; c < d; c++)
    if (!(fabs(x[c]) <= largest)) largest = isnan(x[c]) ? INFINITY : fabs(x[c]);
  return largest;
}

/* Whether r alone decides: rounding can move the row but little, where the oracle is
 * finite. */
static bool is_small(const bound_row *row, size_t d, const double *bound,
                     const double *want, lkv_dtype type) {
  for (size_t c = 0; c < d; c++)
    if (finite_in(want[c], type) &&
        !(isfinite(bound[c]) &&
          (row->scale == 0 || bound[c] <= BOUND_SMALL * row->scale)))
      return false;
  return true;
}

static judgement judge_fit(fit *f, const bounds *b, const bound_row *row,
                           const double *want, lkv_dtype type, const double *got) {
  const size_t d = b->head_dim;
  double *y = f->output;
  size_t kept = 0;
  for (size_t c = 0; c < d; c++) {
    const bool is = finite_in(want[c], type);
    kept += is;
    y[c] = is ? got[c] : bounds_base(b, row)[c];
  }
  /* As many unknowns as that fit anything. */
  if (2 * row->columns > kept) return JUDGED_ILL_CONDITIONED;
  if (!(fit_residual(f, b, row, y) <= sqrt((double)kept)))
    return JUDGED_WRONG_STATISTICAL;
  const double scale = fmax(row->scale, largest_size(d, y));
  return largest_size(d, f->allowance) <= BOUND_SMALL * scale ? JUDGED_FITTED
                                                              : JUDGED_ILL_CONDITIONED;
}

/* Where output or oracle is not finite. True where that settles the row: a column that is
 * wrong comes first, then one that overflowed; where the oracle is finite in no column,
 * nothing is left to compare. */
static bool judge_finiteness(const bound_row *row, lkv_dtype type, size_t d,
                             const double *want, const double *got, bool *swallowed,
                             verdict_row *out) {
  size_t expected = 0, overflowed = 0;
  for (size_t c = 0; c < d; c++) {
    const bool wanted = finite_in(want[c], type);
    const bool is = isfinite(got[c]);
    expected += wanted;
    overflowed += wanted && !is;
    *swallowed = *swallowed || (!wanted && is);
    if (wanted ? is || row->overflows : !is || !row->poisoned) continue;
    *out = (verdict_row){
        .judgement = JUDGED_WRONG, .r_det = INFINITY, .r_stat = INFINITY, .column = c};
    return true;
  }
  if (expected && row->finite && !overflowed) return false;
  *out = (verdict_row){.judgement = *swallowed ? JUDGED_UNTRUSTED
                                    : expected ? JUDGED_ILL_CONDITIONED
                                               : JUDGED_NOT_COMPARED,
                       .r_det = NAN,
                       .r_stat = NAN};
  return true;
}

static verdict_row judge_row(fit *f, const bounds *b, size_t index, lkv_dtype type,
                             const double *got) {
  const size_t d = b->head_dim;
  const bound_row *row = &b->row[index];
  const double *want = b->y + index * d;
  const double *det = b->det + index * d, *stat = b->stat + index * d;
  verdict_row out = {.judgement = JUDGED_OK};
  bool swallowed = false, beyond = false; /* finite, but not in the output's type */
  if (judge_finiteness(row, type, d, want, got, &swallowed, &out)) return out;
  for (size_t c = 0; c < d; c++) {
    if (!finite_in(want[c], type)) {
      beyond = beyond || isfinite(want[c]);
      continue;
    }
    const double distance = fabs(got[c] - want[c]), r = ratio(distance, stat[c]);
    if (!(r <= out.r_stat)) {
      out.r_stat = r;
      out.column = c;
    }
    out.r_det = fmax(out.r_det, ratio(distance, det[c]));
  }
  if (!(out.r_det <= 1))
    out.judgement = JUDGED_WRONG;
  else if (!(out.r_stat <= 1))
    out.judgement = JUDGED_WRONG_STATISTICAL;
  else if (beyond) /* what is small beside it may be large beside the others */
    out.judgement = JUDGED_ILL_CONDITIONED;
  else if (!is_small(row, d, stat, want, type))
    out.judgement = row->fit == BOUND_NO_FIT ? JUDGED_ILL_CONDITIONED
                                             : judge_fit(f, b, row, want, type, got);
  if (swallowed && !(is_wrong(out.judgement) && row->own <= BOUND_OWN_SHARE))
    return (verdict_row){.judgement = JUDGED_UNTRUSTED, .r_det = NAN, .r_stat = NAN};
  if (out.judgement != JUDGED_ILL_CONDITIONED && !(row->own <= BOUND_OWN_SHARE))
    out.judgement = JUDGED_UNTRUSTED;
  return out;
}

/* r of every element of the rows that were compared. */
typedef struct sample {
  double *det, *stat;
  size_t count;
} sample;

static bool sample_make(sample *s, const bounds *b, error *err) {
  const size_t elements = b->rows * b->head_dim;
  *s = (sample){.det = calloc(2 * elements + 1, sizeof *s->det)};
  s->stat = s->det + elements;
  return s->det || error_set(err, "verdict: out of memory for %zu elements", elements);
}

static void sample_row(sample *s, const bounds *b, size_t index, lkv_dtype type,
                       const double *got) {
  const size_t d = b->head_dim;
  for (size_t i = index * d, c = 0; c < d; i++, c++) {
    if (!finite_in(b->y[i], type)) continue;
    const double distance = fabs(got[c] - b->y[i]);
    s->det[s->count] = ratio(distance, b->det[i]);
    s->stat[s->count++] = ratio(distance, b->stat[i]);
  }
}

static verdict_spread spread_of(size_t count, double *r) {
  if (!count) return (verdict_spread){NAN, NAN};
  return (verdict_spread){.median = select_quantile(count, r, 0.5),
                          .p999 = select_quantile(count, r, 0.999)};
}

/* What the oracle tells of the operator itself, where its row is finite. */
static void take_operator(verdict *v, const bound_row *row, size_t tokens,
                          lkv_dtype type) {
  if (!row->finite) return;
  v->rows_finite++;
  v->unresolved_k += row->unresolved_k;
  v->unresolved_v += row->unresolved_v;
  v->denominators += tokens;
  v->entropy += row->entropy;
  v->largest_weight += row->largest_weight;
  if (type != LKV_FLOAT64 || row->own > 0) v->own_max = fmax(v->own_max, row->own);
  if (row->wide) v->wide[row->wide - 1]++;
}

static void take_row(verdict *v, const bounds *b, const verdict_row *j, element at,
                     size_t index, const double *got, bool *wrong_seen) {
  const bound_row *row = &b->row[index];
  const bool wrong = is_wrong(j->judgement);
  const bool first = isnan(v->r_stat_max);
  v->count[j->judgement]++;
  v->swallowed += j->judgement == JUDGED_UNTRUSTED && isnan(j->r_stat);
  if (isnan(j->r_stat)) return;
  if (first || (wrong && !*wrong_seen) ||
      (wrong == *wrong_seen && j->r_stat > v->r_stat_max)) {
    at.column = j->column;
    v->worst = at;
    v->worst_output = got[j->column];
    v->worst_oracle = b->y[index * b->head_dim + j->column];
    v->worst_bound = b->stat[index * b->head_dim + j->column];
    v->worst_culprit = row->culprit;
  }
  *wrong_seen = *wrong_seen || wrong;
  v->r_stat_max = fmax(v->r_stat_max, j->r_stat);
  v->r_det_max = fmax(v->r_det_max, j->r_det);
  double *largest =
      wrong || j->judgement == JUDGED_OK ? &v->r_stat_decided : &v->r_stat_open;
  *largest = fmax(*largest, j->r_stat);
}

/* Outputs not finite between the previous sampled row and this one, which is finite: no
 * key or value operand that they depend on is to blame. */
static void look_between(verdict *v, const lkv_problem *shape, const bounds *b,
                         size_t index, lkv_dtype type, const double *y) {
  const size_t d = b->head_dim, stride = shape->heads * d;
  const bound_row *row = &b->row[index];
  const double *want = b->y + index * d;
  element at = bounds_element(b, shape->heads, index);
  const size_t place = index / shape->heads % b->tokens, end = at.token;
  if (!row->finite || row->overflows) return;
  at.token = place ? bounds_token(b, place - 1) + 1 : 0;
  for (; at.token < end; at.token++) {
    const double *got = y + (at.batch * shape->seq_len + at.token) * stride + at.head * d;
    for (at.column = 0; at.column < d; at.column++)
      if (!isfinite(got[at.column]) && finite_in(want[at.column], type) && v->lost++ == 0)
        v->first_lost = at;
  }
}

static void conclude(verdict *v) {
  const size_t compared = v->rows - v->count[JUDGED_NOT_COMPARED];
  const size_t wrong = v->count[JUDGED_WRONG] + v->count[JUDGED_WRONG_STATISTICAL];
  const size_t decided = wrong + v->count[JUDGED_OK] + v->count[JUDGED_FITTED];
  const double finite = v->rows_finite ? (double)v->rows_finite : NAN;
  v->entropy /= finite;
  v->largest_weight /= finite;
  v->decided_share = compared ? (double)decided / (double)compared : NAN;
  v->decided_range = decided_share_range(decided, compared, v->rows_of_output - v->rows);
  v->kind = VERDICT_OK;
  if (wrong)
    v->kind = VERDICT_WRONG;
  else if (!compared || v->swallowed || v->lost ||
           (double)v->count[JUDGED_UNTRUSTED] > (1 - VERDICT_QUOTA) * (double)compared)
    v->kind = VERDICT_UNTRUSTED;
  else if (!(v->decided_range.high >= VERDICT_QUOTA))
    v->kind = VERDICT_ILL_CONDITIONED;
}

bool verdict_of(const lkv_problem *shape, lkv_dtype type, const bounds *b,
                const double *y, verdict_row *rows, verdict *out, error *err) {
  const size_t H = shape->heads, T = shape->seq_len;
  fit f;
  sample r;
  bool wrong_seen = false;
  *out = (verdict){.rows = b->rows,
                   .rows_of_output = shape->batch * T * H,
                   .r_det_max = NAN,
                   .r_stat_max = NAN,
                   .r_stat_decided = NAN,
                   .r_stat_open = NAN,
                   .own_max = NAN};
  if (!fit_make(&f, b->head_dim, err)) return false;
  if (!sample_make(&r, b, err)) {
    fit_free(&f);
    return false;
  }
  for (size_t i = 0; i < b->rows; i++) {
    const element at = bounds_element(b, H, i);
    const double *got = y + ((at.batch * T + at.token) * H + at.head) * b->head_dim;
    const verdict_row j = judge_row(&f, b, i, type, got);
    take_operator(out, &b->row[i], at.token + 1, type);
    take_row(out, b, &j, at, i, got, &wrong_seen);
    if (!isnan(j.r_stat)) sample_row(&r, b, i, type, got);
    if (rows) rows[i] = j;
    look_between(out, shape, b, i, type, y);
  }
  out->r_det = spread_of(r.count, r.det);
  out->r_stat = spread_of(r.count, r.stat);
  free(r.det);
  fit_free(&f);
  conclude(out);
  return true;
}

const char *verdict_worst_text(const verdict *v, char *buffer, size_t size) {
  if (isnan(v->r_stat_max))
    snprintf(buffer, size, "none: no row was compared");
  else
    snprintf(buffer, size, "y[b=%zu, t=%zu, h=%zu, c=%zu] = %.9g, oracle %.9g",
             v->worst.batch, v->worst.token, v->worst.head, v->worst.column,
             v->worst_output, v->worst_oracle);
  return buffer;
}

/* Why, without a word on sampling. */
static void say_why(const verdict *v, char *buffer, size_t size) {
  const size_t wrong = v->count[JUDGED_WRONG] + v->count[JUDGED_WRONG_STATISTICAL];
  char worst[160];
  verdict_worst_text(v, worst, sizeof worst);
  *buffer = 0;
  if (v->kind == VERDICT_WRONG && isinf(v->r_stat_max))
    snprintf(buffer, size,
             "%zu of %zu rows are WRONG: not finite where the oracle's are, or finite "
             "where a NaN must show: %s",
             wrong, v->rows, worst);
  else if (v->kind == VERDICT_WRONG)
    snprintf(buffer, size, "%zu of %zu rows are WRONG%s, %s %.3g times the bound: %s",
             wrong, v->rows, v->count[JUDGED_WRONG] ? "" : " (statistical)",
             v->r_stat_max > 1 ? "up to" : "by the fit, at", v->r_stat_max, worst);
  else if (v->kind == VERDICT_UNTRUSTED && v->count[JUDGED_NOT_COMPARED] == v->rows)
    snprintf(buffer, size,
             "the oracle's output is nowhere finite: nothing could be compared");
  else if (v->kind == VERDICT_UNTRUSTED && v->lost)
    snprintf(buffer, size,
             "%zu outputs outside the sample are not finite, the first y[b=%zu, t=%zu, "
             "h=%zu, c=%zu], though the oracle's next row is; --rows all judges them",
             v->lost, v->first_lost.batch, v->first_lost.token, v->first_lost.head,
             v->first_lost.column);
  else if (v->kind == VERDICT_UNTRUSTED)
    snprintf(buffer, size,
             "%zu of %zu rows: the output is finite where the oracle's is not, or the "
             "oracle's own error is too large",
             v->count[JUDGED_UNTRUSTED], v->rows);
  else if (v->kind == VERDICT_ILL_CONDITIONED)
    snprintf(buffer, size,
             "%.3g %% of the rows are decided, %.3g %% are wanted: rounding alone may "
             "change the others",
             100 * v->decided_share, 100 * VERDICT_QUOTA);
}

const char *verdict_reason(const verdict *v, char *buffer, size_t size) {
  say_why(v, buffer, size);
  size_t used = strlen(buffer);
  if (v->rows == v->rows_of_output) return buffer;
  snprintf(buffer + used, size - used, "%sa sample of %zu of %zu rows was judged",
           used ? "; " : "", v->rows, v->rows_of_output);
  used += strlen(buffer + used);
  if (v->kind == VERDICT_OK && v->decided_range.low < VERDICT_QUOTA)
    snprintf(
        buffer + used, size - used,
        ", too few to tell whether %.3g %% of all are decided: %.3g %% of them are, as "
        "in "
        "random samples of %.3g to %.3g %%, and early rows, decided more often, are more",
        100 * VERDICT_QUOTA, 100 * v->decided_share, 100 * v->decided_range.low,
        100 * v->decided_range.high);
  return buffer;
}
