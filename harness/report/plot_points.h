/* A figure's points as tab-separated blocks for gnuplot, two blank lines between them. */
#ifndef REPORT_PLOT_POINTS_H
#define REPORT_PLOT_POINTS_H

#include "plot_data.h"

/* Writes to `folder`
 *   ok.tsv       a block a series, in order: x, y, low, high, T; a line of NaN if empty
 *   flagged.tsv  the same of the flagged points
 * or, of a figure of tiles, cells.tsv: tile_q, tile_k, share, time_ns; a line a cell. */
bool plot_points_write(const char *folder, const plot_figure *figure, error *err);

#endif
