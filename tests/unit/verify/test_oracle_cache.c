/* What the cache gives is what the oracle gives, whatever became of its files. */
#include "oracle_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../scratch.h"
#include "cache_folder.h"
#include "inputs.h"

enum { PATH_SIZE = 256 };

typedef struct subject {
  lin_case c;
  bounds want;
  oracle_cache cache;
  char folder[PATH_SIZE];
} subject;

static void path_in(const char *folder, const char *name, char path[PATH_SIZE]) {
  const int n = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
  assert_true(n > 0 && n < PATH_SIZE);
}

static void open_case(lin_case *c, uint64_t seed) {
  const lkv_problem p = {
      .batch = 1, .seq_len = 9, .heads = 2, .head_dim = 4, .eps = 1e-6};
  error err;
  EXPECT_OK(
      inputs_make(regime_find("cancelling"), seed, LKV_STAGE_ATTENTION, &p, c, &err),
      &err);
}

static void subject_open(subject *s) {
  error err;
  static int count;
  char name[32];
  snprintf(name, sizeof name, "cache/of/%d", count++);
  path_in(scratch_folder, name, s->folder);
  s->cache = (oracle_cache){.folder = s->folder, .limit = UINT64_MAX};
  open_case(&s->c, 1);
  EXPECT_OK(reference_bounds(&s->c, precision_throughout(LKV_FLOAT32), SAMPLE_ALL,
                             &s->want, &err),
            &err);
}

static void subject_close(subject *s) {
  bounds_free(&s->want);
  case_free(&s->c);
}

static bool same(const bounds *a, const bounds *b) {
  const size_t bytes = a->rows * a->head_dim * sizeof *a->y;
  return a->rows == b->rows && a->head_dim == b->head_dim &&
         a->fit_count == b->fit_count && !memcmp(a->y, b->y, bytes) &&
         !memcmp(a->det, b->det, bytes) && !memcmp(a->stat, b->stat, bytes) &&
         !memcmp(a->row, b->row, a->rows * sizeof *a->row) &&
         (!a->fit_count || !memcmp(a->fit, b->fit, a->fit_count * sizeof *a->fit));
}

static void ask(subject *s, bool from_cache) {
  bounds got;
  error err;
  EXPECT_OK(oracle_cache_bounds(&s->cache, &s->c, precision_throughout(LKV_FLOAT32),
                                SAMPLE_ALL, &got, &err),
            &err);
  assert_true(same(&got, &s->want));
  if (s->cache.used != from_cache)
    fail_msg("%s the cache: %s", from_cache ? "not from" : "from", s->cache.note.text);
  bounds_free(&got);
}

/* The files of the cache; `path` is one of them. */
static size_t files(const subject *s, char path[PATH_SIZE]) {
  DIR *d = opendir(s->folder);
  size_t count = 0;
  if (!d) return 0;
  for (struct dirent *e; (e = readdir(d));) {
    if (*e->d_name == '.') continue;
    path_in(s->folder, e->d_name, path);
    count++;
  }
  closedir(d);
  return count;
}

static void what_is_kept_is_found(void **state) {
  (void)state;
  subject s;
  char path[PATH_SIZE];
  subject_open(&s);
  ask(&s, false);
  assert_string_equal(s.cache.note.text, "");
  assert_int_equal(files(&s, path), 1);
  ask(&s, true);
  assert_string_equal(s.cache.note.text, "");
  assert_int_equal(files(&s, path), 1);
  subject_close(&s);
}

/* One bit of an operand, eps, the precision, the shape: each has bounds of its own. */
static void other_inputs_are_other_files(void **state) {
  (void)state;
  subject s;
  bounds got;
  error err;
  char path[PATH_SIZE];
  subject_open(&s);
  ask(&s, false);
  EXPECT_OK(oracle_cache_bounds(&s.cache, &s.c, precision_throughout(LKV_FLOAT64),
                                SAMPLE_ALL, &got, &err),
            &err);
  assert_false(s.cache.used);
  assert_false(same(&got, &s.want));
  bounds_free(&got);
  unsigned *bits = s.c.operand[LKV_VV].data;
  bits[70] ^= 1;
  EXPECT_OK(oracle_cache_bounds(&s.cache, &s.c, precision_throughout(LKV_FLOAT32),
                                SAMPLE_ALL, &got, &err),
            &err);
  assert_false(s.cache.used);
  bounds_free(&got);
  bits[70] ^= 1;
  s.c.problem.eps = 2e-6;
  EXPECT_OK(oracle_cache_bounds(&s.cache, &s.c, precision_throughout(LKV_FLOAT32),
                                SAMPLE_ALL, &got, &err),
            &err);
  assert_false(s.cache.used);
  bounds_free(&got);
  s.c.problem.eps = 1e-6;
  assert_int_equal(files(&s, path), 4);
  ask(&s, true);
  subject_close(&s);
}

/* The highest bits of the words that are hashed, an even number of them. */
static void other_signs_are_other_files(void **state) {
  (void)state;
  subject s;
  bounds got;
  error err;
  char path[PATH_SIZE];
  subject_open(&s);
  ask(&s, false);
  uint32_t *bits = s.c.operand[LKV_VV].data;
  for (size_t i = 1; i < s.c.operand[LKV_VV].count; i += 2) bits[i] ^= 0x80000000;
  EXPECT_OK(oracle_cache_bounds(&s.cache, &s.c, precision_throughout(LKV_FLOAT32),
                                SAMPLE_ALL, &got, &err),
            &err);
  assert_false(s.cache.used);
  assert_false(same(&got, &s.want));
  assert_int_equal(files(&s, path), 2);
  bounds_free(&got);
  subject_close(&s);
}

static void small_work_is_not_kept(void **state) {
  (void)state;
  subject s;
  char path[PATH_SIZE];
  subject_open(&s);
  s.cache.least_work = 9 * 9 * 2 * 4 * 4 + 1;
  ask(&s, false);
  ask(&s, false);
  assert_int_equal(files(&s, path), 0);
  s.cache.folder = NULL;
  s.cache.least_work = 0;
  ask(&s, false);
  subject_close(&s);
}

static char *slurp(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  struct stat info;
  assert_non_null(file);
  assert_int_equal(fstat(fileno(file), &info), 0);
  *size = (size_t)info.st_size;
  char *bytes = malloc(*size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *size, file), *size);
  fclose(file);
  return bytes;
}

static void expect_replaced(subject *s, const char *word) {
  ask(s, false);
  EXPECT_SAYS(&s->cache.note, s->folder, word, "made again");
  ask(s, true);
}

/* Cut anywhere, with a bit changed anywhere, with bytes too many. */
static void damaged_files_are_replaced(void **state) {
  (void)state;
  subject s;
  char path[PATH_SIZE];
  size_t size;
  subject_open(&s);
  ask(&s, false);
  assert_int_equal(files(&s, path), 1);
  char *bytes = slurp(path, &size);
  srand(1);
  for (int i = 0; i < 100; i++) {
    scratch_write(path, bytes, (size_t)rand() % size);
    expect_replaced(&s, "not whole");
    const size_t at = 256 + (size_t)rand() % (size - 256);
    bytes[at] ^= (char)(1 << rand() % 8);
    scratch_write(path, bytes, size);
    expect_replaced(&s, "not whole");
    free(bytes);
    bytes = slurp(path, &size);
  }
  bytes = realloc(bytes, size + 8);
  assert_non_null(bytes);
  scratch_write(path, bytes, size + 1);
  expect_replaced(&s, "not whole");
  free(bytes);
  subject_close(&s);
}

static void files_of_others_are_replaced(void **state) {
  (void)state;
  subject s;
  char path[PATH_SIZE], text[1024];
  size_t size;
  subject_open(&s);
  ask(&s, false);
  assert_int_equal(files(&s, path), 1);
  char *bytes = slurp(path, &size);
  char *build = strrchr(bytes, '\n') - 1; /* of the title: the last digit of the oracle */
  assert_true(build > bytes && build < bytes + 256);
  *build = *build == '0' ? '1' : '0';
  scratch_write(path, bytes, size);
  expect_replaced(&s, "not by this oracle");
  free(bytes);
  memset(text, 'x', sizeof text);
  scratch_write(path, text, sizeof text);
  expect_replaced(&s, "not by this oracle");
  scratch_write(path, "", 0);
  expect_replaced(&s, "not whole");
  subject_close(&s);
}

static void a_folder_that_cannot_be_had_is_a_note(void **state) {
  (void)state;
  subject s;
  char path[PATH_SIZE];
  subject_open(&s);
  s.cache.folder = "/proc/linkv/cache";
  ask(&s, false);
  EXPECT_SAYS(&s.cache.note, "/proc/linkv", "No such file");
  path_in(scratch_folder, "file", path);
  scratch_write(path, "", 0);
  path_in(path, "cache", s.folder);
  s.cache.folder = s.folder;
  ask(&s, false);
  EXPECT_SAYS(&s.cache.note, path, "Not a directory");
  subject_close(&s);
}

/* The disk is full: nothing is left behind. */
static void a_file_that_cannot_be_written_is_a_note(void **state) {
  (void)state;
  subject s;
  char path[PATH_SIZE];
  subject_open(&s);
  for (rlim_t limit = 0; limit < 4400; limit += 1100) {
    const struct rlimit small = {.rlim_cur = limit, .rlim_max = RLIM_INFINITY};
    const struct rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bounds got;
    error err;
    const bool ok = oracle_cache_bounds(&s.cache, &s.c, precision_throughout(LKV_FLOAT32),
                                        SAMPLE_ALL, &got, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    signal(SIGXFSZ, SIG_DFL);
    EXPECT_OK(ok, &err);
    assert_true(same(&got, &s.want));
    EXPECT_SAYS(&s.cache.note, s.folder, "File too large");
    bounds_free(&got);
    assert_int_equal(files(&s, path), 0);
  }
  subject_close(&s);
}

enum { PROCESSES = 8, ROUNDS = 60, CASES = 3 };

/* One of several processes: asks for random cases, and now and then spoils a file. */
static int live_in(const char *folder, unsigned seed, const lin_case *cases,
                   const bounds *want) {
  oracle_cache cache = {.folder = folder, .limit = 40000};
  srand(seed);
  for (int i = 0; i < ROUNDS; i++) {
    const int k = rand() % CASES;
    bounds got;
    error err;
    if (!oracle_cache_bounds(&cache, &cases[k], precision_throughout(LKV_FLOAT32),
                             SAMPLE_ALL, &got, &err))
      return 1;
    const bool right = same(&got, &want[k]);
    bounds_free(&got);
    if (!right) return 2;
    subject s;
    char path[PATH_SIZE];
    snprintf(s.folder, sizeof s.folder, "%s", folder);
    if (rand() % 4 == 0 && files(&s, path) && truncate(path, rand() % 4000)) {
      /* Another was faster. */
    }
  }
  return 0;
}

static void processes_share_a_folder(void **state) {
  (void)state;
  lin_case cases[CASES];
  bounds want[CASES];
  char folder[PATH_SIZE];
  pid_t pid[PROCESSES];
  error err;
  path_in(scratch_folder, "shared", folder);
  for (int k = 0; k < CASES; k++) {
    open_case(&cases[k], (uint64_t)k + 1);
    EXPECT_OK(reference_bounds(&cases[k], precision_throughout(LKV_FLOAT32), SAMPLE_ALL,
                               &want[k], &err),
              &err);
  }
  for (unsigned i = 0; i < PROCESSES; i++) {
    pid[i] = fork();
    if (pid[i] == 0) _exit(live_in(folder, i + 1, cases, want));
    assert_true(pid[i] > 0);
  }
  for (unsigned i = 0; i < PROCESSES; i++) {
    int status;
    assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
  }
  for (int k = 0; k < CASES; k++) {
    bounds_free(&want[k]);
    case_free(&cases[k]);
  }
}

static void age(const char *folder, const char *name, time_t seconds) {
  char path[PATH_SIZE];
  const struct timespec then[] = {{.tv_sec = time(NULL) - seconds},
                                  {.tv_sec = time(NULL) - seconds}};
  path_in(folder, name, path);
  assert_int_equal(utimensat(AT_FDCWD, path, then, 0), 0);
}

static bool there(const char *folder, const char *name) {
  char path[PATH_SIZE];
  path_in(folder, name, path);
  return access(path, F_OK) == 0;
}

static void the_oldest_go_first(void **state) {
  (void)state;
  static const char *const names[] = {"b.bounds", "a.bounds",       "c.bounds",
                                      "mine.txt", "unfinished-old", "unfinished-new"};
  char folder[PATH_SIZE], path[PATH_SIZE], block[8192] = {0};
  path_in(scratch_folder, "aged", folder);
  assert_int_equal(mkdir(folder, 0777), 0);
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    path_in(folder, names[i], path);
    scratch_write(path, block, sizeof block);
    age(folder, names[i], 1000 - (time_t)i);
  }
  age(folder, "unfinished-old", 100000);
  cache_trim(folder, ".bounds", UINT64_MAX);
  assert_false(there(folder, "unfinished-old"));
  assert_true(there(folder, "b.bounds"));
  bool missing;
  error err;
  close(cache_open(folder, "b.bounds", &missing, &err)); /* used: the newest now */
  cache_trim(folder, ".bounds", 3 * sizeof block - 1);
  assert_false(there(folder, "a.bounds"));
  assert_true(there(folder, "b.bounds") && there(folder, "c.bounds"));
  cache_trim(folder, ".bounds", sizeof block);
  assert_false(there(folder, "c.bounds"));
  assert_true(there(folder, "b.bounds"));
  assert_true(there(folder, "mine.txt") && there(folder, "unfinished-new"));
  cache_trim(folder, ".bounds", 0);
  assert_false(there(folder, "b.bounds"));
  assert_int_equal(cache_open(folder, "b.bounds", &missing, &err), -1);
  assert_true(missing);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_kept_is_found),
      cmocka_unit_test(other_inputs_are_other_files),
      cmocka_unit_test(other_signs_are_other_files),
      cmocka_unit_test(small_work_is_not_kept),
      cmocka_unit_test(damaged_files_are_replaced),
      cmocka_unit_test(files_of_others_are_replaced),
      cmocka_unit_test(a_folder_that_cannot_be_had_is_a_note),
      cmocka_unit_test(a_file_that_cannot_be_written_is_a_note),
      cmocka_unit_test(processes_share_a_folder),
      cmocka_unit_test(the_oldest_go_first),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
