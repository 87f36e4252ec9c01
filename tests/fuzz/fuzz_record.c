/* Fuzzes the line a worker writes: what is taken as a record is written and read back the
 * same, what is refused says why. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "record.h"

static void require(bool holds) {
  if (!holds) abort();
}

static void require_equal(const record *a, const record *b) {
  for (int f = 0; f < RECORD_FIELDS; f++) {
    const value *x = &a->field[f], *y = &b->field[f];
    require(x->known == y->known);
    if (!x->known) continue;
    switch (record_fields[f].kind) {
      case VALUE_TEXT:
        require(!strcmp(x->text, y->text));
        break;
      case VALUE_INTEGER:
        require(x->integer == y->integer);
        break;
      case VALUE_REAL:
        require(x->real == y->real);
        break;
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  error err = {""};
  record r, back;
  char *line = malloc(size + 1);
  require(line != NULL);
  memcpy(line, data, size);
  line[size] = 0;
  if (record_from_json(line, &r, &err)) {
    char *again = record_to_json(&r);
    require(again && record_from_json(again, &back, &err));
    require_equal(&r, &back);
    record_free(&back);
    free(again);
  } else {
    require(!strncmp(err.text, "record ", 7) && !strchr(err.text, '\n'));
    for (int f = 0; f < RECORD_FIELDS; f++) require(!r.field[f].text);
  }
  record_free(&r);
  free(line);
  return 0;
}
