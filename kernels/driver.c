/* The loops over batch x head, query blocks and projections: the one file with OpenMP. */
#include "linkv/driver.h"

#include <cblas.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdint.h>

#include "fit.h"
#include "linkv/bfloat16.h"
#include "size.h"

/* Rows of X a projection task multiplies. Fixed, so that no bit of the product depends on
 * the thread count. */
enum { PROJECTION_ROWS = 128 };

/* What one run needs, in elements and bytes; SIZE_MAX where that does not fit size_t. */
typedef struct plan {
  size_t slices;          /* batch * heads */
  size_t width;           /* D = heads * head_dim */
  size_t rows;            /* batch * seq_len */
  size_t projected_bytes; /* of a projected operand, padded; 0 for attention */
  size_t slice_bytes;     /* of one thread: a kernel's workspace, or rows projected in a
                           * wider type than the operands'; padded */
  size_t blocks;          /* of a slice; 0: slices are not divided */
  size_t parts;           /* of what a slice's blocks share */
  size_t shared_bytes;    /* of that, padded */
  size_t projections;     /* tasks of the block stage; 0 for attention */
  int workers;  /* threads, the same in every phase: OpenMP ends those it has no use
                 * for, and starting them again takes longer than a small run */
  size_t bytes; /* of the whole workspace */
} plan;

static const char *broken_bound(const lkv_problem *problem) {
  if (problem->batch == 0) return "batch is 0, it must be at least 1";
  if (problem->seq_len == 0) return "seq_len is 0, it must be at least 1";
  if (problem->heads == 0) return "heads is 0, it must be at least 1";
  if (problem->head_dim == 0) return "head_dim is 0, it must be at least 1";
  if (!isfinite(problem->eps)) return "eps is not finite";
  if (problem->eps < 0) return "eps is negative";
  return NULL;
}

/* Of an operand or output of that type. */
static size_t tensor_bytes(lkv_dtype type, const lkv_problem *problem) {
  const size_t rows = size_times(problem->batch, problem->seq_len);
  const size_t width = size_times(problem->heads, problem->head_dim);
  return size_times(size_times(rows, width), lkv_dtype_size(type));
}

static size_t slice_bytes(const lkv_kernel *kernel, const lkv_problem *problem) {
  const size_t bytes = kernel->workspace_bytes ? kernel->workspace_bytes(problem) : 0;
  return size_round_up(bytes, LKV_WORKSPACE_ALIGNMENT);
}

static lkv_tiles tiles_of(const lkv_kernel *kernel, const lkv_problem *problem) {
  const lkv_tiles none = {0};
  const lkv_tiles best = kernel->default_tiles ? kernel->default_tiles(problem) : none;
  return (lkv_tiles){.q = best.q == 0 || problem->tile_q == 0 ? best.q : problem->tile_q,
                     .k = best.k == 0 || problem->tile_k == 0 ? best.k : problem->tile_k};
}

static void resolve_tiles(const lkv_kernel *kernel, lkv_problem *problem) {
  const lkv_tiles tiles = tiles_of(kernel, problem);
  problem->tile_q = tiles.q;
  problem->tile_k = tiles.k;
}

/* lkv_check as far as no function of the kernel is called: this CPU may not run them. */
static inline lkv_status check_bounds(const lkv_kernel *kernel,
                                      const lkv_problem *problem, const char **why) {
  *why = broken_bound(problem);
  if (*why) return LKV_INVALID;
  if (tensor_bytes(kernel->output_type, problem) == SIZE_MAX) {
    *why = "an operand's size in bytes does not fit size_t";
    return LKV_TOO_LARGE;
  }
  return lkv_cpu_supports(kernel->isa, why) ? LKV_OK : LKV_UNSUPPORTED;
}

/* The rest of it, with tiles resolved, and the bytes of a slice's workspace. */
static inline lkv_status check_resolved(const lkv_kernel *kernel,
                                        const lkv_problem *problem, const char **why,
                                        size_t *bytes) {
  if (kernel->supports && !kernel->supports(problem, why)) return LKV_UNSUPPORTED;
  *bytes = slice_bytes(kernel, problem);
  if (*bytes == SIZE_MAX) {
    *why = "the kernel's workspace in bytes does not fit size_t";
    return LKV_TOO_LARGE;
  }
  return LKV_OK;
}

lkv_status lkv_check(const lkv_kernel *kernel, const lkv_problem *problem,
                     const char **why) {
  lkv_problem resolved = *problem;
  size_t bytes;
  const lkv_status status = check_bounds(kernel, problem, why);
  if (status != LKV_OK) return status;
  resolve_tiles(kernel, &resolved);
  return check_resolved(kernel, &resolved, why, &bytes);
}

lkv_problem lkv_resolve_tiles(const lkv_kernel *kernel, lkv_problem problem) {
  resolve_tiles(kernel, &problem);
  return problem;
}

/* Of X's rows, in the block stage. */
static size_t projection_blocks(const plan *p) {
  return (p->rows - 1) / PROJECTION_ROWS + 1;
}

/* Of a task's projected rows in the type they are computed in, where the operands' is
 * narrower. */
static size_t wide_bytes(const lkv_kernel *kernel, const plan *p) {
  if (kernel->operand_type == kernel->output_type) return 0;
  const size_t count = size_times(size_min(PROJECTION_ROWS, p->rows), p->width);
  return size_round_up(size_times(count, lkv_dtype_size(kernel->output_type)),
                       LKV_WORKSPACE_ALIGNMENT);
}

/* Divides slices into query blocks where threads would idle otherwise. */
static void plan_blocks(const lkv_kernel *kernel, const lkv_problem *problem,
                        size_t threads, plan *p) {
  p->blocks = p->parts = p->shared_bytes = 0;
  if (!kernel->blocks || threads <= p->slices) return;
  if (kernel->blocks->count(problem) < 2) return;
  p->blocks = kernel->blocks->count(problem);
  p->parts = kernel->blocks->parts(problem);
  p->shared_bytes =
      size_round_up(kernel->blocks->shared_bytes(problem), LKV_WORKSPACE_ALIGNMENT);
}

/* Once check_bounds is passed and the tiles are resolved. */
static inline lkv_status make_plan(const lkv_kernel *kernel, const lkv_problem *problem,
                                   lkv_stage stage, size_t threads, plan *p) {
  const char *why;
  const lkv_status status = check_resolved(kernel, problem, &why, &p->slice_bytes);
  if (status != LKV_OK) return status;
  if (threads == 0) return LKV_INVALID;
  if (stage != LKV_STAGE_ATTENTION && stage != LKV_STAGE_BLOCK) return LKV_INVALID;

  p->slices = size_times(problem->batch, problem->heads);
  p->width = size_times(problem->heads, problem->head_dim);
  p->rows = size_times(problem->batch, problem->seq_len);
  if (stage == LKV_STAGE_BLOCK && p->width > INT_MAX) return LKV_TOO_LARGE;
  p->projected_bytes = p->projections = 0;
  if (stage == LKV_STAGE_BLOCK) {
    p->projected_bytes = size_round_up(tensor_bytes(kernel->operand_type, problem),
                                       LKV_WORKSPACE_ALIGNMENT);
    p->projections = size_times(LKV_OPERANDS, projection_blocks(p));
  }
  const size_t wide = stage == LKV_STAGE_BLOCK ? wide_bytes(kernel, p) : 0;
  if (p->slice_bytes < wide) p->slice_bytes = wide;
  plan_blocks(kernel, problem, threads, p);
  const size_t attending = size_times(p->slices, p->blocks ? p->blocks : 1);
  const size_t tasks = attending > p->projections ? attending : p->projections;
  p->workers = (int)size_min(size_min(threads, tasks), INT_MAX);
  p->bytes = size_plus(size_times(p->projected_bytes, LKV_OPERANDS),
                       size_plus(size_times(p->shared_bytes, p->slices),
                                 size_times(p->slice_bytes, (size_t)p->workers)));
  return p->bytes == SIZE_MAX ? LKV_TOO_LARGE : LKV_OK;
}

/* The same of any problem. */
static lkv_status check_and_plan(const lkv_kernel *kernel, const lkv_problem *problem,
                                 lkv_stage stage, size_t threads, plan *p) {
  const char *why;
  const lkv_status status = check_bounds(kernel, problem, &why);
  if (status != LKV_OK) return status;
  const lkv_tiles tiles = tiles_of(kernel, problem);
  if (tiles.q != problem->tile_q || tiles.k != problem->tile_k) return LKV_INVALID;
  return make_plan(kernel, problem, stage, threads, p);
}

lkv_status lkv_workspace_bytes(const lkv_kernel *kernel, const lkv_problem *problem,
                               lkv_stage stage, size_t threads, size_t *bytes) {
  plan p;
  const lkv_status status = check_and_plan(kernel, problem, stage, threads, &p);
  if (status == LKV_OK) *bytes = p.bytes;
  return status;
}

lkv_status fit_problem(const lkv_kernel *kernel, lkv_problem *problem, lkv_stage stage,
                       size_t threads, size_t *workspace_bytes) {
  const char *why;
  plan p;
  lkv_status status = check_bounds(kernel, problem, &why);
  if (status != LKV_OK) return status;
  resolve_tiles(kernel, problem);
  status = make_plan(kernel, problem, stage, threads, &p);
  if (status == LKV_OK) *workspace_bytes = p.bytes;
  return status;
}

static double element(lkv_dtype type, const void *data, size_t i) {
  return type == LKV_FLOAT64 ? ((const double *)data)[i] : ((const float *)data)[i];
}

/* Rounds `count` elements to a narrower type. */
static void narrow_elements(lkv_dtype from, const void *in, lkv_dtype to, void *out,
                            size_t count) {
  if (to == LKV_FLOAT32)
    for (size_t i = 0; i < count; i++) ((float *)out)[i] = (float)element(from, in, i);
  else
    for (size_t i = 0; i < count; i++)
      ((uint16_t *)out)[i] = lkv_bfloat16_round_f64(element(from, in, i));
}

/* rows (count, width) of out = x @ weight. */
static void multiply_rows(lkv_dtype dtype, const void *x, const void *weight, void *out,
                          size_t count, size_t width) {
  const blasint m = (blasint)count, n = (blasint)width;
  if (dtype == LKV_FLOAT64)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, n, 1.0, x, n, weight, n,
                0.0, out, n);
  else
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, n, 1.0F, x, n, weight, n,
                0.0F, out, n);
}

/* One call of lkv_run: operands and output of the shape (batch, seq_len, heads,
 * head_dim), and the memory of its threads and slices. */
typedef struct run {
  const lkv_kernel *kernel;
  const lkv_problem *problem;
  const plan *p;
  const lkv_inputs *inputs;
  const void *const *operand;
  char *projected; /* the block stage's operands, each in a padded region */
  char *workspace; /* of `workers` threads, then shared by the blocks of each slice */
  void *y;
} run;

/* Bytes from the start of an operand or output to a slice's first row. */
static size_t slice_offset(const run *r, size_t slice, lkv_dtype type) {
  const size_t b = slice / r->problem->heads, h = slice % r->problem->heads;
  const size_t element = b * r->problem->seq_len * r->p->width + h * r->problem->head_dim;
  return element * lkv_dtype_size(type);
}

static lkv_operands slice_operands(const run *r, size_t slice) {
  lkv_operands view;
  for (int o = 0; o < LKV_OPERANDS; o++) {
    view.data[o] =
        (const char *)r->operand[o] + slice_offset(r, slice, r->kernel->operand_type);
    view.stride[o] = r->p->width;
  }
  return view;
}

static lkv_output slice_output(const run *r, size_t slice) {
  return (lkv_output){
      .data = (char *)r->y + slice_offset(r, slice, r->kernel->output_type),
      .stride = r->p->width};
}

/* The calling thread's own. */
static void *thread_workspace(const run *r) {
  const size_t thread = (size_t)omp_get_thread_num();
  return r->workspace ? r->workspace + thread * r->p->slice_bytes : NULL;
}

static void *slice_shared(const run *r, size_t slice) {
  if (!r->workspace) return NULL;
  return r->workspace + (size_t)r->p->workers * r->p->slice_bytes +
         slice * r->p->shared_bytes;
}

/* Runs tasks 0 .. count - 1, in any order on several threads. One thread needs no team:
 * making one costs more than the smallest kernels do. */
static lkv_status for_each(const run *r, size_t count,
                           lkv_status (*task)(const run *r, size_t index)) {
  size_t failures = 0;
  if (r->p->workers == 1) {
    for (size_t i = 0; i < count; i++) failures += task(r, i) != LKV_OK;
  } else {
#pragma omp parallel for num_threads(r->p->workers) schedule(dynamic, 1) \
    reduction(+ : failures)
    for (size_t i = 0; i < count; i++) failures += task(r, i) != LKV_OK;
  }
  return failures ? LKV_KERNEL_FAILED : LKV_OK;
}

/* Some rows of operand[o] = x @ weight[o]. */
static lkv_status project_rows(const run *r, size_t task) {
  const plan *p = r->p;
  const size_t operand = task / projection_blocks(p);
  const size_t first = task % projection_blocks(p) * PROJECTION_ROWS;
  const size_t rows = size_min(PROJECTION_ROWS, p->rows - first);
  const lkv_dtype stored = r->kernel->operand_type, computed = r->kernel->output_type;
  const char *x =
      (const char *)r->inputs->x + first * p->width * lkv_dtype_size(computed);
  char *out = r->projected + operand * p->projected_bytes +
              first * p->width * lkv_dtype_size(stored);
  void *product = stored == computed ? out : thread_workspace(r);
  multiply_rows(computed, x, r->inputs->weight[operand], product, rows, p->width);
  if (stored != computed)
    narrow_elements(computed, product, stored, out, rows * p->width);
  return LKV_OK;
}

static lkv_status attend_slice(const run *r, size_t slice) {
  const lkv_operands view = slice_operands(r, slice);
  return r->kernel->attention(r->problem, &view, thread_workspace(r),
                              slice_output(r, slice));
}

/* Pass 1 of a run in blocks: what the blocks of each slice share. */
static lkv_status prepare_part(const run *r, size_t task) {
  const size_t slice = task / r->p->parts, part = task % r->p->parts;
  const lkv_operands view = slice_operands(r, slice);
  return r->kernel->blocks->prepare(r->problem, &view, part, thread_workspace(r),
                                    slice_shared(r, slice));
}

/* Pass 2: the blocks, the longest first. */
static lkv_status attend_block(const run *r, size_t task) {
  const size_t slice = task % r->p->slices;
  const size_t block = r->p->blocks - 1 - task / r->p->slices;
  const lkv_operands view = slice_operands(r, slice);
  return r->kernel->blocks->attend(r->problem, &view, slice_shared(r, slice), block,
                                   thread_workspace(r), slice_output(r, slice));
}

static lkv_status attend(const run *r) {
  const plan *p = r->p;
  if (!p->blocks) return for_each(r, p->slices, attend_slice);
  const lkv_status status = for_each(r, p->slices * p->parts, prepare_part);
  return status == LKV_OK ? for_each(r, p->slices * p->blocks, attend_block) : status;
}

static bool inputs_complete(const lkv_inputs *inputs) {
  const void *const *all =
      inputs->stage == LKV_STAGE_BLOCK ? inputs->weight : inputs->operand;
  for (int o = 0; o < LKV_OPERANDS; o++)
    if (!all[o]) return false;
  return inputs->stage == LKV_STAGE_ATTENTION || inputs->x;
}

/* A run of that plan, which is made here; its operands are the inputs'. */
static lkv_status open_run(const lkv_kernel *kernel, const lkv_problem *problem,
                           const lkv_inputs *inputs, size_t threads, void *workspace,
                           plan *p, run *out) {
  const lkv_status status = check_and_plan(kernel, problem, inputs->stage, threads, p);
  if (status != LKV_OK) return status;
  if (!inputs_complete(inputs)) return LKV_INVALID;
  if (!workspace && p->bytes > 0) return LKV_INVALID;
  if ((uintptr_t)workspace % LKV_WORKSPACE_ALIGNMENT != 0) return LKV_INVALID;
  *out = (run){.kernel = kernel,
               .problem = problem,
               .p = p,
               .inputs = inputs,
               .operand = inputs->operand,
               .projected = workspace,
               .workspace = workspace};
  if (workspace) out->workspace += LKV_OPERANDS * p->projected_bytes;
  return LKV_OK;
}

static lkv_status project(const run *r, const void *operand[LKV_OPERANDS]) {
  for (size_t o = 0; o < LKV_OPERANDS; o++)
    operand[o] = r->projected + o * r->p->projected_bytes;
  openblas_set_num_threads(1);
  return for_each(r, r->p->projections, project_rows);
}

lkv_status lkv_project(const lkv_kernel *kernel, const lkv_problem *problem,
                       const lkv_inputs *inputs, size_t threads, void *workspace,
                       const void *operand[LKV_OPERANDS]) {
  plan p;
  run r;
  if (inputs->stage != LKV_STAGE_BLOCK) return LKV_INVALID;
  const lkv_status status = open_run(kernel, problem, inputs, threads, workspace, &p, &r);
  return status == LKV_OK ? project(&r, operand) : status;
}

lkv_status lkv_run(const lkv_kernel *kernel, const lkv_problem *problem,
                   const lkv_inputs *inputs, size_t threads, void *workspace, void *y) {
  const void *projected[LKV_OPERANDS];
  plan p;
  run r;
  lkv_status status = open_run(kernel, problem, inputs, threads, workspace, &p, &r);
  if (status != LKV_OK) return status;
  if (!y) return LKV_INVALID;
  r.y = y;
  if (inputs->stage == LKV_STAGE_BLOCK) {
    status = project(&r, projected);
    r.operand = projected;
  }
  return status == LKV_OK ? attend(&r) : status;
}
