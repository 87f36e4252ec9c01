/* The names others rely on. */
#include <math.h>
#include <stdlib.h>

#include "../check.h"
#include "record.h"
#include "row.h"

/* Of every machine format, in order. */
static const char *const names[] = {"kernel",
                                    "algorithm",
                                    "isa",
                                    "operand_type",
                                    "accum_type",
                                    "stage",
                                    "regime",
                                    "seed",
                                    "batch",
                                    "seq_len",
                                    "heads",
                                    "head_dim",
                                    "tile_q",
                                    "tile_k",
                                    "threads",
                                    "status",
                                    "reason",
                                    "verdict",
                                    "time_ns",
                                    "time_ns_low",
                                    "time_ns_high",
                                    "half_width",
                                    "repetitions",
                                    "times_ns",
                                    "discarded",
                                    "disturbed",
                                    "crowded",
                                    "gflops",
                                    "share_of_peak",
                                    "share_of_peak_useful",
                                    "workspace_bytes",
                                    "peak_bytes",
                                    "max_abs_err",
                                    "max_rel_err",
                                    "rms_rel_err",
                                    "nmse",
                                    "max_ulp_err",
                                    "ulp_histogram",
                                    "worst_element",
                                    "nonfinite",
                                    "nonfinite_unjudged",
                                    "nonfinite_map",
                                    "r_det_max",
                                    "r_det_p999",
                                    "r_det_median",
                                    "r_stat_max",
                                    "r_stat_p999",
                                    "r_stat_median",
                                    "decided_share",
                                    "rows_of_output",
                                    "rows_ok",
                                    "rows_fitted",
                                    "rows_wrong",
                                    "rows_wrong_statistical",
                                    "rows_ill_conditioned",
                                    "rows_untrusted",
                                    "rows_not_compared",
                                    "worst_r_element",
                                    "worst_r_bound",
                                    "worst_r_token",
                                    "worst_r_denominator",
                                    "worst_r_lambda",
                                    "worst_r_weight",
                                    "denominators",
                                    "unresolved_k",
                                    "unresolved_v",
                                    "softmax_entropy",
                                    "largest_weight",
                                    "oracle_own_share",
                                    "rows_double_double",
                                    "rows_binary128",
                                    "verdict_end_to_end",
                                    "r_projection_max",
                                    "r_projection_det_max",
                                    "worst_projection",
                                    "verdict_isolated",
                                    "r_isolated_max",
                                    "r_isolated_det_max",
                                    "decided_isolated_share",
                                    "output_hash",
                                    "label",
                                    "commit",
                                    "machine",
                                    "command",
                                    "recorded_at",
                                    "kernel_build"};

static void rows_have_the_promised_fields_in_order(void **state) {
  (void)state;
  assert_int_equal(ROW_FIELDS, COUNT_OF(names));
  for (int f = 0; f < ROW_FIELDS; f++) assert_string_equal(row_fields[f].name, names[f]);
}

static void every_field_says_what_it_means(void **state) {
  (void)state;
  for (int f = 0; f < ROW_FIELDS; f++) {
    assert_true(*row_fields[f].meaning);
    assert_non_null(row_fields[f].unit);
  }
  for (int f = 0; f < RECORD_FIELDS; f++) {
    assert_true(*record_fields[f].meaning);
    assert_non_null(record_fields[f].unit);
  }
}

static void setters(void **state) {
  (void)state;
  value v = {0};
  assert_true(value_set_text(&v, "one"));
  assert_true(v.known);
  assert_true(value_set_text(&v, v.text + 1));
  assert_string_equal(v.text, "ne");
  assert_true(value_set_text(&v, NULL));
  assert_false(v.known);
  assert_null(v.text);
  value_set_real(&v, 1.5);
  assert_true(v.known && v.real == 1.5);
  value_set_real(&v, NAN);
  assert_false(v.known);
  value_set_integer(&v, INT64_MIN);
  assert_true(v.known && v.integer == INT64_MIN);
}

static void freed_rows_are_empty(void **state) {
  (void)state;
  rows all = {.row = calloc(2, sizeof(row)), .count = 2};
  assert_true(row_set_text(&all.row[0], ROW_kernel, "k"));
  assert_true(row_set_text(&all.row[1], ROW_reason, "r"));
  rows_free(&all);
  assert_null(all.row);
  assert_int_equal(all.count, 0);
  rows_free(&all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_have_the_promised_fields_in_order),
      cmocka_unit_test(every_field_says_what_it_means),
      cmocka_unit_test(setters),
      cmocka_unit_test(freed_rows_are_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
