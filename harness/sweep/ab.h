/* Two builds of the kernel library, point by point: both are judged, then raced. */
#ifndef SWEEP_AB_H
#define SWEEP_AB_H

#include "plan.h"
#include "race.h"
#include "store.h"

typedef struct ab_options {
  const char *build[2]; /* base and head; loaded as base_* and head_* */
  const char *label[2];
  const char *commit[2];   /* each was built from; NULL where not known */
  race_options race;       /* but its budget and its libraries */
  double budget_s;         /* all points; what one leaves the others have */
  const char *cache;       /* folder the oracle's outputs are kept in; NULL: none */
  uint64_t cache_limit;    /* bytes it may take */
  const char *command;     /* recorded with the run and with its points */
  const char *config_text; /* likewise */
} ab_options;

typedef struct ab_point {
  point side[2];          /* kernel NULL where a library does not have it */
  const char *name;       /* of the kernel in both */
  lkv_kernel as_named[2]; /* descriptors under that name, for the store */
  bool raced;
  race_result race;
} ab_point;

typedef struct ab {
  ab_point *point;
  size_t count;
} ab;

/* The points of the plan whose kernel either library has. A point that has its kernel's
 * default tiles has those of each build. */
bool ab_make(const plan *p, ab *out, error *err);

/* Judges and races every point, and stores both sides: repetitions are rounds, of one run
 * under two labels; 64 at most, several rounds' medians where there were more. A side
 * that is not ok is not raced. Tells a line a point on standard error where `tells`. */
bool ab_run(ab *a, const ab_options *options, bool tells, store *s, error *err);

void ab_free(ab *a);

#endif
