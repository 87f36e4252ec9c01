/* What unit tests share: cmocka, and a look at error lines. */
#ifndef TEST_UNIT_CHECK_H
#define TEST_UNIT_CHECK_H

/* cmocka.h wants these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* */
#include <cmocka.h>
#include <string.h>

#include "error.h"

/* The error is one line that holds each of `words`. */
static inline void expect_says(const error *err, const char *const words[],
                               size_t count) {
  for (const char *c = err->text; *c; c++)
    if ((unsigned char)*c < ' ') fail_msg("not one line: %s", err->text);
  for (size_t i = 0; i < count; i++)
    if (!strstr(err->text, words[i])) fail_msg("no \"%s\" in: %s", words[i], err->text);
}

#define EXPECT_SAYS(err, ...)                          \
  expect_says(err, (const char *const[]){__VA_ARGS__}, \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Fails with the error's line where `condition`, which sets it, is false. */
#define EXPECT_OK(condition, err)                                  \
  do {                                                             \
    if (!(condition)) fail_msg("%s: %s", #condition, (err)->text); \
  } while (0)

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

#endif
