/* How a kernel looks in every figure of one call: what its name, algorithm and types say
 * of it, as numbers that plots/style.gp has colours, marks and dashes for. */
#ifndef REPORT_PLOT_LOOKS_H
#define REPORT_PLOT_LOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "row.h"

enum { LOOK_HUES = 6, LOOK_SHADES = 3, LOOK_MARKS = 6, LOOK_DASHES = 4 };

typedef struct plot_look {
  size_t hue;   /* the first word of the name: scalar, avx2, avx512, blas, others */
  size_t shade; /* the algorithm, among those of that hue */
  size_t mark;  /* the algorithm, among all */
  size_t dash;  /* operands and accumulators: float32, float64 sums, float64, bfloat16 */
} plot_look;

typedef struct plot_kernel {
  const char *name;
  plot_look look;
} plot_kernel;

/* The distinct kernels of the rows, by name; up to 72 of a hue look different, for where
 * two would be alike the later takes the next dash, mark or shade that is free. Names are
 * borrowed from the rows; the caller frees the array. NULL: out of memory. */
plot_kernel *plot_kernels(const rows *all, size_t *count);

/* The look of the kernel of that name, which is among them. */
plot_look plot_look_of(const plot_kernel *kernel, size_t count, const char *name);

/* The row's kernel; "unknown" where it has none. */
const char *plot_kernel_name(const row *r);

#endif
