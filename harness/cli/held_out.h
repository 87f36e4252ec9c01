/* Shapes between those that were measured, and what is worth a try there. */
#ifndef CLI_HELD_OUT_H
#define CLI_HELD_OUT_H

#include "error.h"
#include "pick.h"
#include "point.h"

typedef struct held_out {
  point choice;       /* what lkv_choose() takes */
  const point *rival; /* others of the same shape and threads */
  size_t rivals;
  bool alone; /* nothing but the choice qualified at either end */
} held_out;

typedef struct held_outs {
  held_out *shape;
  size_t count;
  point *point; /* all rivals */
} held_outs;

/* A shape for each two measured ones that differ in seq_len alone: their geometric mean,
 * where that lies between them. Its choice is that of the wisdom in use; its rivals are
 * the kernels (with their tiles) that at one of the two were at most twice as slow as the
 * fastest. */
bool held_out_make(const picks *p, held_outs *out, error *err);

void held_out_free(held_outs *h);

#endif
