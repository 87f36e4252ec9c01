/* One element of an output. */
#ifndef VERIFY_ELEMENT_H
#define VERIFY_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct element {
  size_t batch, token, head, column;
} element;

#endif
