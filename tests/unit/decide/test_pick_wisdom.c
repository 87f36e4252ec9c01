#include "../check.h"

#include <math.h>
#include <stdlib.h>

#include "judged.h"
#include "linkv/registry.h"
#include "pick_wisdom.h"

static const char here[] = "0123456789abcdef";

static void add(rows *all, const char *kernel, int64_t seq_len, double time_ns) {
  row *r = add_judged(all, kernel, seq_len, time_ns, 1e-6);
  row_set_text(r, ROW_kernel_build, lkv_kernel_build(lkv_kernel_find(kernel)));
}

static void make(const rows *all, picks *p) {
  const pick_limits any = {
      .max_error = INFINITY, .max_bytes = INFINITY, .tie_margin = PICK_TIE_MARGIN};
  error err;
  EXPECT_OK(pick_make(all, &any, p, &err), &err);
}

typedef struct expected {
  size_t seq_len;
  const char *kernel;
} expected;

static void expect_choices(const rows *all, const expected *e, size_t count) {
  picks p;
  lkv_wisdom w;
  error err;
  make(all, &p);
  EXPECT_OK(pick_wisdom_make(&p, here, "here", &w, &err), &err);
  assert_int_equal(w.choices, count);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(w.choice[i].seq_len, e[i].seq_len);
    assert_string_equal(w.kernel[w.choice[i].kernel].name, e[i].kernel);
  }
  pick_wisdom_free(&w);
  picks_free(&p);
}

/* Twice as fast at either end: the lines cross at the geometric mean. */
static void choices_change_where_times_cross(void **state) {
  static const expected e[] = {{16, "scalar_row"},
                               {63, "scalar_row"},
                               {64, "scalar_per_step"},
                               {255, "scalar_per_step"}};
  (void)state;
  rows all = {0};
  add(&all, "scalar_row", 16, 100);
  add(&all, "scalar_per_step", 16, 200);
  add(&all, "scalar_row", 255, 2000);
  add(&all, "scalar_per_step", 255, 1000);
  expect_choices(&all, e, COUNT_OF(e));
  rows_free(&all);
}

static void a_third_is_chosen_in_the_middle(void **state) {
  static const expected e[] = {{16, "scalar_row"},          {27, "scalar_row"},
                               {28, "scalar_materialized"}, {151, "scalar_materialized"},
                               {152, "scalar_per_step"},    {256, "scalar_per_step"}};
  (void)state;
  rows all = {0};
  add(&all, "scalar_row", 16, 100);
  add(&all, "scalar_per_step", 16, 400);
  add(&all, "scalar_materialized", 16, 130);
  add(&all, "scalar_row", 256, 4000);
  add(&all, "scalar_per_step", 256, 1000);
  add(&all, "scalar_materialized", 256, 1300);
  expect_choices(&all, e, COUNT_OF(e));
  /* It holds for its build too. */
  picks p;
  lkv_wisdom w;
  error err;
  row_set_text(&all.row[2], ROW_kernel_build, "0000000000000000");
  make(&all, &p);
  assert_false(pick_wisdom_make(&p, here, "here", &w, &err));
  EXPECT_SAYS(&err, "'scalar_materialized' was measured as build 0000000000000000");
  picks_free(&p);
  rows_free(&all);
}

static void set_time(row *r, double time_ns) {
  row_set_real(r, ROW_time_ns, time_ns);
  row_set_real(r, ROW_time_ns_low, 0.99 * time_ns);
  row_set_real(r, ROW_time_ns_high, 1.01 * time_ns);
}

/* Measured lengths are there once, and so is a stretch of one length. */
static void no_shape_is_there_twice(void **state) {
  static const expected e[] = {
      {16, "scalar_row"}, {17, "scalar_materialized"}, {18, "scalar_per_step"}};
  static const expected early[] = {
      {16, "scalar_row"}, {17, "scalar_per_step"}, {18, "scalar_per_step"}};
  static const expected late[] = {
      {16, "scalar_row"}, {17, "scalar_row"}, {18, "scalar_per_step"}};
  (void)state;
  rows all = {0};
  add(&all, "scalar_row", 16, 100);
  add(&all, "scalar_per_step", 16, 400);
  add(&all, "scalar_row", 18, 400);
  add(&all, "scalar_per_step", 18, 100);
  set_time(&all.row[1], 103);
  expect_choices(&all, early, COUNT_OF(early));
  set_time(&all.row[1], 400);
  set_time(&all.row[2], 103);
  expect_choices(&all, late, COUNT_OF(late));
  set_time(&all.row[2], 400);
  add(&all, "scalar_materialized", 16, 110);
  add(&all, "scalar_materialized", 18, 110);
  expect_choices(&all, e, COUNT_OF(e));
  rows_free(&all);
}

static void one_pick_needs_no_crossing(void **state) {
  static const expected e[] = {
      {16, "scalar_row"}, {256, "scalar_row"}, {1024, "scalar_per_step"}};
  (void)state;
  rows all = {0};
  add(&all, "scalar_row", 16, 100);
  add(&all, "scalar_row", 256, 2000);
  add(&all, "scalar_per_step", 1024, 2000); /* where the other was not measured */
  expect_choices(&all, e, COUNT_OF(e));
  rows_free(&all);
}

static void other_machines_and_builds_are_refused(void **state) {
  (void)state;
  rows all = {0};
  picks p;
  lkv_wisdom w;
  error err;
  add(&all, "scalar_row", 16, 100);
  make(&all, &p);
  assert_false(pick_wisdom_make(&p, "fedcba9876543210", "there", &w, &err));
  EXPECT_SAYS(&err, "measured on machine 0123456789abcdef", "this is fedcba9876543210");
  row_set_text(&all.row[0], ROW_kernel_build, "0000000000000000");
  assert_false(pick_wisdom_make(&p, here, "here", &w, &err));
  EXPECT_SAYS(&err, "'scalar_row' was measured as build 0000000000000000", "sweep again");
  picks_free(&p);
  rows_free(&all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(choices_change_where_times_cross),
      cmocka_unit_test(a_third_is_chosen_in_the_middle),
      cmocka_unit_test(no_shape_is_there_twice),
      cmocka_unit_test(one_pick_needs_no_crossing),
      cmocka_unit_test(other_machines_and_builds_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
