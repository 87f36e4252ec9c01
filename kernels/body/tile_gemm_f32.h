#ifndef BODY_TILE_GEMM_F32_H
#define BODY_TILE_GEMM_F32_H

#define REAL f32
#include "body/tile_gemm_template.h"
#undef REAL

#endif
