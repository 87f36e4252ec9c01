/* Findings as tables for a person. */
#ifndef CLI_BUGS_TABLES_H
#define CLI_BUGS_TABLES_H

#include "bugs_findings.h"
#include "table.h"

/* Rules, bugs, regimes, correct kernels, and a summary, on standard output. */
bool bugs_print_tables(const bugs_findings *f, const bugs_summary *s, table_style style,
                       error *err);

#endif
