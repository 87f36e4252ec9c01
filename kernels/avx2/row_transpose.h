/* An 8 x 8 transpose in AVX2. */
#ifndef AVX2_ROW_TRANSPOSE_H
#define AVX2_ROW_TRANSPOSE_H

#include <immintrin.h>
#include <stddef.h>

/* out[c][r] = in[r][c]; rows of so many elements. */
static inline void row_transpose8(const float *in, size_t in_stride, float *out,
                                  size_t out_stride) {
  __m256 a[8], b[8];
  /* Halves of rows r and r + 4 side by side. */
  for (size_t r = 0; r < 4; r++) {
    const float *low = in + r * in_stride, *high = in + (r + 4) * in_stride;
    a[r] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)),
                                _mm_loadu_ps(high), 1);
    a[r + 4] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low + 4)),
                                    _mm_loadu_ps(high + 4), 1);
  }
  /* A 4 x 4 transpose in each half. */
  for (size_t h = 0; h < 8; h += 4) {
    b[h] = _mm256_unpacklo_ps(a[h], a[h + 1]);
    b[h + 1] = _mm256_unpackhi_ps(a[h], a[h + 1]);
    b[h + 2] = _mm256_unpacklo_ps(a[h + 2], a[h + 3]);
    b[h + 3] = _mm256_unpackhi_ps(a[h + 2], a[h + 3]);
    _mm256_storeu_ps(out + h * out_stride, _mm256_shuffle_ps(b[h], b[h + 2], 0x44));
    _mm256_storeu_ps(out + (h + 1) * out_stride, _mm256_shuffle_ps(b[h], b[h + 2], 0xee));
    _mm256_storeu_ps(out + (h + 2) * out_stride,
                     _mm256_shuffle_ps(b[h + 1], b[h + 3], 0x44));
    _mm256_storeu_ps(out + (h + 3) * out_stride,
                     _mm256_shuffle_ps(b[h + 1], b[h + 3], 0xee));
  }
}

#endif
