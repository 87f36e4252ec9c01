#include "compare.h"

#include <math.h>

#include "../check.h"
#include "linkv/registry.h"
#include "noise_floor.h"
#include "times.h"

enum { ROUNDS = 8, MANY_ROUNDS = 12 };
/* Of so many rounds that all lean one way, two-sided. */
#define P_OF_ROUNDS      (2.0 / 256)
#define P_OF_MANY_ROUNDS (2.0 / 4096)

static comparison compared(const rows *base, const rows *head, const compare_rule *rule) {
  const compare_rule usual = compare_rule_default();
  comparison c;
  error err;
  EXPECT_OK(compare_make(base, head, rule ? rule : &usual, &c, &err), &err);
  return c;
}

static const compare_point *find(const comparison *c, const char *kernel) {
  for (size_t i = 0; i < c->count; i++) {
    const row *r = c->point[i].base ? c->point[i].base : c->point[i].head;
    if (!strcmp(r->field[ROW_kernel].text, kernel)) return &c->point[i];
  }
  fail_msg("no point of %s", kernel);
  return NULL;
}

/* Within a thousandth: times differ by less. */
static void expect_near(double got, double wanted) {
  if (!(fabs(got - wanted) <= 1e-3 * fabs(wanted)))
    fail_msg("%.12g is not %.12g", got, wanted);
}

/* One point of each side, so many times as slow in head. */
typedef struct sides {
  rows base, head;
} sides;

static sides two_rows(double ratio) {
  sides s = {0};
  add_timed(&s.base, "k", 64, ROUNDS, 1000);
  add_timed(&s.head, "k", 64, ROUNDS, 1000 * ratio);
  return s;
}

static void free_sides(sides *s) {
  rows_free(&s->base);
  rows_free(&s->head);
}

/* Their one point; its rows must not be looked at. */
static compare_point judged(sides *s, const compare_rule *rule) {
  comparison c = compared(&s->base, &s->head, rule);
  assert_int_equal(c.count, 1);
  const compare_point p = c.point[0];
  compare_free(&c);
  free_sides(s);
  return p;
}

static void sides_meet_by_axes_in_any_order(void **state) {
  (void)state;
  rows base = {0}, head = {0};
  for (int64_t t = 8; t <= 32; t *= 2)
    add_timed(&base, "k", t, ROUNDS, 100.0 * (double)t);
  for (int64_t t = 64; t >= 16; t /= 2)
    add_timed(&head, "k", t, ROUNDS, 200.0 * (double)t);
  comparison c = compared(&base, &head, NULL);
  assert_int_equal(c.count, 4);
  assert_int_equal(c.both, 2);
  assert_int_equal(c.timed, 2);
  assert_int_equal(c.by_verdict[COMPARE_SLOWER], 2);
  for (size_t i = 0; i < c.count; i++) {
    const compare_point *p = &c.point[i];
    const row *either = p->base ? p->base : p->head;
    assert_int_equal(either->field[ROW_seq_len].integer, 8 << i);
    if (!p->base || !p->head) continue;
    assert_int_equal(p->base->field[ROW_seq_len].integer,
                     p->head->field[ROW_seq_len].integer);
    expect_near(p->ratio.estimate, 2);
  }
  compare_free(&c);
  rows_free(&base);
  rows_free(&head);
}

static void every_axis_tells_points_apart(void **state) {
  (void)state;
  static const int texts[] = {ROW_stage, ROW_regime, ROW_kernel};
  static const int sizes[] = {ROW_batch,   ROW_heads,  ROW_seq_len, ROW_head_dim,
                              ROW_threads, ROW_tile_q, ROW_tile_k,  ROW_seed};
  for (size_t i = 0; i < COUNT_OF(texts) + COUNT_OF(sizes); i++) {
    sides s = two_rows(1);
    if (i < COUNT_OF(texts))
      row_set_text(s.head.row, texts[i], "another");
    else
      row_set_integer(s.head.row, sizes[i - COUNT_OF(texts)], 7);
    comparison c = compared(&s.base, &s.head, NULL);
    assert_int_equal(c.both, 0);
    assert_int_equal(c.count, 2);
    compare_free(&c);
    free_sides(&s);
  }
  /* What is no axis does not. */
  sides s = two_rows(1);
  row_set_text(s.head.row, ROW_label, "another");
  row_set_text(s.head.row, ROW_machine, "fedcba9876543210");
  row_set_text(s.head.row, ROW_kernel_build, "0000000000000001");
  comparison c = compared(&s.base, &s.head, NULL);
  assert_int_equal(c.both, 1);
  compare_free(&c);
  free_sides(&s);
}

static void a_point_twice_is_refused(void **state) {
  (void)state;
  const compare_rule rule = compare_rule_default();
  rows once = {0}, twice = {0};
  comparison c;
  error err;
  add_timed(&once, "k", 64, ROUNDS, 1000);
  for (int i = 0; i < 2; i++) add_timed(&twice, "k", 64, ROUNDS, 1000);
  assert_false(compare_make(&once, &twice, &rule, &c, &err));
  EXPECT_SAYS(&err, "head has k/attention/gaussian/seed:1/B:1/T:64/H:2/d:64/p:1 twice",
              "--where");
  assert_false(compare_make(&twice, &once, &rule, &c, &err));
  EXPECT_SAYS(&err, "base has k/attention/");
  rows_free(&once);
  rows_free(&twice);
}

static void what_one_side_has_is_listed(void **state) {
  (void)state;
  rows base = {0}, head = {0};
  add_timed(&base, "gone", 64, ROUNDS, 1000);
  add_timed(&base, "kept", 64, ROUNDS, 1000);
  add_timed(&head, "kept", 64, ROUNDS, 1000);
  add_timed(&head, "more", 64, ROUNDS, 1000);
  add_timed(&head, "new", 64, ROUNDS, 1000);
  comparison c = compared(&base, &head, NULL);
  assert_int_equal(c.both, 1);
  assert_int_equal(c.base_only, 1);
  assert_int_equal(c.head_only, 2);
  assert_int_equal(c.by_fault[2], 0);
  assert_int_equal(c.by_fault[5], 1);
  const compare_point *gone = find(&c, "gone"), *fresh = find(&c, "new");
  assert_null(gone->head);
  assert_int_equal(gone->faults, COMPARE_MISSING);
  assert_string_equal(gone->reason, "head does not have it");
  assert_null(fresh->base);
  assert_int_equal(fresh->faults, 0);
  assert_string_equal(fresh->reason, "base does not have it");
  assert_int_equal(fresh->verdict, COMPARE_UNTIMED);
  /* They are of no verdict. */
  assert_int_equal(c.by_verdict[COMPARE_UNTIMED], 0);
  assert_true(compare_fails(&c, COMPARE_MISSING | COMPARE_IS_SLOWER));
  assert_false(compare_fails(&c, ~(unsigned)COMPARE_MISSING));
  compare_free(&c);
  rows_free(&base);
  rows_free(&head);
}

static void verdicts_and_faults_are_counted(void **state) {
  (void)state;
  rows base = {0}, head = {0};
  static const struct {
    const char *kernel;
    double ratio;
    size_t rounds;
  } points[] = {{"same", 1, MANY_ROUNDS},
                {"faster", 0.8, MANY_ROUNDS},
                {"slower", 1.2, MANY_ROUNDS},
                {"unsure", 1.2, 3}};
  for (size_t i = 0; i < COUNT_OF(points); i++) {
    add_timed(&base, points[i].kernel, 64, points[i].rounds, 1000);
    add_timed(&head, points[i].kernel, 64, points[i].rounds, 1000 * points[i].ratio);
  }
  sample_row(&base, "untimed", 64, 1000, 1e-7);
  sample_row(&head, "untimed", 64, 1000, 1e-7);
  comparison c = compared(&base, &head, NULL);
  assert_int_equal(find(&c, "same")->verdict, COMPARE_SAME);
  assert_int_equal(find(&c, "faster")->verdict, COMPARE_FASTER);
  assert_int_equal(find(&c, "slower")->verdict, COMPARE_SLOWER);
  assert_int_equal(find(&c, "unsure")->verdict, COMPARE_UNSURE);
  assert_int_equal(find(&c, "untimed")->verdict, COMPARE_UNTIMED);
  assert_string_equal(find(&c, "untimed")->reason, "both not timed");
  for (int v = 0; v < COMPARE_VERDICTS; v++) assert_int_equal(c.by_verdict[v], 1);
  assert_int_equal(c.timed, 4);
  assert_int_equal(c.unjudged, 1);
  assert_int_equal(find(&c, "slower")->faults, COMPARE_IS_SLOWER);
  assert_int_equal(find(&c, "faster")->faults, 0);
  assert_int_equal(c.by_fault[0], 1);
  assert_true(compare_fails(&c, COMPARE_IS_SLOWER));
  /* Verdicts of a race are put in place of these. */
  for (size_t i = 0; i < c.count; i++)
    if (c.point[i].verdict == COMPARE_SLOWER)
      c.point[i].verdict = COMPARE_SAME;
    else if (c.point[i].verdict == COMPARE_UNSURE)
      c.point[i].verdict = COMPARE_UNTIMED;
  compare_count(&c);
  assert_int_equal(find(&c, "slower")->faults, 0);
  assert_int_equal(c.by_verdict[COMPARE_SAME], 2);
  assert_int_equal(c.by_verdict[COMPARE_UNTIMED], 2);
  assert_int_equal(c.both, 5);
  assert_int_equal(c.timed, 3);
  assert_false(compare_fails(&c, ~0U));
  compare_free(&c);
  rows_free(&base);
  rows_free(&head);
}

/* `few` points of 8 rounds and `many` of 12, all slower; `untimed` more. */
static comparison family(size_t few, size_t many, size_t untimed, sides *s) {
  *s = (sides){0};
  for (size_t i = 0; i < few + many + untimed; i++) {
    const size_t rounds = i < few ? ROUNDS : MANY_ROUNDS;
    add_timed(&s->base, "k", 8 + (int64_t)i, rounds, 1000);
    row *h = add_timed(&s->head, "k", 8 + (int64_t)i, rounds, 1200);
    if (i >= few + many) row_set_text(h, ROW_status, "skipped");
  }
  return compared(&s->base, &s->head, NULL);
}

static void the_level_is_the_familys(void **state) {
  (void)state;
  sides s;
  /* Two points of 8 rounds are sure enough, three are not. */
  comparison c = family(2, 0, 0, &s);
  assert_int_equal(c.by_verdict[COMPARE_SLOWER], 2);
  expect_near(c.point[0].p_value, 2 * P_OF_ROUNDS);
  compare_free(&c);
  free_sides(&s);
  c = family(3, 0, 0, &s);
  assert_int_equal(c.by_verdict[COMPARE_UNSURE], 3);
  expect_near(c.point[2].p_value, 3 * P_OF_ROUNDS);
  compare_free(&c);
  free_sides(&s);
  /* Holm: what is found already does not count against the others. */
  c = family(2, 1, 0, &s);
  assert_int_equal(c.by_verdict[COMPARE_SLOWER], 3);
  expect_near(c.point[0].p_value, 2 * P_OF_ROUNDS);
  expect_near(c.point[2].p_value, 3 * P_OF_MANY_ROUNDS);
  compare_free(&c);
  free_sides(&s);
  /* Nor does what is not timed. */
  c = family(2, 0, 5, &s);
  assert_int_equal(c.by_verdict[COMPARE_SLOWER], 2);
  assert_int_equal(c.by_verdict[COMPARE_UNTIMED], 5);
  compare_free(&c);
  free_sides(&s);
}

static void the_mean_is_geometric_and_of_what_is_timed(void **state) {
  (void)state;
  static const double ratios[] = {0.5, 1, 1.7, 3};
  rows base = {0}, head = {0};
  double sum = 0, squares = 0;
  for (size_t i = 0; i < COUNT_OF(ratios); i++) {
    add_timed(&base, "k", 8 + (int64_t)i, ROUNDS, 1000);
    add_timed(&head, "k", 8 + (int64_t)i, ROUNDS, 1000 * ratios[i]);
    sum += log(ratios[i]);
    squares += log(ratios[i]) * log(ratios[i]);
  }
  add_timed(&base, "failed", 8, ROUNDS, 1000);
  row_set_text(add_timed(&head, "failed", 8, ROUNDS, 9000), ROW_status, "crashed");
  add_timed(&head, "new", 8, ROUNDS, 9000);
  comparison c = compared(&base, &head, NULL);
  const double n = COUNT_OF(ratios), mean = sum / n;
  const double spread = sqrt((squares - n * mean * mean) / (n - 1));
  /* Student's 97.5 % with three degrees of freedom. */
  const double half = 3.18244630528371 * spread / sqrt(n);
  expect_near(c.mean.estimate, exp(mean));
  assert_true(fabs(c.mean.low / exp(mean - half) - 1) < 1e-3);
  assert_true(fabs(c.mean.high / exp(mean + half) - 1) < 1e-3);
  compare_free(&c);
  rows_free(&base);
  rows_free(&head);
}

static void nothing_timed_has_no_mean(void **state) {
  (void)state;
  rows base = {0}, head = {0};
  sample_row(&base, "k", 8, 1000, 1e-7);
  sample_row(&head, "k", 8, 1000, 1e-7);
  comparison c = compared(&base, &head, NULL);
  assert_int_equal(c.timed, 0);
  assert_true(isnan(c.mean.estimate) && c.mean.coverage == 0);
  compare_free(&c);
  rows_free(&base);
  rows_free(&head);
}

static void a_status_that_turned_bad_is_a_fault(void **state) {
  (void)state;
  static const struct {
    const char *base, *head;
    unsigned faults;
    const char *reason;
  } cases[] = {
      {"ok", "wrong", COMPARE_IS_WRONG, "wrong"},
      {"ok", "untrusted", COMPARE_IS_WRONG, "untrusted"},
      {"crashed", "wrong", COMPARE_IS_WRONG, "wrong"},
      {"wrong", "untrusted", 0, "untrusted as before"},
      {"wrong", "wrong", 0, "wrong as before"},
      {"ok", "crashed", COMPARE_HAS_FAILED, "crashed"},
      {"ok", "ill_conditioned", COMPARE_HAS_FAILED, "ill_conditioned"},
      {"ok", NULL, COMPARE_HAS_FAILED, "without a status"},
      {"skipped", "skipped", 0, "skipped as before"},
      {"wrong", "ok", 0, "base was wrong"},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    sides s = two_rows(2);
    row_set_text(s.base.row, ROW_status, cases[i].base);
    row_set_text(s.head.row, ROW_status, cases[i].head);
    const compare_point p = judged(&s, NULL);
    assert_int_equal(p.faults, cases[i].faults);
    assert_string_equal(p.reason, cases[i].reason);
    /* Its times tell nothing, and its p counts for none. */
    assert_int_equal(p.verdict, COMPARE_UNTIMED);
    assert_true(p.p_value == 1 && p.floor == 0);
  }
}

static void growth_beyond_its_factor_is_a_fault(void **state) {
  (void)state;
  static const struct {
    int field;
    unsigned fault;
    double base, most;
  } cases[] = {
      {ROW_max_rel_err, COMPARE_ERROR, 1e-7, 2e-7},
      {ROW_rms_rel_err, COMPARE_ERROR, 1e-8, 2e-8},
      {ROW_r_stat_max, COMPARE_ERROR, 0.125, 0.25},
      {ROW_max_rel_err, COMPARE_ERROR, 0, 0},
      {ROW_workspace_bytes, COMPARE_MEMORY, 4000, 5000},
      {ROW_workspace_bytes, COMPARE_MEMORY, 0, 0},
      {ROW_peak_bytes, COMPARE_MEMORY, 4000, 5000 + COMPARE_PEAK_SLACK},
  };
  compare_rule rule = compare_rule_default();
  rule.memory_growth = 1.25;
  for (size_t i = 0; i < COUNT_OF(cases); i++)
    for (int change = 0; change < 4; change++) {
      const int field = cases[i].field;
      const bool real = row_fields[field].kind == VALUE_REAL;
      const double step = real ? 1e-9 : 1;
      const double head[] = {cases[i].most, cases[i].most + step, 0, NAN};
      sides s = two_rows(1);
      if (real) {
        row_set_real(s.base.row, field, cases[i].base);
        row_set_real(s.head.row, field, head[change]);
      } else {
        row_set_integer(s.base.row, field, (int64_t)cases[i].base);
        row_set_integer(s.head.row, field, change == 3 ? 0 : (int64_t)head[change]);
        if (change == 3) s.head.row->field[field].known = false;
      }
      const compare_point p = judged(&s, &rule);
      assert_int_equal(p.faults, change % 2 ? cases[i].fault : 0);
      assert_int_equal(p.verdict, COMPARE_SAME);
      const char *const why = change == 1   ? " grew from "
                              : change == 3 ? " is not known any more"
                                            : "";
      assert_non_null(strstr(p.reason, why));
      assert_int_equal(*p.reason != 0, change % 2);
      if (change % 2) assert_non_null(strstr(p.reason, row_fields[field].name));
    }
}

static void drift_is_told_with_all_that_drifted(void **state) {
  (void)state;
  sides s = two_rows(1.2);
  row_set_real(s.head.row, ROW_max_rel_err, INFINITY);
  row_set_integer(s.head.row, ROW_peak_bytes, (int64_t)1 << 40);
  compare_point p = judged(&s, NULL);
  assert_int_equal(p.faults, COMPARE_IS_SLOWER | COMPARE_ERROR | COMPARE_MEMORY);
  assert_string_equal(p.reason,
                      "max_rel_err grew from 1e-07 to inf; peak_bytes grew from 262144 "
                      "to 1.09951163e+12");
  /* What base does not know cannot have grown; what failed has no error. */
  s = two_rows(1);
  row_set_real(s.base.row, ROW_max_rel_err, NAN);
  row_set_real(s.head.row, ROW_max_rel_err, 1);
  assert_int_equal(judged(&s, NULL).faults, 0);
  s = two_rows(1);
  row_set_text(s.head.row, ROW_status, "crashed");
  row_set_real(s.head.row, ROW_max_rel_err, NAN);
  assert_int_equal(judged(&s, NULL).faults, COMPARE_HAS_FAILED);
}

static void times_that_are_none_are_not_judged(void **state) {
  (void)state;
  const double bad[] = {0, -1, NAN, INFINITY};
  for (size_t i = 0; i < COUNT_OF(bad); i++)
    for (int side = 0; side < 2; side++) {
      sides s = two_rows(1);
      (side ? s.head : s.base).row->sample[ROUNDS - 1].time_ns = bad[i];
      const compare_point p = judged(&s, NULL);
      assert_int_equal(p.verdict, COMPARE_UNTIMED);
      assert_true(p.unjudged);
      assert_string_equal(p.reason, side ? "head not timed" : "base not timed");
    }
  compare_rule rule = compare_rule_default();
  rule.shares = true;
  sides s = two_rows(1);
  assert_int_equal(judged(&s, &rule).verdict, COMPARE_SAME);
  s = two_rows(1);
  row_set_real(s.base.row, ROW_share_of_peak, NAN);
  const compare_point p = judged(&s, &rule);
  assert_int_equal(p.verdict, COMPARE_UNTIMED);
  assert_true(p.unjudged);
  assert_string_equal(p.reason, "base without a share of peak");
  s = two_rows(1);
  row_set_text(s.head.row, ROW_status, "wrong");
  assert_false(judged(&s, NULL).unjudged);
}

static void a_known_floor_counts_where_it_is_more(void **state) {
  (void)state;
  compare_rule rule = compare_rule_default();
  sides s = two_rows(1.1);
  const char *machine = s.base.row->field[ROW_machine].text;
  noise_test test = {.point = {.kernel = lkv_kernel_at(0), .threads = 1},
                     .call_ns = 1000,
                     .rounds = 12,
                     .floor = 0.2};
  error err;
  EXPECT_OK(store_open(":memory:", &rule.noise, &err), &err);
  EXPECT_OK(store_set_machine(rule.noise, machine, NULL, &err), &err);
  EXPECT_OK(noise_floor_add(rule.noise, machine, &test, &err), &err);
  rule.floor = 0.05;
  compare_point p = judged(&s, &rule);
  assert_true(p.floor == 0.2);
  assert_int_equal(p.verdict, COMPARE_UNSURE);
  rule.floor = 0.3;
  s = two_rows(1.1);
  assert_true(judged(&s, &rule).floor == 0.3);
  /* Of another number of threads it is not. */
  rule.floor = 0.05;
  s = two_rows(1.1);
  row_set_integer(s.base.row, ROW_threads, 2);
  row_set_integer(s.head.row, ROW_threads, 2);
  p = judged(&s, &rule);
  assert_true(p.floor == 0.05);
  assert_int_equal(p.verdict, COMPARE_SLOWER);
  store_close(rule.noise);
}

static void names_hold_the_axes_that_are_known(void **state) {
  (void)state;
  char name[COMPARE_NAME_SIZE];
  rows all = {0};
  const row *r = sample_tile(&all, "avx2_tile", 16, 192, 1000);
  compare_name(&(compare_point){.head = r}, name);
  assert_string_equal(
      name, "avx2_tile/attention/gaussian/seed:1/B:1/T:512/H:2/d:64/q:16/k:192/p:1");
  compare_name(&(compare_point){0}, name);
  assert_string_equal(name, "");
  rows_free(&all);
}

/* Head is slower by a fifth, or the same; both have ROUNDS repetitions, some of them
 * crowded. */
static void crowded_runs_are_unsure(void **state) {
  (void)state;
  static const struct {
    int64_t base, head;
    double ratio;
    bool paired;
    compare_verdict verdict;
    const char *reason;
  } cases[] = {
      {0, 0, 1.2, false, COMPARE_SLOWER, ""},
      {0, 0, 1, false, COMPARE_SAME, ""},
      {ROUNDS / 2, ROUNDS / 2, 1.2, false, COMPARE_SLOWER, ""},
      {ROUNDS / 2 + 1, 0, 1.2, false, COMPARE_UNSURE, "other processes ran beside base"},
      {ROUNDS / 2 + 1, 0, 1, false, COMPARE_UNSURE, "other processes ran beside base"},
      {0, ROUNDS / 2 + 1, 1.2, false, COMPARE_UNSURE, "other processes ran beside head"},
      {ROUNDS, ROUNDS, 1.2, false, COMPARE_UNSURE, "other processes ran beside both"},
      {ROUNDS, ROUNDS, 1.2, true, COMPARE_SLOWER, ""},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    rows base = {0}, head = {0};
    row *b = add_timed(&base, "k", 8, ROUNDS, 1000);
    row *h = add_timed(&head, "k", 8, ROUNDS, 1000 * cases[i].ratio);
    if (!cases[i].paired) set_times(h, 2, 1, ROUNDS, 1000 * cases[i].ratio);
    row_set_integer(b, ROW_crowded, cases[i].base);
    row_set_integer(h, ROW_crowded, cases[i].head);
    comparison c = compared(&base, &head, NULL);
    assert_int_equal(c.point[0].verdict, cases[i].verdict);
    assert_string_equal(c.point[0].reason, cases[i].reason);
    assert_int_equal(c.by_verdict[cases[i].verdict], 1);
    compare_free(&c);
    rows_free(&base);
    rows_free(&head);
  }
}

/* The same of repetitions that were disturbed and kept, of base, of head or both. */
static void disturbed_runs_are_unsure(void **state) {
  (void)state;
  static const struct {
    int64_t base, head;
    compare_verdict verdict;
    const char *reason;
  } cases[] = {{ROUNDS / 2, ROUNDS / 2, COMPARE_SLOWER, ""},
               {ROUNDS / 2 + 1, 0, COMPARE_UNSURE, "disturbed: base"},
               {0, ROUNDS, COMPARE_UNSURE, "disturbed: head"},
               {ROUNDS, ROUNDS, COMPARE_UNSURE, "disturbed: both"}};
  for (size_t i = 0; i < COUNT_OF(cases); i++)
    for (int64_t run = 1; run < 3; run++) {
      rows base = {0}, head = {0};
      row *b = add_timed(&base, "k", 8, ROUNDS, 1000);
      row *h = add_timed(&head, "k", 8, ROUNDS, 1200);
      set_times(h, run, 1, ROUNDS, 1200);
      row_set_integer(b, ROW_disturbed, cases[i].base);
      row_set_integer(h, ROW_disturbed, cases[i].head);
      comparison c = compared(&base, &head, NULL);
      assert_int_equal(c.point[0].verdict, run == 1 ? COMPARE_SLOWER : cases[i].verdict);
      assert_string_equal(c.point[0].reason, run == 1 ? "" : cases[i].reason);
      compare_free(&c);
      rows_free(&base);
      rows_free(&head);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sides_meet_by_axes_in_any_order),
      cmocka_unit_test(every_axis_tells_points_apart),
      cmocka_unit_test(a_point_twice_is_refused),
      cmocka_unit_test(what_one_side_has_is_listed),
      cmocka_unit_test(verdicts_and_faults_are_counted),
      cmocka_unit_test(crowded_runs_are_unsure),
      cmocka_unit_test(disturbed_runs_are_unsure),
      cmocka_unit_test(the_level_is_the_familys),
      cmocka_unit_test(the_mean_is_geometric_and_of_what_is_timed),
      cmocka_unit_test(nothing_timed_has_no_mean),
      cmocka_unit_test(a_status_that_turned_bad_is_a_fault),
      cmocka_unit_test(growth_beyond_its_factor_is_a_fault),
      cmocka_unit_test(drift_is_told_with_all_that_drifted),
      cmocka_unit_test(times_that_are_none_are_not_judged),
      cmocka_unit_test(a_known_floor_counts_where_it_is_more),
      cmocka_unit_test(names_hold_the_axes_that_are_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
