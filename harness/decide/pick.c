#include "pick.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "row_order.h"
#include "simplicity.h"

/* The axes of a shape, then those that tell its candidates apart. */
static const int shape_axes[] = {ROW_stage,    ROW_operand_type, ROW_batch,  ROW_heads,
                                 ROW_head_dim, ROW_threads,      ROW_seq_len};
static const int candidate_axes[] = {ROW_kernel, ROW_tile_q, ROW_tile_k};
enum {
  SHAPE_AXES = sizeof shape_axes / sizeof *shape_axes,
  CANDIDATE_AXES = sizeof candidate_axes / sizeof *candidate_axes
};

static int by_axes(const void *x, const void *y) {
  const row *a = *(const row *const *)x, *b = *(const row *const *)y;
  const int order = row_compare(a, b, shape_axes, SHAPE_AXES);
  return order ? order : row_compare(a, b, candidate_axes, CANDIDATE_AXES);
}

static bool text_is(const row *r, int field, const char *text) {
  return r->field[field].known && !strcmp(r->field[field].text, text);
}

/* One label and one machine, or no race. */
static bool check_one_race(const rows *all, error *err) {
  static const int fields[] = {ROW_label, ROW_machine};
  for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
    for (size_t i = 1; i < all->count; i++) {
      const value *v = &all->row[i].field[fields[f]];
      if (row_compare(&all->row[0], &all->row[i], &fields[f], 1) != 0)
        return error_set(err,
                         "the rows are of several %ss, whose times are not of one race; "
                         "choose one: --where \"%s = '%s'\"",
                         row_fields[fields[f]].name, row_fields[fields[f]].name,
                         v->known ? v->text : "");
    }
  return true;
}

static bool is_bad(const row *r) {
  return text_is(r, ROW_status, "wrong") || text_is(r, ROW_status, "untrusted") ||
         text_is(r, ROW_verdict, "wrong");
}

static bool is_chosen_by(const row *r, const pick_limits *limits) {
  const value *threads = &r->field[ROW_threads];
  if (limits->threads && (!threads->known || (size_t)threads->integer != limits->threads))
    return false;
  return !limits->accum || text_is(r, ROW_accum_type, limits->accum);
}

/* What the picks are made from. */
typedef struct race {
  const row **row; /* sorted by axes */
  size_t count;
  const char **bad; /* kernels with a row that is wrong or untrusted */
  size_t bads;
  const pick_limits *limits;
} race;

static bool kernel_is_bad(const race *in, const char *name) {
  for (size_t i = 0; i < in->bads; i++)
    if (!strcmp(in->bad[i], name)) return true;
  return false;
}

static double bytes_of(const row *r) {
  const value *peak = &r->field[ROW_peak_bytes], *asked = &r->field[ROW_workspace_bytes];
  if (peak->known) return (double)peak->integer;
  return asked->known ? (double)asked->integer : INFINITY;
}

/* Takes one row in; false where it rules its candidate out. */
static bool worsen(pick_candidate *c, const row *r) {
  const value *v = r->field;
  if (!text_is(r, ROW_status, "ok") || !text_is(r, ROW_verdict, "ok") ||
      !v[ROW_time_ns].known || !v[ROW_time_ns_low].known || !v[ROW_time_ns_high].known ||
      !v[ROW_max_rel_err].known)
    return false;
  if (!c->row || v[ROW_time_ns].real > c->time_ns) {
    c->row = r;
    c->time_ns = v[ROW_time_ns].real;
    c->low_ns = v[ROW_time_ns_low].real;
    c->high_ns = v[ROW_time_ns_high].real;
  }
  c->error = fmax(c->error, v[ROW_max_rel_err].real);
  c->bytes = fmax(c->bytes, bytes_of(r));
  return true;
}

/* The candidate of rows first .. first + count - 1; false where it is ruled out. */
static bool make_candidate(const race *in, size_t first, size_t count,
                           pick_candidate *out) {
  *out = (pick_candidate){0};
  for (size_t i = first; i < first + count; i++)
    if (!worsen(out, in->row[i])) return false;
  return out->error <= in->limits->max_error && out->bytes <= in->limits->max_bytes &&
         !kernel_is_bad(in, out->row->field[ROW_kernel].text);
}

static int by_time(const void *x, const void *y) {
  const pick_candidate *a = x, *b = y;
  if (a->time_ns != b->time_ns) return a->time_ns < b->time_ns ? -1 : 1;
  return simplicity_order(a->row, b->row);
}

static bool dominates(const pick_candidate *a, const pick_candidate *b) {
  return a->time_ns <= b->time_ns && a->bytes <= b->bytes && a->error <= b->error &&
         (a->time_ns < b->time_ns || a->bytes < b->bytes || a->error < b->error);
}

/* Sorts a shape's candidates, and marks front, ties and choice. */
static pick_shape decide(pick_candidate *c, size_t count, double margin) {
  qsort(c, count, sizeof *c, by_time);
  size_t chosen = 0;
  for (size_t i = 0; i < count; i++) {
    c[i].front = true;
    for (size_t j = 0; j < count && c[i].front; j++)
      c[i].front = !dominates(&c[j], &c[i]);
    c[i].tied = c[i].low_ns <= c[0].high_ns;
    if (c[i].tied && c[i].time_ns <= (1 + margin) * c[0].time_ns &&
        simplicity_order(c[i].row, c[chosen].row) < 0)
      chosen = i;
  }
  c[chosen].chosen = true;
  return (pick_shape){.candidate = c, .count = count, .chosen = &c[chosen]};
}

/* End of the run of rows from `first` on that share so many of the axes. */
static size_t end_of(const race *in, size_t first, bool candidate) {
  size_t end = first + 1;
  while (end < in->count &&
         !row_compare(in->row[first], in->row[end], shape_axes, SHAPE_AXES) &&
         (!candidate ||
          !row_compare(in->row[first], in->row[end], candidate_axes, CANDIDATE_AXES)))
    end++;
  return end;
}

/* The candidates of the shape of rows first .. end - 1, into `into`; how many. */
static size_t gather(const race *in, size_t first, size_t end, pick_candidate *into) {
  size_t most = 0, count = 0;
  for (size_t i = first, next; i < end; i = next) {
    next = end_of(in, i, true);
    if (next - i > most) most = next - i;
  }
  for (size_t i = first, next; i < end; i = next) {
    next = end_of(in, i, true);
    if (next - i == most) count += make_candidate(in, i, most, &into[count]);
  }
  return count;
}

/* Which rows race, in order, and which kernels are out. */
static void line_up(race *in, const rows *all) {
  for (size_t i = 0; i < all->count; i++) {
    const row *r = &all->row[i];
    const value *name = &r->field[ROW_kernel];
    if (name->known && is_bad(r) && !kernel_is_bad(in, name->text))
      in->bad[in->bads++] = name->text;
    if (name->known && is_chosen_by(r, in->limits)) in->row[in->count++] = r;
  }
  qsort(in->row, in->count, sizeof *in->row, by_axes);
}

bool pick_make(const rows *all, const pick_limits *limits, picks *out, error *err) {
  *out = (picks){.tie_margin = limits->tie_margin};
  if (!check_one_race(all, err)) return false;
  race in = {.row = calloc(all->count + 1, sizeof *in.row),
             .bad = calloc(all->count + 1, sizeof *in.bad),
             .limits = limits};
  out->candidate = calloc(all->count + 1, sizeof *out->candidate);
  out->shape = calloc(all->count + 1, sizeof *out->shape);
  const bool ok = (in.row && in.bad && out->candidate && out->shape) ||
                  error_set(err, "out of memory for %zu rows", all->count);
  if (ok) line_up(&in, all);
  size_t used = 0;
  for (size_t first = 0, end; ok && first < in.count; first = end) {
    end = end_of(&in, first, false);
    const size_t count = gather(&in, first, end, out->candidate + used);
    if (count)
      out->shape[out->shapes++] =
          decide(out->candidate + used, count, limits->tie_margin);
    else
      out->empty++;
    used += count;
  }
  if (ok && in.bads) out->bad_kernel = in.bad[0];
  free((void *)in.row);
  free((void *)in.bad);
  if (!ok) picks_free(out);
  return ok;
}

void picks_free(picks *p) {
  free(p->candidate);
  free(p->shape);
  *p = (picks){0};
}
