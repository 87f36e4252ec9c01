/* Google Benchmark's JSON. An entry a repetition, then their median, so that its
 * compare.py can run its test over the repetitions. A row that is not good has no entry:
 * readers take whatever time an entry has, error or not. The context lists such rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "benchmark_row.h"
#include "export_formats.h"
#include "json_values.h"
#include "median.h"

/* Counters of an entry: fields of the row. */
static const int counters[] = {ROW_gflops,       ROW_share_of_peak, ROW_workspace_bytes,
                               ROW_peak_bytes,   ROW_max_rel_err,   ROW_r_det_max,
                               ROW_decided_share};

static json_t *caches_of(const json_t *facts) {
  json_t *out = json_array();
  size_t i;
  json_t *cache;
  json_array_foreach(json_object_get(facts, "caches"), i, cache) json_array_append_new(
      out, json_pack("{s:O?, s:O?, s:O?}", "type", json_object_get(cache, "type"),
                     "level", json_object_get(cache, "level"), "size",
                     json_object_get(cache, "bytes")));
  return out;
}

static json_t *left_out(const rows *all, char *const *names) {
  json_t *out = json_array();
  for (size_t i = 0; i < all->count; i++) {
    const row *r = &all->row[i];
    if (benchmark_row_good(r)) continue;
    char *why = benchmark_row_complaint(r);
    json_array_append_new(
        out, json_pack("{s:s, s:s*}", "name", names[i], "error_message", why));
    free(why);
  }
  return out;
}

/* "debug" or "release", as Google Benchmark says it; NULL where not known. */
static const char *build_type_of(const json_t *facts) {
  const char *type = json_string_value(json_object_get(facts, "build_type"));
  if (!type) return NULL;
  return strcasecmp(type, "Debug") == 0 ? "debug" : "release";
}

static json_t *context_of(const rows *all, char *const *names,
                          const export_options *options) {
  json_t *facts = options->machine_facts ? json_loads(options->machine_facts, 0, NULL)
                                         : json_object();
  const json_t *cpu = json_object_get(facts, "cpu");
  const char *governor = json_string_value(json_object_get(facts, "governor"));
  const value *commit = &all->row[0].field[ROW_commit];
  json_t *scaling = governor ? json_boolean(strcmp(governor, "performance") != 0) : NULL;
  json_t *context =
      json_pack("{s:s?, s:O?, s:s, s:O?, s:O?, s:o?, s:o, s:O?, s:s?, s:s?, s:o}", "date",
                options->date, "host_name", json_object_get(facts, "name"), "executable",
                "linkv", "num_cpus", json_object_get(cpu, "cores"), "mhz_per_cpu",
                json_object_get(cpu, "mhz"), "cpu_scaling_enabled", scaling, "caches",
                caches_of(facts), "load_avg", json_object_get(facts, "load"),
                "library_build_type", build_type_of(facts), "linkv_commit",
                commit->known ? commit->text : NULL, "left_out", left_out(all, names));
  json_decref(facts);
  return context;
}

/* What every entry of a row has. */
static json_t *entry_of(const row *r, const char *name, size_t family, const char *suffix,
                        const char *run_type) {
  char full[1024];
  snprintf(full, sizeof full, "%s%s", name, suffix);
  json_t *entry = json_pack(
      "{s:s, s:I, s:i, s:s, s:s, s:I, s:i}", "name", full, "family_index",
      (json_int_t)family, "per_family_instance_index", 0, "run_name", name, "run_type",
      run_type, "repetitions", (json_int_t)r->samples, "threads", 1);
  return entry;
}

/* compare.py computes with both times: a processor time that is not known is 0. */
static void put_times(json_t *entry, const row *r, double real_ns, double cpu_ns) {
  json_object_set_new(entry, "real_time", json_number(real_ns));
  json_object_set_new(entry, "cpu_time", json_real(isfinite(cpu_ns) ? cpu_ns : 0));
  json_object_set_new(entry, "time_unit", json_string("ns"));
  for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
    const row_field *f = &row_fields[counters[i]];
    json_object_set_new(entry, f->name, export_value(&r->field[counters[i]], f->kind));
  }
}

static void add_repetition(json_t *into, const row *r, const char *name, size_t family,
                           size_t index) {
  const row_sample *s = &r->sample[index];
  json_t *entry = entry_of(r, name, family, "", "iteration");
  json_object_set_new(entry, "repetition_index", json_integer((json_int_t)index));
  json_object_set_new(entry, "iterations", json_integer(s->iterations));
  put_times(entry, r, s->time_ns, s->cpu_ns);
  json_array_append_new(into, entry);
}

static bool add_median(json_t *into, const row *r, const char *name, size_t family) {
  double *cpu = calloc(r->samples, sizeof *cpu);
  if (!cpu) return false;
  bool known = true;
  for (size_t i = 0; i < r->samples; i++) {
    cpu[i] = r->sample[i].cpu_ns;
    known = known && isfinite(cpu[i]);
  }
  const double middle = known ? median_of(r->samples, cpu).median : NAN;
  free(cpu);
  json_t *entry = entry_of(r, name, family, "_median", "aggregate");
  json_object_set_new(entry, "aggregate_name", json_string("median"));
  json_object_set_new(entry, "aggregate_unit", json_string("time"));
  json_object_set_new(entry, "iterations", json_integer((json_int_t)r->samples));
  put_times(entry, r, r->field[ROW_time_ns].real, middle);
  return json_array_append_new(into, entry) == 0;
}

bool export_gbench(const rows *all, const export_options *options, FILE *out,
                   error *err) {
  char **names;
  if (!benchmark_names_make(all, &names, err)) return false;
  json_t *entries = json_array();
  bool ok = true;
  for (size_t i = 0; i < all->count && ok; i++) {
    const row *r = &all->row[i];
    if (!benchmark_row_good(r)) continue;
    for (size_t s = 0; s < r->samples; s++) add_repetition(entries, r, names[i], i, s);
    if (r->samples > 1) ok = add_median(entries, r, names[i], i);
  }
  json_t *document = json_pack("{s:o, s:o}", "context", context_of(all, names, options),
                               "benchmarks", entries);
  ok = export_put_json(document, out, err) && ok;
  benchmark_names_free(names, all->count);
  return ok;
}
