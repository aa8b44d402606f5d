/* Carrier layout and keyed mapping (carrier.h). */
#include "mark/carrier.h"
#include "mark/keystream.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Radii spread evenly in logarithm over 14 .. 30 waves per tile (0.73 - 1.56 cycles/mm: above the artwork's own energy, below the
 * cut-off of a phone at 7 px/mm), directions evenly over the half-plane with jitter, so that no rotation or scaling lays
 * the set onto itself.  Phases: the set of smallest peak out of 100 random ones (crest 12.7 of 32).
 */
const struct pilot carrier_pilots[N_PILOTS] = {
    { 20, 2, 9 },    { 15, 2, 8 },    { 28, 7, 14 },   { 26, 9, 5 },    { 24, 11, 6 },   { 12, 7, 15 },   { 13, 10, 7 },
    { 22, 20, 13 },  { 15, 17, 1 },   { 9, 11, 11 },   { 12, 21, 13 },  { 9, 20, 14 },   { 5, 14, 15 },   { 5, 23, 11 },
    { 3, 25, 10 },   { 2, 29, 15 },   { -2, 28, 6 },   { -3, 18, 9 },   { -6, 22, 15 },  { -7, 18, 15 },  { -12, 23, 13 },
    { -9, 15, 5 },   { -12, 17, 7 },  { -14, 16, 14 }, { -13, 11, 6 },  { -12, 9, 2 },   { -21, 13, 7 },  { -17, 8, 14 },
    { -15, 6, 7 },   { -18, 4, 6 },   { -16, 2, 6 },   { -19, 2, 14 },
};

static int is_pilot(int kx, int ky)
{
    for (int i = 0; i < N_PILOTS; i++)
        if (carrier_pilots[i].kx == kx && carrier_pilots[i].ky == ky) return 1;
    return 0;
}

static int by_radius(const void *a, const void *b)
{
    const struct bin *p = a, *q = b;
    int d = (p->kx * p->kx + p->ky * p->ky) - (q->kx * q->kx + q->ky * q->ky);
    if (!d) d = p->ky - q->ky;
    return d ? d : p->kx - q->kx;
}

static void layout(struct bin bins[CARRIER_BINS])
{
    struct bin all[2 * BIN_MAX * BIN_MAX];
    int n = 0;
    for (int ky = 0; ky < BIN_MAX; ky++)
        for (int kx = ky ? 1 - BIN_MAX : 1; kx < BIN_MAX; kx++)
            if (kx * kx + ky * ky >= RADIUS_MIN * RADIUS_MIN && !is_pilot(kx, ky))
                all[n++] = (struct bin){ (int8_t)kx, (int8_t)ky };
    qsort(all, (size_t)n, sizeof *all, by_radius);
    memcpy(bins, all, CARRIER_BINS * sizeof *bins);
}

void carrier_init(struct carrier *c, const uint8_t anchor[32])
{
    layout(c->bins);
    struct keystream k;
    keystream_init(&k, anchor, "enn-carrier1");
    for (unsigned i = 0; i < CODE_N; i++) c->chip_of_bit[i] = (uint16_t)i;
    for (unsigned i = CODE_N - 1; i > 0; i--) { /* Fisher-Yates */
        unsigned j = keystream_below(&k, i + 1);
        uint16_t t = c->chip_of_bit[i];
        c->chip_of_bit[i] = c->chip_of_bit[j];
        c->chip_of_bit[j] = t;
    }
    for (unsigned i = 0; i < CODE_N; i += 32) {
        uint32_t w = keystream_u32(&k);
        for (unsigned b = 0; b < 32; b++) c->flip[i + b] = w >> b & 1;
    }
}

void carrier_chips(const struct carrier *c, const uint8_t message[PAYLOAD_BYTES], int8_t chips[CODE_N])
{
    uint8_t bits[CODE_N];
    code_encode(message, bits);
    for (unsigned i = 0; i < CODE_N; i++) chips[c->chip_of_bit[i]] = bits[i] ^ c->flip[i] ? -1 : 1;
}

/* A cosine of amplitude a has power a^2 / 2. */
double carrier_chip_amplitude(void) { return sqrt(2 * (1 - PILOT_POWER) / CODE_N); }
double carrier_pilot_amplitude(void) { return sqrt(2 * PILOT_POWER / N_PILOTS); }
