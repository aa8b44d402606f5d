/* A field of one projective map: what a camera sees of a flat print. */
#ifndef CAPTURE_FLAT_H
#define CAPTURE_FLAT_H
#include "capture/warp.h"

/*
 * One projective map, fitted around the seed first, then over wider and wider circles up to the whole plane. Eight numbers
 * are known to a hundredth of a wave where single places are hidden in noise. *z as of field_smooth; below SMOOTH_MIN_Z
 * the field is left empty. Returns 0, or -1 when out of memory. Release with field_free.
 */
int field_flat(struct field *f, struct sync *s, const struct plane *p, const struct lock *seed, float *z);

/*
 * The same where the map is known to a fraction of a wave, and no pilot needs to be seen at any place: h takes (x, y, 1)
 * of the plane, samples, to w (u, v, 1), mm; w > 0 over the rectangle low .. high of u that shows the artwork.
 * *z: agreement of all pilots in view with the fitted map. The field is filled whatever it is.
 */
int field_placed(struct field *f, struct sync *s, const struct plane *p, double h[3][3], const double low[2],
                 const double high[2], float *z);
#endif
