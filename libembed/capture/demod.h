/* From a field of locks to one soft value per chip, all tiles in view combined. */
#ifndef CAPTURE_DEMOD_H
#define CAPTURE_DEMOD_H
#include "capture/warp.h"

struct chips {
    float y[CODE_N];      /* observation of chip i, arbitrary common scale; the mark's is positive times the chip */
    float weight[CODE_N]; /* >= 0: 4 a / noise power, so that weight * y is the log-likelihood ratio; independent of signs of y */
    float amplitude[CODE_N]; /* >= 0: what the pilots let expect of |y| */
    double energy;        /* expected sum of squared chip amplitudes over noise variance: what decoding has to live on */
    double tiles;         /* area that contributed, in tiles */
};

/* Returns 0, or -1 when out of memory. */
int demodulate(struct chips *c, const struct plane *p, const struct field *f);
#endif
