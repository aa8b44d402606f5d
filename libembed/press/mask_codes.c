/*
 * press: windows of cells that are full of the edges of a code.
 *
 * Codes are found by structure, in windows of 7 x 7 (2.9 mm) and 13 x 13 cells full of strong edges: a linear
 * code has one dominant direction (structure tensor), an upright 2-D code has two, is about as much dark as
 * light, and has few pixels that lean both ways. Thirteen rows of cells are held while the page streams by;
 * what is kept of a cell is which code the windows around it are. How many of them make a code is decided
 * when the page is complete (mask_classify.c).
 *
 * Ref: J. Bigun, G. Granlund, "Optimal orientation detection of linear symmetry", ICCV 1987 (structure
 * tensor).
 */
#include <math.h>
#include <stdlib.h>
#include "press/mask_cells.h"

enum { ROWS = 2 * COARSE_RADIUS + 1 };

struct code_finder {
    uint32_t nx, ny, rows, found; /* rows: that have come; found: of them, those that were looked at */
    struct cell_edges *ring;
};

/* Sums over the cells of a square window. */
struct window {
    int32_t cells, strong, dark, xx, yy, xy, corner;
};

/* Cell (i, j), borders repeated, of rows that are still in the ring. */
static const struct cell_edges *cell_at(const struct code_finder *f, int64_t i, int64_t j)
{
    i = i < 0 ? 0 : i >= (int64_t)f->nx ? (int64_t)f->nx - 1 : i;
    j = j < 0 ? 0 : j >= (int64_t)f->ny ? (int64_t)f->ny - 1 : j;
    return &f->ring[(size_t)(j % ROWS) * f->nx + (size_t)i];
}

static struct window look(const struct code_finder *f, uint32_t ci, uint32_t cj, int radius)
{
    struct window s = {0, 0, 0, 0, 0, 0, 0};
    for (int dj = -radius; dj <= radius; dj++)
        for (int di = -radius; di <= radius; di++) {
            const struct cell_edges *c = cell_at(f, (int64_t)ci + di, (int64_t)cj + dj);
            s.strong += c->strong;
            s.dark += c->dark;
            s.xx += c->gxx;
            s.yy += c->gyy;
            s.xy += 2 * c->gxy;
            s.corner += c->corner;
            s.cells++;
        }
    return s;
}

/* Is the window around (ci, cj) the inside of a code? Measured on panels at 300 dpi: linear codes have a
 * coherence of 1.00, xx + yy of 24 - 31; 2-D codes of modules 0.5 and 1 mm have corner / (xx + yy) of 0.013 -
 * 0.037, type 0.075 - 0.19, photographs 0.24 - 0.43. */
static int code_window(const struct code_finder *f, uint32_t ci, uint32_t cj, int radius)
{
    struct window s = look(f, ci, cj, radius);
    double energy = s.xx + s.yy + 1.0, coherence = hypot(s.xx - s.yy, 2.0 * s.xy) / energy;
    if (s.dark < s.cells * 56 || s.dark > s.cells * 190) return 0;
    int strong = radius == CODE_RADIUS ? 55 : 35,
        steep = radius == CODE_RADIUS ? 16 : 8; /* 5 edges in 5.5 mm */
    if (s.strong * 100 >= s.cells * strong && coherence > 0.85 && energy > s.cells * steep)
        return LINEAR_CODE;
    int two = s.strong * 10 >= s.cells * 4 && s.dark > s.cells * 80 && s.dark < s.cells * 175 &&
              coherence < 0.6 && s.corner < 0.055 * energy && s.xx > s.cells * 4 && s.yy > s.cells * 4;
    return two ? MATRIX_CODE : 0;
}

/* ---- the bytes of the map: two bits for each size of window ---- */

static uint8_t packed(int code, int radius)
{
    int bits = code == MATRIX_CODE ? 2 : code == LINEAR_CODE ? 1 : 0;
    return (uint8_t)(radius == CODE_RADIUS ? bits : bits << 2);
}

uint8_t code_finder_says(uint8_t code, int radius)
{
    int bits = (radius == CODE_RADIUS ? code : code >> 2) & 3;
    return bits == 2 ? MATRIX_CODE : bits ? LINEAR_CODE : 0;
}

static void find_row(const struct code_finder *f, uint32_t j, uint8_t *code)
{
    for (uint32_t i = 0; i < f->nx; i++) {
        code[i] = 0;
        if (!cell_at(f, i, j)->strong) continue;
        code[i] = packed(code_window(f, i, j, CODE_RADIUS), CODE_RADIUS) |
                  packed(code_window(f, i, j, COARSE_RADIUS), COARSE_RADIUS);
    }
}

/* ---- rows in ---- */

uint64_t code_finder_bytes(uint32_t nx)
{
    return (uint64_t)nx * ROWS * sizeof(struct cell_edges);
}

struct code_finder *code_finder_new(uint32_t nx, uint32_t ny)
{
    struct code_finder *f = calloc(1, sizeof *f);
    if (!f) return NULL;
    *f = (struct code_finder){.nx = nx, .ny = ny, .ring = malloc((size_t)code_finder_bytes(nx))};
    if (f->ring) return f;
    free(f);
    return NULL;
}

void code_finder_free(struct code_finder *f)
{
    if (!f) return;
    free(f->ring);
    free(f);
}

struct cell_edges *code_finder_row(struct code_finder *f)
{
    return f->ring + (size_t)(f->rows % ROWS) * f->nx;
}

void code_finder_next(struct code_finder *f, uint8_t *code)
{
    f->rows++;
    uint32_t known = f->rows == f->ny          ? f->ny
                     : f->rows > COARSE_RADIUS ? f->rows - COARSE_RADIUS
                                               : 0; /* the last row is repeated */
    for (; f->found < known; f->found++) find_row(f, f->found, code + (size_t)f->found * f->nx);
}
