/*
 * Blind synchronisation: finds the pilots in one window of a capture, at any rotation, unknown scale and tilt.
 */
#ifndef CAPTURE_SYNC_H
#define CAPTURE_SYNC_H
#include "capture/fft.h"
#include "capture/whiten.h"
#include "mark/carrier.h"

#define SYNC_SIDE 256 /* samples of the plane per window side */

/* Where the artwork is near one place of the plane: u(x) = u + J (x - centre), in mm on the artwork modulo TILE_MM. */
struct lock {
    double x, y;       /* place, plane samples */
    double u[2];       /* mm */
    double j[2][2];    /* mm per sample: d u / d x */
    float z_power;     /* pilots above the spectrum around them, standard deviations of the null */
    float z_phase;     /* agreement of the pilot phases, 8 is perfect, 4 is what chance reaches */
};

struct sync; /* tables and working memory: one per thread */
struct sync *sync_new(void); /* NULL: out of memory */
void sync_free(struct sync *s);

/* Samples per mm that are searched: everything the working resolution can show. */
#define SYNC_MIN_PX_PER_MM 3.0
#define SYNC_MAX_PX_PER_MM 15.0

/*
 * Searches the window whose top-left sample is (x0, y0); it must lie inside the plane.  Returns 1 and the best lock when its
 * z_phase is at least min_phase, else 0 (lock then holds the best that was seen, for diagnosis).
 */
int sync_window(struct sync *s, const struct plane *p, int x0, int y0, float min_phase, struct lock *lock);

/*
 * Looks at one place whose geometry is about known: the pilots' phases in a patch of one tile around at->x, at->y give the
 * correction du (mm, to be added to at->u) within +-reach_mm.
 */
struct patch {
    double du[2];
    float z_phase; /* as in struct lock */
    float gain;    /* pilot amplitude over noise power: the weight of this place in a matched combination */
};
struct patch sync_patch(struct sync *s, const struct plane *p, const struct lock *at, double reach_mm);
#endif
