/* Reassociated, a query row at a time, float32.
 *
 *   y_t = (sum_i p_i / (QV_i . Z_V + eps) QV_i) S_V,  p = softmax_i(QK_i . (S_K Q_t) /
 * D_i)
 *
 * Loops: t; i over the logits; softmax; i over the sum.
 */
#include "body/row.h"

const lkv_kernel lkv_kernel_scalar_row = {
    .abi = LKV_KERNEL_ABI,
    .name = "scalar_row",
    .algorithm = "row",
    .isa = LKV_ISA_SCALAR,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT32,
    .factor_type = LKV_FLOAT32,
    .family = LKV_REASSOCIATED,
    .summary = "reassociated, no key or value is built: O(T^2 d) time, O(T + d^2) memory",
    .source = "notebook: LinKVBlockMultiHead, its sums reassociated",
    .workspace_bytes = row_workspace_bytes,
    .attention = row_attention,
};
