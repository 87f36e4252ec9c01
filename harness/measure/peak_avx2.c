/* FMA and read loops in AVX2 and FMA. */
#include <immintrin.h>

#include "peak_loops.h"

/* Holds four values in vector registers, wanted and unknown to the compiler. */
#define KEEP4(a, b, c, d) __asm__ volatile("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d))

/* Independent chains: an FMA takes 4 or 5 cycles and two start a cycle; these and two
 * constants fit the 16 registers. Named one by one, for gcc keeps an array of them in
 * memory. */
enum { CHAINS = 12 };

/* a = a / 2 + 1 tends to 2: no overflow, no denormals. */
static void run_float32(size_t rounds) {
  __m256 half = _mm256_set1_ps(0.5f), one = _mm256_set1_ps(1);
  __m256 a0 = one, a1 = one, a2 = one, a3 = one, a4 = one, a5 = one, a6 = one, a7 = one,
         a8 = one, a9 = one, a10 = one, a11 = one;
  for (size_t r = 0; r < rounds; r++) {
    a0 = _mm256_fmadd_ps(a0, half, one);
    a1 = _mm256_fmadd_ps(a1, half, one);
    a2 = _mm256_fmadd_ps(a2, half, one);
    a3 = _mm256_fmadd_ps(a3, half, one);
    a4 = _mm256_fmadd_ps(a4, half, one);
    a5 = _mm256_fmadd_ps(a5, half, one);
    a6 = _mm256_fmadd_ps(a6, half, one);
    a7 = _mm256_fmadd_ps(a7, half, one);
    a8 = _mm256_fmadd_ps(a8, half, one);
    a9 = _mm256_fmadd_ps(a9, half, one);
    a10 = _mm256_fmadd_ps(a10, half, one);
    a11 = _mm256_fmadd_ps(a11, half, one);
    KEEP4(a0, a1, a2, a3);
    KEEP4(a4, a5, a6, a7);
    KEEP4(a8, a9, a10, a11);
  }
}

static void run_float64(size_t rounds) {
  __m256d half = _mm256_set1_pd(0.5), one = _mm256_set1_pd(1);
  __m256d a0 = one, a1 = one, a2 = one, a3 = one, a4 = one, a5 = one, a6 = one, a7 = one,
          a8 = one, a9 = one, a10 = one, a11 = one;
  for (size_t r = 0; r < rounds; r++) {
    a0 = _mm256_fmadd_pd(a0, half, one);
    a1 = _mm256_fmadd_pd(a1, half, one);
    a2 = _mm256_fmadd_pd(a2, half, one);
    a3 = _mm256_fmadd_pd(a3, half, one);
    a4 = _mm256_fmadd_pd(a4, half, one);
    a5 = _mm256_fmadd_pd(a5, half, one);
    a6 = _mm256_fmadd_pd(a6, half, one);
    a7 = _mm256_fmadd_pd(a7, half, one);
    a8 = _mm256_fmadd_pd(a8, half, one);
    a9 = _mm256_fmadd_pd(a9, half, one);
    a10 = _mm256_fmadd_pd(a10, half, one);
    a11 = _mm256_fmadd_pd(a11, half, one);
    KEEP4(a0, a1, a2, a3);
    KEEP4(a4, a5, a6, a7);
    KEEP4(a8, a9, a10, a11);
  }
}

const peak_loop peak_avx2_loops[PEAK_DTYPES] = {
    {run_float32, 2.0 * 8 * CHAINS},
    {run_float64, 2.0 * 4 * CHAINS},
};

void peak_avx2_sum(const void *data, size_t bytes) {
  enum { LANES = PEAK_SUM_BLOCK / sizeof(__m256i) };
  const __m256i *vector = data;
  __m256i sum[LANES];
  for (size_t i = 0; i < LANES; i++) sum[i] = _mm256_setzero_si256();
  for (size_t v = 0; v < bytes / sizeof *vector; v += LANES)
    for (size_t i = 0; i < LANES; i++)
      sum[i] = _mm256_add_epi64(sum[i], _mm256_load_si256(vector + v + i));
  for (size_t i = 1; i < LANES; i++) sum[0] = _mm256_add_epi64(sum[0], sum[i]);
  __asm__ volatile("" : : "x"(sum[0]));
}
