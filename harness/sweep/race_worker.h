/* The worker's side of a race: one round, two kernels in a process of their own. */
#ifndef SWEEP_RACE_WORKER_H
#define SWEEP_RACE_WORKER_H

#include "error.h"
#include "point.h"
#include "turns.h"

/* Seconds of a turn, where nobody says otherwise. */
#define RACE_TURN_S 0.001

typedef struct race_task {
  point point[2]; /* of one shape and thread count: base and head */
  turns_options turns;
} race_task;

/* What a round found. */
typedef struct race_round {
  char status[32];   /* as a record's; "ok" where it counts */
  char reason[1024]; /* "" for ok */
  turns_result turns;
  bool same_output; /* bit for bit */
} race_round;

/* Makes the inputs and both kernels' buffers, head first where it begins, and races them.
 * Whatever goes wrong is a status and a reason. Outputs are not judged. */
void race_worker_run(const race_task *task, race_round *out);

/* One line of JSON without the line feed, malloc'd, NULL when out of memory; and back. */
char *race_round_to_json(const race_round *r);
bool race_round_from_json(const char *line, race_round *out, error *err);

#endif
