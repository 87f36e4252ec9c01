/* Repetitions put together, and the user's filter. */
#include <math.h>

#include "sample.h"

static rows read_rows(store *s, const char *where) {
  rows all;
  error err;
  EXPECT_OK(store_rows(s, STORE_LATEST_BUILD, where, &all, &err), &err);
  return all;
}

/* The one row of a store. */
static rows read_one(store *s) {
  rows all = read_rows(s, NULL);
  assert_int_equal(all.count, 1);
  return all;
}

/* The row of a point with these repetitions; the records are freed. */
static rows row_of(const record repetition[], unsigned count) {
  int64_t run;
  store *s = sample_store(&run);
  for (unsigned i = 0; i < count; i++) sample_add(s, run, 32, i + 1, repetition[i]);
  rows all = read_one(s);
  store_close(s);
  return all;
}

#define ROW_OF(...) \
  row_of((const record[]){__VA_ARGS__}, COUNT_OF(((const record[]){__VA_ARGS__})))

static void expect_text(const row *r, int field, const char *text) {
  if (!text)
    assert_false(r->field[field].known);
  else
    assert_string_equal(r->field[field].text, text);
}

static void expect_integer(const row *r, int field, int64_t integer) {
  assert_true(r->field[field].known);
  assert_true(r->field[field].integer == integer);
}

static void expect_real(const row *r, int field, double real) {
  assert_true(r->field[field].known);
  if (!(fabs(r->field[field].real - real) <= 1e-14 * fabs(real)))
    fail_msg("%s: %.17g, not %.17g", row_fields[field].name, r->field[field].real, real);
}

static void axes_and_identities_are_taken_over(void **state) {
  (void)state;
  rows all = ROW_OF(sample_record("skipped", 0));
  const row *r = all.row;
  expect_text(r, ROW_kernel, "scalar_sample");
  expect_text(r, ROW_algorithm, "sample");
  expect_text(r, ROW_isa, "scalar");
  expect_text(r, ROW_operand_type, "float32");
  expect_text(r, ROW_accum_type, "float64");
  expect_text(r, ROW_stage, "attention");
  expect_text(r, ROW_regime, "gaussian");
  expect_integer(r, ROW_seed, 1);
  expect_integer(r, ROW_batch, 2);
  expect_integer(r, ROW_seq_len, 32);
  expect_integer(r, ROW_heads, 3);
  expect_integer(r, ROW_head_dim, 16);
  assert_false(r->field[ROW_tile_q].known);
  expect_integer(r, ROW_tile_k, 8);
  expect_integer(r, ROW_threads, 2);
  expect_text(r, ROW_label, "default");
  expect_text(r, ROW_commit, "0123456789ab");
  expect_text(r, ROW_machine, "00112233445566aa");
  expect_text(r, ROW_command, "linkv time --kernel scalar_sample");
  expect_integer(r, ROW_repetitions, 0);
  static const int unknown[] = {ROW_reason,      ROW_verdict,         ROW_time_ns,
                                ROW_time_ns_low, ROW_gflops,          ROW_share_of_peak,
                                ROW_max_abs_err, ROW_workspace_bytes, ROW_r_det_max,
                                ROW_r_stat_max,  ROW_decided_share};
  for (size_t i = 0; i < COUNT_OF(unknown); i++) assert_false(r->field[unknown[i]].known);
  rows_free(&all);
}

/* 6 slices of 4 d T^2 flops; twice that is useful, since 2 d = T; peaks of 1e10 flop/s a
 * core, two threads. */
static void times_and_shares_by_hand(void **state) {
  (void)state;
  static const double times[] = {900, 1000, 1400, 800, 1100, 5000};
  const double flops = 6.0 * 4 * 16 * 32 * 32;
  record r[6];
  for (int i = 0; i < 6; i++) r[i] = sample_record("ok", times[i]);
  rows all = row_of(r, 6);
  expect_integer(all.row, ROW_repetitions, 6);
  expect_real(all.row, ROW_time_ns, 1050);
  expect_real(all.row, ROW_time_ns_low, 800);
  expect_real(all.row, ROW_time_ns_high, 5000);
  expect_real(all.row, ROW_gflops, flops / 1050);
  const double share = (flops / 1e-6 + flops / 1.1e-6) / 2 / (2 * 1e10);
  expect_real(all.row, ROW_share_of_peak, share);
  expect_real(all.row, ROW_share_of_peak_useful, 2 * share);
  rows_free(&all);
}

static void each_repetition_is_shared_against_its_own_peak(void **state) {
  (void)state;
  int64_t run;
  store *s = sample_store(&run);
  for (unsigned i = 1; i <= 3; i++) {
    record r = sample_record("ok", 1000.0 * i);
    value_set_real(&r.field[RECORD_peak_flops], 1e10 / i);
    sample_add(s, run, 32, i, r);
  }
  rows all = read_one(s);
  expect_real(all.row, ROW_time_ns, 2000);
  expect_real(all.row, ROW_share_of_peak, 6.0 * 4 * 16 * 32 * 32 / 1e-6 / 2e10);
  rows_free(&all);
  record r = sample_record("ok", 1000);
  r.field[RECORD_peak_flops].known = false;
  sample_add(s, run, 32, 4, r);
  all = read_one(s);
  assert_false(all.row->field[ROW_share_of_peak].known);
  assert_false(all.row->field[ROW_share_of_peak_useful].known);
  assert_true(all.row->field[ROW_gflops].known);
  rows_free(&all);
  store_close(s);
}

/* The block stage's projections count 2 D flops for each element of seven operands. */
static void projections_are_flops_too(void **state) {
  (void)state;
  int64_t run;
  store *s = sample_store(&run);
  point p = sample_point(32);
  p.stage = LKV_STAGE_BLOCK;
  const point_info info = sample_info(&p);
  record r = sample_record("ok", 1000);
  bool added;
  error err;
  EXPECT_OK(store_add(s, run, &info, 1, &r, &added, &err), &err);
  record_free(&r);
  rows all = read_one(s);
  const double slices = 6.0 * 4 * 16 * 32 * 32, projections = 2.0 * 7 * 2 * 32 * 48 * 48;
  expect_real(all.row, ROW_gflops, (slices + projections) / 1000);
  expect_real(all.row, ROW_share_of_peak, (slices + projections) / 1e-6 / 2e10);
  expect_real(all.row, ROW_share_of_peak_useful,
              (2 * slices + projections) / 1e-6 / 2e10);
  rows_free(&all);
  store_close(s);
}

static record with_reason(const char *status, const char *reason, double time_ns) {
  record r = sample_record(status, time_ns);
  assert_true(value_set_text(&r.field[RECORD_reason], reason));
  return r;
}

static void the_worst_status_wins_with_its_reason(void **state) {
  (void)state;
  rows all =
      ROW_OF(sample_record("ok", 1000), with_reason("timeout", "killed after 9 s", 0),
             with_reason("crashed", "SIGSEGV", 0), with_reason("crashed", "SIGBUS", 0),
             with_reason("skipped", "not here", 0));
  expect_text(all.row, ROW_status, "crashed");
  expect_text(all.row, ROW_reason, "SIGSEGV");
  expect_integer(all.row, ROW_repetitions, 1);
  expect_real(all.row, ROW_time_ns, 1000);
  rows_free(&all);
}

/* A worse status without a reason does not keep that of a better one. */
static void reasons_do_not_outlive_their_status(void **state) {
  (void)state;
  rows all = ROW_OF(with_reason("skipped", "not here", 0), sample_record("wrong", 0));
  expect_text(all.row, ROW_status, "wrong");
  expect_text(all.row, ROW_reason, NULL);
  rows_free(&all);
}

static record with_hash(const char *status, const char *hash) {
  record r = sample_record(status, 1000);
  assert_true(value_set_text(&r.field[RECORD_output_hash], hash));
  return r;
}

static void outputs_that_differ_are_untrusted(void **state) {
  (void)state;
  int64_t run;
  store *s = sample_store(&run);
  sample_add(s, run, 32, 1, with_hash("ok", "00000000000000aa"));
  sample_add(s, run, 32, 2, with_hash("ok", "00000000000000aa"));
  rows all = read_one(s);
  expect_text(all.row, ROW_status, "ok");
  expect_text(all.row, ROW_reason, NULL);
  expect_text(all.row, ROW_output_hash, "00000000000000aa");
  rows_free(&all);
  sample_add(s, run, 32, 3, with_hash("ok", "00000000000000ab"));
  all = read_one(s);
  expect_text(all.row, ROW_status, "untrusted");
  assert_non_null(strstr(all.row->field[ROW_reason].text, "differs between repetitions"));
  expect_text(all.row, ROW_output_hash, "00000000000000aa");
  rows_free(&all);
  sample_add(s, run, 32, 4, with_reason("crashed", "SIGSEGV", 0));
  all = read_one(s);
  expect_text(all.row, ROW_status, "crashed");
  expect_text(all.row, ROW_reason, "SIGSEGV");
  rows_free(&all);
  store_close(s);
}

/* Only the first repetition is judged; memory is the most that was seen. */
static void judgements_are_the_first_and_memory_the_most(void **state) {
  (void)state;
  record r[3];
  for (int i = 0; i < 3; i++) {
    r[i] = sample_record("ok", 1000);
    value_set_integer(&r[i].field[RECORD_peak_bytes], i == 1 ? 7000 : 4096);
    value_set_integer(&r[i].field[RECORD_workspace_bytes], 64);
  }
  assert_true(value_set_text(&r[1].field[RECORD_verdict], "ok"));
  value_set_real(&r[1].field[RECORD_max_abs_err], 0.5);
  value_set_real(&r[1].field[RECORD_max_rel_err], 0.25);
  value_set_real(&r[1].field[RECORD_rms_rel_err], 0.125);
  value_set_real(&r[1].field[RECORD_max_ulp_err], INFINITY);
  value_set_real(&r[1].field[RECORD_r_det_max], 0.01);
  value_set_real(&r[1].field[RECORD_r_stat_max], 0.1);
  value_set_real(&r[1].field[RECORD_decided_share], 0.98);
  rows all = row_of(r, 3);
  expect_text(all.row, ROW_verdict, "ok");
  expect_real(all.row, ROW_max_abs_err, 0.5);
  expect_real(all.row, ROW_max_rel_err, 0.25);
  expect_real(all.row, ROW_rms_rel_err, 0.125);
  assert_true(all.row->field[ROW_max_ulp_err].real == INFINITY);
  expect_real(all.row, ROW_r_det_max, 0.01);
  expect_real(all.row, ROW_r_stat_max, 0.1);
  expect_real(all.row, ROW_decided_share, 0.98);
  expect_integer(all.row, ROW_peak_bytes, 7000);
  expect_integer(all.row, ROW_workspace_bytes, 64);
  rows_free(&all);
}

static void all_64_repetitions_count(void **state) {
  (void)state;
  record r[64];
  for (int i = 0; i < 64; i++) r[i] = sample_record("ok", i + 1);
  rows all = row_of(r, 64);
  expect_integer(all.row, ROW_repetitions, 64);
  expect_real(all.row, ROW_time_ns, 32.5);
  expect_real(all.row, ROW_time_ns_low, 24);
  expect_real(all.row, ROW_time_ns_high, 41);
  rows_free(&all);
}

static void rows_are_ordered(void **state) {
  (void)state;
  int64_t run;
  store *s = sample_store(&run);
  static const size_t lengths[] = {128, 2, 64, 1024, 16};
  for (size_t i = 0; i < COUNT_OF(lengths); i++)
    for (unsigned r = 1; r <= 2; r++)
      sample_add(s, run, lengths[i], r, sample_record("ok", 1000));
  rows all = read_rows(s, NULL);
  assert_int_equal(all.count, COUNT_OF(lengths));
  for (size_t i = 1; i < all.count; i++)
    assert_true(all.row[i - 1].field[ROW_seq_len].integer <
                all.row[i].field[ROW_seq_len].integer);
  rows_free(&all);
  store_close(s);
}

/* Points made by hand stand beside measured ones, whatever their id, each once; a
 * repetition added by hand is one more of its point. */
static void rows_added_by_hand_are_there_once(void **state) {
  (void)state;
  char *path = scratch_path("by_hand.db");
  int64_t run;
  rows all;
  store *s = sample_store_at(path, &run);
  sample_add(s, run, 32, 1, sample_record("ok", 1000));
  sample_sql(path,
             "INSERT INTO repetition (point, repetition, status, time_ns, "
             "output_hash) VALUES (1, 2, 'ok', 3000, '00000000000000aa')");
  sample_sql(path,
             "INSERT INTO point (id, key, kernel, stage, regime, seed, batch, seq_len, "
             "heads, head_dim, threads) VALUES "
             "(0, 'zero', 'mine', 'attention', 'gaussian', 1, 1, 8, 1, 4, 1), "
             "(-5, 'minus', 'mine', 'attention', 'gaussian', 1, 1, 4, 1, 4, 1), "
             "(9, 'nine', 'mine', 'attention', 'gaussian', 1, 1, 16, 1, 4, 1), "
             "(10, 'unmeasured', 'mine', 'attention', 'gaussian', 1, 1, 2, 1, 4, 1);"
             "INSERT INTO repetition (point, repetition, status, reason, time_ns) VALUES "
             "(0, 1, 'ok', NULL, 10), (0, 2, 'ok', NULL, 20), "
             "(-5, 7, 'wrong', 'by eye', NULL), (9, 1, 'ok', NULL, 30)");
  for (int again = 0; again < 2; again++) {
    all = read_rows(s, NULL);
    assert_int_equal(all.count, 4);
    expect_integer(&all.row[0], ROW_seq_len, 4);
    expect_text(&all.row[0], ROW_status, "wrong");
    expect_text(&all.row[0], ROW_reason, "by eye");
    expect_integer(&all.row[1], ROW_seq_len, 8);
    expect_real(&all.row[1], ROW_time_ns, 15);
    expect_text(&all.row[1], ROW_label, "default");
    expect_text(&all.row[1], ROW_algorithm, NULL);
    expect_integer(&all.row[2], ROW_seq_len, 16);
    expect_integer(&all.row[3], ROW_seq_len, 32);
    expect_real(&all.row[3], ROW_time_ns, 2000);
    rows_free(&all);
    assert_false(sample_add(s, run, 32, 2, sample_record("ok", 5)));
  }
  store_close(s);
  free(path);
}

/* Nonsense by hand is shown as it is, or refused by the schema; nothing breaks. */
static void nonsense_by_hand_breaks_nothing(void **state) {
  (void)state;
  char *path = scratch_path("nonsense.db");
  error err;
  store *s;
  EXPECT_OK(store_open(path, &s, &err), &err);
  sample_sql(
      path,
      "INSERT INTO point (key, kernel, stage, regime, seed, batch, seq_len, heads, "
      "head_dim, threads, command) VALUES "
      "('', '', '', x'00ff', 'many', -1, 1e300, 'x', 0, 0, x'ff');"
      "INSERT INTO repetition (point, repetition, status, time_ns, peak_flops, "
      "output_hash) VALUES (1, 1, 'ok', 0, 0, 7), (1, 2, 'ok', -1, 'fast', 8), "
      "(1, 3, 'ok', 9e999, 1, 8), (1, 4, 'ok', 'soon', 1, NULL)");
  rows all = read_rows(s, "status = 'untrusted' AND repetitions = 4");
  assert_int_equal(all.count, 1);
  rows_free(&all);
  store_close(s);
  free(path);
}

static size_t count_where(store *s, const char *where) {
  rows all = read_rows(s, where);
  const size_t count = all.count;
  rows_free(&all);
  return count;
}

/* Lengths 1, 2, 4, ... 128, times 100, 200, ... 800; that of 8 crashed. */
static store *eight_rows(void) {
  int64_t run;
  store *s = sample_store(&run);
  for (unsigned i = 0; i < 8; i++)
    sample_add(s, run, (size_t)1 << i, 1,
               i == 3 ? sample_record("crashed", 0) : sample_record("ok", 100 * (i + 1)));
  return s;
}

static void filters_choose_rows_in_order(void **state) {
  (void)state;
  store *s = eight_rows();
  assert_int_equal(count_where(s, "1"), 8);
  assert_int_equal(count_where(s, "0"), 0);
  assert_int_equal(count_where(s, "NULL"), 0);
  assert_int_equal(count_where(s, "status = 'ok'"), 7);
  assert_int_equal(count_where(s, "time_ns IS NULL"), 1);
  assert_int_equal(count_where(s, "tile_q IS NULL AND tile_k = 8"), 8);
  assert_int_equal(count_where(s, "\"commit\" = '0123456789ab'"), 8);
  assert_int_equal(count_where(s, "time_ns = (SELECT max(time_ns) FROM result)"), 1);
  assert_int_equal(count_where(s, "kernel GLOB 'scalar_*' -- and so on"), 8);
  assert_int_equal(count_where(s, "seq_len > 2 /* and so on"), 6);
  rows all = read_rows(s, "seq_len IN (128, 1, 16) OR status = 'crashed'");
  static const int64_t lengths[] = {1, 8, 16, 128};
  assert_int_equal(all.count, 4);
  for (size_t i = 0; i < 4; i++) expect_integer(&all.row[i], ROW_seq_len, lengths[i]);
  rows_free(&all);
  store_close(s);
}

static void bad_filters_are_refused(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    " ",
                                    "sequence = 1",
                                    "seq_len =",
                                    "seq_len = 1)",
                                    "(seq_len = 1",
                                    "'open",
                                    "1; DROP TABLE point",
                                    "1); DROP TABLE point; --",
                                    "1); DROP TABLE point; SELECT (1",
                                    "1) ORDER BY number DESC /*",
                                    "1) UNION SELECT 99 /*",
                                    "seq_len, heads",
                                    "count(*) > 1",
                                    "abs(-9223372036854775808)",
                                    "load_extension('libm.so.6')",
                                    "DELETE FROM point"};
  store *s = eight_rows();
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    error err = {""};
    rows all;
    if (store_rows(s, STORE_LATEST_BUILD, bad[i], &all, &err))
      fail_msg("taken: %s", bad[i]);
    EXPECT_SAYS(&err, "--where '", bad[i]);
    assert_null(strstr(err.text, "not an error"));
    assert_null(all.row);
    assert_int_equal(all.count, 0);
  }
  assert_int_equal(count_where(s, NULL), 8);
  store_close(s);
}

/* What gets past the parentheses can still only choose among the rows there are. */
static void filters_that_break_out_are_harmless(void **state) {
  (void)state;
  static const struct {
    const char *where;
    size_t count;
  } evil[] = {
      {"1) OR (1", 8},
      {"0) UNION SELECT 3 WHERE (1", 1},
      {"1) UNION ALL SELECT number FROM result WHERE (1", 8},
      {"0) UNION SELECT 8 WHERE (1", 0},
      {"0) UNION SELECT 999999999 WHERE (1", 0},
      {"0) UNION SELECT -1 WHERE (1", 0},
      {"0) UNION SELECT 'x' || kernel FROM point WHERE (1", 1},
  };
  store *s = eight_rows();
  for (size_t i = 0; i < COUNT_OF(evil); i++)
    if (count_where(s, evil[i].where) != evil[i].count) fail_msg("%s", evil[i].where);
  assert_int_equal(count_where(s, NULL), 8);
  store_close(s);
}

static void readers_filter_too(void **state) {
  (void)state;
  char *path = scratch_path("filtered.db");
  error err;
  int64_t run;
  rows all;
  store *s = sample_store_at(path, &run);
  sample_add(s, run, 32, 1, sample_record("ok", 1000));
  sample_add(s, run, 64, 1, sample_record("ok", 1000));
  store_close(s);
  EXPECT_OK(store_read_rows(path, STORE_LATEST_BUILD, "seq_len = 64", &all, &err), &err);
  assert_int_equal(all.count, 1);
  rows_free(&all);
  assert_false(store_read_rows(path, STORE_LATEST_BUILD, "length = 64", &all, &err));
  EXPECT_SAYS(&err, "there is no field 'length'", "docs/sweep.md");
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(axes_and_identities_are_taken_over),
      cmocka_unit_test(times_and_shares_by_hand),
      cmocka_unit_test(each_repetition_is_shared_against_its_own_peak),
      cmocka_unit_test(projections_are_flops_too),
      cmocka_unit_test(the_worst_status_wins_with_its_reason),
      cmocka_unit_test(reasons_do_not_outlive_their_status),
      cmocka_unit_test(outputs_that_differ_are_untrusted),
      cmocka_unit_test(judgements_are_the_first_and_memory_the_most),
      cmocka_unit_test(all_64_repetitions_count),
      cmocka_unit_test(rows_are_ordered),
      cmocka_unit_test(rows_added_by_hand_are_there_once),
      cmocka_unit_test(nonsense_by_hand_breaks_nothing),
      cmocka_unit_test(filters_choose_rows_in_order),
      cmocka_unit_test(bad_filters_are_refused),
      cmocka_unit_test(filters_that_break_out_are_harmless),
      cmocka_unit_test(readers_filter_too),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
