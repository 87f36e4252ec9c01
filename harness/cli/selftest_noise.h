/* linkv selftest --noise: kernels raced against themselves. */
#ifndef CLI_SELFTEST_NOISE_H
#define CLI_SELFTEST_NOISE_H

#include "cli.h"

typedef struct noise_options {
  const char *db; /* what was found is kept there; NULL: nowhere */
  cli_list plugins, kernels;
  double seconds; /* a point */
  size_t seq_len; /* 0: a short, a medium and a long one */
  int format;     /* of bugs_formats; not CSV */
} noise_options;

/* Races, keeps and prints; returns an EXIT_: too little where a point ended badly or none
 * was measured. */
int selftest_noise(const cli_command *command, const noise_options *options);

#endif
