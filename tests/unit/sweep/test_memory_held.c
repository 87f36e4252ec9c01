#include "memory_held.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "sleeper.h"

enum { HELD = 16 << 20 };

static void *hold(int sharing) {
  void *block = mmap(NULL, HELD, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
  assert_true(block != MAP_FAILED);
  memset(block, 1, HELD);
  return block;
}

/* A sleeper that touches no page more. */
static pid_t start_stopped(void) {
  const pid_t pid = start_sleeper();
  int status;
  assert_int_equal(kill(pid, SIGSTOP), 0);
  assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
  assert_true(WIFSTOPPED(status));
  return pid;
}

static void end_sleeper(pid_t pid) {
  kill(pid, SIGKILL);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static uint64_t held_by(pid_t pid) {
  return memory_held(1, &pid, UINT64_MAX);
}

static void private_and_shared_memory_count(void **state) {
  (void)state;
  static const int ways[] = {MAP_PRIVATE, MAP_SHARED};
  for (size_t i = 0; i < COUNT_OF(ways); i++) {
    const uint64_t before = held_by(getpid());
    void *block = hold(ways[i]);
    const uint64_t with = held_by(getpid());
    assert_true(with >= before + HELD / 2);
    munmap(block, HELD);
    assert_true(held_by(getpid()) <= with - HELD / 2);
  }
}

static void descendants_count(void **state) {
  (void)state;
  const uint64_t alone = held_by(getpid());
  const pid_t children[] = {start_stopped(), start_stopped()};
  const uint64_t sum = held_by(children[0]) + held_by(children[1]);
  const uint64_t family = held_by(getpid()),
                 listed = memory_held(2, children, UINT64_MAX);
  for (size_t i = 0; i < COUNT_OF(children); i++) end_sleeper(children[i]);
  assert_true(sum > 0 && family >= alone / 2 + sum);
  assert_int_equal(listed, sum);
}

/* Children of a fork have all that their parent has, until one of them writes to it. */
static void beyond_the_limit_pages_count_once(void **state) {
  (void)state;
  const pid_t self = getpid();
  void *block = hold(MAP_PRIVATE);
  const pid_t children[] = {start_stopped(), start_stopped()};
  const uint64_t each = memory_held(1, &self, UINT64_MAX);
  const uint64_t once = memory_held(1, &self, HELD);
  const uint64_t alone = held_by(children[0]);
  const uint64_t share = memory_held(1, children, HELD / 2);
  for (size_t i = 0; i < COUNT_OF(children); i++) end_sleeper(children[i]);
  munmap(block, HELD);
  assert_true(each >= (uint64_t)3 * HELD);
  assert_in_range(once, HELD / 2, each - HELD - HELD / 2);
  assert_true(alone > HELD / 2 && share < alone / 2); /* of a single process too */
}

static void who_is_gone_holds_nothing(void **state) {
  (void)state;
  const pid_t gone = start_sleeper();
  end_sleeper(gone);
  assert_int_equal(held_by(gone), 0);
  assert_int_equal(memory_held(0, NULL, 0), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(private_and_shared_memory_count),
      cmocka_unit_test(descendants_count),
      cmocka_unit_test(beyond_the_limit_pages_count_once),
      cmocka_unit_test(who_is_gone_holds_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
