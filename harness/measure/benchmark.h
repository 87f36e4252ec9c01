/* Google Benchmark behind a C header. */
#ifndef MEASURE_BENCHMARK_H
#define MEASURE_BENCHMARK_H

#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct benchmark_time {
  double real_ns; /* wall time of one call, the mean over `iterations` */
  double cpu_ns;  /* processor time of one call, all threads */
  uint64_t iterations;
} benchmark_time;

/* Times one repetition of `function(argument)`: as many calls as fill `min_time_s`
 * seconds, at least one. Prints nothing. May be called any number of times. */
bool benchmark_run(void (*function)(void *), void *argument, double min_time_s,
                   benchmark_time *out, error *err);

/* "1.7.1" where the library tells, else "unknown". */
const char *benchmark_library_version(void);

#ifdef __cplusplus
}
#endif
#endif
