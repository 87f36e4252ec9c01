#include "buffer.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bytes_text.h"
#include "linkv/kernel.h"

static bool round_up(size_t bytes, size_t multiple, size_t *out) {
  if (__builtin_add_overflow(bytes, multiple - 1, out)) return false;
  *out -= *out % multiple;
  return true;
}

static bool cannot_be_had(size_t bytes, const char *why, error *err) {
  char text[BYTES_TEXT_SIZE];
  return error_set(err, "%s of memory cannot be had: %s; try a smaller problem",
                   bytes_text(bytes, text), why);
}

bool buffer_make(buffer *out, size_t bytes, error *err) {
  *out = (buffer){0};
  if (!bytes) return true;

  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t aligned, usable, total;
  if (!round_up(bytes, LKV_WORKSPACE_ALIGNMENT, &aligned) ||
      !round_up(bytes, page, &usable) || __builtin_add_overflow(usable, 2 * page, &total))
    return cannot_be_had(bytes, "more than the address space", err);

  unsigned char *mapping =
      mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return cannot_be_had(bytes, strerror(errno), err);
  if (mprotect(mapping + page, usable, PROT_READ | PROT_WRITE)) {
    const int why = errno;
    munmap(mapping, total);
    return cannot_be_had(bytes, strerror(why), err);
  }
  *out = (buffer){.data = mapping + page + usable - aligned,
                  .bytes = bytes,
                  .mapping = mapping,
                  .mapping_bytes = total};
  return true;
}

void buffer_free(buffer *b) {
  if (b->mapping) munmap(b->mapping, b->mapping_bytes);
  *b = (buffer){0};
}
