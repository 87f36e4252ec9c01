/* What a machine makes of two equal kernels: table `noise`, a row a self-test of one
 * point (linkv selftest --noise). */
#ifndef STORE_NOISE_FLOOR_H
#define STORE_NOISE_FLOOR_H

#include "point.h"
#include "store.h"

/* Call times farther apart than this factor tell nothing of each other. */
#define NOISE_FLOOR_REACH 10.0

/* A kernel raced against itself. */
typedef struct noise_test {
  point point;
  double call_ns; /* a call's time */
  double seconds; /* the race took */
  double level;   /* of the interval the floor comes from */
  size_t rounds;
  double floor; /* the smallest change that can be told: 0.02 where ratios of up to 1.02
                 * and down to 1 / 1.02 may be of equal kernels */
} noise_test;

/* Adds a test of a machine that the store has, committed on return. */
bool noise_floor_add(store *s, const char *machine, const noise_test *test, error *err);

/* The floor for a call of `call_ns` in `threads` threads: that of the test on the
 * machine, with as many threads, whose call time is nearest as a ratio, and within
 * NOISE_FLOOR_REACH. Of several tests of one point the newest counts. NAN where there is
 * none. */
bool noise_floor_near(store *s, const char *machine, size_t threads, double call_ns,
                      double *floor, error *err);

#endif
