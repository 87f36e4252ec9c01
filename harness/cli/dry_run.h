/* The plan of a sweep, before it runs. */
#ifndef CLI_DRY_RUN_H
#define CLI_DRY_RUN_H

#include <jansson.h>

#include "sweep.h"

/* On standard output: a table of the points, with what is left of each, the time that
 * takes and the memory it asks for, and what would be skipped; then the total. */
bool dry_run_print(const plan *p, const sweep_forecast *f, error *err);

/* The same as JSON; NULL when out of memory. */
json_t *dry_run_json(const plan *p, const sweep_forecast *f);

#endif
