/* How far a sweep is, on standard error: a block that changes on a terminal, a line now
 * and then elsewhere, or a JSON object a line. docs/sweep.md describes these. */
#ifndef SWEEP_PROGRESS_H
#define SWEEP_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "point.h"
#include "record.h"

typedef enum progress_style {
  PROGRESS_NONE,
  PROGRESS_AUTO, /* a block on a terminal, else plain lines */
  PROGRESS_JSON,
} progress_style;

enum { PROGRESS_VERDICTS = 4, PROGRESS_LINE_SIZE = 256 };

typedef struct progress {
  progress_style style;
  bool terminal;
  size_t total, done;     /* repetitions */
  size_t points;          /* of the plan */
  size_t failed, skipped; /* points, in this run */
  double asked_s;         /* when progress_due was asked, monotonic */
  double due_s;           /* when the block or the next line is due */
  double left_s;          /* as last told; negative: not yet */
  const point *now;       /* being measured */
  unsigned repetition;    /* of it; 0: the oracle works for its shape */
  double began_s;         /* monotonic */
  char verdict[PROGRESS_VERDICTS][PROGRESS_LINE_SIZE]; /* the newest last */
  size_t verdicts;
} progress;

progress progress_start(progress_style style, size_t points, size_t repetitions);

/* Whether a block or a line is due; asking is cheap, computing the time left is not, and
 * they come so seldom that it takes a small share of the time. */
bool progress_due(progress *p);

/* A repetition of a point begins, or, where that is 0, the oracle's work for it. */
void progress_begin(progress *p, const point *now, unsigned repetition);

/* Shows what has begun; `left_s` is what the sweep had left then. Called when due. */
void progress_show(progress *p, double left_s);

/* What has begun ended, and has been committed; `half_width` is half the interval of the
 * point's median as a share of it, infinite where there is none. */
void progress_tell(progress *p, double half_width, const record *r);

/* Takes the block away, so that what follows begins on a line of its own. */
void progress_end(progress *p, bool interrupted);

/* For signal handlers: takes the block away and writes a line. No block is drawn again.
 */
void progress_say(const char *line);

#endif
