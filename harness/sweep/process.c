#include "process.h"

#include "clock.h"
#include "memory_held.h"
#include "strays.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { READ_END, WRITE_END, DRAIN_READS = 64 };

/* Seconds between two looks at the memory that a child and its descendants hold. */
#define LOOK_S 0.2

/* What a worker has when it starts, at most: its own limit counts from there. */
#define START_BYTES ((uint64_t)16 << 20)

/* No setting of the caller's shell may change what is measured. */
static const char *const kept_out[] = {"OMP_",        "GOMP_",          "KMP_",
                                       "OPENBLAS_",   "GOTO_",          "BENCHMARK_",
                                       "LD_PRELOAD=", "GLIBC_TUNABLES="};

static bool is_kept_out(const char *entry) {
  for (size_t i = 0; i < sizeof kept_out / sizeof *kept_out; i++)
    if (!strncmp(entry, kept_out[i], strlen(kept_out[i]))) return true;
  return false;
}

/* The child's environment; the array alone is owned. */
static char **make_environment(const char *const *settings) {
  size_t count = 0, added = 0, kept = 0;
  while (environ[count]) count++;
  while (settings[added]) added++;
  char **list = calloc(count + added + 1, sizeof *list);
  if (!list) return NULL;
  for (size_t i = 0; i < count; i++)
    if (!is_kept_out(environ[i])) list[kept++] = environ[i];
  for (size_t i = 0; i < added; i++) list[kept++] = (char *)settings[i];
  return list;
}

/* The child that runs now, for process_cancel; 0: none. */
static volatile sig_atomic_t running, cancelled;

void process_cancel(void) {
  cancelled = 1;
  if (running > 0) kill(-(pid_t)running, SIGKILL);
}

/* A pipe whose ends are far from the child's record_fd, so that dup2 treads on neither.
 */
static bool make_pipe(int ends[2], error *err) {
  int low[2], code = 0;
  ends[READ_END] = ends[WRITE_END] = -1;
  if (pipe2(low, O_CLOEXEC))
    return error_set(err, "cannot make a pipe: %s", strerror(errno));
  for (int e = 0; e < 2; e++) {
    ends[e] = fcntl(low[e], F_DUPFD_CLOEXEC, PROCESS_LOW_FD);
    if (ends[e] < 0) code = errno;
    close(low[e]);
  }
  return !code || error_set(err, "cannot make a pipe past descriptor %d: %s",
                            PROCESS_LOW_FD, strerror(code));
}

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

static const char self[] = "/proc/self/exe";

/* The program beside this one that starts sooner, in `path`; this one where it is not
 * there. */
static const char *worker_program(char path[PATH_MAX]) {
  static const char name[] = "linkv-worker";
  const ssize_t n = readlink(self, path, PATH_MAX - sizeof name);
  if (n <= 0) return self;
  path[n] = 0;
  char *slash = strrchr(path, '/');
  if (!slash || strcmp(slash + 1, "linkv") != 0) return self;
  memcpy(slash + 1, name, sizeof name);
  return access(path, X_OK) == 0 ? path : self;
}

static int start(char *const argv[], const process_options *options, int record_end,
                 int output_end, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  char path[PATH_MAX];
  char **environment = make_environment(options->settings);
  if (!environment) return ENOMEM;
  sigemptyset(&none);
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output_end, 1);
  posix_spawn_file_actions_adddup2(&actions, output_end, 2);
  posix_spawn_file_actions_adddup2(&actions, record_end, options->record_fd);
  if (options->lent >= 0)
    posix_spawn_file_actions_adddup2(&actions, options->lent, options->lent_as);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  const int code =
      posix_spawn(pid, worker_program(path), &actions, &attributes, argv, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  free(environment);
  return code;
}

/* What is read from one pipe: past `size` bytes the text is cut, or its last half kept.
 */
typedef struct stream {
  int *fd;
  char *text;
  size_t size, used;
  bool keep_last;
} stream;

/* Reads what there is; closes at the end of file. */
static void take(stream *s) {
  char block[4096];
  const ssize_t got = read(*s->fd, block, sizeof block);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) {
    close_fd(s->fd);
    return;
  }
  size_t n = (size_t)got;
  if (s->keep_last && s->used + n >= s->size) {
    const size_t keep = s->used < s->size / 2 ? s->used : s->size / 2;
    memmove(s->text, s->text + s->used - keep, keep);
    s->used = keep;
  }
  if (n > s->size - 1 - s->used) n = s->size - 1 - s->used;
  memcpy(s->text + s->used, block, n);
  s->used += n;
  s->text[s->used] = 0;
}

/* Takes what an ended child has left in the pipes, and no more: a descendant that has
 * left its group may write on for ever. */
static void drain(stream streams[2]) {
  for (int reads = 0; reads < DRAIN_READS; reads++) {
    struct pollfd fds[] = {{.fd = *streams[0].fd, .events = POLLIN},
                           {.fd = *streams[1].fd, .events = POLLIN}};
    if (poll(fds, 2, 0) <= 0) return;
    for (int i = 0; i < 2; i++)
      if (fds[i].revents) take(&streams[i]);
  }
}

/* When to look at what a child and its descendants hold, and how much that may be. */
typedef struct memory_watch {
  pid_t child;
  const strays *before;
  uint64_t lent, most; /* most: the limit beside what was lent and START_BYTES */
  double next_s;
} memory_watch;

static memory_watch memory_watch_start(pid_t child, const process_options *options,
                                       const strays *before) {
  struct stat file;
  const uint64_t limit = options->memory_limit;
  const bool known = options->lent >= 0 && fstat(options->lent, &file) == 0;
  const uint64_t lent = known ? (uint64_t)file.st_size : 0;
  const uint64_t spare = lent + START_BYTES;
  return (memory_watch){.child = child,
                        .before = before,
                        .lent = lent,
                        .most = limit < UINT64_MAX - spare ? limit + spare : UINT64_MAX,
                        .next_s = limit ? clock_now() + LOOK_S : INFINITY};
}

/* Whether they hold too much; `out` says how much. */
static bool hold_too_much(memory_watch *w, process_outcome *out) {
  const strays since = strays_since(w->before); /* empty where the system lists none */
  const uint64_t held = since.count ? memory_held(since.count, since.other, w->most)
                                    : memory_held(1, &w->child, w->most);
  w->next_s = clock_now() + LOOK_S;
  if (held <= w->most) return false;
  out->out_of_memory = true;
  out->held_bytes = held - w->lent;
  return true;
}

/* Milliseconds to wait for something to happen. */
static int patience(double left_s) {
  if (left_s <= 0) return 1000;
  return left_s > 1 ? 1000 : (int)(left_s * 1e3) + 1;
}

/* Gathers until the child has ended; nothing of its group outlives it. */
static bool watch(pid_t pid, int pidfd, stream streams[2], const process_options *options,
                  const strays *before, process_outcome *out, error *err) {
  const double start = clock_now(), deadline = start + options->timeout_s;
  double tick_s = start + 1;
  memory_watch memory = memory_watch_start(pid, options, before);
  for (;;) {
    struct pollfd fds[] = {{.fd = *streams[0].fd, .events = POLLIN},
                           {.fd = *streams[1].fd, .events = POLLIN},
                           {.fd = pidfd, .events = POLLIN}};
    const double now = clock_now();
    const bool killed = out->timed_out || out->out_of_memory;
    if (options->tick && now >= tick_s) {
      options->tick(options->context);
      tick_s = now + 1;
    }
    if (!killed && now >= deadline) {
      out->timed_out = true;
      kill(-pid, SIGKILL);
    } else if (!killed && now >= memory.next_s && hold_too_much(&memory, out)) {
      kill(-pid, SIGKILL);
    }
    const int ready = poll(fds, 3, patience(fmin(deadline, memory.next_s) - now));
    if (ready < 0 && errno != EINTR)
      return error_set(err, "cannot watch a worker: %s", strerror(errno));
    if (ready <= 0) continue;
    for (int i = 0; i < 2; i++)
      if (fds[i].revents) take(&streams[i]);
    if (fds[2].revents) break;
  }
  kill(-pid, SIGKILL);
  drain(streams);
  return true;
}

/* How the child ended. */
static bool reap(pid_t pid, process_outcome *out, error *err) {
  int status = 0;
  pid_t reaped;
  struct rusage used = {0};
  do reaped = wait4(pid, &status, 0, &used);
  while (reaped < 0 && errno == EINTR);
  if (reaped < 0)
    return error_set(err, "cannot tell how a worker ended: %s; is SIGCHLD ignored?",
                     strerror(errno));
  out->peak_bytes = 1024 * (size_t)used.ru_maxrss;
  out->exited = WIFEXITED(status);
  out->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  out->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return true;
}

bool process_run_self(char *const argv[], const process_options *options,
                      process_outcome *out, error *err) {
  int record[2] = {-1, -1}, output[2] = {-1, -1}, pidfd = -1, code;
  stream streams[] = {
      {&record[READ_END], out->record, sizeof out->record, 0, false},
      {&output[READ_END], out->output, sizeof out->output, 0, true},
  };
  pid_t pid = -1;
  bool ok = false;
  out->record[0] = out->output[0] = 0;
  out->timed_out = out->cancelled = out->out_of_memory = out->exited = false;
  out->exit_code = out->signal = 0;
  out->peak_bytes = 0;
  out->held_bytes = 0;

  cancelled = 0;
  const strays before = strays_before();
  if (!make_pipe(record, err) || !make_pipe(output, err)) goto done;
  if ((code = start(argv, options, record[WRITE_END], output[WRITE_END], &pid))) {
    error_set(err, "cannot start a worker: %s", strerror(code));
    goto done;
  }
  running = pid;
  if (cancelled) kill(-pid, SIGKILL);
  close_fd(&record[WRITE_END]);
  close_fd(&output[WRITE_END]);
  if ((pidfd = pidfd_open(pid, 0)) < 0)
    error_set(err, "cannot watch a worker: %s%s", strerror(errno),
              errno == ESRCH ? "; is SIGCHLD ignored?" : "");
  else
    ok = watch(pid, pidfd, streams, options, &before, out, err);
  error ended;
  if (!ok) kill(-pid, SIGKILL);
  running = 0;
  out->cancelled = cancelled != 0;
  if (!reap(pid, out, &ended) && ok) ok = error_set(err, "%s", ended.text);
  strays_kill(&before);
done:
  close_fd(&record[READ_END]);
  close_fd(&record[WRITE_END]);
  close_fd(&output[READ_END]);
  close_fd(&output[WRITE_END]);
  close_fd(&pidfd);
  return ok;
}
