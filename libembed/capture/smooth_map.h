/* The second-order map of smooth.c, from which flat.c takes its start. */
#ifndef CAPTURE_SMOOTH_MAP_H
#define CAPTURE_SMOOTH_MAP_H
#include "capture/patches.h"
#include "capture/smooth.h"

#define SMOOTH_TERMS 6 /* 1, x, y, x^2, xy, y^2 */

struct smooth_map {
    const struct lock *seed;
    double unit;         /* samples: phi is of (x - seed) / unit */
    double t[SMOOTH_TERMS][2];  /* mm */
    double ridge[SMOOTH_TERMS]; /* inverse variance of the prior of t, per mm^2 */
};

/* Fits the map on the window of the seed, where the seed is right to a fraction of a wave; *z: how well it then agrees.
 * patches: one per node of f, overwritten. */
void smooth_fit_window(struct smooth_map *m, const struct field *f, struct patch *patches, struct sync *s,
                       const struct plane *p, float *z);
#endif
