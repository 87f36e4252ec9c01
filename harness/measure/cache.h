/* The caches of CPU 0, as the kernel describes them. */
#ifndef MEASURE_CACHE_H
#define MEASURE_CACHE_H

#include <stddef.h>

enum { CACHES_MAX = 8 };

typedef struct cache {
  size_t level;
  char type[16];         /* "Data", "Instruction" or "Unified" */
  size_t bytes;          /* 0 where not known */
  char shared_cpus[256]; /* "0-1"; "" where not known */
} cache;

/* Returns how many there are, 0 where the kernel does not tell. */
size_t cache_list(cache list[CACHES_MAX]);

/* Bytes of the highest level; 0 where not known. */
size_t cache_last_level_bytes(void);

#endif
