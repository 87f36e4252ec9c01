/* A kernel of your own, as a plug-in of linkv: the definition of Lin-KV attention in the
 * fewest lines, two passes over the prefix a query.
 *
 *   S_K += KK_t VK_t^T   Z_K += KK_t   S_V += KV_t VV_t^T   Z_V += KV_t
 *   pass 1: s_i = Q_t . k_i,  k_i = QK_i S_K / (QK_i . Z_K + eps),  m = max_i s_i
 *   pass 2: y_t = sum_i e^(s_i - m) v_i / sum_i e^(s_i - m),
 *           v_i = QV_i S_V / (QV_i . Z_V + eps)
 *
 * Loops: t; i of pass 1; i of pass 2. O(T^2 d^2) time, O(T + d^2) workspace.
 *
 * Build, from the top of linkv's source:
 *   cc -O3 -shared -fPIC -I kernels/include docs/plugin/my_kernel.c -o my_kernel.so -lm
 */
#include <math.h>
#include <stdint.h>

#include "linkv/registry.h"

typedef struct state {
  float *s_k, *z_k, *s_v, *z_v; /* S: (d, d), Z: (d) */
  float *row;                   /* (d): k_i or v_i */
  float *logit;                 /* (T) */
} state;

static const float *row_of(const lkv_operands *operands, int which, size_t t) {
  return (const float *)operands->data[which] + t * operands->stride[which];
}

/* Floats in all: 2 d^2 + 3 d + T. */
static size_t workspace_bytes(const lkv_problem *problem) {
  const size_t d = problem->head_dim;
  size_t squares, floats, bytes;
  if (__builtin_mul_overflow(d, 2 * d + 3, &squares) || d > SIZE_MAX / 4) return SIZE_MAX;
  if (__builtin_add_overflow(squares, problem->seq_len, &floats)) return SIZE_MAX;
  if (__builtin_mul_overflow(floats, sizeof(float), &bytes)) return SIZE_MAX;
  return bytes;
}

static state carve(float *workspace, size_t d) {
  state w = {.s_k = workspace, .s_v = workspace + d * d, .z_k = workspace + 2 * d * d};
  w.z_v = w.z_k + d;
  w.row = w.z_v + d;
  w.logit = w.row + d;
  for (float *x = w.s_k; x < w.row; x++) *x = 0;
  return w;
}

/* S += key value^T, Z += key. */
static void add_token(float *s, float *z, const float *key, const float *value,
                      size_t d) {
  for (size_t a = 0; a < d; a++) {
    z[a] += key[a];
    for (size_t b = 0; b < d; b++) s[a * d + b] += key[a] * value[b];
  }
}

/* out = x S / (x . Z + eps). */
static void effective(float *out, const float *x, const float *s, const float *z,
                      float eps, size_t d) {
  float denominator = 0;
  for (size_t a = 0; a < d; a++) denominator += x[a] * z[a];
  denominator += eps;
  for (size_t b = 0; b < d; b++) out[b] = 0;
  for (size_t a = 0; a < d; a++)
    for (size_t b = 0; b < d; b++) out[b] += x[a] * s[a * d + b];
  for (size_t b = 0; b < d; b++) out[b] /= denominator;
}

/* Pass 1: every logit, and the largest of them. */
static float logits(const state *w, const lkv_operands *operands, size_t t, float eps,
                    size_t d) {
  const float *query = row_of(operands, LKV_Q, t);
  float largest = -INFINITY;
  for (size_t i = 0; i <= t; i++) {
    effective(w->row, row_of(operands, LKV_QK, i), w->s_k, w->z_k, eps, d);
    w->logit[i] = 0;
    for (size_t c = 0; c < d; c++) w->logit[i] += query[c] * w->row[c];
    largest = isnan(w->logit[i]) ? w->logit[i] : fmaxf(largest, w->logit[i]);
  }
  return largest;
}

/* Pass 2: the weighted mean of the effective values. */
static void mean(const state *w, const lkv_operands *operands, size_t t, float largest,
                 float eps, size_t d, float *out) {
  float sum = 0;
  for (size_t c = 0; c < d; c++) out[c] = 0;
  for (size_t i = 0; i <= t; i++) {
    const float weight = expf(w->logit[i] - largest);
    effective(w->row, row_of(operands, LKV_QV, i), w->s_v, w->z_v, eps, d);
    for (size_t c = 0; c < d; c++) out[c] += weight * w->row[c];
    sum += weight;
  }
  for (size_t c = 0; c < d; c++) out[c] /= sum;
}

static lkv_status attention(const lkv_problem *problem, const lkv_operands *operands,
                            void *workspace, lkv_output y) {
  const size_t d = problem->head_dim;
  const float eps = (float)problem->eps;
  const state w = carve(workspace, d);
  for (size_t t = 0; t < problem->seq_len; t++) {
    add_token(w.s_k, w.z_k, row_of(operands, LKV_KK, t), row_of(operands, LKV_VK, t), d);
    add_token(w.s_v, w.z_v, row_of(operands, LKV_KV, t), row_of(operands, LKV_VV, t), d);
    const float largest = logits(&w, operands, t, eps, d);
    mean(&w, operands, t, largest, eps, d, (float *)y.data + t * y.stride);
  }
  return LKV_OK;
}

static const lkv_kernel scalar_twopass = {
    .abi = LKV_KERNEL_ABI,
    .name = "scalar_twopass",
    .algorithm = "twopass",
    .isa = LKV_ISA_SCALAR,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT32,
    .factor_type = LKV_FLOAT32,
    .family = LKV_DEFINITIONAL,
    .summary = "the definition, two passes a query: O(T^2 d^2) time, O(T + d^2) memory",
    .source = "docs/plugin/my_kernel.c",
    .workspace_bytes = workspace_bytes,
    .attention = attention,
};

static const lkv_kernel *const kernels[] = {&scalar_twopass};

const lkv_plugin linkv_plugin = {LKV_KERNEL_ABI, 1, kernels};
