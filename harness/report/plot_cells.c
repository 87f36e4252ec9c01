#include "plot_cells.h"

#include <math.h>
#include <stdlib.h>

#include "plot_value.h"

static int compare_cells(const void *a, const void *b) {
  const plot_cell *x = a, *y = b;
  if (x->tile_q != y->tile_q) return x->tile_q < y->tile_q ? -1 : 1;
  if (x->tile_k != y->tile_k) return x->tile_k < y->tile_k ? -1 : 1;
  return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

static bool cell_of(const row *r, plot_cell *cell) {
  *cell = (plot_cell){.tile_q = r->field[ROW_tile_q].integer,
                      .tile_k = r->field[ROW_tile_k].integer,
                      .share = plot_drawable(r, ROW_share_of_peak),
                      .time_ns = plot_drawable(r, ROW_time_ns)};
  return isfinite(cell->share) && isfinite(cell->time_ns);
}

bool plot_cells_make(plot_figure *figure, const row *const *run, size_t count) {
  figure->cell = calloc(count, sizeof *figure->cell);
  if (!figure->cell) return false;
  for (size_t i = 0; i < count; i++) {
    const row *r = run[i];
    plot_cell *cell = &figure->cell[figure->cells];
    if (!r->field[ROW_tile_q].known || !r->field[ROW_tile_k].known) continue;
    if (plot_status(r) == 0 && cell_of(r, cell))
      figure->cells++;
    else
      figure->undrawn[plot_status(r)]++;
  }
  qsort(figure->cell, figure->cells, sizeof *figure->cell, compare_cells);

  /* Of several rows with the same tiles the fastest stays, which comes first. */
  size_t kept = 0;
  for (size_t i = 0; i < figure->cells; i++) {
    const plot_cell *cell = &figure->cell[i];
    const plot_cell *last = kept ? &figure->cell[kept - 1] : NULL;
    if (last && last->tile_q == cell->tile_q && last->tile_k == cell->tile_k)
      figure->merged = true;
    else
      figure->cell[kept++] = *cell;
  }
  figure->cells = kept;
  return true;
}

bool plot_cells_worth_drawing(const plot_figure *figure) {
  bool q_varies = false, k_varies = false;
  for (size_t i = 1; i < figure->cells; i++) {
    q_varies |= figure->cell[i].tile_q != figure->cell[0].tile_q;
    k_varies |= figure->cell[i].tile_k != figure->cell[0].tile_k;
  }
  return q_varies && k_varies;
}
