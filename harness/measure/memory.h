/* This process's own memory, from /proc/self. */
#ifndef MEASURE_MEMORY_H
#define MEASURE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Returns freed heap to the system, resets the peak to what is resident now, and gives
 * that in *resident, bytes. Here and below memory is anonymous memory (heap, stacks,
 * buffers): pages of code and of files are not counted. */
bool memory_reset_peak(size_t *resident, error *err);

/* Most memory since the reset, bytes: to a page or two where it is still resident now;
 * what was given back in between is added where it is more than Linux's counters may be
 * wrong by (64 pages a CPU). */
bool memory_peak(size_t *peak, error *err);

/* Memory a process can still have without swapping, bytes. */
bool memory_available(size_t *available, error *err);

/* Lets this process take that much memory beyond what it has: private memory that it may
 * write to, touched or not. Later allocations fail. */
bool memory_limit(uint64_t bytes, error *err);

#endif
