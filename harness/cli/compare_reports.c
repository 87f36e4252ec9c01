/* A comparison as CI servers read it. */
#include <stdio.h>

#include "compare_print.h"
#include "xml.h"

typedef enum outcome { PASSED, FAILED, SKIPPED, OUTCOMES } outcome;

/* Only what was compared, and found in order, passes; where time does not matter, what
 * time was taken does not. */
static outcome outcome_of(const compare_point *p, unsigned faults) {
  if (p->faults & faults) return FAILED;
  if (!p->base || !p->head || p->verdict == COMPARE_UNTIMED) return SKIPPED;
  return p->verdict == COMPARE_UNSURE && (faults & COMPARE_IS_SLOWER) ? SKIPPED : PASSED;
}

static bool put_case(const compare_point *p, outcome is) {
  static const char *const elements[] = {[FAILED] = "failure", [SKIPPED] = "skipped"};
  char name[COMPARE_NAME_SIZE], line[COMPARE_LINE_SIZE];
  compare_name(p, name);
  compare_line(p, line);
  fputs("    <testcase classname=\"compare\" name=\"", stdout);
  bool ok = xml_put_text(name, stdout);
  fputc('"', stdout);
  if (is == PASSED) {
    puts("/>");
    return ok;
  }
  printf(">\n      <%s message=\"", elements[is]);
  ok = ok && xml_put_text(line, stdout);
  printf("\"/>\n    </testcase>\n");
  return ok;
}

bool compare_junit(const comparison *c, unsigned faults, error *err) {
  size_t count[OUTCOMES] = {0};
  char totals[160];
  for (size_t i = 0; i < c->count; i++) count[outcome_of(&c->point[i], faults)]++;
  snprintf(totals, sizeof totals,
           "name=\"linkv compare\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
           "skipped=\"%zu\"",
           c->count, count[FAILED], count[SKIPPED]);
  printf(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites %s>\n"
      "  <testsuite %s>\n",
      totals, totals);
  bool ok = true;
  for (size_t i = 0; i < c->count && ok; i++)
    ok = put_case(&c->point[i], outcome_of(&c->point[i], faults));
  puts("  </testsuite>\n</testsuites>");
  return ok || error_set(err, "the comparison as JUnit: out of memory");
}

/* A workflow command ends with its line, and '%' begins an escape. */
static void put_data(const char *text) {
  for (; *text; text++) {
    if (*text == '%' || *text == '\n' || *text == '\r')
      printf("%%%02X", (unsigned)(unsigned char)*text);
    else
      putchar(*text);
  }
}

void compare_github(const comparison *c, unsigned faults) {
  for (size_t i = 0; i < c->count; i++) {
    const compare_point *p = &c->point[i];
    char name[COMPARE_NAME_SIZE], line[COMPARE_LINE_SIZE];
    const outcome is = outcome_of(p, faults);
    if (is == PASSED && p->verdict != COMPARE_FASTER) continue;
    compare_name(p, name);
    compare_line(p, line);
    printf("::%s title=linkv::", is == FAILED    ? "error"
                                 : is == SKIPPED ? "warning"
                                                 : "notice");
    put_data(name);
    fputs(": ", stdout);
    put_data(line);
    putchar('\n');
  }
  printf(
      "::notice title=linkv::%zu points in both, %zu same, %zu faster, %zu slower, "
      "%zu unsure\n",
      c->both, c->by_verdict[COMPARE_SAME], c->by_verdict[COMPARE_FASTER],
      c->by_verdict[COMPARE_SLOWER], c->by_verdict[COMPARE_UNSURE]);
}
