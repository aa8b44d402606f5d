/* The pilots in a field of which only a part was seen. */
#ifndef DIFF_PILOTS_H
#define DIFF_PILOTS_H
#include "mark/tile.h"

/* strength: of the pilots, 1 as in a mark of unit power; deviations: how many standard deviations that is from none. */
struct pilot_match {
    double strength, deviations;
};

/* sum, weights: weight * signal and weight, TILE_SIDE * TILE_SIDE cells folded onto one tile.  pilots: a tile of the pilots
 * alone.  slope: what the band passes of a small wave.  All 0 where nothing was seen. */
struct pilot_match pilots_match(const float *sum, const float *weights, const struct tile *pilots,
                                enum tile_band band, double slope);
#endif
