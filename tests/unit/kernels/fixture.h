/* Problems, runs and an independent float64 reference for the kernel tests.
 *
 * Inputs are held as float32 and outputs as float64, which every output type converts to
 * exactly: one test serves every kernel of the registry. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linkv/bfloat16.h"
#include "linkv/driver.h"
#include "linkv/registry.h"

/* Read by LeakSanitizer: LLVM's OpenMP runtime keeps memory of its threads to the end. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:libomp.so";
}

typedef struct fixture {
  lkv_problem problem;
  size_t count;                 /* elements of an operand */
  float *operand[LKV_OPERANDS]; /* (batch, seq_len, heads, head_dim) */
} fixture;

static inline void *allocate(size_t bytes) {
  void *memory = malloc(bytes ? bytes : 1);
  assert_non_null(memory);
  return memory;
}

/* Workspace of exactly `bytes`, so that a sanitizer sees any step beyond it. */
static inline void *allocate_workspace(size_t bytes) {
  void *memory = NULL;
  assert_int_equal(posix_memalign(&memory, LKV_WORKSPACE_ALIGNMENT, bytes ? bytes : 1),
                   0);
  memset(memory, 0xff, bytes);
  return memory;
}

/* Uniform in [0, 1), from a 64-bit linear congruential generator. */
static inline float uniform(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (float)(*state >> 40) * 0x1p-24F;
}

static inline size_t index_of(const lkv_problem *p, size_t b, size_t t, size_t h,
                              size_t c) {
  return ((b * p->seq_len + t) * p->heads + h) * p->head_dim + c;
}

/* Positive keys and feature queries, well spread; Q and values of both signs. */
static inline fixture fixture_make(size_t batch, size_t seq_len, size_t heads,
                                   size_t head_dim, uint64_t seed) {
  fixture f = {.problem = {.batch = batch,
                           .seq_len = seq_len,
                           .heads = heads,
                           .head_dim = head_dim,
                           .eps = 1e-3}};
  const float query_scale = 4.0F / sqrtf((float)head_dim);
  f.count = batch * seq_len * heads * head_dim;
  for (int o = 0; o < LKV_OPERANDS; o++) {
    f.operand[o] = allocate(f.count * sizeof(float));
    for (size_t i = 0; i < f.count; i++) {
      const float u = uniform(&seed);
      const float symmetric = 2 * u - 1;
      const int is_signed = o == LKV_Q || o == LKV_VK || o == LKV_VV;
      f.operand[o][i] = is_signed ? symmetric : 0.05F + u * u * u;
      if (o == LKV_Q) f.operand[o][i] *= query_scale;
    }
  }
  return f;
}

static inline fixture fixture_copy(const fixture *in) {
  fixture f = *in;
  for (int o = 0; o < LKV_OPERANDS; o++) {
    f.operand[o] = allocate(f.count * sizeof(float));
    memcpy(f.operand[o], in->operand[o], f.count * sizeof(float));
  }
  return f;
}

static inline void fixture_free(fixture *f) {
  for (int o = 0; o < LKV_OPERANDS; o++) free(f->operand[o]);
}

/* `count` floats in `dtype`, rounded where it is narrower. */
static inline void *to_dtype(const float *in, size_t count, lkv_dtype dtype) {
  void *out = allocate(count * lkv_dtype_size(dtype));
  if (dtype == LKV_FLOAT32)
    memcpy(out, in, count * sizeof(float));
  else
    for (size_t i = 0; i < count; i++)
      if (dtype == LKV_FLOAT64)
        ((double *)out)[i] = in[i];
      else
        ((uint16_t *)out)[i] = lkv_bfloat16_round(in[i]);
  return out;
}

/* `count` elements of `dtype` as float64; frees `in`. */
static inline double *from_dtype(void *in, size_t count, lkv_dtype dtype) {
  double *out = allocate(count * sizeof *out);
  if (dtype == LKV_FLOAT64)
    memcpy(out, in, count * sizeof *out);
  else
    for (size_t i = 0; i < count; i++) out[i] = (double)((float *)in)[i];
  free(in);
  return out;
}

/* The one kernel this test program was asked for; NULL: every kernel. */
static const lkv_kernel *only_kernel;

/* What CTest takes for a test that was skipped. */
enum { SKIPPED = 77 };

/* Takes a kernel's name from the command line, if there is one, and a plug-in's path.
 * Returns 0, or what the program should exit with: 1 for an unknown kernel, SKIPPED for
 * one this CPU cannot run. */
static inline int select_kernel(int argc, char **argv) {
  const char *why = NULL;
  char error[512];
  if (argc < 2) return 0;
  if (argc > 2 && !lkv_plugin_load(argv[2], error, sizeof error)) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  only_kernel = lkv_kernel_find(argv[1]);
  if (!only_kernel) {
    fprintf(stderr, "no kernel '%s'\n", argv[1]);
    return 1;
  }
  if (lkv_cpu_supports(only_kernel->isa, &why)) return 0;
  printf("%s is skipped: %s\n", only_kernel->name, why);
  return SKIPPED;
}

/* Whether the kernel is asked for, and this CPU and the kernel itself take the problem;
 * every other failure fails the test. */
static inline bool runs(const lkv_kernel *kernel, const lkv_problem *problem) {
  const char *why = NULL;
  if (only_kernel && kernel != only_kernel) return false;
  const lkv_status status = lkv_check(kernel, problem, &why);
  if (status == LKV_UNSUPPORTED) return false;
  assert_int_equal(status, LKV_OK);
  return true;
}

/* The output, with the fixture's tile sizes (0: the kernel's own) and so many threads. */
static inline double *run(const lkv_kernel *kernel, const fixture *f, size_t threads) {
  const lkv_problem problem = lkv_resolve_tiles(kernel, f->problem);
  const size_t y_bytes = f->count * lkv_dtype_size(kernel->output_type);
  lkv_inputs inputs = {.stage = LKV_STAGE_ATTENTION};
  size_t bytes = 0;
  assert_int_equal(
      lkv_workspace_bytes(kernel, &problem, LKV_STAGE_ATTENTION, threads, &bytes),
      LKV_OK);
  void *workspace = allocate_workspace(bytes);
  void *y = allocate(y_bytes);
  memset(y, 0xff, y_bytes);
  for (int o = 0; o < LKV_OPERANDS; o++)
    inputs.operand[o] = to_dtype(f->operand[o], f->count, kernel->operand_type);
  assert_int_equal(lkv_run(kernel, &problem, &inputs, threads, workspace, y), LKV_OK);
  for (int o = 0; o < LKV_OPERANDS; o++) free((void *)inputs.operand[o]);
  free(workspace);
  return from_dtype(y, f->count, kernel->output_type);
}

static inline bool same_number(double a, double b) {
  return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static inline void assert_same_bits(const lkv_kernel *kernel, const double *a,
                                    const double *b, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!same_number(a[i], b[i]))
      fail_msg("%s: element %zu is %a in one run and %a in the other", kernel->name, i,
               a[i], b[i]);
}

/* Of a kernel that rounds its operands: each moves y by a few of them. */
#define BFLOAT16_TOLERANCE 0x1p-6

/* |y - reference| <= tolerance * max|reference|, element by element. */
static inline void assert_close(const lkv_kernel *kernel, const lkv_problem *p,
                                const double *y, const double *reference, size_t count,
                                double tolerance) {
  double scale = 0;
  if (kernel->operand_type == LKV_BFLOAT16) tolerance = BFLOAT16_TOLERANCE;
  for (size_t i = 0; i < count; i++) scale = fmax(scale, fabs(reference[i]));
  for (size_t i = 0; i < count; i++)
    if (!(fabs(y[i] - reference[i]) <= tolerance * scale))
      fail_msg("%s: T=%zu d=%zu tile_k=%zu: element %zu is %.9g, not %.9g", kernel->name,
               p->seq_len, p->head_dim, p->tile_k, i, y[i], reference[i]);
}

/* sum_j<=t key_j value_j^T applied to x_i, over its denominator: one effective row. */
static inline void naive_effective(const fixture *f, int query, int key, int value,
                                   size_t b, size_t h, size_t t, size_t i, double *out) {
  const lkv_problem *p = &f->problem;
  double denominator = p->eps;
  for (size_t c = 0; c < p->head_dim; c++) out[c] = 0;
  for (size_t j = 0; j <= t; j++) {
    double overlap = 0;
    for (size_t c = 0; c < p->head_dim; c++)
      overlap += (double)f->operand[query][index_of(p, b, i, h, c)] *
                 (double)f->operand[key][index_of(p, b, j, h, c)];
    denominator += overlap;
    for (size_t c = 0; c < p->head_dim; c++)
      out[c] += overlap * (double)f->operand[value][index_of(p, b, j, h, c)];
  }
  for (size_t c = 0; c < p->head_dim; c++) out[c] /= denominator;
}

/* The operator by its definition, float64: k_i(t) = sum_j (QK_i . KK_j) VK_j / D_i(t). */
static inline double *naive(const fixture *f) {
  const lkv_problem *p = &f->problem;
  const size_t d = p->head_dim;
  double *y = allocate(f->count * sizeof *y);
  double *row = allocate(d * sizeof *row), *sum = allocate(d * sizeof *sum);
  double *logit = allocate(p->seq_len * sizeof *logit);
  for (size_t b = 0; b < p->batch; b++)
    for (size_t h = 0; h < p->heads; h++)
      for (size_t t = 0; t < p->seq_len; t++) {
        double highest = -INFINITY, total = 0;
        for (size_t i = 0; i <= t; i++) {
          naive_effective(f, LKV_QK, LKV_KK, LKV_VK, b, h, t, i, row);
          logit[i] = 0;
          for (size_t c = 0; c < d; c++)
            logit[i] += (double)f->operand[LKV_Q][index_of(p, b, t, h, c)] * row[c];
          highest = fmax(highest, logit[i]);
        }
        for (size_t c = 0; c < d; c++) sum[c] = 0;
        for (size_t i = 0; i <= t; i++) {
          const double weight = exp(logit[i] - highest);
          naive_effective(f, LKV_QV, LKV_KV, LKV_VV, b, h, t, i, row);
          for (size_t c = 0; c < d; c++) sum[c] += weight * row[c];
          total += weight;
        }
        for (size_t c = 0; c < d; c++) y[index_of(p, b, t, h, c)] = sum[c] / total;
      }
  free(row);
  free(sum);
  free(logit);
  return y;
}

#endif
