#include "../check.h"

#include <math.h>
#include <stdlib.h>

#include "judged.h"
#include "pick.h"
#include "simplicity.h"

static const pick_limits any = {
    .max_error = INFINITY, .max_bytes = INFINITY, .tie_margin = PICK_TIE_MARGIN};

/* Adds a row that qualifies, of T = 64, with an interval of +-1 %. */
static row *add(rows *all, const char *kernel, const char *isa, double time_ns,
                int64_t bytes, double rel_err) {
  row *r = add_judged(all, kernel, 64, time_ns, rel_err);
  row_set_text(r, ROW_isa, isa);
  row_set_text(r, ROW_accum_type, "float32");
  row_set_text(r, ROW_regime, "positive");
  row_set_text(r, ROW_label, "default");
  row_set_integer(r, ROW_peak_bytes, bytes);
  return r;
}

static picks made(const rows *all, const pick_limits *limits) {
  picks p;
  error err;
  EXPECT_OK(pick_make(all, limits, &p, &err), &err);
  return p;
}

static const pick_candidate *find(const pick_shape *s, const char *kernel) {
  for (size_t i = 0; i < s->count; i++)
    if (!strcmp(s->candidate[i].row->field[ROW_kernel].text, kernel))
      return &s->candidate[i];
  return NULL;
}

static void expect_choice(const rows *all, const pick_limits *limits,
                          const char *kernel) {
  picks p = made(all, limits);
  assert_int_equal(p.shapes, kernel != NULL);
  if (kernel) assert_string_equal(p.shape->chosen->row->field[ROW_kernel].text, kernel);
  picks_free(&p);
}

static void the_fastest_wins(void **state) {
  (void)state;
  rows all = {0};
  add(&all, "slow", "scalar", 200, 100, 1e-6);
  add(&all, "fast", "avx2", 100, 100, 1e-6);
  expect_choice(&all, &any, "fast");
  rows_free(&all);
}

static void the_simplest_of_ties_wins(void **state) {
  (void)state;
  rows all = {0};
  add(&all, "fast", "avx512", 100, 100, 1e-6);
  add(&all, "tied", "avx2", 101.5, 100, 1e-6);
  add(&all, "simple", "scalar", 101.9, 100, 1e-6);
  picks p = made(&all, &any);
  assert_true(find(p.shape, "fast")->tied && find(p.shape, "simple")->tied);
  assert_string_equal(p.shape->chosen->row->field[ROW_kernel].text, "simple");
  assert_true(p.shape->chosen->chosen);
  assert_false(find(p.shape, "fast")->chosen);
  picks_free(&p);
  /* Within noise, but slower than the margin allows. */
  row_set_real(&all.row[2], ROW_time_ns, 110);
  row_set_real(&all.row[2], ROW_time_ns_low, 90);
  p = made(&all, &any);
  assert_true(find(p.shape, "simple")->tied);
  assert_string_equal(p.shape->chosen->row->field[ROW_kernel].text, "tied");
  picks_free(&p);
  /* Within the margin, but slower for sure. */
  row_set_real(&all.row[1], ROW_time_ns_low, 101.01);
  p = made(&all, &any);
  assert_false(find(p.shape, "tied")->tied);
  assert_string_equal(p.shape->chosen->row->field[ROW_kernel].text, "fast");
  picks_free(&p);
  rows_free(&all);
}

static void the_front_is_what_nothing_dominates(void **state) {
  (void)state;
  rows all = {0};
  add(&all, "fast", "avx2", 100, 1000, 1e-5);
  add(&all, "small", "avx2", 200, 100, 1e-5);
  add(&all, "exact", "avx2", 300, 1000, 1e-7);
  add(&all, "beaten", "avx2", 201, 100, 1e-5);
  add(&all, "twin", "avx2", 200, 100, 1e-5);
  picks p = made(&all, &any);
  const pick_shape *s = p.shape;
  assert_int_equal(s->count, 5);
  assert_true(find(s, "fast")->front && find(s, "small")->front &&
              find(s, "exact")->front);
  assert_true(find(s, "twin")->front);
  assert_false(find(s, "beaten")->front);
  picks_free(&p);
  rows_free(&all);
}

static void limits_hold(void **state) {
  (void)state;
  rows all = {0};
  pick_limits limits = any;
  add(&all, "fast", "avx2", 100, 1000, 1e-5);
  row *r = add(&all, "exact", "avx2", 300, 500, 1e-7);
  row_set_text(r, ROW_accum_type, "float64");
  limits.max_error = 1e-6;
  expect_choice(&all, &limits, "exact");
  limits.max_error = 1e-8;
  expect_choice(&all, &limits, NULL);
  limits = any;
  limits.max_bytes = 999;
  expect_choice(&all, &limits, "exact");
  limits = any;
  limits.accum = "float64";
  expect_choice(&all, &limits, "exact");
  limits = any;
  limits.threads = 2;
  expect_choice(&all, &limits, NULL);
  rows_free(&all);
}

static void what_was_not_judged_ok_is_out(void **state) {
  static const struct {
    int field;
    const char *text;
  } bad[] = {
      {ROW_status, "ill_conditioned"},  {ROW_status, "crashed"}, {ROW_status, "skipped"},
      {ROW_verdict, "ill_conditioned"}, {ROW_verdict, NULL},     {ROW_status, "wrong"},
      {ROW_status, "untrusted"}};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    rows all = {0};
    row *r = add(&all, "fast", "avx2", 100, 100, 1e-6);
    row_set_text(r, bad[i].field, bad[i].text);
    add(&all, "slow", "avx2", 200, 100, 1e-6);
    expect_choice(&all, &any, "slow");
    rows_free(&all);
  }
  rows all = {0};
  row *r = add(&all, "once", "avx2", 100, 100, 1e-6);
  row_set_real(r, ROW_time_ns, 100);
  value_set_real(&r->field[ROW_time_ns_low], NAN);
  expect_choice(&all, &any, NULL);
  rows_free(&all);
}

static void a_kernel_that_is_wrong_somewhere_is_out_everywhere(void **state) {
  (void)state;
  rows all = {0};
  add(&all, "fast", "avx2", 100, 100, 1e-6);
  add(&all, "slow", "avx2", 200, 100, 1e-6);
  row *r = add(&all, "fast", "avx2", 300, 100, 1e-6);
  row_set_integer(r, ROW_seq_len, 4096);
  row_set_text(r, ROW_status, "wrong");
  picks p = made(&all, &any);
  assert_int_equal(p.shapes, 1);
  assert_int_equal(p.empty, 1);
  assert_string_equal(p.bad_kernel, "fast");
  assert_string_equal(p.shape->chosen->row->field[ROW_kernel].text, "slow");
  picks_free(&p);
  rows_free(&all);
}

static void a_candidate_is_what_it_is_at_its_worst(void **state) {
  (void)state;
  rows all = {0};
  add(&all, "moody", "avx2", 100, 100, 1e-6);
  row *r = add(&all, "moody", "avx2", 300, 900, 1e-5);
  row_set_text(r, ROW_regime, "gaussian");
  add(&all, "steady", "avx2", 200, 100, 1e-6);
  r = add(&all, "steady", "avx2", 200, 100, 1e-6);
  row_set_text(r, ROW_regime, "gaussian");
  add(&all, "positive_only", "avx2", 50, 100, 1e-6);
  picks p = made(&all, &any);
  assert_int_equal(p.shape->count, 2);
  assert_string_equal(p.shape->chosen->row->field[ROW_kernel].text, "steady");
  const pick_candidate *c = find(p.shape, "moody");
  assert_true(c->time_ns == 300 && c->bytes == 900 && c->error == 1e-5);
  picks_free(&p);
  rows_free(&all);
}

static void shapes_are_told_apart(void **state) {
  static const int axes[] = {ROW_batch, ROW_seq_len, ROW_heads, ROW_head_dim,
                             ROW_threads};
  (void)state;
  rows all = {0};
  add(&all, "k", "avx2", 100, 100, 1e-6);
  for (size_t i = 0; i < COUNT_OF(axes); i++)
    row_set_integer(add(&all, "k", "avx2", 100, 100, 1e-6), axes[i], 33);
  row_set_text(add(&all, "k", "avx2", 100, 100, 1e-6), ROW_stage, "block");
  row_set_text(add(&all, "k", "avx2", 100, 100, 1e-6), ROW_operand_type, "float64");
  picks p = made(&all, &any);
  assert_int_equal(p.shapes, COUNT_OF(axes) + 3);
  picks_free(&p);
  rows_free(&all);
}

static void several_races_are_refused(void **state) {
  static const int fields[] = {ROW_label, ROW_machine};
  (void)state;
  for (size_t i = 0; i < COUNT_OF(fields); i++) {
    rows all = {0};
    picks p;
    error err;
    add(&all, "a", "avx2", 100, 100, 1e-6);
    row_set_text(add(&all, "b", "avx2", 100, 100, 1e-6), fields[i], "other");
    assert_false(pick_make(&all, &any, &p, &err));
    EXPECT_SAYS(&err, "not of one race", "= 'other'", row_fields[fields[i]].name);
    rows_free(&all);
  }
}

static void simple_is_ordered(void **state) {
  (void)state;
  rows all = {0};
  /* Each is simpler than all that follow. */
  add(&all, "scalar_row", "scalar", 1, 1, 0);
  row *r = add(&all, "scalar_tile", "scalar", 1, 1, 0);
  row_set_integer(r, ROW_tile_q, 7);
  row_set_integer(r, ROW_tile_k, 3);
  add(&all, "avx2_row", "avx2", 1, 1, 0);
  r = add(&all, "avx2_zzz", "avx2", 1, 1, 0);
  row_set_integer(r, ROW_workspace_bytes, 10);
  r = add(&all, "avx2_tile", "avx2", 1, 1, 0);
  row_set_integer(r, ROW_workspace_bytes, 20);
  r = add(&all, "avx2_tile", "avx2", 1, 1, 0);
  row_set_integer(r, ROW_workspace_bytes, 5);
  row_set_integer(r, ROW_tile_q, 4096);
  row_set_integer(r, ROW_tile_k, 1);
  add(&all, "avx512_row", "avx512", 1, 1, 0);
  for (size_t i = 0; i < all.count; i++)
    for (size_t j = 0; j < all.count; j++) {
      const int order = simplicity_order(&all.row[i], &all.row[j]);
      assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
    }
  rows_free(&all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_fastest_wins),
      cmocka_unit_test(the_simplest_of_ties_wins),
      cmocka_unit_test(the_front_is_what_nothing_dominates),
      cmocka_unit_test(limits_hold),
      cmocka_unit_test(what_was_not_judged_ok_is_out),
      cmocka_unit_test(a_kernel_that_is_wrong_somewhere_is_out_everywhere),
      cmocka_unit_test(a_candidate_is_what_it_is_at_its_worst),
      cmocka_unit_test(shapes_are_told_apart),
      cmocka_unit_test(several_races_are_refused),
      cmocka_unit_test(simple_is_ordered),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
