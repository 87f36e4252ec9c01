#include "plot_points.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_block(const plot_point *point, size_t count, FILE *out) {
  if (!count) fputs("NaN\tNaN\tNaN\tNaN\tNaN\n", out);
  for (size_t i = 0; i < count; i++)
    fprintf(out, "%.17g\t%.17g\t%.17g\t%.17g\t%" PRId64 "\n", point[i].x, point[i].y,
            point[i].low, point[i].high, point[i].seq_len);
  fputs("\n\n", out);
}

static void put_ok(const plot_figure *figure, FILE *out) {
  for (size_t s = 0; s < figure->count; s++)
    put_block(figure->series[s].ok, figure->series[s].ok_count, out);
}

static void put_flagged(const plot_figure *figure, FILE *out) {
  for (size_t s = 0; s < figure->count; s++)
    put_block(figure->series[s].flagged, figure->series[s].flagged_count, out);
}

static void put_cells(const plot_figure *figure, FILE *out) {
  for (size_t i = 0; i < figure->cells; i++) {
    const plot_cell *cell = &figure->cell[i];
    fprintf(out, "%" PRId64 "\t%" PRId64 "\t%.17g\t%.17g\n", cell->tile_q, cell->tile_k,
            cell->share, cell->time_ns);
  }
}

static bool write_blocks(const char *folder, const char *name, const plot_figure *figure,
                         void (*put)(const plot_figure *figure, FILE *out), error *err) {
  char *path = NULL;
  if (asprintf(&path, "%s/%s", folder, name) < 0)
    return error_set(err, "%s: out of memory", folder);
  errno = 0;
  FILE *out = fopen(path, "we");
  if (out) put(figure, out);
  bool ok = out && fflush(out) == 0 && !ferror(out);
  int reason = errno;
  if (out && fclose(out) != 0) ok = false;
  if (!ok)
    error_set(err, "%s: cannot be written: %s", path,
              reason ? strerror(reason) : "a write failed");
  free(path);
  return ok;
}

bool plot_points_write(const char *folder, const plot_figure *figure, error *err) {
  if (figure->kind == PLOT_TILES)
    return write_blocks(folder, "cells.tsv", figure, put_cells, err);
  return write_blocks(folder, "ok.tsv", figure, put_ok, err) &&
         write_blocks(folder, "flagged.tsv", figure, put_flagged, err);
}
