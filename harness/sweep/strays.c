#include "strays.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"

enum { ROUNDS = 100 };

/* The children of this thread, which is the one that starts them. */
static strays list_children(void) {
  strays now;
  now.count = children_of_thread(getpid(), gettid(), STRAYS_OTHERS, now.other);
  return now;
}

static bool holds(const strays *s, pid_t pid) {
  for (size_t i = 0; i < s->count; i++)
    if (s->other[i] == pid) return true;
  return false;
}

strays strays_before(void) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  return list_children();
}

strays strays_since(const strays *before) {
  const strays now = list_children();
  strays since = {.count = 0};
  for (size_t i = 0; i < now.count; i++)
    if (!holds(before, now.other[i])) since.other[since.count++] = now.other[i];
  return since;
}

void strays_kill(const strays *before) {
  bool any = true;
  for (int round = 0; any && round < ROUNDS; round++) {
    const strays now = strays_since(before);
    any = false;
    for (size_t i = 0; i < now.count; i++) {
      any = kill(now.other[i], SIGKILL) == 0 || any;
      waitpid(now.other[i], NULL, 0);
    }
  }
}
