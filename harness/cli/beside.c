#include "beside.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Relative to PREFIX, of a program that is PREFIX/bin/linkv: a build, an installation. */
static const char *const places[] = {"tests/plugins", LINKV_LIBDIR "/linkv"};

bool beside_mutants(char *path, size_t size) {
  char program[4096];
  const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
  if (n <= 0) return false;
  program[n] = 0;
  for (int up = 0; up < 2; up++) {
    char *slash = strrchr(program, '/');
    if (slash) *slash = 0;
  }
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    const int length = snprintf(path, size, "%s/%s/mutants.so", program, places[i]);
    if (length > 0 && (size_t)length < size && access(path, R_OK) == 0) return true;
  }
  return false;
}
