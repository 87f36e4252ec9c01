#include "random.h"

#include "normal.h"
#include "philox.h"

double random_uniform(uint64_t seed, uint32_t stream, uint64_t index) {
  uint32_t word[4] = {(uint32_t)index, (uint32_t)(index >> 32), stream, 0};
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  philox4x32(word, key);
  const uint64_t k = (((uint64_t)word[1] << 32) | word[0]) >> 12;
  return ((double)k + 0.5) * 0x1p-52;
}

double random_normal(uint64_t seed, uint32_t stream, uint64_t index) {
  return normal_quantile(random_uniform(seed, stream, index));
}
