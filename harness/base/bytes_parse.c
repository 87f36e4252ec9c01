#include "bytes_parse.h"

#include <stdlib.h>
#include <string.h>

bool bytes_parse(const char *text, uint64_t *out) {
  static const struct {
    const char *name;
    double bytes;
  } units[] = {{"", 1},         {"B", 1},        {"KiB", 0x1p10},
               {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}};
  char *end;
  if (*text < '0' || *text > '9' || text[strspn(text, "0123456789")] == 'x') return false;
  const double number = strtod(text, &end);
  end += strspn(end, " ");
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    if (strcmp(end, units[i].name) != 0) continue;
    const double bytes = number * units[i].bytes;
    if (!(bytes >= 1 && bytes < 0x1p60)) return false;
    *out = (uint64_t)bytes;
    return true;
  }
  return false;
}
