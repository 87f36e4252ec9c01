/* Reassociated in 2-D tiles, float64, AVX-512: 16 queries a panel.
 *
 *   y_t = (sum_i p_i / (QV_i . Z_V + eps) QV_i) S_V,  p = softmax_i(QK_i . (S_K Q_t) /
 * A_i)
 *
 * Loops: chunks of queries; panels of 16; tiles of keys; keys or columns; the sum.
 */
#include "simd/avx512.h"

#include "body/tile_gemm_f32.h"
#include "body/tile_gemm_f64.h"

#define REAL           f64
#define STATE          f64
#define TILE_DEFAULT_Q 32
#define TILE_DEFAULT_K 96
#define TILE_SPARSE    0
#define TILE_GROUP     1
#define TILE_NEAR      0
#include "body/tile.h"

const lkv_kernel lkv_kernel_avx512_tile_f64 = {
    .abi = LKV_KERNEL_ABI,
    .name = "avx512_tile_f64",
    .algorithm = "tile",
    .isa = LKV_ISA_AVX512,
    .operand_type = LKV_FLOAT64,
    .output_type = LKV_FLOAT64,
    .accum_type = LKV_FLOAT64,
    .factor_type = LKV_FLOAT64,
    .family = LKV_REASSOCIATED,
    .summary = "2-D tiles in float64 throughout: O(T^2 d) time, O(d^2) memory",
    .source = "notebook: LinKVBlockMultiHeadFlash, its sums reassociated",
    .default_tiles = tile_default_tiles,
    .workspace_bytes = tile_workspace_bytes,
    .attention = tile_attention,
    .blocks = &tile_blocks,
};
