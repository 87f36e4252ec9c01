/* Pieces of the kernels' vocabularies, each compiled with the flags it needs. */
#ifndef VOCABULARY_H
#define VOCABULARY_H

#include <stddef.h>

/* out[i] = exp2 of in[i], `count` a multiple of 16. */
void exp2_scalar_f32(const float *in, float *out, size_t count);
void exp2_scalar_f64(const double *in, double *out, size_t count);
void exp2_avx2_f32(const float *in, float *out, size_t count);
void exp2_avx2_f64(const double *in, double *out, size_t count);

#endif
