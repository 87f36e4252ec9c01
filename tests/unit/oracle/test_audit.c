/* The oracle's own bound holds its own error: against the definition in binary128,
 * written independently. */
#include <math.h>
#include <stdlib.h>

#include "../check.h"
#include "bound.h"

#if defined(__SIZEOF_FLOAT128__)

enum { Q, QK, KK, VK, QV, KV, VV };
enum { T = 32, D = 8, COUNT = T * D, SEEDS = 12 };
#define EPS 1e-6

typedef __float128 quad;

static double operand[ORACLE_OPERANDS][COUNT];

/* e^x, x <= 0: a Taylor series of x / 2^k, squared k times. */
static quad exp_quad(quad x) {
  int halvings = 0;
  if (x < -11000) return 0;
  for (; x < -0x1p-6; halvings++) x /= 2;
  quad sum = 1, term = 1;
  for (int n = 1; n < 24; n++) sum += term *= x / n;
  while (halvings--) sum *= sum;
  return sum;
}

/* q . a_j summed over tokens j <= t, each times b_j[c] where b >= 0. */
static quad scores(size_t t, const double *q, int a, int b, size_t c) {
  quad sum = 0;
  for (size_t j = 0; j <= t; j++) {
    quad score = 0;
    for (size_t k = 0; k < D; k++) score += (quad)q[k] * operand[a][j * D + k];
    sum += b < 0 ? score : score * operand[b][j * D + c];
  }
  return sum;
}

static quad logit(size_t t, size_t i) {
  const double *q = &operand[QK][i * D];
  quad sum = 0;
  for (size_t c = 0; c < D; c++) sum += operand[Q][t * D + c] * scores(t, q, KK, VK, c);
  return sum / (scores(t, q, KK, -1, 0) + (quad)EPS);
}

static void attend(size_t t, quad y[D]) {
  quad l[T], max = logit(t, 0), sum = 0;
  for (size_t i = 0; i <= t; i++) {
    l[i] = logit(t, i);
    if (l[i] > max) max = l[i];
  }
  for (size_t c = 0; c < D; c++) y[c] = 0;
  for (size_t i = 0; i <= t; i++) {
    const double *q = &operand[QV][i * D];
    const quad weight = exp_quad(l[i] - max);
    const quad below = scores(t, q, KV, -1, 0) + (quad)EPS;
    sum += weight;
    for (size_t c = 0; c < D; c++) y[c] += weight * (scores(t, q, KV, VV, c) / below);
  }
  for (size_t c = 0; c < D; c++) y[c] /= sum;
}

/* Signs mixed or not; every third case has tokens that nearly cancel. */
static void draw(unsigned seed) {
  srand(seed);
  for (int o = 0; o < ORACLE_OPERANDS; o++)
    for (size_t i = 0; i < COUNT; i++) {
      const double u = ((double)rand() + 1) / ((double)RAND_MAX + 2);
      const bool cancels = seed % 3 == 0 && i / D % 2;
      operand[o][i] = seed % 2 ? u : 2 * u - 1;
      if (cancels) operand[o][i] = -operand[o][i - D] * (1 - 0x1p-9);
    }
}

static void the_own_bound_holds(void **state) {
  (void)state;
  const oracle_shape shape = {1, T, 1, D};
  magnitude_operands operands = {0};
  for (int o = 0; o < ORACLE_OPERANDS; o++) operands.value[o] = operand[o];
  double largest = 0;
  size_t bounded = 0;
  for (unsigned seed = 1; seed <= SEEDS; seed++) {
    bounds b;
    error err;
    draw(seed);
    EXPECT_OK(bounds_make(&shape, EPS, &operands, (gauge_precision){.unit = 0x1p-53},
                          SAMPLE_ALL, &b, &err),
              &err);
    for (size_t t = 0; t < T; t++) {
      quad y[D];
      attend(t, y);
      for (size_t c = 0; c < D; c++) {
        const double own = b.det[t * D + c] / 2; /* of one float64 computation */
        const double distance = fabs((double)(b.y[t * D + c] - y[c]));
        if (!(distance <= own))
          fail_msg("seed %u, t %zu: %g over %g", seed, t, distance, own);
        if (isinf(own)) continue;
        bounded++;
        largest = fmax(largest, distance / own);
      }
    }
    bounds_free(&b);
  }
  assert_true(bounded > SEEDS * COUNT * 9 / 10);
  assert_true(largest > 1e-4);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_own_bound_holds)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
  return 0;
}

#endif
