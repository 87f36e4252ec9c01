/* Reassociated in 2-D tiles, bfloat16 operands and factors, float32 sums, AVX-512 and
 * AVX512-BF16: 32 queries a panel.
 *
 *   y_t = (sum_i p_i / (QV_i . Z_V + eps) QV_i) S_V,  p = softmax_i(QK_i . (S_K Q_t) /
 * A_i)
 *
 * Loops: chunks of queries; panels of 32; tiles of keys; keys or columns; the sum.
 */
#include "simd/avx512_bf16.h"

#define TILE_DEFAULT_Q 32
#define TILE_DEFAULT_K 96
#include "body/tile_bf16.h"

const lkv_kernel lkv_kernel_avx512_tile_bf16 = {
    .abi = LKV_KERNEL_ABI,
    .name = "avx512_tile_bf16",
    .algorithm = "tile",
    .isa = LKV_ISA_AVX512_BF16,
    .operand_type = LKV_BFLOAT16,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT32,
    .factor_type = LKV_BFLOAT16,
    .family = LKV_REASSOCIATED,
    .summary =
        "2-D tiles, operands and factors in bfloat16, sums in float32: O(T^2 d) time, "
        "O(d^2) memory",
    .source = "notebook: LinKVBlockMultiHeadFlash, its sums reassociated",
    .default_tiles = tile_default_tiles,
    .workspace_bytes = tile_workspace_bytes,
    .attention = tile_attention,
    .blocks = &tile_blocks,
};
