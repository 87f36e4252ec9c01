#include "message.h"

#include <stdarg.h>
#include <stdio.h>

bool lkv_fail(char *error, size_t size, const char *format, ...) {
  if (size == 0) return false;
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(error, size, format, args);
  va_end(args);
  if (length < 0) error[0] = '\0';
  for (char *c = error; *c; c++)
    if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
  return false;
}
