/*
 * The tone of a plate: no square of 1 cm, wherever it lies, gets more than 0.1 % of its area more or less ink.
 *
 * What the mark wants is zero in the mean of wide areas, but not where dots have room on one side only, where
 * the places that may change prefer one sign, and where dots could not do as they were asked. So the ink of
 * every square is counted twice, as wanted before dots move and as changed afterwards; where it is too much,
 * that side is taken back in proportion, square after square, until all of them hold (the method of
 * alternating projections; H. H. Bauschke, J. M. Borwein, SIAM Review 38, 1996). Squares begin at every
 * block, 0.1 - 0.2 mm apart, to the last one; those that begin inside a block can have a little more, and the
 * bound is narrower than what is promised.
 */
#include "plates_set.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SQUARE_MM 10.0
#define MOST      0.00070 /* of a square's area */
#define AIM       0.00063 /* what is left of it when it was more */
#define SWEEPS    40
#define KEEP      0.05 /* of what a block had: no more than the rest of it is taken back */

struct tone {
    uint32_t nx, ny;     /* blocks */
    uint32_t wide, high; /* of a square: 1 cm, or all of a smaller plate */
    double square;       /* its pixels */
    float *had, *left;   /* of each block: its change in pixels, and what remains of it */
    double *column;      /* of the squares that begin in one row: sums of their columns */
};

static int tone_new(const struct set *s, int moved, struct tone *t)
{
    size_t n = (size_t)s->blocks_x * s->blocks_y;
    double side = dots_block(s->dots);
    uint32_t across = (uint32_t)fmax(1, rint(SQUARE_MM / 25.4 * s->dpi / side));
    t->nx = s->blocks_x, t->ny = s->blocks_y;
    t->wide = across < t->nx ? across : t->nx, t->high = across < t->ny ? across : t->ny;
    t->square = side * side * t->wide * t->high;
    t->had = malloc(n * sizeof *t->had);
    t->left = malloc(n * sizeof *t->left);
    t->column = malloc(t->nx * sizeof *t->column);
    if (!t->had || !t->left || !t->column) return 0;
    for (size_t i = 0; i < n; i++)
        t->had[i] = t->left[i] = (float)(moved ? s->change[i] : s->want[i].ink / (double)DOTS_UNIT);
    return 1;
}

static void tone_free(struct tone *t)
{
    free(t->had);
    free(t->left);
    free(t->column);
}

/* Adds the sums of n columns of rows y0 .. y1 - 1, from column x on, times sign. */
static void add_columns(struct tone *t, uint32_t x, uint32_t n, uint32_t y0, uint32_t y1, double sign)
{
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t i = x; i < x + n; i++) t->column[i] += sign * t->left[(size_t)y * t->nx + i];
}

/* Of one side (1 or -1) of a block, in pixels. */
static float may_go(const struct tone *t, size_t i, float side)
{
    float has = side * (t->left[i] - (float)KEEP * t->had[i]);
    return has > 0 && side * t->had[i] > 0 ? has : 0;
}

/* Takes `pixels` of one side of the square at (x, y) back, each block in proportion to what it has. */
static void take_back(struct tone *t, uint32_t x, uint32_t y, float side, double pixels)
{
    double all = 0;
    for (uint32_t j = y; j < y + t->high; j++)
        for (uint32_t i = x; i < x + t->wide; i++) all += may_go(t, (size_t)j * t->nx + i, side);
    float share = (float)fmin(1, pixels / fmax(all, 1));
    for (uint32_t j = y; j < y + t->high; j++)
        for (uint32_t i = x; i < x + t->wide; i++) {
            size_t k = (size_t)j * t->nx + i;
            t->left[k] -= side * share * may_go(t, k, side);
        }
    for (uint32_t i = x; i < x + t->wide; i++) t->column[i] = 0;
    add_columns(t, x, t->wide, y, y + t->high, 1);
}

/* The squares that begin in row y of blocks, t->column holds their columns; the worst of them. */
static double look_along(struct tone *t, uint32_t y, int mend)
{
    double worst = 0, sum = 0;
    for (uint32_t i = 0; i + 1 < t->wide; i++) sum += t->column[i];
    for (uint32_t x = 0; x + t->wide <= t->nx; x++) {
        sum += t->column[x + t->wide - 1];
        double v = sum / t->square;
        worst = fmax(worst, fabs(v));
        if (mend && fabs(v) > MOST) {
            take_back(t, x, y, v < 0 ? -1 : 1, (fabs(v) - AIM) * t->square);
            sum = 0;
            for (uint32_t i = x; i < x + t->wide; i++) sum += t->column[i];
        }
        sum -= t->column[x];
    }
    return worst;
}

/* One look at every square; the worst, as a share of its area, as it was found. */
static double sweep(struct tone *t, int mend)
{
    double worst = 0;
    memset(t->column, 0, t->nx * sizeof *t->column);
    add_columns(t, 0, t->nx, 0, t->high - 1, 1);
    for (uint32_t y = 0; y + t->high <= t->ny; y++) {
        add_columns(t, 0, t->nx, y + t->high - 1, y + t->high, 1);
        worst = fmax(worst, look_along(t, y, mend));
        add_columns(t, 0, t->nx, y, y + 1, -1);
    }
    return worst;
}

/* Of most blocks a fraction of a pixel is to be taken back: whole ones are asked of some. */
static void ask_for_it(struct set *s, const struct tone *t, int moved)
{
    double rest = 0, unit = moved ? DOTS_UNIT : 1;
    for (size_t i = 0; i < (size_t)t->nx * t->ny; i++) {
        struct dots_want *w = &s->want[i];
        double ink = (double)t->left[i] - (moved ? t->had[i] : 0); /* at most 511 pixels */
        if (moved && w->paper) w->paper = 0, w->quarters = 0;      /* laid already, and no dot to move */
        rest += ink * DOTS_UNIT;
        w->ink = (int16_t)(ink != 0 ? unit * rint(rest / unit) : 0);
        rest -= w->ink;
    }
}

enum enn_status plates_keep_tone(struct set *s, int moved, int *again, struct enn_error *err)
{
    struct tone t = {.nx = 0};
    int ok = tone_new(s, moved, &t);
    if (ok) {
        s->tone = sweep(&t, 0);
        *again = s->tone > MOST;
        for (int i = 0; *again && i < SWEEPS && sweep(&t, 1) > MOST; i++) continue;
        if (*again) ask_for_it(s, &t, moved);
    }
    tone_free(&t);
    return ok ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
}
