#include "build.h"

#include "commit.h"
#include "machine.h"

const char *build_commit(void) {
  return *LINKV_COMMIT ? LINKV_COMMIT : NULL;
}

const char *build_compiler(void) {
  return LINKV_COMPILER;
}

const char *build_flags(void) {
  return LINKV_FLAGS;
}

const char *build_type(void) {
  return LINKV_BUILD_TYPE;
}

const char *build_openmp_version(void) {
  return LINKV_OPENMP_VERSION;
}
