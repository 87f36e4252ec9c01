#include "held_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "linkv/dispatch.h"
#include "linkv/driver.h"
#include "linkv/registry.h"
#include "simplicity.h"

#define MUCH_SLOWER 2.0

static size_t size_of(const row *r, int field) {
  return r->field[field].known ? (size_t)r->field[field].integer : 0;
}

/* Whether two shapes differ in seq_len alone. */
static bool neighbours(const row *a, const row *b) {
  static const int texts[] = {ROW_stage, ROW_operand_type};
  static const int sizes[] = {ROW_batch, ROW_heads, ROW_head_dim, ROW_threads};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (strcmp(a->field[texts[i]].text, b->field[texts[i]].text) != 0) return false;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (size_of(a, sizes[i]) != size_of(b, sizes[i])) return false;
  return true;
}

/* The row's kernel and tiles on the inputs of `like` at another sequence length. */
static point point_at(const row *r, const row *like, size_t seq_len) {
  const bool own = simplicity_default_tiles(r);
  const bool block = !strcmp(r->field[ROW_stage].text, lkv_stage_name(LKV_STAGE_BLOCK));
  point p = {.kernel = lkv_kernel_find(r->field[ROW_kernel].text),
             .stage = block ? LKV_STAGE_BLOCK : LKV_STAGE_ATTENTION,
             .seed = (uint64_t)like->field[ROW_seed].integer,
             .problem = {.batch = size_of(r, ROW_batch),
                         .seq_len = seq_len,
                         .heads = size_of(r, ROW_heads),
                         .head_dim = size_of(r, ROW_head_dim),
                         .tile_q = own ? 0 : size_of(r, ROW_tile_q),
                         .tile_k = own ? 0 : size_of(r, ROW_tile_k),
                         .eps = CASE_DEFAULT_EPS},
             .threads = size_of(r, ROW_threads)};
  snprintf(p.regime, sizeof p.regime, "%s", like->field[ROW_regime].text);
  if (p.kernel) p.problem = lkv_resolve_tiles(p.kernel, p.problem);
  return p;
}

/* Of two on one shape. */
static bool same_kernel(const point *a, const point *b) {
  return a->kernel == b->kernel && a->problem.tile_q == b->problem.tile_q &&
         a->problem.tile_k == b->problem.tile_k;
}

static bool is_new(const held_out *h, const point *p) {
  if (same_kernel(&h->choice, p)) return false;
  for (size_t i = 0; i < h->rivals; i++)
    if (same_kernel(&h->rival[i], p)) return false;
  return true;
}

static void add_rivals(held_out *h, const pick_shape *s, const row *like, point *room) {
  for (size_t i = 0; i < s->count; i++) {
    const pick_candidate *of = &s->candidate[i];
    const point p = point_at(of->row, like, h->choice.problem.seq_len);
    if (!p.kernel || !is_new(h, &p)) continue;
    h->alone = false;
    if (of->time_ns <= MUCH_SLOWER * s->candidate[0].time_ns) room[h->rivals++] = p;
  }
}

/* False where there is none. */
static bool choice_between(const row *low, const row *high, point *out) {
  const size_t from = size_of(low, ROW_seq_len), to = size_of(high, ROW_seq_len);
  const size_t seq_len = (size_t)llround(sqrt((double)from * (double)to));
  lkv_choice choice;
  *out = point_at(low, low, seq_len);
  if (seq_len <= from || seq_len >= to || !out->kernel ||
      lkv_choose(out->stage, out->kernel->operand_type, &out->problem, out->threads,
                 &choice) != LKV_OK)
    return false;
  out->kernel = choice.kernel;
  out->problem = choice.problem;
  return true;
}

bool held_out_make(const picks *p, held_outs *out, error *err) {
  size_t candidates = 1;
  for (size_t i = 0; i < p->shapes; i++) candidates += 2 * p->shape[i].count;
  *out = (held_outs){.shape = calloc(p->shapes + 1, sizeof *out->shape),
                     .point = calloc(candidates, sizeof *out->point)};
  if (!out->shape || !out->point) return error_set(err, "out of memory for a check");
  point *room = out->point;
  for (size_t i = 1; i < p->shapes; i++) {
    const pick_shape *a = &p->shape[i - 1], *b = &p->shape[i];
    const row *like = a->chosen->row;
    held_out h = {.rival = room, .alone = true};
    if (!neighbours(like, b->chosen->row) ||
        !choice_between(like, b->chosen->row, &h.choice))
      continue;
    add_rivals(&h, a, like, room);
    add_rivals(&h, b, like, room);
    room += h.rivals;
    out->shape[out->count++] = h;
  }
  return true;
}

void held_out_free(held_outs *h) {
  free(h->shape);
  free(h->point);
  *h = (held_outs){0};
}
