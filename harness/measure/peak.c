#include "peak.h"

#include <string.h>

#include "buffer.h"
#include "cache.h"
#include "clock.h"
#include "peak_loops.h"

/* Of one timed stretch at most: long beside a clock reading, short beside a time slice,
 * so that some stretch is left alone by whatever else runs here. */
#define STRETCH_SECONDS 2e-3

/* Stretches that calibrating takes, and that a short measurement is cut into. */
enum { STRETCHES_CUT = 6 };

/* Stretches timed, however short the time that was asked for. */
enum { STRETCHES_MIN = 3 };

#define MIB ((size_t)1 << 20)

static const peak_loop *find_loop(lkv_isa isa, lkv_dtype dtype) {
  switch (isa) {
    case LKV_ISA_SCALAR:
      return &peak_scalar_loops[dtype];
#ifdef LINKV_PEAK_X86
    case LKV_ISA_AVX2:
      return &peak_avx2_loops[dtype];
    case LKV_ISA_AVX512:
      return &peak_avx512_loops[dtype];
#endif
    default:
      return NULL;
  }
}

bool peak_available(lkv_isa isa, lkv_dtype dtype) {
  return find_loop(isa, dtype) && lkv_cpu_supports(isa, NULL);
}

static double time_rounds(const peak_loop *loop, size_t rounds) {
  const double start = clock_now();
  loop->run(rounds);
  return clock_now() - start;
}

/* Rounds that fill a stretch; finding them also wakes the core up. */
static size_t calibrate(const peak_loop *loop, double stretch) {
  size_t rounds = 1024;
  while (time_rounds(loop, rounds) < stretch) rounds *= 2;
  return rounds;
}

double peak_fma(lkv_isa isa, lkv_dtype dtype, double seconds) {
  if (!peak_available(isa, dtype)) return 0;
  const peak_loop *loop = find_loop(isa, dtype);
  const double end = clock_now() + seconds;
  const double cut = seconds / STRETCHES_CUT;
  const size_t rounds = calibrate(loop, cut < STRETCH_SECONDS ? cut : STRETCH_SECONDS);
  double shortest = time_rounds(loop, rounds);
  for (int i = 1; i < STRETCHES_MIN || clock_now() < end; i++) {
    const double took = time_rounds(loop, rounds);
    if (took < shortest) shortest = took;
  }
  return loop->flops_per_round * (double)rounds / shortest;
}

double peak_ceiling(lkv_dtype dtype, double seconds) {
  static const lkv_isa widest_first[] = {LKV_ISA_AVX512, LKV_ISA_AVX2, LKV_ISA_SCALAR};
  /* On some cores the widest vectors lower the clock: both SIMD widths are tried. */
  double ceiling = 0;
  size_t tried = 0;
  const double share = peak_available(LKV_ISA_AVX512, dtype) ? seconds / 2 : seconds;
  for (size_t i = 0; i < sizeof widest_first / sizeof *widest_first; i++) {
    const lkv_isa isa = widest_first[i];
    if (!peak_available(isa, dtype) || (isa == LKV_ISA_SCALAR && tried)) continue;
    const double peak = peak_fma(isa, dtype, share);
    if (peak > ceiling) ceiling = peak;
    tried++;
  }
  return ceiling;
}

/* Four times the last-level cache, taken for 64 MiB where it is not known, up to 512 MiB.
 */
static size_t bandwidth_bytes(void) {
  const size_t last = cache_last_level_bytes();
  const size_t bytes = 4 * (last ? last : 64 * MIB);
  return bytes < 512 * MIB ? bytes - bytes % PEAK_SUM_BLOCK : 512 * MIB;
}

static double time_sum(void (*sum)(const void *, size_t), const buffer *b) {
  const double start = clock_now();
  sum(b->data, b->bytes);
  return clock_now() - start;
}

static void (*choose_sum(void))(const void *, size_t) {
#ifdef LINKV_PEAK_X86
  if (lkv_cpu_supports(LKV_ISA_AVX2, NULL)) return peak_avx2_sum;
#endif
  return peak_scalar_sum;
}

double peak_bandwidth(double seconds) {
  buffer b;
  error err;
  if (!buffer_make(&b, bandwidth_bytes(), &err)) return 0;
  /* Pages that were never written all share one page of zeros. */
  memset(b.data, 1, b.bytes);
  void (*const sum)(const void *, size_t) = choose_sum();
  const double end = clock_now() + seconds;
  double shortest = time_sum(sum, &b);
  for (int i = 1; i < STRETCHES_MIN || clock_now() < end; i++) {
    const double took = time_sum(sum, &b);
    if (took < shortest) shortest = took;
  }
  const double bytes = (double)b.bytes;
  buffer_free(&b);
  return bytes / shortest;
}
