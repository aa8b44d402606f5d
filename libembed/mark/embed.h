/* Adds the mark to rows of artwork: the last step of signing. */
#ifndef MARK_EMBED_H
#define MARK_EMBED_H
#include "mark/tile.h"
#include "press/ink.h"

struct embed_row {
    const struct ink_step *step; /* n entries: how far each channel may move (press/ink.h) */
    const uint8_t *kind;         /* n entries: enum ink_kind */
    const uint8_t *gain_tint,
        *gain_white; /* n entries, 0..255 (press/mask.h); gain_white may be NULL: white is not marked */
    const int16_t *s_ink,
        *s_paper; /* n entries: the tile's samples along the row, both bands (mark/tile.h) */
    size_t n;
    unsigned channels; /* channels that may move: 1, 3 or 4 */
    unsigned samples_per_pixel;
    unsigned bits; /* 8 or 16 */
};

/* What embedding did, in levels; added to by every call. */
struct embed_sums {
    int64_t change[4];     /* sum of the changes of each channel */
    int64_t paper[4];      /* of these, on bare paper */
    uint64_t paper_pixels; /* of bare paper with a gain above 0 */
};

/* Changes the n pixels at samples in place. Pixels whose kind is INK_NONE or whose gain is 0 stay
 * bit-identical. sums may be NULL. Returns the number of pixels changed. Thread-safe. */
size_t embed_row(const struct embed_row *r, void *samples, struct embed_sums *sums);
#endif
