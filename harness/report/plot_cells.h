/* A kernel's rows over its two tile sizes. */
#ifndef REPORT_PLOT_CELLS_H
#define REPORT_PLOT_CELLS_H

#include "plot_data.h"

/* Fills figure->cell from the rows of one kernel at one shape, and counts those that are
 * not drawn. Cells are by rising tile_q, then tile_k. Fails only out of memory. */
bool plot_cells_make(plot_figure *figure, const row *const *run, size_t count);

/* Whether both tile sizes take at least two values. */
bool plot_cells_worth_drawing(const plot_figure *figure);

#endif
