#include "trend_plot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gnuplot.h"
#include "whole_file.h"

enum { PATH_SIZE = 4096, PANEL_WIDTH = 640, PANEL_HEIGHT = 150 };

/* The working folder's files. */
static const char *const names[] = {"trend.gp", "empty.gp", "log", "trend.svg"};
enum { SCRIPT, EMPTY, LOG, FIGURE, FILES = sizeof names / sizeof *names };

/* A gnuplot string in single quotes, its markup switched off by the terminal. */
static void put_string(const char *text, FILE *out) {
  fputc('\'', out);
  for (; *text; text++) {
    if (*text == '\'') fputc('\'', out);
    fputc(*text >= 0 && *text < ' ' ? '?' : *text, out);
  }
  fputc('\'', out);
}

static void put_script(const trend *trends, size_t count, const char *figure, FILE *out) {
  fprintf(out,
          "set terminal svg size %d, %zu noenhanced font 'Helvetica,11' background "
          "'#FFFFFF'\nset output ",
          PANEL_WIDTH, PANEL_HEIGHT * count);
  put_string(figure, out);
  fprintf(out,
          "\nset encoding utf8\nset multiplot layout %zu, 1\nunset key\nset grid ytics\n"
          "set border 3\nset tics nomirror\nset ylabel 'µs'\nset yrange [0:*]\n"
          "set offsets 0, 0, graph 0.1, 0\n",
          count);
  for (size_t t = 0; t < count; t++) {
    fprintf(out, "$trend%zu << END\n", t);
    for (size_t i = 0; i < trends[t].count; i++)
      fprintf(out, "%zu %.17g %.17g\n", i + 1, 1e-3 * trends[t].time_ns[i],
              1e-3 * trends[t].level_ns[i]);
    fputs("END\nset title ", out);
    put_string(trends[t].title, out);
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
