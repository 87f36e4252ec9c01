#include "reference.h"

#include <fenv.h>
#include <stdlib.h>

#include "oracle.h"

static double *compute_reference(const lin_case *c, error *err) {
  const lkv_problem *p = &c->problem;
  const size_t rows = p->batch * p->seq_len, dim = p->heads * p->head_dim;
  const double *operands[ORACLE_OPERANDS];
  double *projected[ORACLE_OPERANDS] = {0};
  lin_case wide = {0};
  double *y = NULL;
  bool ok = case_convert(c, TENSOR_FLOAT64, &wide, err);

  for (int o = 0; ok && o < LKV_OPERANDS; o++) {
    operands[o] = wide.operand[o].data;
    if (c->stage == LKV_STAGE_ATTENTION) continue;
    operands[o] = projected[o] = calloc(rows * dim, sizeof(double));
    if (!projected[o])
      ok = error_set(err, "oracle: out of memory for %zu x %zu operands", rows, dim);
    else
      oracle_project(rows, dim, dim, wide.x.data, wide.operand[o].data, projected[o]);
  }
  if (ok && !(y = calloc(rows * dim, sizeof *y)))
    ok = error_set(err, "oracle: out of memory for an output of %zu x %zu", rows, dim);
  const oracle_shape shape = {p->batch, p->seq_len, p->heads, p->head_dim};
  if (ok && !oracle_attention(&shape, p->eps, operands, y, err)) {
    free(y);
    y = NULL;
  }
  for (int o = 0; o < LKV_OPERANDS; o++) free(projected[o]);
  case_free(&wide);
  return y;
}

/* Whatever a kernel did to the floating-point environment must not reach the oracle. */
double *reference_output(const lin_case *c, error *err) {
  fenv_t environment;
  fegetenv(&environment);
  fesetenv(FE_DFL_ENV);
  double *y = compute_reference(c, err);
  fesetenv(&environment);
  return y;
}
