/* A field of one smooth map over a whole capture, for marks too weak to be followed place by place. */
#ifndef CAPTURE_SMOOTH_H
#define CAPTURE_SMOOTH_H
#include "capture/warp.h"

/*
 * Like field_grow, but every node follows one second-order map, fitted to the pilots of all of them together.
 * *z receives what the pilots' phases agree to around the seed, in standard deviations of the null; below
 * SMOOTH_MIN_Z the field is left empty. Returns 0, or -1 when out of memory. Release with field_free.
 */
#define SMOOTH_MIN_Z   15.0f
#define SMOOTH_FIRST_Z 10.5f /* the same for the innermost patches, after the first fit */
int field_smooth(struct field *f, struct sync *s, const struct plane *p, const struct lock *seed, float *z);

/* z of many seeds at once, without their fields: z[i] of seeds[i], 0 where memory ran out. sync: one per thread. */
void smooth_screen(struct sync *const *sync, int threads, const struct plane *p, const struct lock *seeds, int n, float *z);
#endif
