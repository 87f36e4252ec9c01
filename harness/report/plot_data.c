#include "plot_data.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot_cells.h"
#include "plot_value.h"

const char *const plot_kind_names[] = {"time",     "memory", "error", "tradeoff",
                                       "roofline", "tiles",  NULL};

const char *const plot_statuses[PLOT_STATUSES] = {
    "ok",      "wrong",   "untrusted",     "ill_conditioned", "skipped",
    "timeout", "crashed", "out_of_memory", "without status"};

const char *const plot_types[PLOT_TYPES] = {"float32", "float64"};

static const int facet_fields[] = {ROW_stage,    ROW_regime,  ROW_batch, ROW_heads,
                                   ROW_head_dim, ROW_threads, ROW_label, ROW_machine};
enum { FACET_FIELDS = sizeof facet_fields / sizeof *facet_fields };

static int compare_facet(const row *a, const row *b) {
  int order = 0;
  for (size_t i = 0; i < FACET_FIELDS && !order; i++)
    order = plot_compare(a, b, facet_fields[i]);
  return order;
}

static int compare_rows(const void *a, const void *b) {
  const row *x = *(const row *const *)a, *y = *(const row *const *)b;
  int order = compare_facet(x, y);
  if (!order) order = plot_compare(x, y, ROW_kernel);
  if (!order) order = plot_compare(x, y, ROW_seq_len);
  return order ? order : (x > y) - (x < y);
}

static bool point_of(plot_kind kind, const row *r, plot_point *point) {
  static const int y_field[PLOT_KINDS] = {ROW_time_ns,     ROW_peak_bytes,
                                          ROW_max_rel_err, ROW_max_rel_err,
                                          ROW_gflops,      ROW_share_of_peak};
  double seq_len = plot_drawable(r, ROW_seq_len), time = plot_drawable(r, ROW_time_ns);
  double y = plot_drawable(r, y_field[kind]);
  double x = kind == PLOT_TRADEOFF   ? time
             : kind == PLOT_ROOFLINE ? y * time / plot_compulsory_bytes(r)
                                     : seq_len;
  *point = (plot_point){r->field[ROW_seq_len].integer, x, y, y, y};
  if (kind == PLOT_TIME) {
    double low = plot_drawable(r, ROW_time_ns_low),
           high = plot_drawable(r, ROW_time_ns_high);
    if (low < y) point->low = low;
    if (high > y) point->high = high;
  }
  return isfinite(seq_len) && isfinite(point->x) && isfinite(y);
}

static bool replaces(plot_kind kind, const row *candidate, const row *chosen) {
  if (kind == PLOT_ERROR)
    return candidate->field[ROW_max_rel_err].real > chosen->field[ROW_max_rel_err].real;
  double time = plot_drawable(candidate, ROW_time_ns);
  return isfinite(time) && !(time >= plot_drawable(chosen, ROW_time_ns));
}

static bool same_tiles(const row *a, const row *b) {
  return !plot_compare(a, b, ROW_tile_q) && !plot_compare(a, b, ROW_tile_k);
}

/* Sequence lengths at which a kernel, whose rows `run` are by rising length, was measured
 * with a row's tile sizes. */
static size_t lengths_of_tiles(const row *const *run, size_t count, const row *like) {
  const row *last = NULL;
  size_t lengths = 0;
  for (size_t i = 0; i < count; i++) {
    if (plot_status(run[i]) != 0 || !same_tiles(run[i], like)) continue;
    lengths += !last || plot_compare(last, run[i], ROW_seq_len) != 0;
    last = run[i];
  }
  return lengths;
}

/* Of a line over T, the tile sizes that were measured at the most lengths: others would
 * make a kink where they happen to be faster. An error is the largest, whatever the
 * tiles. */
static size_t lengths_wanted(plot_kind kind, const row *const *run, size_t count) {
  size_t most = 0;
  if (kind != PLOT_TIME && kind != PLOT_MEMORY) return 0;
  for (size_t i = 0; i < count; i++) {
    const size_t lengths = lengths_of_tiles(run, count, run[i]);
    if (lengths > most) most = lengths;
  }
  return most;
}

/* A kernel's rows, and those of them at one sequence length. */
typedef struct kernel_rows {
  const row *const *all;
  size_t count;
  size_t wanted; /* see lengths_wanted */
} kernel_rows;

static void add_point(plot_figure *figure, plot_series *series, const kernel_rows *kernel,
                      const row *const *run, size_t count) {
  const row *chosen = NULL;
  double largest = 0;
  for (size_t i = 0; i < count; i++) {
    plot_point point;
    size_t status = plot_status(run[i]);
    if (!point_of(figure->kind, run[i], &point)) {
      figure->undrawn[status]++;
    } else if (status != 0) {
      figure->flagged[status]++;
      series->flagged[series->flagged_count++] = point;
    } else {
      figure->merged |= chosen != NULL;
      if (lengths_of_tiles(kernel->all, kernel->count, run[i]) < kernel->wanted) {
        figure->merged = true;
        continue;
      }
      if (point.y > largest) largest = point.y;
      if (!chosen || replaces(figure->kind, run[i], chosen)) chosen = run[i];
    }
  }
  if (!chosen) return;
  plot_point *point = &series->ok[series->ok_count++];
  point_of(figure->kind, chosen, point);
  if (figure->kind == PLOT_TRADEOFF) point->y = point->low = point->high = largest;
}

/* The peak that the row's share was taken of. */
static void note_peak(plot_figure *figure, const row *r) {
  const double peak = plot_drawable(r, ROW_gflops) / plot_drawable(r, ROW_share_of_peak);
  const value *type = &r->field[ROW_operand_type];
  const size_t at = type->known && !strcmp(type->text, plot_types[1]);
  if (peak > figure->peak[at]) figure->peak[at] = peak;
}

static bool add_series(plot_figure *figure, const row *const *run, size_t count) {
  plot_series *series = &figure->series[figure->count];
  *series = (plot_series){.kernel = plot_kernel_name(run[0])};
  series->ok = calloc(count, sizeof *series->ok);
  series->flagged = calloc(count, sizeof *series->flagged);
  figure->count++;
  if (!series->ok || !series->flagged) return false;
  const kernel_rows kernel = {run, count, lengths_wanted(figure->kind, run, count)};
  for (size_t first = 0, end; first < count; first = end) {
    end = first + 1;
    while (end < count && !plot_compare(run[first], run[end], ROW_seq_len)) end++;
    add_point(figure, series, &kernel, run + first, end - first);
  }
  return true;
}

static bool has_point(const plot_series *series) {
  return series->ok_count + series->flagged_count > 0;
}

/* Where a line ends at the right, had it run on to the longest sequence of the figure. */
static double right_end(const plot_figure *figure, const plot_series *series,
                        double longest) {
  static const double slope[PLOT_KINDS] = {[PLOT_TIME] = 2, [PLOT_MEMORY] = 1};
  const plot_point *last = series->ok_count ? &series->ok[series->ok_count - 1]
                           : series->flagged_count
                               ? &series->flagged[series->flagged_count - 1]
                               : NULL;
  if (!last) return 0;
  return last->y * pow(longest / (double)last->seq_len, slope[figure->kind]);
}

static double longest_seq_len(const plot_figure *figure) {
  int64_t longest = 1;
  for (size_t s = 0; s < figure->count; s++) {
    const plot_series *series = &figure->series[s];
    for (size_t i = 0; i < series->ok_count; i++)
      if (series->ok[i].seq_len > longest) longest = series->ok[i].seq_len;
    for (size_t i = 0; i < series->flagged_count; i++)
      if (series->flagged[i].seq_len > longest) longest = series->flagged[i].seq_len;
  }
  return (double)longest;
}

/* Insertion: few, and equal ones keep the order of their names. Those without a point are
 * the last. */
static void sort_series(plot_figure *figure) {
  double longest = longest_seq_len(figure);
  for (size_t i = 1; i < figure->count; i++) {
    plot_series moving = figure->series[i];
    double height = right_end(figure, &moving, longest);
    size_t at = i;
    for (; at && right_end(figure, &figure->series[at - 1], longest) < height; at--)
      figure->series[at] = figure->series[at - 1];
    figure->series[at] = moving;
  }
  while (figure->drawn < figure->count && has_point(&figure->series[figure->drawn]))
    figure->drawn++;
}

static size_t distinct_lengths(const plot_series *series) {
  int64_t first = 0;
  size_t distinct = 0;
  for (size_t i = 0; i < series->ok_count + series->flagged_count && distinct < 2; i++) {
    int64_t seq_len = i < series->ok_count
                          ? series->ok[i].seq_len
                          : series->flagged[i - series->ok_count].seq_len;
    if (!distinct) first = seq_len;
    distinct += !distinct || seq_len != first;
  }
  return distinct;
}

static bool is_worth_drawing(const plot_figure *figure) {
  size_t longest = 0;
  if (figure->kind == PLOT_TILES) return plot_cells_worth_drawing(figure);
  for (size_t s = 0; s < figure->count; s++) {
    size_t lengths = distinct_lengths(&figure->series[s]);
    if (lengths > longest) longest = lengths;
  }
  if (figure->kind == PLOT_ROOFLINE) return figure->drawn >= 1;
  return figure->kind == PLOT_TRADEOFF ? figure->drawn >= 2 : longest >= 2;
}

/* Appends "_" and the text, in characters every file system and shell takes as they are.
 */
static void append_name(char name[PLOT_NAME_MAX], const char *prefix, const row *r,
                        int field) {
  char text[64] = "unknown";
  const value *v = &r->field[field];
  if (v->known && row_fields[field].kind == VALUE_TEXT)
    snprintf(text, sizeof text, "%s", v->text);
  else if (v->known)
    snprintf(text, sizeof text, "%lld", (long long)v->integer);
  for (char *c = text; *c; c++)
    if (!isalnum((unsigned char)*c) && !strchr("-.", *c)) *c = '_';
  size_t used = strlen(name);
  snprintf(name + used, PLOT_NAME_MAX - used, "_%s%.40s", prefix, text);
}

static bool varies(const rows *all, int field) {
  for (size_t i = 1; i < all->count; i++)
    if (plot_compare(&all->row[0], &all->row[i], field) != 0) return true;
  return false;
}

/* Tells apart figures whose labels differ only in characters that names leave out. */
static void number_twins(plot_figures *figures) {
  for (size_t i = 0; i < figures->count; i++) {
    size_t twins = 1, used = strlen(figures->figure[i].name);
    for (size_t j = 0; j < i; j++)
      twins += !strncmp(figures->figure[j].name, figures->figure[i].name, used) &&
               strchr("~", figures->figure[j].name[used]) != NULL;
    if (twins > 1)
      snprintf(figures->figure[i].name + used, PLOT_NAME_MAX - used, "~%zu", twins);
  }
}

static void name_figure(plot_figure *figure, const rows *all) {
  const row *r = figure->sample;
  snprintf(figure->name, sizeof figure->name, "%s", plot_kind_names[figure->kind]);
  if (figure->kind == PLOT_TILES) append_name(figure->name, "", r, ROW_kernel);
  append_name(figure->name, "", r, ROW_stage);
  append_name(figure->name, "", r, ROW_regime);
  append_name(figure->name, "b", r, ROW_batch);
  if (figure->kind == PLOT_TILES) append_name(figure->name, "t", r, ROW_seq_len);
  append_name(figure->name, "h", r, ROW_heads);
  append_name(figure->name, "d", r, ROW_head_dim);
  append_name(figure->name, "p", r, ROW_threads);
  if (varies(all, ROW_label)) append_name(figure->name, "", r, ROW_label);
  if (varies(all, ROW_machine)) append_name(figure->name, "", r, ROW_machine);
}

static void figure_free(plot_figure *figure) {
  for (size_t s = 0; s < figure->count; s++) {
    free(figure->series[s].ok);
    free(figure->series[s].flagged);
  }
  free(figure->series);
  free(figure->cell);
  *figure = (plot_figure){0};
}

/* The rows of one figure. */
static bool make_figure(plot_figure *figure, plot_kind kind, const row *const *run,
                        size_t count) {
  *figure = (plot_figure){.kind = kind, .sample = run[0]};
  if (kind == PLOT_TILES) return plot_cells_make(figure, run, count);
  figure->series = calloc(count, sizeof *figure->series);
  bool ok = figure->series != NULL;
  for (size_t first = 0, end; first < count && ok; first = end) {
    end = first + 1;
    while (end < count && !plot_compare(run[first], run[end], ROW_kernel)) end++;
    ok = add_series(figure, run + first, end - first);
  }
  for (size_t i = 0; i < count && kind == PLOT_ROOFLINE; i++) note_peak(figure, run[i]);
  if (ok) sort_series(figure);
  return ok;
}

static void give_looks(plot_figures *figures, const plot_kernel *kernel, size_t count) {
  for (size_t f = 0; f < figures->count; f++)
    for (size_t s = 0; s < figures->figure[f].count; s++) {
      plot_series *series = &figures->figure[f].series[s];
      series->look = plot_look_of(kernel, count, series->kernel);
    }
}

/* Whether two rows belong to one figure. */
static bool share_figure(plot_kind kind, const row *a, const row *b) {
  if (compare_facet(a, b)) return false;
  return kind != PLOT_TILES ||
         (!plot_compare(a, b, ROW_kernel) && !plot_compare(a, b, ROW_seq_len));
}

static bool group_sorted(const row *const *sorted, size_t count, plot_kind kind,
                         plot_figures *out) {
  bool ok = true;
  for (size_t first = 0, end; first < count && ok; first = end) {
    end = first + 1;
    while (end < count && share_figure(kind, sorted[first], sorted[end])) end++;
    plot_figure *figure = &out->figure[out->count];
    ok = make_figure(figure, kind, sorted + first, end - first);
    if (ok && is_worth_drawing(figure))
      out->count++;
    else
      figure_free(figure);
  }
  return ok;
}

bool plot_group(const rows *all, plot_kind kind, plot_figures *out, error *err) {
  *out = (plot_figures){0};
  if (!all->count) return true;
  const row **sorted = (const row **)calloc(all->count, sizeof *sorted);
  size_t kernels;
  plot_kernel *kernel = plot_kernels(all, &kernels);
  out->figure = calloc(all->count, sizeof *out->figure);
  bool ok = sorted && kernel && out->figure;
  if (ok) {
    for (size_t i = 0; i < all->count; i++) sorted[i] = &all->row[i];
    qsort((void *)sorted, all->count, sizeof *sorted, compare_rows);
    ok = group_sorted(sorted, all->count, kind, out);
  }
  if (ok) {
    for (size_t f = 0; f < out->count; f++) name_figure(&out->figure[f], all);
    number_twins(out);
    give_looks(out, kernel, kernels);
  } else {
    error_set(err, "figures of %zu rows: out of memory", all->count);
    plot_figures_free(out);
  }
  free((void *)sorted);
  free(kernel);
  return ok;
}

void plot_figures_free(plot_figures *figures) {
  for (size_t f = 0; f < figures->count; f++) figure_free(&figures->figure[f]);
  free(figures->figure);
  *figures = (plot_figures){0};
}
