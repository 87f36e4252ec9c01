/* Reassociated, whole rows of logits, a query a lane; float32, AVX2 and FMA.
 *
 *   y_t = (sum_i p_i / (QV_i . Z_V + eps) QV_i) S_V,  p = softmax_i(QK_i . (S_K Q_t) /
 * D_i)
 *
 * Loops: chunks; panels of 16 queries; keys; columns.
 */
#include "avx2/row_lanes.h"

#include "body/row_panel.h"

const lkv_kernel lkv_kernel_avx2_row = {
    .abi = LKV_KERNEL_ABI,
    .name = "avx2_row",
    .algorithm = "row",
    .isa = LKV_ISA_AVX2,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT32,
    .factor_type = LKV_FLOAT32,
    .family = LKV_REASSOCIATED,
    .summary =
        "reassociated, whole rows of logits, 16 queries side by side: for short "
        "sequences; O(T^2 d) time, O(T + d^2) memory",
    .source = "notebook: LinKVBlockMultiHead, its sums reassociated",
    .workspace_bytes = row_workspace_bytes,
    .attention = row_attention,
};
