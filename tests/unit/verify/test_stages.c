/* The block stage in two: what the driver projects, and the attention over it, are found
 * right; a projection spoilt a little, which end to end cannot be seen, is wrong. */
#include "stages.h"

#include <math.h>
#include <stdlib.h>

#include "../check.h"
#include "inputs.h"
#include "linkv/driver.h"
#include "linkv/registry.h"
#include "reference.h"
#include "stages_set.h"

enum { T = 24, H = 2, D = 8, COUNT = T * H * D };

static const lkv_problem problem = {
    .batch = 1, .seq_len = T, .heads = H, .head_dim = D, .eps = 1e-6};

/* A case, its operands projected in float32, and what all that is judged by. */
typedef struct subject {
  lin_case c, made;
  bounds whole;
  float y[COUNT];
  double wide[COUNT];
  verdict end_to_end;
  stages_verdict stages;
} subject;

static void *workspace_of(const lkv_kernel *kernel, lkv_stage stage) {
  size_t bytes = 0;
  assert_int_equal(lkv_workspace_bytes(kernel, &problem, stage, 1, &bytes), LKV_OK);
  return aligned_alloc(LKV_WORKSPACE_ALIGNMENT,
                       bytes + LKV_WORKSPACE_ALIGNMENT - bytes % LKV_WORKSPACE_ALIGNMENT);
}

static void project(subject *s, const lkv_kernel *kernel) {
  const size_t shape[] = {1, T, H, D};
  const void *made[LKV_OPERANDS];
  lkv_inputs inputs = {.stage = LKV_STAGE_BLOCK, .x = s->c.x.data};
  error err;
  for (int o = 0; o < LKV_OPERANDS; o++) inputs.weight[o] = s->c.operand[o].data;
  void *workspace = workspace_of(kernel, LKV_STAGE_BLOCK);
  assert_int_equal(lkv_project(kernel, &problem, &inputs, 1, workspace, made), LKV_OK);
  s->made = (lin_case){.stage = LKV_STAGE_ATTENTION, .problem = problem, .rank = 4};
  for (int o = 0; o < LKV_OPERANDS; o++) {
    EXPECT_OK(tensor_make(&s->made.operand[o], TENSOR_FLOAT32, 4, shape, &err), &err);
    memcpy(s->made.operand[o].data, made[o], COUNT * sizeof(float));
  }
  free(workspace);
}

static subject make(const char *name) {
  subject s = {0};
  error err;
  EXPECT_OK(inputs_make(regime_find(name), 1, LKV_STAGE_BLOCK, &problem, &s.c, &err),
            &err);
  project(&s, lkv_kernel_find("scalar_row"));
  EXPECT_OK(reference_bounds(&s.c, precision_throughout(LKV_FLOAT32), SAMPLE_ALL,
                             &s.whole, &err),
            &err);
  return s;
}

static void free_all(subject *s) {
  case_free(&s->c);
  case_free(&s->made);
  bounds_free(&s->whole);
}

/* Runs the attention over the operands as they are now. */
static void attend(subject *s) {
  const lkv_kernel *kernel = lkv_kernel_find("scalar_row");
  lkv_inputs inputs = {.stage = LKV_STAGE_ATTENTION};
  for (int o = 0; o < LKV_OPERANDS; o++) inputs.operand[o] = s->made.operand[o].data;
  void *workspace = workspace_of(kernel, LKV_STAGE_ATTENTION);
  assert_int_equal(lkv_run(kernel, &problem, &inputs, 1, workspace, s->y), LKV_OK);
  free(workspace);
}

static verdict_kind judge(subject *s) {
  const precision of = precision_throughout(LKV_FLOAT32);
  stages_reference r;
  error err;
  for (size_t i = 0; i < COUNT; i++) s->wide[i] = s->y[i];
  EXPECT_OK(
      verdict_of(&problem, LKV_FLOAT32, &s->whole, s->wide, NULL, &s->end_to_end, &err),
      &err);
  EXPECT_OK(stages_reference_make(NULL, &s->c, &s->made, of, SAMPLE_ALL, &r, &err), &err);
  EXPECT_OK(stages_judge(&r, &problem, LKV_FLOAT32, s->wide, &s->stages, &err), &err);
  stages_reference_free(&r);
  return stages_conclude(&s->stages, s->end_to_end.kind);
}

static void what_is_right_is_found_so(void **state) {
  (void)state;
  static const char *const regimes[] = {"gaussian", "positive", "cancelling"};
  for (size_t i = 0; i < COUNT_OF(regimes); i++) {
    subject s = make(regimes[i]);
    attend(&s);
    assert_int_not_equal(judge(&s), VERDICT_WRONG);
    assert_true(stages_projections_hold(&s.stages));
    assert_int_equal(s.stages.attention.count[JUDGED_WRONG], 0);
    free_all(&s);
  }
}

/* One element of VV, in the last token, by a few thousand units in the last place. */
static void a_spoilt_projection_is_seen_where_end_to_end_is_blind(void **state) {
  (void)state;
  char why[512];
  subject s = make("cancelling");
  float *spoilt = (float *)s.made.operand[LKV_VV].data + (T - 1) * H * D + D + 3;
  *spoilt += 0x1p-12F * fabsf(*spoilt);
  attend(&s);
  assert_int_equal(judge(&s), VERDICT_WRONG);
  assert_int_not_equal(s.end_to_end.kind, VERDICT_WRONG);
  assert_int_not_equal(s.stages.attention.kind, VERDICT_WRONG);
  assert_int_equal(s.stages.projected.operand, LKV_VV);
  assert_int_equal(s.stages.projected.row, T - 1);
  assert_int_equal(s.stages.projected.column, D + 3);
  stages_reason(&s.stages, &s.end_to_end, why, sizeof why);
  assert_non_null(strstr(why, "a projected operand is WRONG"));
  assert_non_null(strstr(why, "VV[23, 11] = "));
  free_all(&s);
}

/* The attention wrong, over projections that are right. */
static void a_wrong_attention_is_seen(void **state) {
  (void)state;
  char why[512];
  subject s = make("positive");
  attend(&s);
  s.y[COUNT - 1] = NAN;
  assert_int_equal(judge(&s), VERDICT_WRONG);
  assert_true(stages_projections_hold(&s.stages));
  assert_int_equal(s.stages.attention.kind, VERDICT_WRONG);
  s.end_to_end.kind = VERDICT_OK; /* as if it had been too small to be seen */
  stages_reason(&s.stages, &s.end_to_end, why, sizeof why);
  assert_non_null(strstr(why, "the attention over its own projections: 1 of 48 rows"));
  free_all(&s);
}

/* What is not known leaves the whole's verdict alone. */
static void without_operands_the_whole_stands(void **state) {
  (void)state;
  const stages_verdict unknown = {0};
  for (verdict_kind k = VERDICT_OK; k <= VERDICT_UNTRUSTED; k++)
    assert_int_equal(stages_conclude(&unknown, k), k);
}

/* Operands not finite because X is not: nothing is compared there, and a NaN must show.
 */
static void operands_that_are_not_finite(void **state) {
  (void)state;
  subject s = make("gaussian");
  ((float *)s.c.x.data)[5 * H * D] = NAN;
  case_free(&s.made);
  project(&s, lkv_kernel_find("scalar_row"));
  attend(&s);
  judge(&s);
  assert_true(stages_projections_hold(&s.stages));
  ((float *)s.made.operand[LKV_Q].data)[5 * H * D] = 1;
  assert_int_equal(judge(&s), VERDICT_WRONG);
  assert_true(isinf(s.stages.projected.r_stat_max));
  free_all(&s);
}

/* Projections rounded to bfloat16 are within its unit; kernels of one type share them. */
static void narrow_operands(void **state) {
  (void)state;
  subject s = make("gaussian");
  case_free(&s.made);
  error err;
  const lkv_kernel *kernel = lkv_kernel_find("scalar_tile_bf16");
  const lkv_problem tiled = lkv_resolve_tiles(kernel, problem);
  const void *made[LKV_OPERANDS];
  lkv_inputs inputs = {.stage = LKV_STAGE_BLOCK, .x = s.c.x.data};
  for (int o = 0; o < LKV_OPERANDS; o++) inputs.weight[o] = s.c.operand[o].data;
  size_t bytes;
  assert_int_equal(lkv_workspace_bytes(kernel, &tiled, LKV_STAGE_BLOCK, 1, &bytes),
                   LKV_OK);
  void *workspace = aligned_alloc(LKV_WORKSPACE_ALIGNMENT, (bytes + 63) / 64 * 64);
  assert_int_equal(lkv_project(kernel, &tiled, &inputs, 1, workspace, made), LKV_OK);
  s.made = (lin_case){.stage = LKV_STAGE_ATTENTION, .problem = problem, .rank = 4};
  for (int o = 0; o < LKV_OPERANDS; o++)
    s.made.operand[o] = (tensor){.type = TENSOR_BFLOAT16,
                                 .rank = 4,
                                 .shape = {1, T, H, D},
                                 .count = COUNT,
                                 .data = (void *)made[o]};
  stages_set set = {.given = &s.c, .rows = SAMPLE_ALL};
  const stages_reference *r = stages_set_get(&set, precision_of(kernel), &s.made, &err);
  assert_non_null(r);
  assert_true(r->projected.r_det_max > 0.5 && r->projected.r_det_max <= 1);
  assert_true(r->projected.r_stat_max <= 1);
  assert_ptr_equal(stages_set_get(&set, precision_of(kernel), &s.made, &err), r);
  ((uint16_t *)workspace)[0] ^= 4;
  assert_ptr_not_equal(stages_set_get(&set, precision_of(kernel), &s.made, &err), r);
  stages_set_free(&set);
  free(workspace);
  s.made = (lin_case){0};
  free_all(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_right_is_found_so),
      cmocka_unit_test(a_spoilt_projection_is_seen_where_end_to_end_is_blind),
      cmocka_unit_test(a_wrong_attention_is_seen),
      cmocka_unit_test(without_operands_the_whole_stands),
      cmocka_unit_test(operands_that_are_not_finite),
      cmocka_unit_test(narrow_operands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
