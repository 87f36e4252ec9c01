/* The driver: bounds, workspace, slices, threads and the block stage's projections. */
#include "fixture.h"

static const lkv_problem small = {
    .batch = 2, .seq_len = 5, .heads = 3, .head_dim = 4, .eps = 1e-3};

/* A kernel of the test's own: marks each slice it is given. */

static bool refuses(const lkv_problem *problem, const char **why) {
  *why = "it never does";
  return problem->batch == 0;
}

static size_t fake_bytes(const lkv_problem *problem) {
  return problem->head_dim; /* not a multiple of the alignment */
}

static size_t endless_bytes(const lkv_problem *problem) {
  (void)problem;
  return SIZE_MAX;
}

/* Adds 1 to each y of the slice, through a workspace that must be its own. */
static lkv_status fake_attention(const lkv_problem *problem, const lkv_operands *operands,
                                 void *workspace, lkv_output y) {
  float *own = workspace, *out = y.data;
  if ((uintptr_t)workspace % LKV_WORKSPACE_ALIGNMENT != 0) return LKV_INVALID;
  own[0] = *(const float *)operands->data[LKV_VV];
  for (size_t t = 0; t < problem->seq_len; t++)
    for (size_t c = 0; c < problem->head_dim; c++) out[t * y.stride + c] += 1;
  return own[0] == *(const float *)operands->data[LKV_VV] ? LKV_OK : LKV_INVALID;
}

static lkv_status failing_attention(const lkv_problem *problem,
                                    const lkv_operands *operands, void *workspace,
                                    lkv_output y) {
  (void)workspace;
  const float *q = operands->data[LKV_Q];
  ((float *)y.data)[0] = 0;
  return *q > (float)problem->seq_len ? LKV_UNSUPPORTED : LKV_OK;
}

static const lkv_kernel fake = {.abi = LKV_KERNEL_ABI,
                                .name = "fake",
                                .algorithm = "fake",
                                .summary = "counts visits",
                                .source = "this test",
                                .workspace_bytes = fake_bytes,
                                .attention = fake_attention};

static lkv_inputs inputs_of(const fixture *f) {
  lkv_inputs inputs = {.stage = LKV_STAGE_ATTENTION};
  for (int o = 0; o < LKV_OPERANDS; o++) inputs.operand[o] = f->operand[o];
  return inputs;
}

static void assert_refused(const lkv_kernel *kernel, lkv_problem problem,
                           lkv_status expected, const char *reason) {
  const char *why = NULL;
  size_t bytes = 77;
  assert_int_equal(lkv_check(kernel, &problem, &why), expected);
  assert_non_null(why);
  if (!strstr(why, reason)) fail_msg("'%s' does not say '%s'", why, reason);
  assert_int_equal(lkv_workspace_bytes(kernel, &problem, LKV_STAGE_ATTENTION, 1, &bytes),
                   expected);
  assert_int_equal(bytes, 77);
}

static void test_bounds(void **state) {
  lkv_problem p;
  (void)state;
  p = small, p.batch = 0, assert_refused(&fake, p, LKV_INVALID, "batch");
  p = small, p.seq_len = 0, assert_refused(&fake, p, LKV_INVALID, "seq_len");
  p = small, p.heads = 0, assert_refused(&fake, p, LKV_INVALID, "heads");
  p = small, p.head_dim = 0, assert_refused(&fake, p, LKV_INVALID, "head_dim");
  p = small, p.eps = NAN, assert_refused(&fake, p, LKV_INVALID, "eps");
  p = small, p.eps = INFINITY, assert_refused(&fake, p, LKV_INVALID, "eps");
  p = small, p.eps = -1e-9, assert_refused(&fake, p, LKV_INVALID, "eps");
  p = small, p.seq_len = SIZE_MAX / 8, assert_refused(&fake, p, LKV_TOO_LARGE, "size_t");
  p = small, p.batch = SIZE_MAX / 60;
  assert_refused(&fake, p, LKV_TOO_LARGE, "size_t");
}

static void test_what_a_kernel_cannot(void **state) {
  const char *why = NULL;
  lkv_kernel kernel = fake;
  (void)state;
  assert_int_equal(lkv_check(&fake, &small, &why), LKV_OK);
  kernel.supports = refuses;
  assert_refused(&kernel, small, LKV_UNSUPPORTED, "it never does");
  kernel = fake;
  kernel.isa = LKV_ISA_COUNT;
  assert_refused(&kernel, small, LKV_UNSUPPORTED, "ISA");
  kernel = fake;
  kernel.workspace_bytes = endless_bytes;
  assert_refused(&kernel, small, LKV_TOO_LARGE, "workspace");
}

static void test_materialized_grows_past_size_t(void **state) {
  lkv_problem p = small;
  const char *why = NULL;
  (void)state;
  p.seq_len = (size_t)1 << 31;
  assert_refused(lkv_kernel_find("scalar_materialized"), p, LKV_TOO_LARGE, "workspace");
  assert_int_equal(lkv_check(lkv_kernel_find("scalar_row"), &p, &why), LKV_OK);
}

static size_t bytes_of(const lkv_kernel *kernel, const lkv_problem *p, lkv_stage stage,
                       size_t threads) {
  size_t bytes = 0;
  assert_int_equal(lkv_workspace_bytes(kernel, p, stage, threads, &bytes), LKV_OK);
  return bytes;
}

static void test_workspace_bytes(void **state) {
  const size_t slices = small.batch * small.heads;
  const size_t operand = 2 * 5 * 3 * 4 * sizeof(float); /* 480, padded to 512 */
  lkv_kernel bare = fake;
  lkv_problem wide = small;
  size_t bytes = 0;
  (void)state;
  for (size_t threads = 1; threads <= slices; threads++)
    assert_int_equal(bytes_of(&fake, &small, LKV_STAGE_ATTENTION, threads), 64 * threads);
  assert_int_equal(bytes_of(&fake, &small, LKV_STAGE_ATTENTION, 1000), 64 * slices);
  assert_true(operand == 480);
  assert_int_equal(bytes_of(&fake, &small, LKV_STAGE_BLOCK, 2), 7 * 512 + 2 * 64);
  bare.workspace_bytes = NULL;
  assert_int_equal(bytes_of(&bare, &small, LKV_STAGE_ATTENTION, 3), 0);

  wide.seq_len = 1;
  wide.heads = (size_t)1 << 32;
  assert_int_equal(lkv_workspace_bytes(&fake, &wide, LKV_STAGE_BLOCK, 1, &bytes),
                   LKV_TOO_LARGE);
  assert_int_equal(lkv_workspace_bytes(&fake, &small, (lkv_stage)9, 1, &bytes),
                   LKV_INVALID);
}

static void test_calls_that_are_refused(void **state) {
  (void)state;
  fixture f = fixture_make(2, 5, 3, 4, 1);
  lkv_inputs inputs = inputs_of(&f);
  const lkv_kernel *tiled = lkv_kernel_find("scalar_stream_merge");
  lkv_problem p = f.problem;
  const size_t bytes = bytes_of(&fake, &p, LKV_STAGE_ATTENTION, 1);
  char *workspace = allocate_workspace(bytes + 64);
  float *y = allocate(f.count * sizeof *y);
  const float untouched = 123.0F;
  for (size_t i = 0; i < f.count; i++) y[i] = untouched;

  assert_int_equal(lkv_run(&fake, &p, &inputs, 0, workspace, y), LKV_INVALID);
  assert_int_equal(lkv_run(&fake, &p, &inputs, 1, workspace + 4, y), LKV_INVALID);
  assert_int_equal(lkv_run(&fake, &p, &inputs, 1, NULL, y), LKV_INVALID);
  assert_int_equal(lkv_run(&fake, &p, &inputs, 1, workspace, NULL), LKV_INVALID);
  assert_int_equal(lkv_run(tiled, &p, &inputs, 1, workspace, y), LKV_INVALID);
  p.tile_k = 3;
  assert_int_equal(lkv_run(&fake, &p, &inputs, 1, workspace, y), LKV_INVALID);
  p = f.problem;
  p.eps = NAN;
  assert_int_equal(lkv_run(&fake, &p, &inputs, 1, workspace, y), LKV_INVALID);
  p = f.problem;
  inputs.operand[LKV_KV] = NULL;
  assert_int_equal(lkv_run(&fake, &p, &inputs, 1, workspace, y), LKV_INVALID);
  inputs.stage = LKV_STAGE_BLOCK;
  assert_int_equal(lkv_run(&fake, &p, &inputs, 1, workspace, y), LKV_INVALID);
  for (size_t i = 0; i < f.count; i++) assert_true(y[i] == untouched);

  free(y);
  free(workspace);
  fixture_free(&f);
}

static void test_each_slice_once(void **state) {
  (void)state;
  fixture f = fixture_make(2, 5, 3, 4, 1);
  const lkv_inputs inputs = inputs_of(&f);
  for (size_t threads = 1; threads <= 8; threads++) {
    void *workspace =
        allocate_workspace(bytes_of(&fake, &f.problem, LKV_STAGE_ATTENTION, threads));
    float *y = calloc(f.count, sizeof *y);
    assert_non_null(y);
    assert_int_equal(lkv_run(&fake, &f.problem, &inputs, threads, workspace, y), LKV_OK);
    for (size_t i = 0; i < f.count; i++) assert_true(y[i] == 1);
    free(y);
    free(workspace);
  }
  fixture_free(&f);
}

static void test_a_failing_kernel(void **state) {
  lkv_kernel kernel = fake;
  (void)state;
  kernel.workspace_bytes = NULL;
  kernel.attention = failing_attention;
  fixture f = fixture_make(2, 5, 3, 4, 1);
  const lkv_inputs inputs = inputs_of(&f);
  float *y = allocate(f.count * sizeof *y);
  assert_int_equal(lkv_run(&kernel, &f.problem, &inputs, 2, NULL, y), LKV_OK);
  f.operand[LKV_Q][index_of(&f.problem, 1, 0, 1, 0)] = 100; /* one slice fails */
  assert_int_equal(lkv_run(&kernel, &f.problem, &inputs, 2, NULL, y), LKV_KERNEL_FAILED);
  free(y);
  fixture_free(&f);
}

/* Block stage: X and weights of small integers, so that projections are exact. */

typedef struct block {
  lkv_problem problem;
  size_t width, rows;
  float *x;
  float *weight[LKV_OPERANDS];
} block;

static float small_integer(uint64_t *seed, float lowest, float count) {
  return lowest + floorf(uniform(seed) * count);
}

static block block_make(void) {
  block b = {.problem = {.batch = 2, .seq_len = 70, .heads = 2, .head_dim = 3, .eps = 1},
             .width = 6,
             .rows = 140}; /* more than one projection task an operand */
  uint64_t seed = 11;
  b.x = allocate(b.rows * b.width * sizeof *b.x);
  for (size_t i = 0; i < b.rows * b.width; i++) b.x[i] = small_integer(&seed, 0, 3);
  for (int o = 0; o < LKV_OPERANDS; o++) {
    b.weight[o] = allocate(b.width * b.width * sizeof(float));
    for (size_t i = 0; i < b.width * b.width; i++)
      b.weight[o][i] =
          o == LKV_Q ? small_integer(&seed, -1, 3) / 8 : small_integer(&seed, 0, 4);
  }
  return b;
}

static void block_free(block *b) {
  free(b->x);
  for (int o = 0; o < LKV_OPERANDS; o++) free(b->weight[o]);
}

static fixture block_project(const block *b) {
  fixture f = {.problem = b->problem, .count = b->rows * b->width};
  for (int o = 0; o < LKV_OPERANDS; o++) {
    f.operand[o] = allocate(f.count * sizeof(float));
    for (size_t r = 0; r < b->rows; r++)
      for (size_t c = 0; c < b->width; c++) {
        double sum = 0;
        for (size_t k = 0; k < b->width; k++)
          sum += (double)b->x[r * b->width + k] * (double)b->weight[o][k * b->width + c];
        f.operand[o][r * b->width + c] = (float)sum;
      }
  }
  return f;
}

static double *block_run(const lkv_kernel *kernel, const block *b, size_t threads) {
  const lkv_problem problem = lkv_resolve_tiles(kernel, b->problem);
  const lkv_dtype dtype = kernel->output_type;
  const size_t count = b->rows * b->width;
  lkv_inputs inputs = {.stage = LKV_STAGE_BLOCK};
  inputs.x = to_dtype(b->x, count, dtype);
  for (int o = 0; o < LKV_OPERANDS; o++)
    inputs.weight[o] = to_dtype(b->weight[o], b->width * b->width, dtype);
  void *workspace =
      allocate_workspace(bytes_of(kernel, &problem, LKV_STAGE_BLOCK, threads));
  void *y = allocate(count * lkv_dtype_size(dtype));
  assert_int_equal(lkv_run(kernel, &problem, &inputs, threads, workspace, y), LKV_OK);
  free(workspace);
  free((void *)inputs.x);
  for (int o = 0; o < LKV_OPERANDS; o++) free((void *)inputs.weight[o]);
  return from_dtype(y, count, dtype);
}

static void test_block_is_projections_then_attention(void **state) {
  (void)state;
  block b = block_make();
  fixture f = block_project(&b);
  for (size_t k = 0; k < lkv_kernel_count(); k++) {
    const lkv_kernel *kernel = lkv_kernel_at(k);
    if (!runs(kernel, &b.problem)) continue;
    double *expected = run(kernel, &f, 1);
    for (size_t threads = 1; threads <= 5; threads += 2) {
      double *y = block_run(kernel, &b, threads);
      assert_same_bits(kernel, y, expected, f.count);
      free(y);
    }
    free(expected);
  }
  fixture_free(&f);
  block_free(&b);
}

/* The projections by themselves are those of a run, whatever the workspace held. */
static void test_projections_by_themselves(void **state) {
  (void)state;
  block b = block_make();
  fixture f = block_project(&b);
  const lkv_kernel *kernel = lkv_kernel_find("scalar_row");
  lkv_inputs inputs = {.stage = LKV_STAGE_BLOCK, .x = b.x};
  for (int o = 0; o < LKV_OPERANDS; o++) inputs.weight[o] = b.weight[o];
  const size_t bytes = bytes_of(kernel, &b.problem, LKV_STAGE_BLOCK, 3);
  void *workspace = allocate_workspace(bytes);
  const void *made[LKV_OPERANDS];
  memset(workspace, 0xff, bytes);
  assert_int_equal(lkv_project(kernel, &b.problem, &inputs, 3, workspace, made), LKV_OK);
  for (int o = 0; o < LKV_OPERANDS; o++)
    assert_memory_equal(made[o], f.operand[o], f.count * sizeof(float));
  assert_int_equal(lkv_project(kernel, &b.problem, &inputs, 3, NULL, made), LKV_INVALID);
  inputs.x = NULL;
  assert_int_equal(lkv_project(kernel, &b.problem, &inputs, 3, workspace, made),
                   LKV_INVALID);
  inputs.stage = LKV_STAGE_ATTENTION;
  assert_int_equal(lkv_project(kernel, &b.problem, &inputs, 3, workspace, made),
                   LKV_INVALID);
  free(workspace);
  fixture_free(&f);
  block_free(&b);
}

/* Projections that round: still the same bits on any number of threads. */
static void test_block_threads(void **state) {
  (void)state;
  block b = block_make();
  uint64_t seed = 4;
  for (size_t i = 0; i < b.rows * b.width; i++) b.x[i] = 0.1F + uniform(&seed);
  const lkv_kernel *kernel = lkv_kernel_find("scalar_row");
  double *one = block_run(kernel, &b, 1);
  for (size_t threads = 2; threads <= 20; threads += 6) {
    double *many = block_run(kernel, &b, threads);
    assert_same_bits(kernel, many, one, b.rows * b.width);
    free(many);
  }
  free(one);
  block_free(&b);
}

/* y = the operand KV: shows what was projected. */
static lkv_status echo_float64(const lkv_problem *problem, const lkv_operands *operands,
                               void *workspace, lkv_output y) {
  const double *in = operands->data[LKV_KV];
  double *out = y.data;
  (void)workspace;
  for (size_t t = 0; t < problem->seq_len; t++)
    for (size_t c = 0; c < problem->head_dim; c++)
      out[t * y.stride + c] = in[t * operands->stride[LKV_KV] + c];
  return LKV_OK;
}

static void test_block_in_float64(void **state) {
  (void)state;
  block b = block_make();
  fixture f = block_project(&b);
  lkv_kernel kernel = fake;
  kernel.operand_type = kernel.output_type = LKV_FLOAT64;
  kernel.accum_type = kernel.factor_type = LKV_FLOAT64;
  kernel.attention = echo_float64;
  assert_int_equal(bytes_of(&kernel, &b.problem, LKV_STAGE_BLOCK, 1),
                   7 * (140 * 6 * sizeof(double)) + 64);
  double *y = block_run(&kernel, &b, 3);
  for (size_t i = 0; i < f.count; i++) assert_true(y[i] == (double)f.operand[LKV_KV][i]);
  free(y);
  fixture_free(&f);
  block_free(&b);
}

/* Views: strides and starts of any size, gaps that are never touched. */

enum { GAP = 3, OFFSET = 1 };

typedef struct view {
  void *memory;
  size_t stride; /* elements */
} view;

/* Rows of `in` apart by a stride of their own, at an unaligned start, NaN in between. */
static view view_make(const float *in, size_t rows, size_t d, size_t gap,
                      lkv_dtype dtype) {
  const size_t stride = d + gap, count = OFFSET + rows * stride;
  float *spread = allocate(count * sizeof *spread);
  for (size_t i = 0; i < count; i++) spread[i] = NAN;
  for (size_t t = 0; t < rows; t++)
    memcpy(spread + OFFSET + t * stride, in + t * d, d * sizeof *in);
  view v = {.memory = to_dtype(spread, count, dtype), .stride = stride};
  free(spread);
  return v;
}

static void check_views(const lkv_kernel *kernel, const fixture *f) {
  const size_t rows = f->problem.seq_len, d = f->problem.head_dim;
  const size_t size = lkv_dtype_size(kernel->operand_type);
  const lkv_problem problem = lkv_resolve_tiles(kernel, f->problem);
  lkv_operands operands;
  view in[LKV_OPERANDS];
  for (size_t o = 0; o < LKV_OPERANDS; o++) {
    in[o] = view_make(f->operand[o], rows, d, o % 4, kernel->operand_type);
    operands.data[o] = (char *)in[o].memory + OFFSET * size;
    operands.stride[o] = in[o].stride;
  }
  const size_t y_size = lkv_dtype_size(kernel->output_type);
  const size_t stride = d + GAP, bytes = (OFFSET + rows * stride) * y_size;
  unsigned char *y = allocate(bytes);
  memset(y, 0xa5, bytes);
  void *workspace =
      allocate_workspace(kernel->workspace_bytes ? kernel->workspace_bytes(&problem) : 0);
  const lkv_output out = {.data = y + OFFSET * y_size, .stride = stride};
  assert_int_equal(kernel->attention(&problem, &operands, workspace, out), LKV_OK);

  double *dense = run(kernel, f, 1);
  for (size_t e = 0; e < OFFSET + rows * stride; e++) {
    const size_t t = (e - OFFSET) / stride, c = (e - OFFSET) % stride;
    const unsigned char *element = y + e * y_size;
    if (e >= OFFSET && c < d) {
      const double got = y_size == sizeof(double)
                             ? *(const double *)(const void *)element
                             : (double)*(const float *)(const void *)element;
      assert_same_bits(kernel, &got, &dense[t * d + c], 1);
    } else {
      for (size_t i = 0; i < y_size; i++)
        if (element[i] != 0xa5) fail_msg("%s: wrote outside y", kernel->name);
    }
  }
  free(dense);
  free(workspace);
  free(y);
  for (int o = 0; o < LKV_OPERANDS; o++) free(in[o].memory);
}

static void test_strided_views(void **state) {
  static const size_t head_dim[] = {1, 8, 13};
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    fixture f = fixture_make(1, 11, 1, head_dim[i], 6);
    f.problem.tile_q = f.problem.tile_k = 4;
    for (size_t k = 0; k < lkv_kernel_count(); k++)
      if (runs(lkv_kernel_at(k), &f.problem)) check_views(lkv_kernel_at(k), &f);
    fixture_free(&f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bounds),
      cmocka_unit_test(test_what_a_kernel_cannot),
      cmocka_unit_test(test_materialized_grows_past_size_t),
      cmocka_unit_test(test_workspace_bytes),
      cmocka_unit_test(test_calls_that_are_refused),
      cmocka_unit_test(test_each_slice_once),
      cmocka_unit_test(test_a_failing_kernel),
      cmocka_unit_test(test_block_is_projections_then_attention),
      cmocka_unit_test(test_projections_by_themselves),
      cmocka_unit_test(test_block_threads),
      cmocka_unit_test(test_block_in_float64),
      cmocka_unit_test(test_strided_views),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
