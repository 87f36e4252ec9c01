/* Measures the points of a plan, each repetition in a worker of its own, into a store. */
#ifndef SWEEP_SWEEP_H
#define SWEEP_SWEEP_H

#include "config.h"
#include "plan.h"
#include "progress.h"
#include "store.h"

typedef struct sweep_options {
  const char *label;
  unsigned repetitions;     /* a point, where the plan does not say */
  unsigned max_repetitions; /* a point; 0: those it is given */
  double precision;         /* go on until half the median's interval is this share of it,
                             * at most; 0: no matter */
  double budget_s;          /* 0: none; see sweep_run */
  double min_time_s;
  double timeout_s;
  uint64_t memory_limit; /* bytes a worker may take; 0: most of what is free */
  uint64_t order_seed;
  const char *const *plugins; /* files the workers load, in order */
  size_t plugin_count;
  const char *cache;       /* folder the oracle's outputs are kept in; NULL: none */
  uint64_t cache_limit;    /* bytes it may take */
  const char *command;     /* recorded with the run */
  const char *config_text; /* recorded with the run; NULL for a single point */
  bool retry;              /* measure points again that could not be measured before */
  progress_style progress;
} sweep_options;

enum { SWEEP_STATUSES = 8 };

typedef struct sweep_summary {
  size_t points;
  size_t complete_before; /* points that needed nothing */
  size_t measured;        /* repetitions, in this run */
  size_t
      by_severity[SWEEP_STATUSES]; /* points, by status_severity of their worst status */
  size_t unfinished;               /* points with some of their repetitions; not above */
  bool interrupted;
  double wall_s;   /* it all took */
  double kernel_s; /* of it, in kernels */
  double judge_s;  /* of it, in the oracle, making inputs, and judging */
} sweep_summary;

/* Runs what the store does not have yet. Points of one shape are interleaved in rounds,
 * in an order drawn from order_seed (order.h). Where a precision is asked for,
 * points get repetitions beyond theirs until they have it. Where there is a budget every
 * point gets its repetitions first, whatever they take; then, until the seconds since the
 * start are spent, the least precise get more. A disturbed repetition is measured again,
 * twice at most. A point whose status is neither ok nor
 * ill_conditioned gets no more repetitions. SIGINT and SIGTERM finish the repetition
 * under way and set `interrupted`. Fails where the store or a worker cannot be had; what
 * is committed stays. */
bool sweep_run(const plan *p, const sweep_options *options, store *s, sweep_summary *out,
               error *err);

enum { FORECAST_REASON_SIZE = 160 };

/* What sweep_run would do with one point. */
typedef struct point_forecast {
  size_t repetitions;    /* to run; 0: the point is complete, or skipped */
  double seconds;        /* for all of them */
  double oracle_seconds; /* for the oracle's work, at the first point that needs it */
  bool guessed;          /* its kernel has never been timed in this store */
  char skipped[FORECAST_REASON_SIZE]; /* why it will be skipped; "": it will not */
} point_forecast;

/* The same in all. */
typedef struct sweep_forecast {
  size_t points, complete, skipped, repetitions, guessed;
  double seconds;
  uint64_t memory_limit; /* bytes a point may ask for; 0: any */
  point_forecast *each;  /* by the plan's points */
} sweep_forecast;

bool sweep_forecast_of(const plan *p, const sweep_options *options, store *s,
                       sweep_forecast *out, error *err);

void sweep_forecast_free(sweep_forecast *f);

/* The command that measures a point again, malloc'd; NULL when out of memory. */
char *sweep_point_command(const point *p, const sweep_options *options,
                          const point_effort *effort);

#endif
