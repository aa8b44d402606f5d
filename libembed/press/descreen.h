/*
 * press: a plate seen as contone. Ink coverage at some 300 dpi of one screened separation, streaming.
 *
 * Rows of the plate go in at the top, rows of coverage (0 = paper, 255 = solid) come out with a delay of a
 * few rows, as many columns and rows as descreen_size() says.  A coverage pixel stands for `scale` x `scale`
 * plate pixels, from the top-left corner on; the last column and row may stand for fewer.
 */
#ifndef PRESS_DESCREEN_H
#define PRESS_DESCREEN_H
#include <stddef.h>
#include <stdint.h>

/* Plate pixels per coverage pixel along one axis: 4, 8 or 16, so that coverage has 190 - 450 dpi. */
unsigned descreen_scale(double plate_dpi);

struct descreen;

/* width, height: of the plate, in its pixels.  sigma_mm: of the Gaussian that takes the screen away, 0.05 ..
 * 0.4; two thirds of the screen's period leave nothing of it.  NULL: out of memory. */
struct descreen *descreen_new(uint32_t width, uint32_t height, double plate_dpi, double sigma_mm);
void descreen_free(struct descreen *d);
void descreen_size(const struct descreen *d, uint32_t *columns, uint32_t *rows);

/* The next n rows of the plate, row_bytes apart: packed, first pixel in the most significant bit, 1 = ink,
 * zeros behind the last pixel.  `out` is called for every coverage row that they complete, in order. */
typedef void (*descreen_row_fn)(void *user, uint32_t row, const uint8_t *coverage);
void descreen_push(struct descreen *d, const uint8_t *rows, size_t row_bytes, uint32_t n, descreen_row_fn out,
                   void *user);
#endif
