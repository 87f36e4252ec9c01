/* linkv machine: facts of this machine and build, and the ceilings measured on it. */
#include <stdio.h>

#include "bytes_text.h"
#include "cli.h"
#include "commands.h"
#include "machine.h"

enum { FORMAT_TABLE, FORMAT_JSON };
static const char *const formats[] = {"table", "json", NULL};

static const json_t *member(const json_t *object, const char *key) {
  return json_object_get(object, key);
}

static const char *text_of(const json_t *value) {
  const char *text = json_string_value(value);
  return text ? text : "not known";
}

static const char *size_of(const json_t *value, char text[BYTES_TEXT_SIZE]) {
  if (!json_is_integer(value)) return "not known";
  return bytes_text((size_t)json_integer_value(value), text);
}

static void print_fact(const char *label, const char *text) {
  printf("%-12s%s\n", label, text);
}

static void print_text(const json_t *facts, const char *label, const char *key) {
  print_fact(label, text_of(member(facts, key)));
}

static void print_cpu(const json_t *facts) {
  const json_t *cpu = member(facts, "cpu"), *isas = member(cpu, "isa"), *isa;
  printf("%-12s", "ISAs");
  size_t i;
  json_array_foreach(isas, i, isa) printf("%s%s", i ? ", " : "", text_of(isa));
  putchar('\n');
  if (json_is_real(member(cpu, "mhz")))
    printf("%-12s%.0f MHz now\n", "clock", json_real_value(member(cpu, "mhz")));
  else
    print_fact("clock", "not known");
}

static void print_caches(const json_t *facts) {
  const json_t *cache;
  size_t i;
  json_array_foreach(member(facts, "caches"), i, cache) {
    char text[BYTES_TEXT_SIZE];
    printf("%-12sL%" JSON_INTEGER_FORMAT " %s, %s, CPUs %s\n", i ? "" : "caches",
           json_integer_value(member(cache, "level")), text_of(member(cache, "type")),
           size_of(member(cache, "bytes"), text), text_of(member(cache, "shared_cpus")));
  }
}

static void print_state(const json_t *facts) {
  const json_t *is_virtual = member(facts, "virtual"), *load = member(facts, "load");
  print_text(facts, "governor", "governor");
  print_fact("virtual", json_is_null(is_virtual)   ? "not known"
                        : json_is_true(is_virtual) ? "yes"
                                                   : "no");
  if (json_array_size(load) == 3)
    printf("%-12s%.2f %.2f %.2f over 1, 5 and 15 minutes\n", "load",
           json_real_value(json_array_get(load, 0)),
           json_real_value(json_array_get(load, 1)),
           json_real_value(json_array_get(load, 2)));
  else
    print_fact("load", "not known");
}

static void print_build(const json_t *facts) {
  print_text(facts, "compiler", "compiler");
  print_text(facts, "flags", "flags");
  print_text(facts, "build type", "build_type");
  print_text(facts, "commit", "commit");
  const char *library;
  json_t *version;
  json_object_foreach((json_t *)member(facts, "libraries"), library, version)
      print_fact(library, text_of(version));
}

static void print_ceilings(const json_t *facts) {
  const json_t *ceilings = member(facts, "ceilings"), *row;
  const json_t *bandwidth = member(ceilings, "bandwidth_gbytes");
  size_t i;
  printf("\nceilings of one thread, measured now\n");
  printf("  %-12s  %-8s  %10s\n", "ISA", "type", "Gflop/s");
  json_array_foreach(member(ceilings, "fma"), i, row)
      printf("  %-12s  %-8s  %10.1f\n", text_of(member(row, "isa")),
             text_of(member(row, "type")), json_real_value(member(row, "gflops")));
  if (json_is_real(bandwidth))
    printf("  reading memory: %.1f GB/s\n", json_real_value(bandwidth));
  else
    printf("  reading memory: not known\n");
}

static void print_table(const json_t *facts) {
  char text[BYTES_TEXT_SIZE];
  print_text(facts, "machine", "name");
  print_text(facts, "id", "id");
  print_cpu(facts);
  print_caches(facts);
  print_fact("memory", size_of(member(facts, "memory_bytes"), text));
  print_text(facts, "system", "os");
  print_text(facts, "kernel", "kernel");
  print_state(facts);
  print_build(facts);
  print_ceilings(facts);
}

static bool print_json(const json_t *facts) {
  return !json_dumpf(facts, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(10)) &&
         putchar('\n') != EOF;
}

static int run(int argc, char **argv) {
  int format = FORMAT_TABLE;
  double seconds = 1;
  cli_list words = {0};
  const cli_option options[] = {
      {"format", CLI_CHOICE, &format, "FORMAT", "default table", formats},
      {"seconds", CLI_SECONDS, &seconds, "S",
       "that measuring the ceilings takes, default 1", NULL},
      {0},
  };
  const cli_parsed parsed = cli_parse(&cli_machine, options, argc, argv, &words);
  const char *word = words.count ? words.item[0] : NULL;
  cli_list_free(&words);
  if (parsed != CLI_GO) return parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (word)
    return cli_fail(&cli_machine, EXIT_USAGE,
                    "unexpected word '%s'; it takes options alone", word);

  json_t *facts = machine_facts_measured(seconds);
  if (!facts) return cli_fail(&cli_machine, EXIT_USAGE, "out of memory");
  bool printed = true;
  if (format == FORMAT_JSON)
    printed = print_json(facts);
  else
    print_table(facts);
  json_decref(facts);
  if (!printed)
    return cli_fail(&cli_machine, EXIT_USAGE, "the facts could not be written");
  return cli_finish(&cli_machine, EXIT_FINE);
}

const cli_command cli_machine = {
    .name = "machine",
    .summary = "facts of this machine and build, and its ceilings",
    .usage = "[options]",
    .details =
        "Measures, on one thread, the FMA peak of every ISA and type this CPU has\n"
        "(scalar: the compiler's baseline, multiply and add) and the bandwidth of\n"
        "reading main memory.",
    .run = run,
};
