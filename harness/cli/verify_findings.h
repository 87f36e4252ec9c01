/* What `linkv verify` found on case files, and printing it. */
#ifndef CLI_VERIFY_FINDINGS_H
#define CLI_VERIFY_FINDINGS_H

#include "metrics.h"
#include "stages.h"
#include "table.h"
#include "verdict.h"

/* What is known of one (case, kernel). */
typedef struct finding {
  const char *input, *kernel;
  char reason[512]; /* why it was not run; else empty */
  metrics metrics;
  bool judged;     /* the oracle itself is not */
  verdict verdict; /* end to end */
  stages_verdict stages;
} finding;

typedef struct findings {
  finding *item;
  size_t count, ran, wrong, doubtful;
} findings;

/* The verdict over both stages, of a finding that is judged. */
verdict_kind finding_kind(const finding *f);

/* On stdout, a line a finding; false where memory or stdout fails. */
bool findings_print(const findings *all, table_style style, error *err);

/* The same as a JSON list. */
bool findings_print_json(const findings *all, error *err);

#endif
