/* JUnit XML: a test case a row. `ok` and judged ok passes; wrong and untrusted are
 * failures; what ended without a result is an error; what could not be judged is skipped,
 * never passed. */
#include <stdlib.h>
#include <string.h>

#include "benchmark_row.h"
#include "export_formats.h"
#include "format.h"
#include "xml.h"

typedef enum outcome { PASSED, FAILED, ERROR, SKIPPED, OUTCOMES } outcome;

static outcome outcome_of(const row *r) {
  static const struct {
    const char *status;
    outcome outcome;
  } known[] = {{"wrong", FAILED},  {"untrusted", FAILED},       {"crashed", ERROR},
               {"timeout", ERROR}, {"out_of_memory", ERROR},    {"skipped", SKIPPED},
               {"ok", SKIPPED},    {"ill_conditioned", SKIPPED}};
  const value *status = &r->field[ROW_status];
  if (benchmark_row_good(r)) return PASSED;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (status->known && !strcmp(status->text, known[i].status)) return known[i].outcome;
  return ERROR;
}

/* What the field says, "" where it is not known. False when out of memory. */
static bool put_field(const row *r, int field, FILE *out) {
  const value *v = &r->field[field];
  return xml_put_text(v->known ? v->text : "", out);
}

/* The reason, and the command that measures the row again; the reason twice, as servers
 * differ in whether they show the attribute or the text. */
static bool put_complaint(const row *r, const char *element, FILE *out) {
  char *why = benchmark_row_complaint(r);
  if (!why) return false;
  fprintf(out, ">\n      <%s message=\"", element);
  xml_put_escaped(why, out);
  fputs("\" type=\"", out);
  bool ok = put_field(r, ROW_status, out);
  fputs("\">", out);
  xml_put_escaped(why, out);
  fputc('\n', out);
  free(why);
  ok = ok && put_field(r, ROW_command, out);
  fprintf(out, "</%s>\n    </testcase>\n", element);
  return ok;
}

static bool put_case(const row *r, const char *name, FILE *out) {
  static const char *const elements[] = {
      [FAILED] = "failure", [ERROR] = "error", [SKIPPED] = "skipped"};
  const outcome is = outcome_of(r);
  char number[FORMAT_SIZE];
  fputs("    <testcase classname=\"", out);
  const bool ok = put_field(r, ROW_kernel, out);
  fputs("\" name=\"", out);
  xml_put_escaped(name, out);
  fputc('"', out);
  if (is != PASSED) return ok && put_complaint(r, elements[is], out);
  fprintf(out, " time=\"%s\"/>\n",
          format_real(1e-9 * r->field[ROW_time_ns].real, number));
  return ok;
}

bool export_junit(const rows *all, FILE *out, error *err) {
  char **names, totals[160];
  size_t count[OUTCOMES] = {0};
  if (!benchmark_names_make(all, &names, err)) return false;
  for (size_t i = 0; i < all->count; i++) count[outcome_of(&all->row[i])]++;
  snprintf(totals, sizeof totals,
           "name=\"linkv\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", all->count,
           count[FAILED], count[ERROR]);
  fprintf(out,
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites %s>\n"
          "  <testsuite %s skipped=\"%zu\">\n",
          totals, totals, count[SKIPPED]);
  bool ok = true;
  for (size_t i = 0; i < all->count && ok; i++)
    ok = put_case(&all->row[i], names[i], out);
  fputs("  </testsuite>\n</testsuites>\n", out);
  benchmark_names_free(names, all->count);
  return ok || error_set(err, "the rows as JUnit: out of memory");
}
