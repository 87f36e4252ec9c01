#include "wide_types.h"

#if defined(__SIZEOF_FLOAT128__)

#define ATTEND attend

typedef __float128 wide;

static wide from(double a) {
  return a;
}

static double to_double(wide a) {
  return (double)a;
}

static wide add(wide a, wide b) {
  return a + b;
}

static wide multiply(wide a, wide b) {
  return a * b;
}

static wide divide(wide a, wide b) {
  return a / b;
}

static wide_attend attend;

#include "wide_row_body.h"

wide_attend *const wide_attend_binary128 = attend;

#else

wide_attend *const wide_attend_binary128 = NULL;

#endif
