#include "order.h"

#include "random.h"

static void swap(size_t *a, size_t *b) {
  const size_t kept = *a;
  *a = *b;
  *b = kept;
}

void order_of_round(size_t *order, size_t first, size_t count, uint64_t seed,
                    unsigned round) {
  const unsigned pair = (round - 1) / 2;
  for (size_t i = 0; i < count; i++) order[i] = first + i;
  for (size_t i = count; i > 1; i--) {
    const double u = random_uniform(seed, pair, first + i);
    swap(&order[i - 1], &order[(size_t)(u * (double)i)]);
  }
  if (round % 2 == 0)
    for (size_t i = 0; i < count / 2; i++) swap(&order[i], &order[count - 1 - i]);
}
