/* A sample depends on the shape alone, holds what it promises, and its rows have the bits
 * they have among all rows; another association confirms each. */
#include "sample.h"

#include <math.h>
#include <stdlib.h>

#include "../check.h"
#include "bound.h"
#include "reassociated.h"

enum { T = 150, H = 2, B = 2, D = 5, COUNT = B * T * H * D };

static double operand[ORACLE_OPERANDS][COUNT];
static magnitude_operands operands;
static const oracle_shape shape = {B, T, H, D};
static const gauge_precision float32 = {.unit = 0x1p-24};

static void draw(unsigned seed, double low) {
  srand(seed);
  for (int o = 0; o < ORACLE_OPERANDS; o++) {
    for (size_t i = 0; i < COUNT; i++)
      operand[o][i] = (float)(low + (1 - low) * rand() / RAND_MAX);
    operands.value[o] = operand[o];
  }
}

static void make(sample_rule rule, bounds *b) {
  error err;
  EXPECT_OK(bounds_make(&shape, 1e-6, &operands, float32, rule, b, &err), &err);
}

static bool has(const size_t *token, size_t count, size_t wanted) {
  for (size_t i = 0; i < count; i++)
    if (token[i] == wanted) return true;
  return false;
}

static void short_sequences_are_judged_whole(void **state) {
  (void)state;
  static const oracle_shape small[] = {
      {1, 1, 1, 1}, {1, 1024, 1, 64}, {1, 2048, 1, 64}, {4, 256, 8, 64}};
  for (size_t i = 0; i < COUNT_OF(small); i++) {
    size_t *token, count;
    error err;
    EXPECT_OK(sample_choose(&small[i], SAMPLE_BY_WORK, &token, &count, &err), &err);
    assert_null(token);
    assert_int_equal(count, small[i].seq_len);
  }
}

static void long_ones_by_boundaries_and_spread(void **state) {
  (void)state;
  static const size_t wanted[] = {0,     1,     2,     14,    15,    16,    46,    47,
                                  48,    62,    63,    64,    767,   1023,  1024,  16383,
                                  16384, 32511, 32512, 32513, 32704, 32752, 32766, 32767};
  const oracle_shape large = {1, 32768, 1, 64};
  size_t *token, count, gap = 0;
  error err;
  EXPECT_OK(sample_choose(&large, SAMPLE_BY_WORK, &token, &count, &err), &err);
  assert_non_null(token);
  assert_in_range(count, 80, 200);
  for (size_t i = 0; i < COUNT_OF(wanted); i++)
    if (!has(token, count, wanted[i])) fail_msg("no row %zu", wanted[i]);
  for (size_t i = 1; i < count; i++) {
    assert_true(token[i] > token[i - 1]);
    if (token[i] - token[i - 1] > gap) gap = token[i] - token[i - 1];
  }
  assert_true(gap <= 32768 / 8);
  free(token);
}

static void its_rows_have_the_bits_of_all_rows(void **state) {
  (void)state;
  for (unsigned seed = 1; seed <= 2; seed++) {
    bounds all, some;
    draw(seed, seed % 2 ? -1 : 0);
    make(SAMPLE_ALL, &all);
    make(SAMPLE_SOME, &some);
    assert_int_equal(all.rows, B * T * H);
    assert_int_equal(some.rows, B * some.tokens * H);
    assert_true(some.tokens < T);
    for (size_t i = 0; i < some.rows; i++) {
      const size_t t = bounds_token(&some, i / H % some.tokens);
      const size_t from = (i / H / some.tokens * T + t) * H + i % H;
      const size_t bytes = D * sizeof(double);
      assert_memory_equal(some.y + i * D, all.y + from * D, bytes);
      assert_memory_equal(some.det + i * D, all.det + from * D, bytes);
      assert_memory_equal(some.stat + i * D, all.stat + from * D, bytes);
      assert_true(some.row[i].own == all.row[from].own);
      assert_int_equal(some.row[i].culprit.token, all.row[from].culprit.token);
      assert_int_equal(some.row[i].columns, all.row[from].columns);
    }
    bounds_free(&all);
    bounds_free(&some);
  }
}

/* A NaN between sampled rows poisons the later ones. */
static void what_is_passed_by_still_counts(void **state) {
  (void)state;
  bounds b;
  draw(3, 0);
  make(SAMPLE_SOME, &b);
  size_t passed = 0;
  while (has(b.token, b.tokens, passed)) passed++;
  bounds_free(&b);
  operand[1][passed * H * D] = NAN; /* QK, batch 0, head 0 */
  make(SAMPLE_SOME, &b);
  for (size_t i = 0; i < b.tokens; i++) {
    assert_int_equal(b.row[i * H].poisoned, b.token[i] > passed);
    assert_int_equal(b.row[i * H + 1].poisoned, 0);
  }
  bounds_free(&b);
}

typedef struct comparison {
  const bounds *own; /* by float64, both sides' errors granted */
  double *room;
  double largest;
  size_t rows;
} comparison;

static bool compare(void *context, const oracle_row *row, error *err) {
  comparison *c = context;
  double y[D];
  const size_t at = ((row->batch * T + row->t) * H + row->head) * D;
  (void)err;
  reassociated_row(&shape, 1e-6, operands.value, row, c->room, y);
  for (size_t k = 0; k < D; k++) {
    const double granted = c->own->det[at + k], off = fabs(y[k] - row->y[k]);
    if (!(off <= granted)) fail_msg("row %zu: %g over %g", row->t, off, granted);
    if (off > 0) c->largest = fmax(c->largest, off / granted);
  }
  c->rows++;
  return true;
}

static void another_association_agrees_but_for_rounding(void **state) {
  (void)state;
  static double y[COUNT];
  for (unsigned seed = 5; seed <= 8; seed++) {
    bounds own;
    error err;
    draw(seed, seed % 2 ? -1 : 0);
    EXPECT_OK(
        bounds_make(&shape, 1e-6, &operands, (gauge_precision){.unit = GAUGE_FLOAT64},
                    SAMPLE_ALL, &own, &err),
        &err);
    comparison c = {.own = &own,
                    .room = calloc(reassociated_room(&shape), sizeof *c.room)};
    const oracle_visitor visitor = {.visit = compare, .context = &c};
    EXPECT_OK(oracle_attention(&shape, 1e-6, operands.value, y, &visitor, &err), &err);
    assert_int_equal(c.rows, B * T * H);
    assert_true(c.largest > 1e-8);
    free(c.room);
    bounds_free(&own);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(short_sequences_are_judged_whole),
      cmocka_unit_test(long_ones_by_boundaries_and_spread),
      cmocka_unit_test(its_rows_have_the_bits_of_all_rows),
      cmocka_unit_test(what_is_passed_by_still_counts),
      cmocka_unit_test(another_association_agrees_but_for_rounding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
