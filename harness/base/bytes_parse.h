/* Sizes of memory as a person writes them. */
#ifndef BASE_BYTES_PARSE_H
#define BASE_BYTES_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* What a text should have been. */
#define BYTES_REMEDY "a size such as 512MiB or 4GiB"

/* "4GiB", "1.5GiB", "512 MiB", "100KiB", "4096": a positive number and KiB, MiB, GiB, TiB
 * or, for bytes, B or nothing; at least one byte and below 2^60. False for anything else.
 */
bool bytes_parse(const char *text, uint64_t *out);

#endif
