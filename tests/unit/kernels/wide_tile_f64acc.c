/* The tile body as AVX-512 lays it out, over vectors of the compiler's: what cannot run
 * on every machine that tests can be tested on it. */
#define SCALAR_BYTES   64
#define SIMD_REGISTERS 32
#include "simd/scalar.h"

#include "vocabulary.h"

#include "body/tile_gemm_f32.h"
#include "body/tile_gemm_f64.h"

#define REAL           f32
#define STATE          f64
#define TILE_DEFAULT_Q 32
#define TILE_DEFAULT_K 96
#define TILE_SPARSE    0
#define TILE_GROUP     2
#define TILE_NEAR      1
#include "body/tile.h"

const lkv_kernel wide_tile_f64acc = {
    .abi = LKV_KERNEL_ABI,
    .name = "wide_tile_f64acc",
    .algorithm = "tile",
    .isa = LKV_ISA_SCALAR,
    .operand_type = LKV_FLOAT32,
    .output_type = LKV_FLOAT32,
    .accum_type = LKV_FLOAT64,
    .factor_type = LKV_FLOAT32,
    .family = LKV_REASSOCIATED,
    .summary = "of this test",
    .source = "of this test",
    .default_tiles = tile_default_tiles,
    .workspace_bytes = tile_workspace_bytes,
    .attention = tile_attention,
    .blocks = &tile_blocks,
};
