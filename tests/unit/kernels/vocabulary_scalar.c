/* exp2 of simd/scalar.h. */
#include "simd/scalar.h"

#include "vocabulary.h"

void exp2_scalar_f32(const float *in, float *out, size_t count) {
  for (size_t i = 0; i < count; i += LANES_f32) {
    _Alignas(64) f32 aligned[LANES_f32];
    store_f32(aligned, exp2_f32(loadu_f32(in + i)));
    for (size_t k = 0; k < LANES_f32; k++) out[i + k] = aligned[k];
  }
}

void exp2_scalar_f64(const double *in, double *out, size_t count) {
  for (size_t i = 0; i < count; i += LANES_f64) {
    _Alignas(64) f64 aligned[LANES_f64];
    store_f64(aligned, exp2_f64(loadu_f64(in + i)));
    for (size_t k = 0; k < LANES_f64; k++) out[i + k] = aligned[k];
  }
}
