#include "pick_between.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "row_order.h"
#include "simplicity.h"

/* A log time from w = 0, the shorter length, to w = 1, the longer. */
typedef struct stroke {
  double from, to;
} stroke;

/* A candidate, and the interval of its time. */
typedef struct line {
  const pick_candidate *low, *high;
  bool own_tiles;
  stroke time, least, most;
} line;

typedef struct bundle {
  line *line;
  size_t lines;
  double margin; /* of log time */
} bundle;

/* Where a line gives way to another. */
typedef struct change {
  const line *to;
  double at;
} change;

/* Lines in turn, the first from w = 0 on. */
typedef struct turns {
  change *change;
  size_t count;
  size_t thirds; /* how many lines that are no pick may still come in */
} turns;

static double along(stroke s, double w) {
  return s.from + w * (s.to - s.from);
}

static double time_at(const line *l, double w) {
  return along(l->time, w);
}

/* The place nearest to `from` on the way to `to` beyond which the line is slower than
 * the fastest by more than the margin; `to` where there is none. */
static double holds_until(const bundle *all, const line *l, double from, double to) {
  double share = 1;
  for (size_t i = 0; i < all->lines; i++) {
    const double here = time_at(l, from) - time_at(&all->line[i], from);
    const double there = time_at(l, to) - time_at(&all->line[i], to);
    if (there > all->margin)
      share = fmin(share, fmax(0, (all->margin - here) / (there - here)));
  }
  return from + share * (to - from);
}

/* Whether it is faster than the other there, by more than the margin and than noise. */
static bool beats(const bundle *all, const line *l, const line *other, double w) {
  return time_at(l, w) < time_at(other, w) - all->margin &&
         along(l->most, w) < along(other->least, w);
}

/* The simplest of the lines that beat both, of those within the margin of the fastest of
 * them; NULL: none beats both. */
static const line *third_at(const bundle *all, const line *a, const line *b, double w) {
  const line *best = NULL;
  double least = INFINITY;
  for (size_t i = 0; i < all->lines; i++)
    if (beats(all, &all->line[i], a, w) && beats(all, &all->line[i], b, w))
      least = fmin(least, time_at(&all->line[i], w));
  for (size_t i = 0; i < all->lines; i++) {
    const line *l = &all->line[i];
    if (!(beats(all, l, a, w) && beats(all, l, b, w) &&
          time_at(l, w) <= least + all->margin))
      continue;
    const int order = best ? simplicity_order(l->low->row, best->low->row) : -1;
    if (order < 0 || (order == 0 && l->own_tiles)) best = l;
  }
  return best;
}

/* Adds the changes that lead from line `a` at `from` to line `b` at `to`. None comes in
 * twice: it is faster there than all that did already. */
static void lead(const bundle *all, const line *a, double from, const line *b, double to,
                 turns *out) {
  const double here = time_at(b, from) - time_at(a, from);
  const double there = time_at(a, to) - time_at(b, to);
  double at = from;
  if (here < 0 && there >= 0) {
    at = holds_until(all, a, from, to);
  } else if (here >= 0 && there < 0) {
    at = holds_until(all, b, to, from);
  } else if (here != 0) {
    at = from + here / (here + there) * (to - from);
    const line *third = third_at(all, a, b, at);
    if (third && out->thirds) {
      out->thirds--;
      lead(all, a, from, third, at, out);
      lead(all, third, at, b, to, out);
      return;
    }
  }
  out->change[out->count++] = (change){b, at};
}

static size_t length_of(const pick_shape *s) {
  const value *v = &s->chosen->row->field[ROW_seq_len];
  return v->known ? (size_t)v->integer : 0;
}

static bool comparable(const pick_shape *a, const pick_shape *b) {
  static const int axes[] = {ROW_stage, ROW_operand_type, ROW_batch,
                             ROW_heads, ROW_head_dim,     ROW_threads};
  return length_of(a) && length_of(a) < length_of(b) &&
         !row_compare(a->chosen->row, b->chosen->row, axes, sizeof axes / sizeof *axes);
}

/* Adds the line of two candidates, where they are one kernel with as many of its tiles.
 */
static void add_line(bundle *all, const pick_candidate *low, const pick_candidate *high) {
  static const int kernel = ROW_kernel, tiles[] = {ROW_tile_q, ROW_tile_k};
  if (row_compare(low->row, high->row, &kernel, 1) != 0) return;
  const bool own =
      simplicity_default_tiles(low->row) && simplicity_default_tiles(high->row);
  if (!own && row_compare(low->row, high->row, tiles, 2) != 0) return;
  if (!(low->time_ns > 0 && high->time_ns > 0)) return;
  all->line[all->lines++] = (line){.low = low,
                                   .high = high,
                                   .own_tiles = own,
                                   .time = {log(low->time_ns), log(high->time_ns)},
                                   .least = {log(low->low_ns), log(high->low_ns)},
                                   .most = {log(low->high_ns), log(high->high_ns)}};
}

/* The line of a pick; NULL where it did not qualify at the other end. */
static const line *line_of(const bundle *all, const pick_candidate *pick) {
  const line *found = NULL;
  for (size_t i = 0; i < all->lines; i++) {
    const line *l = &all->line[i];
    if ((l->low == pick || l->high == pick) && (!found || l->own_tiles)) found = l;
  }
  return found;
}

static pick_stretch stretch_of(const line *l, size_t first, size_t last) {
  return (pick_stretch){.low = l->low->row,
                        .high = l->high->row,
                        .own_tiles = l->own_tiles,
                        .first = first,
                        .last = last};
}

/* The stretches of line `l` and what it gives way to, without those that have no length.
 */
static size_t list_stretches(const line *l, const turns *t, size_t low, size_t high,
                             pick_stretch *out) {
  size_t count = 0, first = low;
  for (size_t i = 0; i < t->count; i++) {
    const double ratio = (double)high / (double)low;
    size_t last = (size_t)((double)low * pow(ratio, t->change[i].at));
    if (last < low) last = low;
    if (last >= high) last = high - 1;
    if (first <= last) out[count++] = stretch_of(l, first, last);
    if (first <= last) first = last + 1;
    l = t->change[i].to;
  }
  out[count++] = stretch_of(l, first, high);
  return count;
}

bool pick_between(const pick_shape *a, const pick_shape *b, double tie_margin,
                  pick_path *out, error *err) {
  *out = (pick_path){0};
  if (!comparable(a, b)) return true;
  /* A candidate may be of two lines: with tiles of its own and as many of them. */
  const size_t most = a->count + b->count;
  bundle all = {.line = calloc(most, sizeof *all.line), .margin = log1p(tie_margin)};
  turns t = {.change = calloc(most, sizeof *t.change), .thirds = 0};
  out->stretch = calloc(most, sizeof *out->stretch);
  const bool ok = (all.line && t.change && out->stretch) ||
                  error_set(err, "out of memory between two lengths");
  for (size_t i = 0; ok && i < a->count; i++)
    for (size_t k = 0; k < b->count; k++)
      add_line(&all, &a->candidate[i], &b->candidate[k]);
  const line *from = ok ? line_of(&all, a->chosen) : NULL;
  const line *to = ok ? line_of(&all, b->chosen) : NULL;
  if (from && to && from != to) {
    t.thirds = all.lines - 2;
    lead(&all, from, 0, to, 1, &t);
    out->count = list_stretches(from, &t, length_of(a), length_of(b), out->stretch);
  }
  free(all.line);
  free(t.change);
  if (!ok) pick_path_free(out);
  return ok;
}

void pick_path_free(pick_path *p) {
  free(p->stretch);
  *p = (pick_path){0};
}
