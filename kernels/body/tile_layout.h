/* Workspace of body/tile.h: the states S_K, Z_K, S_V and Z_V, a group of panels, and what
 * shares memory with them by turns: O(d^2 + d + tile_k d) elements.
 */
typedef ROWS tile_rows;

#include "body/tile_state.h"

enum { TILE_PAGE = 4096 }; /* bytes */

/* Whether STATE is wider than REAL. */
#define TILE_ROUNDS (sizeof(STATE) != sizeof(REAL))

/* Queries first .. first + count - 1, one a lane, of the chunk that starts at `chunk`. */
typedef struct tile_panel {
  REAL *query;  /* (width, PANEL): Q until R is known, and Y once G is */
  REAL *z_v;    /* (width, PANEL), where query is: Z_V in between */
  REAL *r_z;    /* (width, 2 PANEL): R beside Z_K */
  REAL *g;      /* (width, PANEL) */
  REAL *weight; /* (keys, PANEL): s, then p, then p / B */
  REAL *max;    /* (PANEL): running maximum, starts at -inf */
  STATE *sum;   /* (PANEL) */
  size_t chunk, first, count;
} tile_panel;

struct tile_work {
  size_t d, width; /* head_dim, and rounded up to whole panels */
  tile_state k, v;
  STATE *key, *value; /* (TILE_TOKENS, width): tokens on their way into the states */
  REAL *rounded;      /* (d, width), where key is: S_K or S_V, if STATE is not REAL */
  tile_panel panel[TILE_GROUP];
  size_t seen;  /* tokens whose QK `largest` takes in */
  REAL largest; /* element of QK, of those */
  REAL *local;  /* (PANEL, PANEL), where a weight is: of a chunk's tokens */
  REAL *rows;   /* (PANEL, width), where a weight is: a panel transposed */
  REAL *near;   /* (keys, near_stride), where key is: a tile of QK or QV */
  size_t near_stride;
  size_t *alive; /* (keys): TILE_SPARSE alone */
};

/* Whether operand rows join the states by way of the workspace: unless they are whole
 * panels in STATE. */
static bool tile_packs(size_t d) {
  return TILE_ROUNDS || d % PANEL != 0;
}

/* Elements from row to row of a copied tile: rows a power of two of bytes apart would
 * meet in few sets of the cache. */
static size_t tile_near_stride(size_t width) {
  const size_t line = LKV_WORKSPACE_ALIGNMENT / sizeof(REAL);
  return width % (8 * line) == 0 ? size_plus(width, line) : width;
}

static void tile_layout(const lkv_problem *problem, arena *a, tile_work *w) {
  const size_t d = problem->head_dim, size = sizeof(REAL);
  const size_t keys = size_min(problem->tile_k, problem->seq_len);
  const size_t width = size_round_up(d, PANEL);
  const size_t panel = size_times(width, PANEL);
  w->d = d;
  w->width = width;
  w->seen = 0;
  w->largest = 0;
  tile_state_layout(&w->k, a, d, width);
  tile_state_layout(&w->v, a, d, width);
  const size_t packed = tile_packs(d) ? size_times(width, TILE_TOKENS) : 0;
  const size_t packs = size_times(packed, 2 * sizeof(STATE));
  const size_t rounds = TILE_ROUNDS ? size_times(size_times(d, width), size) : 0;
  w->near_stride = tile_near_stride(width);
  const size_t near = TILE_NEAR ? size_times(size_times(keys, w->near_stride), size) : 0;
  const size_t most = packs > rounds ? packs : rounds;
  w->key = arena_take(a, most > near ? most : near, 1);
  w->value = w->key ? w->key + packed : NULL;
  w->rounded = (void *)w->key;
  w->near = (void *)w->key;
  const size_t least = width > PANEL ? width : PANEL;
  const size_t weights = size_times(keys > least ? keys : least, PANEL);
  for (tile_panel *p = w->panel; p < w->panel + TILE_GROUP; p++) {
    p->query = arena_take(a, panel, size);
    p->z_v = p->query;
    p->r_z = arena_take(a, size_times(panel, 2), size);
    p->g = arena_take(a, panel, size);
    p->weight = arena_take(a, weights, size);
    p->max = arena_take(a, PANEL, size);
    p->sum = arena_take(a, PANEL, sizeof(STATE));
  }
  w->local = w->panel[0].weight;
  w->rows = w->panel[0].weight;
  w->alive = arena_take(a, TILE_SPARSE ? keys : 0, sizeof(size_t));
}
