/* Two pages on one raster, and the two passes over them. */
#ifndef DIFF_PAIR_H
#define DIFF_PAIR_H
#include "diff/align.h"
#include "diff/colour.h"
#include "diff/fit.h"
#include "diff/regions.h"
#include "diff/register.h"

enum pair_mode {
    PAIR_EXACT, /* the same raster, colour and depth: samples are compared to the last level */
    PAIR_SOFT,  /* resampled, of another depth, or JPEG written anew: within what that may do */
    PAIR_COLOUR /* other colour spaces: as L* a* b*, the same way */
};

struct pair_side {
    struct artwork *artwork;
    size_t number;
    const struct artwork_page *page;
    struct align_plan plan;
    struct survey survey;       /* only its inks and its place are filled in */
    int markable;               /* survey has both */
    struct press_pixels pixels; /* of the aligned rows */
    struct profile *profile;
    struct rows_kept *kept; /* of the page, which is decoded once where it fits */
};

struct pair {
    struct pair_side before, after;
    enum pair_mode mode;
    uint32_t width, height;
    double dpi_x, dpi_y;        /* of the raster */
    float levels;               /* PAIR_SOFT: what may differ anywhere, of 255 */
    struct align_window window; /* what both pages cover */
    const struct enn_diff_options *o;
    void (*progress)(void *user, double share);
    void *progress_user;
};

/* The aligned rows of one side. */
static inline enum enn_status pair_open(const struct pair_side *s, uint64_t max_memory, struct aligned **out,
                                        struct enn_error *err)
{
    return aligned_open(s->artwork, s->number, &s->plan, max_memory, s->kept, out, err);
}

/* ---- pass 1 ---- */

enum { SCAN_PATCHES = 25 };
struct scan {
    uint64_t differing;   /* pixels, in PAIR_EXACT */
    int black_only;       /* CMYK of which neither page uses more than black */
    struct mask *mask;    /* of the page before; NULL where no mark can be */
    struct fit_rows rows; /* every so many rows of both */
    struct enn_diff_preview preview;
    struct shift shift, coarse; /* of the page after against the page before, px of the raster */
    double apart;               /* mean difference of the two, 8-bit levels of grey */
    double still;               /* weight of the places that do not move; compare with shift.quality */
};
/* Reads both pages once.  Release with scan_clear also after a failure. */
enum enn_status scan_pair(const struct pair *p, struct scan *s, struct enn_error *err);
void scan_clear(struct scan *s); /* not the preview, which the caller takes */

/* ---- pass 2 ---- */

struct compare {
    const struct pair *pair;
    struct marking marking; /* ink NULL: no mark is reckoned with */
    struct fit fit;
    struct colour_table *colour_before, *colour_after;
    struct enn_diff_preview *preview;
    /* results, added to */
    uint64_t differing, explained, below_tolerance;
    struct regions *regions;
    uint32_t cell_x, cell_y; /* px per cell */
    uint32_t block_x, block_y; /* px per block of drift */
    struct drift *drift;     /* drift_columns * drift_rows; owned, freed by the caller */
};
/* Reads both pages once more and fills the regions. */
enum enn_status compare_pair(struct compare *c, struct enn_error *err);

/* One row of cells; the rows of both pages from y0 - CONTEXT to y1 + CONTEXT, clipped to the raster. */
enum { CONTEXT = 2 };
struct compare_strip {
    const struct compare *c;
    uint32_t y0, y1;               /* rows of this strip */
    uint32_t first, last;          /* rows there are: first <= y < last */
    const uint8_t *before, *after; /* row y at + (y - first) * bytes of its side */
    size_t before_bytes, after_bytes;
    struct cell_sum *cells;
    /* of the worker that has it */
    struct marking_row *row;
    float *scratch;
    struct drift *drift;
    uint32_t drift_columns;
    uint64_t differing, explained, below_tolerance;
};
/* Mean signal of the mark per block of BLOCK_MM, for marks that are not known to the last level: the mark
 * itself has no waves that long. */
#define BLOCK_MM 6.0
struct drift {
    double signal, weight;
};
uint32_t drift_columns(const struct compare *c);
uint32_t drift_rows(const struct compare *c);

void compare_exact(struct compare_strip *s);          /* compare_exact.c */
void compare_soft(struct compare_strip *s);           /* compare_soft.c */
size_t compare_soft_scratch(const struct compare *c); /* floats */

/* One pixel that differs: the colours as they were, are, and had to be, and by how much each ink is off,
 * 0..1. */
struct pixel_change {
    float before[3], after[3], expected[3];
    float ink[REGION_INKS];
    float spot; /* the largest of those without a colour of their own */
    int strong; /* beyond what any mark could do */
};
void compare_put(struct compare_strip *s, uint32_t x, uint32_t y, const struct pixel_change *d);
#endif
