/* cmocka.h wants these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* */
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "npz.h"

/* A directory of this test's own, made new for each test and empty. */
#define FOLDER LINKV_BINARY_DIR "/test_npz_write.d"
#define OUTPUT FOLDER "/out.npz"
/* What tests/e2e/numpy_loads.py reads. */
#define FOR_NUMPY LINKV_BINARY_DIR "/test_npz_write.npz"

enum { ARRAYS = 6 };
static npz_array arrays[ARRAYS];

static tensor *add(size_t at, const char *name, tensor_type type, size_t rank,
                   const size_t *shape) {
  error err;
  arrays[at].name = strdup(name);
  assert_non_null(arrays[at].name);
  assert_true(tensor_make(&arrays[at].value, type, rank, shape, &err));
  return &arrays[at].value;
}

/* Removes what a run that was killed left. */
static void clear_folder(void) {
  DIR *folder = opendir(FOLDER);
  if (!folder) return;
  for (const struct dirent *entry; (entry = readdir(folder));)
    (void)unlinkat(dirfd(folder), entry->d_name, 0);
  closedir(folder);
  (void)rmdir(FOLDER);
}

static int set_up(void **state) {
  (void)state;
  const size_t shape[] = {2, 3, 4}, eight[] = {1, 2, 1, 1, 1, 1, 1, 2}, three[] = {3},
               empty[] = {0, 5};
  float *y = add(0, "Y", TENSOR_FLOAT32, 3, shape)->data;
  double *wide = add(1, "wide", TENSOR_FLOAT64, 1, three)->data;
  int64_t *count = add(2, "count", TENSOR_INT64, 0, NULL)->data;
  float *deep = add(3, "deep", TENSOR_FLOAT32, 8, eight)->data;
  add(4, "empty", TENSOR_FLOAT64, 2, empty);
  double *named = add(5, "d\xc3\xa9j\xc3\xa0", TENSOR_FLOAT64, 0, NULL)->data;
  for (int i = 0; i < 24; i++) y[i] = (float)i / 8;
  wide[0] = 1e-300, wide[1] = -INFINITY, wide[2] = NAN;
  *count = INT64_MIN;
  for (int i = 0; i < 4; i++) deep[i] = (float)-i;
  *named = 0.1;
  clear_folder();
  return mkdir(FOLDER, 0777);
}

/* Fails where a test left anything behind but OUTPUT. */
static int tear_down(void **state) {
  (void)state;
  for (size_t i = 0; i < ARRAYS; i++) {
    free(arrays[i].name);
    tensor_free(&arrays[i].value);
  }
  (void)unlink(OUTPUT);
  return rmdir(FOLDER);
}

static size_t files_in_folder(void) {
  DIR *folder = opendir(FOLDER);
  size_t count = 0;
  assert_non_null(folder);
  for (const struct dirent *entry; (entry = readdir(folder));)
    count += entry->d_name[0] != '.';
  closedir(folder);
  return count;
}

static size_t read_all(const char *path, char *buffer, size_t size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  size_t got = fread(buffer, 1, size, file);
  assert_int_equal(fclose(file), 0);
  return got;
}

static void expect_same(const tensor *a, const tensor *b) {
  assert_int_equal(a->type, b->type);
  assert_int_equal(a->rank, b->rank);
  assert_int_equal(a->count, b->count);
  assert_memory_equal(a->shape, b->shape, a->rank * sizeof a->shape[0]);
  if (a->count)
    assert_memory_equal(a->data, b->data, a->count * tensor_type_size(a->type));
}

static void what_was_written_is_read_back(void **state) {
  (void)state;
  npz file;
  error err = {""};
  if (!npz_write(OUTPUT, ARRAYS, arrays, &err)) fail_msg("%s", err.text);
  assert_int_equal(files_in_folder(), 1);
  if (!npz_read(OUTPUT, &file, &err)) fail_msg("%s", err.text);
  assert_int_equal(file.count, ARRAYS);
  for (size_t i = 0; i < ARRAYS; i++) {
    assert_string_equal(file.arrays[i].name, arrays[i].name);
    expect_same(&file.arrays[i].value, &arrays[i].value);
  }
  npz_free(&file);
}

static void numpy_has_a_file_to_load(void **state) {
  (void)state;
  error err = {""};
  if (!npz_write(FOR_NUMPY, ARRAYS, arrays, &err)) fail_msg("%s", err.text);
}

static void elements_start_at_64_bytes_of_the_npy(void **state) {
  (void)state;
  static char bytes[8192];
  error err = {""};
  assert_true(npz_write(OUTPUT, 1, arrays, &err));
  size_t size = read_all(OUTPUT, bytes, sizeof bytes);
  const char *npy = memmem(bytes, size, "\x93NUMPY\1\0", 8);
  assert_non_null(npy);
  size_t header =
      10 + (size_t)(unsigned char)npy[8] + 256 * (size_t)(unsigned char)npy[9];
  assert_int_equal(header % 64, 0);
  assert_int_equal(npy[header - 1], '\n');
  assert_memory_equal(npy + header, arrays[0].value.data, 24 * sizeof(float));
  assert_non_null(memmem(npy, header,
                         "{'descr': '<f4', 'fortran_order': False, 'shape': "
                         "(2, 3, 4), }",
                         62));
}

static void equal_arrays_make_equal_files(void **state) {
  (void)state;
  static char first[8192], second[8192];
  error err = {""};
  assert_true(npz_write(OUTPUT, ARRAYS, arrays, &err));
  size_t size = read_all(OUTPUT, first, sizeof first);
  assert_true(npz_write(OUTPUT, ARRAYS, arrays, &err));
  assert_int_equal(read_all(OUTPUT, second, sizeof second), size);
  assert_memory_equal(first, second, size);
  assert_memory_equal(first + 10, "\0\0\x21\0", 4); /* a fixed date, not the clock's */
  assert_int_equal(files_in_folder(), 1);
}

static void files_have_the_usual_permissions(void **state) {
  (void)state;
  struct stat st;
  error err = {""};
  mode_t before = umask(022);
  bool ok = npz_write(OUTPUT, 1, arrays, &err);
  umask(before);
  assert_true(ok);
  assert_int_equal(stat(OUTPUT, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0644);
}

static void expect_unwritten(const char *path, size_t count, const char *what,
                             const char *remedy) {
  error err = {""};
  assert_false(npz_write(path, count, arrays, &err));
  if (!strstr(err.text, path) || !strstr(err.text, what) || !strstr(err.text, remedy))
    fail_msg("no \"%s: ... %s ... %s\" in: %s", path, what, remedy, err.text);
  assert_int_equal(files_in_folder(), 0);
}

static void wrong_targets_are_refused(void **state) {
  (void)state;
  expect_unwritten(FOLDER "/no/such/out.npz", 1, "No such file", "a writable directory");
  expect_unwritten(FOLDER, 1, "not a regular file", "another output file");
  expect_unwritten("/dev/null", 1, "not a regular file", "another output file");
  expect_unwritten(OUTPUT, 0, "no arrays", "at least one");
}

static void wrong_arrays_are_refused(void **state) {
  (void)state;
  arrays[0].value.type = TENSOR_FLOAT16;
  expect_unwritten(OUTPUT, 1, "array 'Y': type float16 is not written", "float32");
  arrays[0].value.type = TENSOR_FLOAT32;
  free(arrays[1].name);
  arrays[1].name = strdup("Y");
  expect_unwritten(OUTPUT, 2, "array 'Y': is given twice", "name it differently");
}

/* A limit on file sizes stands for a disk that fills up. */
static void a_failed_write_leaves_the_old_file(void **state) {
  (void)state;
  char old[8];
  error err = {""};
  FILE *file = fopen(OUTPUT, "w");
  assert_non_null(file);
  assert_true(fputs("old", file) >= 0);
  assert_int_equal(fclose(file), 0);
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  const struct rlimit small = {.rlim_cur = 256, .rlim_max = before.rlim_max};
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  bool ok = npz_write(OUTPUT, ARRAYS, arrays, &err);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  assert_false(ok);
  assert_non_null(strstr(err.text, OUTPUT ": cannot be written"));
  assert_int_equal(files_in_folder(), 1);
  assert_int_equal(read_all(OUTPUT, old, sizeof old), 3);
  assert_memory_equal(old, "old", 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_was_written_is_read_back, set_up, tear_down),
      cmocka_unit_test_setup_teardown(numpy_has_a_file_to_load, set_up, tear_down),
      cmocka_unit_test_setup_teardown(elements_start_at_64_bytes_of_the_npy, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(equal_arrays_make_equal_files, set_up, tear_down),
      cmocka_unit_test_setup_teardown(files_have_the_usual_permissions, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(wrong_targets_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wrong_arrays_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_failed_write_leaves_the_old_file, set_up,
                                      tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
