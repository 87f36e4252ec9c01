/* r in a few digits. */
#ifndef VERIFY_RATIO_TEXT_H
#define VERIFY_RATIO_TEXT_H

#include <stddef.h>

/* "0.0783", with as many digits more as it takes that what is below 1 does not read 1.
 * Returns `buffer`. */
const char *ratio_text(double r, char *buffer, size_t size);

#endif
