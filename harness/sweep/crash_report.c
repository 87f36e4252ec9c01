#include "crash_report.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum { STACK_BYTES = 1 << 16, FRAMES_MAX = 32 };

static unsigned char stack[STACK_BYTES];

/* Nothing here may allocate or lock. */
static void put(const char *text) {
  size_t left = strlen(text);
  while (left) {
    const ssize_t n = write(STDERR_FILENO, text, left);
    if (n <= 0) return;
    text += n;
    left -= (size_t)n;
  }
}

static void put_hex(uintptr_t number) {
  char text[2 + 2 * sizeof number + 1], *at = text + sizeof text - 1;
  *at = 0;
  do {
    *--at = "0123456789abcdef"[number % 16];
    number /= 16;
  } while (number);
  *--at = 'x';
  *--at = '0';
  put(at);
}

static const char *file_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static bool is_system(const char *path) {
  return !strncmp(file_name(path), "libc.so", 7) || !strncmp(file_name(path), "ld-", 3);
}

/* Tells a place, unless it is in the C library: who called that is of interest. */
static bool tell(const void *address, bool system_too) {
  Dl_info found;
  if (!dladdr(address, &found) || !found.dli_fname) return false;
  if (!system_too && is_system(found.dli_fname)) return false;
  put(found.dli_sname ? "in " : "at ");
  if (found.dli_sname) {
    put(found.dli_sname);
    put(" (");
  }
  put(file_name(found.dli_fname));
  put("+");
  put_hex((uintptr_t)address - (uintptr_t)found.dli_fbase);
  put(found.dli_sname ? ")\n" : "\n");
  return true;
}

/* The instruction that faulted; NULL on a machine this does not know. */
static const void *faulting(const void *context) {
  const void *place = NULL;
#if defined __x86_64__
  const ucontext_t *c = context;
  memcpy(&place, &c->uc_mcontext.gregs[REG_RIP], sizeof place);
#elif defined __aarch64__
  const ucontext_t *c = context;
  memcpy(&place, &c->uc_mcontext.pc, sizeof place);
#else
  (void)context;
#endif
  return place;
}

/* The signal's own action is back already: returning faults again. */
static void report(int number, siginfo_t *info, void *context) {
  const void *place = faulting(context);
  if (!tell(place, false)) {
    void *frame[FRAMES_MAX];
    bool told = false;
    const int count = backtrace(frame, FRAMES_MAX);
    int first = 0;
    for (int i = 0; i < count; i++)
      if (frame[i] == place) first = i;
    for (int i = first; i < count && first > 0 && !told; i++)
      told = tell((const char *)frame[i] - 1, false);
    if (!told) tell(place, true);
  }
  if (info->si_code <= 0) raise(number); /* somebody sent it: it does not fault again */
}

void crash_report_install(void) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
  void *frame[1];
  backtrace(frame, 1); /* loads what it needs, which no handler may */
  sigaltstack(&own, NULL);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction action = {.sa_sigaction = report};
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(signals[i], &action, NULL);
  }
}
