/* Running gnuplot. */
#ifndef REPORT_GNUPLOT_H
#define REPORT_GNUPLOT_H

#include "error.h"

/* Runs the scripts `first`, then `second`, in one gnuplot; what gnuplot says goes to the
 * file `log`. Errors: gnuplot is missing (and what to install), or failed (and its first
 * words). */
bool gnuplot_run(const char *first, const char *second, const char *log, error *err);

#endif
