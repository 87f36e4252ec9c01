/* Closed forms of y, from the operands alone, in float64. */
#include "closed_forms.h"

#include <math.h>
#include <string.h>

#include "law_element.h"

void closed_oracle(const lin_case *c, const bounds *oracle, double *expected) {
  memcpy(expected, oracle->y, probe_count(c) * sizeof *expected);
}

static double dot(size_t d, const float *a, const float *b) {
  double sum = 0;
  for (size_t c = 0; c < d; c++) sum += (double)a[c] * (double)b[c];
  return sum;
}

/* QK_i . Z_K(t) + eps, or the same of V. */
static double denominator(const lin_case *c, int query, int key, size_t b, size_t h,
                          size_t t, size_t i) {
  const lkv_problem *p = &c->problem;
  const float *q = operand(c, query) + at(p, b, i, h, 0);
  double sum = p->eps;
  for (size_t j = 0; j <= t; j++)
    sum += dot(p->head_dim, q, operand(c, key) + at(p, b, j, h, 0));
  return sum;
}

/* QK_i S_K(t) Q_t. */
static double numerator(const lin_case *c, size_t b, size_t h, size_t t, size_t i) {
  const lkv_problem *p = &c->problem;
  const float *qk = operand(c, LKV_QK) + at(p, b, i, h, 0);
  const float *q = operand(c, LKV_Q) + at(p, b, t, h, 0);
  double sum = 0;
  for (size_t j = 0; j <= t; j++)
    sum += dot(p->head_dim, qk, operand(c, LKV_KK) + at(p, b, j, h, 0)) *
           dot(p->head_dim, operand(c, LKV_VK) + at(p, b, j, h, 0), q);
  return sum;
}

/* sum_i p_i eps / Dv_i, by an online softmax. */
static double lost_to_eps(const lin_case *c, size_t b, size_t h, size_t t) {
  double max = -INFINITY, weights = 0, sum = 0;
  for (size_t i = 0; i <= t; i++) {
    const double logit =
        numerator(c, b, h, t, i) / denominator(c, LKV_QK, LKV_KK, b, h, t, i);
    const double next = fmax(max, logit), scale = exp(max - next), w = exp(logit - next);
    sum = sum * scale + w * c->problem.eps / denominator(c, LKV_QV, LKV_KV, b, h, t, i);
    weights = weights * scale + w;
    max = next;
  }
  return sum / weights;
}

enum { CONSTANT = 3 };

void closed_prepare_constant(lin_case *c) {
  c->problem.eps = 0.25;
  for (size_t e = 0; e < c->operand[LKV_VV].count; e++) operand(c, LKV_VV)[e] = CONSTANT;
}

void closed_constant(const lin_case *c, const bounds *oracle, double *expected) {
  const lkv_problem *p = &c->problem;
  (void)oracle;
  for (size_t b = 0; b < p->batch; b++)
    for (size_t t = 0; t < p->seq_len; t++)
      for (size_t h = 0; h < p->heads; h++) {
        const double y = CONSTANT * (1 - lost_to_eps(c, b, h, t));
        for (size_t k = 0; k < p->head_dim; k++) expected[at(p, b, t, h, k)] = y;
      }
}

void closed_prepare_zero_queries(lin_case *c) {
  memset(c->operand[LKV_Q].data, 0, c->operand[LKV_Q].count * sizeof(float));
}

/* out = QV_i S_V(t) / Dv_i(t). */
static void add_value(const lin_case *c, size_t b, size_t h, size_t t, size_t i,
                      double weight, double *out) {
  const lkv_problem *p = &c->problem;
  const float *qv = operand(c, LKV_QV) + at(p, b, i, h, 0);
  const double below = denominator(c, LKV_QV, LKV_KV, b, h, t, i);
  for (size_t j = 0; j <= t; j++) {
    const double overlap = dot(p->head_dim, qv, operand(c, LKV_KV) + at(p, b, j, h, 0));
    const float *vv = operand(c, LKV_VV) + at(p, b, j, h, 0);
    for (size_t k = 0; k < p->head_dim; k++)
      out[k] += weight * overlap * (double)vv[k] / below;
  }
}

void closed_mean(const lin_case *c, const bounds *oracle, double *expected) {
  const lkv_problem *p = &c->problem;
  (void)oracle;
  memset(expected, 0, probe_count(c) * sizeof *expected);
  for (size_t b = 0; b < p->batch; b++)
    for (size_t t = 0; t < p->seq_len; t++)
      for (size_t h = 0; h < p->heads; h++)
        for (size_t i = 0; i <= t; i++)
          add_value(c, b, h, t, i, 1 / (double)(t + 1), expected + at(p, b, t, h, 0));
}

void closed_prepare_eps(lin_case *c) {
  c->problem.eps = 0.25;
}

void closed_first(const lin_case *c, const bounds *oracle, double *expected) {
  const lkv_problem *p = &c->problem;
  (void)oracle;
  memset(expected, 0, probe_count(c) * sizeof *expected);
  for (size_t b = 0; b < p->batch; b++)
    for (size_t h = 0; h < p->heads; h++)
      add_value(c, b, h, 0, 0, 1, expected + at(p, b, 0, h, 0));
}

bool closed_counts_first(const law_side *side, size_t variant, size_t token,
                         size_t column) {
  (void)side;
  (void)variant;
  (void)column;
  return token == 0;
}

void closed_prepare_one_hot(lin_case *c) {
  const size_t d = c->problem.head_dim;
  c->problem.eps = 0;
  for (size_t e = 0; e < c->operand[0].count; e++) {
    operand(c, LKV_Q)[e] = 0;
    operand(c, LKV_QK)[e] = operand(c, LKV_QV)[e] = e % d == e / d * 7 % d ? 1 : 0;
    operand(c, LKV_KK)[e] = operand(c, LKV_KV)[e] = 1;
    operand(c, LKV_VV)[e] = floorf(operand(c, LKV_VV)[e] * 16);
  }
}

void closed_mean_of_values(const lin_case *c, const bounds *oracle, double *expected) {
  const lkv_problem *p = &c->problem;
  (void)oracle;
  for (size_t e = 0; e < probe_count(c); e++) {
    const size_t row = p->heads * p->head_dim, t = e / row % p->seq_len;
    double sum = 0;
    for (size_t j = 0; j <= t; j++) sum += (double)operand(c, LKV_VV)[e - (t - j) * row];
    expected[e] = sum / (double)(t + 1);
  }
}

bool closed_counts_power_of_two(const law_side *side, size_t variant, size_t token,
                                size_t column) {
  (void)side;
  (void)variant;
  (void)column;
  return (token & (token + 1)) == 0;
}
