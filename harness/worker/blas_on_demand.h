/* OpenBLAS, loaded where it is needed: most commands and points do without, and
 * loading it takes longer than the rest of starting a worker. This folder defines the
 * functions of cblas that kernels call; each hands on to the library's. */
#ifndef WORKER_BLAS_ON_DEMAND_H
#define WORKER_BLAS_ON_DEMAND_H

/* Loads it now, so that no call of a kernel is charged for it; the first call of one of
 * its functions would else. Where it cannot be had the process says so and exits with
 * status 2. */
void blas_on_demand_load(void);

#endif
