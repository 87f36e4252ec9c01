/* A folder that lives as long as a test program. */
#ifndef TEST_UNIT_SCRATCH_H
#define TEST_UNIT_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

static char scratch_folder[] = "/tmp/linkv_test_XXXXXX";

/* For cmocka_run_group_tests. */
static inline int scratch_make(void **state) {
  (void)state;
  return mkdtemp(scratch_folder) ? 0 : -1;
}

/* A path in the folder; the caller frees it. */
static inline char *scratch_path(const char *name) {
  char *path = NULL;
  assert_true(asprintf(&path, "%s/%s", scratch_folder, name) > 0);
  return path;
}

static inline void scratch_write(const char *path, const void *data, size_t bytes) {
  FILE *out = fopen(path, "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(data, 1, bytes, out), bytes);
  assert_int_equal(fclose(out), 0);
}

static inline int scratch_remove_one(const char *path, const struct stat *info, int kind,
                                     struct FTW *where) {
  (void)info, (void)kind, (void)where;
  return remove(path);
}

/* Removes the folder and all that is in it. */
static inline int scratch_remove(void **state) {
  (void)state;
  return nftw(scratch_folder, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
