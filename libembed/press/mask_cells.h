/*
 * press: the cells of the protection mask. mask_cells.c reads rows of samples into cells, mask_codes.c looks
 * for codes among them, mask_classify.c decides what they are. Internal to press/.
 */
#ifndef PRESS_MASK_CELLS_H
#define PRESS_MASK_CELLS_H
#include <stddef.h>
#include <stdint.h>
#include "press/mask.h"

/* What is kept of one cell until the page ends, one byte of each: share of pixels beside which nothing changes
 * (255 = all), mean tone, flags, and what code windows around it say (mask_codes.c). */
enum {
    CELL_HARD = 1,      /* tone step over the reach: 32 levels at least */
    CELL_SHARP = 2,     /* 64 at least */
    CELL_NO_YELLOW = 4, /* half of it is what the mark treats as paper (no_yellow.h) */
    CELL_ALL_NO_YELLOW = 8, /* all of it is */
    CELL_STUCK = 16,    /* hardly a pixel can move: one solid ink, or black alone */
    CELL_SPOT = 32,     /* a spot ink, or transparency, that keeps the mark away on half of it */
    CELL_TECHNICAL = 64, /* a technical ink on half of it */
    CELL_LITTLE_BLUE = 128 /* half of it leaves a tenth of the blue light or less: yellow, orange, red, green */
};
struct cell_row {
    uint8_t *flat, *tone, *flags;
};

/* What code windows look at, of one cell. */
struct cell_edges {
    uint8_t strong;   /* 1: its largest tone step is CODE_STEP at least */
    uint8_t dark;     /* share of near-black pixels, 255 = all */
    uint8_t gxx, gyy; /* mean squared tone steps along x and y, of 255^2 */
    uint8_t corner;   /* mean |product| of the two: large at corners, curves and diagonals */
    int8_t gxy;       /* mean product, half that scale */
};
#define CODE_STEP 90 /* bars and modules are of high contrast */

struct cell_reader;
uint64_t cell_reader_bytes(uint32_t width, uint32_t nx, uint32_t reach_y);
struct cell_reader *cell_reader_new(const struct press_pixels *px, uint32_t width, uint32_t cell_w,
                                    uint32_t nx, uint32_t reach_x, uint32_t reach_y);
void cell_reader_technical(struct cell_reader *r, uint32_t samples); /* as mask_show_technical */
void cell_reader_free(struct cell_reader *r);
void cell_reader_row(struct cell_reader *r, const void *samples);
/* Ends a row of nx cells; the sum of their shares of bare paper, 255 a cell. */
uint64_t cell_reader_close(struct cell_reader *r, const struct cell_row *out, struct cell_edges *edges);

/* mask_codes.c: windows full of the edges of a code, found while the rows of cells come. */
#define CODE_RADIUS   3 /* windows of 7 x 7 cells, */
#define COARSE_RADIUS 6 /* and of 13 x 13 for 2-D codes of coarse modules */
/* What a code window counts in the crowd: type can have a dominant direction over a short stretch, codes have
 * it throughout. */
enum { LINEAR_CODE = 100, MATRIX_CODE = 255 };
struct code_finder;
uint64_t code_finder_bytes(uint32_t nx);
struct code_finder *code_finder_new(uint32_t nx, uint32_t ny);
void code_finder_free(struct code_finder *f);
struct cell_edges *code_finder_row(struct code_finder *f); /* nx cells, to be filled in before */
/* the next row is there; `code` is the map of nx * ny bytes, of which the rows that can be known now are written */
void code_finder_next(struct code_finder *f, uint8_t *code);
/* Of a byte of that map: LINEAR_CODE, MATRIX_CODE or 0. */
uint8_t code_finder_says(uint8_t code, int radius);

/* nx * ny bytes of each */
struct cell_map {
    uint32_t nx, ny;
    uint8_t *class; /* in: MASK_USER, MASK_BARCODE or 0; out: enum mask_class */
    uint8_t *flat;  /* out: gains of tints */
    uint8_t *tone;  /* out: tone, with the lowest bit for technical inks */
    uint8_t *flags; /* CELL_... */
    uint8_t *code;  /* is spoilt */
    uint8_t *white; /* out: gains of white */
};

/* Returns 0 when out of memory. */
int cell_map_classify(struct cell_map *map, enum press_colour colour);
#endif
