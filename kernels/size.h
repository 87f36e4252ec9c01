/* Size arithmetic that saturates: SIZE_MAX stands for what does not fit size_t. */
#ifndef SIZE_H
#define SIZE_H

#include <stddef.h>
#include <stdint.h>

static inline size_t size_plus(size_t a, size_t b) {
  size_t sum;
  return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

/* 0 times SIZE_MAX is 0: no elements take no bytes. */
static inline size_t size_times(size_t a, size_t b) {
  size_t product;
  return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

static inline size_t size_min(size_t a, size_t b) {
  return a < b ? a : b;
}

/* `alignment` is a power of two. */
static inline size_t size_round_up(size_t bytes, size_t alignment) {
  const size_t padded = (bytes + alignment - 1) & ~(alignment - 1);
  return padded < bytes ? SIZE_MAX : padded;
}

#endif
