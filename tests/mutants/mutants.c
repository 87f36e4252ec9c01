/* A plug-in of kernels each with one planted bug, and of some that take a liberty every
 * kernel may take: one body, in float32, asked for either by name. An online softmax over
 * rows:
 *
 *   S, Z join token t; r = S_K Q_t; for i <= t { s_i = (QK_i r) / (QK_i Z_K + eps);
 *   m' = max(m, s_i); l = l e^(m-m') + e^(s_i-m'); y = y e^(m-m') + e^(s_i-m') v_i } */
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "linkv/kernel.h"
#include "linkv/registry.h"

#define MUTANT(name, what) BUG_##name,
#define SOUND(name, what)  BUG_##name,
enum bug {
#include "mutants.def"
  BUGS
};
#undef MUTANT
#undef SOUND

/* Prefix states; S (d, d), Z (d). */
typedef struct state {
  float *s_k, *z_k, *s_v, *z_v, *sums, *value, *r;
} state;

static const float *row_of(const lkv_operands *x, int operand, size_t t) {
  return (const float *)x->data[operand] + t * x->stride[operand];
}

/* What threads share by mistake, or a call leaves to the next. */
enum { STATIC_DIM = 256 };
static float shared_value[STATIC_DIM];
static float left_z[STATIC_DIM];

static float to_bf16(float value) {
  unsigned bits;
  memcpy(&bits, &value, sizeof bits);
  bits = (bits + 0x8000U) & 0xffff0000U;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static float add_product(enum bug bug, float sum, float a, float b) {
  return bug == BUG_fused ? fmaf(a, b, sum) : sum + a * b;
}

/* sum of a_i b_i, `step` apart in b; reassociated: from the end, in two strands. */
static float dot(enum bug bug, size_t n, const float *a, const float *b, size_t step) {
  float sum[2] = {0, 0};
  for (size_t i = 0; i < n; i++) {
    const bool apart = bug == BUG_reassociated;
    const size_t at = apart ? n - 1 - i : i;
    float *strand = &sum[apart && i % 2];
    *strand = add_product(bug, *strand, a[at], b[at * step]);
  }
  return sum[0] + sum[1];
}

static void join_one(enum bug bug, size_t d, const float *a, const float *b, float *s,
                     float *z) {
  for (size_t r = 0; r < d; r++) {
    for (size_t c = 0; c < d; c++)
      s[r * d + c] = add_product(bug, s[r * d + c], a[r], b[c]);
    z[r] += a[r];
  }
}

static void join(enum bug bug, size_t d, const lkv_operands *x, size_t t,
                 const state *st) {
  const size_t vv_stride = bug == BUG_wrong_stride ? d : x->stride[LKV_VV];
  const float *vv = (const float *)x->data[LKV_VV] + t * vv_stride;
  if (bug == BUG_token_dropped && t == 3) return;
  join_one(bug, d, row_of(x, LKV_KK, t), row_of(x, LKV_VK, t), st->s_k, st->z_k);
  join_one(bug, d, row_of(x, LKV_KV, t), vv, st->s_v, st->z_v);
  if (bug == BUG_s_row_lost) memset(st->s_k, 0, d * sizeof *st->s_k);
  if (bug == BUG_z_entry_lost) st->z_k[0] = 0;
  for (size_t i = 0; bug == BUG_s_in_bf16 && i < d * d; i++) {
    st->s_k[i] = to_bf16(st->s_k[i]);
    st->s_v[i] = to_bf16(st->s_v[i]);
  }
}

static float spoil_denominator(enum bug bug, float sum, float eps) {
  switch (bug) {
    case BUG_no_eps:
      return sum;
    case BUG_minus_eps:
      return sum - eps;
    case BUG_eps_1e_4:
      return sum + 1e-4F;
    case BUG_clamped:
      return fmaxf(sum + eps, 1e-3F);
    case BUG_absolute:
      return fabsf(sum + eps);
    default:
      return sum + eps;
  }
}

static float divide(enum bug bug, float a, float b) {
  if (bug == BUG_reciprocal) return a * (1 / b);
  if (bug != BUG_reciprocal_12bit) return a / b;
  float r = 1 / b;
  unsigned bits;
  memcpy(&bits, &r, sizeof bits);
  bits &= 0xfffff000U;
  memcpy(&r, &bits, sizeof r);
  return a * r;
}

static float denominator(enum bug bug, size_t d, const float *q, const float *z,
                         float eps) {
  return spoil_denominator(bug, dot(bug, d, q, z, 1), eps);
}

/* r = S_K Q_t. */
static void make_r(enum bug bug, size_t d, const float *q, const state *st) {
  const size_t row = bug == BUG_s_transposed ? 1 : d;
  for (size_t a = 0; a < d; a++)
    st->r[a] = dot(bug, d, q, st->s_k + a * row, row == 1 ? d : 1);
}

static float logit(enum bug bug, const lkv_problem *p, const lkv_operands *x, size_t i,
                   const state *st) {
  const size_t d = p->head_dim, last = d - (bug == BUG_feature_tail);
  const float *qk = row_of(x, LKV_QK, i);
  const float sum = divide(bug, dot(bug, last, qk, st->r, 1),
                           denominator(bug, d, qk, st->z_k, (float)p->eps));
  return bug == BUG_scaled ? sum / sqrtf((float)d) : sum;
}

/* v_i(t), for i ascending from 0; frozen: from states of its own time. */
static void make_value(enum bug bug, const lkv_problem *p, const lkv_operands *x,
                       size_t i, const state *st) {
  const size_t d = p->head_dim;
  const float *qv = row_of(x, LKV_QV, i), *s_v = st->s_v, *z_v = st->z_v;
  if (bug == BUG_v_frozen) {
    float *s = st->sums, *z = s + d * d;
    if (i == 0) memset(s, 0, (d * d + d) * sizeof *s);
    join_one(bug, d, row_of(x, LKV_KV, i), row_of(x, LKV_VV, i), s, z);
    s_v = s;
    z_v = z;
  }
  const float *z = bug == BUG_z_k_for_v ? st->z_k : z_v;
  const float below = denominator(bug, d, qv, z, (float)p->eps);
  for (size_t c = 0; c < d; c++)
    st->value[c] = divide(bug, dot(bug, d, qv, s_v + c, d), below);
}

/* Good to four units: three, up and down, and its own rounding. */
static float rough_exponential(float x) {
  static const double off[2] = {1 - 0x3p-24, 1 + 0x3p-24};
  unsigned bits;
  memcpy(&bits, &x, sizeof bits);
  return x == 0 ? 1 : (float)(exp((double)x) * off[bits & 1]);
}

static float exponential(enum bug bug, float x) {
  if (bug == BUG_exp_2ulp) return rough_exponential(x);
  const float e = expf(x);
  if (bug == BUG_exp_1e_4) return e * (1 + 1e-4F * sinf(40 * x));
  return bug == BUG_nan_swallowed && isnan(e) ? 0 : e;
}

static float larger(enum bug bug, float max, float s) {
  if (bug == BUG_no_max) return 0;
  if (bug == BUG_nan_swallowed) return s > max ? s : max;
  return s <= max ? max : s;
}

/* The tile sizes it is asked for matter to one bug alone. */
static lkv_tiles default_tiles(const lkv_problem *p) {
  (void)p;
  return (lkv_tiles){.q = 0, .k = 8};
}

static size_t keys_of(enum bug bug, const lkv_problem *p, size_t t) {
  if (bug == BUG_softmax_missing_t && t > 0) return t;
  if (bug == BUG_softmax_ahead && t + 1 < p->seq_len) return t + 2;
  if (bug == BUG_tile_dropped && t >= p->tile_k) return (t + 1) / p->tile_k * p->tile_k;
  return t + 1;
}

/* What the maximum starts from; `lane` is one of the workspace that is never written. */
static float first_max(enum bug bug, const float *lane) {
  if (bug == BUG_max_from_zero) return 0;
  return bug == BUG_max_of_stale_lane ? fmaxf(-INFINITY, *lane) : -INFINITY;
}

/* The value where the bug keeps it; another thread comes in at the first of a row. */
static const float *kept_value(enum bug bug, size_t d, size_t i, const state *st) {
  if (bug != BUG_value_shared || d > STATIC_DIM) return st->value;
  memcpy(shared_value, st->value, d * sizeof *shared_value);
  if (i == 0) sched_yield();
  return shared_value;
}

static void query(enum bug bug, const lkv_problem *p, const lkv_operands *x, size_t t,
                  const state *st, float *y) {
  const size_t d = p->head_dim, keys = keys_of(bug, p, t);
  float max = first_max(bug, st->r + d), sum = 0;
  make_r(bug, d, row_of(x, LKV_Q, t), st);
  memset(y, 0, d * sizeof *y);
  for (size_t i = 0; i < keys; i++) {
    const float s = logit(bug, p, x, i, st), next = larger(bug, max, s);
    float scale = i == 0 && isinf(max) ? 0 : exponential(bug, max - next);
    if (bug == BUG_unrescaled_late && i >= 16) scale = 1;
    const float weight = exponential(bug, s - next);
    const float sum_scale = bug == BUG_sum_not_rescaled ? 1 : scale;
    const float y_scale = bug == BUG_output_not_rescaled ? 1 : scale;
    make_value(bug, p, x, i, st);
    const float *value = kept_value(bug, d, i, st);
    sum = sum * sum_scale + weight;
    for (size_t c = 0; c < d; c++) {
      const float term = weight * value[c];
      y[c] = y[c] * y_scale + (bug == BUG_nan_swallowed && isnan(term) ? 0 : term);
    }
    max = next;
  }
  for (size_t c = 0; c < d; c++) y[c] /= sum;
}

static size_t workspace(const lkv_problem *p) {
  const size_t d = p->head_dim;
  return (3 * (d * d + d) + 2 * d + 1) * sizeof(float);
}

static void spoil_output(enum bug bug, const lkv_problem *p, lkv_output y) {
  const size_t d = p->head_dim, last = p->seq_len - 1;
  float *out = y.data, *end = out + last * y.stride;
  if (bug == BUG_one_flip) end[d / 2] *= 1 + 0x1p-10F;
  if (bug == BUG_stale_last_row && last) memcpy(end, end - y.stride, d * sizeof *end);
  if (bug == BUG_written_past_end) end[d] = 0;
  for (size_t c = 0; bug == BUG_rows_swapped && last && c < d; c++) {
    const float kept = out[c];
    out[c] = out[y.stride + c];
    out[y.stride + c] = kept;
  }
}

/* Steps beyond an operand; what is there does not matter. */
static void step_beyond(enum bug bug, const lkv_problem *p, const lkv_operands *x) {
  const volatile float *first = row_of(x, LKV_KK, 0);
  const volatile float *end = row_of(x, LKV_VV, p->seq_len - 1) + p->head_dim;
  if (bug == BUG_read_before_start) (void)first[-1];
  if (bug == BUG_read_past_end) (void)*end;
}

/* All but the lane of the maximum is cleared. */
static state make_state(enum bug bug, size_t d, void *room) {
  const size_t each = d * d + d;
  state st = {.s_k = room};
  st.z_k = st.s_k + d * d;
  st.s_v = st.s_k + each;
  st.z_v = st.s_v + d * d;
  st.sums = st.s_v + each;
  st.value = st.sums + each;
  st.r = st.value + d;
  memset(room, 0, (3 * each + 2 * d) * sizeof *st.s_k);
  if (bug == BUG_z_of_last_call && d <= STATIC_DIM)
    memcpy(st.z_k, left_z, d * sizeof *left_z);
  return st;
}

static void attend_all(enum bug bug, const lkv_problem *p, const lkv_operands *x,
                       void *room, lkv_output y) {
  const size_t d = p->head_dim;
  float *corner = (float *)y.data + (p->seq_len - 1) * y.stride + d - 1;
  const float before = *corner;
  const state st = make_state(bug, d, room);
  step_beyond(bug, p, x);
  for (size_t t = 0, joined = 0; t < p->seq_len; t++) {
    size_t wanted = t + 1;
    if (bug == BUG_s_missing_t && t > 0) wanted = t;
    if (bug == BUG_s_ahead && t + 1 < p->seq_len) wanted = t + 2;
    while (joined < wanted) join(bug, d, x, joined++, &st);
    query(bug, p, x, t, &st, (float *)y.data + t * y.stride);
  }
  spoil_output(bug, p, y);
  if (bug == BUG_lane_unwritten) *corner = before;
  for (size_t c = 0; bug == BUG_z_of_last_call && c < d && c < STATIC_DIM; c++)
    left_z[c] = isfinite(st.z_k[c]) ? st.z_k[c] : 0;
}

static lkv_status attend(enum bug bug, const lkv_problem *p, const lkv_operands *x,
                         void *room, lkv_output y) {
#ifdef __SSE2__
  enum { FLUSH_RESULTS = 0x8000, FLUSH_OPERANDS = 0x40 };
  const unsigned mode = _mm_getcsr();
  if (bug == BUG_flushed) _mm_setcsr(mode | FLUSH_RESULTS | FLUSH_OPERANDS);
#endif
  attend_all(bug, p, x, room, y);
#ifdef __SSE2__
  _mm_setcsr(mode);
#endif
  return LKV_OK;
}

#define MUTANT(name, what)                                                     \
  static lkv_status attend_##name(const lkv_problem *p, const lkv_operands *x, \
                                  void *room, lkv_output y) {                  \
    return attend(BUG_##name, p, x, room, y);                                  \
  }
#define SOUND(name, what) MUTANT(name, what)
#include "mutants.def"
#undef MUTANT
#undef SOUND

#define KERNEL(family_of, bug, what) \
  {.abi = LKV_KERNEL_ABI,            \
   .name = family_of "_" #bug,       \
   .algorithm = family_of,           \
   .isa = LKV_ISA_SCALAR,            \
   .operand_type = LKV_FLOAT32,      \
   .output_type = LKV_FLOAT32,       \
   .accum_type = LKV_FLOAT32,        \
   .factor_type = LKV_FLOAT32,       \
   .family = LKV_DEFINITIONAL,       \
   .summary = what,                  \
   .source = "tests/mutants",        \
   .default_tiles = default_tiles,   \
   .workspace_bytes = workspace,     \
   .attention = attend_##bug},
#define MUTANT(bug, what) KERNEL("mutant", bug, what)
#define SOUND(bug, what)  KERNEL("sound", bug, what)
static const lkv_kernel all[BUGS] = {
#include "mutants.def"
};
#undef MUTANT
#undef SOUND

#define MUTANT(bug, what) &all[BUG_##bug],
#define SOUND(bug, what)  &all[BUG_##bug],
static const lkv_kernel *const kernels[BUGS] = {
#include "mutants.def"
};

extern const lkv_plugin linkv_plugin;
const lkv_plugin linkv_plugin = {LKV_KERNEL_ABI, BUGS, kernels};
