/* A race that the thread sanitizer must report: threads add to one sum without a
 * reduction. */
#include <stdio.h>

int main(void) {
  int sum = 0;
#pragma omp parallel for num_threads(2) schedule(static, 1)
  for (int i = 0; i < 1000; i++) sum += i;
  printf("%d\n", sum);
  return 0;
}
