/*
 * Embedding (embed.h): sample += gain * s * step, s or its one-sided part on paper, rounded to nearest.
 *
 * Additive with the amplitude bounded beforehand by the ink model, so nothing clips; the clamp below only
 * guards the type.
 */
#include "mark/embed.h"
#include <math.h>
#include "clones.h"

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

/* ---- four interleaved channels, which is most artwork: the same without branches, in pieces ---- */

enum { PIECE = 256, CMYK = 4 };

/* drive() of a piece, times unit. */
static INTO_CLONES void drive_piece(const struct embed_row *r, size_t at, size_t n, float unit, float *f)
{
    static const uint8_t none[PIECE];
    const uint8_t *kind = r->kind + at, *tint = r->gain_tint + at, *white = r->gain_white ? r->gain_white + at : none;
    const int16_t *ink = r->s_ink + at, *paper = r->s_paper + at;
    for (size_t i = 0; i < n; i++) {
        float a = (float)ink[i] * (1.0f / TILE_UNIT) * (float)tint[i] * (1 / 255.0f);
        float s = (float)paper[i] * (1.0f / TILE_UNIT);
        s = (s < INK_PAPER_PEAK ? s : INK_PAPER_PEAK) - INK_THETA;
        float b = (s > 0 ? s : 0) * (float)white[i] * (1 / 255.0f);
        f[i] = (kind[i] == INK_TINT ? a : kind[i] == INK_WHITE ? b : 0) * unit;
    }
}

/* What a piece gains, in sample values: a change of 16 bits is at most a seventh of the range, hence fits in 16. */
static INTO_CLONES void changes_of(const struct embed_row *r, size_t at, size_t n, float unit, int16_t *d)
{
    float f[PIECE];
    const int16_t *step = r->step[at].d;
    drive_piece(r, at, n, unit, f);
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < CMYK; c++) {
            float v = f[i] * (float)step[CMYK * i + c];
            d[CMYK * i + c] = (int16_t)(int32_t)(v + (v < 0 ? -0.5f : 0.5f));
        }
}

/* Adds them up (32 bits hold a piece: 256 * 2^15) and returns how many pixels change. */
static INTO_CLONES size_t count(const struct embed_row *r, size_t at, size_t n, const int16_t *d, struct embed_sums *t)
{
    int32_t sum[CMYK] = {0}, changed = 0, papers = 0;
    for (size_t i = 0; i < n; i++) {
        for (int c = 0; c < CMYK; c++) sum[c] += d[CMYK * i + c];
        changed += (d[CMYK * i] | d[CMYK * i + 1] | d[CMYK * i + 2] | d[CMYK * i + 3]) != 0;
        papers += r->kind[at + i] == INK_WHITE;
    }
    for (int c = 0; c < CMYK; c++) t->change[c] += sum[c];
    for (size_t i = 0; papers && r->gain_white && i < n; i++) {
        if (r->kind[at + i] != INK_WHITE) continue;
        for (int c = 0; c < CMYK; c++) t->paper[c] += d[CMYK * i + c];
        t->paper_pixels += r->gain_white[at + i] != 0;
    }
    return (size_t)changed;
}

CLONED static size_t add_piece(const struct embed_row *r, size_t at, size_t n, uint8_t *p, struct embed_sums *t)
{
    int16_t d[PIECE * CMYK];
    changes_of(r, at, n, 1.0f / INK_UNIT, d);
    for (size_t j = 0; j < n * CMYK; j++) {
        int32_t v = p[j] + d[j];
        v = v < 0 ? 0 : v;
        p[j] = (uint8_t)(v > 255 ? 255 : v);
    }
    return count(r, at, n, d, t);
}

CLONED static size_t add_piece16(const struct embed_row *r, size_t at, size_t n, uint16_t *p, struct embed_sums *t)
{
    int16_t d[PIECE * CMYK];
    changes_of(r, at, n, 257.0f / INK_UNIT, d);
    for (size_t j = 0; j < n * CMYK; j++) {
        int32_t v = p[j] + d[j];
        v = v < 0 ? 0 : v;
        p[j] = (uint16_t)(v > 65535 ? 65535 : v);
    }
    return count(r, at, n, d, t);
}

size_t embed_row(const struct embed_row *r, void *samples, struct embed_sums *sums)
{
    struct embed_sums none = {{0}, {0}, 0}, *t = sums ? sums : &none;
    size_t changed = 0;
    if (r->channels == CMYK && r->samples_per_pixel == CMYK) {
        for (size_t at = 0, n; at < r->n; at += n) {
            n = r->n - at < PIECE ? r->n - at : PIECE;
            changed += r->bits == 16 ? add_piece16(r, at, n, (uint16_t *)samples + CMYK * at, t)
                                     : add_piece(r, at, n, (uint8_t *)samples + CMYK * at, t);
        }
        return changed;
    }
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
