#include "bytes_text.h"

#include <stdio.h>

const char *bytes_text(size_t bytes, char text[BYTES_TEXT_SIZE]) {
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) {
    snprintf(text, BYTES_TEXT_SIZE, "%zu bytes", bytes);
    return text;
  }
  double amount = (double)bytes / 1024;
  size_t unit = 0;
  for (; amount >= 1024; unit++) amount /= 1024;
  snprintf(text, BYTES_TEXT_SIZE, "%.1f %s", amount, units[unit]);
  return text;
}
