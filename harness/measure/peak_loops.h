/* The loops behind peak.h, one file an ISA. Each runs only where the CPU has that ISA. */
#ifndef MEASURE_PEAK_LOOPS_H
#define MEASURE_PEAK_LOOPS_H

#include <stddef.h>

typedef struct peak_loop {
  void (*run)(size_t rounds);
  double flops_per_round;
} peak_loop;

/* Indexed by lkv_dtype. */
enum { PEAK_DTYPES = 2 };
extern const peak_loop peak_scalar_loops[PEAK_DTYPES];
extern const peak_loop peak_avx2_loops[PEAK_DTYPES];
extern const peak_loop peak_avx512_loops[PEAK_DTYPES];

/* Reads every byte of `data`, a multiple of PEAK_SUM_BLOCK bytes aligned to 64. */
enum { PEAK_SUM_BLOCK = 256 };
void peak_scalar_sum(const void *data, size_t bytes);
void peak_avx2_sum(const void *data, size_t bytes);

#endif
