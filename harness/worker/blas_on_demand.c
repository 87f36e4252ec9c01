#include "blas_on_demand.h"

#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define LIBRARY "libopenblas.so.0"
enum { CANNOT_LOAD = 2 };

static __typeof__(cblas_sgemm) *sgemm;
static __typeof__(cblas_dgemm) *dgemm;
static __typeof__(openblas_set_num_threads) *set_num_threads;
static __typeof__(openblas_get_num_threads) *get_num_threads;

static void find(void *library, const char *name, void **function) {
  if (library) *function = dlsym(library, name);
  if (library && *function) return;
  fprintf(stderr, "linkv: %s\n", dlerror());
  _exit(CANNOT_LOAD);
}

static void load(void) {
  void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  find(library, "cblas_sgemm", (void **)&sgemm);
  find(library, "cblas_dgemm", (void **)&dgemm);
  find(library, "openblas_set_num_threads", (void **)&set_num_threads);
  find(library, "openblas_get_num_threads", (void **)&get_num_threads);
}

void blas_on_demand_load(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
}

void cblas_sgemm(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE trans_a,
                 enum CBLAS_TRANSPOSE trans_b, blasint m, blasint n, blasint k,
                 float alpha, const float *a, blasint lda, const float *b, blasint ldb,
                 float beta, float *c, blasint ldc) {
  blas_on_demand_load();
  sgemm(order, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cblas_dgemm(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE trans_a,
                 enum CBLAS_TRANSPOSE trans_b, blasint m, blasint n, blasint k,
                 double alpha, const double *a, blasint lda, const double *b, blasint ldb,
                 double beta, double *c, blasint ldc) {
  blas_on_demand_load();
  dgemm(order, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void openblas_set_num_threads(int threads) {
  blas_on_demand_load();
  set_num_threads(threads);
}

int openblas_get_num_threads(void) {
  blas_on_demand_load();
  return get_num_threads();
}
