/* linkv: dispatches to a subcommand. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static const cli_command *const commands[] = {
    &cli_kernels, &cli_run,    &cli_judge, &cli_verify,  &cli_selftest, &cli_time,
    &cli_sweep,   &cli_export, &cli_pick,  &cli_compare, &cli_history,  &cli_plot,
    &cli_machine, &cli_race,   &cli_ab,    &cli_worker,
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out) {
  fputs(
      "linkv measures and judges CPU kernels of the Lin-KV block.\n\n"
      "usage: linkv COMMAND [options]\n\n",
      out);
  for (size_t i = 0; i < COMMANDS; i++)
    if (!commands[i]->hidden)
      fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
  fputs(
      "\n'linkv COMMAND --help' teaches a command. A first look:\n\n"
      "  linkv kernels                                   what runs on this CPU\n"
      "  linkv time --kernel scalar_row --seq-len 512    one point, measured and "
      "checked\n"
      "  linkv sweep configs/quick.yaml                  many points, into a database\n"
      "\n"
      "exit status: 0 fine, 1 regression, 2 usage or bad input, 3 wrong numerics,\n"
      "             4 nothing or too little measured, 5 unsure\n",
      out);
}

/* What cli_finish does, for what no command prints. */
static int finish(void) {
  if (!fflush(stdout) && !ferror(stdout)) return EXIT_FINE;
  fprintf(stderr, "linkv: standard output: %s\n",
          errno ? strerror(errno) : "write failed");
  return EXIT_USAGE;
}

static int run_command(int argc, char **argv) {
  for (size_t i = 0; i < COMMANDS; i++)
    if (!strcmp(argv[0], commands[i]->name)) return commands[i]->run(argc, argv);
  fprintf(stderr, "linkv: unknown command '%s'; see 'linkv --help'\n", argv[0]);
  return EXIT_USAGE;
}

int main(int argc, char **argv) {
  /* A write over the limit of file sizes fails, and is told like others. */
  signal(SIGXFSZ, SIG_IGN);
  /* The driver's threads are OpenMP's; OpenBLAS, once loaded, needs none of its own. */
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
  if (argc < 2) {
    print_help(stderr);
    return EXIT_USAGE;
  }
  const bool asks = !strcmp(argv[1], "help");
  if (asks && argc > 2) {
    char *question[] = {argv[2], "--help", NULL};
    return run_command(2, question);
  }
  if (asks || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
    print_help(stdout);
    return finish();
  }
  if (!strcmp(argv[1], "--version")) {
    puts("linkv " LINKV_VERSION);
    return finish();
  }
  return run_command(argc - 1, argv + 1);
}
