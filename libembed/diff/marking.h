/* What a page would be with a mark in it: the sign side's own steps, on rows. */
#ifndef DIFF_MARKING_H
#define DIFF_MARKING_H
#include "mark/tile.h"
#include "press/ink.h"
#include "press/mask.h"
#include "survey.h"

struct marking {
    struct press_pixels pixels; /* of the rows handed in */
    uint32_t width;
    /* Pixel (x, y) of a row is pixel (x * scale + off) of the marked page, which lies where `place` says. */
    const struct survey *place;
    double scale_x, scale_y, off_x, off_y;
    const struct profile *profile;
    const struct mask *mask; /* of the page without the mark */
    struct ink_model *ink;   /* owned */
    double strength;         /* the model's */
    struct tile *tile;       /* owned; NULL: not known */
};
void marking_clear(struct marking *m);

/* Where the centres of the pixels of row y lie, in mm of the marked artwork. */
struct survey_line marking_line(const struct marking *m, uint32_t y);

/* The ink model for another strength, 0.1 .. 4. */
enum enn_status marking_set_strength(struct marking *m, double strength, struct enn_error *err);

/* One row of everything the mark depends on; all arrays of `width`. */
struct marking_row {
    struct ink_step *step;
    uint8_t *kind, *gain_tint, *gain_white;
    int16_t *s_ink, *s_paper;
    void *marked; /* the row as marked */
    uint8_t *found; /* sum of MARKING_... */
    float *signal;
};
enum enn_status marking_row_new(struct marking_row *r, const struct marking *m, struct enn_error *err);
void marking_row_clear(struct marking_row *r);

/* Fills in step and kind of a row of the page without the mark. */
void marking_colours(const struct marking *m, const void *samples, struct marking_row *r);
/* Fills in step, kind and gains for row y of the page without the mark. */
void marking_steps(const struct marking *m, uint32_t y, const void *samples, struct marking_row *r);
/* The same, and s_ink and s_paper.  Needs the tile. */
void marking_signal(const struct marking *m, uint32_t y, const void *samples, struct marking_row *r);
/* The same, and marked; white paper is marked, too. */
void marking_apply(const struct marking *m, uint32_t y, const void *samples, struct marking_row *r);

/* Whether some value of the mark's signal explains the changes d (levels of `bits`) of the channels that may
 * move. The signal is the same for all of them, within +-INK_PEAK * reach; on white one-sided, unless marks
 * are exchanged (reach 2 and more).  Each channel may be off by so many 8-bit levels beyond rounding, and by
 * a share of its change. *signal: the most likely value. */
struct marking_room {
    float reach, levels, share;
};
int marking_allows(const struct ink_step *step, uint8_t kind, const int32_t *d, unsigned channels, int bits,
                   const struct marking_room *room, float *signal);

/* The same for pixels from .. to - 1 of rows of 8-bit CMYK without other samples, whose step and kind are set, into
 * r->found and r->signal.  A pixel tells of the signal where it is an ink's, not tinted paper, changed and allowed; the
 * signal of the others is 0. */
enum { MARKING_CHANGED = 1, MARKING_MAY = 2, MARKING_TELLS = 4 };
void marking_bounds_cmyk8(const struct marking_row *r, size_t from, size_t to, const uint8_t *before,
                          const uint8_t *after, const struct marking_room *room);

/* 1: paper (CMYK, or white in RGB) with no more yellow than a mark puts there. */
int marking_is_tinted_paper(const struct press_pixels *px, const void *at);
#endif
