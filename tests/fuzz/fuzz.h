/* The entry point of a fuzz target: libFuzzer's, or driver.c's where there is none. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Tries one input; returns 0. A defect found ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
