/* Runs a fuzz target without libFuzzer: each input as it is, then mutated.
 *
 *   fuzz_npz_replay [--mutations N] FILE_OR_FOLDER ...
 *
 * Mutations are seeded by the input's index, so a run repeats exactly. Exits 0 where
 * every input was tried; a defect ends the process after the line naming its input. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

enum { INPUT_MAX = 1 << 20, EDITS_MAX = 8 };

typedef struct run {
  unsigned long mutations; /* of each input */
  size_t inputs;
  uint64_t random;
} run;

/* splitmix64 */
static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static size_t below(run *r, size_t bound) {
  return next_random(&r->random) % bound;
}

/* One edit in place; returns the new size, never larger. */
static size_t edit(run *r, uint8_t *data, size_t size) {
  static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, '\'', ',', '('};
  size_t at = below(r, size);
  switch (below(r, 5)) {
    case 0:
      data[at] ^= (uint8_t)(1u << below(r, 8));
      break;
    case 1:
      data[at] = telling[below(r, sizeof telling)];
      break;
    case 2:
      data[at] = data[below(r, size)];
      break;
    case 3: {
      size_t from = below(r, size);
      size_t room = size - (at > from ? at : from);
      memmove(data + at, data + from, below(r, room) + 1);
      break;
    }
    default: {
      size_t cut = below(r, size - at) + 1;
      memmove(data + at, data + at + cut, size - at - cut);
      return size - cut;
    }
  }
  return size;
}

/* Runs a copy exactly as long as the input: a sanitizer sees a read past its end. */
static bool try_input(const uint8_t *data, size_t size) {
  uint8_t *copy = malloc(size ? size : 1);
  if (!copy) return false;
  memcpy(copy, data, size);
  LLVMFuzzerTestOneInput(copy, size);
  free(copy);
  return true;
}

static bool try_mutated(run *r, const uint8_t *data, size_t size) {
  uint8_t *mutant = malloc(size + 1);
  if (!mutant) return false;
  memcpy(mutant, data, size);
  size_t mutant_size = size;
  for (size_t edits = 1 + below(r, EDITS_MAX); edits > 0 && mutant_size > 0; edits--)
    mutant_size = edit(r, mutant, mutant_size);
  bool ok = try_input(mutant, mutant_size);
  free(mutant);
  return ok;
}

static bool fail(const char *path, const char *why) {
  fprintf(stderr, "%s: %s\n", path, why);
  return false;
}

static bool run_file(run *r, const char *path) {
  bool ok = false;
  uint8_t *data = malloc(INPUT_MAX);
  FILE *file = fopen(path, "rb");
  if (!data || !file) {
    fail(path, strerror(errno));
    goto done;
  }
  size_t size = fread(data, 1, INPUT_MAX, file);
  if (ferror(file) || size == INPUT_MAX) {
    fail(path, "cannot be read, or is 1 MiB or more");
    goto done;
  }
  fprintf(stderr, "%s: %zu bytes\n", path, size);
  r->random = r->inputs++;
  ok = try_input(data, size);
  for (unsigned long m = 0; ok && m < r->mutations; m++) ok = try_mutated(r, data, size);
  if (!ok) fail(path, "out of memory");
done:
  if (file) fclose(file);
  free(data);
  return ok;
}

static bool run_folder(run *r, const char *path) {
  struct dirent **entries;
  int count = scandir(path, &entries, NULL, alphasort);
  if (count < 0) return fail(path, strerror(errno));
  bool ok = true;
  for (int i = 0; i < count; i++) {
    char *name = NULL;
    if (ok && entries[i]->d_name[0] != '.') {
      ok = asprintf(&name, "%s/%s", path, entries[i]->d_name) >= 0 && run_file(r, name);
      free(name);
    }
    free(entries[i]);
  }
  free(entries);
  return ok;
}

int main(int argc, char **argv) {
  run r = {.mutations = 1000};
  int first = 1;
  if (argc > 2 && strcmp(argv[1], "--mutations") == 0) {
    r.mutations = strtoul(argv[2], NULL, 10);
    first = 3;
  }
  bool ok = true;
  for (int i = first; ok && i < argc; i++) {
    struct stat st;
    bool folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
    ok = folder ? run_folder(&r, argv[i]) : run_file(&r, argv[i]);
  }
  if (ok && r.inputs == 0) ok = fail(argv[0], "no inputs; give files or folders of them");
  if (ok) printf("%zu inputs, %lu mutations of each\n", r.inputs, r.mutations);
  return ok ? 0 : 2;
}
