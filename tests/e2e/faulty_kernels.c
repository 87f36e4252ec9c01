/* A plug-in of kernels that misbehave, each in its own way, for faults.sh. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "linkv/kernel.h"
#include "linkv/registry.h"

static void zero(const lkv_problem *p, lkv_output y, float first) {
  for (size_t t = 0; t < p->seq_len; t++)
    memset((float *)y.data + t * y.stride, 0, p->head_dim * sizeof(float));
  ((float *)y.data)[0] = first;
}

#define ATTENTION(name)                                                      \
  static lkv_status name(const lkv_problem *p, const lkv_operands *operands, \
                         void *workspace, lkv_output y)

ATTENTION(segfaults) {
  (void)operands, (void)workspace;
  zero(p, y, 0);
  static int *volatile nowhere;
  *nowhere = 1;
  return LKV_OK;
}

ATTENTION(aborts) {
  (void)p, (void)operands, (void)workspace, (void)y;
  abort();
}

/* Of a name that the loader knows. */
void faulty_divide_here(int *by);
void faulty_divide_here(int *by) {
  *by = 1000 / *by;
}

ATTENTION(divides) {
  (void)p, (void)operands, (void)workspace, (void)y;
  volatile int nothing = 0;
  faulty_divide_here((int *)&nothing);
  return LKV_OK;
}

ATTENTION(smashes) {
  (void)operands, (void)workspace, (void)y;
  unsigned char small[16];
  volatile unsigned char *at = small;
  for (size_t i = 0; i < (size_t)1 << 24; i++) at[i] = (unsigned char)p->seq_len;
  return at[3] ? LKV_OK : LKV_KERNEL_FAILED;
}

ATTENTION(overruns) {
  (void)operands, (void)workspace;
  zero(p, y, 0);
  float *end = (float *)y.data + p->seq_len * y.stride;
  for (size_t i = 0; i < 16384; i++) end[i] = 0;
  return LKV_OK;
}

ATTENTION(exhausts) {
  (void)p, (void)operands, (void)workspace, (void)y;
  for (char *block; (block = malloc(1 << 20));) memset(block, 1, 1 << 20);
  abort();
}

ATTENTION(leaks) {
  (void)p, (void)operands, (void)workspace, (void)y;
  for (char *block; (block = malloc(1 << 20));) memset(block, 1, 1 << 20);
  return LKV_KERNEL_FAILED;
}

/* Touches so much memory that any limit of the test is passed, as far as it gets it. */
static void fill(int sharing) {
  enum { BLOCK = 1 << 20, BLOCKS = 384 };
  for (int i = 0; i < BLOCKS; i++) {
    void *block =
        mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return;
    memset(block, 1, BLOCK);
  }
}

ATTENTION(shares) {
  (void)p, (void)operands, (void)workspace, (void)y;
  fill(MAP_SHARED);
  for (;;) pause();
  return LKV_OK;
}

/* Each child stays below a limit of its own. */
ATTENTION(breeds) {
  (void)p, (void)operands, (void)workspace, (void)y;
  for (int child = 0; child < 3; child++)
    if (fork() == 0) {
      fill(MAP_PRIVATE);
      for (;;) pause();
    }
  for (;;) pause();
  return LKV_OK;
}

ATTENTION(closes) {
  (void)p, (void)operands, (void)workspace, (void)y;
  for (int fd = 0; fd < 1024; fd++) close(fd);
  return LKV_OK;
}

ATTENTION(exits) {
  (void)p, (void)operands, (void)workspace, (void)y;
  exit(0);
}

ATTENTION(loops) {
  (void)p, (void)operands, (void)workspace, (void)y;
  for (;;) pause();
  return LKV_OK;
}

ATTENTION(gives_nan) {
  (void)operands, (void)workspace;
  zero(p, y, NAN);
  return LKV_OK;
}

ATTENTION(fails) {
  (void)p, (void)operands, (void)workspace, (void)y;
  return LKV_KERNEL_FAILED;
}

/* Sum over j <= t of (q . a_j) b_j[c], or of q . a_j where b is NULL. */
static double score(size_t d, size_t t, const float *q, const float *a, const float *b,
                    size_t stride, size_t c) {
  double sum = 0;
  for (size_t j = 0; j <= t; j++) {
    double dot = 0;
    for (size_t k = 0; k < d; k++) dot += (double)q[k] * a[j * stride + k];
    sum += b ? dot * b[j * stride + c] : dot;
  }
  return sum;
}

/* Q_t . k_i(t). */
static double logit(const lkv_problem *p, const lkv_operands *x, size_t t, size_t i) {
  const float *const *data = (const float *const *)x->data;
  const size_t s = x->stride[0], d = p->head_dim;
  const float *q = data[LKV_QK] + i * s;
  double sum = 0;
  for (size_t c = 0; c < d; c++)
    sum += data[LKV_Q][t * s + c] * score(d, t, q, data[LKV_KK], data[LKV_VK], s, c);
  return sum / (score(d, t, q, data[LKV_KK], NULL, s, 0) + p->eps);
}

/* The operator, slowly and right; all strides are one. */
ATTENTION(works) {
  (void)workspace;
  const float *const *data = (const float *const *)operands->data;
  const size_t s = operands->stride[0], d = p->head_dim;
  for (size_t t = 0; t < p->seq_len; t++)
    for (size_t c = 0; c < d; c++) {
      double max = -INFINITY, sum = 0, out = 0;
      for (size_t i = 0; i <= t; i++) max = fmax(max, logit(p, operands, t, i));
      for (size_t i = 0; i <= t; i++) {
        const float *q = data[LKV_QV] + i * s;
        const double weight = exp(logit(p, operands, t, i) - max);
        sum += weight;
        out += weight * score(d, t, q, data[LKV_KV], data[LKV_VV], s, c) /
               (score(d, t, q, data[LKV_KV], NULL, s, 0) + p->eps);
      }
      ((float *)y.data)[t * y.stride + c] = (float)(out / sum);
    }
  return LKV_OK;
}

/* The child goes on for ever, in a session of its own. */
ATTENTION(forks) {
  if (fork() == 0) {
    setsid();
    if (fork() == 0)
      for (;;) pause();
    for (;;) pause();
  }
  return works(p, operands, workspace, y);
}

/* The child, too, measures and wants to report. */
ATTENTION(doubles) {
  static bool done;
  if (!done) {
    done = true;
    fork();
  }
  return works(p, operands, workspace, y);
}

static bool is_long(const lkv_problem *p) {
  return p->seq_len > 8;
}

ATTENTION(slows) {
  if (is_long(p))
    for (;;) pause();
  return works(p, operands, workspace, y);
}

ATTENTION(counts_calls) {
  static int calls;
  const lkv_status status = works(p, operands, workspace, y);
  for (int i = 0; i < calls && i < 4096; i++)
    ((float *)y.data)[0] = nextafterf(((float *)y.data)[0], INFINITY);
  calls++;
  return status;
}

ATTENTION(prints) {
  puts("{\"status\":\"ok\"}");
  fputs("noise\n", stderr);
  return works(p, operands, workspace, y);
}

ATTENTION(zeros) {
  (void)operands, (void)workspace;
  zero(p, y, 0);
  return LKV_OK;
}

static bool never(const lkv_problem *p, const char **why) {
  (void)p;
  *why = "head_dim must be a multiple of 1000";
  return false;
}

static size_t huge(const lkv_problem *p) {
  (void)p;
  return (size_t)1 << 46;
}

#define COMMON                                                                        \
  .abi = LKV_KERNEL_ABI, .algorithm = "faulty", .isa = LKV_ISA_SCALAR,                \
  .operand_type = LKV_FLOAT32, .output_type = LKV_FLOAT32, .accum_type = LKV_FLOAT32, \
  .factor_type = LKV_FLOAT32, .summary = "misbehaves", .source = "tests"

static const lkv_kernel all[] = {
    {COMMON, .name = "faulty_segfault", .attention = segfaults},
    {COMMON, .name = "faulty_abort", .attention = aborts},
    {COMMON, .name = "faulty_exit", .attention = exits},
    {COMMON, .name = "faulty_loop", .attention = loops},
    {COMMON, .name = "faulty_nan", .attention = gives_nan},
    {COMMON, .name = "faulty_fails", .attention = fails},
    {COMMON, .name = "faulty_unsupported", .attention = works, .supports = never},
    {COMMON, .name = "faulty_memory", .attention = works, .workspace_bytes = huge},
    {COMMON, .name = "faulty_unrepeatable", .attention = counts_calls},
    {COMMON, .name = "faulty_prints", .attention = prints},
    {COMMON, .name = "faulty_zeros", .attention = zeros},
    {COMMON, .name = "faulty_divide", .attention = divides},
    {COMMON, .name = "faulty_smash", .attention = smashes},
    {COMMON, .name = "faulty_overrun", .attention = overruns},
    {COMMON, .name = "faulty_exhaust", .attention = exhausts},
    {COMMON, .name = "faulty_leak", .attention = leaks},
    {COMMON, .name = "faulty_share", .attention = shares},
    {COMMON, .name = "faulty_breed", .attention = breeds},
    {COMMON, .name = "faulty_close", .attention = closes},
    {COMMON, .name = "faulty_fork", .attention = forks},
    {COMMON, .name = "faulty_double", .attention = doubles},
    {COMMON, .name = "faulty_slow", .attention = slows},
};

static const lkv_kernel *const kernels[] = {
    &all[0],  &all[1],  &all[2],  &all[3],  &all[4],  &all[5],  &all[6],  &all[7],
    &all[8],  &all[9],  &all[10], &all[11], &all[12], &all[13], &all[14], &all[15],
    &all[16], &all[17], &all[18], &all[19], &all[20], &all[21]};

extern const lkv_plugin linkv_plugin;
const lkv_plugin linkv_plugin = {LKV_KERNEL_ABI, sizeof kernels / sizeof *kernels,
                                 kernels};
