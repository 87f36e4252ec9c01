#include "cache_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Names of files being written begin with it. */
#define UNFINISHED "unfinished-"

/* Nobody writes a file for that long. */
enum { UNFINISHED_SECONDS = 3600 };

static bool join(char *path, size_t size, const char *folder, const char *name,
                 error *err) {
  const int n = snprintf(path, size, "%s/%s", folder, name);
  return (n > 0 && (size_t)n < size) ||
         error_set(err, "%s: the path is too long", folder);
}

int cache_open(const char *folder, const char *name, bool *missing, error *err) {
  char path[1024];
  *missing = false;
  if (!join(path, sizeof path, folder, name, err)) return -1;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    /* Where it cannot be marked it goes a little earlier. */
    (void)!futimens(fd, NULL);
    return fd;
  }
  *missing = errno == ENOENT || errno == ENOTDIR;
  error_set(err, "%s: %s", path, strerror(errno));
  return -1;
}

#define REMEDY "; nothing is kept: name another folder with --cache"

/* mkdir -p; others may be making the same. */
static bool make_folders(const char *folder, error *err) {
  char path[1024];
  if (!join(path, sizeof path, folder, "", err)) return false;
  for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
    *slash = 0;
    if (mkdir(path, 0777) && errno != EEXIST)
      return error_set(err, "%s: %s" REMEDY, path, strerror(errno));
    *slash = '/';
  }
  return true;
}

bool cache_create(const char *folder, cache_file *out, error *err) {
  out->fd = -1;
  if (!make_folders(folder, err) ||
      !join(out->path, sizeof out->path, folder, UNFINISHED "XXXXXX", err))
    return false;
  out->fd = mkostemp(out->path, O_CLOEXEC);
  return out->fd >= 0 || error_set(err, "%s: %s" REMEDY, folder, strerror(errno));
}

static bool sync_folder(const char *folder) {
  const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return done;
}

bool cache_commit(cache_file *f, const char *folder, const char *name, error *err) {
  char path[1024];
  if (!join(path, sizeof path, folder, name, err)) {
    cache_discard(f);
    return false;
  }
  if (fsync(f->fd) || rename(f->path, path)) {
    error_set(err, "%s: %s", path, strerror(errno));
    cache_discard(f);
    return false;
  }
  close(f->fd);
  f->fd = -1;
  return sync_folder(folder) || error_set(err, "%s: %s", folder, strerror(errno));
}

void cache_discard(cache_file *f) {
  if (f->fd < 0) return;
  close(f->fd);
  unlink(f->path);
  f->fd = -1;
}

/* A file of the folder. */
typedef struct entry {
  char name[64];
  struct timespec used;
  uint64_t bytes;
} entry;

typedef struct listing {
  entry *item;
  size_t count;
  uint64_t bytes;
} listing;

static bool add_entry(listing *l, const char *name, const struct stat *info) {
  if ((l->count & (l->count - 1)) == 0) {
    const size_t room = l->count ? 2 * l->count : 1;
    entry *grown = realloc(l->item, room * sizeof *grown);
    if (!grown) return false;
    l->item = grown;
  }
  entry *e = &l->item[l->count++];
  *e = (entry){.used = info->st_mtim, .bytes = (uint64_t)info->st_blocks * 512};
  memcpy(e->name, name, strnlen(name, sizeof e->name - 1));
  l->bytes += e->bytes;
  return true;
}

static bool ends_in(const char *name, const char *suffix) {
  const size_t n = strlen(name), s = strlen(suffix);
  return n < sizeof((entry *)0)->name && n >= s && !strcmp(name + n - s, suffix);
}

/* Lists what is ours; removes what was left half written. */
static void list_folder(DIR *folder, const char *suffix, listing *out) {
  const time_t now = time(NULL);
  for (struct dirent *e; (e = readdir(folder));) {
    struct stat info;
    const bool unfinished = !strncmp(e->d_name, UNFINISHED, strlen(UNFINISHED));
    if ((!unfinished && !ends_in(e->d_name, suffix)) ||
        fstatat(dirfd(folder), e->d_name, &info, AT_SYMLINK_NOFOLLOW) ||
        !S_ISREG(info.st_mode))
      continue;
    if (!unfinished) {
      if (!add_entry(out, e->d_name, &info)) return;
    } else if (now - info.st_mtim.tv_sec > UNFINISHED_SECONDS) {
      unlinkat(dirfd(folder), e->d_name, 0);
    }
  }
}

static int older_first(const void *a, const void *b) {
  const struct timespec *x = &((const entry *)a)->used, *y = &((const entry *)b)->used;
  if (x->tv_sec != y->tv_sec) return x->tv_sec < y->tv_sec ? -1 : 1;
  return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

void cache_trim(const char *folder, const char *suffix, uint64_t limit) {
  listing l = {0};
  DIR *d = opendir(folder);
  if (!d) return;
  list_folder(d, suffix, &l);
  if (l.bytes > limit) qsort(l.item, l.count, sizeof *l.item, older_first);
  for (size_t i = 0; i < l.count && l.bytes > limit; i++) {
    if (unlinkat(dirfd(d), l.item[i].name, 0) && errno != ENOENT) continue;
    l.bytes -= l.item[i].bytes;
  }
  free(l.item);
  closedir(d);
}
