/* From a field of locks to one soft value per chip, all tiles in view combined. */
#ifndef CAPTURE_DEMOD_H
#define CAPTURE_DEMOD_H
#include "capture/warp.h"

struct chips {
    float
        y[CODE_N]; /* observation of chip i, arbitrary common scale; the mark's is positive times the chip */
    float expected[CODE_N];  /* >= 0: what the pilots let expect of |y| */
    float around[CODE_N];    /* power of noise and neighbouring chips around it, 2 E[y^2] */
    int16_t fast[CODE_N];    /* 1: a wave that bare paper does not carry */
    float amplitude[CODE_N]; /* expected of |y| under the last chips_weigh */
    float weight[CODE_N];    /* >= 0: weight * y is the log-likelihood ratio; independent of the signs of y */
    double energy; /* sum of squared amplitudes over noise variances: what decoding has to live on */
    double tiles;  /* area that contributed, in tiles */
};

/*
 * Weights under the assumption that the fast waves reach `share` (0..1) of what the pilots, all of them slow,
 * let expect: 1 where ink carries the mark, 0 where paper does.  Nothing in the capture tells beforehand;
 * decoding does.
 */
void chips_weigh(struct chips *c, float share);

/* Returns 0, or -1 when out of memory. */
int demodulate(struct chips *c, const struct plane *p, const struct field *f);
#endif
