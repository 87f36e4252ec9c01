/* linkv worker: one repetition of one point, for a parent that reads the record. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cache_note.h"
#include "commands.h"
#include "crash_report.h"
#include "linkv/registry.h"
#include "memory.h"
#include "point_options.h"
#include "race_worker.h"
#include "worker.h"

static int run(int argc, char **argv);

const cli_command cli_worker = {
    .name = "worker",
    .summary = "measure one repetition and write its record to file descriptor 3",
    .usage = "--kernel K [options]",
    .run = run,
    .hidden = true,
};

static bool write_line(int fd, const char *line) {
  size_t left = strlen(line);
  while (left) {
    const ssize_t n = write(fd, line, left);
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) {
      line += n;
      left -= (size_t)n;
    }
  }
  return true;
}

static int prepare(const worker_task *task) {
  error err;
  const bool ok = worker_prepare(&task->point, task->cache, &err);
  cache_note_tell(task->cache, stderr);
  if (ok) return EXIT_FINE;
  return cli_fail(&cli_worker, EXIT_USAGE, "%s", err.text);
}

/* Takes over the line; NULL: there was no memory for it. */
static int write_record(char *line) {
  const bool ok =
      line && write_line(WORKER_RECORD_FD, line) && write_line(WORKER_RECORD_FD, "\n");
  const char *why = line ? strerror(errno) : "out of memory";
  free(line);
  if (ok) return EXIT_FINE;
  return cli_fail(&cli_worker, EXIT_USAGE, "cannot write the record to descriptor %d: %s",
                  WORKER_RECORD_FD, why);
}

static int measure(const worker_task *task) {
  record r;
  error err;
  const pid_t self = getpid();
  const bool measured = worker_measure(task, &r, &err);
  /* A child that the kernel forked has nothing to report. */
  if (getpid() != self) _exit(EXIT_FINE);
  if (!measured) return cli_fail(&cli_worker, EXIT_USAGE, "%s", err.text);
  cache_note_tell(task->cache, stderr);
  char *line = record_to_json(&r);
  record_free(&r);
  return write_record(line);
}

/* Options of a race: what the point is raced against. */
typedef struct race_words {
  const char *against;
  size_t tile_q, tile_k;
  double turn_s;
  bool first;
} race_words;

static int race(const point *base, const race_words *words, double round_s) {
  race_task task = {
      .point = {*base, *base},
      .turns = {
          .turn_s = words->turn_s, .duration_s = round_s, .second_first = words->first}};
  point *head = &task.point[1];
  race_round found;
  head->kernel = lkv_kernel_find(words->against);
  if (!head->kernel)
    return cli_fail(&cli_worker, EXIT_USAGE, "no kernel '%s'", words->against);
  head->problem.tile_q = words->tile_q;
  head->problem.tile_k = words->tile_k;
  race_worker_run(&task, &found);
  return write_record(race_round_to_json(&found));
}

static int limit_and_measure(uint64_t memory, const worker_task *task) {
  error err;
  if (!memory || memory_limit(memory, &err)) return measure(task);
  return cli_fail(&cli_worker, EXIT_USAGE, "%s", err.text);
}

static int run(int argc, char **argv) {
  race_words against = {.turn_s = RACE_TURN_S};
  point_options o = point_options_default();
  oracle_cache cache = {.limit = ORACLE_CACHE_LIMIT,
                        .least_work = ORACLE_CACHE_LEAST_WORK};
  worker_task task = {.cache = &cache};
  const char *libraries[2] = {NULL, NULL};
  bool prepares = false;
  uint64_t memory = 0;
  const cli_option options[] = {
      POINT_OPTIONS(o, POINT_TIMED),
      {"prepare", CLI_FLAG, &prepares, NULL,
       "write inputs and the oracle's output to descriptor 4, and no record", NULL},
      {"lent", CLI_FLAG, &task.lent, NULL, "read them from descriptor 4", NULL},
      {"cache", CLI_TEXT, &cache.folder, "FOLDER",
       "where the oracle's outputs are kept, default nowhere", NULL},
      {"cache-limit", CLI_BYTES, &cache.limit, "SIZE", "default 1GiB", NULL},
      {"memory-limit", CLI_BYTES, &memory, "SIZE", "it may take, default any", NULL},
      {"judge", CLI_FLAG, &task.judge, NULL, "compare the output with the oracle's",
       NULL},
      {"against", CLI_TEXT, &against.against, "K", "race it against that kernel", NULL},
      {"against-tile-q", CLI_SIZE, &against.tile_q, "N", "default the kernel's", NULL},
      {"against-tile-k", CLI_SIZE, &against.tile_k, "N", "default the kernel's", NULL},
      {"against-first", CLI_FLAG, &against.first, NULL, "it begins", NULL},
      {"base-library", CLI_TEXT, &libraries[0], "FILE.so", "its kernels are base_*",
       NULL},
      {"head-library", CLI_TEXT, &libraries[1], "FILE.so", "its kernels are head_*",
       NULL},
      {"turn", CLI_SECONDS, &against.turn_s, "S", "seconds of a turn, default 0.001",
       NULL},
      {0}};
  cli_list words = {0};

  crash_report_install();
  /* A worker whose parent is gone has nobody to report to. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const cli_parsed parsed = cli_parse(&cli_worker, options, argc, argv, &words);
  int code = parsed == CLI_STOP_FINE ? EXIT_FINE : EXIT_USAGE;
  if (parsed == CLI_GO && words.count)
    cli_fail(&cli_worker, EXIT_USAGE, "unexpected word '%s'; it takes options alone",
             words.item[0]);
  else if (parsed == CLI_GO && cli_load_sides(&cli_worker, libraries) &&
           point_options_take(&cli_worker, &o, &task.point)) {
    task.min_time_s = o.min_time_s;
    code = against.against ? race(&task.point, &against, o.min_time_s)
           : prepares      ? prepare(&task)
                           : limit_and_measure(memory, &task);
  }
  cli_list_free(&words);
  cli_list_free(&o.plugins);
  return code;
}
