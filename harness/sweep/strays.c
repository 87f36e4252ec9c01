#include "strays.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 100 };

/* The children of this thread, which is the one that starts them. */
static strays list_children(void) {
  strays now = {.count = 0};
  char path[64], text[12 * STRAYS_OTHERS] = "";
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)gettid());
  FILE *list = fopen(path, "re");
  if (list) {
    text[fread(text, 1, sizeof text - 1, list)] = 0;
    fclose(list);
  }
  char *at = text, *end;
  for (long pid; now.count < STRAYS_OTHERS && (pid = strtol(at, &end, 10)) > 0; at = end)
    now.other[now.count++] = (pid_t)pid;
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

void strays_kill(const strays *before) {
  bool any = true;
  for (int round = 0; any && round < ROUNDS; round++) {
    const strays now = list_children();
    any = false;
    for (size_t i = 0; i < now.count; i++) {
      if (holds(before, now.other[i])) continue;
      any = kill(now.other[i], SIGKILL) == 0 || any;
      waitpid(now.other[i], NULL, 0);
    }
  }
}
