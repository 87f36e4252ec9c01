/* The oracle's outputs and bounds, kept on disk: they depend on nothing but the inputs'
 * bytes, eps, the kernel's precision and the oracle.
 *
 * A file is named by a hash of the inputs and begins with what it is of; it ends in a
 * checksum. One that is torn, damaged, foreign or of another oracle is not used, but
 * replaced. Any number of processes may share a folder. */
#ifndef VERIFY_ORACLE_CACHE_H
#define VERIFY_ORACLE_CACHE_H

#include <stdint.h>

#include "reference.h"

/* Where the oracle's work, batch heads rows seq_len head_dim^2 for the rows of a slice
 * that are judged, is less, making is as fast as reading. */
#define ORACLE_CACHE_LEAST_WORK 0x1p26
#define ORACLE_CACHE_LIMIT      (UINT64_C(1) << 30)

/* What the note of a file by the oracle of another build ends with. */
#define ORACLE_CACHE_OUTDATED "not by this oracle; it is made again"

typedef struct oracle_cache {
  const char *folder; /* NULL: nothing is kept */
  uint64_t limit;     /* bytes it may take */
  double least_work;
  bool used;  /* the last bounds came from it */
  error note; /* why the last were not, or were not kept; else empty */
} oracle_cache;

/* reference_bounds, from the cache (NULL: none) where they are there. A cache that cannot
 * be used is a note, not a failure. */
bool oracle_cache_bounds(oracle_cache *cache, const lin_case *c, precision of,
                         sample_rule rule, bounds *out, error *err);

#endif
