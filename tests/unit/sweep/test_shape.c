/* Shapes go through a file whole, or not at all. */
#include "shape.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "linkv/registry.h"

static oracle_cache no_cache;

static point a_point(lkv_stage stage) {
  return (point){
      .kernel = lkv_kernel_find("scalar_row"),
      .stage = stage,
      .regime = "gaussian",
      .seed = 7,
      .problem = {.batch = 2, .seq_len = 5, .heads = 3, .head_dim = 4, .eps = 1e-6},
      .threads = 1};
}

static int written(const point *p, shape *made) {
  error err;
  const int fd = memfd_create("shape", 0);
  assert_true(fd >= 0);
  EXPECT_OK(shape_make(p, true, &no_cache, made, &err), &err);
  EXPECT_OK(shape_write(fd, p, made, &err), &err);
  return fd;
}

static void assert_same(const tensor *a, const tensor *b) {
  assert_int_equal(a->count, b->count);
  assert_memory_equal(a->shape, b->shape, sizeof a->shape);
  assert_memory_equal(a->data, b->data, a->count * sizeof(float));
}

static void what_is_written_is_read(void **state) {
  (void)state;
  static const lkv_stage stages[] = {LKV_STAGE_ATTENTION, LKV_STAGE_BLOCK};
  for (size_t i = 0; i < COUNT_OF(stages); i++) {
    const point p = a_point(stages[i]);
    shape made, got;
    error err;
    const int fd = written(&p, &made);
    EXPECT_OK(shape_read(fd, &p, true, &got, &err), &err);
    shape_free(&got);
    EXPECT_OK(shape_read(fd, &p, true, &got, &err), &err); /* as often as one likes */
    if (stages[i] == LKV_STAGE_BLOCK) assert_same(&made.inputs.x, &got.inputs.x);
    for (int o = 0; o < LKV_OPERANDS; o++)
      assert_same(&made.inputs.operand[o], &got.inputs.operand[o]);
    const bounds *a = &made.bounds, *b = &got.bounds;
    assert_memory_equal(a->y, b->y, 2 * 5 * 3 * 4 * sizeof(double));
    assert_memory_equal(a->det, b->det, 2 * 5 * 3 * 4 * sizeof(double));
    assert_memory_equal(a->stat, b->stat, 2 * 5 * 3 * 4 * sizeof(double));
    assert_memory_equal(a->row, b->row, 2 * 5 * 3 * sizeof *a->row);
    assert_int_equal(a->fit_count, b->fit_count);
    if (a->fit_count) assert_memory_equal(a->fit, b->fit, a->fit_count * sizeof(double));
    assert_int_equal(got.staged, stages[i] == LKV_STAGE_BLOCK);
    if (got.staged) {
      assert_int_equal(got.stages.made, made.stages.made);
      assert_memory_equal(&got.stages.projected, &made.stages.projected,
                          sizeof got.stages.projected);
      assert_true(got.stages.projected.r_stat_max > 0);
      assert_memory_equal(got.stages.attention.stat, made.stages.attention.stat,
                          2 * 5 * 3 * 4 * sizeof(double));
    }
    assert_int_equal(got.inputs.rank, made.inputs.rank);
    assert_true(got.inputs.problem.eps == 1e-6);
    shape_free(&made);
    shape_free(&got);
    close(fd);
  }
}

static void inputs_are_read_alone_where_nothing_is_judged(void **state) {
  (void)state;
  const point p = a_point(LKV_STAGE_BLOCK);
  shape made, got;
  error err;
  struct stat info;
  const int fd = written(&p, &made);
  EXPECT_OK(shape_read(fd, &p, false, &got, &err), &err);
  assert_same(&made.inputs.x, &got.inputs.x);
  for (int o = 0; o < LKV_OPERANDS; o++)
    assert_same(&made.inputs.operand[o], &got.inputs.operand[o]);
  assert_null(got.bounds.y);
  assert_false(got.staged);
  shape_free(&got);
  fstat(fd, &info);
  /* Inputs are less than half of it. */
  assert_int_equal(ftruncate(fd, info.st_size / 2), 0);
  EXPECT_OK(shape_read(fd, &p, false, &got, &err), &err);
  shape_free(&got);
  assert_int_equal(pwrite(fd, "x", 1, 1000), 1);
  assert_false(shape_read(fd, &p, false, &got, &err));
  EXPECT_SAYS(&err, "shape", "not whole");
  shape_free(&made);
  close(fd);
}

static void another_points_shape_is_refused(void **state) {
  (void)state;
  point p = a_point(LKV_STAGE_ATTENTION);
  shape made, got;
  error err;
  const int fd = written(&p, &made);
  p.seed = 8;
  assert_false(shape_read(fd, &p, true, &got, &err));
  EXPECT_SAYS(&err, "shape", "not the point's");
  shape_free(&made);
  close(fd);
}

/* Cut anywhere, or with any byte changed. */
static void a_damaged_file_is_refused(void **state) {
  (void)state;
  const point p = a_point(LKV_STAGE_BLOCK);
  shape made, got;
  error err;
  struct stat info;
  const int fd = written(&p, &made);
  fstat(fd, &info);
  for (off_t at = 0; at < info.st_size; at += 97) {
    char byte;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 4;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    assert_false(shape_read(fd, &p, true, &got, &err));
    assert_null(got.bounds.y);
    byte ^= 4;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
  }
  EXPECT_OK(shape_read(fd, &p, true, &got, &err), &err);
  shape_free(&got);
  for (off_t size = info.st_size - 1; size >= 0; size -= 331) {
    assert_int_equal(ftruncate(fd, size), 0);
    assert_false(shape_read(fd, &p, true, &got, &err));
  }
  shape_free(&made);
  close(fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read),
      cmocka_unit_test(inputs_are_read_alone_where_nothing_is_judged),
      cmocka_unit_test(another_points_shape_is_refused),
      cmocka_unit_test(a_damaged_file_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
