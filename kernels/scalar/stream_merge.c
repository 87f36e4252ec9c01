/* Tiles with a maximum each, merged; float32.
 *
 *   (m, l, y) <- merge((m, l, y), tile's (m', l', y')),  y_t = y / l
 *
 * Loops: t; tiles of keys; i within a tile.
 */
#define ACCUM f32
#include "body/stream_merge.h"

const lkv_kernel lkv_kernel_scalar_stream_merge = {
    .abi = LKV_KERNEL_ABI,
    .name = "scalar_stream_merge",
    .algorithm = "stream_merge",
    .isa = LKV_ISA_SCALAR,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT32,
    .factor_type = LKV_FLOAT32,
    .family = LKV_DEFINITIONAL,
    .summary =
        "softmax over key tiles, each merged under its own maximum: O(T^2 d^2) time, "
        "O(tile d + d^2) memory",
    .source = "notebook: LinKVBlockMultiHeadLinearMem",
    .default_tiles = stream_merge_default_tiles,
    .workspace_bytes = stream_merge_workspace_bytes,
    .attention = stream_merge_attention,
};
