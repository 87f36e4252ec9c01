/* linkv-worker: what `linkv worker` does, in a program that starts sooner. It is linked
 * with what a repetition needs and nothing else. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "blas_on_demand.h"
#include "commands.h"

/* Whether a word of the command names something that goes through BLAS: a kernel of that
 * family, or the block stage. */
static bool names_blas(int argc, char **argv) {
  for (int i = 2; i < argc; i++)
    if (!strncmp(argv[i], "blas_", 5) || !strcmp(argv[i], "block")) return true;
  return false;
}

int main(int argc, char **argv) {
  signal(SIGXFSZ, SIG_IGN);
  if (argc < 2 || strcmp(argv[1], "worker") != 0) {
    fputs("linkv-worker: started by linkv, for one repetition of one point\n", stderr);
    return EXIT_USAGE;
  }
  if (names_blas(argc, argv)) blas_on_demand_load();
  return cli_worker.run(argc - 1, argv + 1);
}
