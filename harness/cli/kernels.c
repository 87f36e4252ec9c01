/* linkv kernels: what there is, and what runs here. */
#include <jansson.h>
#include <stdio.h>

#include "commands.h"
#include "linkv/registry.h"
#include "table.h"

static int run(int argc, char **argv);

static const char *const formats[] = {"table", "json", NULL};
enum { FORMAT_TABLE, FORMAT_JSON };

const cli_command cli_kernels = {
    .name = "kernels",
    .summary = "what there is, what runs on this CPU, and why not",
    .usage = "[options]",
    .details =
        "  linkv kernels\n"
        "  linkv kernels --plugin ./my_kernel.so --format json",
    .run = run,
};

static json_t *describe(const lkv_kernel *k) {
  const char *why = NULL;
  const bool available = lkv_cpu_supports(k->isa, &why);
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s?}",
                   "name", k->name, "algorithm", k->algorithm, "isa",
                   lkv_isa_name(k->isa), "operand_type", lkv_dtype_name(k->operand_type),
                   "output_type", lkv_dtype_name(k->output_type), "accum_type",
                   lkv_dtype_name(k->accum_type), "factor_type",
                   lkv_dtype_name(k->factor_type), "family", lkv_family_name(k->family),
                   "summary", k->summary, "source", k->source, "available", available,
                   "why_not", available ? NULL : why);
}

static bool print_json(error *err) {
  json_t *list = json_array();
  bool ok = list != NULL;
  for (size_t i = 0; ok && i < lkv_kernel_count(); i++)
    ok = json_array_append_new(list, describe(lkv_kernel_at(i))) == 0;
  ok = ok && json_dumpf(list, stdout, JSON_INDENT(2)) == 0;
  putchar('\n');
  json_decref(list);
  return ok || error_set(err, "cannot print the kernels");
}

static bool print_table(error *err) {
  static const table_column columns[] = {{"kernel", TABLE_LEFT},
                                         {"operands", TABLE_LEFT},
                                         {"accumulators", TABLE_LEFT},
                                         {"runs here", TABLE_LEFT},
                                         {"what it does", TABLE_LEFT}};
  table t;
  bool ok = true;
  table_make(&t, columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; ok && i < lkv_kernel_count(); i++) {
    const lkv_kernel *k = lkv_kernel_at(i);
    const char *why = NULL;
    const bool available = lkv_cpu_supports(k->isa, &why);
    ok = table_add(&t, k->name, TABLE_PLAIN, err) &&
         table_add(&t, lkv_dtype_name(k->operand_type), TABLE_PLAIN, err) &&
         table_add(&t, lkv_dtype_name(k->accum_type), TABLE_PLAIN, err) &&
         table_add(&t, available ? "yes" : why, available ? TABLE_GOOD : TABLE_DOUBTFUL,
                   err) &&
         table_add(&t, k->summary, TABLE_PLAIN, err);
  }
  const table_style style = table_wants_colour(stdout) ? TABLE_COLOUR : TABLE_TEXT;
  ok = ok && table_print(&t, stdout, style, err);
  table_free(&t);
  return ok;
}

static int run(int argc, char **argv) {
  cli_list plugins = {0}, words = {0};
  int format = FORMAT_TABLE;
  error err = {{0}};
  const cli_option options[] = {
      {"plugin", CLI_LIST, &plugins, "FILE.so",
       "kernels of a shared object; may be repeated", NULL},
      {"format", CLI_CHOICE, &format, "FORMAT", "default table", formats},
      {0}};
  const cli_parsed parsed = cli_parse(&cli_kernels, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count)
    cli_fail(&cli_kernels, EXIT_USAGE, "unexpected word '%s'; it takes options alone",
             words.item[0]);
  else if (parsed == CLI_GO && cli_load_plugins(&cli_kernels, &plugins))
    code = (format == FORMAT_JSON ? print_json(&err) : print_table(&err))
               ? cli_finish(&cli_kernels, EXIT_FINE)
               : cli_fail(&cli_kernels, EXIT_USAGE, "%s", err.text);
  cli_list_free(&plugins);
  cli_list_free(&words);
  return code;
}
