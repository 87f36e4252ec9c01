/* Query blocks of a tile body, alone or one after another. They share the states of the
 * tokens before each block but the first: S_K, Z_K, S_V, Z_V, a block after another,
 *
 *   S(block) = S(block - 1) + sum_{j in block - 1} key_j^T value_j          Z likewise.
 *
 * Every element is summed in the order of tile_attention, so y has its bits. A part is
 * TILE_PART rows of S_K or S_V.
 *
 * Loops: blocks; for a part of the states tokens, for y what tile_queries does. The
 * including body defines tile_work, with d, width, k and v, tile_layout, tile_sum_row,
 * tile_queries and what body/tile_state.h asks for.
 */
#include <assert.h>

enum {
  TILE_PART = 16,   /* rows of S, in tile_prepare */
  TILE_BLOCK = 128, /* queries a block, at least */
};

static lkv_tiles tile_default_tiles(const lkv_problem *problem) {
  (void)problem;
  return (lkv_tiles){.q = TILE_DEFAULT_Q, .k = TILE_DEFAULT_K};
}

static size_t tile_workspace_bytes(const lkv_problem *problem) {
  arena a = {0};
  tile_work w;
  tile_layout(problem, &a, &w);
  return a.used;
}

/* Queries of a block: whole chunks, and enough that the states stay smaller than an
 * operand or two. */
static size_t tile_block_queries(const lkv_problem *problem) {
  const size_t chunk = size_min(problem->tile_q, problem->seq_len);
  const size_t least = problem->head_dim > TILE_BLOCK ? problem->head_dim : TILE_BLOCK;
  return ((least - 1) / chunk + 1) * chunk;
}

static size_t tile_block_count(const lkv_problem *problem) {
  return (problem->seq_len - 1) / tile_block_queries(problem) + 1;
}

/* Rows of y of one block. No group spans two: alone or not, a block has the same. */
static void tile_block(tile_work *w, const lkv_problem *problem,
                       const lkv_operands *operands, size_t block, lkv_output y) {
  const size_t queries = tile_block_queries(problem), first = block * queries;
  const size_t last = first + size_min(queries, problem->seq_len - first);
  tile_queries(w, problem, operands, first, last, y);
}

static lkv_status tile_attention(const lkv_problem *problem, const lkv_operands *operands,
                                 void *workspace, lkv_output y) {
  arena a = {.base = workspace};
  tile_work w;
  assert(problem->seq_len >= 1 && problem->head_dim >= 1);
  assert(problem->tile_q >= 1 && problem->tile_k >= 1);
  tile_layout(problem, &a, &w);
  tile_state_clear(&w.k);
  tile_state_clear(&w.v);
  for (size_t block = 0; block < tile_block_count(problem); block++)
    tile_block(&w, problem, operands, block, y);
  return LKV_OK;
}

/* Elements of one S and Z. */
static size_t tile_state_size(const lkv_problem *problem) {
  const size_t width = size_round_up(problem->head_dim, PANEL);
  return size_times(size_plus(problem->head_dim, 1), width);
}

static size_t tile_shared_bytes(const lkv_problem *problem) {
  const size_t states = size_times(2, tile_block_count(problem) - 1);
  return size_times(size_times(tile_state_size(problem), states), sizeof(STATE));
}

static size_t tile_parts(const lkv_problem *problem) {
  return 2 * ((problem->head_dim - 1) / TILE_PART + 1);
}

static lkv_status tile_prepare(const lkv_problem *problem, const lkv_operands *operands,
                               size_t part, void *workspace, void *shared) {
  const size_t size = tile_state_size(problem), queries = tile_block_queries(problem);
  const size_t which = part % 2, row = part / 2 * TILE_PART;
  const tile_rows key = tile_operand(operands, which ? LKV_KV : LKV_KK, 0);
  const tile_rows value = tile_operand(operands, which ? LKV_VV : LKV_VK, 0);
  arena a = {.base = workspace};
  tile_work w;
  tile_layout(problem, &a, &w);
  const size_t rows = size_min(TILE_PART, w.d - row), count = rows * w.width;

  for (size_t block = 1; block < tile_block_count(problem); block++) {
    /* The states before the block before, and that block's tokens. */
    STATE *s = (STATE *)shared + (2 * (block - 1) + which) * size;
    STATE *z = s + w.d * w.width + row;
    if (block == 1) {
      memset(s + row * w.width, 0, count * sizeof(STATE));
      memset(z, 0, rows * sizeof(STATE));
    } else {
      memcpy(s + row * w.width, s + row * w.width - 2 * size, count * sizeof(STATE));
      memcpy(z, z - 2 * size, rows * sizeof(STATE));
    }
    const size_t first = (block - 1) * queries, last = block * queries;
    tile_state_add_rows(&w, s, row, rows, key, value, first, last);
    for (size_t j = first; j < last; j++) tile_sum_row(z, key, j, row, rows);
  }
  return LKV_OK;
}

static lkv_status tile_attend_block(const lkv_problem *problem,
                                    const lkv_operands *operands, const void *shared,
                                    size_t block, void *workspace, lkv_output y) {
  const size_t size = tile_state_size(problem);
  const size_t first = block * tile_block_queries(problem);
  arena a = {.base = workspace};
  tile_work w;
  tile_layout(problem, &a, &w);
  if (block == 0) {
    tile_state_clear(&w.k);
    tile_state_clear(&w.v);
  } else {
    const STATE *state = (const STATE *)shared + 2 * (block - 1) * size;
    tile_state_load(&w.k, state, first);
    tile_state_load(&w.v, state + size, first);
  }
  tile_block(&w, problem, operands, block, y);
  return LKV_OK;
}

static const lkv_blocks tile_blocks = {
    .count = tile_block_count,
    .shared_bytes = tile_shared_bytes,
    .parts = tile_parts,
    .prepare = tile_prepare,
    .attend = tile_attend_block,
};
