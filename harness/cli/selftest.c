/* linkv selftest: whether what judges kernels sees planted bugs, and leaves the others
 * alone. */
#include <stdio.h>

#include "commands.h"
#include "selftest_bugs.h"

static int run(int argc, char **argv);

const cli_command cli_selftest = {
    .name = "selftest",
    .summary = "planted bugs caught? correct kernels left alone?",
    .usage = "[options]",
    .details =
        "Runs kernels with planted bugs beside correct ones over regimes, shapes and "
        "seeds, and\n"
        "prints which rule sees which bug and where it alarms on what is right: ours, "
        "and "
        "those of\n"
        "other projects (docs/selftest.md). Exit status 3: one of ours misses a bug or "
        "alarms\n"
        "falsely.\n\n"
        "  linkv selftest --seeds 1\n"
        "  linkv selftest --regime near_eps --kernel scalar_row --kernel mutant_no_eps\n"
        "  linkv selftest --nightly --format md",
    .run = run,
};

enum { SEEDS = 2, SEEDS_NIGHTLY = 12 };

static int run(int argc, char **argv) {
  bugs_options a = {.seeds = 0};
  bool nightly = false;
  const cli_option options[] = {
      {"mutants", CLI_TEXT, &a.mutants, "FILE.so",
       "planted bugs, default the plug-in that is built or installed with linkv", NULL},
      {"plugin", CLI_LIST, &a.plugins, "FILE.so",
       "kernels of a shared object, taken to be correct; may be repeated", NULL},
      {"kernel", CLI_LIST, &a.kernels, "GLOB",
       "correct kernels and bugs, default all; may be repeated", NULL},
      {"regime", CLI_LIST, &a.regimes, "GLOB", "default all; may be repeated", NULL},
      {"seeds", CLI_SIZE, &a.seeds, "N", "seeds 1 to N, default 2", NULL},
      {"nightly", CLI_FLAG, &nightly, NULL,
       "12 seeds: over 10,000 runs and 10^7 elements of correct kernels", NULL},
      {"format", CLI_CHOICE, &a.format, "FORMAT", "default table", bugs_formats},
      {0}};
  cli_list words = {0};
  const cli_parsed parsed = cli_parse(&cli_selftest, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count)
    cli_fail(&cli_selftest, EXIT_USAGE, "unexpected word '%s'; it takes options alone",
             words.item[0]);
  else if (parsed == CLI_GO && nightly && a.seeds)
    cli_fail(&cli_selftest, EXIT_USAGE, "--nightly brings its own seeds; leave --seeds");
  else if (parsed == CLI_GO) {
    if (!a.seeds) a.seeds = nightly ? SEEDS_NIGHTLY : SEEDS;
    code = selftest_bugs(&cli_selftest, &a);
  }
  cli_list_free(&words);
  cli_list_free(&a.plugins);
  cli_list_free(&a.kernels);
  cli_list_free(&a.regimes);
  return code;
}
