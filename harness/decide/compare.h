/* The same points measured twice, before a change and after it. */
#ifndef DECIDE_COMPARE_H
#define DECIDE_COMPARE_H

#include "error.h"
#include "interval.h"
#include "row.h"
#include "store.h"

typedef enum compare_verdict {
  COMPARE_UNTIMED, /* either side is not ok, or was not timed, or has no share of peak */
  COMPARE_SAME,    /* the interval of the ratio lies within the margin */
  COMPARE_FASTER,
  COMPARE_SLOWER,
  COMPARE_UNSURE, /* none of them, or of two runs one or both of which were crowded or
                   * disturbed */
  COMPARE_VERDICTS
} compare_verdict;

/* What may be wrong with a point, as bits. */
typedef enum compare_fault {
  COMPARE_IS_SLOWER = 1 << 0,
  COMPARE_IS_WRONG = 1 << 1,   /* head is wrong or untrusted, base is not */
  COMPARE_HAS_FAILED = 1 << 2, /* base is ok, head has no judged result at all */
  COMPARE_ERROR = 1 << 3,      /* an error has grown, or is not known any more */
  COMPARE_MEMORY = 1 << 4,     /* likewise */
  COMPARE_MISSING = 1 << 5,    /* head does not have the point */
  COMPARE_FAULTS = 6
} compare_fault;

/* "slower", "wrong", "failed", "error", "memory", "missing", NULL: by bit. */
extern const char *const compare_fault_names[];
extern const char *const compare_verdict_names[COMPARE_VERDICTS];

/* Bytes by which the peak of resident memory varies from run to run. */
#define COMPARE_PEAK_SLACK (1024.0 * 1024)

typedef struct compare_rule {
  double margin;        /* ratios within [1 / (1 + margin), 1 + margin] are the same */
  double floor;         /* what the machine makes of two equal kernels */
  double level;         /* chance that any point is called slower or faster by mistake */
  double error_growth;  /* factors: what is above that times base's is a fault */
  double memory_growth; /* for the peak, COMPARE_PEAK_SLACK is added */
  bool shares;          /* times count as shares of each machine's measured peak */
  store *noise;         /* NULL, or what keeps floors (noise_floor.h): that for base's
                         * call counts where it is more than `floor` */
} compare_rule;

/* Margin 3 %, level 2 %, factors 2 and 1.1. */
compare_rule compare_rule_default(void);

typedef struct compare_point {
  const row *base, *head; /* borrowed; NULL where a side does not have it */
  unsigned faults;        /* compare_fault bits */
  compare_verdict verdict;
  bool unjudged;    /* not timed, though both sides are ok */
  bool paired;      /* by rounds of one run */
  interval ratio;   /* time of head over base's, of coverage 95 % where it can be had */
  double floor;     /* that counted; 0 where the point is not timed */
  double p_value;   /* of slower or faster, by Holm's correction over all points;
                     * NaN where a race decided */
  char reason[256]; /* of the faults, of what is not timed or in doubt; "" */
} compare_point;

typedef struct comparison {
  compare_point *point; /* of either side, by stage, regime, batch, heads, seq_len, ... */
  size_t count;
  size_t both, base_only, head_only;
  size_t timed;
  size_t unjudged;
  size_t by_verdict[COMPARE_VERDICTS]; /* of the points of both */
  size_t by_fault[COMPARE_FAULTS];
  interval mean; /* geometric, of the timed ratios; by Student at 95 % */
} comparison;

/* Rows are of one point where stage, kernel, regime, seed, sizes, tiles and threads are
 * the same. Fails, naming it, on a point that a side has twice. The rows must outlive the
 * comparison. */
bool compare_make(const rows *base, const rows *head, const compare_rule *rule,
                  comparison *out, error *err);

/* Counts verdicts and faults again, and the mean, after points were changed. */
void compare_count(comparison *c);

/* Whether any point has a fault of `faults`. */
bool compare_fails(const comparison *c, unsigned faults);

/* "avx2_tile/attention/gaussian/seed:1/B:1/T:512/H:4/d:64/q:16/k:192/p:2"; "" where a
 * point has no row. */
enum { COMPARE_NAME_SIZE = 320 };
void compare_name(const compare_point *p, char name[COMPARE_NAME_SIZE]);

void compare_free(comparison *c);

#endif
