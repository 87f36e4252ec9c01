/* Reassociated in 2-D tiles, float32 tiles, float64 prefix states and softmax sums,
 * portable C: 8 queries a panel.
 *
 *   y_t = (sum_i p_i / (QV_i . Z_V + eps) QV_i) S_V,  p = softmax_i(QK_i . (S_K Q_t) /
 * A_i)
 *
 * Loops: chunks of queries; panels of 8; tiles of keys; keys or columns; the sum.
 */
#include "simd/scalar.h"

#include "body/tile_gemm_f32.h"
#include "body/tile_gemm_f64.h"

#define REAL           f32
#define STATE          f64
#define TILE_DEFAULT_Q 16
#define TILE_DEFAULT_K 96
#define TILE_SPARSE    0
#define TILE_GROUP     2
#define TILE_NEAR      1
#include "body/tile.h"

const lkv_kernel lkv_kernel_scalar_tile_f64acc = {
    .abi = LKV_KERNEL_ABI,
    .name = "scalar_tile_f64acc",
    .algorithm = "tile",
    .isa = LKV_ISA_SCALAR,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT64,
    .factor_type = LKV_FLOAT32,
    .family = LKV_REASSOCIATED,
    .summary =
        "2-D tiles in float32, prefix states and softmax sums in float64: O(T^2 d) time, "
        "O(d^2) memory",
    .source =
        "notebook: LinKVBlockMultiHeadFlash with accum_dtype=float64, its sums "
        "reassociated",
    .default_tiles = tile_default_tiles,
    .workspace_bytes = tile_workspace_bytes,
    .attention = tile_attention,
    .blocks = &tile_blocks,
};
