/* Tiles under one running maximum; float64 throughout.
 *
 *   (m, l, y) <- rescale((m, l, y), m*) + tile's sums under m*,  y_t = y / l
 *
 * Loops: t; tiles of keys; i within a tile.
 */
#define ACCUM f64
#include "body/stream_online.h"

const lkv_kernel lkv_kernel_scalar_stream_online_f64acc = {
    .abi = LKV_KERNEL_ABI,
    .name = "scalar_stream_online_f64acc",
    .algorithm = "stream_online",
    .isa = LKV_ISA_SCALAR,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT64,
    .factor_type = LKV_FLOAT32,
    .family = LKV_DEFINITIONAL,
    .summary =
        "softmax over key tiles under a running maximum, in float64: O(T^2 d^2) time, "
        "O(tile d + d^2) memory",
    .source = "notebook: LinKVBlockMultiHeadFlash with accum_dtype=float64",
    .default_tiles = stream_online_default_tiles,
    .workspace_bytes = stream_online_workspace_bytes,
    .attention = stream_online_attention,
};
