/* Google Benchmark behind a C header. */
#ifndef MEASURE_BENCHMARK_H
#define MEASURE_BENCHMARK_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is to be timed: `batches` batches of `calls` calls each, both at least 1. */
typedef struct benchmark_task {
  void (*function)(void *argument);
  void *argument;
  uint64_t calls;
  size_t batches;
  void (*before)(void *watcher); /* called outside the timed span of each batch */
  void (*after)(void *watcher);
  void *watcher;
} benchmark_task;

typedef struct benchmark_time {
  double real_ns; /* wall time of one call, the mean over all */
  double cpu_ns;  /* processor time of one call, all threads */
  uint64_t iterations;
} benchmark_time;

/* Times the batches; batch_ns[0..batches-1] are the wall times of one call in each.
 * Prints nothing. May be called any number of times. */
bool benchmark_run(const benchmark_task *task, double *batch_ns, benchmark_time *out,
                   error *err);

/* "1.7.1" where the library tells, else "unknown". */
const char *benchmark_library_version(void);

#ifdef __cplusplus
}
#endif
#endif
