/* FMA loops in AVX-512. */
#include <immintrin.h>

#include "peak_loops.h"

/* Holds four values in vector registers, wanted and unknown to the compiler. */
#define KEEP4(a, b, c, d) __asm__ volatile("" : "+v"(a), "+v"(b), "+v"(c), "+v"(d))

/* Independent chains: an FMA takes 4 cycles, up to two start a cycle, and there are 32
 * registers. Named one by one, for gcc keeps an array of them in memory. */
enum { CHAINS = 16 };

/* a = a / 2 + 1 tends to 2: no overflow, no denormals. */
static void run_float32(size_t rounds) {
  __m512 half = _mm512_set1_ps(0.5f), one = _mm512_set1_ps(1);
  __m512 a0 = one, a1 = one, a2 = one, a3 = one, a4 = one, a5 = one, a6 = one, a7 = one,
         a8 = one, a9 = one, a10 = one, a11 = one, a12 = one, a13 = one, a14 = one,
         a15 = one;
  for (size_t r = 0; r < rounds; r++) {
    a0 = _mm512_fmadd_ps(a0, half, one);
    a1 = _mm512_fmadd_ps(a1, half, one);
    a2 = _mm512_fmadd_ps(a2, half, one);
    a3 = _mm512_fmadd_ps(a3, half, one);
    a4 = _mm512_fmadd_ps(a4, half, one);
    a5 = _mm512_fmadd_ps(a5, half, one);
    a6 = _mm512_fmadd_ps(a6, half, one);
    a7 = _mm512_fmadd_ps(a7, half, one);
    a8 = _mm512_fmadd_ps(a8, half, one);
    a9 = _mm512_fmadd_ps(a9, half, one);
    a10 = _mm512_fmadd_ps(a10, half, one);
    a11 = _mm512_fmadd_ps(a11, half, one);
    a12 = _mm512_fmadd_ps(a12, half, one);
    a13 = _mm512_fmadd_ps(a13, half, one);
    a14 = _mm512_fmadd_ps(a14, half, one);
    a15 = _mm512_fmadd_ps(a15, half, one);
    KEEP4(a0, a1, a2, a3);
    KEEP4(a4, a5, a6, a7);
    KEEP4(a8, a9, a10, a11);
    KEEP4(a12, a13, a14, a15);
  }
}

static void run_float64(size_t rounds) {
  __m512d half = _mm512_set1_pd(0.5), one = _mm512_set1_pd(1);
  __m512d a0 = one, a1 = one, a2 = one, a3 = one, a4 = one, a5 = one, a6 = one, a7 = one,
          a8 = one, a9 = one, a10 = one, a11 = one, a12 = one, a13 = one, a14 = one,
          a15 = one;
  for (size_t r = 0; r < rounds; r++) {
    a0 = _mm512_fmadd_pd(a0, half, one);
    a1 = _mm512_fmadd_pd(a1, half, one);
    a2 = _mm512_fmadd_pd(a2, half, one);
    a3 = _mm512_fmadd_pd(a3, half, one);
    a4 = _mm512_fmadd_pd(a4, half, one);
    a5 = _mm512_fmadd_pd(a5, half, one);
    a6 = _mm512_fmadd_pd(a6, half, one);
    a7 = _mm512_fmadd_pd(a7, half, one);
    a8 = _mm512_fmadd_pd(a8, half, one);
    a9 = _mm512_fmadd_pd(a9, half, one);
    a10 = _mm512_fmadd_pd(a10, half, one);
    a11 = _mm512_fmadd_pd(a11, half, one);
    a12 = _mm512_fmadd_pd(a12, half, one);
    a13 = _mm512_fmadd_pd(a13, half, one);
    a14 = _mm512_fmadd_pd(a14, half, one);
    a15 = _mm512_fmadd_pd(a15, half, one);
    KEEP4(a0, a1, a2, a3);
    KEEP4(a4, a5, a6, a7);
    KEEP4(a8, a9, a10, a11);
    KEEP4(a12, a13, a14, a15);
  }
}

const peak_loop peak_avx512_loops[PEAK_DTYPES] = {
    {run_float32, 2.0 * 16 * CHAINS},
    {run_float64, 2.0 * 8 * CHAINS},
};
