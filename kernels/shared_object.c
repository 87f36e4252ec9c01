#include "shared_object.h"

#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "hash.h"
#include "kernel_builds.h"
#include "message.h"

/* NULL, or why an object of `size` bytes is none to load. Its section table comes last:
 * an object cut short would end the process with SIGBUS inside the loader. */
static const char *object_fault(FILE *file, uint64_t size) {
  ElfW(Ehdr) header;
  if (fread(&header, sizeof header, 1, file) != 1 ||
      memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return "not a shared object; build it with cc -shared -fPIC";
  const uint64_t table = (uint64_t)header.e_shnum * header.e_shentsize;
  if (header.e_shoff > size || table > size - header.e_shoff)
    return "the file is cut short; build it again";
  return NULL;
}

static bool hash_file(FILE *file, char build[SHARED_OBJECT_BUILD_SIZE]) {
  uint64_t hash = HASH_START;
  unsigned char chunk[4096];
  rewind(file);
  for (size_t got; (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
    hash = hash_bytes(hash, chunk, got);
  hash = hash_bytes(hash, lkv_driver_build, strlen(lkv_driver_build));
  snprintf(build, SHARED_OBJECT_BUILD_SIZE, "%016llx", (unsigned long long)hash);
  return !ferror(file);
}

bool lkv_shared_object_identify(const char *path, char build[SHARED_OBJECT_BUILD_SIZE],
                                char *error, size_t error_size) {
  const char *fault = NULL;
  int system = 0; /* an errno */
  FILE *file = NULL;
  struct stat status;
  if (stat(path, &status) != 0) {
    system = errno;
    goto cleanup;
  }
  if (!S_ISREG(status.st_mode)) {
    fault = "not a regular file; name a shared object";
    goto cleanup;
  }
  file = fopen(path, "rb");
  if (!file) {
    system = errno;
    goto cleanup;
  }
  fault = object_fault(file, (uint64_t)status.st_size);
  if (!fault && !hash_file(file, build)) fault = "cannot be read";
cleanup:
  if (file) fclose(file);
  if (system)
    return lkv_fail(error, error_size, "plug-in '%s': %s; name a shared object", path,
                    strerror(system));
  return fault ? lkv_fail(error, error_size, "plug-in '%s': %s", path, fault) : true;
}
