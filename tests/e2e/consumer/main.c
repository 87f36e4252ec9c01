/* Runs every kernel of an installed linkv on two tokens, one head, d = 1, block stage:
 * X = (1, 2), weights 1, eps = 0. So v_i(t) is the mean of VV_j weighted by KV_j: y = (1,
 * 5/3).
 */
#include <linkv/driver.h>
#include <linkv/registry.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int check(const lkv_kernel *kernel) {
  const float one = 1, x[2] = {1, 2};
  float y[2] = {0};
  lkv_inputs inputs = {.stage = LKV_STAGE_BLOCK, .x = x};
  for (int o = 0; o < LKV_OPERANDS; o++) inputs.weight[o] = &one;
  const lkv_problem asked = {.batch = 1, .seq_len = 2, .heads = 1, .head_dim = 1};
  const lkv_problem problem = lkv_resolve_tiles(kernel, asked);
  const char *why = NULL;
  size_t bytes = 0;
  void *workspace = NULL;
  lkv_status status = lkv_check(kernel, &problem, &why);
  if (status == LKV_UNSUPPORTED) return 0;
  if (status == LKV_OK)
    status = lkv_workspace_bytes(kernel, &problem, LKV_STAGE_BLOCK, 2, &bytes);
  if (status == LKV_OK &&
      posix_memalign(&workspace, LKV_WORKSPACE_ALIGNMENT, bytes ? bytes : 1) == 0)
    status = lkv_run(kernel, &problem, &inputs, 2, workspace, y);
  free(workspace);
  const int wrong = status != LKV_OK || !(fabsf(y[0] - 1) <= 1e-6F) ||
                    !(fabsf(y[1] - 5.0F / 3) <= 1e-6F);
  if (wrong)
    fprintf(stderr, "%s: %s: y = (%g, %g), not (1, 1.66667)\n", kernel->name,
            lkv_status_text(status), (double)y[0], (double)y[1]);
  return wrong;
}

int main(void) {
  int wrong = 0;
  for (size_t i = 0; i < lkv_kernel_count(); i++)
    if (lkv_kernel_at(i)->operand_type == LKV_FLOAT32) wrong += check(lkv_kernel_at(i));
  if (lkv_kernel_count() == 0) fprintf(stderr, "no kernels\n");
  return wrong || lkv_kernel_count() == 0;
}
