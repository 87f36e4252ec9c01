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

/* Twice as fast at either end: lines of equal slopes cross at the geometric mean. */
static void choices_change_where_times_cross(void **state) {
  static const size_t lengths[] = {16, 64, 65, 256};
  static const char *const names[] = {"scalar_row", "scalar_row", "scalar_per_step",
                                      "scalar_per_step"};
  (void)state;
  rows all = {0};
  picks p;
  lkv_wisdom w;
  error err;
  add(&all, "scalar_row", 16, 100);
  add(&all, "scalar_per_step", 16, 200);
  add(&all, "scalar_row", 256, 2000);
  add(&all, "scalar_per_step", 256, 1000);
  make(&all, &p);
  EXPECT_OK(pick_wisdom_make(&p, here, "here", &w, &err), &err);
  assert_int_equal(w.kernels, 2);
  assert_int_equal(w.choices, COUNT_OF(lengths));
  for (size_t i = 0; i < w.choices; i++) {
    assert_in_range(w.choice[i].seq_len, lengths[i] - 1, lengths[i]);
    assert_string_equal(w.kernel[w.choice[i].kernel].name, names[i]);
  }
  pick_wisdom_free(&w);
  picks_free(&p);
  rows_free(&all);
}

static void one_pick_needs_no_crossing(void **state) {
  (void)state;
  rows all = {0};
  picks p;
  lkv_wisdom w;
  error err;
  add(&all, "scalar_row", 16, 100);
  add(&all, "scalar_row", 256, 2000);
  add(&all, "scalar_per_step", 1024, 2000); /* where the other was not measured */
  make(&all, &p);
  EXPECT_OK(pick_wisdom_make(&p, here, "here", &w, &err), &err);
  assert_int_equal(w.choices, 3);
  pick_wisdom_free(&w);
  picks_free(&p);
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
      cmocka_unit_test(one_pick_needs_no_crossing),
      cmocka_unit_test(other_machines_and_builds_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
