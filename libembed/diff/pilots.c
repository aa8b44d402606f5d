/*
 * Comparing, step 6c: whether a small image, or the strip that is all of a large one, has got a mark.
 *
 * Where less than a tile is seen, waves are not orthogonal: the chips leak into the pilots' places of the spectrum and
 * drown them (fit.c).  But the pilots are a known picture, so the signal is held against that picture instead: linear
 * regression in space, with an intercept, since paper is only ever tinted.  How far chance would go is taken from the data:
 * the products of signal and picture add up over blocks wider than half of the shortest wave, and what changes sign from
 * block to block is noise (A. Papoulis, Probability, Random Variables and Stochastic Processes, 1965, 12-2: the variance
 * of a mean of correlated samples by batches).  An edit that is all in one block weighs 1 at most.
 */
#include "diff/pilots.h"
#include <math.h>

enum { BLOCK = 16 }; /* cells, 0.6 mm */

struct means {
    double signal, picture;
};

static struct means mean_of(const float *sum, const float *weights, const int16_t *picture)
{
    double s = 0, p = 0, n = 0;
    for (int i = 0; i < TILE_SIDE * TILE_SIDE; i++) {
        s += sum[i];
        p += weights[i] * picture[i];
        n += weights[i];
    }
    return n > 0 ? (struct means){s / n, p / n} : (struct means){0, 0};
}

struct pilot_match pilots_match(const float *sum, const float *weights, const struct tile *pilots,
                                enum tile_band band, double slope)
{
    const int16_t *picture = &pilots->s[band][0][0]; /* rows lie one behind the other */
    struct means mean = mean_of(sum, weights, picture);
    double along = 0, square = 0, noise = 0;
    for (int block = 0; block < TILE_SIDE / BLOCK * (TILE_SIDE / BLOCK); block++) {
        int x0 = block % (TILE_SIDE / BLOCK) * BLOCK, y0 = block / (TILE_SIDE / BLOCK) * BLOCK;
        double part = 0;
        for (int i = 0; i < BLOCK * BLOCK; i++) {
            int at = (y0 + i / BLOCK) * TILE_SIDE + x0 + i % BLOCK;
            double p = picture[at] - mean.picture;
            part += (sum[at] - mean.signal * weights[at]) * p;
            square += weights[at] * p * p;
        }
        along += part;
        noise += part * part;
    }
    if (!(square > 0) || !(noise > 0)) return (struct pilot_match){0, 0};
    return (struct pilot_match){along / square * TILE_UNIT / slope, along / sqrt(noise)};
}
