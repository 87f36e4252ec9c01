#include "format.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct unit {
  const char *name;
  double scale;
} unit;

/* Decimals that leave three significant digits of a magnitude. */
static int decimals_of(double magnitude) {
  if (magnitude >= 99.95) return 0;
  return magnitude >= 9.995 ? 1 : 2;
}

/* `units` from small to large; a value that would print as `limit` takes the next one. */
static const char *format_scaled(double value, const unit *units, size_t count,
                                 double limit, char buffer[FORMAT_SIZE]) {
  if (!isfinite(value)) return format_fixed(value, 0, buffer);
  size_t u = 0;
  while (u + 1 < count && fabs(value) / units[u].scale >= limit - 0.5) u++;
  double scaled = value / units[u].scale;
  char number[FORMAT_SIZE];
  format_fixed(scaled, decimals_of(fabs(scaled)), number);
  snprintf(buffer, FORMAT_SIZE, "%.30s %s", number, units[u].name);
  return buffer;
}

const char *format_time_ns(double ns, char buffer[FORMAT_SIZE]) {
  static const unit units[] = {{"ns", 1}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  return format_scaled(ns, units, sizeof units / sizeof *units, 1000, buffer);
}

const char *format_bytes(double bytes, char buffer[FORMAT_SIZE]) {
  static const unit units[] = {{"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}};
  if (fabs(bytes) < 1023.5) {
    snprintf(buffer, FORMAT_SIZE, "%.0f B", fabs(bytes) < 0.5 ? 0 : bytes);
    return buffer;
  }
  return format_scaled(bytes, units, sizeof units / sizeof *units, 1024, buffer);
}

const char *format_fixed(double value, int decimals, char buffer[FORMAT_SIZE]) {
  if (isnan(value)) {
    snprintf(buffer, FORMAT_SIZE, "%s", FORMAT_NULL);
    return buffer;
  }
  snprintf(buffer, FORMAT_SIZE, fabs(value) < 1e15 ? "%.*f" : "%.*e", decimals, value);
  if (*buffer == '-' && !strpbrk(buffer, "123456789i"))
    memmove(buffer, buffer + 1, strlen(buffer));
  return buffer;
}

const char *format_digits(double value, char buffer[FORMAT_SIZE]) {
  if (isfinite(value) && value != 0 && fabs(value) < 0.9995) {
    snprintf(buffer, FORMAT_SIZE, fabs(value) < 1e-3 ? "%.1e" : "%#.3g", value);
    return buffer;
  }
  return format_fixed(value, decimals_of(fabs(value)), buffer);
}

const char *format_real(double value, char buffer[FORMAT_SIZE]) {
  if (!isfinite(value)) return format_fixed(value, 0, buffer);
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(buffer, FORMAT_SIZE, "%.*g", digits, value);
    if (strtod(buffer, NULL) == value) break;
  }
  if (!strpbrk(buffer, ".e")) strcat(buffer, ".0");
  return buffer;
}
