/* How many elements are off by how many units in the last place. */
#ifndef VERIFY_ULP_HISTOGRAM_H
#define VERIFY_ULP_HISTOGRAM_H

#include <stddef.h>

/* Bin 0 is of errors of 0; bin i of errors over the end of bin i - 1 and up to its own
 * end, 2^(i - 2): 0.5, 1, 2, ... 2^24; then all larger ones, then outputs that are not
 * finite. */
enum {
  ULP_BIN_LARGEST = 26, /* ends at 2^24 */
  ULP_BIN_MORE,
  ULP_BIN_NONFINITE,
  ULP_BINS,
  ULP_TEXT_SIZE = 1024
};

typedef struct ulp_histogram {
  size_t bin[ULP_BINS];
} ulp_histogram;

/* Counts an error in units; one that is not finite is an output that is not. */
void ulp_histogram_count(ulp_histogram *h, double units);

/* The bins that hold something, "END:COUNT" and a blank between: "0:12 0.5:40 1:3 more:1
 * nonfinite:2". Returns `buffer`. */
const char *ulp_histogram_text(const ulp_histogram *h, char buffer[ULP_TEXT_SIZE]);

#endif
