/* This process's own memory, from /proc/self. */
#ifndef MEASURE_MEMORY_H
#define MEASURE_MEMORY_H

#include <stddef.h>

#include "error.h"

/* Returns freed heap to the system, resets the peak (VmHWM) to what is resident now, and
 * gives that in *resident, bytes. */
bool memory_reset_peak(size_t *resident, error *err);

/* Highest resident size since the reset, bytes: to a page or two for memory that is still
 * resident now, to the batches Linux counts pages in (tens of pages a CPU) for memory
 * that was given back in between. */
bool memory_peak(size_t *peak, error *err);

/* Memory a process can still have without swapping, bytes. */
bool memory_available(size_t *available, error *err);

#endif
