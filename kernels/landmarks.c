/* Sequence lengths are cut into cells, four an octave. A cell lists the shapes that can
 * be the nearest to one whose length lies in it: few of those that differ in seq_len
 * alone. A list is looked through several shapes at a time, without a branch.
 *
 * What is chosen does not depend on it: squares of log2 ratios are added in one order, in
 * float, and of equal sums the first choice's wins. */
#include "landmarks.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "builtin_rule.h"
#include "linkv/registry.h"

enum {
  STAGES = 2,
  ABREAST = 4,     /* shapes looked at at once */
  CELL_SHIFT = 21, /* drops all but two bits of a float's mantissa */
};

typedef float lanes __attribute__((vector_size(ABREAST * sizeof(float))));
typedef int32_t int_lanes __attribute__((vector_size(ABREAST * sizeof(int32_t))));

/* Shapes on the scale of log2; what is left over is infinitely far off. */
typedef struct bundle {
  lanes slices, seq_len, head_dim, threads;
  int_lanes rank; /* of the choice in the wisdom */
} bundle;

/* In the order of ranks. */
typedef struct cell {
  const bundle *first, *end;
} cell;

/* Shapes of one stage and operand type. The first cell is open to shorter sequences, the
 * last one to longer ones. */
typedef struct group {
  const cell *cell;     /* NULL: no shapes */
  uint32_t first, last; /* cells */
} group;

struct landmarks {
  group group[STAGES][LKV_DTYPE_COUNT];
  bundle *bundle;
  cell *cell;
  landmark *landmark; /* by rank */
};

/* A shape on the scale of log2. */
typedef struct place {
  float slices, seq_len, head_dim, threads;
} place;

/* A choice on its way to the cells. */
typedef struct entry {
  lkv_stage stage;
  lkv_dtype type;
  place place;
  float from, to; /* log2 of seq_len, where it can be the nearest */
  uint32_t cell;
  int32_t rank;
} entry;

/* log2f of the sizes that are asked for most. */
enum { TABLE = 257 };
static float log2_of[TABLE];

static void fill_table(void) {
  for (int i = 1; i < TABLE; i++) log2_of[i] = log2f((float)i);
}

static float log2_size(size_t size) {
  return size < TABLE ? log2_of[size] : log2f((float)size);
}

/* The product of two may not fit size_t. */
static float log2_product(size_t a, size_t b) {
  return a < TABLE && b < TABLE && a * b < TABLE ? log2_of[a * b]
                                                 : log2f((float)a * (float)b);
}

static inline place place_of(size_t batch, size_t seq_len, size_t heads, size_t head_dim,
                             size_t threads) {
  return (place){.slices = log2_product(batch, heads),
                 .seq_len = log2_size(seq_len),
                 .head_dim = log2_size(head_dim),
                 .threads = log2_size(threads)};
}

/* Floats > 0 and their bits have one order. */
static uint32_t cell_of(size_t seq_len) {
  const float length = (float)seq_len;
  uint32_t bits;
  memcpy(&bits, &length, sizeof bits);
  return bits >> CELL_SHIFT;
}

/* On the scale of log2. */
static float start_of(uint32_t at) {
  const uint32_t bits = at << CELL_SHIFT;
  float length;
  memcpy(&length, &bits, sizeof length);
  return log2f(length);
}

static int order_of(float a, float b) {
  return (a > b) - (a < b);
}

/* 0 for two of one group. */
static int by_group(const entry *a, const entry *b) {
  if (a->stage != b->stage) return a->stage < b->stage ? -1 : 1;
  return (a->type > b->type) - (a->type < b->type);
}

/* 0 for two that differ in seq_len alone. */
static int by_line(const entry *a, const entry *b) {
  int order = by_group(a, b);
  if (!order) order = order_of(a->place.slices, b->place.slices);
  if (!order) order = order_of(a->place.head_dim, b->place.head_dim);
  return order ? order : order_of(a->place.threads, b->place.threads);
}

static int by_rank(const entry *a, const entry *b) {
  return (a->rank > b->rank) - (a->rank < b->rank);
}

static int by_line_and_length(const void *x, const void *y) {
  const entry *a = x, *b = y;
  int order = by_line(a, b);
  if (!order) order = order_of(a->place.seq_len, b->place.seq_len);
  return order ? order : by_rank(a, b);
}

static int by_group_and_rank(const void *x, const void *y) {
  const entry *a = x, *b = y;
  const int order = by_group(a, b);
  return order ? order : by_rank(a, b);
}

/* The landmark of every choice; the choices whose kernel suits the type of its operands,
 * and how many. */
static size_t list_entries(const lkv_wisdom *wisdom, landmark *known, entry *out) {
  size_t count = 0;
  for (size_t i = 0; i < wisdom->choices; i++) {
    const lkv_wisdom_choice *c = &wisdom->choice[i];
    const lkv_kernel *kernel = lkv_kernel_find(wisdom->kernel[c->kernel].name);
    known[i] = (landmark){kernel, c->tile_q, c->tile_k};
    if (!rule_suits(kernel, kernel->operand_type)) continue;
    out[count++] = (entry){
        .stage = c->stage,
        .type = kernel->operand_type,
        .place = place_of(c->batch, c->seq_len, c->heads, c->head_dim, c->threads),
        .from = -INFINITY,
        .to = INFINITY,
        .cell = cell_of(c->seq_len),
        .rank = (int32_t)i};
  }
  return count;
}

/* Drops all but the first of those of one shape, and sets where each can be the nearest:
 * up to half-way to the next of its line, and as much farther as rounding could matter.
 * How many are left, sorted by group and rank. */
static size_t part_lines(entry *all, size_t count) {
  const float room = 1.0F / 64;
  size_t left = 0;
  qsort(all, count, sizeof *all, by_line_and_length);
  for (size_t i = 0; i < count; i++) {
    entry *before = left ? &all[left - 1] : NULL, e = all[i];
    if (before && by_line(before, &e) == 0) {
      if (before->place.seq_len == e.place.seq_len) continue;
      const float half_way = (before->place.seq_len + e.place.seq_len) / 2;
      before->to = half_way + room;
      e.from = half_way - room;
    }
    all[left++] = e;
  }
  qsort(all, left, sizeof *all, by_group_and_rank);
  return left;
}

static void put(const entry *e, bundle *b, size_t lane) {
  b->slices[lane] = e->place.slices;
  b->seq_len[lane] = e->place.seq_len;
  b->head_dim[lane] = e->place.head_dim;
  b->threads[lane] = e->place.threads;
  b->rank[lane] = e->rank;
}

/* Those of a group that can be the nearest between two lengths, in bundles; how many
 * bundles. `out` NULL: counts only. */
static size_t list_cell(const entry *first, const entry *end, float from, float to,
                        bundle *out) {
  const lanes nowhere = {INFINITY, INFINITY, INFINITY, INFINITY};
  size_t listed = 0;
  for (const entry *e = first; e < end; e++) {
    if (e->to < from || e->from > to) continue;
    const size_t in = listed / ABREAST, lane = listed % ABREAST;
    if (out && lane == 0) out[in].slices = nowhere;
    if (out) put(e, &out[in], lane);
    listed++;
  }
  return (listed + ABREAST - 1) / ABREAST;
}

/* Cells and bundles from `cells` and `bundles` on, which are moved past them. Where there
 * is no memory yet, only that. */
static void lay_out_group(landmarks *all, const entry *first, const entry *end,
                          size_t *cells, size_t *bundles) {
  uint32_t low = first->cell, high = low;
  for (const entry *e = first; e < end; e++) {
    low = e->cell < low ? e->cell : low;
    high = e->cell > high ? e->cell : high;
  }
  if (all->cell)
    all->group[first->stage][first->type] = (group){&all->cell[*cells], low, high};
  for (uint32_t at = low; at <= high; at++) {
    const float from = at == low ? -INFINITY : start_of(at);
    const float to = at == high ? INFINITY : start_of(at + 1);
    bundle *b = all->bundle ? &all->bundle[*bundles] : NULL;
    const size_t length = list_cell(first, end, from, to, b);
    if (all->cell) all->cell[*cells] = (cell){b, b + length};
    *bundles += length;
    ++*cells;
  }
}

static void lay_out(landmarks *all, const entry *sorted, size_t count, size_t *cells,
                    size_t *bundles) {
  *cells = *bundles = 0;
  for (size_t i = 0, end; i < count; i = end) {
    for (end = i + 1; end < count && by_group(&sorted[i], &sorted[end]) == 0;) end++;
    lay_out_group(all, &sorted[i], &sorted[end], cells, bundles);
  }
}

/* False where there is no memory. */
static bool fill(landmarks *all, const lkv_wisdom *wisdom) {
  size_t cells, bundles;
  entry *entries = calloc(wisdom->choices + 1, sizeof *entries);
  all->landmark = calloc(wisdom->choices + 1, sizeof *all->landmark);
  if (entries && all->landmark) {
    const size_t listed = list_entries(wisdom, all->landmark, entries);
    const size_t count = part_lines(entries, listed);
    lay_out(all, entries, count, &cells, &bundles);
    all->cell = calloc(cells + 1, sizeof *all->cell);
    all->bundle = calloc(bundles + 1, sizeof *all->bundle);
    if (all->cell && all->bundle) lay_out(all, entries, count, &cells, &bundles);
  }
  free(entries);
  return all->landmark && all->cell && all->bundle;
}

landmarks *landmarks_make(const lkv_wisdom *wisdom) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, fill_table);
  landmarks *all = calloc(1, sizeof *all);
  if (all && fill(all, wisdom)) return all;
  landmarks_free(all);
  return NULL;
}

static inline int_lanes select_lanes(int_lanes mask, int_lanes a, int_lanes b) {
  return (mask & a) | (~mask & b);
}

/* Bits of floats >= 0, in the order of the floats. seq_len comes last: its logarithm
 * takes the longest. */
static inline int_lanes distances(const bundle *b, const place *here) {
  const lanes slices = here->slices - b->slices, seq_len = here->seq_len - b->seq_len;
  const lanes head_dim = here->head_dim - b->head_dim;
  const lanes threads = here->threads - b->threads;
  return (int_lanes)(slices * slices + head_dim * head_dim + threads * threads +
                     seq_len * seq_len);
}

/* A lane keeps the first of its nearest; so does the choice among lanes. */
static inline uint32_t nearest_in(const cell *c, const place *here) {
  int_lanes least = distances(c->first, here), rank = c->first->rank;
  for (const bundle *b = c->first + 1; b < c->end; b++) {
    const int_lanes distance = distances(b, here), nearer = distance < least;
    least = select_lanes(nearer, distance, least);
    rank = select_lanes(nearer, b->rank, rank);
  }
  uint64_t key = UINT64_MAX;
  for (int lane = 0; lane < ABREAST; lane++) {
    const uint64_t other = (uint64_t)least[lane] << 32 | (uint32_t)rank[lane];
    key = other < key ? other : key;
  }
  return (uint32_t)key;
}

const landmark *landmarks_nearest(const landmarks *all, lkv_stage stage, lkv_dtype type,
                                  const lkv_problem *problem, size_t threads) {
  const group *g = &all->group[stage][type];
  if (!g->cell) return NULL;
  uint32_t at = cell_of(problem->seq_len);
  at = at < g->first ? g->first : at;
  at = at > g->last ? g->last : at;
  const place here = place_of(problem->batch, problem->seq_len, problem->heads,
                              problem->head_dim, threads);
  return &all->landmark[nearest_in(&g->cell[at - g->first], &here)];
}

void landmarks_free(landmarks *all) {
  if (!all) return;
  free(all->bundle);
  free(all->cell);
  free(all->landmark);
  free(all);
}
