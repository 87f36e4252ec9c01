#include "isolate.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guarded.h"

#define NO_ITEM SIZE_MAX

enum { BLAME_MAX = 160, ALTERNATE_STACK = 1 << 16 };

/* Of one child, in shared memory. */
typedef struct post {
  _Atomic size_t item; /* in hand; NO_ITEM: none */
  char blame[BLAME_MAX];
} post;

typedef struct shared {
  _Atomic size_t next;
  post post[ISOLATE_PROCESSES];
} shared;

void *isolate_memory(size_t bytes) {
  void *memory =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

void isolate_release(void *memory, size_t bytes) {
  if (memory) munmap(memory, bytes);
}

/* Where the child's signal handler writes. */
static char *blame;

static void on_crash(int number, siginfo_t *info, void *context) {
  (void)context;
  guarded_blame(info->si_addr, blame, BLAME_MAX);
  signal(number, SIG_DFL);
  raise(number);
}

static void watch_for_crashes(char *text) {
  static unsigned char stack[ALTERNATE_STACK];
  const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction action = {.sa_sigaction = on_crash,
                             .sa_flags = SA_SIGINFO | SA_ONSTACK};
  blame = text;
  sigaltstack(&alternate, NULL);
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  signal(SIGALRM, SIG_DFL);
}

static _Noreturn void child(const isolate_job *job, shared *s, size_t slot,
                            size_t first) {
  post *mine = &s->post[slot];
  watch_for_crashes(mine->blame);
  for (size_t item = first;;) {
    if (item == NO_ITEM) item = atomic_fetch_add(&s->next, 1);
    if (item >= job->items) break;
    atomic_store(&mine->item, item);
    job->work(job->context, item);
    alarm(0);
    atomic_store(&mine->item, NO_ITEM);
    item = NO_ITEM;
  }
  _exit(0);
}

static bool start(const isolate_job *job, shared *s, size_t slot, size_t first,
                  pid_t *pid, error *err) {
  atomic_store(&s->post[slot].item, first);
  s->post[slot].blame[0] = 0;
  fflush(NULL);
  const pid_t forked = fork();
  if (forked == 0) child(job, s, slot, first);
  if (forked < 0) return error_set(err, "cannot start a process: %s", strerror(errno));
  *pid = forked;
  return true;
}

static void tell(int status, const char *what, char *text, size_t size) {
  if (WIFEXITED(status))
    snprintf(text, size, "ends the process with exit status %d", WEXITSTATUS(status));
  else if (WTERMSIG(status) == SIGALRM)
    snprintf(text, size, "does not come to an end");
  else
    snprintf(text, size, "is killed by SIG%s%s%s", sigabbrev_np(WTERMSIG(status)),
             *what ? ": " : "", what);
}

/* Waits for one child to end and starts another in its place where there is need. */
static bool tend(const isolate_job *job, shared *s, pid_t pid[], size_t *running,
                 error *err) {
  char how[BLAME_MAX + 64];
  int status = 0;
  for (size_t slot = 0; slot < job->processes; slot++) {
    if (!pid[slot]) continue;
    const pid_t ended = waitpid(pid[slot], &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) continue;
    pid[slot] = 0;
    --*running;
    const size_t item = atomic_load(&s->post[slot].item);
    if (item == NO_ITEM) continue;
    tell(status, s->post[slot].blame, how, sizeof how);
    const bool again = job->died(job->context, item, how);
    if (!start(job, s, slot, again ? item : NO_ITEM, &pid[slot], err)) return false;
    ++*running;
  }
  return true;
}

bool isolate_run(const isolate_job *job, error *err) {
  pid_t pid[ISOLATE_PROCESSES] = {0};
  size_t running = 0;
  bool ok = true;
  shared *s = isolate_memory(sizeof *s);
  if (!s) return error_set(err, "no memory to share with processes");
  for (size_t slot = 0; ok && slot < job->processes && slot < job->items; slot++) {
    ok = start(job, s, slot, NO_ITEM, &pid[slot], err);
    running += ok;
  }
  while (ok && running) {
    siginfo_t info;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) && errno != EINTR)
      ok = error_set(err, "cannot wait for a process: %s", strerror(errno));
    else
      ok = tend(job, s, pid, &running, err);
  }
  for (size_t slot = 0; slot < job->processes; slot++)
    if (pid[slot]) {
      kill(pid[slot], SIGKILL);
      waitpid(pid[slot], NULL, 0);
    }
  isolate_release(s, sizeof *s);
  return ok;
}
