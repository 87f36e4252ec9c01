#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { READ_END, WRITE_END, HIGH_FD = 64 };

/* A worker's own threads are OpenMP's: BLAS must not start any, and no setting of the
 * caller's shell may change what is measured. */
static const char *const settings[] = {"OPENBLAS_NUM_THREADS=1", "OMP_DYNAMIC=false"};
enum { SETTINGS = sizeof settings / sizeof *settings };

static bool overridden(const char *entry) {
  for (size_t i = 0; i < SETTINGS; i++)
    if (!strncmp(entry, settings[i], (size_t)(strchr(settings[i], '=') - settings[i]) + 1))
      return true;
  return false;
}

/* The environment with our settings; the array alone is owned. */
static char **make_environment(void) {
  size_t count = 0, kept = 0;
  while (environ[count]) count++;
  char **list = calloc(count + SETTINGS + 1, sizeof *list);
  if (!list) return NULL;
  for (size_t i = 0; i < count; i++)
    if (!overridden(environ[i])) list[kept++] = environ[i];
  for (size_t i = 0; i < SETTINGS; i++) list[kept++] = (char *)settings[i];
  return list;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A pipe whose ends are far from the child's record_fd, so that dup2 treads on neither. */
static bool make_pipe(int ends[2]) {
  int low[2];
  ends[READ_END] = ends[WRITE_END] = -1;
  if (pipe2(low, O_CLOEXEC)) return false;
  for (int e = 0; e < 2; e++) {
    ends[e] = fcntl(low[e], F_DUPFD_CLOEXEC, HIGH_FD);
    close(low[e]);
  }
  return ends[READ_END] >= 0 && ends[WRITE_END] >= 0;
}

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

static int start(char *const argv[], int record_fd, int record_end, int output_end,
                 pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  char **environment = make_environment();
  if (!environment) return ENOMEM;
  sigemptyset(&none);
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output_end, 1);
  posix_spawn_file_actions_adddup2(&actions, output_end, 2);
  posix_spawn_file_actions_adddup2(&actions, record_end, record_fd);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  const int code =
      posix_spawn(pid, "/proc/self/exe", &actions, &attributes, argv, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  free(environment);
  return code;
}

/* Reads what there is; closes at the end of file. Past `size` bytes a record is cut, and of
 * an output the last half is kept. */
static void take(int *fd, char *text, size_t size, size_t *used, bool keep_last) {
  char block[4096];
  const ssize_t got = read(*fd, block, sizeof block);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) {
    close_fd(fd);
    return;
  }
  size_t n = (size_t)got;
  if (keep_last && *used + n >= size) {
    const size_t keep = *used < size / 2 ? *used : size / 2;
    memmove(text, text + *used - keep, keep);
    *used = keep;
  }
  if (n > size - 1 - *used) n = size - 1 - *used;
  memcpy(text + *used, block, n);
  *used += n;
  text[*used] = 0;
}

/* Gathers until the child has ended; then takes what is still in the pipes. */
static bool watch(pid_t pid, int pidfd, int *record, int *output, double deadline,
                  process_outcome *out, error *err) {
  size_t record_used = 0, output_used = 0;
  bool ended = false;
  for (;;) {
    struct pollfd fds[] = {{.fd = *record, .events = POLLIN},
                           {.fd = *output, .events = POLLIN},
                           {.fd = ended ? -1 : pidfd, .events = POLLIN}};
    const double left = deadline - now();
    if (left <= 0 && !ended && !out->timed_out) {
      out->timed_out = true;
      kill(-pid, SIGKILL);
    }
    const int wait = ended ? 0 : out->timed_out ? 1000 : left > 60 ? 60000 : (int)(left * 1e3) + 1;
    const int ready = poll(fds, 3, wait);
    if (ready < 0 && errno != EINTR)
      return error_set(err, "cannot watch a worker: %s", strerror(errno));
    if (ready == 0 && ended) return true;
    if (ready <= 0) continue;
    if (fds[0].revents) take(record, out->record, sizeof out->record, &record_used, false);
    if (fds[1].revents) take(output, out->output, sizeof out->output, &output_used, true);
    if (fds[2].revents) ended = true;
    if (ended && *record < 0 && *output < 0) return true;
  }
}

bool process_run_self(char *const argv[], int record_fd, double timeout_s, process_outcome *out,
                error *err) {
  int record[2] = {-1, -1}, output[2] = {-1, -1}, pidfd = -1, code;
  pid_t pid = -1;
  bool ok = false;
  out->record[0] = out->output[0] = 0;
  out->timed_out = out->exited = false;
  out->exit_code = out->signal = 0;

  if (!make_pipe(record) || !make_pipe(output)) {
    error_set(err, "cannot make a pipe: %s", strerror(errno));
    goto done;
  }
  if ((code = start(argv, record_fd, record[WRITE_END], output[WRITE_END], &pid))) {
    error_set(err, "cannot start a worker: %s", strerror(code));
    goto done;
  }
  close_fd(&record[WRITE_END]);
  close_fd(&output[WRITE_END]);
  if ((pidfd = pidfd_open(pid, 0)) < 0) {
    error_set(err, "cannot watch a worker: %s", strerror(errno));
    kill(-pid, SIGKILL);
  } else {
    ok = watch(pid, pidfd, &record[READ_END], &output[READ_END], now() + timeout_s, out, err);
    kill(-pid, SIGKILL);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  out->exited = WIFEXITED(status);
  out->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  out->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
done:
  close_fd(&record[READ_END]);
  close_fd(&record[WRITE_END]);
  close_fd(&output[READ_END]);
  close_fd(&output[WRITE_END]);
  close_fd(&pidfd);
  return ok;
}
