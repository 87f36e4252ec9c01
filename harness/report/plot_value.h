/* Values of a row as figures need them. */
#ifndef REPORT_PLOT_VALUE_H
#define REPORT_PLOT_VALUE_H

#include "row.h"

/* The field's number where it is positive and finite, so that it has a place on a log
 * axis; else NaN. */
double plot_drawable(const row *r, int field);

/* Place of the row's status in plot_statuses. */
size_t plot_status(const row *r);

/* < 0, 0, > 0 as `a` comes before, with or after `b` by this field; unknown first. */
int plot_compare(const row *a, const row *b, int field);

/* Bytes that any kernel must move to and from memory: every operand read once, y written
 * once; X and the weights in place of the operands in the block stage. NaN where an axis
 * is not known. */
double plot_compulsory_bytes(const row *r);

#endif
