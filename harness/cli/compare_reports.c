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

/* Servers differ in whether they show the attribute or the text. */
static bool put_case(const compare_point *p, outcome is, FILE *out) {
  static const char *const elements[] = {[FAILED] = "failure", [SKIPPED] = "skipped"};
  char name[COMPARE_NAME_SIZE], line[COMPARE_LINE_SIZE];
  compare_name(p, name);
  compare_line(p, line);
  fputs("    <testcase classname=\"compare\" name=\"", out);
  bool ok = xml_put_text(name, out);
  fputc('"', out);
  if (is == PASSED) {
    fputs("/>\n", out);
    return ok;
  }
  fprintf(out, ">\n      <%s message=\"", elements[is]);
  ok = ok && xml_put_text(line, out);
  fputs("\">", out);
  ok = ok && xml_put_text(line, out);
  fprintf(out, "</%s>\n    </testcase>\n", elements[is]);
  return ok;
}

bool compare_junit(const comparison *c, unsigned faults, FILE *out, error *err) {
  size_t count[OUTCOMES] = {0};
  char totals[160];
  for (size_t i = 0; i < c->count; i++) count[outcome_of(&c->point[i], faults)]++;
  snprintf(totals, sizeof totals,
           "name=\"linkv compare\" tests=\"%zu\" failures=\"%zu\" errors=\"0\"", c->count,
           count[FAILED]);
  fprintf(out,
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites %s>\n"
          "  <testsuite %s skipped=\"%zu\">\n",
          totals, totals, count[SKIPPED]);
  bool ok = true;
  for (size_t i = 0; i < c->count && ok; i++)
    ok = put_case(&c->point[i], outcome_of(&c->point[i], faults), out);
  fputs("  </testsuite>\n</testsuites>\n", out);
  return ok || error_set(err, "the comparison as JUnit: out of memory");
}

/* A workflow command ends with its line, and '%' begins an escape. */
static void put_data(const char *text, FILE *out) {
  for (; *text; text++) {
    if (*text == '%' || *text == '\n' || *text == '\r')
      fprintf(out, "%%%02X", (unsigned)(unsigned char)*text);
    else
      fputc(*text, out);
  }
}

/* The counts first: GitHub shows ten annotations of a kind and step, the log has all. */
void compare_github(const comparison *c, unsigned faults, FILE *out) {
  static const char *const kinds[] = {
      [PASSED] = "notice", [FAILED] = "error", [SKIPPED] = "warning"};
  fputs("::notice title=linkv::", out);
  compare_put_counts(c, faults, out);
  fputc('\n', out);
  for (size_t i = 0; i < c->count; i++) {
    const compare_point *p = &c->point[i];
    char name[COMPARE_NAME_SIZE], line[COMPARE_LINE_SIZE];
    const outcome is = outcome_of(p, faults);
    if (is == PASSED && p->verdict != COMPARE_FASTER) continue;
    compare_name(p, name);
    compare_line(p, line);
    fprintf(out, "::%s title=linkv::", kinds[is]);
    put_data(name, out);
    fputs(": ", out);
    put_data(line, out);
    fputc('\n', out);
  }
}
