/* Products of float32 matrices by OpenBLAS, on the calling thread.
 *
 * OpenBLAS may take memory of its own and keep it: the one thing a kernel of this folder
 * does that linkv/kernel.h forbids. */
#ifndef BLAS_GEMM_H
#define BLAS_GEMM_H

#include <cblas.h>
#include <limits.h>

#include "linkv/kernel.h"
#include "size.h"

/* Row-major; rows of `stride` elements. Where `transposed`, it stands for its
 * transpose. */
typedef struct blas_matrix {
  const float *data;
  size_t stride;
  bool transposed;
} blas_matrix;

/* out (rows, columns) = a (rows, depth) b (depth, columns), added to what out holds where
 * `adds`. No size is 0. */
static inline void blas_multiply(blas_matrix a, blas_matrix b, float *out,
                                 size_t out_stride, size_t rows, size_t columns,
                                 size_t depth, bool adds) {
  cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
              b.transposed ? CblasTrans : CblasNoTrans, (blasint)rows, (blasint)columns,
              (blasint)depth, 1.0F, a.data, (blasint)a.stride, b.data, (blasint)b.stride,
              adds ? 1.0F : 0.0F, out, (blasint)out_stride);
}

/* The library's own threads are a setting of the whole process. Kernels do not thread, so
 * each call of one makes sure of it; after the first this only reads. */
static inline void blas_use_one_thread(void) {
  if (openblas_get_num_threads() != 1) openblas_set_num_threads(1);
}

/* Whether every size and stride fits a blasint. */
static inline bool blas_supports(const lkv_problem *problem, const char **why) {
  const size_t width = size_times(problem->heads, problem->head_dim);
  if (problem->seq_len <= INT_MAX / 2 && width <= INT_MAX) return true;
  *why = "needs seq_len below 2^30 and heads * head_dim below 2^31, for BLAS";
  return false;
}

#endif
