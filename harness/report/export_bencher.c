/* Bencher's metric format: {"benchmark": {"measure": {"value": n, ...}}}. Every row has
 * the measure `failure`, 0 where it is good and 1 where it is not, for a threshold to
 * stand on; only a good row has others. */
#include "benchmark_row.h"
#include "export_formats.h"
#include "json_values.h"

static json_t *metric(double number) {
  return json_pack("{s:o}", "value", json_number(number));
}

static json_t *time_metric(const row *r) {
  const value *low = &r->field[ROW_time_ns_low], *high = &r->field[ROW_time_ns_high];
  json_t *out = metric(r->field[ROW_time_ns].real);
  if (low->known) json_object_set_new(out, "lower_value", json_number(low->real));
  if (high->known) json_object_set_new(out, "upper_value", json_number(high->real));
  return out;
}

static json_t *measures_of(const row *r) {
  const bool good = benchmark_row_good(r);
  json_t *out = json_pack("{s:{s:i}}", "failure", "value", !good);
  if (!good) return out;
  const value *bytes = &r->field[ROW_peak_bytes], *rel = &r->field[ROW_max_rel_err];
  json_object_set_new(out, "latency", time_metric(r));
  if (bytes->known)
    json_object_set_new(out, "peak-memory", metric((double)bytes->integer));
  if (rel->known) json_object_set_new(out, "relative-error", metric(rel->real));
  return out;
}

bool export_bencher(const rows *all, FILE *out, error *err) {
  char **names;
  if (!benchmark_names_make(all, &names, err)) return false;
  json_t *document = json_object();
  for (size_t i = 0; i < all->count; i++)
    json_object_set_new(document, names[i], measures_of(&all->row[i]));
  benchmark_names_free(names, all->count);
  return export_put_json(document, out, err);
}
