/*
 * press: the ink model. How far the mark may move each ink at each colour, and in which proportion.
 *
 * The mark is one zero-mean signal s(x, y) of unit rms, clipped at +-INK_PEAK. For a pixel of kind INK_TINT
 * the embedder adds to channel i, in levels of the 8-bit scale (times 257 for 16 bits),
 *
 *     gain / 255 * s * step.d[i] / INK_UNIT
 *
 * and for a pixel of kind INK_WHITE (bare paper, colours without yellow, or RGB white), where only a tint can be added,
 *
 *     gain / 255 * max(0, min(s, INK_PAPER_PEAK) - INK_THETA) * step.d[i] / INK_UNIT
 *
 * with the gains of press/mask.h. Positive s means more yellow: o = ln B - (ln R + ln G) / 2 of a capture
 * FALLS (of a single ink: the mean of the three logarithms falls: darker). Within gain <= 255 and |s| <= INK_PEAK nothing leaves the range of the
 * samples, so no clipping is needed and, s being zero-mean, the mean of every ink outside white stays what it
 * was.
 */
#ifndef PRESS_INK_H
#define PRESS_INK_H
#include "press/profile.h"

#define INK_UNIT  64   /* steps are in 1/64 of an 8-bit level */
#define INK_PEAK  2.2f /* |s| never exceeds this */
#define INK_THETA 0.1f /* white carries the part of s above this, */
#define INK_PAPER_PEAK 1.8f /* and below this: docs/press.md */

/* Yellow on bare paper per unit of max(0, s - INK_THETA) at strength 1, 0..1: for gaussian s a mean tint of
 * 0.87 % and a peak of 4.3 %; and the same on RGB white, as the rise of CIE b*. */
#define INK_WHITE_YELLOW 0.0255f
#define INK_WHITE_B      3.7f

#define INK_TAC_LIMIT 3.30f /* default total area coverage limit, 1 = one solid */

enum ink_kind {
    INK_NONE, /* not markable: step is all zero */
    INK_TINT,
    INK_WHITE
};

struct ink_step {
    int16_t d[4]; /* per channel, 1/INK_UNIT of an 8-bit level per unit of s (or of max(0, s - INK_THETA)) */
};

struct ink_model;

/* Makes the model for a profile, which must outlive it and is only read. strength 1 is the default visibility
 * budget, 0.1 .. 4; tac_limit 0: INK_TAC_LIMIT. Fails with ENN_NOMEM or, on values out of range,
 * ENN_USAGE. */
enum enn_status ink_model_new(struct ink_model **out, enum press_colour colour, const struct profile *p,
                              double strength, double tac_limit, struct enn_error *err);
void ink_model_free(struct ink_model *m);

/* Steps and kinds (enum ink_kind) of n pixels in a row of the artwork as it was before marking. px->colour
 * must be the model's. step and kind hold n entries each. Thread-safe. */
void ink_steps(const struct ink_model *m, const struct press_pixels *px, const void *samples, size_t n,
               struct ink_step *step, uint8_t *kind);

/* Prediction for one pixel value: the change of o per unit of s (negative) and the S-CIELAB rms it costs at
 * gain 255. */
struct ink_effect {
    float opponent;   /* d o per unit of s (INK_WHITE: per unit of max(0, s - INK_THETA)) */
    float visibility; /* S-CIELAB delta-E, rms over flat-band s of unit rms (INK_WHITE: of the step at 1) */
};
struct ink_effect ink_effect_of(const struct ink_model *m, const struct press_pixels *px, const void *sample);
#endif
