/* Reassociated, whole rows of logits, a query a vector lane.
 *
 *   r_t = S_K Q_t + sum_j KK_j (VK_j . Q_t)                  S over the chunks before t's
 *   s_i = (QK_i . r_t) / (QK_i . Z_K + eps)                  i <= t
 *   p   = softmax(s)
 *   g_t = sum_i p_i / (QV_i . Z_V + eps) QV_i
 *   y_t = S_V^T g_t + sum_j VV_j (KV_j . g_t)                j in t's chunk, j <= t
 *
 * Loops: chunks of ROW_CHUNK tokens; panels of ROW_PANEL queries; then a matrix product
 * with the panel's queries in lanes for each of the sums above; at a chunk's end its
 * tokens join the states. Rows of the operands are read as they lie, an element broadcast
 * at a time; only what belongs to the panel's queries is transposed. No state is built
 * before the first chunk is full, which is what makes short sequences quick. Time
 * O(T^2 d + T d^2), workspace O(T + d^2).
 *
 * A key after its query must leave no trace, not even NaN: what a masked lane computed is
 * replaced by 0 before it is multiplied again, and the row that it multiplies is taken
 * for 0 in that lane.
 *
 * The including kernel first includes its ISA's row_lanes.h.
 */
#include <assert.h>
#include <string.h>

#include "body/linear_f32.h"
#include "body/wide_query.h"
#include "linkv/kernel.h"

enum {
  ROW_PANEL = 16,
  ROW_VECTORS = ROW_PANEL / ROW_LANES,
  ROW_CHUNK = 128,
  ROW_BLOCK_MAX = ROW_BLOCK_FULL > ROW_BLOCK_PART ? ROW_BLOCK_FULL : ROW_BLOCK_PART
};

static_assert(ROW_VECTORS == 1 || ROW_VECTORS == 2, "row_block has a tail for each");

typedef struct row_state {
  prefix_f32 k, v;      /* of the chunks before; S has rows of `width` */
  f32 *sum_k, *sum_v;   /* (width): Z with the tokens so far */
  f32 *query;           /* (width, PANEL): Q^T */
  f32 *z_k, *z_v;       /* (width, PANEL): Z^T */
  f32 *r;               /* (width, PANEL) */
  f32 *g;               /* (width, PANEL) */
  f32 *y;               /* (width, PANEL): y^T */
  f32 *rows;            /* (PANEL, width): what is transposed */
  f32 *local;           /* (CHUNK, PANEL): VK_j . Q_t, KV_j . g_t */
  f32 *values;          /* (CHUNK, width): padded values of a chunk */
  f32 *zero;            /* (PANEL): NaN where a query met what is not finite */
  f64 *wide;            /* (WIDE_ARRAYS, d) */
  f32 *weight, *bottom; /* (T, PANEL): s, p, weights; denominators */
  size_t d, width;      /* head_dim, and padded to PANEL */
} row_state;

/* Queries first .. first + count - 1, one a lane; chunk <= first is where the chunk
 * begins. */
typedef struct row_panel {
  size_t chunk, first, count;
} row_panel;

/* The vectors of a panel that a product works on. */
typedef struct row_span {
  size_t first, end;
} row_span;

static void row_layout(const lkv_problem *problem, arena *a, row_state *w) {
  const size_t tokens = problem->seq_len;
  const size_t chunk = size_min(tokens, ROW_CHUNK);
  w->d = problem->head_dim;
  w->width = size_round_up(w->d, ROW_PANEL);
  const size_t panel = size_times(w->width, ROW_PANEL);
  w->k.s = take_f32(a, size_times(w->d, w->width));
  w->v.s = take_f32(a, size_times(w->d, w->width));
  w->sum_k = take_f32(a, w->width);
  w->sum_v = take_f32(a, w->width);
  w->query = take_f32(a, panel);
  w->z_k = take_f32(a, panel);
  w->z_v = take_f32(a, panel);
  w->r = take_f32(a, panel);
  w->g = take_f32(a, panel);
  w->y = take_f32(a, panel);
  w->rows = take_f32(a, panel);
  w->local = take_f32(a, size_times(chunk, ROW_PANEL));
  w->values = take_f32(a, size_times(chunk, w->width));
  w->zero = take_f32(a, ROW_PANEL);
  w->wide = arena_take(a, size_times(w->d, WIDE_ARRAYS), sizeof(f64));
  w->weight = take_f32(a, size_times(tokens, ROW_PANEL));
  w->bottom = take_f32(a, size_times(tokens, ROW_PANEL));
}

static size_t row_workspace_bytes(const lkv_problem *problem) {
  arena a = {0};
  row_state w;
  row_layout(problem, &a, &w);
  return a.used;
}

/* A matrix read in place: element (m, k) is data[m * row + k * column]. */
typedef struct row_matrix {
  const f32 *data;
  size_t row, column;
} row_matrix;

/* out (+)= a x: x (depth, lanes) and out (rows, lanes) have rows of `stride`. After
 * `depth` rows that every lane sees come `tail` more, of which row k counts from lane k
 * on. */
typedef struct row_factor {
  const f32 *x;
  f32 *out;
  size_t stride, depth, tail;
  bool adds; /* to what `out` holds */
} row_factor;

/* One step of a block: sum[m] += a(m, k) x[k], from vector `from` on; in that vector from
 * lane `lane` on where `masks`. */
BODY_INLINE void row_step(row_vector sum[ROW_BLOCK_MAX][ROW_VECTORS], row_matrix a,
                          const row_factor *f, size_t k, size_t rows, size_t vectors,
                          size_t from, bool masks, size_t lane) {
  row_vector x[ROW_VECTORS];
  for (size_t v = from; v < vectors; v++)
    x[v] = row_load(f->x + k * f->stride + v * ROW_LANES);
  const row_mask seen = row_from(lane);
  /* Vectors in full come first: then e itself is masked, and no register is wanting. */
  for (size_t m = 0; m < rows; m++) {
    const row_vector e = row_set(a.data[m * a.row + k * a.column]);
    for (size_t v = from + masks; v < vectors; v++)
      sum[m][v] = row_fma(e, x[v], sum[m][v]);
    if (masks) sum[m][from] = row_fma(row_keep(seen, e), x[from], sum[m][from]);
  }
}

/* The tail's rows whose first lane is in vector v, a constant. */
BODY_INLINE void row_tail(row_vector sum[ROW_BLOCK_MAX][ROW_VECTORS], row_matrix a,
                          const row_factor *f, size_t rows, size_t vectors, size_t v) {
  const size_t end = size_min((v + 1) * ROW_LANES, f->tail);
  for (size_t k = v * ROW_LANES; k < end; k++)
    row_step(sum, a, f, f->depth + k, rows, vectors, v, true, k - v * ROW_LANES);
}

/* A block of rows and vectors, both constants after inlining: the sums are registers. */
BODY_INLINE void row_block(row_matrix a, row_factor f, size_t rows, size_t vectors) {
  row_vector sum[ROW_BLOCK_MAX][ROW_VECTORS];
  for (size_t m = 0; m < rows; m++)
    for (size_t v = 0; v < vectors; v++)
      sum[m][v] = f.adds ? row_load(f.out + m * f.stride + v * ROW_LANES) : row_zero();
  for (size_t k = 0; k < f.depth; k++)
    row_step(sum, a, &f, k, rows, vectors, 0, false, 0);
  row_tail(sum, a, &f, rows, vectors, 0);
  if (vectors == 2) row_tail(sum, a, &f, rows, vectors, 1);
  for (size_t m = 0; m < rows; m++)
    for (size_t v = 0; v < vectors; v++)
      row_store(f.out + m * f.stride + v * ROW_LANES, sum[m][v]);
}

/* Rows of the next block: as many as registers hold, but no rest of one or two. */
BODY_INLINE size_t row_block_rows(size_t left, size_t most) {
  if (left >= most && left != most + 1 && left != most + 2) return most;
  return left >= 8 && most >= 8 ? 8 : left >= 4 ? 4 : left >= 3 ? 3 : left;
}

/* row_block over any number of rows. */
BODY_INLINE void row_blocks(row_matrix a, row_factor f, size_t rows, size_t most,
                            size_t vectors) {
  for (size_t step; rows > 0; rows -= step) {
    step = row_block_rows(rows, most);
    if (step == most)
      row_block(a, f, most, vectors);
    else if (most > 8 && step == 8)
      row_block(a, f, 8, vectors);
    else if (step == 4)
      row_block(a, f, 4, vectors);
    else if (step == 3)
      row_block(a, f, 3, vectors);
    else if (step == 2)
      row_block(a, f, 2, vectors);
    else
      row_block(a, f, 1, vectors);
    a.data += step * a.row;
    f.out += step * f.stride;
  }
}

/* ... over the vectors of a span, all or one. */
BODY_INLINE void row_product(row_matrix a, row_factor f, size_t rows, row_span span) {
  f.x += span.first * ROW_LANES;
  f.out += span.first * ROW_LANES;
  if (span.end - span.first == ROW_VECTORS)
    row_blocks(a, f, rows, ROW_BLOCK_FULL, ROW_VECTORS);
  else
    row_blocks(a, f, rows, ROW_BLOCK_PART, 1);
}

/* out[i] = row_i . x, of an operand's or a state's rows. */
static void row_dots(const f32 *rows, size_t stride, size_t count, size_t d, const f32 *x,
                     f32 *out, row_span span) {
  const row_matrix a = {rows, stride, 1};
  const row_factor f = {.x = x, .out = out, .stride = ROW_PANEL, .depth = d};
  row_product(a, f, count, span);
}

/* out[c] (+)= sum_i row_i[c] x[i], c < d, over `count` rows and then `tail` more, of
 * which row i counts from lane i on. */
static void row_sums(const f32 *rows, size_t stride, size_t count, size_t tail, size_t d,
                     const f32 *x, f32 *out, row_span span, bool adds) {
  const row_matrix a = {rows, 1, stride};
  const row_factor f = {.x = x,
                        .out = out,
                        .stride = ROW_PANEL,
                        .depth = count,
                        .tail = tail,
                        .adds = adds};
  row_product(a, f, d, span);
}

/* S += sum_j key_j value_j^T over `count` tokens; values are rows of `width`. */
static void row_join(const row_state *w, f32 *s, const f32 *keys, size_t stride,
                     size_t count) {
  const row_matrix a = {keys, 1, stride};
  const row_span all = {0, ROW_VECTORS};
  for (size_t b = 0; b < w->width; b += ROW_PANEL) {
    const row_factor f = {.x = w->values + b,
                          .out = s + b,
                          .stride = w->width,
                          .depth = count,
                          .adds = true};
    row_product(a, f, w->d, all);
  }
}

/* Vectors of the panel that hold queries. */
static row_span row_whole(const row_panel *p) {
  return (row_span){0, (p->count - 1) / ROW_LANES + 1};
}

/* out[i - from] = operand_i . x for the tokens i that the panel sees. A token is left out
 * for vectors that lie before it; lanes before it hold what no one may use. */
static void row_seen_dots(const row_state *w, const lkv_operands *operands, int operand,
                          const row_panel *p, size_t from, const f32 *x, f32 *out) {
  row_span span = row_whole(p);
  for (size_t i = from; span.first < span.end; span.first++) {
    const size_t end = p->first + size_min((span.first + 1) * ROW_LANES, p->count);
    row_dots(operand_row(operands, operand, i), operands->stride[operand], end - i, w->d,
             x, out + (i - from) * ROW_PANEL, span);
    i = end;
  }
}

/* out (+)= sum_i operand_i x[i - from] over the same tokens. */
static void row_seen_sums(const row_state *w, const lkv_operands *operands, int operand,
                          const row_panel *p, size_t from, const f32 *x, f32 *out,
                          bool adds) {
  row_sums(operand_row(operands, operand, from), operands->stride[operand],
           p->first - from, p->count, w->d, x, out, row_whole(p), adds);
}

/* Lanes of vector `v` whose query sees token i. */
static inline row_mask row_seen(const row_panel *p, size_t i, size_t v) {
  const size_t lane0 = p->first + v * ROW_LANES;
  return row_from(i < lane0 ? 0 : size_min(i - lane0, ROW_LANES));
}

/* Vectors that see token i at all. */
static inline size_t row_first_vector(const row_panel *p, size_t i) {
  return i < p->first ? 0 : (i - p->first) / ROW_LANES;
}

/* 0 where token from + i comes after the query. */
static void row_mask_local(const row_panel *p, size_t from, f32 *x) {
  const row_span all = row_whole(p);
  for (size_t i = p->first; i < p->first + p->count; i++)
    for (size_t v = row_first_vector(p, i); v < all.end; v++) {
      f32 *at = x + (i - from) * ROW_PANEL + v * ROW_LANES;
      row_store(at, row_keep(row_seen(p, i, v), row_load(at)));
    }
}

/* e^x for x <= 0, at most 1 ulp: x = n ln 2 + r with |r| <= ln 2 / 2, and e^r by the
 * polynomial of degree 6 that starts 1 + r and whose largest error, 3.6e-9, is least. */
BODY_INLINE row_vector row_exp(row_vector x) {
  const row_vector bounded = row_at_least(row_set(-105.0F), x); /* e^-105 rounds to 0 */
  const row_vector n = row_round(row_mul(bounded, row_set(0x1.715476p+0F)));
  row_vector r = row_fma(n, row_set(-0x1.62e4p-1F), bounded);
  r = row_fma(n, row_set(-0x1.7f7d1cp-20F), r);
  row_vector e = row_set(0x1.6a23c8p-10F);
  e = row_fma(e, r, row_set(0x1.123a20p-7F));
  e = row_fma(e, r, row_set(0x1.5558f2p-5F));
  e = row_fma(e, r, row_set(0x1.555492p-3F));
  e = row_fma(e, r, row_set(0x1.fffffcp-2F));
  e = row_fma(e, r, row_set(1));
  e = row_fma(e, r, row_set(1));
  return row_scale(e, n);
}

/* In `weight`, s_i = N_i / (A_i + eps), -infinity where masked; the largest of each lane,
 * NaN where one is. `zero` is NaN in lanes where some s_i is not finite. */
static void row_logits(const row_state *w, const row_panel *p, f32 eps,
                       row_vector largest[ROW_VECTORS], row_vector zero[ROW_VECTORS]) {
  const size_t end = p->first + p->count;
  const row_span all = row_whole(p);
  for (size_t v = 0; v < ROW_VECTORS; v++) {
    largest[v] = row_set(-INFINITY);
    zero[v] = row_zero();
  }
  for (size_t i = 0; i < end; i++)
    for (size_t v = row_first_vector(p, i); v < all.end; v++) {
      const size_t at = i * ROW_PANEL + v * ROW_LANES;
      const row_vector bottom = row_add(row_load(w->bottom + at), row_set(eps));
      const row_vector quotient = row_div(row_load(w->weight + at), bottom);
      const row_mask seen = row_seen(p, i, v);
      const row_vector s = row_pick(seen, quotient, row_set(-INFINITY));
      zero[v] = row_fma(row_keep(seen, quotient), row_zero(), zero[v]);
      largest[v] = row_max(largest[v], s);
      row_store(w->weight + at, s);
    }
}

/* In `weight`, exp(s_i - largest); 1 over the sum of each lane. */
static void row_exponentials(const row_state *w, const row_panel *p,
                             const row_vector largest[ROW_VECTORS],
                             row_vector scale[ROW_VECTORS]) {
  const size_t end = p->first + p->count;
  const row_span all = row_whole(p);
  for (size_t v = 0; v < ROW_VECTORS; v++) scale[v] = row_zero();
  for (size_t i = 0; i < end; i++)
    for (size_t v = row_first_vector(p, i); v < all.end; v++) {
      f32 *at = w->weight + i * ROW_PANEL + v * ROW_LANES;
      const row_vector e = row_exp(row_sub(row_load(at), largest[v]));
      scale[v] = row_add(scale[v], e);
      row_store(at, e);
    }
  for (size_t v = 0; v < ROW_VECTORS; v++) scale[v] = row_div(row_set(1), scale[v]);
}

/* In `weight`, p_i / (B_i + eps), 0 where masked. */
static void row_weights(const row_state *w, const row_panel *p, f32 eps,
                        const row_vector scale[ROW_VECTORS]) {
  const size_t end = p->first + p->count;
  const row_span all = row_whole(p);
  for (size_t i = 0; i < end; i++)
    for (size_t v = row_first_vector(p, i); v < all.end; v++) {
      const size_t at = i * ROW_PANEL + v * ROW_LANES;
      const row_vector share = row_mul(row_load(w->weight + at), scale[v]);
      const row_vector bottom = row_add(row_load(w->bottom + at), row_set(eps));
      row_store(w->weight + at, row_keep(row_seen(p, i, v), row_div(share, bottom)));
    }
}

/* out (width, PANEL) = rows transposed, `count` of them, rounded up to 8. */
static void row_to_lanes(const row_state *w, const f32 *rows, size_t stride, size_t count,
                         f32 *out) {
  for (size_t q = 0; q < count; q += 8)
    for (size_t c = 0; c < w->width; c += 8)
      row_transpose8(rows + q * stride + c, stride, out + c * ROW_PANEL + q, ROW_PANEL);
}

/* rows = in (width, PANEL) transposed. */
static void row_from_lanes(const row_state *w, const f32 *in, size_t count, f32 *rows,
                           size_t stride) {
  for (size_t q = 0; q < count; q += 8)
    for (size_t c = 0; c < w->width; c += 8)
      row_transpose8(in + c * ROW_PANEL + q, ROW_PANEL, rows + q * stride + c, stride);
}

/* Whether the panel's rows fill whole transposes, and need no padded copy. */
static bool row_fills(const row_state *w, const row_panel *p) {
  return w->width == w->d && p->count % 8 == 0;
}

/* Q^T. */
static void row_load_queries(const row_state *w, const lkv_operands *operands,
                             const row_panel *p) {
  if (row_fills(w, p)) {
    row_to_lanes(w, operand_row(operands, LKV_Q, p->first), operands->stride[LKV_Q],
                 p->count, w->query);
    return;
  }
  for (size_t q = 0; q < p->count; q++)
    memcpy(w->rows + q * w->width, operand_row(operands, LKV_Q, p->first + q),
           w->d * sizeof(f32));
  row_to_lanes(w, w->rows, w->width, p->count, w->query);
}

/* Z^T of one key operand; `sum` holds Z before the panel, and then with it. */
static void row_load_sums(const row_state *w, const lkv_operands *operands, int operand,
                          const row_panel *p, f32 *sum, f32 *out) {
  const size_t d = w->d;
  for (size_t q = 0; q < p->count; q++) {
    const f32 *restrict key = operand_row(operands, operand, p->first + q);
    f32 *restrict row = w->rows + q * w->width;
    for (size_t c = 0; c < d; c++) row[c] = sum[c] + key[c];
    sum = row;
  }
  row_to_lanes(w, w->rows, w->width, p->count, out);
}

static void row_store_output(const row_state *w, const row_panel *p, lkv_output y) {
  if (row_fills(w, p)) {
    row_from_lanes(w, w->y, p->count, output_row(y, p->first), y.stride);
    return;
  }
  row_from_lanes(w, w->y, p->count, w->rows, w->width);
  for (size_t q = 0; q < p->count; q++)
    memcpy(output_row(y, p->first + q), w->rows + q * w->width, w->d * sizeof(f32));
}

/* y of a panel's queries. */
static void row_attend(const row_state *w, const lkv_operands *operands,
                       const row_panel *p, f32 eps, lkv_output y) {
  const size_t d = w->d;
  const bool has_state = p->chunk > 0;
  const row_span all = row_whole(p);
  row_vector largest[ROW_VECTORS], scale[ROW_VECTORS], zero[ROW_VECTORS];

  /* r = S_K Q + sum_j KK_j (VK_j . Q). */
  row_load_queries(w, operands, p);
  if (has_state) row_dots(w->k.s, w->width, d, d, w->query, w->r, all);
  row_seen_dots(w, operands, LKV_VK, p, p->chunk, w->query, w->local);
  row_mask_local(p, p->chunk, w->local);
  row_seen_sums(w, operands, LKV_KK, p, p->chunk, w->local, w->r, has_state);

  /* Z_K and Z_V, query by query. */
  row_load_sums(w, operands, LKV_KK, p, w->sum_k, w->z_k);
  memcpy(w->sum_k, w->rows + (p->count - 1) * w->width, d * sizeof(f32));
  row_load_sums(w, operands, LKV_KV, p, w->sum_v, w->z_v);
  memcpy(w->sum_v, w->rows + (p->count - 1) * w->width, d * sizeof(f32));

  /* p_i = softmax((QK_i . r) / (QK_i . Z_K + eps)). */
  row_seen_dots(w, operands, LKV_QK, p, 0, w->r, w->weight);
  row_seen_dots(w, operands, LKV_QK, p, 0, w->z_k, w->bottom);
  row_logits(w, p, eps, largest, zero);
  row_exponentials(w, p, largest, scale);

  /* g = sum_i p_i / (QV_i . Z_V + eps) QV_i. */
  row_seen_dots(w, operands, LKV_QV, p, 0, w->z_v, w->bottom);
  row_weights(w, p, eps, scale);
  row_seen_sums(w, operands, LKV_QV, p, 0, w->weight, w->g, false);

  /* y = S_V^T g + sum_j VV_j (KV_j . g). */
  if (has_state) row_sums(w->v.s, w->width, d, 0, d, w->g, w->y, all, false);
  row_seen_dots(w, operands, LKV_KV, p, p->chunk, w->g, w->local);
  row_mask_local(p, p->chunk, w->local);
  row_seen_sums(w, operands, LKV_VV, p, p->chunk, w->local, w->y, has_state);
  row_store_output(w, p, y);
  for (size_t v = 0; v < ROW_VECTORS; v++) row_store(w->zero + v * ROW_LANES, zero[v]);
}

/* Rows of a finished panel that float32 has no room for, again in float64. */
static void row_widen(const row_state *w, const lkv_problem *problem,
                      const lkv_operands *operands, const row_panel *p, lkv_output y) {
  enum { CHAINS = 4 };
  row_vector zero[CHAINS][ROW_VECTORS];
  for (size_t v = 0; v < ROW_VECTORS; v++) {
    for (size_t k = 0; k < CHAINS; k++) zero[k][v] = row_zero();
    zero[0][v] = row_load(w->zero + v * ROW_LANES);
  }
  size_t c = 0;
  for (; c + CHAINS <= w->d; c += CHAINS)
    for (size_t k = 0; k < CHAINS; k++)
      for (size_t v = 0; v < ROW_VECTORS; v++)
        zero[k][v] = row_fma(row_load(w->y + (c + k) * ROW_PANEL + v * ROW_LANES),
                             row_zero(), zero[k][v]);
  for (; c < w->d; c++)
    for (size_t v = 0; v < ROW_VECTORS; v++)
      zero[0][v] =
          row_fma(row_load(w->y + c * ROW_PANEL + v * ROW_LANES), row_zero(), zero[0][v]);
  for (size_t v = 0; v < ROW_VECTORS; v++)
    row_store(w->zero + v * ROW_LANES,
              row_add(row_add(zero[0][v], zero[1][v]), row_add(zero[2][v], zero[3][v])));
  for (size_t i = 0; i < p->count; i++)
    if (w->zero[i] != 0)
      wide_query(problem, operands, p->first + i, w->wide, output_row(y, p->first + i));
}

/* S += sum_j key_j value_j^T over a chunk. */
static void row_join_chunk(const row_state *w, const lkv_operands *operands, int key,
                           int value, size_t chunk, f32 *s) {
  for (size_t j = 0; j < ROW_CHUNK; j++)
    memcpy(w->values + j * w->width, operand_row(operands, value, chunk + j),
           w->d * sizeof(f32));
  row_join(w, s, operand_row(operands, key, chunk), operands->stride[key], ROW_CHUNK);
}

static lkv_status row_attention(const lkv_problem *problem, const lkv_operands *operands,
                                void *workspace, lkv_output y) {
  const size_t tokens = problem->seq_len;
  const f32 eps = (f32)problem->eps;
  arena a = {.base = workspace};
  row_state w;
  assert(tokens >= 1 && problem->head_dim >= 1);
  row_layout(problem, &a, &w);
  clear_f32(w.sum_k, w.width);
  clear_f32(w.sum_v, w.width);
  clear_f32(w.rows, ROW_PANEL * w.width);
  if (tokens > ROW_CHUNK) {
    clear_f32(w.k.s, w.d * w.width);
    clear_f32(w.v.s, w.d * w.width);
    clear_f32(w.values, ROW_CHUNK * w.width);
  }

  for (size_t chunk = 0; chunk < tokens; chunk += ROW_CHUNK) {
    const size_t end = size_min(chunk + ROW_CHUNK, tokens);
    for (size_t first = chunk; first < end; first += ROW_PANEL) {
      const row_panel p = {chunk, first, size_min(ROW_PANEL, end - first)};
      row_attend(&w, operands, &p, eps, y);
      row_widen(&w, problem, operands, &p, y);
    }
    if (end < tokens) {
      row_join_chunk(&w, operands, LKV_KK, LKV_VK, chunk, w.k.s);
      row_join_chunk(&w, operands, LKV_KV, LKV_VV, chunk, w.v.s);
    }
  }
  return LKV_OK;
}
