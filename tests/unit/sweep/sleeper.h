/* A child that does nothing until it is killed. */
#ifndef TEST_SLEEPER_H
#define TEST_SLEEPER_H

#include <unistd.h>

#include "../check.h"

static inline pid_t start_sleeper(void) {
  const pid_t pid = fork();
  if (pid == 0)
    for (;;) pause();
  assert_true(pid > 0);
  return pid;
}

#endif
