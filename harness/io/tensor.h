/* Dense arrays of numbers, C order. */
#ifndef IO_TENSOR_H
#define IO_TENSOR_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum { TENSOR_RANK_MAX = 8, TENSOR_ALIGNMENT = 64 };

/* Element types a case file may hold; the machine's byte order. */
typedef enum tensor_type {
  TENSOR_FLOAT16,
  TENSOR_BFLOAT16,
  TENSOR_FLOAT32,
  TENSOR_FLOAT64,
  TENSOR_INT64, /* scalars such as num_heads: every integer and bool type is widened */
} tensor_type;

typedef struct tensor {
  tensor_type type;
  size_t rank; /* 0: a scalar */
  size_t shape[TENSOR_RANK_MAX];
  size_t count; /* elements: the product of shape */
  void *data;   /* owned, count elements, aligned to TENSOR_ALIGNMENT bytes; NULL only in
                 * a zeroed tensor */
} tensor;

size_t tensor_type_size(tensor_type type);
/* NumPy's name: "float16", ... "int64"; "bfloat16". */
const char *tensor_type_name(tensor_type type);

/* Elements of that shape. False where the count does not fit size_t. */
bool tensor_count(size_t rank, const size_t *shape, size_t *count);

/* A zero-filled tensor. Fails on more than TENSOR_RANK_MAX dimensions, a size that does
 * not fit size_t, and out of memory. */
bool tensor_make(tensor *out, tensor_type type, size_t rank, const size_t *shape,
                 error *err);

/* A copy of `in` in another floating type, shape kept. Widening is exact; narrowing
 * rounds to nearest even, and fails where a finite value would become infinite. `to` is
 * TENSOR_FLOAT32, TENSOR_FLOAT64 or TENSOR_BFLOAT16. */
bool tensor_convert(const tensor *in, tensor_type to, tensor *out, error *err);

/* Frees the data and zeroes the struct; a zeroed tensor is allowed. */
void tensor_free(tensor *t);

/* "(2, 24, 3, 8)", as NumPy prints it, cut to fit. Returns `buffer`. */
const char *tensor_shape_text(const tensor *t, char *buffer, size_t size);

#endif
