/* What the compiler's baseline gives, whatever that is: 16-byte vectors, and a multiply
 * and an add where the baseline has no FMA. On x86-64 that is SSE2's mulps and addps. */
#include <stdint.h>

#include "peak_loops.h"

typedef float f32_vector __attribute__((vector_size(16)));
typedef double f64_vector __attribute__((vector_size(16)));

/* Holds four values in vector registers, wanted and unknown to the compiler. */
#ifdef __aarch64__
#define KEEP4(a, b, c, d) __asm__ volatile("" : "+w"(a), "+w"(b), "+w"(c), "+w"(d))
#else
#define KEEP4(a, b, c, d) __asm__ volatile("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d))
#endif

/* Independent chains: a multiply and an add take 6 to 8 cycles, two of each may start a
 * cycle, and SSE2 has 16 registers for the chains and two constants. Named one by one,
 * for gcc keeps an array of them in memory. */
enum { CHAINS = 12 };

/* a = a / 2 + 1 tends to 2: no overflow, no denormals. */
static void run_float32(size_t rounds) {
  f32_vector half = {0.5f, 0.5f, 0.5f, 0.5f}, one = {1, 1, 1, 1};
  f32_vector a0 = one, a1 = one, a2 = one, a3 = one, a4 = one, a5 = one, a6 = one,
             a7 = one, a8 = one, a9 = one, a10 = one, a11 = one;
  for (size_t r = 0; r < rounds; r++) {
    a0 = a0 * half + one;
    a1 = a1 * half + one;
    a2 = a2 * half + one;
    a3 = a3 * half + one;
    a4 = a4 * half + one;
    a5 = a5 * half + one;
    a6 = a6 * half + one;
    a7 = a7 * half + one;
    a8 = a8 * half + one;
    a9 = a9 * half + one;
    a10 = a10 * half + one;
    a11 = a11 * half + one;
    KEEP4(a0, a1, a2, a3);
    KEEP4(a4, a5, a6, a7);
    KEEP4(a8, a9, a10, a11);
  }
}

static void run_float64(size_t rounds) {
  f64_vector half = {0.5, 0.5}, one = {1, 1};
  f64_vector a0 = one, a1 = one, a2 = one, a3 = one, a4 = one, a5 = one, a6 = one,
             a7 = one, a8 = one, a9 = one, a10 = one, a11 = one;
  for (size_t r = 0; r < rounds; r++) {
    a0 = a0 * half + one;
    a1 = a1 * half + one;
    a2 = a2 * half + one;
    a3 = a3 * half + one;
    a4 = a4 * half + one;
    a5 = a5 * half + one;
    a6 = a6 * half + one;
    a7 = a7 * half + one;
    a8 = a8 * half + one;
    a9 = a9 * half + one;
    a10 = a10 * half + one;
    a11 = a11 * half + one;
    KEEP4(a0, a1, a2, a3);
    KEEP4(a4, a5, a6, a7);
    KEEP4(a8, a9, a10, a11);
  }
}

const peak_loop peak_scalar_loops[PEAK_DTYPES] = {
    {run_float32, 2.0 * 4 * CHAINS},
    {run_float64, 2.0 * 2 * CHAINS},
};

void peak_scalar_sum(const void *data, size_t bytes) {
  const uint64_t *word = data;
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes / sizeof *word; i++) sum += word[i];
  __asm__ volatile("" : : "r"(sum));
}
