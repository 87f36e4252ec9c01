/* A plug-in of kernels that differ in speed alone: slow_N takes N % longer than slow_0,
 * by reading the clock of its thread until it has had the processor for so much longer.
 * Built with PLANTED=N it is one build of two kernels, of which `planted` is slower by
 * N % and `unchanged` by nothing. One body, the row by row algorithm:
 *
 *   r = S_K Q_t, logit_i = (QK_i r) / (QK_i Z_K + eps), w = softmax(logit),
 *   y_t = (sum_i w_i / (QV_i Z_V + eps) QV_i) S_V */
#include <math.h>
#include <string.h>
#include <time.h>

#include "linkv/kernel.h"
#include "linkv/registry.h"

typedef struct state {
  float *s_k, *z_k, *s_v, *z_v; /* S (d, d), Z (d) */
  float *r, *sum;               /* d */
  float *logit;                 /* seq_len */
} state;

static size_t workspace_bytes(const lkv_problem *p) {
  return (2 * p->head_dim * p->head_dim + 4 * p->head_dim + p->seq_len) * sizeof(float);
}

static state carve(float *at, size_t d) {
  state w = {.s_k = at, .s_v = at + d * d, .z_k = at + 2 * d * d};
  w.z_v = w.z_k + d;
  w.r = w.z_v + d;
  w.sum = w.r + d;
  w.logit = w.sum + d;
  memset(at, 0, (2 * d * d + 2 * d) * sizeof *at);
  return w;
}

static const float *row_of(const lkv_operands *x, int operand, size_t t) {
  return (const float *)x->data[operand] + t * x->stride[operand];
}

static float dot(const float *a, const float *b, size_t d) {
  float sum = 0;
  for (size_t c = 0; c < d; c++) sum += a[c] * b[c];
  return sum;
}

static void join(float *s, float *z, const float *a, const float *b, size_t d) {
  for (size_t r = 0; r < d; r++) {
    for (size_t c = 0; c < d; c++) s[r * d + c] += a[r] * b[c];
    z[r] += a[r];
  }
}

static __attribute__((noinline)) void row(const state *w, const lkv_operands *x, size_t t,
                                          float eps, size_t d, float *y) {
  const float *query = row_of(x, LKV_Q, t);
  float largest = -INFINITY, total = 0;
  for (size_t r = 0; r < d; r++) w->r[r] = dot(w->s_k + r * d, query, d);
  for (size_t i = 0; i <= t; i++) {
    const float *key = row_of(x, LKV_QK, i);
    w->logit[i] = dot(key, w->r, d) / (dot(key, w->z_k, d) + eps);
    if (!(w->logit[i] <= largest)) largest = w->logit[i];
  }
  memset(w->sum, 0, d * sizeof *w->sum);
  for (size_t i = 0; i <= t; i++) {
    const float *value = row_of(x, LKV_QV, i), weight = expf(w->logit[i] - largest);
    const float scaled = weight / (dot(value, w->z_v, d) + eps);
    for (size_t c = 0; c < d; c++) w->sum[c] += scaled * value[c];
    total += weight;
  }
  memset(y, 0, d * sizeof *y);
  for (size_t r = 0; r < d; r++)
    for (size_t c = 0; c < d; c++) y[c] += w->sum[r] * w->s_v[r * d + c];
  for (size_t c = 0; c < d; c++) y[c] /= total;
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* One copy of the code: where a compiler puts it makes per cents of its own. */
static __attribute__((noinline)) lkv_status attention(const lkv_problem *p,
                                                      const lkv_operands *x,
                                                      void *workspace, lkv_output y,
                                                      double percent) {
  const size_t d = p->head_dim;
  const state w = carve(workspace, d);
  const double start = now_ns();
  for (size_t t = 0; t < p->seq_len; t++) {
    float *out = (float *)y.data + t * y.stride;
    join(w.s_k, w.z_k, row_of(x, LKV_KK, t), row_of(x, LKV_VK, t), d);
    join(w.s_v, w.z_v, row_of(x, LKV_KV, t), row_of(x, LKV_VV, t), d);
    row(&w, x, t, (float)p->eps, d, out);
  }
  const double end = now_ns(), until = end + percent / 100 * (end - start);
  while (now_ns() < until) continue;
  return LKV_OK;
}

#define SLOW(kernel, percent)                                                        \
  static lkv_status attention_##kernel(const lkv_problem *p, const lkv_operands *x,  \
                                       void *workspace, lkv_output y) {              \
    const volatile double slower = percent; /* not known: no copy for it */          \
    return attention(p, x, workspace, y, slower);                                    \
  }                                                                                  \
  static const lkv_kernel kernel = {.abi = LKV_KERNEL_ABI,                           \
                                    .name = #kernel,                                 \
                                    .algorithm = "row",                              \
                                    .isa = LKV_ISA_SCALAR,                           \
                                    .operand_type = LKV_FLOAT32,                     \
                                    .output_type = LKV_FLOAT32,                      \
                                    .accum_type = LKV_FLOAT32,                       \
                                    .factor_type = LKV_FLOAT32,                      \
                                    .family = LKV_REASSOCIATED,                      \
                                    .summary = #percent " % slower than it need be", \
                                    .source = "tests/slow/slow_kernels.c",           \
                                    .workspace_bytes = workspace_bytes,              \
                                    .attention = attention_##kernel}
#ifdef PLANTED
SLOW(planted, PLANTED);
SLOW(unchanged, 0);
static const lkv_kernel *const kernels[] = {&planted, &unchanged};
#else
SLOW(slow_0, 0);
SLOW(slow_3, 3);
SLOW(slow_5, 5);
SLOW(slow_10, 10);
SLOW(slow_20, 20);
static const lkv_kernel *const kernels[] = {&slow_0, &slow_3, &slow_5, &slow_10,
                                            &slow_20};
#endif

const lkv_plugin linkv_plugin = {LKV_KERNEL_ABI, sizeof kernels / sizeof *kernels,
                                 kernels};
