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

#include "body/arena.h"
#include "body/wide_query.h"
#include "linkv/kernel.h"

enum {
  TILE_TOKENS = 16,                                 /* that join the states at once */
  TILE_LOGITS = SIMD_REGISTERS >= 32 ? 4 : 3,       /* keys a block of N and A */
  TILE_PART = 16,                                   /* rows of S, in tile_prepare */
  TILE_PAGE = 4096,                                 /* bytes */
  TILE_BLOCK = 128,                                 /* queries a block, at least */
  TILE_EXPONENTIALS = SIMD_REGISTERS >= 32 ? 4 : 2, /* keys a turn */
};

#define TILE_LOG2_E 1.4426950408889634
#define TILE_ROOM   0x1p126 /* sums below it stay in float32's range */

/* Whether STATE is wider than REAL. */
#define TILE_ROUNDS (sizeof(STATE) != sizeof(REAL))

/* S and Z of one key and value operand. */
typedef struct tile_state {
  STATE *s, *z;  /* (d, width), (width) */
  size_t tokens; /* that S holds */
} tile_state;

/* Queries first .. first + count - 1, one a lane, of the chunk that starts at `chunk`. */
typedef struct tile_panel {
  REAL *query;  /* (width, PANEL): Q until R is known, and Y once G is */
  REAL *z_v;    /* (width, PANEL), where query is: Z_V in between */
  REAL *r_z;    /* (width, 2 PANEL): R beside Z_K */
  REAL *g;      /* (width, PANEL) */
  REAL *weight; /* (keys, PANEL): s, then p, then p / B */
  REAL *max;    /* (PANEL): running maximum, starts at -inf */
  STATE *sum;   /* (PANEL) */
  size_t chunk, first, count;
} tile_panel;

typedef struct tile_work {
  size_t d, width; /* head_dim, and rounded up to whole panels */
  tile_state k, v;
  STATE *key, *value; /* (TILE_TOKENS, width): tokens on their way into the states */
  REAL *rounded;      /* (d, width), where key is: S_K or S_V, if STATE is not REAL */
  tile_panel panel[TILE_GROUP];
  REAL largest; /* element of QK, of the tokens so far */
  REAL *local;  /* (PANEL, PANEL), where a weight is: of a chunk's tokens */
  REAL *rows;   /* (PANEL, width), where a weight is: a panel transposed */
  REAL *near;   /* (keys, near_stride), where key is: a tile of QK or QV */
  size_t near_stride;
  size_t *alive; /* (keys): TILE_SPARSE alone */
} tile_work;

static lkv_tiles tile_default_tiles(const lkv_problem *problem) {
  (void)problem;
  return (lkv_tiles){.q = TILE_DEFAULT_Q, .k = TILE_DEFAULT_K};
}

/* Whether operand rows join the states by way of the workspace: unless they are whole
 * panels in STATE. */
static bool tile_packs(size_t d) {
  return TILE_ROUNDS || d % PANEL != 0;
}

static void tile_state_layout(tile_state *state, arena *a, size_t d, size_t width) {
  const size_t count = size_times(d, width);
  state->s = arena_take(a, count, sizeof(STATE));
  state->z = arena_take(a, width, sizeof(STATE));
}

/* Elements from row to row of a copied tile: rows a power of two of bytes apart would
 * meet in few sets of the cache. */
static size_t tile_near_stride(size_t width) {
  const size_t line = LKV_WORKSPACE_ALIGNMENT / sizeof(REAL);
  return width % (8 * line) == 0 ? size_plus(width, line) : width;
}

static void tile_layout(const lkv_problem *problem, arena *a, tile_work *w) {
  const size_t d = problem->head_dim, size = sizeof(REAL);
  const size_t keys = size_min(problem->tile_k, problem->seq_len);
  const size_t width = size_round_up(d, PANEL);
  const size_t panel = size_times(width, PANEL);
  w->d = d;
  w->width = width;
  w->largest = 0;
  tile_state_layout(&w->k, a, d, width);
  tile_state_layout(&w->v, a, d, width);
  const size_t packed = tile_packs(d) ? size_times(width, TILE_TOKENS) : 0;
  const size_t packs = size_times(packed, 2 * sizeof(STATE));
  const size_t rounds = TILE_ROUNDS ? size_times(size_times(d, width), size) : 0;
  w->near_stride = tile_near_stride(width);
  const size_t near = TILE_NEAR ? size_times(size_times(keys, w->near_stride), size) : 0;
  const size_t most = packs > rounds ? packs : rounds;
  w->key = arena_take(a, most > near ? most : near, 1);
  w->value = w->key ? w->key + packed : NULL;
  w->rounded = (void *)w->key;
  w->near = (void *)w->key;
  const size_t least = width > PANEL ? width : PANEL;
  const size_t weights = size_times(keys > least ? keys : least, PANEL);
  for (tile_panel *p = w->panel; p < w->panel + TILE_GROUP; p++) {
    p->query = arena_take(a, panel, size);
    p->z_v = p->query;
    p->r_z = arena_take(a, size_times(panel, 2), size);
    p->g = arena_take(a, panel, size);
    p->weight = arena_take(a, weights, size);
    p->max = arena_take(a, PANEL, size);
    p->sum = arena_take(a, PANEL, sizeof(STATE));
  }
  w->local = w->panel[0].weight;
  w->rows = w->panel[0].weight;
  w->alive = arena_take(a, TILE_SPARSE ? keys : 0, sizeof(size_t));
}

static size_t tile_workspace_bytes(const lkv_problem *problem) {
  arena a = {0};
  tile_work w;
  tile_layout(problem, &a, &w);
  return a.used;
}

static ROWS tile_operand(const lkv_operands *operands, int which, size_t first) {
  const size_t stride = operands->stride[which];
  return (ROWS){.data = (const REAL *)operands->data[which] + first * stride,
                .stride = stride};
}

/* Prefix states. */

static void tile_state_clear(const tile_work *w, tile_state *state) {
  state->tokens = 0;
  memset(state->s, 0, w->d * w->width * sizeof(STATE));
  memset(state->z, 0, w->width * sizeof(STATE));
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

/* Rows row .. row + count - 1 of S += key^T value over tokens first .. last - 1. Operand
 * rows of whole panels in STATE are taken as they are, others through the workspace. */
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

/* S in REAL. */
static ROWS tile_state_rows(const tile_work *w, const tile_state *state) {
  if (!TILE_ROUNDS) return (ROWS){.data = (const void *)state->s, .stride = w->width};
  for (size_t e = 0; e < w->d * w->width; e++) w->rounded[e] = (REAL)state->s[e];
  return (ROWS){.data = w->rounded, .stride = w->width};
}

/* S holds the tokens before `last`. */
static void tile_state_reach(const tile_work *w, tile_state *state,
                             const lkv_operands *operands, int key, int value,
                             size_t last) {
  tile_state_add_rows(w, state->s, 0, w->d, tile_operand(operands, key, 0),
                      tile_operand(operands, value, 0), state->tokens, last);
  state->tokens = last;
}

/* The largest element of QK takes those rows in. */
static void tile_see_keys(tile_work *w, const lkv_operands *operands, size_t first,
                          size_t count) {
  const REAL most = T(largest)(tile_operand(operands, LKV_QK, first), count, w->d);
  if (most > w->largest) w->largest = most;
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
  tile_see_keys(w, operands, p->first, p->count);
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
  const ROWS rows = {.data = (const REAL *)y.data + p->first * y.stride,
                     .stride = y.stride};
  const ROWS r = {.data = p->r_z, .stride = 2 * PANEL};
  if (sizeof(REAL) != sizeof(f32)) return;
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

/* Tiles. */

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

/* The logits' maximum again, where some were hidden. */
static void tile_highest(const tile_panel *p, size_t count, REAL *highest) {
  for (size_t h = 0; h < PANEL; h += LANES) {
    VEC max = T(set)(-INFINITY);
    for (size_t i = 0; i < count; i++)
      max = T(max)(T(load)(p->weight + i * PANEL + h), max);
    T(store)(highest + h, max);
  }
}

/* m* = max(m, s); G and l are carried over to it. `shift` is m*, 0 where no logit is
 * above -inf: such weights are 0, not NaN. */
static void tile_rescale(const tile_work *w, const tile_panel *p, const REAL *highest,
                         REAL *shift) {
  _Alignas(64) REAL factor[PANEL];
  bool same = true;
  for (size_t h = 0; h < PANEL; h += LANES) {
    const VEC low = T(set)(-INFINITY), one = T(set)(1), old = T(load)(p->max + h);
    const VEC max = T(max)(T(load)(highest + h), old);
    const VEC finite = T(keep)(T(less)(low, max), max);
    const VEC f = T(exp2)(T(sub)(old, finite));
    T(store)(p->max + h, max);
    T(store)(shift + h, finite);
    T(store)(factor + h, f);
    same = same && T(all)(T(equal)(f, one));
  }
  if (same) return;
  for (size_t q = 0; q < PANEL; q++) p->sum[q] *= (STATE)factor[q];
  for (size_t h = 0; h < PANEL; h += LANES) {
    const VEC f = T(load)(factor + h);
    for (size_t c = 0; c < w->d; c++) {
      REAL *g = p->g + c * PANEL + h;
      T(store)(g, T(mul)(T(load)(g), f));
    }
  }
}

/* p = 2^(s - m*) of `keys` keys, in place. */
SIMD_INLINE void tile_exponentials_block(REAL *weight, VEC sum[2], size_t keys,
                                         const VEC shift[2]) {
  VEC x[2 * TILE_EXPONENTIALS];
  SIMD_UNROLL
  for (size_t v = 0; v < 2 * keys; v++)
    x[v] = T(sub)(T(load)(weight + v * LANES), shift[v % 2]);
  T(exp2_each)(x, (int)(2 * keys));
  SIMD_UNROLL
  for (size_t v = 0; v < 2 * keys; v++) {
    T(store)(weight + v * LANES, x[v]);
    sum[v % 2] = T(add)(sum[v % 2], x[v]);
  }
}

/* p->weight = p of `count` keys; l += sum p. */
SIMD_OUTLINE void tile_exponentials(const tile_panel *p, size_t count,
                                    const REAL *shift) {
  _Alignas(64) REAL total[PANEL];
  const VEC by[2] = {T(load)(shift), T(load)(shift + LANES)};
  VEC sum[2] = {T(set)(0), T(set)(0)};
  size_t i = 0;
  for (; i + TILE_EXPONENTIALS <= count; i += TILE_EXPONENTIALS)
    tile_exponentials_block(p->weight + i * PANEL, sum, TILE_EXPONENTIALS, by);
  for (; i < count; i++) tile_exponentials_block(p->weight + i * PANEL, sum, 1, by);
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
  tile_rescale(w, p, highest, shift);
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
  tile_highest(p, count, highest);
  tile_rescale(w, p, highest, shift);
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

/* Queries of a block: whole chunks, and enough that the states stay smaller than an
 * operand or two. */
static size_t tile_block_queries(const lkv_problem *problem) {
  const size_t chunk = size_min(problem->tile_q, problem->seq_len);
  const size_t least = problem->head_dim > TILE_BLOCK ? problem->head_dim : TILE_BLOCK;
  return ((least - 1) / chunk + 1) * chunk;
}

static size_t tile_block_count(const lkv_problem *problem) {
  return (problem->seq_len - 1) / tile_block_queries(problem) + 1;
}

/* Rows of y of one block. No group spans two: alone or not, a block has the same. */
static void tile_block(tile_work *w, const lkv_problem *problem,
                       const lkv_operands *operands, size_t block, lkv_output y) {
  const size_t queries = tile_block_queries(problem), first = block * queries;
  const size_t last = first + size_min(queries, problem->seq_len - first);
  tile_queries(w, problem, operands, first, last, y);
}

static lkv_status tile_attention(const lkv_problem *problem, const lkv_operands *operands,
                                 void *workspace, lkv_output y) {
  arena a = {.base = workspace};
  tile_work w;
  assert(problem->seq_len >= 1 && problem->head_dim >= 1);
  assert(problem->tile_q >= 1 && problem->tile_k >= 1);
  tile_layout(problem, &a, &w);
  tile_state_clear(&w, &w.k);
  tile_state_clear(&w, &w.v);
  for (size_t block = 0; block < tile_block_count(problem); block++)
    tile_block(&w, problem, operands, block, y);
  return LKV_OK;
}

/* Query blocks. They share the states of the tokens before each block but the first:
 * S_K, Z_K, S_V, Z_V, a block after another. Every element is summed in the order of
 * tile_attention, so y has its bits. A part is TILE_PART rows of S_K or S_V. */

/* Elements of one S and Z. */
static size_t tile_state_size(const lkv_problem *problem) {
  const size_t width = size_round_up(problem->head_dim, PANEL);
  return size_times(size_plus(problem->head_dim, 1), width);
}

static size_t tile_shared_bytes(const lkv_problem *problem) {
  const size_t states = size_times(2, tile_block_count(problem) - 1);
  return size_times(size_times(tile_state_size(problem), states), sizeof(STATE));
}

static size_t tile_parts(const lkv_problem *problem) {
  return 2 * ((problem->head_dim - 1) / TILE_PART + 1);
}

static lkv_status tile_prepare(const lkv_problem *problem, const lkv_operands *operands,
                               size_t part, void *workspace, void *shared) {
  const size_t size = tile_state_size(problem), queries = tile_block_queries(problem);
  const size_t which = part % 2, row = part / 2 * TILE_PART;
  const ROWS key = tile_operand(operands, which ? LKV_KV : LKV_KK, 0);
  const ROWS value = tile_operand(operands, which ? LKV_VV : LKV_VK, 0);
  arena a = {.base = workspace};
  tile_work w;
  tile_layout(problem, &a, &w);
  const size_t rows = size_min(TILE_PART, w.d - row), count = rows * w.width;

  for (size_t block = 1; block < tile_block_count(problem); block++) {
    /* The states before the block before, and that block's tokens. */
    STATE *s = (STATE *)shared + (2 * (block - 1) + which) * size;
    STATE *z = s + w.d * w.width + row;
    if (block == 1) {
      memset(s + row * w.width, 0, count * sizeof(STATE));
      memset(z, 0, rows * sizeof(STATE));
    } else {
      memcpy(s + row * w.width, s + row * w.width - 2 * size, count * sizeof(STATE));
      memcpy(z, z - 2 * size, rows * sizeof(STATE));
    }
    const size_t first = (block - 1) * queries, last = block * queries;
    tile_state_add_rows(&w, s, row, rows, key, value, first, last);
    for (size_t j = first; j < last; j++)
      for (size_t c = 0; c < rows; c++) z[c] += (STATE)T(row)(key, j)[row + c];
  }
  return LKV_OK;
}

static void tile_state_load(const tile_work *w, tile_state *state, const STATE *from,
                            size_t tokens) {
  state->tokens = tokens;
  memcpy(state->s, from, w->d * w->width * sizeof(STATE));
  memset(state->z, 0, w->width * sizeof(STATE));
  memcpy(state->z, from + w->d * w->width, w->d * sizeof(STATE));
}

static lkv_status tile_attend_block(const lkv_problem *problem,
                                    const lkv_operands *operands, const void *shared,
                                    size_t block, void *workspace, lkv_output y) {
  const size_t size = tile_state_size(problem);
  const size_t first = block * tile_block_queries(problem);
  arena a = {.base = workspace};
  tile_work w;
  tile_layout(problem, &a, &w);
  tile_see_keys(&w, operands, 0, first);
  if (block == 0) {
    tile_state_clear(&w, &w.k);
    tile_state_clear(&w, &w.v);
  } else {
    const STATE *state = (const STATE *)shared + 2 * (block - 1) * size;
    tile_state_load(&w, &w.k, state, first);
    tile_state_load(&w, &w.v, state + size, first);
  }
  tile_block(&w, problem, operands, block, y);
  return LKV_OK;
}

static const lkv_blocks tile_blocks = {
    .count = tile_block_count,
    .shared_bytes = tile_shared_bytes,
    .parts = tile_parts,
    .prepare = tile_prepare,
    .attend = tile_attend_block,
};
