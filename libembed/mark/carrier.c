/* Carrier layout and keyed mapping (carrier.h). */
#include "mark/carrier.h"
#include "mark/keystream.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Radii spread evenly in logarithm over 11 .. 22 waves per tile (0.57 - 1.15 cycles/mm: what survives the
 * chroma blur and the JPEG of a phone at 10 px/mm, above most of the artwork's own energy), directions evenly
 * over the half-plane with jitter, 8 degrees clear of the axes that artwork is built along, so that no
 * rotation or scaling lays the set onto itself.  Phases: the set of smallest peak out of 100 random ones
 * (12.6 of 32).
 */
const struct pilot carrier_pilots[N_PILOTS] = {
    {13, 2, 8},   {14, 4, 4},   {12, 5, 6},   {19, 8, 13},  {17, 9, 12},  {11, 8, 6},   {14, 11, 7},
    {11, 11, 4},  {14, 16, 8},  {11, 14, 1},  {7, 10, 6},   {7, 13, 2},   {5, 10, 1},   {7, 19, 3},
    {6, 21, 15},  {2, 12, 15},  {-2, 12, 13}, {-5, 18, 10}, {-6, 15, 15}, {-8, 18, 12}, {-6, 10, 4},
    {-9, 13, 13}, {-12, 14, 3}, {-9, 10, 13}, {-12, 11, 0}, {-11, 9, 12}, {-9, 6, 3},   {-15, 9, 3},
    {-11, 5, 1},  {-14, 5, 5},  {-19, 6, 8},  {-16, 4, 10},
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
                all[n++] = (struct bin){(int8_t)kx, (int8_t)ky};
    qsort(all, (size_t)n, sizeof *all, by_radius);
    memcpy(bins, all, CARRIER_BINS * sizeof *bins);
}

/* A cosine of amplitude a has power a^2 / 2; there are two chips to a bin. */
static void amplitudes(struct carrier *c)
{
    double sum = 0, r;
    for (int j = 0; j < CARRIER_BINS; j++) sum += 1 / hypot(c->bins[j].kx, c->bins[j].ky);
    for (int j = 0; j < CARRIER_BINS; j++) {
        r = hypot(c->bins[j].kx, c->bins[j].ky);
        c->amplitude[j] = (float)sqrt((1 - PILOT_POWER) / (sum * r));
    }
}

void carrier_init(struct carrier *c, const uint8_t anchor[32])
{
    layout(c->bins);
    amplitudes(c);
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

double carrier_pilot_amplitude(void)
{
    return sqrt(2 * PILOT_POWER / N_PILOTS);
}
