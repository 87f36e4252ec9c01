/* Every T x T matrix in memory, every product one BLAS call: what is written first.
 *
 *   L = mask(Q VK^T)    R = L KK    Z_K(t) = sum_{j<=t} KK_j, Z_V likewise
 *   P = softmax(mask(R QK^T / (Z_K QK^T + eps)))
 *   W = P / (Z_V QV^T + eps)    G = W QV
 *   y = mask(G KV^T) VV
 *
 * Loops: none but those of the products; t over the softmax. Half of each T x T matrix is
 * masked and computed all the same. Time O(T^2 d), workspace O(T^2 + T d).
 */
#include <assert.h>

#include "blas/finite.h"
#include "body/linear_f32.h"

typedef struct materialized {
  f32 *rows;         /* (T, d): R, then G */
  f32 *z;            /* (T, d): Z_K, then Z_V */
  f32 *clean;        /* (T, d) */
  f32 *pairs;        /* (T, T): L, then P, W, then mask(G KV^T) */
  f32 *denominators; /* (T, T) */
  size_t tokens, d;
} materialized;

static void materialized_layout(const lkv_problem *problem, arena *a, materialized *w) {
  const size_t tokens = w->tokens = problem->seq_len;
  const size_t d = w->d = problem->head_dim;
  w->rows = take_f32(a, size_times(tokens, d));
  w->z = take_f32(a, size_times(tokens, d));
  w->clean = take_f32(a, size_times(tokens, d));
  w->pairs = take_f32(a, size_times(tokens, tokens));
  w->denominators = take_f32(a, size_times(tokens, tokens));
}

static size_t materialized_workspace_bytes(const lkv_problem *problem) {
  arena a = {0};
  materialized w;
  materialized_layout(problem, &a, &w);
  return a.used;
}

static blas_matrix materialized_operand(const lkv_operands *operands, int operand) {
  return (blas_matrix){operand_row(operands, operand, 0), operands->stride[operand],
                       false};
}

/* out (T, T) = rows operand^T. */
static void materialized_pairs(const materialized *w, blas_matrix rows,
                               const lkv_operands *operands, int operand, f32 *out) {
  blas_matrix columns = materialized_operand(operands, operand);
  columns.transposed = true;
  blas_multiply(rows, columns, out, w->tokens, w->tokens, w->tokens, w->d, false);
}

static void materialized_mask(const materialized *w) {
  for (size_t t = 0; t < w->tokens; t++)
    clear_f32(w->pairs + t * w->tokens + t + 1, w->tokens - t - 1);
}

/* out (T, d) = pairs operand, pairs being 0 above the diagonal. */
static void materialized_sum(const materialized *w, const lkv_operands *operands,
                             int operand, f32 *out, size_t stride) {
  const blas_matrix rows = materialized_operand(operands, operand);
  const blas_matrix finite = blas_finite_rows(rows, w->tokens, w->d, w->clean);
  blas_multiply((blas_matrix){w->pairs, w->tokens, false}, finite, out, stride, w->tokens,
                w->d, w->tokens, false);
  if (finite.data != rows.data)
    blas_restore(rows, w->tokens, w->d, (blas_by_query){w->pairs, 1, w->tokens}, 0,
                 w->tokens, (blas_by_query){out, 1, stride});
}

/* z = running sums of an operand's rows. */
static void materialized_prefix(const materialized *w, const lkv_operands *operands,
                                int operand) {
  load_f32(w->z, operand_row(operands, operand, 0), w->d);
  for (size_t t = 1; t < w->tokens; t++) {
    const f32 *restrict row = operand_row(operands, operand, t);
    f32 *restrict z = w->z + t * w->d;
    for (size_t c = 0; c < w->d; c++) z[c] = *(z + c - w->d) + row[c];
  }
}

/* pairs /= denominators + eps, up to the diagonal. */
static void materialized_divide(const materialized *w, f32 eps) {
  for (size_t t = 0; t < w->tokens; t++) {
    f32 *restrict pair = w->pairs + t * w->tokens;
    const f32 *restrict denominator = w->denominators + t * w->tokens;
    for (size_t i = 0; i <= t; i++) pair[i] /= denominator[i] + eps;
  }
}

static lkv_status materialized_attention(const lkv_problem *problem,
                                         const lkv_operands *operands, void *workspace,
                                         lkv_output y) {
  const f32 eps = (f32)problem->eps;
  arena a = {.base = workspace};
  materialized w;
  assert(problem->seq_len >= 1 && problem->head_dim >= 1);
  materialized_layout(problem, &a, &w);
  const blas_matrix rows = {w.rows, w.d, false}, z = {w.z, w.d, false};
  blas_use_one_thread();

  /* R = mask(Q VK^T) KK. */
  materialized_pairs(&w, materialized_operand(operands, LKV_Q), operands, LKV_VK,
                     w.pairs);
  materialized_mask(&w);
  materialized_sum(&w, operands, LKV_KK, w.rows, w.d);

  /* P = softmax(R QK^T / (Z_K QK^T + eps)), 0 where masked. */
  materialized_prefix(&w, operands, LKV_KK);
  materialized_pairs(&w, rows, operands, LKV_QK, w.pairs);
  materialized_pairs(&w, z, operands, LKV_QK, w.denominators);
  materialized_divide(&w, eps);
  for (size_t t = 0; t < w.tokens; t++) softmax_f32(w.pairs + t * w.tokens, t + 1);
  materialized_mask(&w);

  /* G = P / (Z_V QV^T + eps) QV. */
  materialized_prefix(&w, operands, LKV_KV);
  materialized_pairs(&w, z, operands, LKV_QV, w.denominators);
  materialized_divide(&w, eps);
  materialized_sum(&w, operands, LKV_QV, w.rows, w.d);

  /* y = mask(G KV^T) VV. */
  materialized_pairs(&w, rows, operands, LKV_KV, w.pairs);
  materialized_mask(&w);
  materialized_sum(&w, operands, LKV_VV, output_row(y, 0), y.stride);
  return LKV_OK;
}

const lkv_kernel lkv_kernel_blas_materialized = {
    .abi = LKV_KERNEL_ABI,
    .name = "blas_materialized",
    .algorithm = "materialized",
    .isa = LKV_ISA_SCALAR,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT32,
    .factor_type = LKV_FLOAT32,
    .family = LKV_REASSOCIATED,
    .summary =
        "reassociated, T x T matrices, products by OpenBLAS: O(T^2 d) time, "
        "O(T^2) memory",
    .source = "notebook: LinKVBlockMultiHead, reassociated, in whole matrices",
    .supports = blas_supports,
    .workspace_bytes = materialized_workspace_bytes,
    .attention = materialized_attention,
};
