/* Findings for programs: every kernel, regime and rule, on standard output. */
#ifndef CLI_BUGS_EXPORT_H
#define CLI_BUGS_EXPORT_H

#include "bugs_findings.h"

bool bugs_print_csv(const bugs_findings *f, error *err);

/* One object: the summary, kernels, cells; null for NaN. */
bool bugs_print_json(const bugs_findings *f, const bugs_summary *s, error *err);

#endif
