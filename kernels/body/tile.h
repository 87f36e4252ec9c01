/* Reassociated in 2-D tiles under an online softmax: no key or value is ever built.
 *
 *   r_t = S_K(t) Q_t          logit s_i = (QK_i . r_t) / (QK_i . Z_K(t) + eps)     i <= t
 *   g_t = sum_i softmax_i(s) / (QV_i . Z_V(t) + eps) QV_i          y_t = g_t S_V(t)
 *
 * Tokens come in chunks of tile_q; S is kept at the chunk's start c, and what the chunk
 * adds is summed over its own tokens:
 *
 *   S_K(t) Q_t = S_K(c) Q_t + sum_{c<=j<=t} KK_j (VK_j . Q_t)        and y_t likewise
 *
 * A chunk's queries come in panels, two vecs of them: queries lie in lanes, so maximum,
 * sum and rescaling of a row are a lane's own business. The sums over keys read QK and QV
 * as they come, a tile copied first where its rows are pages apart; of the panel's side
 * R, Z_K, Z_V and G are (head_dim, panel) arrays. Keys come in tiles of tile_k, which
 * meet a group of panels while they are near:
 *
 *   N = QK R   A = QK Z_K + eps   s = N / A    m* = max(m, s)   G, l *= 2^(m - m*)
 *   B = QV Z_V + eps              p = 2^(s - m*)     l += sum p       G += QV^T (p / B)
 *
 * Loops: groups of panels; tiles of keys; panels; blocks of keys (N and A, B) or of
 * columns (G); the sum. The logits are in base 2: Q is scaled by log2 e. Keys of the
 * group's own tokens are tiles apart, masked. N and A share each element of QK that is
 * loaded.
 *
 * With TILE_SPARSE, B and G are left out for keys whose p is exactly 0 in every lane.
 *
 * The including kernel includes the products of both types and defines REAL, of operands,
 * tiles and output, and STATE, of the prefix states and softmax sums; TILE_GROUP panels;
 * and TILE_NEAR, whether tiles are copied. Time O(T^2 d + T d^2), workspace O(d^2 + d +
 * tile_k d).
 */
#include <assert.h>
#include <string.h>

#include "body/tile_layout.h"
#include "body/tile_prefix.h"
#include "body/tile_softmax.h"

enum { TILE_LOGITS = SIMD_REGISTERS >= 32 ? 4 : 3 }; /* keys a block of N and A */

/* N and A take in column c: each element of QK meets R and Z_K. One register holds what
 * is loaded of the panel; this order fills 16 registers exactly. */
SIMD_INLINE void tile_logits_column(VEC n[][2], VEC a[][2], const REAL *const row[],
                                    size_t block, const REAL *r_z, size_t c,
                                    size_t half) {
  const REAL *at = r_z + c * 2 * PANEL;
  VEC element[TILE_LOGITS], panel;
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) element[i] = T(pin)(T(set)(row[i][c]));
  SIMD_UNROLL
  for (size_t h = half; h < 2; h++) {
    panel = T(pin)(T(load)(at + h * LANES));
    SIMD_UNROLL
    for (size_t i = 0; i < block; i++) n[i][h] = T(mac)(element[i], panel, n[i][h]);
  }
  SIMD_UNROLL
  for (size_t h = half; h < 2; h++) {
    panel = T(pin)(T(load)(at + PANEL + h * LANES));
    SIMD_UNROLL
    for (size_t i = 0; i < block; i++) a[i][h] = T(mac)(element[i], panel, a[i][h]);
  }
}

/* s of `block` keys from `first` on to `out`, in the halves of the lanes from `half` on;
 * `highest` takes them in. */
SIMD_INLINE void tile_logits_block(REAL *out, REAL *highest, ROWS qk, size_t first,
                                   size_t block, const REAL *r_z, size_t d, REAL eps,
                                   size_t half) {
  VEC n[TILE_LOGITS][2], a[TILE_LOGITS][2];
  const REAL *row[TILE_LOGITS];
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) {
    row[i] = T(row)(qk, first + i);
    n[i][0] = n[i][1] = a[i][0] = a[i][1] = T(set)(0);
  }

  SIMD_UNROLL_4
  for (size_t c = 0; c < d; c++) tile_logits_column(n, a, row, block, r_z, c, half);

  /* s = N / (A + eps). The maximum leaves NaN out: it comes back as a weight. */
  const VEC shift = T(set)(eps);
  SIMD_UNROLL
  for (size_t h = half; h < 2; h++) {
    VEC max = T(load)(highest + h * LANES);
    SIMD_UNROLL
    for (size_t i = 0; i < block; i++) {
      const VEC s = T(div)(n[i][h], T(add)(a[i][h], shift));
      T(store)(out + i * PANEL + h * LANES, s);
      max = T(max)(s, max);
    }
    T(store)(highest + h * LANES, max);
  }
}

SIMD_INLINE void tile_logits_rows(const tile_work *w, const tile_panel *p, ROWS qk,
                                  size_t first, size_t last, REAL eps, REAL *highest,
                                  size_t half) {
  size_t size;
  assert(!qk.index);
  qk.index = NULL;
  for (size_t i = first; i < last; i += size) {
    REAL *out = p->weight + i * PANEL;
    size = T(block)(last - i, TILE_LOGITS);
    switch (size) {
#define LOGITS_CASE(n)                                                  \
  case n:                                                               \
    tile_logits_block(out, highest, qk, i, n, p->r_z, w->d, eps, half); \
    break
      LOGITS_CASE(1);
      LOGITS_CASE(2);
      LOGITS_CASE(3);
#if SIMD_REGISTERS >= 32
      LOGITS_CASE(4);
#endif
#undef LOGITS_CASE
    }
  }
}

/* s of `count` keys to p->weight, their maximum a lane to `highest`. */
SIMD_OUTLINE void tile_logits(const tile_work *w, const tile_panel *p, ROWS qk,
                              size_t count, REAL eps, REAL *highest) {
  for (size_t q = 0; q < PANEL; q++) highest[q] = -INFINITY;
  tile_logits_rows(w, p, qk, 0, count, eps, highest, 0);
}

/* The same, and only in the high half for keys from `low` on. */
SIMD_OUTLINE void tile_logits_causal(const tile_work *w, const tile_panel *p, ROWS qk,
                                     size_t low, size_t count, REAL eps, REAL *highest) {
  for (size_t q = 0; q < PANEL; q++) highest[q] = -INFINITY;
  tile_logits_rows(w, p, qk, 0, low, eps, highest, 0);
  tile_logits_rows(w, p, qk, low, count, eps, highest, 1);
}

/* p->weight = p of `count` keys; l += sum p. */
SIMD_OUTLINE void tile_exponentials(const tile_panel *p, size_t count,
                                    const REAL *shift) {
  _Alignas(64) REAL total[PANEL];
  VEC sum[2] = {T(set)(0), T(set)(0)};
  tile_exponentials_rows(p->weight, sum, count, shift);
  T(store)(total, sum[0]);
  T(store)(total + LANES, sum[1]);
  for (size_t q = 0; q < PANEL; q++) p->sum[q] += (STATE)total[q];
}

/* p / B of `block` keys, in place of p, in the halves of the lanes from `half` on. */
SIMD_INLINE void tile_weights_block(REAL *weight, ROWS qv, size_t first, size_t block,
                                    const REAL *z_v, size_t d, VEC eps, size_t half) {
  VEC b[BLOCK][2];
  const REAL *row[BLOCK];
  T(dot_start)(b, row, qv, first, block);
  T(dot_columns)(b, row, block, z_v, d, half);
  SIMD_UNROLL
  for (size_t i = 0; i < block; i++) SIMD_UNROLL
  for (size_t h = half; h < 2; h++) {
    REAL *at = weight + i * PANEL + h * LANES;
    T(store)(at, T(div)(T(load)(at), T(add)(b[i][h], eps)));
  }
}

/* p->weight = p / B of keys first .. last - 1. */
SIMD_INLINE void tile_weights_rows(const tile_work *w, const tile_panel *p, ROWS qv,
                                   size_t first, size_t last, REAL eps, size_t half) {
  const VEC shift = T(set)(eps);
  size_t size;
  for (size_t i = first; i < last; i += size) {
    REAL *at = p->weight + i * PANEL;
    size = T(block)(last - i, BLOCK);
    switch (size) {
#define WEIGHTS_CASE(n)                                          \
  case n:                                                        \
    tile_weights_block(at, qv, i, n, p->z_v, w->d, shift, half); \
    break
      WEIGHTS_CASE(1);
      WEIGHTS_CASE(2);
      WEIGHTS_CASE(3);
      WEIGHTS_CASE(4);
      WEIGHTS_CASE(5);
      WEIGHTS_CASE(6);
#if SIMD_REGISTERS >= 32
      WEIGHTS_CASE(7);
      WEIGHTS_CASE(8);
#endif
#undef WEIGHTS_CASE
    }
  }
}

/* p->weight = p / B of `count` keys. */
SIMD_OUTLINE void tile_weights(const tile_work *w, const tile_panel *p, ROWS qv,
                               size_t count, REAL eps) {
  assert(!qv.index);
  qv.index = NULL;
  tile_weights_rows(w, p, qv, 0, count, eps, 0);
}

/* The same, and only in the high half for keys from `low` on. */
SIMD_OUTLINE void tile_weights_causal(const tile_work *w, const tile_panel *p, ROWS qv,
                                      size_t low, size_t count, REAL eps) {
  assert(!qv.index);
  qv.index = NULL;
  tile_weights_rows(w, p, qv, 0, low, eps, 0);
  tile_weights_rows(w, p, qv, low, count, eps, 1);
}

/* The same of listed keys. */
SIMD_OUTLINE void tile_weights_listed(const tile_work *w, const tile_panel *p, ROWS qv,
                                      size_t count, REAL eps) {
  assert(qv.index);
  tile_weights_rows(w, p, qv, 0, count, eps, 0);
}

/* Lists the keys with a weight that is not 0 in some lane: w->alive. Returns how many. */
SIMD_OUTLINE size_t tile_list_alive(const tile_work *w, const tile_panel *p,
                                    size_t count) {
  const VEC zero = T(set)(0);
  size_t alive = 0;
  for (size_t i = 0; i < count; i++) {
    const REAL *at = p->weight + i * PANEL;
    const bool low = T(all)(T(equal)(T(load)(at), zero));
    const bool high = T(all)(T(equal)(T(load)(at + LANES), zero));
    w->alive[alive] = i;
    alive += !(low & high);
  }
  return alive;
}

/* G += QV^T (p / B) over the keys with a weight that is not 0: another adds 0 times what
 * is finite. False where few would be left out, and nothing is done. */
static bool tile_sum_alive(const tile_work *w, const tile_panel *p, ROWS qv, size_t count,
                           REAL eps) {
  const size_t alive = tile_list_alive(w, p, count);
  if (alive > count - count / 8) return false;
  for (size_t i = 0; i < alive; i++)
    memmove(p->weight + i * PANEL, p->weight + w->alive[i] * PANEL, PANEL * sizeof(REAL));
  if (alive == 0) return true;
  qv.index = w->alive;
  tile_weights_listed(w, p, qv, alive, eps);
  T(accumulate_listed)(p->g, PANEL, qv, w->d, p->weight, PANEL, alive);
  return true;
}

/* Rows first .. first + count - 1 of an operand: copied where they are pages apart and
 * would meet in few sets of the cache. */
static ROWS tile_near_rows(const tile_work *w, const lkv_operands *operands, int which,
                           size_t first, size_t count) {
  const ROWS rows = tile_operand(operands, which, first);
  if (!TILE_NEAR || rows.stride < TILE_PAGE / sizeof(REAL)) return rows;
  for (size_t i = 0; i < count; i++)
    memcpy(w->near + i * w->near_stride, T(row)(rows, i), w->d * sizeof(REAL));
  return (ROWS){.data = w->near, .stride = w->near_stride};
}

/* p->weight = p of `count` keys, seen by every query of the panel. */
static void tile_keys(const tile_work *w, const tile_panel *p, ROWS qk, size_t count,
                      REAL eps) {
  _Alignas(64) REAL highest[PANEL], shift[PANEL];
  tile_logits(w, p, qk, count, eps, highest);
  tile_rescale(p->max, p->sum, p->g, w->d, highest, shift);
  tile_exponentials(p, count, shift);
}

/* G takes their values in. */
static void tile_values(const tile_work *w, const tile_panel *p, ROWS qv, size_t count,
                        REAL eps) {
  if (TILE_SPARSE && tile_sum_alive(w, p, qv, count, eps)) return;
  tile_weights(w, p, qv, count, eps);
  T(accumulate)(p->g, PANEL, qv, w->d, p->weight, PANEL, count);
}

/* Keys of the panel's own tokens, or before; the first is seen from lane `lane` on. Keys
 * that no lane of the low half sees cost half. */
static void tile_keys_causal(const tile_work *w, const tile_panel *p,
                             const lkv_operands *operands, size_t first, size_t count,
                             REAL eps, ptrdiff_t lane) {
  _Alignas(64) REAL highest[PANEL], shift[PANEL];
  const ROWS qk = tile_operand(operands, LKV_QK, first);
  const ROWS qv = tile_operand(operands, LKV_QV, first);
  const size_t low = T(seen_low)(count, lane);
  tile_logits_causal(w, p, qk, low, count, eps, highest);
  T(hide)(p->weight, count, lane, -INFINITY);
  tile_highest(p->weight, count, highest);
  tile_rescale(p->max, p->sum, p->g, w->d, highest, shift);
  tile_exponentials(p, count, shift);
  tile_weights_causal(w, p, qv, low, count, eps);
  T(hide)(p->weight, count, lane, 0);
  T(accumulate_causal)(p->g, PANEL, qv, w->d, p->weight, PANEL, count, lane);
}

/* Panels of at most TILE_GROUP, from query `first` on; returns how many. */
static size_t tile_group(tile_work *w, const lkv_problem *problem, size_t first,
                         size_t last) {
  size_t panels = 0;
  for (size_t t = first; t < last && panels < TILE_GROUP; panels++) {
    tile_panel *p = &w->panel[panels];
    p->first = t;
    p->chunk = t - t % problem->tile_q;
    p->count = size_min(size_min(PANEL, last - t), problem->tile_q - t % problem->tile_q);
    t += p->count;
  }
  return panels;
}

/* y of a group of panels. Each tile of keys meets all of them while it is near; S_K
 * and S_V pass through the cache once a group. */
static void tile_group_attend(tile_work *w, const lkv_problem *problem,
                              const lkv_operands *operands, size_t panels, lkv_output y) {
  const REAL eps = (REAL)problem->eps;
  const size_t first = w->panel[0].first;
  const tile_panel *const last = w->panel + panels;
  size_t keys;
  for (const tile_panel *p = w->panel; p < last; p++) tile_start_panel(w, p, operands);
  for (size_t i = 0; i < first; i += keys) {
    keys = size_min(problem->tile_k, first - i);
    const ROWS qk = tile_near_rows(w, operands, LKV_QK, i, keys);
    for (const tile_panel *p = w->panel; p < last; p++) tile_keys(w, p, qk, keys, eps);
    const ROWS qv = TILE_SPARSE ? tile_operand(operands, LKV_QV, i)
                                : tile_near_rows(w, operands, LKV_QV, i, keys);
    for (const tile_panel *p = w->panel; p < last; p++) tile_values(w, p, qv, keys, eps);
  }
  for (const tile_panel *p = w->panel; p < last; p++)
    for (size_t i = first; i < p->first + p->count; i += keys) {
      keys = size_min(problem->tile_k, p->first + p->count - i);
      tile_keys_causal(w, p, operands, i, keys, eps, (ptrdiff_t)i - (ptrdiff_t)p->first);
    }
  for (const tile_panel *p = w->panel; p < last; p++)
    tile_finish_panel(w, p, problem, operands, y);
}

/* Rows first .. last - 1 of y, from the states of the tokens before `first`, which is a
 * multiple of tile_q. */
static void tile_queries(tile_work *w, const lkv_problem *problem,
                         const lkv_operands *operands, size_t first, size_t last,
                         lkv_output y) {
  for (size_t t = first; t < last;) {
    const size_t panels = tile_group(w, problem, t, last);
    tile_group_attend(w, problem, operands, panels, y);
    t = w->panel[panels - 1].first + w->panel[panels - 1].count;
  }
}

#include "body/tile_blocks.h"
