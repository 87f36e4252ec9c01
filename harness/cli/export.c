/* linkv export: recorded rows, in a format for machines or people. */
#include "export.h"

#include <stdio.h>

#include "commands.h"
#include "store.h"
#include "table.h"
#include "whole_file.h"

static bool write_file(const rows *all, export_format format, const char *path,
                       error *err) {
  whole_file file;
  error reason;
  if (!whole_file_open(&file, path, err)) return false;
  if (export_rows(all, format, file.stream, false, &reason))
    return whole_file_commit(&file, err);
  whole_file_discard(&file);
  return error_set(err, "%s: %s", path, reason.text);
}

static int export_to(const rows *all, export_format format, const char *path) {
  error err;
  bool ok = path ? write_file(all, format, path, &err)
                 : export_rows(all, format, stdout, table_wants_colour(stdout), &err);
  return ok ? EXIT_FINE : cli_fail(&cli_export, EXIT_USAGE, "%s", err.text);
}

static int export_database(const char *db, store_builds builds, const char *where,
                           export_format format, const char *path) {
  rows all = {0};
  error err;
  int code;
  if (!store_read_rows(db, builds, where, &all, &err))
    code = cli_fail(&cli_export, EXIT_USAGE, "%s", err.text);
  else if (!all.count)
    code = cli_fail(&cli_export, EXIT_LITTLE, "%s: no row%s", db,
                    where ? " matches --where" : "");
  else
    code = export_to(&all, format, path);
  rows_free(&all);
  return code;
}

static int run(int argc, char **argv) {
  const char *db = NULL, *where = NULL, *output = NULL;
  int format = EXPORT_CSV;
  bool every_build = false;
  cli_list words = {0};
  const cli_option options[] = {
      {"db", CLI_TEXT, &db, "FILE", "results database", NULL},
      {"format", CLI_CHOICE, &format, "FORMAT", "default csv", cli_formats},
      {"where", CLI_TEXT, &where, "SQL", "which rows: an SQL expression over the fields",
       NULL},
      {"every-build", CLI_FLAG, &every_build, NULL,
       "also rows that were measured again since, with another build of the kernel",
       NULL},
      {"output", CLI_TEXT, &output, "FILE", "default standard output", NULL},
      {0}};
  cli_parsed parsed = cli_parse(&cli_export, options, argc, argv, &words);
  int code;
  if (parsed != CLI_GO)
    code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  else if (words.count)
    code = cli_fail(&cli_export, EXIT_USAGE, "unexpected word '%s'", words.item[0]);
  else if (!db)
    code = cli_fail(&cli_export, EXIT_USAGE, "--db FILE is needed");
  else
    code = export_database(db, every_build ? STORE_EVERY_BUILD : STORE_LATEST_BUILD,
                           where, (export_format)format, output);
  cli_list_free(&words);
  return code;
}

const cli_command cli_export = {
    .name = "export",
    .summary = "write recorded rows as CSV, JSON, Markdown or a table",
    .usage = "--db FILE [--format FORMAT] [--where SQL] [--output FILE]",
    .details =
        "csv, json and jsonl hold every field; md and table those a person wants.\n"
        "A file given by --output appears whole or not at all.\n\n"
        "  linkv export --db results/quick.db --format json\n"
        "  linkv export --db results/quick.db --where \"seq_len >= 1024 and status = "
        "'ok'\"\n\n"
        "Exit status 4: no row matches.",
    .run = run,
};
