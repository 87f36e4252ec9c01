/* Memory that a family of processes holds. */
#ifndef SWEEP_MEMORY_HELD_H
#define SWEEP_MEMORY_HELD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Resident anonymous and shared memory of the processes and of their descendants, bytes:
 * heap, stacks, buffers and mappings that no file backs. Pages that several of them have
 * are counted for each, and to tens of pages a CPU, but where that makes more than
 * `limit`: then once, and exactly, as far as the system tells. Processes that are gone
 * hold nothing; of very many the first 256 count.
 */
uint64_t memory_held(size_t count, const pid_t *processes, uint64_t limit);

#endif
