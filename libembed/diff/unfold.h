/* Waves of a field that was seen with unequal weights. */
#ifndef DIFF_UNFOLD_H
#define DIFF_UNFOLD_H
#include "capture/fft.h"
#include "mark/carrier.h"

/* sum, weight: transforms (fft2_forward of TILE_SIDE) of weight * signal and of weight, folded onto one tile.
 * z: the carrier's bins, then the pilots: cosine and sine amplitudes, z.re cos - z.im sin, of least squares
 * with `noise` (the variance of the signal at weight 1) against amplitudes of the carrier's own size.  -1:
 * out of memory. */
enum { UNFOLD_WAVES = CARRIER_BINS + N_PILOTS };
int unfold(const struct cplx *sum, const struct cplx *weight, const struct carrier *c, double noise,
           struct cplx z[UNFOLD_WAVES]);

/* What the waves up to PAPER_RADIUS say: the root mean square of the chips; of the pilots, along their
 * phases; and how many standard deviations the chips are from normal ones towards the differences of two
 * marks' chips. */
struct unfolded {
    double level, pilot, evidence;
};
struct unfolded unfold_judge(const struct carrier *c, const struct cplx z[UNFOLD_WAVES]);
#endif
