/* What a panel of body/tile.h has of the tokens before its queries, at its start and end:
 *
 *   r_t = S_K(c) Q_t + sum_{c<=j<=t} KK_j (VK_j . Q_t)          Z_K(t), Z_V(t)
 *   y_t = g_t S_V(c) + sum_{c<=j<=t} (g_t . KV_j) VV_j          g_t = G / l
 *
 * Loops: S by blocks of tokens, up to the chunk's start c; the chunk's tokens by panels;
 * columns; the sum. A query that REAL has no room for is computed again in float64.
 */
#include "body/wide_query.h"

#define TILE_LOG2_E 1.4426950408889634
#define TILE_ROOM   0x1p126 /* sums below it stay in float32's range */

static ROWS tile_operand(const lkv_operands *operands, int which, size_t first) {
  const size_t stride = operands->stride[which];
  return (ROWS){.data = (const REAL *)operands->data[which] + first * stride,
                .stride = stride};
}

/* `count` rows in STATE, zeros up to `width`. */
static TYPED(rows, STATE)
    tile_pack(const tile_work *w, STATE *restrict out, ROWS in, size_t count) {
  for (size_t j = 0; j < count; j++) {
    const REAL *restrict row = T(row)(in, j);
    STATE *restrict to = out + j * w->width;
    for (size_t c = 0; c < w->d; c++) to[c] = (STATE)row[c];
    for (size_t c = w->d; c < w->width; c++) to[c] = 0;
  }
  return (TYPED(rows, STATE)){.data = out, .stride = w->width};
}

/* Operand rows of whole panels in STATE are taken as they are, others through the
 * workspace. */
static void tile_state_add_rows(const tile_work *w, STATE *s, size_t row, size_t count,
                                ROWS key, ROWS value, size_t first, size_t last) {
  for (size_t j = first; j < last; j += TILE_TOKENS) {
    const size_t tokens = size_min(TILE_TOKENS, last - j);
    const ROWS k = {.data = T(row)(key, j), .stride = key.stride};
    const ROWS v = {.data = T(row)(value, j), .stride = value.stride};
    TYPED(rows, STATE) keys = {.data = (const void *)k.data, .stride = k.stride};
    TYPED(rows, STATE) values = {.data = (const void *)v.data, .stride = v.stride};
    if (tile_packs(w->d)) {
      keys = tile_pack(w, w->key, k, tokens);
      values = tile_pack(w, w->value, v, tokens);
    }
    keys.data += row;
    for (size_t c = 0; c < w->width; c += TYPED(panel, STATE)) TYPED(accumulate, STATE)
    (s + row * w->width + c, w->width, keys, count, values.data + c, values.stride,
     tokens);
  }
}

/* z[c] += column column + c of key j, c < count. */
static void tile_sum_row(STATE *z, ROWS key, size_t j, size_t column, size_t count) {
  const REAL *row = T(row)(key, j) + column;
  for (size_t c = 0; c < count; c++) z[c] += (STATE)row[c];
}

/* S in REAL. */
static ROWS tile_state_rows(const tile_work *w, const tile_state *state) {
  if (!TILE_ROUNDS) return (ROWS){.data = (const void *)state->s, .stride = w->width};
  for (size_t e = 0; e < w->d * w->width; e++) w->rounded[e] = (REAL)state->s[e];
  return (ROWS){.data = w->rounded, .stride = w->width};
}

/* The largest element of QK takes the tokens before `last` in. */
static void tile_see_keys(tile_work *w, const lkv_operands *operands, size_t last) {
  const ROWS rows = tile_operand(operands, LKV_QK, w->seen);
  const REAL most = T(largest)(rows, last - w->seen, w->d);
  if (most > w->largest) w->largest = most;
  w->seen = last;
}

/* Panels: arrays (head_dim, panel) with queries in lanes. */

/* query = log2 e Q^T; zero in the lanes past the panel's queries. */
static void tile_load_queries(const tile_work *w, const tile_panel *p,
                              const lkv_operands *operands) {
  const ROWS in = tile_operand(operands, LKV_Q, p->first);
  for (size_t i = 0; i < PANEL; i++) {
    REAL *restrict to = w->rows + i * w->width;
    const size_t d = i < p->count ? w->d : 0;
    const REAL *restrict row = d ? T(row)(in, i) : NULL;
    for (size_t c = 0; c < d; c++) to[c] = row[c] * (REAL)TILE_LOG2_E;
    for (size_t c = d; c < w->width; c++) to[c] = 0;
  }
  T(to_panel)(p->query, PANEL, w->rows, w->width);
}

/* panel = Z(t)^T, t = first .. first + count - 1, which join Z; the last one's again in
 * the lanes past `count`. */
static void tile_load_sums(const tile_work *w, const tile_state *state, ROWS key,
                           size_t count, REAL *panel, size_t stride) {
  STATE *restrict z = state->z;
  for (size_t i = 0; i < PANEL; i++) {
    REAL *restrict to = w->rows + i * w->width;
    const size_t d = i < count ? w->d : 0;
    const REAL *restrict row = d ? T(row)(key, i) : NULL;
    for (size_t c = 0; c < d; c++) to[c] = (REAL)(z[c] += (STATE)row[c]);
    for (size_t c = d; c < w->width; c++) to[c] = (REAL)z[c];
  }
  T(to_panel)(panel, stride, w->rows, w->width);
}

/* out[c][q] += sum_j y_j[c] (x_j . in[q]) over the chunk's tokens j <= t of each query.
 */
static void tile_add_chunk(const tile_work *w, const tile_panel *p,
                           const lkv_operands *operands, int x, int y, const REAL *in,
                           REAL *out, size_t stride) {
  const size_t end = p->first + p->count;
  for (size_t j = p->chunk; j < end; j += PANEL) {
    const size_t tokens = size_min(PANEL, end - j);
    const ROWS left = tile_operand(operands, x, j), right = tile_operand(operands, y, j);
    const size_t low = j < p->first ? tokens : T(seen_low)(tokens, 0);
    T(dot)(w->local, PANEL, left, low, in, w->d);
    if (j < p->first) {
      T(accumulate)(out, stride, right, w->d, w->local, PANEL, tokens);
    } else {
      T(dot_high)(w->local, PANEL, left, low, tokens, in, w->d);
      T(hide)(w->local, tokens, 0, 0);
      T(accumulate_causal)(out, stride, right, w->d, w->local, PANEL, tokens, 0);
    }
  }
}

/* r_z = R beside Z_K, z_v = Z_V; the panel's tokens join Z, those before its chunk S_K.
 */
static void tile_start_panel(tile_work *w, const tile_panel *p,
                             const lkv_operands *operands) {
  const size_t stride = 2 * PANEL;
  tile_see_keys(w, operands, p->first + p->count);
  tile_state_reach(w, &w->k, operands, LKV_KK, LKV_VK, p->chunk);
  tile_load_queries(w, p, operands);
  if (p->chunk > 0)
    T(dot)(p->r_z, stride, tile_state_rows(w, &w->k), w->d, p->query, w->d);
  else
    memset(p->r_z, 0, w->d * stride * sizeof(REAL));
  tile_add_chunk(w, p, operands, LKV_VK, LKV_KK, p->query, p->r_z, stride);
  tile_load_sums(w, &w->k, tile_operand(operands, LKV_KK, p->first), p->count,
                 p->r_z + PANEL, stride);
  tile_load_sums(w, &w->v, tile_operand(operands, LKV_KV, p->first), p->count, p->z_v,
                 PANEL);

  memset(p->g, 0, w->d * PANEL * sizeof(REAL));
  for (size_t q = 0; q < PANEL; q++) {
    p->max[q] = -INFINITY;
    p->sum[q] = 0;
  }
}

/* Whether a sum QK_i . R of at most these may exceed REAL's range on the way. */
static bool tile_exceeds(const tile_work *w, REAL qk, REAL r) {
  return !((f64)qk * (f64)r * (f64)w->d < TILE_ROOM);
}

/* The same of the query in lane `lane`, by the keys that it sees. */
static bool tile_query_exceeds(const tile_work *w, const tile_panel *p,
                               const lkv_operands *operands, size_t lane) {
  const ROWS r = {.data = p->r_z + lane, .stride = 2 * PANEL};
  const ROWS qk = tile_operand(operands, LKV_QK, 0);
  return tile_exceeds(w, T(largest)(qk, p->first + lane + 1, w->d),
                      T(largest)(r, w->d, 1));
}

/* Rows of a finished panel that float32 has no room for, again in float64. */
static void tile_widen(const tile_work *w, const tile_panel *p,
                       const lkv_problem *problem, const lkv_operands *operands,
                       lkv_output y) {
  static_assert(PANEL * sizeof(REAL) >= WIDE_ARRAYS * sizeof(f64), "a weight has room");
  const size_t size = sizeof(REAL);
  if (size > sizeof(f32)) return;
  const ROWS rows = {.data = (const REAL *)y.data + p->first * y.stride,
                     .stride = y.stride};
  const ROWS r = {.data = p->r_z, .stride = 2 * PANEL};
  if (!tile_exceeds(w, w->largest, T(largest)(r, w->d, PANEL)) &&
      T(all_finite)(rows, p->count, w->d))
    return;
  for (size_t i = 0; i < p->count; i++)
    if (!T(all_finite)((ROWS){.data = T(row)(rows, i)}, 1, w->d) ||
        tile_query_exceeds(w, p, operands, i))
      wide_query(problem, operands, p->first + i, (f64 *)(void *)p->weight,
                 output_row(y, p->first + i));
}

/* y_t = g_t S_V(t), g_t = G / l; the tokens before the panel's chunk join S_V. */
static void tile_finish_panel(tile_work *w, const tile_panel *p,
                              const lkv_problem *problem, const lkv_operands *operands,
                              lkv_output y) {
  for (size_t q = 0; q < PANEL; q++) p->max[q] = (REAL)(1 / p->sum[q]);
  for (size_t c = 0; c < w->d; c++)
    for (size_t h = 0; h < PANEL; h += LANES) {
      REAL *g = p->g + c * PANEL + h;
      T(store)(g, T(mul)(T(load)(g), T(load)(p->max + h)));
    }

  memset(p->query, 0, w->width * PANEL * sizeof(REAL));
  tile_state_reach(w, &w->v, operands, LKV_KV, LKV_VV, p->chunk);
  if (p->chunk > 0)
    T(accumulate)(p->query, PANEL, tile_state_rows(w, &w->v), w->d, p->g, PANEL, w->d);
  tile_add_chunk(w, p, operands, LKV_KV, LKV_VV, p->g, p->query, PANEL);
  T(from_panel)(w->rows, w->width, p->query);
  for (size_t i = 0; i < p->count; i++)
    memcpy((REAL *)y.data + (p->first + i) * y.stride, w->rows + i * w->width,
           w->d * sizeof(REAL));
  tile_widen(w, p, problem, operands, y);
}
