/* Prefix states of a key and a value operand, of the tokens before some t:
 *
 *   S = sum_{j<t} key_j^T value_j          Z = sum_{j<t} key_j
 *
 * Loops: blocks of tokens; rows and columns of S; the tokens of a block.
 *
 * The including body defines STATE, and what is declared here alone; tile_rows are rows
 * of an operand.
 */
#include <string.h>

#include "body/arena.h"
#include "linkv/kernel.h"

enum { TILE_TOKENS = 16 }; /* that join the states at once */

typedef struct tile_work tile_work;

/* S and Z of one key and value operand. */
typedef struct tile_state {
  STATE *s, *z;    /* (d, width), (width) */
  size_t d, width; /* head_dim, and rounded up to whole panels */
  size_t tokens;   /* that S holds */
} tile_state;

/* Rows of an operand from token `first` on. */
static tile_rows tile_operand(const lkv_operands *operands, int which, size_t first);

/* Rows row .. row + count - 1 of S += key^T value over tokens first .. last - 1. */
static void tile_state_add_rows(const tile_work *w, STATE *s, size_t row, size_t count,
                                tile_rows key, tile_rows value, size_t first,
                                size_t last);

static void tile_state_layout(tile_state *state, arena *a, size_t d, size_t width) {
  state->d = d;
  state->width = width;
  state->s = arena_take(a, size_times(d, width), sizeof(STATE));
  state->z = arena_take(a, width, sizeof(STATE));
}

static void tile_state_clear(tile_state *state) {
  state->tokens = 0;
  memset(state->s, 0, state->d * state->width * sizeof(STATE));
  memset(state->z, 0, state->width * sizeof(STATE));
}

/* `from`: S, then the d elements of Z, of the tokens before `tokens`. */
static void tile_state_load(tile_state *state, const STATE *from, size_t tokens) {
  state->tokens = tokens;
  memcpy(state->s, from, state->d * state->width * sizeof(STATE));
  memset(state->z, 0, state->width * sizeof(STATE));
  memcpy(state->z, from + state->d * state->width, state->d * sizeof(STATE));
}

/* S holds the tokens before `last`. */
static void tile_state_reach(const tile_work *w, tile_state *state,
                             const lkv_operands *operands, int key, int value,
                             size_t last) {
  tile_state_add_rows(w, state->s, 0, state->d, tile_operand(operands, key, 0),
                      tile_operand(operands, value, 0), state->tokens, last);
  state->tokens = last;
}
