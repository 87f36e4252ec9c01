/* A case: the inputs of one problem, from a case file or from a regime.
 *
 * Case files are NumPy .npz:
 *   block stage:     X (T, D) or (B, T, D); W_Q W_QK W_KK W_VK W_QV W_KV W_VV (D, D);
 *                    num_heads, a scalar that divides D
 *   attention stage: Q QK KK VK QV KV VV, all (T, d), (T, H, d) or (B, T, H, d)
 *                    num_heads, if there, must agree: it tells (T, H, d) from (B, T, D)
 *   both:            eps, a scalar, 1e-6 where absent. Other arrays are left alone.
 */
#ifndef IO_CASE_H
#define IO_CASE_H

#include "linkv/problem.h"
#include "npz.h"
#include "tensor.h"

#define CASE_DEFAULT_EPS 1e-6

typedef struct lin_case {
  lkv_stage stage;
  lkv_problem problem;          /* tile sizes 0 */
  size_t rank;                  /* of X or Q as given; the output has the same */
  tensor x;                     /* block: (B, T, D) */
  tensor operand[LKV_OPERANDS]; /* block: the weights (D, D); attention: (B, T, H, d) */
} lin_case;

/* Makes a case of a file's arrays; `npz` is not changed. Errors name the file, the array
 * and what it should be: missing arrays, wrong types, shapes that disagree, empty
 * dimensions, a num_heads that does not divide D, an eps that is negative or not finite,
 * the inputs of both stages. */
bool case_from_npz(const npz *file, lin_case *out, error *err);

/* "W_Q" ... "W_VV" or "Q" ... "VV". */
const char *case_input_name(lkv_stage stage, int operand, char name[8]);

/* Shape of the output as the user gave the input: block (T, D) or (B, T, D); attention
 * (T, d), (T, H, d) or (B, T, H, d). Returns the rank. */
size_t case_output_shape(const lin_case *c, size_t shape[TENSOR_RANK_MAX]);

/* Floating type of the inputs: the widest of X (or operands) and weights. */
tensor_type case_input_type(const lin_case *c);

/* Type of the inputs that a kernel of those types takes (linkv/driver.h). */
tensor_type case_type_for(lkv_stage stage, lkv_dtype operand_type, lkv_dtype output_type);

/* The same case with every input in `to`, float32, float64 or bfloat16. */
bool case_convert(const lin_case *in, tensor_type to, lin_case *out, error *err);

void case_free(lin_case *c);

#endif
