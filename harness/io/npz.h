/* NumPy .npz files: named arrays, read through libzip and the .npy format (versions 1 to
 * 3).
 *
 * Read: float16/32/64, bfloat16 (as ml_dtypes stores it, descr 'V2'), bool and integers;
 * C or Fortran order; little-endian; stored or deflated. Refused with one line naming
 * file and array: anything else (wrong magic, truncated data, object arrays, big-endian,
 * other types, rank over TENSOR_RANK_MAX, absurd sizes). No input may crash or
 * over-allocate. */
#ifndef IO_NPZ_H
#define IO_NPZ_H

#include "tensor.h"

typedef struct npz_array {
  char *name; /* without ".npy" */
  tensor value;
} npz_array;

typedef struct npz {
  char *path;
  npz_array *arrays;
  size_t count;
} npz;

/* Largest array that is read, bytes: 16 GiB. */
#define NPZ_ARRAY_BYTES_MAX ((size_t)16 << 30)

bool npz_read(const char *path, npz *out, error *err);

/* The same from a file's bytes; `path` is only a name for error lines. */
bool npz_read_memory(const char *path, const void *bytes, size_t size, npz *out,
                     error *err);

/* NULL where there is no such array. */
const tensor *npz_find(const npz *file, const char *name);

/* Writes arrays (float32, float64 or int64) that numpy.load reads; the same arrays make
 * the same bytes. The file appears whole or not at all: written beside `path`, then
 * renamed. A `path` that is there and is not a regular file is refused. */
bool npz_write(const char *path, size_t count, const npz_array *arrays, error *err);

void npz_free(npz *file);

#endif
