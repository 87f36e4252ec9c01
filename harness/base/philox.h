/* Philox4x32-10, a counter-based generator (Salmon, Moraes, Dror, Shaw, SC'11): the
 * numbers of a seed are a pure function of their position, on every machine and thread
 * count. */
#ifndef BASE_PHILOX_H
#define BASE_PHILOX_H

#include <stdint.h>

/* Replaces counter[4] by the generator's four words for that counter and key[2]. */
static inline void philox4x32(uint32_t counter[4], const uint32_t key[2]) {
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    const uint64_t a = (uint64_t)0xD2511F53u * counter[0];
    const uint64_t b = (uint64_t)0xCD9E8D57u * counter[2];
    const uint32_t c0 = (uint32_t)(b >> 32) ^ counter[1] ^ k0;
    const uint32_t c2 = (uint32_t)(a >> 32) ^ counter[3] ^ k1;
    counter[0] = c0;
    counter[1] = (uint32_t)b;
    counter[2] = c2;
    counter[3] = (uint32_t)a;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

#endif
