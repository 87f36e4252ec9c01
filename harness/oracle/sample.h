/* Which rows of a long sequence are judged. They depend on the shape alone. */
#ifndef ORACLE_SAMPLE_H
#define ORACLE_SAMPLE_H

#include "oracle.h"

typedef enum sample_rule {
  SAMPLE_BY_WORK, /* every row, unless that is more than SAMPLE_WORK */
  SAMPLE_ALL,     /* every row */
  SAMPLE_SOME,    /* the sample, however short the sequence */
} sample_rule;

/* Judging every row of a shape costs batch heads seq_len^2 head_dim (head_dim + 64): this
 * much takes about four seconds of one core. */
#define SAMPLE_WORK 0x1p35

double sample_work(const oracle_shape *shape);
/* Whether the rule samples that shape, if it has rows to leave out. */
bool sample_is_wanted(const oracle_shape *shape, sample_rule rule);

/* The rows of each slice to judge, ascending: where sequences and tiles begin and end
 * (1, 2^k and 3 2^k tokens, one less and one more; the first rows of the last tile of 16
 * to 256, the row before; the last two), and rows evenly spread. `token`, malloc'd, is
 * NULL where that is every row. */
bool sample_choose(const oracle_shape *shape, sample_rule rule, size_t **token,
                   size_t *count, error *err);

#endif
