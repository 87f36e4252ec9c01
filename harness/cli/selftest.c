/* linkv selftest: whether what judges kernels sees planted bugs, and leaves the others
 * alone; and how small a change of time this machine lets one see. */
#include <stdio.h>

#include "commands.h"
#include "selftest_bugs.h"
#include "selftest_noise.h"

static int run(int argc, char **argv);

const cli_command cli_selftest = {
    .name = "selftest",
    .summary = "planted bugs caught? correct kernels left alone? how noisy is it here?",
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
        "--noise races kernels against themselves instead, and tells the smallest change "
        "of time\n"
        "that can be told here (docs/statistics.md). Exit status 4: a race ended badly, "
        "or "
        "none\n"
        "was run.\n\n"
        "  linkv selftest --seeds 1\n"
        "  linkv selftest --regime near_eps --kernel scalar_row --kernel mutant_no_eps\n"
        "  linkv selftest --nightly --format md\n"
        "  linkv selftest --noise --db results/noise.db --seconds 20",
    .run = run,
};

enum { SEEDS = 2, SEEDS_NIGHTLY = 12, NOISE_SECONDS = 10 };

/* The option given that does not go with --noise, or without it; NULL. */
static const char *odd_option(const bugs_options *a, const noise_options *n, bool noise,
                              bool nightly) {
  if (noise)
    return a->mutants         ? "--mutants"
           : a->regimes.count ? "--regime"
           : a->seeds         ? "--seeds"
           : nightly          ? "--nightly"
                              : NULL;
  return n->db ? "--db" : n->seconds > 0 ? "--seconds" : n->seq_len ? "--seq-len" : NULL;
}

static int test_noise(const bugs_options *a, noise_options *n) {
  n->plugins = a->plugins;
  n->kernels = a->kernels;
  n->format = a->format;
  if (!(n->seconds > 0)) n->seconds = NOISE_SECONDS;
  return selftest_noise(&cli_selftest, n);
}

static int run(int argc, char **argv) {
  bugs_options a = {.seeds = 0};
  noise_options n = {.db = NULL};
  bool nightly = false, noise = false;
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
      {"noise", CLI_FLAG, &noise, NULL, "race kernels against themselves", NULL},
      {"db", CLI_TEXT, &n.db, "FILE", "with --noise: keep what is found, for comparisons",
       NULL},
      {"seconds", CLI_SECONDS, &n.seconds, "S", "with --noise: a point's, default 10",
       NULL},
      {"seq-len", CLI_SIZE, &n.seq_len, "T",
       "with --noise: this length alone, default 32, 192 and 640", NULL},
      {"format", CLI_CHOICE, &a.format, "FORMAT", "default table", bugs_formats},
      {0}};
  cli_list words = {0};
  const cli_parsed parsed = cli_parse(&cli_selftest, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  const char *odd = odd_option(&a, &n, noise, nightly);
  if (parsed == CLI_GO && words.count)
    cli_fail(&cli_selftest, EXIT_USAGE, "unexpected word '%s'; it takes options alone",
             words.item[0]);
  else if (parsed == CLI_GO && odd)
    cli_fail(
        &cli_selftest, EXIT_USAGE,
        noise ? "%s does not go with --noise; leave it" : "%s goes with --noise alone",
        odd);
  else if (parsed == CLI_GO && noise)
    code = test_noise(&a, &n);
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
