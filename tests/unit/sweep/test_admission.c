#include "admission.h"

#include "../check.h"
#include "linkv/registry.h"
#include "memory_need.h"

/* Two points of one kernel, the first short, the second longer. */
typedef struct pair {
  point point[2];
  item item[2];
  size_t ran_out[2]; /* they may have: severity tells */
  sweep sweep;
} pair;

static void make_pair(pair *out) {
  *out = (pair){0};
  for (int i = 0; i < 2; i++) {
    out->point[i] = (point){
        .kernel = lkv_kernel_find("scalar_row"),
        .regime = "gaussian",
        .seed = 1,
        .problem = {.batch = 1, .seq_len = i ? 2048 : 1024, .heads = 2, .head_dim = 64},
        .threads = 1};
    out->item[i] = (item){.info.point = &out->point[i], .wanted = 3};
  }
  out->sweep.items = out->item;
  out->sweep.count = 2;
  out->ran_out[1] = 1;
  out->sweep.ran_out = out->ran_out;
  out->sweep.ran_out_count = 2;
}

static bool refuses(const pair *p, int which, char reason[ADMISSION_REASON_SIZE]) {
  return admission_refuses(&p->sweep, &p->item[which], reason);
}

static void without_a_limit_all_are_admitted(void **state) {
  (void)state;
  pair p;
  char reason[ADMISSION_REASON_SIZE];
  make_pair(&p);
  assert_false(refuses(&p, 0, reason) || refuses(&p, 1, reason));
}

/* A limit of just what a point needs admits it, one of a byte less does not. */
static void the_limit_is_exact(void **state) {
  (void)state;
  pair p;
  char reason[ADMISSION_REASON_SIZE];
  make_pair(&p);
  const memory_need need = memory_need_of(&p.point[1]);
  p.sweep.memory_limit = (uint64_t)(need.tensors_bytes + need.workspace_bytes);
  assert_false(refuses(&p, 1, reason));
  p.sweep.memory_limit--;
  assert_true(refuses(&p, 1, reason));
  assert_non_null(strstr(reason, "needs "));
  assert_non_null(strstr(reason, ", limit "));
  assert_false(refuses(&p, 0, reason));
}

static void a_longer_one_is_refused_after_a_shorter_ran_out(void **state) {
  (void)state;
  static const char *const ends[] = {"timeout", "out_of_memory"};
  for (size_t i = 0; i < COUNT_OF(ends); i++) {
    pair p;
    char reason[ADMISSION_REASON_SIZE];
    make_pair(&p);
    p.item[0].severity = status_severity(ends[i]);
    assert_true(refuses(&p, 1, reason));
    assert_non_null(strstr(reason, "seq_len 1024"));
    assert_non_null(strstr(reason, ends[i]));
    assert_false(refuses(&p, 0, reason));
  }
}

static void other_ends_refuse_nothing(void **state) {
  (void)state;
  static const char *const ends[] = {"ok",      "crashed",   "wrong",
                                     "skipped", "untrusted", "ill_conditioned"};
  for (size_t i = 0; i < COUNT_OF(ends); i++) {
    pair p;
    char reason[ADMISSION_REASON_SIZE];
    make_pair(&p);
    p.item[0].severity = status_severity(ends[i]);
    assert_false(refuses(&p, 1, reason));
  }
}

/* Whatever else differs is another point. */
static void what_ran_out_elsewhere_refuses_nothing(void **state) {
  (void)state;
  for (int axis = 0; axis < 9; axis++) {
    pair p;
    char reason[ADMISSION_REASON_SIZE];
    make_pair(&p);
    p.item[0].severity = status_severity("timeout");
    point *other = &p.point[0];
    switch (axis) {
      case 0:
        other->kernel = lkv_kernel_find("scalar_tile");
        break;
      case 1:
        other->stage = LKV_STAGE_BLOCK;
        break;
      case 2:
        strcpy(other->regime, "positive");
        break;
      case 3:
        other->seed = 2;
        break;
      case 4:
        other->threads = 2;
        break;
      case 5:
        other->problem.batch = 2;
        break;
      case 6:
        other->problem.heads = 4;
        break;
      case 7:
        other->problem.head_dim = 32;
        break;
      default:
        other->problem.tile_k = 16;
        break;
    }
    assert_non_null(other->kernel);
    assert_false(refuses(&p, 1, reason));
  }
}

static void a_refusal_is_a_record(void **state) {
  (void)state;
  record r;
  assert_true(admission_record("needs much", &r));
  assert_string_equal(r.field[RECORD_status].text, "skipped");
  assert_string_equal(r.field[RECORD_reason].text, "needs much");
  assert_false(r.field[RECORD_time_ns].known);
  record_free(&r);
}

static void the_usual_limit_leaves_some(void **state) {
  (void)state;
  assert_true(admission_usual_limit() > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_a_limit_all_are_admitted),
      cmocka_unit_test(the_limit_is_exact),
      cmocka_unit_test(a_longer_one_is_refused_after_a_shorter_ran_out),
      cmocka_unit_test(other_ends_refuse_nothing),
      cmocka_unit_test(what_ran_out_elsewhere_refuses_nothing),
      cmocka_unit_test(a_refusal_is_a_record),
      cmocka_unit_test(the_usual_limit_leaves_some),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
