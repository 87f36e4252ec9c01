/* Tiles with a maximum each, merged; float64 softmax sums.
 *
 *   (m, l, y) <- merge((m, l, y), tile's (m', l', y')),  y_t = y / l
 *
 * Loops: t; tiles of keys; i within a tile.
 */
#define ACCUM f64
#include "body/stream_merge.h"

const lkv_kernel lkv_kernel_scalar_stream_merge_f64acc = {
    .abi = LKV_KERNEL_ABI,
    .name = "scalar_stream_merge_f64acc",
    .algorithm = "stream_merge",
    .isa = LKV_ISA_SCALAR,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT64,
    .factor_type = LKV_FLOAT32,
    .family = LKV_DEFINITIONAL,
    .summary =
        "softmax over key tiles, each merged under its own maximum, in float64: O(T^2 "
        "d^2) time, O(tile d + d^2) memory",
    .source = "notebook: LinKVBlockMultiHeadLinearMem with accum_dtype=float64",
    .default_tiles = stream_merge_default_tiles,
    .workspace_bytes = stream_merge_workspace_bytes,
    .attention = stream_merge_attention,
};
