/* Shapes stand in lines that differ in seq_len alone, so that a look at one more takes
 * half a dozen operations and no branch. What is chosen does not depend on it: squares of
 * log2 ratios are added in one order, in float, and of equal sums the first choice's
 * wins. */
#include "landmarks.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "builtin_rule.h"
#include "linkv/registry.h"

/* A shape on the scale of log2. */
typedef struct place {
  float slices, seq_len, head_dim, threads;
} place;

typedef struct stone {
  float seq_len;
  uint32_t rank; /* of its choice in the wisdom */
} stone;

/* Shapes that differ in seq_len alone. */
typedef struct line {
  place place; /* but for its seq_len */
  const stone *first, *end;
} line;

/* Lines of one stage and operand type. */
typedef struct group {
  const line *first, *end;
} group;

enum { STAGES = 2 };
struct landmarks {
  group group[STAGES][LKV_DTYPE_COUNT];
  line *line;
  stone *stone;
  landmark *landmark; /* by rank */
};

/* A choice on its way to a line. */
typedef struct entry {
  lkv_stage stage;
  lkv_dtype type;
  place place;
  uint32_t rank;
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

static place place_of(size_t batch, size_t seq_len, size_t heads, size_t head_dim,
                      size_t threads) {
  return (place){.slices = log2_product(batch, heads),
                 .seq_len = log2_size(seq_len),
                 .head_dim = log2_size(head_dim),
                 .threads = log2_size(threads)};
}

/* Keys are in the order of distances >= 0 and, of equal ones, of ranks: to take the least
 * of many is to take no branch that could be mispredicted. */
static uint64_t key_of(float distance, uint32_t rank) {
  uint32_t bits;
  memcpy(&bits, &distance, sizeof bits);
  return (uint64_t)bits << 32 | rank;
}

static uint64_t lesser(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

static int order_of(float a, float b) {
  return (a > b) - (a < b);
}

/* 0 for two of one line. */
static int by_line(const entry *a, const entry *b) {
  if (a->stage != b->stage) return a->stage < b->stage ? -1 : 1;
  if (a->type != b->type) return a->type < b->type ? -1 : 1;
  int order = order_of(a->place.slices, b->place.slices);
  if (!order) order = order_of(a->place.head_dim, b->place.head_dim);
  return order ? order : order_of(a->place.threads, b->place.threads);
}

static int by_line_and_rank(const void *x, const void *y) {
  const entry *a = x, *b = y;
  const int order = by_line(a, b);
  return order ? order : (a->rank > b->rank) - (a->rank < b->rank);
}

/* The choices whose kernel suits the type of its operands; how many. */
static size_t list_entries(const lkv_wisdom *wisdom, landmark *by_rank, entry *out) {
  size_t count = 0;
  for (size_t i = 0; i < wisdom->choices; i++) {
    const lkv_wisdom_choice *c = &wisdom->choice[i];
    const lkv_kernel *kernel = lkv_kernel_find(wisdom->kernel[c->kernel].name);
    by_rank[i] = (landmark){kernel, c->tile_q, c->tile_k};
    if (!rule_suits(kernel, kernel->operand_type)) continue;
    out[count++] = (entry){
        .stage = c->stage,
        .type = kernel->operand_type,
        .place = place_of(c->batch, c->seq_len, c->heads, c->head_dim, c->threads),
        .rank = (uint32_t)i};
  }
  return count;
}

static void lay_out(landmarks *all, const entry *sorted, size_t count) {
  line *l = all->line;
  for (size_t i = 0; i < count; i++) {
    const entry *e = &sorted[i];
    group *g = &all->group[e->stage][e->type];
    if (i == 0 || by_line(e - 1, e) != 0) {
      if (!g->first) g->first = l;
      *l++ = (line){.place = e->place, .first = &all->stone[i]};
      g->end = l;
    }
    all->stone[i] = (stone){e->place.seq_len, e->rank};
    l[-1].end = &all->stone[i + 1];
  }
}

landmarks *landmarks_make(const lkv_wisdom *wisdom) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  const size_t choices = wisdom->choices;
  pthread_once(&once, fill_table);
  landmarks *all = calloc(1, sizeof *all);
  entry *entries = calloc(choices + 1, sizeof *entries);
  if (all) {
    all->line = calloc(choices + 1, sizeof *all->line);
    all->stone = calloc(choices + 1, sizeof *all->stone);
    all->landmark = calloc(choices + 1, sizeof *all->landmark);
  }
  if (all && entries && all->line && all->stone && all->landmark) {
    const size_t count = list_entries(wisdom, all->landmark, entries);
    qsort(entries, count, sizeof *entries, by_line_and_rank);
    lay_out(all, entries, count);
  } else {
    landmarks_free(all);
    all = NULL;
  }
  free(entries);
  return all;
}

/* The least key of the line's shapes, or `least`. */
static inline uint64_t look_along(const place *here, const line *l, uint64_t least) {
  const float slices = here->slices - l->place.slices, seq_len = here->seq_len;
  const float dim = here->head_dim - l->place.head_dim;
  const float threads = here->threads - l->place.threads;
  const float slices2 = slices * slices, dim2 = dim * dim, threads2 = threads * threads;
  for (const stone *s = l->first; s < l->end; s++) {
    const float along = seq_len - s->seq_len;
    least = lesser(least, key_of(slices2 + along * along + dim2 + threads2, s->rank));
  }
  return least;
}

const landmark *landmarks_nearest(const landmarks *all, lkv_stage stage, lkv_dtype type,
                                  const lkv_problem *problem, size_t threads) {
  const group *g = &all->group[stage][type];
  const place here = place_of(problem->batch, problem->seq_len, problem->heads,
                              problem->head_dim, threads);
  uint64_t least = key_of(INFINITY, 0);
  for (const line *l = g->first; l != g->end; l++) least = look_along(&here, l, least);
  return least < key_of(INFINITY, 0) ? &all->landmark[(uint32_t)least] : NULL;
}

void landmarks_free(landmarks *all) {
  if (!all) return;
  free(all->line);
  free(all->stone);
  free(all->landmark);
  free(all);
}
