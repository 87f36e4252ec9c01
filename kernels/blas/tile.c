/* 2-D tiles, every product a BLAS call: what this operator costs on a good library.
 *
 *   L = VK Q^T, masked                 within a block of tile_q queries
 *   R = S_K Q^T + KK^T L
 *   N = QK R    A = QK Z_K    B = QV Z_V                       a tile of tile_k keys
 *   s = N / (A + eps)    m* = max(m, s)    e = exp(m - m*)    P = exp(s - m*)
 *   l = e l + sum P      G = e G + QV^T (P / (B + eps))
 *   E = KV (G / l), masked
 *   y = (G / l)^T S_V + E^T VV         S += KK^T VK, KV^T VV at the block's end
 *
 * Loops: blocks of tile_q queries; tiles of tile_k keys. Panels and tiles have a query a
 * column, so that softmax works on contiguous vectors of queries. Time O(T^2 d),
 * workspace O(tile_q (d + tile_q + tile_k) + d^2).
 */
#include <assert.h>

#include "blas/exp.h"
#include "blas/finite.h"
#include "body/linear_f32.h"

typedef struct tile_state {
  f32 *s_k, *s_v;     /* (d, d) */
  f32 *sum_k, *sum_v; /* (d): Z */
  f32 *rz;            /* (d, 2 tile_q): R beside Z_K */
  f32 *z_v;           /* (d, tile_q) */
  f32 *g;             /* (d, tile_q) */
  f32 *local;         /* (tile_q, tile_q): L, then E */
  f32 *na;            /* (tile_k, 2 tile_q): N beside A; N's half becomes s and weights */
  f32 *b;             /* (tile_k, tile_q) */
  f32 *m, *l, *keep;  /* (tile_q) */
  f32 *shift;         /* (tile_q): m, 0 where that is -infinity */
  f32 *clean;         /* (tile_q, d): rows with 0 for what is not finite */
  size_t d, tile_q, tile_k;
} tile_state;

/* Queries first .. first + count - 1. */
typedef struct tile_block {
  size_t first, count;
} tile_block;

static lkv_tiles tile_default_tiles(const lkv_problem *problem) {
  (void)problem;
  return (lkv_tiles){.q = 64, .k = 256};
}

static void tile_layout(const lkv_problem *problem, arena *a, tile_state *w) {
  const size_t d = w->d = problem->head_dim;
  const size_t q = w->tile_q = size_min(problem->tile_q, problem->seq_len);
  const size_t k = w->tile_k = size_min(problem->tile_k, problem->seq_len);
  w->s_k = take_f32(a, size_times(d, d));
  w->s_v = take_f32(a, size_times(d, d));
  w->sum_k = take_f32(a, d);
  w->sum_v = take_f32(a, d);
  w->rz = take_f32(a, size_times(d, 2 * q));
  w->z_v = take_f32(a, size_times(d, q));
  w->g = take_f32(a, size_times(d, q));
  w->local = take_f32(a, size_times(q, q));
  w->na = take_f32(a, size_times(k, 2 * q));
  w->b = take_f32(a, size_times(k, q));
  w->m = take_f32(a, q);
  w->l = take_f32(a, q);
  w->keep = take_f32(a, q);
  w->shift = take_f32(a, q);
  w->clean = take_f32(a, size_times(q, d));
}

static size_t tile_workspace_bytes(const lkv_problem *problem) {
  arena a = {0};
  tile_state w;
  tile_layout(problem, &a, &w);
  return a.used;
}

static blas_matrix tile_rows(const lkv_operands *operands, int operand, size_t first,
                             bool transposed) {
  return (blas_matrix){operand_row(operands, operand, first), operands->stride[operand],
                       transposed};
}

/* Z of each query of the block, a column a query; `sum` goes on from block to block. */
static void tile_sums(const tile_state *w, const lkv_operands *operands, int operand,
                      const tile_block *block, f32 *sum, f32 *out, size_t stride) {
  const size_t step = operands->stride[operand];
  for (size_t c = 0; c < w->d; c++) {
    const f32 *key = operand_row(operands, operand, block->first) + c;
    f32 z = sum[c];
    for (size_t q = 0; q < block->count; q++) {
      z += key[q * step];
      out[c * stride + q] = z;
    }
    sum[c] = z;
  }
}

/* 0 where token j of the block comes after query q: x (j, q), rows of tile_q. */
static void tile_mask(const tile_state *w, size_t count, f32 *x) {
  for (size_t j = 1; j < count; j++) clear_f32(x + j * w->tile_q, size_min(j, count));
}

/* R = S_K Q^T + KK^T L with L = VK Q^T, masked. */
static void tile_right(const tile_state *w, const lkv_operands *operands,
                       const tile_block *block) {
  const size_t n = block->count, d = w->d, stride = 2 * w->tile_q;
  const blas_matrix query = tile_rows(operands, LKV_Q, block->first, true);
  const blas_matrix local = {w->local, w->tile_q, false};
  const blas_matrix keys = tile_rows(operands, LKV_KK, block->first, true);
  if (block->first > 0)
    blas_multiply((blas_matrix){w->s_k, d, false}, query, w->rz, stride, d, n, d, false);
  blas_multiply(tile_rows(operands, LKV_VK, block->first, false), query, w->local,
                w->tile_q, n, n, d, false);
  tile_mask(w, n, w->local);
  const blas_matrix finite = blas_finite_rows(keys, n, d, w->clean);
  blas_multiply(finite, local, w->rz, stride, d, n, n, block->first > 0);
  if (finite.data != keys.data)
    blas_restore(keys, n, d, (blas_by_query){w->local, w->tile_q, 1}, 0, n,
                 (blas_by_query){w->rz, stride, 1});
}

/* In N, s = N / (A + eps) of keys first .. first + count - 1, m* in `m` and `shift`, e in
 * `keep`. Row i starts at its first query. */
static void tile_logits(const tile_state *w, const tile_block *block, size_t first,
                        size_t count, f32 eps) {
  for (size_t q = 0; q < block->count; q++) w->keep[q] = w->m[q];
  for (size_t i = 0; i < count; i++) {
    const size_t from = first + i > block->first ? first + i - block->first : 0;
    f32 *restrict n = w->na + i * 2 * w->tile_q, *restrict m = w->m;
    const f32 *restrict a = n + w->tile_q;
    for (size_t q = from; q < block->count; q++) {
      n[q] = n[q] / (a[q] + eps);
      m[q] = max_f32(m[q], n[q]);
    }
  }
  for (size_t q = 0; q < block->count; q++)
    w->shift[q] = w->m[q] == -INFINITY ? 0 : w->m[q];
  for (size_t q = 0; q < block->count; q++)
    w->keep[q] = blas_exp(blas_exp_clamp(w->keep[q] - w->shift[q]));
}

/* In N's half, P / (B + eps), 0 where masked; l. */
static void tile_weights(const tile_state *w, const tile_block *block, size_t first,
                         size_t count, size_t column, f32 eps) {
  for (size_t q = 0; q < block->count; q++) w->l[q] *= w->keep[q];
  for (size_t i = 0; i < count; i++) {
    const size_t from = first + i > block->first ? first + i - block->first : 0;
    f32 *restrict n = w->na + i * 2 * w->tile_q, *restrict l = w->l;
    const f32 *restrict b = w->b + i * w->tile_q, *restrict shift = w->shift;
    for (size_t q = column; q < from; q++) n[q] = 0;
    for (size_t q = from; q < block->count; q++) n[q] = blas_exp_clamp(n[q] - shift[q]);
    for (size_t q = from; q < block->count; q++) {
      const f32 p = blas_exp(n[q]);
      l[q] += p;
      n[q] = p / (b[q] + eps);
    }
  }
}

/* One tile of keys. Queries before `column` see none of them. */
static void tile_keys(const tile_state *w, const lkv_operands *operands,
                      const tile_block *block, size_t first, size_t count, f32 eps) {
  const size_t d = w->d, two = 2 * w->tile_q;
  const size_t column = first > block->first ? first - block->first : 0;
  const size_t queries = block->count - column;
  const bool is_diagonal = first + count > block->first + 1;
  const blas_matrix qk = tile_rows(operands, LKV_QK, first, false);
  const blas_matrix qv = tile_rows(operands, LKV_QV, first, false);

  /* N, A, B. */
  if (column == 0 && block->count == w->tile_q) {
    blas_multiply(qk, (blas_matrix){w->rz, two, false}, w->na, two, count, two, d, false);
  } else {
    f32 *z = w->rz + w->tile_q + column, *a = w->na + w->tile_q + column;
    blas_multiply(qk, (blas_matrix){w->rz + column, two, false}, w->na + column, two,
                  count, queries, d, false);
    blas_multiply(qk, (blas_matrix){z, two, false}, a, two, count, queries, d, false);
  }
  blas_multiply(qv, (blas_matrix){w->z_v + column, w->tile_q, false}, w->b + column,
                w->tile_q, count, queries, d, false);

  /* s, m, P, l. */
  tile_logits(w, block, first, count, eps);
  tile_weights(w, block, first, count, column, eps);

  /* G = e G + QV^T (P / (B + eps)). */
  const blas_matrix weight = {w->na + column, two, false};
  const blas_matrix rows = {qv.data, qv.stride, true};
  for (size_t c = 0; c < d; c++)
    for (size_t q = column; q < block->count; q++) w->g[c * w->tile_q + q] *= w->keep[q];
  const blas_matrix finite =
      is_diagonal ? blas_finite_rows(rows, count, d, w->clean) : rows;
  blas_multiply(finite, weight, w->g + column, w->tile_q, d, queries, count, true);
  if (finite.data != rows.data)
    blas_restore(rows, count, d, (blas_by_query){w->na, two, 1}, column, block->count,
                 (blas_by_query){w->g, w->tile_q, 1});
}

/* y = (G / l)^T S_V + E^T VV with E = KV (G / l), masked. */
static void tile_output(const tile_state *w, const lkv_operands *operands,
                        const tile_block *block, lkv_output y) {
  const size_t n = block->count, d = w->d;
  const blas_matrix g = {w->g, w->tile_q, false};
  const blas_matrix values = tile_rows(operands, LKV_VV, block->first, false);
  const blas_matrix local = {w->local, w->tile_q, true};
  f32 *out = output_row(y, block->first);
  for (size_t c = 0; c < d; c++)
    for (size_t q = 0; q < n; q++) w->g[c * w->tile_q + q] /= w->l[q];
  if (block->first > 0)
    blas_multiply((blas_matrix){w->g, w->tile_q, true}, (blas_matrix){w->s_v, d, false},
                  out, y.stride, n, d, d, false);
  blas_multiply(tile_rows(operands, LKV_KV, block->first, false), g, w->local, w->tile_q,
                n, n, d, false);
  tile_mask(w, n, w->local);
  const blas_matrix finite = blas_finite_rows(values, n, d, w->clean);
  blas_multiply(local, finite, out, y.stride, n, d, n, block->first > 0);
  if (finite.data != values.data)
    blas_restore(values, n, d, (blas_by_query){w->local, w->tile_q, 1}, 0, n,
                 (blas_by_query){out, 1, y.stride});
}

/* S += key^T value over the block. */
static void tile_join(const tile_state *w, const lkv_operands *operands, int key,
                      int value, const tile_block *block, f32 *s) {
  blas_multiply(tile_rows(operands, key, block->first, true),
                tile_rows(operands, value, block->first, false), s, w->d, w->d, w->d,
                block->count, block->first > 0);
}

/* y of a block's queries. Tiles of keys end where the block begins, so that those within
 * it are smaller. */
static void tile_attend(const tile_state *w, const lkv_operands *operands,
                        const tile_block *block, f32 eps, lkv_output y) {
  const size_t end = block->first + block->count;
  tile_right(w, operands, block);
  tile_sums(w, operands, LKV_KK, block, w->sum_k, w->rz + w->tile_q, 2 * w->tile_q);
  tile_sums(w, operands, LKV_KV, block, w->sum_v, w->z_v, w->tile_q);
  clear_f32(w->g, w->d * w->tile_q);
  clear_f32(w->l, w->tile_q);
  for (size_t q = 0; q < block->count; q++) w->m[q] = -INFINITY;
  for (size_t i = 0; i < end;) {
    const size_t limit = i < block->first ? block->first : end;
    const size_t most = i < block->first ? w->tile_k : size_min(w->tile_k, w->tile_q);
    const size_t count = size_min(most, limit - i);
    tile_keys(w, operands, block, i, count, eps);
    i += count;
  }
  tile_output(w, operands, block, y);
}

static lkv_status tile_attention(const lkv_problem *problem, const lkv_operands *operands,
                                 void *workspace, lkv_output y) {
  const size_t tokens = problem->seq_len;
  const f32 eps = (f32)problem->eps;
  arena a = {.base = workspace};
  tile_state w;
  assert(tokens >= 1 && problem->head_dim >= 1);
  assert(problem->tile_q >= 1 && problem->tile_k >= 1);
  tile_layout(problem, &a, &w);
  blas_use_one_thread();
  clear_f32(w.sum_k, w.d);
  clear_f32(w.sum_v, w.d);

  for (size_t first = 0; first < tokens; first += w.tile_q) {
    const tile_block block = {first, size_min(w.tile_q, tokens - first)};
    tile_attend(&w, operands, &block, eps, y);
    if (first + w.tile_q < tokens) {
      tile_join(&w, operands, LKV_KK, LKV_VK, &block, w.s_k);
      tile_join(&w, operands, LKV_KV, LKV_VV, &block, w.s_v);
    }
  }
  return LKV_OK;
}

const lkv_kernel lkv_kernel_blas_tile = {
    .abi = LKV_KERNEL_ABI,
    .name = "blas_tile",
    .algorithm = "tile",
    .isa = LKV_ISA_AVX2,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT32,
    .factor_type = LKV_FLOAT32,
    .family = LKV_REASSOCIATED,
    .summary =
        "reassociated 2-D tiles under a running maximum, products by OpenBLAS: "
        "O(T^2 d) time, O(tile^2 + d^2) memory",
    .source = "notebook: LinKVBlockMultiHeadFlash, reassociated, in tiles",
    .supports = blas_supports,
    .default_tiles = tile_default_tiles,
    .workspace_bytes = tile_workspace_bytes,
    .attention = tile_attention,
};
