/*
 * press: the cells of the protection mask. mask_cells.c reads rows of samples into cells, mask_classify.c
 * decides what they are. Internal to press/.
 */
#ifndef PRESS_MASK_CELLS_H
#define PRESS_MASK_CELLS_H
#include <stddef.h>
#include <stdint.h>
#include "press/mask.h"

/* What is kept of one cell; shares are of its pixels, 255 = all. */
struct cell {
    uint8_t edge;     /* largest tone step over the reach, 0..255 */
    uint8_t flat;     /* share of pixels beside which nothing changes */
    uint8_t dark;     /* share of near-black pixels */
    uint8_t tone;     /* mean tone */
    uint8_t bare;     /* share of bare paper */
    uint8_t no_yellow; /* share of what the mark treats as paper (no_yellow.h) */
    uint8_t stuck;    /* share of pixels that cannot move: one solid ink, or black alone */
    uint8_t spot;     /* share of pixels with a spot ink that keeps the mark away */
    uint8_t technical; /* share of pixels with a technical ink */
    uint8_t gxx, gyy; /* mean squared tone steps along x and y, of 255^2 */
    uint8_t corner;   /* mean |product| of the two: large at corners, curves and diagonals */
    int8_t gxy;       /* mean product, half that scale */
};

struct cell_reader;
uint64_t cell_reader_bytes(uint32_t width, uint32_t nx, uint32_t reach_y);
struct cell_reader *cell_reader_new(const struct press_pixels *px, uint32_t width, uint32_t cell_w,
                                    uint32_t nx, uint32_t reach_x, uint32_t reach_y);
void cell_reader_technical(struct cell_reader *r, uint32_t samples); /* as mask_show_technical */
void cell_reader_free(struct cell_reader *r);
void cell_reader_row(struct cell_reader *r, const void *samples);
void cell_reader_close(struct cell_reader *r, struct cell *out); /* ends a row of nx cells */

struct cell_map {
    uint32_t nx, ny;
    const struct cell *cell;
    uint8_t *class;        /* in: MASK_USER, MASK_BARCODE or 0; out: enum mask_class */
    uint8_t *tint, *white; /* out: gains of the cells */
    uint8_t *look;         /* out: tone, with the lowest bit for technical inks */
};

/* Returns 0 when out of memory. */
int cell_map_classify(struct cell_map *map, enum press_colour colour);
#endif
