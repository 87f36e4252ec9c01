/* Rows as other programs see benchmarks: a name, and a time only where it counts. */
#ifndef REPORT_BENCHMARK_ROW_H
#define REPORT_BENCHMARK_ROW_H

#include "error.h"
#include "row.h"

/* Whether a gate may take the row's time: it was timed, its status is ok, and its output
 * was judged ok. */
bool benchmark_row_good(const row *r);

/* Why not: "wrong: the reason", "not judged". Malloc'd; NULL when out of memory. */
char *benchmark_row_complaint(const row *r);

/* "scalar_tile/attention/gaussian/seed:1/B:1/T:64/H:2/d:64/q:16/k:64/p:1", a name a row;
 * "/label:L" and "/machine:M" follow where the rows have several. Owned, an array of
 * `all->count`; free with benchmark_names_free. Fails where two rows share a name: other
 * programs would take them for one. */
bool benchmark_names_make(const rows *all, char ***out, error *err);

void benchmark_names_free(char **names, size_t count);

#endif
