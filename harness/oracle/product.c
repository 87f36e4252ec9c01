/* Loop order: for tiles of rows { for blocks of columns { for k { a tile of sums in
 * registers += x[r][k] * w[k] } } }; what is left of rows and columns one by one. */
#include "product.h"

#include <stdbool.h>

enum { LANES = 4, BLOCK = 2 * LANES, DOTS = 8 };
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef double unaligned __attribute__((vector_size(LANES * sizeof(double)),
                                        aligned(sizeof(double)), may_alias));

#define INLINE static inline __attribute__((always_inline))

/* A block of columns of `tile` rows. */
INLINE void block_of(size_t tile, size_t inner, size_t cols, const double *restrict x,
                     size_t stride, const double *restrict w, const double *below,
                     double *restrict out) {
  lanes sum[4][2] = {{{0}}};
  for (size_t k = 0; k < inner; k++) {
    const unaligned *column = (const unaligned *)(w + k * cols);
    const lanes left = column[0], right = column[1];
    for (size_t r = 0; r < tile; r++) {
      const double factor = x[r * stride + k];
      const lanes all = {factor, factor, factor, factor};
      sum[r][0] += all * left;
      sum[r][1] += all * right;
    }
  }
  for (size_t r = 0; r < tile; r++) {
    if (below) {
      const lanes all = {below[r], below[r], below[r], below[r]};
      sum[r][0] /= all;
      sum[r][1] /= all;
    }
    unaligned *to = (unaligned *)(out + r * cols);
    to[0] = sum[r][0];
    to[1] = sum[r][1];
  }
}

/* Columns from `first` on of one row. */
static void rest_of(size_t inner, size_t cols, size_t first, const double *restrict x,
                    const double *restrict w, const double *below, double *restrict out) {
  for (size_t c = first; c < cols; c++) out[c] = 0;
  for (size_t k = 0; k < inner; k++)
    for (size_t c = first; c < cols; c++) out[c] += x[k] * w[k * cols + c];
  for (size_t c = first; below && c < cols; c++) out[c] /= *below;
}

INLINE void rows_by(size_t tile, size_t rows, size_t inner, size_t cols, const double *x,
                    size_t stride, const double *w, const double *below, double *out) {
  size_t r = 0;
  for (; r + tile <= rows; r += tile)
    for (size_t c = 0; c + BLOCK <= cols; c += BLOCK)
      block_of(tile, inner, cols, x + r * stride, stride, w + c, below ? below + r : NULL,
               out + r * cols + c);
  for (; r < rows; r++)
    for (size_t c = 0; c + BLOCK <= cols; c += BLOCK)
      block_of(1, inner, cols, x + r * stride, stride, w + c, below ? below + r : NULL,
               out + r * cols + c);
  for (r = 0; cols % BLOCK && r < rows; r++)
    rest_of(inner, cols, cols - cols % BLOCK, x + r * stride, w, below ? below + r : NULL,
            out + r * cols);
}

static void rows_narrow(size_t rows, size_t inner, size_t cols, const double *x,
                        size_t stride, const double *w, const double *below,
                        double *out) {
  rows_by(2, rows, inner, cols, x, stride, w, below, out);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void rows_avx2(size_t rows, size_t inner,
                                                      size_t cols, const double *x,
                                                      size_t stride, const double *w,
                                                      const double *below, double *out) {
  rows_by(4, rows, inner, cols, x, stride, w, below, out);
}

static bool wide(void) {
  return __builtin_cpu_supports("avx2");
}
#else
#define rows_avx2 rows_narrow

static bool wide(void) {
  return false;
}
#endif

void product_rows(size_t rows, size_t inner, size_t cols, const double *x, size_t stride,
                  const double *w, const double *below, double *out) {
  (wide() ? rows_avx2 : rows_narrow)(rows, inner, cols, x, stride, w, below, out);
}

/* Several sums at once, since one waits for each addition. */
void product_dots(size_t rows, size_t inner, const double *restrict x, size_t stride,
                  const double *restrict a, double offset, double *restrict out) {
  size_t r = 0;
  for (; r + DOTS <= rows; r += DOTS) {
    double sum[DOTS] = {0};
    for (size_t k = 0; k < inner; k++)
      for (size_t j = 0; j < DOTS; j++) sum[j] += x[(r + j) * stride + k] * a[k];
    for (size_t j = 0; j < DOTS; j++) out[r + j] = sum[j] + offset;
  }
  for (; r < rows; r++) {
    double sum = 0;
    for (size_t k = 0; k < inner; k++) sum += x[r * stride + k] * a[k];
    out[r] = sum + offset;
  }
}
