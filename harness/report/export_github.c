/* What github-action-benchmark reads as customSmallerIsBetter: [{"name", "unit", "value",
 * "range", "extra"}]. Every row has an entry "... failure", 0 where it is good and 1
 * where it is not: 1 after 0 is over any threshold. Only a good row has a time and
 * memory. */
#include <stdlib.h>

#include "benchmark_row.h"
#include "export_formats.h"
#include "format.h"
#include "json_values.h"

static bool add(json_t *into, const char *name, const char *what, const char *unit,
                json_t *number, json_t *range, json_t *extra) {
  return json_array_append_new(
             into, json_pack("{s:s++, s:s, s:o, s:o*, s:o*}", "name", name,
                             *what ? " " : "", what, "unit", unit, "value", number,
                             "range", range, "extra", extra)) == 0;
}

/* "± half the width of the median's interval", in the unit of the time; NULL where not
 * known. */
static json_t *range_of(const row *r) {
  const value *low = &r->field[ROW_time_ns_low], *high = &r->field[ROW_time_ns_high];
  char half[FORMAT_SIZE];
  if (!low->known || !high->known) return NULL;
  return json_sprintf("± %s", format_digits((high->real - low->real) / 2, half));
}

static bool add_row(json_t *into, const row *r, const char *name) {
  const bool good = benchmark_row_good(r);
  const value *bytes = &r->field[ROW_peak_bytes], *command = &r->field[ROW_command];
  char *why = good ? NULL : benchmark_row_complaint(r);
  bool ok = add(into, name, "failure", "failures", json_integer(!good), NULL,
                why ? json_string(why) : NULL);
  free(why);
  if (!good) return ok;
  ok = ok && add(into, name, "", "ns", json_number(r->field[ROW_time_ns].real),
                 range_of(r), command->known ? json_string(command->text) : NULL);
  if (bytes->known)
    ok = ok &&
         add(into, name, "memory", "bytes", json_integer(bytes->integer), NULL, NULL);
  return ok;
}

bool export_github(const rows *all, FILE *out, error *err) {
  char **names;
  if (!benchmark_names_make(all, &names, err)) return false;
  json_t *document = json_array();
  bool ok = document != NULL;
  for (size_t i = 0; i < all->count && ok; i++)
    ok = add_row(document, &all->row[i], names[i]);
  benchmark_names_free(names, all->count);
  if (ok) return export_put_json(document, out, err);
  json_decref(document);
  return error_set(err, "the rows as JSON: out of memory");
}
