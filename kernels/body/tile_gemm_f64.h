#ifndef BODY_TILE_GEMM_F64_H
#define BODY_TILE_GEMM_F64_H

#define REAL f64
#include "body/tile_gemm_template.h"
#undef REAL

#endif
