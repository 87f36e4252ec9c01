/* The block of lines on a terminal; private to progress.c. */
#ifndef SWEEP_PROGRESS_BLOCK_H
#define SWEEP_PROGRESS_BLOCK_H

#include "progress.h"

/* Nothing is drawn, and nothing given up. */
void block_begin(void);

/* Draws the block over the one before, cut to the terminal's width as it is now. */
void block_draw(const progress *p);

/* Takes the block away. */
void block_clear(void);

/* For signal handlers: the same, and nothing is drawn again. */
void block_give_up(void);

#endif
