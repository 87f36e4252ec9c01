/* Reassociated in 2-D tiles, float32, AVX2: 16 queries a panel.
 *
 *   y_t = (sum_i p_i / (QV_i . Z_V + eps) QV_i) S_V,  p = softmax_i(QK_i . (S_K Q_t) /
 * A_i)
 *
 * Loops: chunks of queries; panels of 16; tiles of keys; keys or columns; the sum.
 */
#include "simd/avx2.h"

#include "body/tile_gemm_f32.h"
#include "body/tile_gemm_f64.h"

#define REAL           f32
#define STATE          f32
#define TILE_DEFAULT_Q 16
#define TILE_DEFAULT_K 162
#define TILE_SPARSE    0
#define TILE_GROUP     2
#define TILE_NEAR      1
#include "body/tile.h"

const lkv_kernel lkv_kernel_avx2_tile = {
    .abi = LKV_KERNEL_ABI,
    .name = "avx2_tile",
    .algorithm = "tile",
    .isa = LKV_ISA_AVX2,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT32,
    .factor_type = LKV_FLOAT32,
    .family = LKV_REASSOCIATED,
    .summary =
        "2-D tiles, online softmax, chunked prefix states: O(T^2 d) time, O(d^2) memory",
    .source = "notebook: LinKVBlockMultiHeadFlash, its sums reassociated",
    .default_tiles = tile_default_tiles,
    .workspace_bytes = tile_workspace_bytes,
    .attention = tile_attention,
    .blocks = &tile_blocks,
};
