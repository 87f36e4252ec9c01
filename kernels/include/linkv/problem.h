/* The operator's problem: shapes, options and operands.
 *
 * Lin-KV attention, per batch and head, causal, rows in R^head_dim, t = 0..seq_len-1:
 *
 *   S_K(t) = sum_{j<=t} KK_j VK_j^T   Z_K(t) = sum_{j<=t} KK_j   S_V, Z_V from KV, VV
 *   k_i(t) = QK_i S_K(t) / (QK_i . Z_K(t) + eps)                 i <= t
 *   v_i(t) = QV_i S_V(t) / (QV_i . Z_V(t) + eps)                 i <= t
 *   y_t    = sum_i softmax_i(Q_t . k_i(t)) v_i(t)
 */
#ifndef LINKV_PROBLEM_H
#define LINKV_PROBLEM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* LKV_BFLOAT16 is a float32 cut to 16 bits (linkv/bfloat16.h): a type of storage. */
typedef enum lkv_dtype {
  LKV_FLOAT32,
  LKV_FLOAT64,
  LKV_BFLOAT16,
  LKV_DTYPE_COUNT
} lkv_dtype;

/* Bytes of one element. */
size_t lkv_dtype_size(lkv_dtype dtype);
/* "float32", "float64" or "bfloat16". */
const char *lkv_dtype_name(lkv_dtype dtype);

/* What goes in: the block takes X and seven weights, the attention the seven operands. */
typedef enum lkv_stage { LKV_STAGE_ATTENTION, LKV_STAGE_BLOCK } lkv_stage;

/* "attention" or "block". */
const char *lkv_stage_name(lkv_stage stage);

/* The projected operands, in the order used wherever seven things are listed. */
enum { LKV_Q, LKV_QK, LKV_KK, LKV_VK, LKV_QV, LKV_KV, LKV_VV, LKV_OPERANDS };

/* "Q", "QK", ... "VV". */
const char *lkv_operand_name(int operand);

typedef struct lkv_problem {
  size_t batch;    /* B >= 1 */
  size_t seq_len;  /* T >= 1, tokens */
  size_t heads;    /* H >= 1 */
  size_t head_dim; /* d >= 1 */
  size_t tile_q;   /* queries a tile; 0 where the kernel does not tile queries */
  size_t tile_k;   /* keys a tile; 0 where the kernel does not tile keys */
  double eps;      /* added to both denominators; finite, >= 0 */
} lkv_problem;

/* Rows of one (batch, head) slice: element (t, c) is data[t * stride + c], c < head_dim.
 */
typedef struct lkv_operands {
  const void *data[LKV_OPERANDS];
  size_t stride[LKV_OPERANDS]; /* elements from row t to row t + 1, >= head_dim */
} lkv_operands;

typedef struct lkv_output {
  void *data;
  size_t stride; /* elements from row t to row t + 1, >= head_dim */
} lkv_output;

/* Flops of one (batch, head), causal, by the count every figure of linkv uses:
 * headline 4 d T^2; useful 4 d T^2 (1 + (2 d + tile_q) / T), which adds the prefix states
 * and the masked half of the diagonal tiles. */
double lkv_headline_flops(const lkv_problem *problem);
double lkv_useful_flops(const lkv_problem *problem);

#ifdef __cplusplus
}
#endif
#endif
