/* Ceilings measured in this process. */
#ifndef MEASURE_PEAK_H
#define MEASURE_PEAK_H

#include <stdbool.h>
#include <stddef.h>

#include "linkv/cpu.h"
#include "linkv/problem.h"

/* Whether peak_fma can measure this pair here: the CPU runs the ISA, the ISA has an FMA
 * (or, scalar, a multiply-add) loop for the type. */
bool peak_available(lkv_isa isa, lkv_dtype dtype);

/* Best of several runs of an FMA loop of independent accumulators on one thread, flop/s;
 * an FMA is two flops. Takes about `seconds`. 0 where not available. */
double peak_fma(lkv_isa isa, lkv_dtype dtype, double seconds);

/* The highest FMA peak for the type on one thread here, flop/s: the ceiling that shares
 * are taken of. ISAs no wider than another that is here are not tried. Takes about
 * `seconds`. */
double peak_ceiling(lkv_dtype dtype, double seconds);

/* Read bandwidth of main memory, one thread, bytes/s: best of several sums over a buffer
 * of at least four times the last-level cache. 0 where the buffer cannot be had. */
double peak_bandwidth(double seconds);

#endif
