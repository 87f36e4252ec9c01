/* Values of axes as a condition on the points of a plan. */
#ifndef SWEEP_MATCH_H
#define SWEEP_MATCH_H

#include <sqlite3.h>

#include "axes.h"

/* Gives a database the functions that match_put_sql's text calls; false when out of
 * memory. */
bool match_prepare(sqlite3 *db);

/* An SQL expression, 0 or 1, over the columns of plan.c: every axis that is named has one
 * of the values. Tiles are compared as the kernel uses them, "default" being its own. */
void match_put_sql(const axis_values *values, sqlite3_str *sql);

#endif
