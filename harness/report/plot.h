/* Figures of result rows, drawn by gnuplot from the sources in plots/. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "plot_data.h"

typedef enum plot_format { PLOT_SVG, PLOT_PDF, PLOT_PNG, PLOT_FORMATS } plot_format;

/* "svg", "pdf", "png"; then NULL. */
extern const char *const plot_format_names[];

typedef enum plot_width {
  PLOT_COLUMN, /* 3.5 inches, legend below */
  PLOT_FULL,   /* 7 inches, legend at the right */
} plot_width;

typedef struct plot_options {
  const char *directory; /* made where it is missing */
  bool formats[PLOT_FORMATS];
  bool kinds[PLOT_KINDS];
  plot_width width;
  const char *db; /* where the machines' bandwidths are; NULL: they are not known */
} plot_options;

/* The files that were written, in order. */
typedef struct plot_files {
  char **path;
  size_t count;
  size_t figures[PLOT_KINDS]; /* figures of each kind */
} plot_files;

typedef enum plot_result {
  PLOT_DONE,
  PLOT_NOTHING, /* no figure could be made of these rows; the error says what is needed */
  PLOT_FAILED,
} plot_result;

/* Draws every figure of plot_data.h in every format; files are replaced whole. The
 * sources are those of $LINKV_PLOTS where that is set, else of the source tree, else of
 * the installation. On PLOT_FAILED, `files` still tells what was written; the error names
 * the figure and holds gnuplot's own message. */
plot_result report_plot(const rows *all, const plot_options *options, plot_files *files,
                        error *err);

void plot_files_free(plot_files *files);

#endif
