/* Plug-ins: what is refused and why, and that a good one is a kernel like any other. */
#include "fixture.h"

#include <stdio.h>
#include <unistd.h>

#define PLUGINS LINKV_BINARY_DIR "/tests/plugins"

/* Refused with one line that names the file and says `phrase`; the registry stays. */
static void assert_refused(const char *path, const char *phrase) {
  const size_t count = lkv_kernel_count();
  char error[1024] = "";
  if (lkv_plugin_load(path, error, sizeof error)) fail_msg("%s was loaded", path);
  const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  if (!strstr(error, file)) fail_msg("'%s' does not name %s", error, file);
  if (!strstr(error, phrase)) fail_msg("'%s' does not say '%s'", error, phrase);
  if (strchr(error, '\n')) fail_msg("'%s' is more than a line", error);
  assert_int_equal(lkv_kernel_count(), count);
}

static void test_broken_plugins(void **state) {
  (void)state;
#define BROKEN(name, phrase) assert_refused(PLUGINS "/broken_" #name ".so", phrase);
#include "broken_plugins.def"
#undef BROKEN
  assert_null(lkv_kernel_find("fine_by_itself"));
}

/* A temporary file of the first `size` bytes of `data`; the caller unlinks it. */
static void write_file(char *path, const char *data, size_t size) {
  const int file = mkstemp(path);
  assert_true(file >= 0);
  assert_int_equal(write(file, data, size), size);
  close(file);
}

static void test_files_that_are_no_plugins(void **state) {
  char path[] = "/tmp/linkv_test_XXXXXX";
  (void)state;
  assert_refused(PLUGINS "/absent.so", "No such file");
  assert_refused(PLUGINS, "not a regular file");
  write_file(path, "not an ELF file, though it is longer than an ELF header is long", 64);
  assert_refused(path, "not a shared object");
  unlink(path);
}

/* An object cut short at any place is refused, and does not end the process. */
static void test_truncated_plugin(void **state) {
  static char data[1 << 20];
  (void)state;
  FILE *file = fopen(PLUGINS "/my_kernel.so", "rb");
  assert_non_null(file);
  const size_t size = fread(data, 1, sizeof data, file);
  fclose(file);
  assert_true(size > 4096 && size < sizeof data);
  const size_t cuts[] = {0, 1, 63, 64, 1024, size / 2, size - 1};
  for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
    char path[] = "/tmp/linkv_test_XXXXXX";
    write_file(path, data, cuts[i]);
    assert_refused(path, cuts[i] < 64 ? "not a shared object" : "cut short");
    unlink(path);
  }
}

static void test_short_error_buffer(void **state) {
  char error[8] = "", none = 'x';
  (void)state;
  assert_false(lkv_plugin_load(PLUGINS "/absent.so", error, sizeof error));
  assert_string_equal(error, "plug-in");
  assert_false(lkv_plugin_load(PLUGINS "/absent.so", &none, 0));
  assert_int_equal(none, 'x');
}

/* The sample of the documentation, by a bare file name: not searched as a library is. */
static void test_sample(void **state) {
  char error[1024] = "";
  const size_t count = lkv_kernel_count();
  (void)state;
  assert_int_equal(chdir(PLUGINS), 0);
  if (!lkv_plugin_load("my_kernel.so", error, sizeof error)) fail_msg("%s", error);
  assert_int_equal(lkv_kernel_count(), count + 1);
  const lkv_kernel *kernel = lkv_kernel_at(count);
  assert_string_equal(kernel->name, "scalar_twopass");
  assert_ptr_equal(lkv_kernel_find("scalar_twopass"), kernel);
  assert_null(lkv_kernel_at(count + 1));

  const char *build = lkv_kernel_build(kernel);
  assert_int_equal(strspn(build, "0123456789abcdef"), 16);
  assert_int_equal(strlen(build), 16);
  assert_string_not_equal(build, lkv_kernel_build(lkv_kernel_at(0)));

  assert_refused("my_kernel.so", "kernel name 'scalar_twopass' is taken");
  assert_string_equal(lkv_kernel_build(kernel), build);
}

static void test_sample_is_correct(void **state) {
  static const size_t seq_len[] = {1, 2, 9, 33};
  (void)state;
  const lkv_kernel *kernel = lkv_kernel_find("scalar_twopass");
  assert_non_null(kernel);
  for (size_t i = 0; i < sizeof seq_len / sizeof seq_len[0]; i++) {
    fixture f = fixture_make(2, seq_len[i], 2, 7, i);
    double *reference = naive(&f), *y = run(kernel, &f, 2);
    assert_close(kernel, &f.problem, y, reference, f.count, 1e-5);
    free(reference);
    free(y);
    fixture_free(&f);
  }
}

static void test_fast_math_stays_outside(void **state) {
  (void)state;
  volatile float denormal = 0x1p-140F;
  char why[512];
  lkv_plugin_load(PLUGINS "/fast_math.so", why, sizeof why);
  /* Bits are compared: a comparison of floats would flush as well. */
  const float twice = denormal * 2, wanted = 0x1p-139F;
  assert_memory_equal(&twice, &wanted, sizeof wanted);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_broken_plugins),
      cmocka_unit_test(test_files_that_are_no_plugins),
      cmocka_unit_test(test_truncated_plugin),
      cmocka_unit_test(test_short_error_buffer),
      cmocka_unit_test(test_sample),
      cmocka_unit_test(test_sample_is_correct),
      cmocka_unit_test(test_fast_math_stays_outside),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
