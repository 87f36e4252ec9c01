/* Two points raced against each other until it is decided which is faster. Rounds are
 * processes of their own, so that what a process is dealt (the places of its pages, say)
 * is drawn anew; in a round the kernels take turns of a millisecond (turns.h), and who
 * begins changes from round to round. What befalls the machine befalls both: a race tells
 * changes that two separate measurements could not. */
#ifndef SWEEP_RACE_H
#define SWEEP_RACE_H

#include "noise_floor.h"
#include "race_worker.h"
#include "sequential.h"
#include "sweep.h"

typedef struct race_options {
  const char *const *plugins; /* files the workers load, in order */
  size_t plugin_count;
  /* Builds of the kernel library whose kernels are base_* and head_*; NULL: none. */
  const char *base_library, *head_library;
  double turn_s;    /* a turn */
  double round_s;   /* the turns of a round; a process takes some time besides */
  double budget_s;  /* all rounds */
  double timeout_s; /* a round */
  double error;     /* chance of a wrong verdict other than UNSURE */
  double margin;    /* see sequential.h: 0.02 for 2 % */
  double floor;
  store *noise; /* NULL, or what keeps the machine's floors (noise_floor.h): that */
  const char *machine; /* for the call counts where it is more than `floor` */
  bool floor_wanted;   /* a race without a floor in `noise` fails */
} race_options;

/* Good for a start: turns of 1 ms, rounds of 0.4 s, a budget of 60 s, an error of 1 %. */
race_options race_options_default(void);

enum { RACE_ROUNDS_MIN = 12, RACE_ROUNDS_MAX = 400 };

typedef struct race_result {
  sequential_verdict verdict;
  interval ratio;          /* time of head over that of base, at the verdict's level */
  double base_ns, head_ns; /* time of one call: medians over the rounds (turns.h) */
  double floor;            /* that counted */
  double seconds;          /* it took */
  size_t rounds;           /* that count */
  double ratios[RACE_ROUNDS_MAX];
  double round_ns[2][RACE_ROUNDS_MAX]; /* of a call of base and of head, each round */
  bool same_output;                    /* in every round, bit for bit */
  char status[32]; /* of the round that ended it, "ok" where none did */
  char reason[1024];
} race_result;

/* Races head against base, which share shape, inputs and thread count. A round that does
 * not end well ends the race, with its status and reason and the verdict UNSURE. Fails
 * where a worker cannot be had, or no floor for such a call is in `noise` and
 * one is wanted. */
bool race_run(const point *base, const point *head, const race_options *options,
              race_result *out, error *err);

#endif
