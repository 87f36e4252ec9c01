/* Where an output is not finite though it should be: a map in a few words. */
#ifndef VERIFY_NONFINITE_H
#define VERIFY_NONFINITE_H

#include "element.h"

enum { NONFINITE_SLICES = 4, NONFINITE_PLACES = 4, NONFINITE_TEXT_SIZE = 2048 };

/* Of one (batch, head): its first tokens, and its first columns, ascending. */
typedef struct nonfinite_slice {
  size_t batch, head, count;
  size_t tokens, columns; /* how many of the places below are used */
  size_t token[NONFINITE_PLACES], column[NONFINITE_PLACES];
  bool more_tokens, more_columns;
} nonfinite_slice;

typedef struct nonfinite_map {
  size_t nan, infinite;
  size_t slices; /* of the first that were met; elements of others are in `elsewhere` */
  nonfinite_slice slice[NONFINITE_SLICES];
  size_t elsewhere;
} nonfinite_map;

/* Notes an element, which is NaN or infinite; those of one slice come token by token. */
void nonfinite_note(nonfinite_map *m, element at, double value);

/* "3 NaN, 1 infinite: b=0 h=1: 4 at t=2,3 c=0,1,5,7,...; 8 in other heads"; empty where
 * there is none. Returns `buffer`. */
const char *nonfinite_text(const nonfinite_map *m, char buffer[NONFINITE_TEXT_SIZE]);

#endif
