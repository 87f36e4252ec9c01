/* Sizes for people. */
#ifndef MEASURE_BYTES_TEXT_H
#define MEASURE_BYTES_TEXT_H

#include <stddef.h>

enum { BYTES_TEXT_SIZE = 32 };

/* "812 bytes", "1.5 GiB". Returns `text`. */
const char *bytes_text(size_t bytes, char text[BYTES_TEXT_SIZE]);

#endif
