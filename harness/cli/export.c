/* linkv export: recorded rows, in a format for machines or people. */
#include "export.h"

#include <stdio.h>

#include "commands.h"
#include "store.h"
#include "table.h"
#include "whole_file.h"

/* How rows are written, and where. */
typedef struct export_target {
  const row_columns *columns;
  export_format format;
  const char *path;
} export_target;

static bool write_file(const rows *all, const export_target *to, error *err) {
  whole_file file;
  error reason;
  if (!whole_file_open(&file, to->path, err)) return false;
  if (export_rows(all, to->columns, to->format, file.stream, false, &reason))
    return whole_file_commit(&file, err);
  whole_file_discard(&file);
  return error_set(err, "%s: %s", to->path, reason.text);
}

static int export_to(const rows *all, const export_target *to) {
  error err;
  bool ok = to->path ? write_file(all, to, &err)
                     : export_rows(all, to->columns, to->format, stdout,
                                   table_wants_colour(stdout), &err);
  return ok ? EXIT_FINE : cli_fail(&cli_export, EXIT_USAGE, "%s", err.text);
}

static int export_database(const char *db, store_builds builds, const char *where,
                           const export_target *to) {
  rows all = {0};
  error err;
  int code;
  if (!store_read_rows(db, builds, where, &all, &err))
    code = cli_fail(&cli_export, EXIT_USAGE, "%s", err.text);
  else if (!all.count)
    code = cli_fail(&cli_export, EXIT_LITTLE, "%s: no row%s", db,
                    where ? " matches --where" : "");
  else
    code = export_to(&all, to);
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
      {"format", CLI_CHOICE, &format, "FORMAT", "default csv", cli_formats},
      {"columns", CLI_TEXT, &names, "A,B,...",
       "which fields, 'all' for every one; default: see below", NULL},
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
    code = cli_fail(&cli_export, EXIT_USAGE, "unexpected word '%s'", words.item[0]);
  else if (!db)
    code = cli_fail(&cli_export, EXIT_USAGE, "--db FILE is needed");
  else if (names && !columns_parse(names, &chosen, &err))
    code = cli_fail(&cli_export, EXIT_USAGE, "%s", err.text);
  else {
    to.columns = names ? &chosen : NULL;
    to.format = (export_format)format;
    code = export_database(db, every_build ? STORE_EVERY_BUILD : STORE_LATEST_BUILD,
                           where, &to);
  }
  cli_list_free(&words);
  return code;
}

const cli_command cli_export = {
    .name = "export",
    .summary = "write recorded rows as CSV, JSON, Markdown or a table",
    .usage =
        "--db FILE [--format FORMAT] [--columns A,B,...] [--where SQL] [--output "
        "FILE]",
    .details =
        "csv, json and jsonl hold every field, md and table what a person wants, unless\n"
        "--columns names them.\n"
        "A file given by --output appears whole or not at all.\n\n"
        "  linkv export --db results/quick.db --format json\n"
        "  linkv export --db results/quick.db --where \"seq_len >= 1024 and status = "
        "'ok'\"\n"
        "  linkv export --db results/quick.db --format table --columns "
        "kernel,seq_len,ulp_histogram\n\n"
        "Exit status 4: no row matches.",
    .run = run,
};
