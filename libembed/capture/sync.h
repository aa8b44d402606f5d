/*
 * Blind synchronisation: finds the pilots in one window of a capture, at any rotation, unknown scale and
 * tilt.
 */
#ifndef CAPTURE_SYNC_H
#define CAPTURE_SYNC_H
#include "capture/fft.h"
#include "capture/whiten.h"
#include "mark/carrier.h"

#define SYNC_SIDE 256 /* samples of the plane per window side */

/* Where the artwork is near one place of the plane: u(x) = u + J (x - centre), in mm on the artwork modulo
 * TILE_MM. */
struct lock {
    double x, y;    /* place, plane samples */
    double u[2];    /* mm */
    double j[2][2]; /* mm per sample: d u / d x */
    float z_power;  /* pilots above the spectrum around them, standard deviations of the null */
    float z_phase;  /* agreement of the pilot phases, 8 is perfect, 4 is what chance reaches */
};

struct sync;                 /* tables and working memory: one per thread */
struct sync *sync_new(void); /* NULL: out of memory */
void sync_free(struct sync *s);

/* Samples per mm that are searched: everything the working resolution can show. */
#define SYNC_MIN_PX_PER_MM 2.3
#define SYNC_MAX_PX_PER_MM 15.0

/*
 * Searches the window whose top-left sample is (x0, y0), inside the plane; what reaches past its right or
 * lower edge counts as empty.  *lock is the best guess; sync_score says what it is worth.
 */
void sync_window(struct sync *s, const struct plane *p, int x0, int y0, struct lock *lock);

/* Power and phase are independent tests; unmarked windows reach 14 in one of a thousand. */
static inline float sync_score(const struct lock *l)
{
    return l->z_power + 1.5f * l->z_phase;
}

/* The pilots in a patch of one tile around a place whose geometry is about known. */
struct pilots {
    struct cplx y[N_PILOTS]; /* known phases removed, referred to at->u, magnitudes compressed */
    struct cplx raw[N_PILOTS];
    float energy; /* noise power of raw */
};
void sync_pilots(struct sync *s, const struct plane *p, const struct lock *at, struct pilots *out);

/* Correction du (mm, to be added to the u the pilots were referred to) within +-reach_mm <= 0.4; returns its
 * z_phase. */
float sync_shift(const struct sync *s, const struct cplx y[N_PILOTS], double reach_mm, double du[2]);

/* Pilot amplitude over noise power at the corrected place: the weight of this place in a matched combination;
 * may be negative. */
float sync_gain(const struct pilots *p, const double du[2]);
#endif
