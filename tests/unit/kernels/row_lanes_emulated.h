/* The vectors of body/row_panel.h, 16 lanes in plain C: what AVX-512 does, on any CPU. */
#ifndef ROW_LANES_EMULATED_H
#define ROW_LANES_EMULATED_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum { ROW_LANES = 16, ROW_BLOCK_FULL = 16, ROW_BLOCK_PART = 16 };

typedef struct row_vector {
  float lane[16];
} row_vector;
typedef uint32_t row_mask;

#define EACH_LANE for (size_t l = 0; l < 16; l++)

static inline row_vector row_set(float x) {
  row_vector out;
  EACH_LANE out.lane[l] = x;
  return out;
}

static inline row_vector row_zero(void) {
  return row_set(0);
}

static inline row_vector row_load(const float *x) {
  row_vector out;
  EACH_LANE out.lane[l] = x[l];
  return out;
}

static inline void row_store(float *to, row_vector x) {
  EACH_LANE to[l] = x.lane[l];
}

static inline row_vector row_add(row_vector a, row_vector b) {
  EACH_LANE a.lane[l] += b.lane[l];
  return a;
}

static inline row_vector row_sub(row_vector a, row_vector b) {
  EACH_LANE a.lane[l] -= b.lane[l];
  return a;
}

static inline row_vector row_mul(row_vector a, row_vector b) {
  EACH_LANE a.lane[l] *= b.lane[l];
  return a;
}

static inline row_vector row_div(row_vector a, row_vector b) {
  EACH_LANE a.lane[l] /= b.lane[l];
  return a;
}

static inline row_vector row_fma(row_vector a, row_vector b, row_vector c) {
  EACH_LANE c.lane[l] = fmaf(a.lane[l], b.lane[l], c.lane[l]);
  return c;
}

static inline row_vector row_at_least(row_vector bound, row_vector x) {
  EACH_LANE x.lane[l] = x.lane[l] < bound.lane[l] ? bound.lane[l] : x.lane[l];
  return x;
}

static inline row_vector row_max(row_vector a, row_vector b) {
  EACH_LANE b.lane[l] = a.lane[l] > b.lane[l] || isnan(a.lane[l]) ? a.lane[l] : b.lane[l];
  return b;
}

static inline row_mask row_from(size_t first) {
  return 0xffffU << first & 0xffffU;
}

static inline row_vector row_keep(row_mask mask, row_vector x) {
  EACH_LANE x.lane[l] = mask >> l & 1 ? x.lane[l] : 0;
  return x;
}

static inline row_vector row_pick(row_mask mask, row_vector a, row_vector b) {
  EACH_LANE a.lane[l] = mask >> l & 1 ? a.lane[l] : b.lane[l];
  return a;
}

static inline row_vector row_round(row_vector x) {
  EACH_LANE x.lane[l] = nearbyintf(x.lane[l]);
  return x;
}

static inline row_vector row_scale(row_vector x, row_vector n) {
  EACH_LANE x.lane[l] = isnan(n.lane[l]) ? n.lane[l] : ldexpf(x.lane[l], (int)n.lane[l]);
  return x;
}

static inline void row_transpose8(const float *in, size_t in_stride, float *out,
                                  size_t out_stride) {
  for (size_t r = 0; r < 8; r++)
    for (size_t c = 0; c < 8; c++) out[c * out_stride + r] = in[r * in_stride + c];
}

#endif
