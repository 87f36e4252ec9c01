/* linkv export: recorded rows, in a format for machines or people. */
#include "export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmark_row.h"
#include "commands.h"
#include "store.h"
#include "table.h"
#include "whole_file.h"

/* How rows are written, and where. */
typedef struct export_target {
  export_options how;
  const char *path; /* NULL: standard output */
} export_target;

static bool write_file(const rows *all, const export_target *to, error *err) {
  whole_file file;
  error reason;
  if (!whole_file_open(&file, to->path, err)) return false;
  if (export_rows(all, &to->how, file.stream, &reason))
    return whole_file_commit(&file, err);
  whole_file_discard(&file);
  return error_set(err, "%s: %s", to->path, reason.text);
}

/* How many rows a gate is not given the time of. */
static size_t left_out(const rows *all, export_format format) {
  size_t count = 0;
  for (size_t i = 0; export_is_for_gates(format) && i < all->count; i++)
    count += !benchmark_row_good(&all->row[i]);
  return count;
}

static int export_to(const rows *all, const export_target *to) {
  error err;
  const size_t without = left_out(all, to->how.format);
  if (!(to->path ? write_file(all, to, &err) : export_rows(all, &to->how, stdout, &err)))
    return cli_fail(&cli_export, EXIT_USAGE, "%s", err.text);
  if (without)
    cli_fail(&cli_export, EXIT_FINE,
             "note: %zu of %zu rows are not ok, or were not judged: no time of theirs is "
             "written",
             without, all->count);
  return without < all->count ? EXIT_FINE : EXIT_LITTLE;
}

/* The machine that all rows are of; NULL where they are of several or it is not known. */
static const char *machine_of(const rows *all) {
  const value *first = &all->row[0].field[ROW_machine];
  for (size_t i = 0; i < all->count; i++) {
    const value *v = &all->row[i].field[ROW_machine];
    if (!v->known || strcmp(v->text, first->text) != 0) return NULL;
  }
  return first->text;
}

static int export_with_facts(const char *db, const rows *all, export_target *to) {
  char *facts = NULL, *date = NULL;
  const char *machine = to->how.format == EXPORT_GBENCH ? machine_of(all) : NULL;
  error err;
  if (machine && !store_read_machine(db, machine, &facts, &date, &err))
    return cli_fail(&cli_export, EXIT_USAGE, "%s", err.text);
  to->how.machine_facts = facts;
  to->how.date = date;
  const int code = export_to(all, to);
  free(facts);
  free(date);
  return code;
}

static int export_database(const char *db, store_builds builds, const char *where,
                           export_target *to) {
  rows all = {0};
  error err;
  int code;
  if (!store_read_rows(db, builds, where, &all, &err))
    code = cli_fail(&cli_export, EXIT_USAGE, "%s", err.text);
  else if (!all.count)
    code = cli_fail(&cli_export, EXIT_LITTLE, "%s: no row%s", db,
                    where ? " matches --where" : "");
  else
    code = export_with_facts(db, &all, to);
  rows_free(&all);
  return code;
}

static int run(int argc, char **argv) {
  const char *db = NULL, *where = NULL, *names = NULL;
  export_target to = {0};
  row_columns chosen;
  int format = EXPORT_CSV;
  bool every_build = false;
  error err;
  cli_list words = {0};
  const cli_option options[] = {
      {"db", CLI_TEXT, &db, "FILE", "results database", NULL},
      {"format", CLI_CHOICE, &format, "FORMAT", "default csv", export_format_names},
      {"columns", CLI_TEXT, &names, "A,B,...",
       "which fields, 'all' for every one; default: see above", NULL},
      {"where", CLI_TEXT, &where, "SQL", "which rows: an SQL expression over the fields",
       NULL},
      {"every-build", CLI_FLAG, &every_build, NULL,
       "also rows that were measured again since, with another build of the kernel",
       NULL},
      {"output", CLI_TEXT, &to.path, "FILE", "default standard output", NULL},
      {0}};
  cli_parsed parsed = cli_parse(&cli_export, options, argc, argv, &words);
  int code;
  if (parsed != CLI_GO)
    code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  else if (words.count)
    code = cli_fail(&cli_export, EXIT_USAGE,
                    "unexpected word '%s'; a database is named by --db", words.item[0]);
  else if (!db)
    code = cli_fail(&cli_export, EXIT_USAGE, "--db FILE is needed");
  else if (names && !columns_parse(names, &chosen, &err))
    code = cli_fail(&cli_export, EXIT_USAGE, "%s", err.text);
  else {
    to.how = (export_options){.format = (export_format)format,
                              .columns = names ? &chosen : NULL,
                              .colour = !to.path && table_wants_colour(stdout)};
    code = export_database(db, every_build ? STORE_EVERY_BUILD : STORE_LATEST_BUILD,
                           where, &to);
  }
  cli_list_free(&words);
  return code;
}

const cli_command cli_export = {
    .name = "export",
    .summary = "write recorded rows for people, papers, programs and gates",
    .usage =
        "--db FILE [--format FORMAT] [--columns A,B,...] [--where SQL] [--output "
        "FILE]",
    .details =
        "csv, json, jsonl and sql hold every field, table, md and latex what a person\n"
        "wants, unless --columns names them. gbench, bencher, github and junit are read "
        "by\n"
        "Google Benchmark's compare.py, Bencher, github-action-benchmark and CI "
        "servers;\n"
        "they give no time of a row that is not ok (docs/exports.md).\n"
        "A file given by --output appears whole or not at all.\n\n"
        "  linkv export --db results/quick.db --format json\n"
        "  linkv export --db results/quick.db --where \"seq_len >= 1024 and status = "
        "'ok'\"\n"
        "  linkv export --db results/quick.db --format table --columns "
        "kernel,seq_len,ulp_histogram\n\n"
        "Exit status 4: no row matches, or a gate is given the time of none.",
    .run = run,
};
