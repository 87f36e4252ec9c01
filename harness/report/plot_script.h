/* What gnuplot is given of a figure: its points and its settings, as files. */
#ifndef REPORT_PLOT_SCRIPT_H
#define REPORT_PLOT_SCRIPT_H

#include "plot.h"

typedef struct plot_script {
  const char *folder; /* gets figure.gp, the files of plot_points.h, gnuplot's output */
  const char *plots;  /* folder of the figure sources */
  const bool *formats;
  plot_width width;
} plot_script;

/* Writes figure.gp, whose variables plots/style.gp names, and the points. The outputs
 * will be `folder`/NAME.FORMAT. */
bool plot_script_write(const plot_script *script, const plot_figure *figure, error *err);

#endif
