/* linkv pick: the kernel to ship, a shape, and wisdom for the kernel library. */
#include "pick.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "dispatch_cost.h"
#include "machine.h"
#include "pick_check.h"
#include "pick_print.h"
#include "pick_wisdom.h"
#include "store.h"
#include "whole_file.h"

static int run(int argc, char **argv);

const cli_command cli_pick = {
    .name = "pick",
    .summary = "the fastest kernels that qualify, a shape; writes a wisdom file",
    .usage = "--db FILE [limits] [--wisdom FILE] [--emit-c FILE] [--check]",
    .details =
        "Of the rows that are ok and judged ok: for each shape the kernels that no "
        "other\n"
        "beats in time, memory and error at once, those that tie with the fastest, and "
        "the\n"
        "pick: the simplest of the ties. docs/pick.md says what simple means. --wisdom\n"
        "writes the picks for lkv_attention() and lkv_block(), --emit-c the same as a C\n"
        "header. --check measures shapes in between and tells what the picks lose "
        "there.\n\n"
        "  linkv pick --db results/quick.db\n"
        "  linkv pick --db results/quick.db --max-error 1e-5 --max-memory 1M\n"
        "  linkv pick --db results/quick.db --wisdom results/wisdom.json\n\n"
        "Exit status 4: nothing qualifies.",
    .run = run,
};

typedef struct pick_arguments {
  const char *db, *where, *max_memory, *wisdom, *header;
  double max_error, tie_margin_percent;
  size_t threads;
  int accum, format;
  bool check, cost;
  cli_list plugins;
} pick_arguments;

static const char *const formats[] = {"table", "md", "json", NULL};
static const char *const accums[] = {"any", "float32", "float64", NULL};

/* "1500", "64K", "1.5M", "2GiB". */
static bool parse_bytes(const char *text, double *out) {
  static const char *const units[] = {"", "K", "M", "G"};
  char *end;
  if (!((*text >= '0' && *text <= '9') || *text == '.')) return false;
  *out = strtod(text, &end);
  if (!isfinite(*out) || *out <= 0) return false;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    const size_t n = strlen(units[i]);
    if (strncmp(end, units[i], n) != 0) continue;
    if (end[n] && (n == 0 || strcmp(end + n, "iB") != 0)) continue;
    *out *= pow(1024, (double)i);
    return true;
  }
  return false;
}

static bool write_text(const char *path, const char *text, const lkv_wisdom *w,
                       error *err) {
  whole_file file;
  if (!whole_file_open(&file, path, err)) return false;
  if (text)
    fputs(text, file.stream);
  else
    pick_wisdom_header(w, file.stream);
  return whole_file_commit(&file, err);
}

static int write_wisdom(const pick_arguments *a, const lkv_wisdom *w) {
  error err;
  char *text = lkv_wisdom_text(w);
  bool ok = text || error_set(&err, "out of memory for wisdom");
  ok = ok && (!a->wisdom || write_text(a->wisdom, text, NULL, &err)) &&
       (!a->header || write_text(a->header, NULL, w, &err));
  free(text);
  return ok ? EXIT_FINE : cli_fail(&cli_pick, EXIT_USAGE, "%s", err.text);
}

static int use_picks(const pick_arguments *a, const picks *p) {
  lkv_wisdom w;
  error err;
  if (!a->wisdom && !a->header && !a->check && !a->cost) return EXIT_FINE;
  if (!pick_wisdom_make(p, machine_id(), machine_name(), &w, &err))
    return cli_fail(&cli_pick, EXIT_USAGE, "%s: %s", a->db, err.text);
  int code = write_wisdom(a, &w);
  if (code == EXIT_FINE && a->cost) code = dispatch_cost_print(&cli_pick, &w);
  if (code == EXIT_FINE && a->check) code = pick_check(&cli_pick, p, &w, &a->plugins);
  pick_wisdom_free(&w);
  return code;
}

static bool print(const pick_arguments *a, const picks *p, error *err) {
  if (a->format == 2) return pick_print_json(p, stdout, err);
  const table_style text = table_wants_colour(stdout) ? TABLE_COLOUR : TABLE_TEXT;
  return pick_print_table(p, stdout, a->format == 1 ? TABLE_MARKDOWN : text, err);
}

static void tell_noise(const picks *p) {
  size_t noisy = 0;
  for (size_t i = 0; i < p->shapes; i++) {
    const pick_candidate *c = p->shape[i].chosen;
    noisy += c->high_ns - c->low_ns > 2 * PICK_NOISY * c->time_ns;
  }
  if (noisy)
    cli_fail(&cli_pick, EXIT_FINE,
             "note: at %zu of %zu shapes the time of the pick is known to no better than "
             "%.0f %%, so chance may have picked; sweep with more repetitions, or on "
             "free cores",
             noisy, p->shapes, 100 * PICK_NOISY);
}

static int pick_rows(const pick_arguments *a, const rows *all,
                     const pick_limits *limits) {
  picks p;
  error err;
  int code = EXIT_USAGE;
  if (!pick_make(all, limits, &p, &err))
    return cli_fail(&cli_pick, EXIT_USAGE, "%s: %s", a->db, err.text);
  if (p.bad_kernel)
    cli_fail(&cli_pick, EXIT_FINE,
             "note: '%s' is wrong or untrusted in some row: it qualifies nowhere",
             p.bad_kernel);
  if (!p.shapes)
    code = cli_fail(&cli_pick, EXIT_LITTLE,
                    "%s: nothing qualifies: of %zu rows none is ok, judged ok, repeated "
                    "and within the limits",
                    a->db, all->count);
  else if (!a->check && !a->cost && !print(a, &p, &err))
    cli_fail(&cli_pick, EXIT_USAGE, "%s", err.text);
  else
    code = use_picks(a, &p);
  tell_noise(&p);
  if (p.shapes && p.empty)
    cli_fail(&cli_pick, code, "note: nothing qualifies for %zu of %zu shapes", p.empty,
             p.shapes + p.empty);
  picks_free(&p);
  return code;
}

static int pick_database(const pick_arguments *a, const pick_limits *limits) {
  rows all = {0};
  error err;
  int code;
  if (!store_read_rows(a->db, STORE_LATEST_BUILD, a->where, &all, &err))
    code = cli_fail(&cli_pick, EXIT_USAGE, "%s", err.text);
  else if (!all.count)
    code = cli_fail(&cli_pick, EXIT_LITTLE, "%s: no row%s", a->db,
                    a->where ? " matches --where" : "");
  else
    code = pick_rows(a, &all, limits);
  rows_free(&all);
  return code == EXIT_FINE ? cli_finish(&cli_pick, code) : code;
}

static int check_and_pick(const pick_arguments *a) {
  pick_limits limits = {.max_error = a->max_error,
                        .max_bytes = INFINITY,
                        .threads = a->threads,
                        .accum = a->accum ? accums[a->accum] : NULL,
                        .tie_margin = a->tie_margin_percent / 100};
  if (!a->db) return cli_fail(&cli_pick, EXIT_USAGE, "--db FILE is needed");
  if (a->format && (a->check || a->cost))
    return cli_fail(&cli_pick, EXIT_USAGE,
                    "--format is of the picks, which --check and --dispatch-cost do not "
                    "print; leave it out");
  if (a->max_memory && !parse_bytes(a->max_memory, &limits.max_bytes))
    return cli_fail(&cli_pick, EXIT_USAGE,
                    "--max-memory '%s' is no size; give bytes, or 64K, 1.5M, 2G",
                    a->max_memory);
  if (!cli_load_plugins(&cli_pick, &a->plugins)) return EXIT_USAGE;
  return pick_database(a, &limits);
}

static int run(int argc, char **argv) {
  pick_arguments a = {.max_error = INFINITY, .tie_margin_percent = 100 * PICK_TIE_MARGIN};
  const cli_option options[] = {
      {"db", CLI_TEXT, &a.db, "FILE", "results database", NULL},
      {"where", CLI_TEXT, &a.where, "SQL",
       "which rows: an SQL expression over the fields", NULL},
      {"max-error", CLI_REAL, &a.max_error, "E", "max_rel_err, at its worst", NULL},
      {"max-memory", CLI_TEXT, &a.max_memory, "SIZE", "peak memory: bytes, or 64K, 1.5M",
       NULL},
      {"threads", CLI_THREADS, &a.threads, "N", "shapes measured on N threads alone",
       NULL},
      {"accum", CLI_CHOICE, &a.accum, "TYPE", "of the accumulators, default any", accums},
      {"tie-margin", CLI_PERCENT, &a.tie_margin_percent, "PERCENT",
       "how much slower a simpler kernel that ties may be, default 2", NULL},
      {"wisdom", CLI_TEXT, &a.wisdom, "FILE.json",
       "write the picks for the kernel library", NULL},
      {"emit-c", CLI_TEXT, &a.header, "FILE.h", "write the picks as a C header", NULL},
      {"check", CLI_FLAG, &a.check, NULL,
       "measure shapes in between, and what the picks lose there", NULL},
      {"dispatch-cost", CLI_FLAG, &a.cost, NULL,
       "measure what choosing a kernel costs a call", NULL},
      {"plugin", CLI_LIST, &a.plugins, "FILE.so",
       "kernels of a shared object; may be repeated", NULL},
      {"format", CLI_CHOICE, &a.format, "FORMAT", "default table", formats},
      {0}};
  cli_list words = {0};
  const cli_parsed parsed = cli_parse(&cli_pick, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count)
    cli_fail(&cli_pick, EXIT_USAGE, "unexpected word '%s'; a database is named by --db",
             words.item[0]);
  else if (parsed == CLI_GO)
    code = check_and_pick(&a);
  cli_list_free(&words);
  cli_list_free(&a.plugins);
  return code;
}
