#include "plot_script.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plot_points.h"
#include "utf8.h"

enum { TEXT_MAX = 4096 };

/* Characters a line of title or notes holds, for the widths of plots/style.gp. */
static const size_t line_width[] = {[PLOT_COLUMN] = 68, [PLOT_FULL] = 140};

/* Appends to a text of TEXT_MAX; cut where it is full. */
__attribute__((format(printf, 2, 3))) static void append(char text[TEXT_MAX],
                                                         const char *format, ...) {
  size_t used = strlen(text);
  va_list args;
  va_start(args, format);
  vsnprintf(text + used, TEXT_MAX - used, format, args);
  va_end(args);
}

/* A gnuplot string; control characters, which would end the line, become '?'. */
static void put_string(const char *text, size_t length, FILE *out) {
  fputc('\'', out);
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '\'') fputc('\'', out);
    fputc(c < ' ' || c == 0x7F ? '?' : c, out);
  }
  fputc('\'', out);
}

static void put_setting(const char *name, const char *text, FILE *out) {
  fprintf(out, "%s = ", name);
  put_string(text, strlen(text), out);
  fputc('\n', out);
}

/* Bytes of the first line of `text`, broken at a blank where there is one. */
static size_t line_length(const char *text, size_t width) {
  size_t bytes = 0, blank = 0;
  for (size_t column = 0; text[bytes] && column <= width; column++) {
    if (text[bytes] == ' ') blank = bytes;
    size_t n = utf8_length(text + bytes);
    bytes += n ? n : 1;
  }
  bool fits = !text[bytes] && utf8_width(text) <= width;
  return fits || !blank ? bytes : blank;
}

/* NAME = the text in lines, NAME_lines = how many. */
static void put_wrapped(const char *name, const char *text, size_t width, FILE *out) {
  size_t lines = 0;
  fprintf(out, "%s = ''", name);
  while (*text) {
    size_t length = line_length(text, width);
    fputs(lines++ ? ".\"\\n\"." : ".", out);
    put_string(text, length, out);
    text += length;
    text += *text == ' ';
  }
  fprintf(out, "\n%s_lines = %zu\n", name, lines);
}

static const char *text_of(const row *r, int field) {
  return r->field[field].known ? r->field[field].text : "unknown";
}

static void append_integer(char text[TEXT_MAX], const char *name, const row *r,
                           int field) {
  if (r->field[field].known)
    append(text, ", %s\u00A0=\u00A0%" PRId64, name, r->field[field].integer);
  else
    append(text, ", %s unknown", name);
}

static bool has_seq_len(const plot_point *point, size_t count, int64_t seq_len) {
  for (size_t i = 0; i < count; i++)
    if (point[i].seq_len != seq_len) return false;
  return true;
}

/* The T of every point; 0 where they differ. */
static int64_t one_length(const plot_figure *figure) {
  int64_t seq_len = 0;
  for (size_t s = 0; s < figure->count && !seq_len; s++) {
    const plot_series *series = &figure->series[s];
    if (series->ok_count) seq_len = series->ok[0].seq_len;
    if (series->flagged_count) seq_len = series->flagged[0].seq_len;
  }
  for (size_t s = 0; s < figure->count; s++) {
    const plot_series *series = &figure->series[s];
    if (!has_seq_len(series->ok, series->ok_count, seq_len) ||
        !has_seq_len(series->flagged, series->flagged_count, seq_len))
      return 0;
  }
  return seq_len;
}

static void put_subtitle(const plot_figure *figure, size_t width, FILE *out) {
  const row *r = figure->sample;
  char text[TEXT_MAX] = "";
  if (figure->kind == PLOT_TILES) append(text, "%s, ", text_of(r, ROW_kernel));
  append(text, "%s, %s inputs", text_of(r, ROW_stage), text_of(r, ROW_regime));
  append_integer(text, "B", r, ROW_batch);
  if (figure->kind == PLOT_TILES)
    append_integer(text, "T", r, ROW_seq_len);
  else if (one_length(figure))
    append(text, ", T\u00A0=\u00A0%" PRId64, one_length(figure));
  append_integer(text, "H", r, ROW_heads);
  append_integer(text, "d", r, ROW_head_dim);
  const value *threads = &r->field[ROW_threads];
  if (threads->known)
    append(text, ", %" PRId64 "\u00A0thread%s", threads->integer,
           threads->integer == 1 ? "" : "s");
  put_wrapped("subtitle", text, width, out);
  *text = 0;
  append(text, "machine %s", text_of(r, ROW_machine));
  if (r->field[ROW_label].known && *r->field[ROW_label].text)
    append(text, ", label %s", r->field[ROW_label].text);
  put_wrapped("source", text, width, out);
}

static size_t append_counts(char text[TEXT_MAX], const size_t count[PLOT_STATUSES]) {
  size_t total = 0;
  for (size_t s = 0; s < PLOT_STATUSES; s++) {
    if (count[s])
      append(text, "%s%zu\u00A0%s", total ? ", " : "", count[s], plot_statuses[s]);
    total += count[s];
  }
  return total;
}

static const char *const shown_texts[PLOT_KINDS] = {
    [PLOT_TIME] = "Wall time of one call, median; bars span its interval.",
    [PLOT_MEMORY] = "Peak resident memory above inputs and output.",
    [PLOT_ERROR] = "Largest |y − oracle| over max |oracle| of the row.",
    [PLOT_TRADEOFF] = "Largest |y − oracle| over max |oracle| of the row.",
    [PLOT_ROOFLINE] =
        ("Headline flops over time, against the same flops over the bytes of inputs and "
         "output, each moved once. What a cache holds may pass the slope."),
    [PLOT_TILES] = ("Headline flops over time, in percent of the FMA peak of the same "
                    "process. The frame is the fastest.")};

static const char *const merged_texts[PLOT_KINDS] = {
    [PLOT_TIME] = " Fastest over seeds and over the tile sizes of most lengths.",
    [PLOT_MEMORY] = " Of the fastest over seeds and over the tile sizes of most lengths.",
    [PLOT_ERROR] = " Largest over tile sizes and seeds.",
    [PLOT_TRADEOFF] = " Fastest time, largest error over tile sizes and seeds.",
    [PLOT_ROOFLINE] = " Fastest over tile sizes and seeds.",
    [PLOT_TILES] = " Fastest over seeds."};

static void note_lengths(const plot_point *point, size_t count, int64_t after,
                         int64_t *next) {
  for (size_t i = 0; i < count; i++)
    if (point[i].seq_len > after && point[i].seq_len < *next) *next = point[i].seq_len;
}

/* The smallest T drawn that is larger; INT64_MAX where there is none. */
static int64_t next_length(const plot_figure *figure, int64_t after) {
  int64_t next = INT64_MAX;
  for (size_t s = 0; s < figure->drawn; s++) {
    const plot_series *series = &figure->series[s];
    note_lengths(series->ok, series->ok_count, after, &next);
    note_lengths(series->flagged, series->flagged_count, after, &next);
  }
  return next;
}

/* The lengths that lines run over, where x is not T. */
static void append_lengths(char text[TEXT_MAX], const plot_figure *figure) {
  const char *before = " Along a line T is ";
  if (one_length(figure)) return;
  for (int64_t t = next_length(figure, 0); t < INT64_MAX; t = next_length(figure, t)) {
    append(text, "%s%" PRId64, before, t);
    before = ", ";
  }
  append(text,
         figure->kind == PLOT_ROOFLINE ? ", from the left." : ", from the fastest.");
}

static void append_roofs(char text[TEXT_MAX], const plot_figure *figure) {
  append(text, " Roof: the FMA peak that was measured.");
  if (figure->bandwidth > 0)
    append(text, " Slope: main memory, %.3g\u00A0GB/s.", figure->bandwidth);
  else
    append(text, " The memory's bandwidth was not recorded.");
}

static void put_notes(const plot_figure *figure, size_t width, FILE *out) {
  char text[TEXT_MAX] = "", counts[TEXT_MAX] = "";
  append(text, "%s", shown_texts[figure->kind]);
  if (figure->kind == PLOT_TRADEOFF || figure->kind == PLOT_ROOFLINE)
    append_lengths(text, figure);
  if (figure->kind == PLOT_ROOFLINE) append_roofs(text, figure);
  if (figure->merged) append(text, "%s", merged_texts[figure->kind]);
  if (append_counts(counts, figure->flagged))
    append(text, " Hollow and crossed: rows not ok (%s).", counts);
  *counts = 0;
  if (append_counts(counts, figure->undrawn))
    append(text, " Rows not drawn, %s: %s.",
           figure->kind == PLOT_TILES ? "not ok" : "without a positive value", counts);
  for (size_t s = figure->drawn; s < figure->count; s++)
    append(text, "%s %s", s == figure->drawn ? " Kernels without a point:" : ",",
           figure->series[s].kernel);
  if (figure->drawn < figure->count) append(text, ".");
  put_wrapped("notes", text, width + width / 10, out); /* smaller letters */
}

typedef struct range {
  double low, high;
} range;

static void widen(range *r, double low, double high) {
  if (low < r->low) r->low = low;
  if (high > r->high) r->high = high;
}

static void widen_points(range *x, range *y, const plot_point *point, size_t count) {
  for (size_t i = 0; i < count; i++) {
    widen(x, point[i].x, point[i].x);
    widen(y, point[i].low, point[i].high);
  }
}

/* The highest guides c T and c T^2 below every point; of memory, below its uppermost
 * line, which is the one that grows as T^2, and below the next. */
static void find_guides(const plot_figure *figure, double *linear, double *square) {
  const bool memory = figure->kind == PLOT_MEMORY && figure->count > 1;
  *linear = *square = INFINITY;
  for (size_t s = 0; s < figure->count; s++) {
    const plot_series *series = &figure->series[s];
    for (size_t i = 0; i < series->ok_count; i++) {
      const plot_point *p = &series->ok[i];
      if (!memory || s == 1) *linear = fmin(*linear, p->low / p->x);
      if (!memory || s == 0) *square = fmin(*square, p->low / p->x / p->x);
    }
  }
}

/* The ranges of all that is drawn, and the guides. */
static void put_ranges(const plot_figure *figure, FILE *out) {
  range x = {INFINITY, 0}, y = {INFINITY, 0};
  double linear, square;
  find_guides(figure, &linear, &square);
  for (size_t s = 0; s < figure->count; s++) {
    const plot_series *series = &figure->series[s];
    widen_points(&x, &y, series->ok, series->ok_count);
    widen_points(&x, &y, series->flagged, series->flagged_count);
  }
  fprintf(out, "x_low = %.17g\nx_high = %.17g\ny_low = %.17g\ny_high = %.17g\n", x.low,
          x.high, y.low, y.high);
  fprintf(out, "linear = %.17g\nsquare = %.17g\n", isfinite(linear) ? linear : 0,
          isfinite(square) ? square : 0);
}

/* The ceilings of a roofline; 0 where one is not known. */
static void put_roofs(const plot_figure *figure, FILE *out) {
  fprintf(out, "peak_float32 = %.17g\npeak_float64 = %.17g\nbandwidth = %.17g\n",
          figure->peak[0], figure->peak[1], figure->bandwidth);
}

/* The distinct sizes of one tile axis, rising: NAMEs = how many, array NAME. */
static void put_sizes(const plot_figure *figure, const char *name, bool of_q, FILE *out) {
  size_t count = 0;
  int64_t last = 0;
  char list[TEXT_MAX] = "";
  for (;;) {
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < figure->cells; i++) {
      const int64_t size = of_q ? figure->cell[i].tile_q : figure->cell[i].tile_k;
      if (size > last && size < next) next = size;
    }
    if (next == INT64_MAX) break;
    append(list, "%s%" PRId64, count ? ", " : "", next);
    last = next;
    count++;
  }
  fprintf(out, "%ss = %zu\narray %s[%zu] = [%s]\n", name, count, name, count, list);
}

static void put_tiles(const plot_figure *figure, FILE *out) {
  double low = INFINITY, high = 0;
  for (size_t i = 0; i < figure->cells; i++) {
    low = fmin(low, figure->cell[i].share);
    high = fmax(high, figure->cell[i].share);
  }
  put_sizes(figure, "tile_q", true, out);
  put_sizes(figure, "tile_k", false, out);
  fprintf(out, "share_low = %.17g\nshare_high = %.17g\n", low, high);
  fputs("kernels = 0\nflagged_points = 0\none_length = 0\narray name[1]\n", out);
}

static size_t total(const size_t count[PLOT_STATUSES]) {
  size_t sum = 0;
  for (size_t s = 0; s < PLOT_STATUSES; s++) sum += count[s];
  return sum;
}

static void put_series(const plot_figure *figure, FILE *out) {
  static const char *const arrays[] = {"name", "hue", "shade", "mark", "dash", "points"};
  fprintf(out, "kernels = %zu\n", figure->drawn);
  for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
    fprintf(out, "array %s[%zu]\n", arrays[a], figure->drawn);
  for (size_t s = 0; s < figure->drawn; s++) {
    const plot_series *series = &figure->series[s];
    char variable[32];
    snprintf(variable, sizeof variable, "name[%zu]", s + 1);
    put_setting(variable, series->kernel, out);
    const size_t values[] = {series->look.hue + 1, series->look.shade + 1,
                             series->look.mark + 1, series->look.dash + 1,
                             series->ok_count};
    for (size_t a = 1; a < sizeof arrays / sizeof *arrays; a++)
      fprintf(out, "%s[%zu] = %zu\n", arrays[a], s + 1, values[a - 1]);
  }
  fprintf(out, "flagged_points = %zu\none_length = %" PRId64 "\n", total(figure->flagged),
          one_length(figure));
}

static bool put_settings(const plot_script *script, const plot_figure *figure,
                         FILE *out) {
  size_t width = line_width[script->width];
  put_setting("plots", script->plots, out);
  put_setting("folder", script->folder, out);
  put_setting("figure", figure->name, out);
  fputs("formats = ''", out);
  for (int f = 0; f < PLOT_FORMATS; f++)
    if (script->formats[f]) fprintf(out, ".'%s '", plot_format_names[f]);
  fprintf(out, "\nfull_width = %d\n", script->width == PLOT_FULL);
  put_subtitle(figure, width, out);
  put_notes(figure, width, out);
  if (figure->kind == PLOT_TILES) {
    put_tiles(figure, out);
  } else {
    put_ranges(figure, out);
    put_series(figure, out);
  }
  if (figure->kind == PLOT_ROOFLINE) put_roofs(figure, out);
  return fflush(out) == 0 && !ferror(out);
}

bool plot_script_write(const plot_script *script, const plot_figure *figure, error *err) {
  if (!plot_points_write(script->folder, figure, err)) return false;
  char *path = NULL;
  if (asprintf(&path, "%s/figure.gp", script->folder) < 0)
    return error_set(err, "%s: out of memory", script->folder);
  errno = 0;
  FILE *out = fopen(path, "we");
  bool ok = out && put_settings(script, figure, out);
  int reason = errno;
  if (out && fclose(out) != 0) ok = false;
  if (!ok)
    error_set(err, "%s: cannot be written: %s", path,
              reason ? strerror(reason) : "a write failed");
  free(path);
  return ok;
}
