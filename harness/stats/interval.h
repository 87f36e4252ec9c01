/* An estimate and how well it is known. */
#ifndef STATS_INTERVAL_H
#define STATS_INTERVAL_H

typedef struct interval {
  double estimate;
  double low, high;
  double coverage; /* chance that [low, high] holds what is estimated */
} interval;

#endif
