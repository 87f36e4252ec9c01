/* Fuzzes the reader of wisdom files: what is taken is written and read back the same,
 * what is refused says why in one line. The checksum is mended first, or no mutation
 * would get past it. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "linkv/wisdom.h"
#include "wisdom_text.h"

static void require(bool holds) {
  if (!holds) abort();
}

/* A copy whose checksum, where there is a place for one, is right. */
static char *mended(const uint8_t *data, size_t size) {
  static const char key[] = "\"checksum\": \"";
  char *text = malloc(size + 1);
  require(text != NULL);
  memcpy(text, data, size);
  text[size] = '\0';
  char *at = strstr(text, key);
  if (at && strlen(at) >= sizeof key - 1 + 16) {
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64,
             wisdom_checksum(text, (size_t)(at - text)));
    memcpy(at + sizeof key - 1, digits, 16);
  }
  return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char error[512] = "", *text = mended(data, size);
  lkv_wisdom *w, *back;
  if (lkv_wisdom_parse("file", text, size, &w, error, sizeof error)) {
    char *again = lkv_wisdom_text(w);
    require(again != NULL);
    const bool same =
        lkv_wisdom_parse("again", again, strlen(again), &back, error, sizeof error);
    require(same);
    char *third = lkv_wisdom_text(back);
    require(third && !strcmp(again, third) && back->choices == w->choices);
    lkv_wisdom_check(w, error, sizeof error);
    free(third);
    free(again);
    lkv_wisdom_free(back);
    lkv_wisdom_free(w);
  } else {
    require(!w && !strncmp(error, "file", 4) && !strchr(error, '\n'));
  }
  free(text);
  return 0;
}
