/* Peak memory: what was touched counts, to a page or two, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka needs the above */
#include <cmocka.h>

#include "buffer.h"
#include "memory.h"

#define MIB ((size_t)1 << 20)

/* Pages of the stack and the heap that a reading may touch; under AddressSanitizer a
 * freed block is not soon used again, so that each reading takes new ones. */
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER
#endif
#ifdef ADDRESS_SANITIZER
#define SLACK ((size_t)256 << 10)
#else
#define SLACK ((size_t)16 << 10)
#endif

/* Linux counts pages in batches on each CPU, so that memory gone by the time of reading
 * is known to tens of pages a CPU. */
static size_t batch_slack(void) {
  return (size_t)sysconf(_SC_NPROCESSORS_CONF) * 64 * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t reset(void) {
  size_t resident;
  error err;
  if (!memory_reset_peak(&resident, &err)) fail_msg("%s", err.text);
  return resident;
}

static size_t peak(void) {
  size_t bytes;
  error err;
  if (!memory_peak(&bytes, &err)) fail_msg("%s", err.text);
  return bytes;
}

static buffer make(size_t bytes) {
  buffer b;
  error err;
  if (!buffer_make(&b, bytes, &err)) fail_msg("%s", err.text);
  return b;
}

static void assert_between(size_t value, size_t low, size_t high) {
  assert_in_range(value, low, high);
}

static void touched_pages_count_exactly_while_mapped(void **state) {
  (void)state;
  const size_t sizes[] = {4096, 100 << 10, MIB, 8 * MIB, 300 << 10, 4096};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    buffer b = make(sizes[i]);
    const size_t before = reset();
    memset(b.data, 1, b.bytes);
    const size_t above = peak() - before;
    buffer_free(&b);
    assert_between(above, sizes[i], sizes[i] + SLACK);
  }
}

static void touched_pages_count_when_gone(void **state) {
  (void)state;
  const size_t before = reset();
  buffer b = make(8 * MIB);
  memset(b.data, 1, b.bytes);
  buffer_free(&b);
  const size_t above = peak() - before;
  assert_between(above, 8 * MIB - batch_slack(), 8 * MIB + batch_slack());
}

static void untouched_pages_do_not_count(void **state) {
  (void)state;
  const size_t before = reset();
  buffer b = make(64 * MIB);
  memset(b.data, 1, MIB);
  const size_t above = peak() - before;
  buffer_free(&b);
  assert_between(above, MIB, MIB + SLACK);
}

static void nothing_touched_is_nothing(void **state) {
  (void)state;
  for (int i = 0; i < 20; i++) {
    const size_t before = reset();
    assert_between(peak() - before, 0, SLACK);
  }
}

static void reset_forgets_an_earlier_peak(void **state) {
  (void)state;
  buffer b = make(32 * MIB);
  memset(b.data, 1, b.bytes);
  buffer_free(&b);
  const size_t before = reset();
  assert_between(peak() - before, 0, SLACK);
}

#ifndef ADDRESS_SANITIZER /* whose allocator keeps freed memory on purpose */
static void reset_gives_freed_heap_back(void **state) {
  (void)state;
  enum { BLOCKS = 4096, BLOCK = 4096 };
  static void *block[BLOCKS];
  const size_t before = reset();
  for (size_t i = 0; i < BLOCKS; i++) {
    block[i] = malloc(BLOCK);
    assert_non_null(block[i]);
    memset(block[i], 1, BLOCK);
  }
  /* The last block stays, and keeps the heap from shrinking from its end. */
  for (size_t i = 0; i < BLOCKS - 1; i++) free(block[i]);
  const size_t after = reset();
  free(block[BLOCKS - 1]);
  assert_between(after, 0, before + MIB);
}
#endif

static void available_memory_is_within_the_machine(void **state) {
  (void)state;
  size_t available;
  error err;
  assert_true(memory_available(&available, &err));
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  assert_between(available, MIB, (size_t)sysconf(_SC_PHYS_PAGES) * page);
}

/* In a child, since a limit is for good: 0 where private memory up to the limit can be
 * had, and no more. */
static int try_limit(size_t limit, size_t less, size_t more) {
  const int use = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
  error err;
  if (!memory_limit(limit, &err)) return 1;
  if (mmap(NULL, more, use, kind, -1, 0) != MAP_FAILED) return 2;
  return mmap(NULL, less, use, kind, -1, 0) == MAP_FAILED ? 3 : 0;
}

static void a_limit_is_beyond_what_there_is(void **state) {
  (void)state;
  static const size_t limits[] = {8 * MIB, 256 * MIB};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    int status;
    const pid_t child = fork();
    if (child == 0) _exit(try_limit(limits[i], limits[i] - MIB, limits[i] + MIB));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(touched_pages_count_exactly_while_mapped),
      cmocka_unit_test(touched_pages_count_when_gone),
      cmocka_unit_test(untouched_pages_do_not_count),
      cmocka_unit_test(nothing_touched_is_nothing),
      cmocka_unit_test(reset_forgets_an_earlier_peak),
      cmocka_unit_test(available_memory_is_within_the_machine),
      cmocka_unit_test(a_limit_is_beyond_what_there_is),
#ifndef ADDRESS_SANITIZER
      cmocka_unit_test(reset_gives_freed_heap_back),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
