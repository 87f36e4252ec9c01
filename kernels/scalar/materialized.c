/* Everything materialised, float32.
 *
 *   y_t = sum_{i<=t} A_ti V_ti,  A_t = softmax_i(Q_t . K_ti),  K, V for all t and i
 *
 * Loops: t, i over states, keys and values, logits, softmax and output, one after
 * another.
 */
#include "body/materialized.h"

const lkv_kernel lkv_kernel_scalar_materialized = {
    .abi = LKV_KERNEL_ABI,
    .name = "scalar_materialized",
    .algorithm = "materialized",
    .isa = LKV_ISA_SCALAR,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT32,
    .factor_type = LKV_FLOAT32,
    .family = LKV_DEFINITIONAL,
    .summary =
        "all prefix states, keys and values in memory: O(T^2 d^2) time, O(T^2 d + T d^2) "
        "memory",
    .source = "notebook: lin_kv_block_vectorized, LinKVBlockMultiHead",
    .workspace_bytes = materialized_workspace_bytes,
    .attention = materialized_attention,
};
