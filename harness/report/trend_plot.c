#include "trend_plot.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gnuplot.h"
#include "utf8.h"
#include "whole_file.h"

enum { PATH_SIZE = 4096, PANEL_WIDTH = 640, PANEL_HEIGHT = 160, TICS = 4 };

/* The working folder's files. */
static const char *const names[] = {"trend.gp", "empty.gp", "log", "trend.svg"};
enum { SCRIPT, EMPTY, LOG, FIGURE, FILES = sizeof names / sizeof *names };

/* A gnuplot string in single quotes, its markup switched off by the terminal; an SVG is
 * UTF-8. */
static void put_string(const char *text, FILE *out) {
  char *clean = utf8_clean(text);
  fputc('\'', out);
  for (const char *c = clean ? clean : ""; *c; c++) {
    if (*c == '\'') fputc('\'', out);
    fputc(*c >= 0 && *c < ' ' ? '?' : *c, out);
  }
  fputc('\'', out);
  free(clean);
}

/* The least of 1, 2 and 5 times a power of ten that is not below x > 0. */
static double round_up(double x) {
  const double power = pow(10, floor(log10(x)));
  if (x <= power) return power;
  if (x <= 2 * power) return 2 * power;
  return x <= 5 * power ? 5 * power : 10 * power;
}

/* The unit a time is read best in, and how many ns it has. */
static const char *unit_of(double ns, double *scale) {
  static const char *const names_of[] = {"ns", "µs", "ms", "s"};
  int unit = 0;
  for (*scale = 1; unit < 3 && ns >= 1e3 * *scale; unit++) *scale *= 1e3;
  return names_of[unit];
}

static double largest(const trend *t) {
  double most = 0;
  for (size_t i = 0; i < t->count; i++) most = fmax(most, t->time_ns[i]);
  return most;
}

/* A few tics each way, at places that are whole. */
static void put_axes(const trend *t, double most_ns, const char *unit, double scale,
                     FILE *out) {
  const double step = most_ns > 0 ? round_up(most_ns / scale / TICS) : 1;
  fprintf(out,
          "\nset ylabel 'time (%s)'\nset ytics %.17g\nset yrange [0:%.17g]\n"
          "set xtics %.17g\nset xrange [0.5:%zu.5]",
          unit, step, 1.1 * fmax(most_ns / scale, step),
          fmax(1, round_up((double)t->count / 12)), t->count);
}

/* Below the lower level, where nothing is drawn; towards the middle. */
static void put_marks(const trend *t, double scale, FILE *out) {
  fputs("unset label\n", out);
  for (size_t i = 0; i < t->marks; i++) {
    const size_t at = t->mark[i].at;
    fputs("set label ", out);
    put_string(t->mark[i].text, out);
    fprintf(out, " at %zu, %.17g %s offset 0, -0.8 tc rgb '#333333'\n", at + 1,
            fmin(t->level_ns[at - 1], t->level_ns[at]) / scale,
            2 * at > t->count ? "right" : "left");
  }
}

static void put_script(const trend *trends, size_t count, const char *figure, FILE *out) {
  fprintf(out,
          "set terminal svg size %d, %zu noenhanced font 'Helvetica,11' background "
          "'#FFFFFF'\nset output ",
          PANEL_WIDTH, PANEL_HEIGHT * count);
  put_string(figure, out);
  fprintf(
      out,
      "\nset encoding utf8\nset multiplot layout %zu, 1\nunset key\nset grid ytics\n"
      "set border 3\nset tics nomirror\nset lmargin 10\nset bmargin 4\nset tmargin 2\n",
      count);
  for (size_t t = 0; t < count; t++) {
    double scale;
    const double most_ns = largest(&trends[t]);
    const char *unit = unit_of(most_ns, &scale);
    fprintf(out, "$trend%zu << END\n", t);
    for (size_t i = 0; i < trends[t].count; i++)
      fprintf(out, "%zu %.17g %.17g\n", i + 1, trends[t].time_ns[i] / scale,
              trends[t].level_ns[i] / scale);
    fputs("END\n", out);
    put_marks(&trends[t], scale, out);
    fputs("set title ", out);
    put_string(trends[t].title, out);
    put_axes(&trends[t], most_ns, unit, scale, out);
    if (t + 1 == count) fputs("\nset xlabel 'row, in the order of recording'", out);
    fprintf(out,
            "\nplot $trend%zu using 1:2 with points pt 7 ps 0.35 lc rgb '#0072B2', \\\n"
            "  $trend%zu using 1:3 with steps lw 1.5 lc rgb '#D55E00'\n",
            t, t);
  }
  fputs("unset multiplot\nunset output\n", out);
}

static bool write_script(const trend *trends, size_t count, const char *script,
                         const char *empty, const char *figure, error *err) {
  FILE *out = fopen(script, "we"), *nothing = fopen(empty, "we");
  bool ok = out && nothing;
  if (out) put_script(trends, count, figure, out);
  if (out && fclose(out)) ok = false;
  if (nothing && fclose(nothing)) ok = false;
  return ok || error_set(err, "%s: cannot be written: %s", script, strerror(errno));
}

static bool copy_figure(const char *from, const char *path, error *err) {
  char block[4096];
  whole_file to;
  FILE *in = fopen(from, "re");
  if (!in) return error_set(err, "%s: gnuplot drew nothing", path);
  bool ok = whole_file_open(&to, path, err);
  for (size_t got; ok && (got = fread(block, 1, sizeof block, in)) > 0;)
    fwrite(block, 1, got, to.stream);
  ok = ok && whole_file_commit(&to, err);
  fclose(in);
  return ok;
}

bool trend_plot(const trend *trends, size_t count, const char *path, error *err) {
  const char *root = getenv("TMPDIR");
  char folder[PATH_SIZE], file[FILES][PATH_SIZE + 16];
  error reason;
  snprintf(folder, sizeof folder, "%s/linkv-trend-XXXXXX",
           root && *root ? root : P_tmpdir);
  if (!mkdtemp(folder))
    return error_set(err, "%s: cannot be made: %s", folder, strerror(errno));
  for (int f = 0; f < FILES; f++)
    snprintf(file[f], sizeof file[f], "%s/%s", folder, names[f]);
  bool ok = write_script(trends, count, file[SCRIPT], file[EMPTY], file[FIGURE], err);
  if (ok && !gnuplot_run(file[SCRIPT], file[EMPTY], file[LOG], &reason))
    ok = error_set(err, "%s: %s", path, reason.text);
  ok = ok && copy_figure(file[FIGURE], path, err);
  for (int f = 0; f < FILES; f++) unlink(file[f]);
  rmdir(folder);
  return ok;
}
