#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The log's first words, lines joined, for an error of one line. */
static void read_log(const char *path, char *text, size_t size) {
  FILE *in = fopen(path, "re");
  size_t used = in ? fread(text, 1, size - 1, in) : 0;
  text[used] = 0;
  if (in) fclose(in);
  size_t kept = 0;
  for (size_t i = 0; i < used; i++) {
    char c = text[i] == '\n' || text[i] == '\t' || !text[i] ? ' ' : text[i];
    if (c != ' ' || (kept && text[kept - 1] != ' ')) text[kept++] = c;
  }
  text[kept] = 0;
}

static bool spawn(const char *first, const char *second, const char *log, pid_t *pid,
                  error *err) {
  char program[] = "gnuplot", scripts[2][4096];
  snprintf(scripts[0], sizeof scripts[0], "%s", first);
  snprintf(scripts[1], sizeof scripts[1], "%s", second);
  char *argv[] = {program, scripts[0], scripts[1], NULL};
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0)
    return error_set(err, "gnuplot: out of memory");
  int failed =
      posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!failed)
    failed = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log,
                                              O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (!failed)
    failed = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  if (!failed) failed = posix_spawnp(pid, program, &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed == ENOENT)
    return error_set(err, "gnuplot is not found on PATH: install gnuplot-nox");
  return !failed || error_set(err, "gnuplot cannot be run: %s", strerror(failed));
}

bool gnuplot_run(const char *first, const char *second, const char *log, error *err) {
  pid_t pid;
  int status = 0;
  if (!spawn(first, second, log, &pid, err)) return false;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return error_set(err, "gnuplot: %s", strerror(errno));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  char words[700];
  read_log(log, words, sizeof words);
  if (WIFSIGNALED(status))
    return error_set(err, "gnuplot was ended by signal %d: %s", WTERMSIG(status), words);
  return error_set(err, "gnuplot failed: %s", words);
}
