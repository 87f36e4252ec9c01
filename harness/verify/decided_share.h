/* Of how many rows a verdict speaks, where only a sample was judged. */
#ifndef VERIFY_DECIDED_SHARE_H
#define VERIFY_DECIDED_SHARE_H

#include <stddef.h>

typedef struct share_range {
  double low, high;
} share_range;

/* The shares of all rows that `decided` of `compared` judged ones would be likely with,
 * were the rows drawn at random: the interval of Wilson for 95 %, cut to what `left` rows
 * that were not judged can make of it. Both ends are the share itself where none is left
 * or fewer than 20 were compared; NaN where none was. A sample has more of the early rows
 * (sample.h), which are decided more often: the share of all is rather less. */
share_range decided_share_range(size_t decided, size_t compared, size_t left);

#endif
