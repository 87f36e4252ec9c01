/* Every kernel at the edges of its tiles, on rows that are not aligned, between pages
 * that may not be touched. Arguments: the name of one kernel to test, or none for all. */
#include "fixture.h"

#include <sys/mman.h>
#include <unistd.h>

#define TOLERANCE 1e-5

/* T around one tile and a few, for every width of a row; tiles of 16 and 32. */
static void check_shape(size_t seq_len, size_t head_dim, size_t tile) {
  fixture f = fixture_make(1, seq_len, 1, head_dim, 100 * seq_len + head_dim);
  double *reference = naive(&f);
  f.problem.tile_q = f.problem.tile_k = tile;
  for (size_t k = 0; k < lkv_kernel_count(); k++) {
    const lkv_kernel *kernel = lkv_kernel_at(k);
    if (!runs(kernel, &f.problem)) continue;
    double *y = run(kernel, &f, 1);
    assert_close(kernel, &f.problem, y, reference, f.count, TOLERANCE);
    free(y);
  }
  free(reference);
  fixture_free(&f);
}

static void test_tile_edges(void **state) {
  static const size_t head_dim[] = {1, 7, 8, 15, 16, 64, 65, 128};
  static const size_t tiles[] = {16, 32};
  (void)state;
  for (size_t i = 0; i < sizeof head_dim / sizeof head_dim[0]; i++)
    for (size_t j = 0; j < sizeof tiles / sizeof tiles[0]; j++) {
      const size_t tile = tiles[j], d = head_dim[i];
      check_shape(1, d, tile);
      check_shape(2, d, tile);
      check_shape(tile - 1, d, tile);
      check_shape(tile, d, tile);
      check_shape(tile + 1, d, tile);
      check_shape(3 * tile + 5, d, tile);
    }
}

/* Tiles that are no multiple of anything, and larger than the problem. */
static void test_odd_tiles(void **state) {
  static const size_t tiles[][2] = {{1, 1},  {1, 7},     {7, 1},   {5, 13},
                                    {17, 3}, {33, 1000}, {1000, 5}};
  (void)state;
  fixture f = fixture_make(1, 71, 1, 24, 17);
  double *reference = naive(&f);
  for (size_t k = 0; k < lkv_kernel_count(); k++)
    for (size_t i = 0; i < sizeof tiles / sizeof tiles[0]; i++) {
      const lkv_kernel *kernel = lkv_kernel_at(k);
      f.problem.tile_q = tiles[i][0];
      f.problem.tile_k = tiles[i][1];
      if (!runs(kernel, &f.problem)) break;
      double *y = run(kernel, &f, 1);
      assert_close(kernel, &f.problem, y, reference, f.count, TOLERANCE);
      free(y);
    }
  free(reference);
  fixture_free(&f);
}

/* Memory that ends, or starts, at a page that may not be touched. */
typedef struct guarded {
  char *map;
  size_t map_bytes;
  char *memory;
} guarded;

static guarded guarded_make(size_t bytes, bool at_end) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t inner = (bytes + page - 1) / page * page;
  guarded g = {.map_bytes = inner + 2 * page};
  g.map = mmap(NULL, g.map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_ptr_not_equal(g.map, MAP_FAILED);
  assert_int_equal(mprotect(g.map + page, inner, PROT_READ | PROT_WRITE), 0);
  memset(g.map + page, 0xff, inner);
  g.memory = g.map + page + (at_end ? inner - bytes : 0);
  return g;
}

static void guarded_free(guarded *g) {
  assert_int_equal(munmap(g->map, g->map_bytes), 0);
}

/* Rows of stride d + 1: no vector of theirs is aligned. */
static void check_guarded(const lkv_kernel *kernel, const fixture *f, bool at_end) {
  const size_t rows = f->problem.seq_len, d = f->problem.head_dim, stride = d + 1;
  const size_t size = lkv_dtype_size(kernel->operand_type);
  const size_t bytes = ((rows - 1) * stride + d) * size;
  const lkv_problem problem = lkv_resolve_tiles(kernel, f->problem);
  guarded in[LKV_OPERANDS];
  lkv_operands operands;
  for (int o = 0; o < LKV_OPERANDS; o++) {
    char *dense = to_dtype(f->operand[o], f->count, kernel->operand_type);
    in[o] = guarded_make(bytes, at_end);
    for (size_t t = 0; t < rows; t++)
      memcpy(in[o].memory + t * stride * size, dense + t * d * size, d * size);
    operands.data[o] = in[o].memory;
    operands.stride[o] = stride;
    free(dense);
  }
  const size_t work_bytes =
      kernel->workspace_bytes ? kernel->workspace_bytes(&problem) : 0;
  const size_t alignment = LKV_WORKSPACE_ALIGNMENT;
  guarded workspace =
      guarded_make((work_bytes + alignment - 1) / alignment * alignment, at_end);
  guarded out = guarded_make(bytes, at_end);
  const lkv_output y = {.data = out.memory, .stride = stride};
  assert_int_equal(kernel->attention(&problem, &operands, workspace.memory, y), LKV_OK);

  double *dense = run(kernel, f, 1);
  for (size_t t = 0; t < rows; t++) {
    char *row = allocate(d * size);
    memcpy(row, out.memory + t * stride * size, d * size);
    double *got = from_dtype(row, d, kernel->operand_type);
    assert_same_bits(kernel, got, dense + t * d, d);
    free(got);
  }
  free(dense);
  for (int o = 0; o < LKV_OPERANDS; o++) guarded_free(&in[o]);
  guarded_free(&workspace);
  guarded_free(&out);
}

static void test_guard_pages(void **state) {
  static const size_t head_dim[] = {1, 7, 16, 64, 65};
  static const size_t seq_len[] = {1, 16, 37};
  (void)state;
  for (size_t i = 0; i < sizeof head_dim / sizeof head_dim[0]; i++)
    for (size_t j = 0; j < sizeof seq_len / sizeof seq_len[0]; j++) {
      fixture f = fixture_make(1, seq_len[j], 1, head_dim[i], 23);
      f.problem.tile_q = f.problem.tile_k = 16;
      for (size_t k = 0; k < lkv_kernel_count(); k++) {
        if (!runs(lkv_kernel_at(k), &f.problem)) continue;
        check_guarded(lkv_kernel_at(k), &f, true);
        check_guarded(lkv_kernel_at(k), &f, false);
      }
      fixture_free(&f);
    }
}

/* One head in query blocks: the bits of one thread. */
static void test_blocks_of_one_head(void **state) {
  static const size_t shape[][3] = {
      {300, 64, 16}, {260, 20, 7}, {140, 3, 0}, {300, 9, 200}};
  (void)state;
  for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++) {
    fixture f = fixture_make(1, shape[i][0], 1, shape[i][1], 31);
    f.problem.tile_q = shape[i][2];
    for (size_t k = 0; k < lkv_kernel_count(); k++) {
      const lkv_kernel *kernel = lkv_kernel_at(k);
      if (!kernel->blocks || !runs(kernel, &f.problem)) continue;
      double *one = run(kernel, &f, 1);
      for (size_t threads = 2; threads <= 5; threads++) {
        double *many = run(kernel, &f, threads);
        assert_same_bits(kernel, many, one, f.count);
        free(many);
      }
      free(one);
    }
    fixture_free(&f);
  }
}

/* Nearly one-hot weights: what a sparse kernel leaves out changes no bit. */
static void check_sparse(const char *sparse_name, const char *dense_name, float scale) {
  const lkv_kernel *sparse = lkv_kernel_find(sparse_name);
  const lkv_kernel *dense = lkv_kernel_find(dense_name);
  fixture f = fixture_make(1, 200, 1, 24, 41);
  for (size_t e = 0; e < f.count; e++) f.operand[LKV_Q][e] *= scale;
  if (runs(sparse, &f.problem)) {
    double *expected = run(dense, &f, 1), *y = run(sparse, &f, 1);
    assert_same_bits(sparse, y, expected, f.count);
    free(expected);
    free(y);
  }
  fixture_free(&f);
}

static void test_sparse_is_dense(void **state) {
  static const float scale[] = {0, 1, 30, 300, 3000, 1e6F};
  (void)state;
  for (size_t i = 0; i < sizeof scale / sizeof scale[0]; i++) {
    check_sparse("avx2_tile_sparse", "avx2_tile", scale[i]);
    check_sparse("avx512_tile_sparse", "avx512_tile", scale[i]);
  }
}

/* Values near the largest number: each y_t is about their mean and stays finite. */
static void test_values_near_the_largest(void **state) {
  (void)state;
  fixture f = fixture_make(1, 40, 1, 8, 51);
  f.problem.tile_q = f.problem.tile_k = 16;
  for (size_t e = 0; e < f.count; e++) {
    f.operand[LKV_Q][e] = 0;
    f.operand[LKV_QV][e] = f.operand[LKV_KV][e] = 0x1p-8F;
    f.operand[LKV_VV][e] = 0x1.8p126F;
  }
  f.problem.eps = 0;
  for (size_t k = 0; k < lkv_kernel_count(); k++) {
    const lkv_kernel *kernel = lkv_kernel_at(k);
    if (!kernel->blocks || !runs(kernel, &f.problem)) continue;
    double *y = run(kernel, &f, 1);
    for (size_t e = 0; e < f.count; e++)
      if (!(fabs(y[e] / 0x1.8p126 - 1) < TOLERANCE))
        fail_msg("%s: element %zu is %g", kernel->name, e, y[e]);
    free(y);
  }
  fixture_free(&f);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tile_edges),
      cmocka_unit_test(test_odd_tiles),
      cmocka_unit_test(test_guard_pages),
      cmocka_unit_test(test_blocks_of_one_head),
      cmocka_unit_test(test_sparse_is_dense),
      cmocka_unit_test(test_values_near_the_largest),
  };
  const int unfit = select_kernel(argc, argv);
  if (unfit) return unfit;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
