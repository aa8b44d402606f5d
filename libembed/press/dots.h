/*
 * press: changing the tone of a plate by moving the edges of its halftone dots.
 *
 * A plate is cut into square blocks of 2 x 2 coverage pixels (press/descreen.h), about one period of the
 * screen.  For each block the caller says how many pixels of ink it wants more or fewer; dots_band() finds
 * pixels at dot edges that may change under the rules of printing (docs/plates.md):
 *
 *  - every changed pixel ends in a 2 x 2 square of its new colour, and no pixel beside it loses its last one:
 *    nothing isolated, no hairline;
 *  - dots and holes neither join nor break, open nor close;
 *  - what shrinks keeps a square of at least DOTS_MIN_UM on a side; only where the screen is made of dots of
 *    just that size (FM) may one of many vanish;
 *  - on bare paper round dots from DOTS_PAPER_UM on are laid, one to a block.
 *
 * What a block cannot take, and the fractions, go on to the blocks to the right and below, so that tone is
 * kept.  Bands are independent of each other: the rows within DOTS_FROZEN of a band's borders are never
 * changed by growing or shrinking, so the result is the same whatever the number of threads.
 */
#ifndef PRESS_DOTS_H
#define PRESS_DOTS_H
#include <stddef.h>
#include <stdint.h>

#define DOTS_UNIT        64 /* wants are in 1/64 of a pixel */
#define DOTS_MIN_UM      20.0
#define DOTS_PAPER_UM    30.0
#define DOTS_FROZEN      4  /* rows, and pixels at the left and right border of the plate */
#define DOTS_PAD         8  /* zero bytes before each row of a band; dots_pitch() leaves 16 behind it */
#define DOTS_BAND_BLOCKS 32 /* rows of blocks in a band */

struct dots; /* the rules for one resolution; read-only after dots_new, so threads may share it */

/* scale: descreen_scale(dpi), 4, 8 or 16.  NULL: out of memory. */
struct dots *dots_new(double dpi, unsigned scale);
void dots_free(struct dots *d);
unsigned dots_block(const struct dots *d);    /* side of a block in pixels: 2 * scale */
unsigned dots_min_side(const struct dots *d); /* side of the smallest dot and hole, 2 or 3 pixels */
size_t dots_pitch(uint32_t width);            /* bytes from row to row of a band */

/* What is wanted of one block. */
struct dots_want {
    int16_t ink;      /* pixels more (> 0) or fewer where there are dots */
    int16_t paper;    /* >= 0: pixels of new dots on bare paper */
    uint8_t quarters; /* bit 2 * j + i: the coverage pixel i to the right, j down may be touched */
};

struct dots_band {
    uint8_t *rows; /* first byte of the first row; row pitch dots_pitch(width), packed as plates are */
    uint32_t width, height;       /* height: at most DOTS_BAND_BLOCKS * dots_block() */
    const struct dots_want *want; /* of its blocks, row by row */
    int16_t *change;  /* of its blocks, or NULL: the change beside dots, in pixels, is added to it */
    uint32_t columns; /* blocks in a row of the plate */
};

/* Added to by every call, in pixels. */
struct dots_sums {
    uint64_t grown, shrunk, paper; /* pixels that became ink beside a dot, paper, ink on bare paper */
    int64_t lost;                  /* wanted (1/DOTS_UNIT) and in no block's reach */
    double wanted_squares, met;    /* sums over blocks of want^2 and want * change: how much of it is there */
};

/* Marks one band in place.  0: out of memory. */
int dots_band(const struct dots *d, const struct dots_band *b, struct dots_sums *sums);
#endif
