/* One tile of the mark as samples, and its rows as the artwork's pixels see them. */
#ifndef MARK_TILE_H
#define MARK_TILE_H
#include "mark/carrier.h"
#include <stddef.h>

#define TILE_SIDE 512  /* samples per tile side: 0.0375 mm apart, 13 per shortest wave */
#define TILE_UNIT 4096 /* sample value of s = 1 */
#define TILE_PEAK 2.2  /* s is clipped at +-TILE_PEAK (2.8 % of a gaussian); press/ink.h relies on it */

/*
 * On ink the whole mark is used.  Paper can only be tinted, by specks that a phone's JPEG drops one by one
 * when they are small; so there only the waves up to PAPER_RADIUS are used, raised to unit power again, and levelled: what
 * is seen first is where many specks meet, so s is lowered there (docs/format.md, section 8).
 */
enum tile_band { TILE_INK, TILE_PAPER, TILE_BANDS };

struct tile {
    int16_t s[TILE_BANDS][TILE_SIDE]
             [TILE_SIDE]; /* TILE_UNIT * s(u), row = y, both from 0 at the tile's corner */
};

/* s(u) of the chips and the pilots: zero mean and unit power before clipping, in both bands;
 * the paper band is then levelled (docs/format.md), which leaves a mean of about -0.01 and a power of 0.93. */
void tile_render(struct tile *t, const struct carrier *c, const int8_t chips[CODE_N]);
/* The same with this share of the power, 0..1, and not clipped: the seal is added to it (mark/sealrows.h). */
void tile_render_share(struct tile *t, const struct carrier *c, const int8_t chips[CODE_N], double power);

/* Samples at y_mm and x_mm = x0_mm + i * dx_mm for i in 0 .. n-1; any finite positions. */
void tile_row(const struct tile *t, enum tile_band band, double y_mm, double x0_mm, double dx_mm, size_t n,
              int16_t *out);

/* The same along any line: x_mm = x0_mm + i * dx_mm, y_mm = y0_mm + i * dy_mm.  With dy_mm 0, tile_row
 * exactly. */
void tile_line(const struct tile *t, enum tile_band band, double x0_mm, double y0_mm, double dx_mm,
               double dy_mm, size_t n, int16_t *out);

/* Factor that raises the waves up to PAPER_RADIUS to unit power. */
double tile_paper_gain(const struct carrier *c);
#endif
