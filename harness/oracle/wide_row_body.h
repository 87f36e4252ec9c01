/* The row of wide_types.h for one type: included once a type, after it has defined
 *
 *   wide                        the type
 *   ATTEND                      the name of the function to make
 *   from(double), to_double(wide), add(a, b), multiply(a, b), divide(a, b)
 *
 * S += KK_j VK_j^T, Z += KK_j over j <= t; k_i = QK_i S / (QK_i . Z + eps), logits; the
 * same with V; y = sum_i w_i v_i / sum_i w_i. */
#include <math.h>
#include <stdlib.h>

enum { Q, QK, KK, VK, QV, KV, VV };

/* Terms of e^r, |r| <= 0.35, until they are below 2^-116. */
enum { EXP_TERMS = 28 };

static wide negative(wide a) {
  return multiply(from(-1), a);
}

/* e^x for x <= 0: x = k ln 2 + r, a Taylor series of r, times 2^k. */
static wide exp_wide(wide x) {
  if (to_double(x) < -740) return from(0);
  const double k = nearbyint(to_double(x) / 0x1.62e42fefa39efp-1);
  const wide ln2 = add(add(from(0x1.7b57a079a1934p-111), from(0x1.abc9e3b39803fp-56)),
                       from(0x1.62e42fefa39efp-1));
  const wide r = add(x, negative(multiply(from(k), ln2)));
  wide sum = from(1);
  for (int n = EXP_TERMS; n > 0; n--)
    sum = add(from(1), multiply(divide(r, from(n)), sum));
  return multiply(sum, from(ldexp(1, (int)k)));
}

typedef struct wide_sums {
  wide *s, *z, *effective; /* (d, d), (d), (d) */
} wide_sums;

static void sum_states(const wide_task *task, int key, int value, wide_sums *sums) {
  const size_t d = task->head_dim;
  for (size_t i = 0; i < d * d; i++) sums->s[i] = from(0);
  for (size_t i = 0; i < d; i++) sums->z[i] = from(0);
  for (size_t j = 0; j <= task->t; j++) {
    const double *a = task->operand[key] + j * task->stride;
    const double *b = task->operand[value] + j * task->stride;
    for (size_t r = 0; r < d; r++) {
      for (size_t c = 0; c < d; c++)
        sums->s[r * d + c] = add(sums->s[r * d + c], multiply(from(a[r]), from(b[c])));
      sums->z[r] = add(sums->z[r], from(a[r]));
    }
  }
}

/* Fills sums->effective with q S / (q . Z + eps); returns what is below the line. */
static wide effective_row(const wide_task *task, const double *q, wide_sums *sums) {
  const size_t d = task->head_dim;
  wide below = from(0);
  for (size_t r = 0; r < d; r++) below = add(below, multiply(from(q[r]), sums->z[r]));
  below = add(below, from(task->eps));
  for (size_t c = 0; c < d; c++) {
    wide above = from(0);
    for (size_t r = 0; r < d; r++)
      above = add(above, multiply(from(q[r]), sums->s[r * d + c]));
    sums->effective[c] = divide(above, below);
  }
  return below;
}

static void take_keys(const wide_task *task, wide_sums *sums, wide *logit) {
  const size_t d = task->head_dim;
  const double *q = task->operand[Q] + task->t * task->stride;
  sum_states(task, KK, VK, sums);
  for (size_t i = 0; i <= task->t; i++) {
    const wide below = effective_row(task, task->operand[QK] + i * task->stride, sums);
    task->denominator_k[i] = to_double(below);
    logit[i] = from(0);
    for (size_t c = 0; c < d; c++) {
      task->key[i * d + c] = to_double(sums->effective[c]);
      logit[i] = add(logit[i], multiply(from(q[c]), sums->effective[c]));
    }
    task->logit[i] = to_double(logit[i]);
  }
}

/* Logits become weights, which are not divided by their sum: that is returned. */
static wide weigh(const wide_task *task, wide *logit) {
  wide max = logit[0], sum = from(0);
  for (size_t i = 1; i <= task->t; i++)
    if (to_double(add(logit[i], negative(max))) > 0) max = logit[i];
  for (size_t i = 0; i <= task->t; i++) {
    logit[i] = exp_wide(add(logit[i], negative(max)));
    sum = add(sum, logit[i]);
  }
  return sum;
}

static void take_values(const wide_task *task, wide_sums *sums, const wide *weight,
                        wide sum, wide *y) {
  const size_t d = task->head_dim;
  sum_states(task, KV, VV, sums);
  for (size_t c = 0; c < d; c++) y[c] = from(0);
  for (size_t i = 0; i <= task->t; i++) {
    const wide below = effective_row(task, task->operand[QV] + i * task->stride, sums);
    const wide share = divide(weight[i], sum);
    task->denominator_v[i] = to_double(below);
    task->weight[i] = to_double(share);
    for (size_t c = 0; c < d; c++) {
      task->value[i * d + c] = to_double(sums->effective[c]);
      y[c] = add(y[c], multiply(share, sums->effective[c]));
    }
  }
  for (size_t c = 0; c < d; c++) task->y[c] = to_double(y[c]);
}

bool ATTEND(const wide_task *task) {
  const size_t d = task->head_dim;
  wide *room = calloc(d * d + 3 * d + task->t + 1, sizeof *room);
  if (!room) return false;
  wide_sums sums = {room, room + d * d, room + d * d + d};
  wide *y = sums.effective + d, *logit = y + d;
  take_keys(task, &sums, logit);
  const wide sum = weigh(task, logit);
  take_values(task, &sums, logit, sum, y);
  free(room);
  return true;
}
