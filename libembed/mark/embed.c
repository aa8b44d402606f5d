/*
 * Embedding (embed.h): sample += gain * s * step, s or its one-sided part on paper, rounded to nearest.
 *
 * Additive with the amplitude bounded beforehand by the ink model, so nothing clips; the clamp below only
 * guards the type.
 */
#include "mark/embed.h"
#include <math.h>

/* Gain times signal of one pixel; 0 where it is not marked. */
static float drive(const struct embed_row *r, size_t i)
{
    const float unit = 1.0f / TILE_UNIT;
    float s;
    switch (r->kind[i]) {
    case INK_TINT:
        return (float)r->s_ink[i] * unit * (float)r->gain_tint[i] * (1 / 255.0f);
    case INK_WHITE:
        if (!r->gain_white || !((s = (float)r->s_paper[i] * unit) > INK_THETA)) return 0;
        return (fminf(s, INK_PAPER_PEAK) - INK_THETA) * (float)r->gain_white[i] * (1 / 255.0f);
    default:
        return 0;
    }
}

static int32_t clamp(int32_t v, int32_t max)
{
    return v < 0 ? 0 : v > max ? max : v;
}
static int32_t round_nearest(float v)
{
    return (int32_t)(v < 0 ? v - 0.5f : v + 0.5f);
}

size_t embed_row(const struct embed_row *r, void *samples, struct embed_sums *sums)
{
    struct embed_sums none = {{0}, {0}, 0}, *t = sums ? sums : &none;
    size_t changed = 0;
    float unit = (r->bits == 16 ? 257.0f : 1.0f) / INK_UNIT;
    uint8_t *p8 = samples;
    uint16_t *p16 = samples;
    for (size_t i = 0; i < r->n; i++, p8 += r->samples_per_pixel, p16 += r->samples_per_pixel) {
        int paper = r->kind[i] == INK_WHITE, any = 0;
        t->paper_pixels += paper && r->gain_white && r->gain_white[i];
        float f = drive(r, i) * unit;
        if (f == 0) continue;
        for (unsigned c = 0; c < r->channels; c++) {
            int32_t d = round_nearest(f * (float)r->step[i].d[c]);
            if (!d) continue;
            any = 1;
            t->change[c] += d;
            if (paper) t->paper[c] += d;
            if (r->bits == 16)
                p16[c] = (uint16_t)clamp(p16[c] + d, 65535);
            else
                p8[c] = (uint8_t)clamp(p8[c] + d, 255);
        }
        changed += (size_t)any;
    }
    return changed;
}
