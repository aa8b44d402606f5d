/*
 * The carrier: which sinusoids the mark is made of, and which chip modulates which of them.
 *
 * The mark repeats on a square tile of TILE_MM.  A tile is a sum of sinusoids at integer wave numbers (kx,
 * ky) per tile: CARRIER_BINS of them, the ones of smallest radius from RADIUS_MIN on, each carry two chips (a
 * cosine and a sine), 32 pilots stand among them, known in phase.  Choosing the chips in the frequency domain
 * (multi-carrier spread spectrum, N. Yee, J.-P. Linnartz, G. Fettweis, PIMRC 1993) keeps all power inside the
 * band that press and phone pass and the eye does not, makes pilot and chips orthogonal over a tile, and lets
 * the detector weigh every frequency by what the capture left of it.
 */
#ifndef MARK_CARRIER_H
#define MARK_CARRIER_H
#include "mark/code.h"

#define TILE_MM      19.2
#define CARRIER_BINS (CODE_N / 2)
#define RADIUS_MIN   10.0 /* in waves per tile: 0.52 cycles/mm; the outermost bin is then at 1.95 cycles/mm */
#define CARRIER_RADIUS_MAX 37.657 /* sqrt(1418): the outermost bin */
#define BIN_MAX      40   /* every |kx|, |ky| stays below this */
#define N_PILOTS     32
#define PAPER_RADIUS 22.0 /* bare paper carries only the waves up to here: 1.15 cycles/mm (mark/tile.h) */
#define PILOT_POWER  0.40 /* share of the power of the mark */

struct bin {
    int8_t kx, ky;
};
struct pilot {
    int8_t kx, ky;
    uint8_t phase;
}; /* phase in sixteenths of a turn: cos(2 pi (k.u / TILE_MM + phase / 16)) */

extern const struct pilot carrier_pilots[N_PILOTS];

struct carrier {
    struct bin
        bins[CARRIER_BINS]; /* ascending by kx^2 + ky^2, then ky, then kx; half-plane ky > 0 or ky = 0 < kx */
    float amplitude[CARRIER_BINS]; /* of both chips of a bin in the unit-power mark, falling with the root of
                                      the radius: half of the power below 1.2 cycles/mm, where phones still
                                      see */
    uint16_t chip_of_bit[CODE_N];  /* code bit i modulates chip chip_of_bit[i]; chip 2j: cosine, 2j+1: sine of
                                      bin j */
    uint8_t flip[CODE_N];          /* code bit i is sent inverted */
};

/* anchor: SHA-256 fingerprint of the issuer's trust anchor. */
void carrier_init(struct carrier *c, const uint8_t anchor[32]);

/* Chips of a message: +1 or -1. */
void carrier_chips(const struct carrier *c, const uint8_t message[PAYLOAD_BYTES], int8_t chips[CODE_N]);

/* Amplitude of each pilot in the unit-power mark. */
double carrier_pilot_amplitude(void);
#endif
