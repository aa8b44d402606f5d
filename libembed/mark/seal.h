/*
 * The seal: a secret field of chips that never repeats, laid over the whole artwork beside the message.
 *
 * The page is divided into cells of TILE_MM, cell (i, j) holding x from i to i + 1 and y from j to j + 1 tiles.  Every
 * cell has chips of its own from the lot's key stream (trust/sealkey.h; this folder sees the bits only): two of them
 * on each of the waves that the message uses (the robust band), and two on each wave above those that the screen
 * can still print (the fragile band), which a scanner and a second screening take away first.  So the field is found
 * by correlation alone, says where on the artwork a capture lies, and cannot be averaged out of the tiles of one
 * pack.  Direct-sequence spread spectrum with a secret key: I. Cox, J. Kilian, T. Leighton, T. Shamoon, IEEE Trans.
 * Image Processing 6, 1997; the two bands after the use of fragile and robust marks side by side in D. Kundur,
 * D. Hatzinakos, Proc. IEEE 87, 1999.
 */
#ifndef MARK_SEAL_H
#define MARK_SEAL_H
#include "mark/carrier.h"
#include <stddef.h>
#include <stdint.h>

#define SEAL_SHARE                                                                                           \
    0.10 /* of the power of the mark that goes to the robust band; message and pilots keep the rest */
#define SEAL_FRAGILE      0.15 /* power of the fragile band, on top of that */
#define SEAL_SIDE         256  /* samples per cell side: 0.075 mm apart */
#define SEAL_FRAGILE_MIN  38   /* waves per cell: 1.98 cycles/mm; the robust band ends at 37.66 */
#define SEAL_FRAGILE_LAST 64   /* 3.33 cycles/mm */
#define SEAL_BINS_MAX     6400
#define SEAL_BYTES        1568 /* key stream of a cell: 98 blocks; bit n, most significant first: 0 is +1, 1 is -1 */

struct seal_layout {
    int robust, bins; /* the first so many are the carrier's, the rest up to bins the fragile ones */
    struct bin bin[SEAL_BINS_MAX];  /* bin n has chips 2n (cosine) and 2n + 1 (sine) */
    float amplitude[SEAL_BINS_MAX]; /* of both chips, in the mark of unit power */
    float paper[SEAL_BINS_MAX];     /* the same on bare paper; 0 above PAPER_RADIUS */
};

/* Outermost fragile wave for a screen ruling: 0.45 of it, at most SEAL_FRAGILE_LAST; below SEAL_FRAGILE_MIN + 4
 * there is no fragile band and 0 is returned.  lpi 0: no ruling (FM). */
int seal_top(double lpi);

/* top: as seal_top() returns it. */
void seal_layout_init(struct seal_layout *l, int top);

/* The bits of cell (i, j); 0, or -1 on failure.  Called from several threads at once. */
typedef int (*seal_bits_fn)(const void *user, int32_t i, int32_t j, uint8_t bits[SEAL_BYTES]);

static inline float seal_chip(const uint8_t *bits, int n)
{
    return bits[n >> 3] >> (7 - (n & 7)) & 1 ? -1.0f : 1.0f;
}

/* The field of one cell, TILE_UNIT to 1, row by row from the cell's top-left corner; sample g lies at (g + 1/4)
 * SEAL_SIDE-ths of the cell, so that taking the one at or before a place shifts it as far as the tile's does. */
struct seal_cell {
    int16_t ink[SEAL_SIDE][SEAL_SIDE], paper[SEAL_SIDE][SEAL_SIDE];
};
/* 0, or -1 when out of memory. */
int seal_render(struct seal_cell *out, const struct seal_layout *l, const uint8_t bits[SEAL_BYTES]);
#endif
