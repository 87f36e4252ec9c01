/* A case from the arrays of a file. */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "case.h"

/* What a file has of one stage's inputs. */
typedef struct inventory {
  size_t present;
  size_t missing;
  char missing_names[80]; /* "W_Q, W_VV" */
} inventory;

static void take_stock(const npz *file, const char *name, inventory *stock) {
  if (npz_find(file, name)) {
    stock->present++;
    return;
  }
  size_t used = strlen(stock->missing_names);
  snprintf(stock->missing_names + used, sizeof stock->missing_names - used, "%s%s",
           stock->missing++ ? ", " : "", name);
}

static inventory stock_of(const npz *file, lkv_stage stage) {
  inventory stock = {0};
  if (stage == LKV_STAGE_BLOCK) take_stock(file, "X", &stock);
  for (int o = 0; o < LKV_OPERANDS; o++) {
    char name[8];
    take_stock(file, case_input_name(stage, o, name), &stock);
  }
  return stock;
}

/* The stage whose inputs the file holds. */
static bool find_stage(const npz *file, lkv_stage *stage, error *err) {
  inventory block = stock_of(file, LKV_STAGE_BLOCK);
  inventory attention = stock_of(file, LKV_STAGE_ATTENTION);
  if (block.missing == 0 && attention.missing == 0)
    return error_set(err,
                     "%s: holds the inputs of both stages, X, W_Q ... W_VV and Q ... VV; "
                     "keep one set",
                     file->path);
  *stage = block.missing == 0 ? LKV_STAGE_BLOCK : LKV_STAGE_ATTENTION;
  if (block.missing == 0 || attention.missing == 0) return true;
  if (block.present == 0 && attention.present == 0)
    return error_set(
        err,
        "%s: holds no inputs; add X, W_Q, W_QK, W_KK, W_VK, W_QV, W_KV, W_VV "
        "and num_heads, or Q, QK, KK, VK, QV, KV, VV",
        file->path);
  if (attention.present == 0)
    return error_set(err, "%s: the block stage also needs %s; add what is missing",
                     file->path, block.missing_names);
  if (block.present == 0)
    return error_set(err, "%s: the attention stage also needs %s; add what is missing",
                     file->path, attention.missing_names);
  return error_set(err, "%s: add %s for the block stage, or %s for the attention stage",
                   file->path, block.missing_names, attention.missing_names);
}

/* Inputs are floats of the named rank, no dimension empty. */
static bool check_input(const npz *file, const char *name, size_t rank_min,
                        size_t rank_max, const char *shape_wanted, error *err) {
  const tensor *t = npz_find(file, name);
  char shape[128];
  tensor_shape_text(t, shape, sizeof shape);
  if (t->type == TENSOR_INT64)
    return error_set(err,
                     "%s: array '%s': holds integers; save floats, with .astype('<f4')",
                     file->path, name);
  if (t->rank < rank_min || t->rank > rank_max)
    return error_set(err, "%s: array '%s': has shape %s; it should be %s", file->path,
                     name, shape, shape_wanted);
  if (t->count == 0)
    return error_set(err, "%s: array '%s': has shape %s; no dimension may be 0",
                     file->path, name, shape);
  return true;
}

/* `name`, checked by check_input, has exactly this shape; `because` says why. */
static bool check_shape(const npz *file, const char *name, size_t rank,
                        const size_t *shape, const char *because, error *err) {
  const tensor *t = npz_find(file, name);
  if (t->rank == rank && memcmp(t->shape, shape, rank * sizeof *shape) == 0) return true;
  tensor wanted = {.rank = rank};
  memcpy(wanted.shape, shape, rank * sizeof *shape);
  char have[128], want[128];
  return error_set(err, "%s: array '%s': has shape %s; it should be %s, %s", file->path,
                   name, tensor_shape_text(t, have, sizeof have),
                   tensor_shape_text(&wanted, want, sizeof want), because);
}

static bool copy_input(const npz *file, const char *name, size_t rank,
                       const size_t *shape, tensor *out, error *err) {
  const tensor *t = npz_find(file, name);
  error cause;
  if (!tensor_make(out, t->type, rank, shape, &cause))
    return error_set(err, "%s: array '%s': %s", file->path, name, cause.text);
  memcpy(out->data, t->data, t->count * tensor_type_size(t->type));
  return true;
}

/* A scalar, or an array of one element, as a double; exact for what callers accept. */
static bool read_number(const npz *file, const char *name, double *value, error *err) {
  const tensor *t = npz_find(file, name);
  char shape[128];
  if (t->count != 1)
    return error_set(err, "%s: array '%s': has shape %s; it should be a scalar",
                     file->path, name, tensor_shape_text(t, shape, sizeof shape));
  if (t->type == TENSOR_INT64) {
    *value = (double)*(const int64_t *)t->data;
    return true;
  }
  tensor wide;
  if (!tensor_convert(t, TENSOR_FLOAT64, &wide, err)) return false;
  *value = *(const double *)wide.data;
  tensor_free(&wide);
  return true;
}

static bool read_eps(const npz *file, double *eps, error *err) {
  *eps = CASE_DEFAULT_EPS;
  if (!npz_find(file, "eps")) return true;
  if (!read_number(file, "eps", eps, err)) return false;
  if (isfinite(*eps) && *eps >= 0) return true;
  return error_set(err, "%s: array 'eps': is %g; it should be finite and not negative",
                   file->path, *eps);
}

static bool read_heads(const npz *file, size_t *heads, error *err) {
  const tensor *t = npz_find(file, "num_heads");
  if (!t)
    return error_set(
        err,
        "%s: array 'num_heads' is missing; add it, the number of heads that X's "
        "last dimension is split into",
        file->path);
  double value;
  if (!read_number(file, "num_heads", &value, err)) return false;
  if (t->type != TENSOR_INT64)
    return error_set(err, "%s: array 'num_heads': is a float; save an integer",
                     file->path);
  int64_t integer = *(const int64_t *)t->data;
  if (integer < 1)
    return error_set(err, "%s: array 'num_heads': is %" PRId64 "; it should be 1 or more",
                     file->path, integer);
  *heads = (size_t)integer;
  return true;
}

static bool read_block(const npz *file, lin_case *out, error *err) {
  if (!check_input(file, "X", 2, 3, "(T, D) or (B, T, D)", err)) return false;
  const tensor *x = npz_find(file, "X");
  size_t width = x->shape[x->rank - 1];
  const size_t x_shape[] = {x->rank == 3 ? x->shape[0] : 1, x->shape[x->rank - 2], width};
  const size_t weight_shape[] = {width, width};
  size_t heads;
  if (!read_heads(file, &heads, err)) return false;
  if (width % heads != 0)
    return error_set(
        err,
        "%s: array 'num_heads': is %zu, which does not divide D = %zu, the last "
        "dimension of X; it should",
        file->path, heads, width);
  out->rank = x->rank;
  out->problem.batch = x_shape[0];
  out->problem.seq_len = x_shape[1];
  out->problem.heads = heads;
  out->problem.head_dim = width / heads;
  if (!copy_input(file, "X", 3, x_shape, &out->x, err)) return false;
  for (int o = 0; o < LKV_OPERANDS; o++) {
    char name[8];
    case_input_name(LKV_STAGE_BLOCK, o, name);
    if (!check_input(file, name, 2, 2, "(D, D)", err)) return false;
    if (!check_shape(file, name, 2, weight_shape, "(D, D) where X's last dimension is D",
                     err))
      return false;
    if (!copy_input(file, name, 2, weight_shape, &out->operand[o], err)) return false;
  }
  return true;
}

/* num_heads is not needed here; where it is given, it exposes operands laid out
 * otherwise, such as (B, T, D), which would read as (T, H, d). */
static bool check_heads(const npz *file, size_t heads, error *err) {
  size_t given;
  if (!npz_find(file, "num_heads")) return true;
  if (!read_heads(file, &given, err)) return false;
  if (given == heads) return true;
  return error_set(
      err,
      "%s: array 'num_heads': is %zu, but Q has %zu heads; operands should be "
      "(T, d), (T, H, d) or (B, T, H, d)",
      file->path, given, heads);
}

static bool read_attention(const npz *file, lin_case *out, error *err) {
  static const char wanted[] = "(T, d), (T, H, d) or (B, T, H, d)";
  if (!check_input(file, "Q", 2, 4, wanted, err)) return false;
  const tensor *q = npz_find(file, "Q");
  const size_t *end = q->shape + q->rank;
  lkv_problem *p = &out->problem;
  out->rank = q->rank;
  p->head_dim = end[-1];
  p->heads = q->rank > 2 ? end[-2] : 1;
  p->seq_len = q->rank > 2 ? end[-3] : end[-2];
  p->batch = q->rank > 3 ? end[-4] : 1;
  if (!check_heads(file, p->heads, err)) return false;
  const size_t shape[] = {p->batch, p->seq_len, p->heads, p->head_dim};
  for (int o = 0; o < LKV_OPERANDS; o++) {
    char name[8];
    case_input_name(LKV_STAGE_ATTENTION, o, name);
    if (!check_input(file, name, 2, 4, wanted, err)) return false;
    if (!check_shape(file, name, q->rank, q->shape, "the shape of Q", err)) return false;
    if (!copy_input(file, name, 4, shape, &out->operand[o], err)) return false;
  }
  return true;
}

bool case_from_npz(const npz *file, lin_case *out, error *err) {
  *out = (lin_case){0};
  bool ok = find_stage(file, &out->stage, err) &&
            read_eps(file, &out->problem.eps, err) &&
            (out->stage == LKV_STAGE_BLOCK ? read_block(file, out, err)
                                           : read_attention(file, out, err));
  if (!ok) case_free(out);
  return ok;
}
