/*
 * Small reversed type: light strokes in a ground of two and more inks.
 *
 * Each ink has its own plate, and plates miss each other by 0.1 mm and more; strokes left open in several
 * inks close up then. A pixel is in such a stroke when the pixels at a fixed distance to its left and right
 * are much darker and made of two inks at least.  The distance is chosen so that a stroke of 0.3 mm is the
 * widest that passes, the stem of type of 7 points.  Cells of 1 mm that hold some of it, lie in a ground that
 * is mostly so dark, and are type to the survey's mask are places; a place one cell wide is a rule and no
 * type.  The ground tells the inside of a dark letter from a light one.
 */
#include "preflight.h"
#include <math.h>
#include <stdlib.h>

static const double WIDEST_MM = 0.3, CELL_MM = 1, LEAST_SHARE = 0.04;
enum { STEP = 60, DARK = 150, INK = 51, LEAST_COLUMNS = 2 }; /* a tone step of 255; 20 % of an ink count */

struct reversed_type {
    const struct survey *s;
    uint32_t reach, columns, rows;
    uint32_t *cell;   /* pixels of such strokes */
    uint32_t *ground; /* dark ones of several inks */
    uint64_t y;
};

struct reversed_type *reversed_type_new(const struct survey *s)
{
    struct reversed_type *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    t->s = s;
    t->reach = (uint32_t)fmax(1, floor((WIDEST_MM * s->dpi_x / 25.4 + 1) / 2));
    t->columns = (uint32_t)(s->page->width * 25.4 / s->dpi_x / CELL_MM) + 1;
    t->rows = (uint32_t)(s->page->height * 25.4 / s->dpi_y / CELL_MM) + 1;
    t->cell =
        calloc((size_t)t->columns * t->rows, sizeof *t->cell); /* a pixel is 1/160 mm at least: no overflow */
    t->ground = calloc((size_t)t->columns * t->rows, sizeof *t->ground);
    if (t->cell && t->ground) return t;
    reversed_type_free(t);
    return NULL;
}

void reversed_type_free(struct reversed_type *t)
{
    if (!t) return;
    free(t->cell);
    free(t->ground);
    free(t);
}

static int inks_at(const struct press_pixels *px, const void *row, size_t x)
{
    size_t at = x * (size_t)px->samples_per_pixel;
    int n = 0;
    for (size_t c = 0; c < 4; c++) {
        unsigned v = px->bits == 16 ? ((const uint16_t *)row)[at + c] >> 8 : ((const uint8_t *)row)[at + c];
        n += v >= INK;
    }
    return n;
}

void reversed_type_row(struct reversed_type *t, const void *row, const uint8_t *luma)
{
    const struct survey *s = t->s;
    uint32_t j = (uint32_t)((double)t->y++ * 25.4 / s->dpi_y / CELL_MM), d = t->reach;
    double per_px = 25.4 / s->dpi_x / CELL_MM;
    if (j >= t->rows) return;
    uint32_t *cell = t->cell + (size_t)j * t->columns, *ground = t->ground + (size_t)j * t->columns;
    for (uint32_t x = d; x + d < s->page->width; x++) {
        uint32_t i = (uint32_t)(x * per_px);
        if (i >= t->columns) break;
        if (luma[x] < DARK && inks_at(&s->pixels, row, x) >= 2) ground[i]++;
        uint8_t left = luma[x - d], right = luma[x + d];
        if (luma[x] < STEP + (left > right ? left : right)) continue;
        cell[i] += inks_at(&s->pixels, row, x - d) >= 2 && inks_at(&s->pixels, row, x + d) >= 2;
    }
}

/* 1: at least half of the 5 x 5 cells around is dark ground. */
static int in_ground(const struct reversed_type *t, uint32_t i, uint32_t j, double cell_px)
{
    enum { RADIUS = 2 };
    double dark = 0, all = 0;
    for (uint32_t b = j > RADIUS ? j - RADIUS : 0; b <= j + RADIUS && b < t->rows; b++)
        for (uint32_t a = i > RADIUS ? i - RADIUS : 0; a <= i + RADIUS && a < t->columns; a++) {
            dark += t->ground[(size_t)b * t->columns + a];
            all += cell_px;
        }
    return 2 * dark >= all;
}

/* 1: the middle of the cell is type to the mask. */
static int is_type(const struct reversed_type *t, uint32_t i, uint32_t j)
{
    uint32_t nx, ny;
    double x, y;
    mask_size(t->s->mask, &nx, &ny, &x, &y);
    uint32_t a = (uint32_t)((i + 0.5) * CELL_MM / x), b = (uint32_t)((j + 0.5) * CELL_MM / y);
    return a < nx && b < ny && mask_class_at(t->s->mask, a, b) == MASK_TEXT;
}

/* Cells that are near belong together: the words and lines of a text.  They are cleared. */
static struct preflight_place gather(struct reversed_type *t, size_t k, uint32_t *stack)
{
    enum { NEAR_X = 5, NEAR_Y = 2 };
    uint32_t x0 = t->columns, x1 = 0, y0 = t->rows, y1 = 0;
    size_t n = 0;
    t->cell[k] = 0;
    stack[n++] = (uint32_t)k;
    while (n) {
        uint32_t at = stack[--n], i = at % t->columns, j = at / t->columns;
        if (i < x0) x0 = i;
        if (i > x1) x1 = i;
        if (j < y0) y0 = j;
        if (j > y1) y1 = j;
        for (uint32_t b = j > NEAR_Y ? j - NEAR_Y : 0; b <= j + NEAR_Y && b < t->rows; b++)
            for (uint32_t a = i > NEAR_X ? i - NEAR_X : 0; a <= i + NEAR_X && a < t->columns; a++) {
                uint32_t *cell = &t->cell[(size_t)b * t->columns + a];
                if (*cell) stack[n++] = b * t->columns + a;
                *cell = 0;
            }
    }
    return (struct preflight_place){x0 * CELL_MM, y0 * CELL_MM, (x1 - x0 + 1) * CELL_MM,
                                    (y1 - y0 + 1) * CELL_MM, x1 - x0 + 1};
}

int reversed_type_end(struct reversed_type *t, struct preflight *p)
{
    const struct survey *s = t->s;
    size_t n = (size_t)t->columns * t->rows;
    double cell_px = s->dpi_x / 25.4 * CELL_MM * s->dpi_y / 25.4 * CELL_MM;
    uint32_t *stack = malloc(n * sizeof *stack); /* each cell is pushed once */
    if (!stack) return -1;
    for (size_t k = 0; k < n; k++) {
        uint32_t i = (uint32_t)(k % t->columns), j = (uint32_t)(k / t->columns);
        if (t->cell[k] < LEAST_SHARE * cell_px || !in_ground(t, i, j, cell_px) || !is_type(t, i, j))
            t->cell[k] = 0;
    }
    for (size_t k = 0; k < n; k++) {
        if (!t->cell[k]) continue;
        struct preflight_place place = gather(t, k, stack);
        if (place.value < LEAST_COLUMNS) continue;
        if (p->n_reversed < PREFLIGHT_PLACES) p->reversed[p->n_reversed] = place;
        p->n_reversed++;
    }
    free(stack);
    return 0;
}
