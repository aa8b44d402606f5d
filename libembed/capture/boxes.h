/* Sums over squares of a raster, at a cost that does not depend on their size. */
#ifndef CAPTURE_BOXES_H
#define CAPTURE_BOXES_H

/* out = sums of in over 2 r + 1 samples each way, cut at the border; tmp of the same size; out may be
 * in. */
void box_sum(const float *in, float *tmp, float *out, int columns, int rows, int r);
/* Nearly a gaussian of deviation sqrt(r (r + 1)): box_sum three times, over their areas, so that a
 * raster of ones keeps ones but for its border.  In place. */
void box_blur(float *v, float *tmp, int columns, int rows, int r);
#endif
