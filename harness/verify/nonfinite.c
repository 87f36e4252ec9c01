#include "nonfinite.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static nonfinite_slice *slice_of(nonfinite_map *m, element at) {
  for (size_t i = 0; i < m->slices; i++)
    if (m->slice[i].batch == at.batch && m->slice[i].head == at.head) return &m->slice[i];
  if (m->slices == NONFINITE_SLICES) return NULL;
  nonfinite_slice *s = &m->slice[m->slices++];
  *s = (nonfinite_slice){.batch = at.batch, .head = at.head};
  return s;
}

static void note_token(nonfinite_slice *s, size_t token) {
  if (s->tokens && s->token[s->tokens - 1] == token) return;
  if (s->tokens < NONFINITE_PLACES)
    s->token[s->tokens++] = token;
  else
    s->more_tokens = true;
}

/* Keeps the smallest, ascending. */
static void note_column(nonfinite_slice *s, size_t column) {
  size_t place = 0;
  while (place < s->columns && s->column[place] < column) place++;
  if (place < s->columns && s->column[place] == column) return;
  s->more_columns = s->more_columns || s->columns == NONFINITE_PLACES;
  if (place == NONFINITE_PLACES) return;
  if (s->columns < NONFINITE_PLACES) s->columns++;
  memmove(&s->column[place + 1], &s->column[place],
          (s->columns - 1 - place) * sizeof *s->column);
  s->column[place] = column;
}

void nonfinite_note(nonfinite_map *m, element at, double value) {
  if (isnan(value))
    m->nan++;
  else
    m->infinite++;
  nonfinite_slice *s = slice_of(m, at);
  if (!s) {
    m->elsewhere++;
    return;
  }
  s->count++;
  note_token(s, at.token);
  note_column(s, at.column);
}

/* A text that is cut where it does not fit. */
typedef struct words {
  char *text;
  size_t used, size;
} words;

__attribute__((format(printf, 2, 3))) static void say(words *w, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(w->text + w->used, w->size - w->used, format, args);
  va_end(args);
  w->used += n < 0 ? 0 : (size_t)n;
  if (w->used >= w->size) w->used = w->size - 1;
}

static void say_places(words *w, const char *name, const size_t *place, size_t count,
                       bool more) {
  say(w, " %s=", name);
  for (size_t i = 0; i < count; i++) say(w, "%s%zu", i ? "," : "", place[i]);
  if (more) say(w, ",...");
}

const char *nonfinite_text(const nonfinite_map *m, char buffer[NONFINITE_TEXT_SIZE]) {
  words w = {buffer, 0, NONFINITE_TEXT_SIZE};
  *buffer = 0;
  if (m->nan) say(&w, "%zu NaN", m->nan);
  if (m->infinite) say(&w, "%s%zu infinite", m->nan ? ", " : "", m->infinite);
  for (size_t i = 0; i < m->slices; i++) {
    const nonfinite_slice *s = &m->slice[i];
    say(&w, "%s b=%zu h=%zu: %zu at", i ? ";" : ":", s->batch, s->head, s->count);
    say_places(&w, "t", s->token, s->tokens, s->more_tokens);
    say_places(&w, "c", s->column, s->columns, s->more_columns);
  }
  if (m->elsewhere) say(&w, "; %zu in other heads", m->elsewhere);
  return buffer;
}
