/* The fit at work: what its files share (fit.c, fit_part.c, fit_exchange.c). */
#ifndef DIFF_FIT_WORK_H
#define DIFF_FIT_WORK_H
#include "capture/fft.h"
#include "diff/fit.h"

enum { FIT_GRID = TILE_SIDE * TILE_SIDE, FIT_HALF = TILE_SIDE / 2 + 1 };
/* Strength in the pilots over that in the other waves: 1 of a mark; of anything else 0 +- 0.03, as a pilot
 * is seven times as strong as a wave and there are 32 of them; 0 when marks are exchanged. */
#define FIT_PILOT_LEAST 0.2

struct fit_band {
    float *sum;               /* FIT_GRID: weight times signal */
    float *weights;           /* FIT_GRID */
    double weight;            /* of all pixels */
    double dot, norm;         /* weighted sums of signal * s and s * s, once a tile is known */
    uint64_t pixels, changed; /* that could tell something, and that do */
    struct cplx *waves;       /* TILE_SIDE rows of FIT_HALF */
};

struct fit_work {
    struct marking *m;
    const struct fit_rows *rows;
    struct fit_band band[TILE_BANDS];
    struct marking_row row;
    struct carrier *carrier;
    struct fft2 *fft;
    double pilot[TILE_BANDS], energy; /* strength seen in the pilots; mean square of the chips, both over 1 */
    double share[TILE_BANDS];         /* of the changed pixels of each band that come out right */
    uint64_t seen[TILE_BANDS];        /* so many */
    const struct fit_known *known;
    uint32_t *column; /* place in the tile of each pixel of rows that start at x_mm and are level */
    double x_mm;
};

static inline int32_t fit_sample(const void *p, int bits, size_t i)
{
    return bits == 16 ? ((const uint16_t *)p)[i] : ((const uint8_t *)p)[i];
}

/* ---- fit.c ---- */

/* Cell of a tile's side that a place falls into. */
uint32_t fit_tile_place(double mm);
/* What paper passes of a small wave. */
double fit_paper_slope(void);
/* Folds the signal of all rows into the bands; with a tile, only what it leaves unexplained at strengths k. */
void fit_fold(struct fit_work *w, const double k[TILE_BANDS]);
/* Share of the changed pixels that a mark of the strength in work could have made, whatever its tile; -1: there are none that
 * speak for or against it. */
double fit_possible_share(struct fit_work *w);
/* How far the signal reaches where the tile is not known, in units of its peak. */
float fit_bound_reach(struct fit_work *w);
/* Sets the strength of the bounds: by the pixels, or (soft) by the pilots alone. */
enum enn_status fit_find_strength(struct fit_work *w, double by_pilots, struct enn_error *err);
enum enn_status fit_soft_strength(struct fit_work *w, double by_pilots, struct enn_error *err);

/* ---- fit_part.c: images much smaller than a tile, and strips ---- */

/* *out stays as it is where no mark is seen. */
enum enn_status fit_in_part(struct fit_work *w, int soft, struct fit *out, struct enn_error *err);
enum enn_status fit_as_elsewhere(struct fit_work *w, struct fit *out, struct enn_error *err);

/* ---- fit_exchange.c: one mark in the place of another ---- */

/* Whether the difference is that of two marks, by the ink or by the paper. */
enum enn_status fit_is_exchange(struct fit_work *w, int *yes, struct enn_error *err);
/* Whether practically all changes are such as an exchange of marks makes.  That goes up and down alike; another tint of the
 * ink that carries the mark goes one way. */
int fit_could_be_exchange(struct fit_work *w);
/* What the pilots of each page by itself say: FIT_REMOVED, or FIT_CHANGED where the changes are such as an exchange makes.
 * The bands are other ones afterwards. */
enum enn_status fit_marked_sides(struct fit_work *w, enum fit_kind *kind, struct enn_error *err);
#endif
