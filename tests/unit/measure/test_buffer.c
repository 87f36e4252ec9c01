/* Buffers: alignment, guard pages on both sides, sizes that cannot be had. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka needs the above */
#include <cmocka.h>

#include "buffer.h"
#include "linkv/kernel.h"

static const size_t sizes[] = {1, 63, 64, 65, 4095, 4096, 4097, 100000, 1 << 20};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void data_is_aligned_and_writable(void **state) {
  (void)state;
  for (size_t i = 0; i < SIZES; i++) {
    buffer b;
    error err;
    assert_true(buffer_make(&b, sizes[i], &err));
    assert_int_equal(b.bytes, sizes[i]);
    assert_int_equal((uintptr_t)b.data % LKV_WORKSPACE_ALIGNMENT, 0);
    memset(b.data, 0xa5, b.bytes);
    assert_int_equal(((unsigned char *)b.data)[b.bytes - 1], 0xa5);
    buffer_free(&b);
    assert_null(b.data);
  }
}

/* Whether touching `address` kills a process, by the signal a bad address gives. */
static bool crashes(volatile unsigned char *address, bool write) {
  const pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (write) *address = 1;
    const unsigned char read = *address;
    _exit(read & 0);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static void past_the_end_crashes(void **state) {
  (void)state;
  for (size_t i = 0; i < SIZES; i++) {
    buffer b;
    error err;
    assert_true(buffer_make(&b, sizes[i], &err));
    unsigned char *data = b.data;
    const size_t end = (sizes[i] + LKV_WORKSPACE_ALIGNMENT - 1) /
                       LKV_WORKSPACE_ALIGNMENT * LKV_WORKSPACE_ALIGNMENT;
    assert_false(crashes(data + sizes[i] - 1, true));
    assert_true(crashes(data + end, false));
    assert_true(crashes(data + end, true));
    buffer_free(&b);
  }
}

static void before_the_start_crashes(void **state) {
  (void)state;
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  buffer b;
  error err;
  assert_true(buffer_make(&b, 2 * page, &err));
  assert_false(crashes(b.data, true));
  assert_true(crashes((unsigned char *)b.data - 1, false));
  buffer_free(&b);
}

static void no_bytes_are_no_data(void **state) {
  (void)state;
  buffer b;
  error err;
  assert_true(buffer_make(&b, 0, &err));
  assert_null(b.data);
  assert_int_equal(b.bytes, 0);
  buffer_free(&b);
}

static void impossible_sizes_are_told(void **state) {
  (void)state;
  const struct {
    size_t bytes;
    const char *text;
  } bad[] = {
      {SIZE_MAX, "16.0 EiB"},
      {SIZE_MAX - 4096, "16.0 EiB"},
      {(size_t)1 << 62, "4.0 EiB"},
      {(size_t)3 << 49, "1.5 PiB"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    buffer b;
    error err = {""};
    assert_false(buffer_make(&b, bad[i].bytes, &err));
    assert_non_null(strstr(err.text, bad[i].text));
    assert_null(b.data);
    buffer_free(&b);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(data_is_aligned_and_writable),
      cmocka_unit_test(past_the_end_crashes),
      cmocka_unit_test(before_the_start_crashes),
      cmocka_unit_test(no_bytes_are_no_data),
      cmocka_unit_test(impossible_sizes_are_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
