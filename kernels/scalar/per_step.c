/* Keys and values rebuilt each step, float32.
 *
 *   y_t = sum_{i<=t} softmax_i(Q_t . k_i) v_i,  k_i, v_i rebuilt for each t
 *
 * Loops: t; i over keys, values and logits; softmax; i over the sum.
 */
#include "body/per_step.h"

const lkv_kernel lkv_kernel_scalar_per_step = {
    .abi = LKV_KERNEL_ABI,
    .name = "scalar_per_step",
    .algorithm = "per_step",
    .isa = LKV_ISA_SCALAR,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT32,
    .factor_type = LKV_FLOAT32,
    .family = LKV_DEFINITIONAL,
    .summary =
        "keys and values of the prefix rebuilt each step: O(T^2 d^2) time, O(T d) memory",
    .source = "notebook: lin_kv_block_memory_efficient",
    .workspace_bytes = per_step_workspace_bytes,
    .attention = per_step_attention,
};
