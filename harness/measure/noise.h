/* What else the machine did meanwhile. */
#ifndef MEASURE_NOISE_H
#define MEASURE_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counters that only grow; NaN where the system does not tell. */
typedef struct noise_counters {
  double time_s;   /* monotonic */
  double stolen_s; /* the hypervisor gave to others, all processors */
  double waited_s; /* this process was ready but had no core, all its threads */
  double switches; /* involuntary context switches of this process */
} noise_counters;

noise_counters noise_read(void);

/* Involuntary context switches of this process so far, all threads: a cheap look. */
uint64_t noise_switches(void);

/* Whether those of `all` measurements in which no thread had to give up its core are too
 * few to stand for them: fewer than five, and fewer than a quarter. */
bool noise_too_few(size_t undisturbed, size_t all);

/* Between two readings; NaN where not known. */
typedef struct noise {
  double stolen_share; /* of the processors' time */
  double waited_share; /* of the elapsed time, all threads together */
  double switches;
} noise;

noise noise_between(const noise_counters *from, const noise_counters *to);

/* Now: processes that run or are ready, this one included; frequency of the core this
 * runs on, MHz. NaN where not known. */
double noise_load(void);
double noise_mhz(void);

/* The cores this process may run on, as "0-1,4". Returns `text`, "" where not known. */
const char *noise_cores(char *text, size_t size);

#endif
