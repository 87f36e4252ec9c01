/* Follows the wisdom that 'linkv pick' wrote: `dispatch FILE KERNEL` reads the file, and
 * uses the header it was built with; both must choose KERNEL for 32 tokens, one head,
 * d = 8. Then it runs the attention on it. */
#include <linkv/dispatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "picks.h"

enum { SEQ_LEN = 32, HEAD_DIM = 8 };

static int chooses(const char *kernel) {
  const lkv_problem p = {
      .batch = 1, .seq_len = SEQ_LEN, .heads = 1, .head_dim = HEAD_DIM};
  lkv_choice choice;
  return lkv_choose(LKV_STAGE_ATTENTION, LKV_FLOAT32, &p, 1, &choice) == LKV_OK &&
         choice.by_wisdom && !strcmp(choice.kernel->name, kernel);
}

int main(int argc, char **argv) {
  static float ones[SEQ_LEN * HEAD_DIM], y[SEQ_LEN * HEAD_DIM];
  const void *operand[LKV_OPERANDS];
  const lkv_problem p = {
      .batch = 1, .seq_len = SEQ_LEN, .heads = 1, .head_dim = HEAD_DIM};
  char error[512] = "another kernel is chosen";
  if (argc != 3) return 2;
  if (!lkv_use_wisdom_file(argv[1], error, sizeof error) || !chooses(argv[2]) ||
      !lkv_use_wisdom(NULL, error, sizeof error) ||
      !lkv_use_wisdom(&linkv_picks, error, sizeof error) || !chooses(argv[2])) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  for (int i = 0; i < SEQ_LEN * HEAD_DIM; i++) ones[i] = 1;
  for (int o = 0; o < LKV_OPERANDS; o++) operand[o] = ones;
  if (lkv_attention(LKV_FLOAT32, &p, operand, 1, y) != LKV_OK) return 1;
  /* All ones, eps = 0: every v_i(t) is 1, and so is y. */
  for (int i = 0; i < SEQ_LEN * HEAD_DIM; i++)
    if (!(fabsf(y[i] - 1) <= 1e-5F)) return 1;
  return 0;
}
