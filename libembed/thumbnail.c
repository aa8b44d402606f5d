/*
 * The manifest's picture of the artwork (thumbnail.h).
 *
 * It is compared with captures, so it holds lightness as a camera sees it: the page's own profile to
 * sRGB, the luma of that.  Spot inks, whose colour no profile tells, darken by half of their coverage.
 * Some sixteen pixels for each of its samples are enough: prints differ from artwork by more than what
 * that leaves to chance.
 *
 * No finer than 0.5 mm: it shall say which artwork this is, not replace it.
 */
#include "thumbnail.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double FINEST_MM = 0.5;
static const double SPOT = 0.5;
enum { PER_SAMPLE = 4 }; /* pixels each way */

struct thumbnail {
    const struct survey *s;
    struct manifest_thumbnail of;
    uint32_t step_x, step_y, n; /* every so many pixels; n of a row */
    uint64_t *sum, *count;
    uint8_t *pixels, *rgb;
};

/* The rectangle around the page in mm, and the samples over it. */
static void size_of(struct thumbnail *t)
{
    const struct artwork_page *p = t->s->page;
    const double *m = t->s->place.to_mm;
    struct manifest_thumbnail *o = &t->of;
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int k = 0; k < 4; k++)
        for (int d = 0; d < 2; d++) {
            double v = m[d] * (k & 1 ? p->width : 0) + m[2 + d] * (k & 2 ? p->height : 0) + m[4 + d];
            low[d] = fmin(low[d], v);
            high[d] = fmax(high[d], v);
        }
    o->x_mm = low[0], o->y_mm = low[1];
    o->width_mm = high[0] - low[0], o->height_mm = high[1] - low[1];
    double side = fmin(MANIFEST_THUMBNAIL_MAX, fmax(o->width_mm, o->height_mm) / FINEST_MM),
           per_mm = side / fmax(o->width_mm, o->height_mm);
    /* never finer than the page's own pixels, or there would be holes */
    per_mm = fmin(per_mm, 1 / fmax(hypot(m[0], m[1]), hypot(m[2], m[3])));
    o->width = (uint32_t)fmax(1, o->width_mm * per_mm);
    o->height = (uint32_t)fmax(1, o->height_mm * per_mm);
    t->step_x = (uint32_t)fmax(1, 1 / per_mm / hypot(m[0], m[1]) / PER_SAMPLE);
    t->step_y = (uint32_t)fmax(1, 1 / per_mm / hypot(m[2], m[3]) / PER_SAMPLE);
    t->n = (p->width + t->step_x - 1) / t->step_x;
}

enum enn_status thumbnail_new(const struct survey *s, struct thumbnail **out, struct enn_error *err)
{
    struct thumbnail *t = *out = calloc(1, sizeof *t);
    if (!t) return enn_fail(err, ENN_NOMEM, "out of memory");
    t->s = s;
    size_of(t);
    size_t places = (size_t)t->of.width * t->of.height;
    t->sum = calloc(places, sizeof *t->sum);
    t->count = calloc(places, sizeof *t->count);
    t->pixels = malloc((size_t)t->n * s->page->samples * (size_t)(s->pixels.bits / 8));
    t->rgb = malloc((size_t)t->n * 3);
    return t->sum && t->count && t->pixels && t->rgb ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
}

/* 1 less what the spot inks of pixel i take of the light. */
static double spots(const struct thumbnail *t, uint32_t i)
{
    const struct survey *s = t->s;
    unsigned samples = s->page->samples, first = (unsigned)press_channels(s->pixels.colour);
    double light = 1;
    for (unsigned k = first; k < samples && k < ARTWORK_MAX_SAMPLES; k++) {
        if (s->role[k == s->carrier ? 0 : k] != ARTWORK_SPOT) continue;
        size_t at = (size_t)i * samples + k;
        light *= 1 - SPOT * (s->pixels.bits == 16 ? ((const uint16_t *)(const void *)t->pixels)[at] / 65535.0
                                                  : t->pixels[at] / 255.0);
    }
    return light;
}

/* What a camera sees of pixel i, whose colour alone has this luma: transparent artwork lies on white paper. */
static double light(const struct thumbnail *t, uint32_t i, double luma)
{
    const struct press_pixels *px = &t->s->pixels;
    size_t first = (size_t)i * t->s->page->samples + (size_t)press_channels(px->colour);
    if (px->opacity) luma = press_over_white(px, t->pixels, first, (unsigned)(luma + 0.5));
    return luma * spots(t, i);
}

void thumbnail_row(struct thumbnail *t, uint32_t y, const void *row)
{
    const struct survey *s = t->s;
    const double *m = s->place.to_mm;
    size_t bytes = s->page->samples * (size_t)(s->pixels.bits / 8);
    if (y % t->step_y) return;
    for (uint32_t i = 0; i < t->n; i++)
        memcpy(t->pixels + i * bytes, (const uint8_t *)row + (size_t)i * t->step_x * bytes, bytes);
    profile_to_rgb8(s->profile, &s->pixels, t->pixels, t->n, t->rgb);
    for (uint32_t i = 0; i < t->n; i++) {
        const uint8_t *c = t->rgb + 3 * (size_t)i;
        double px = i * (double)t->step_x + 0.5, py = y + 0.5;
        double u = (m[0] * px + m[2] * py + m[4] - t->of.x_mm) / t->of.width_mm * t->of.width;
        double v = (m[1] * px + m[3] * py + m[5] - t->of.y_mm) / t->of.height_mm * t->of.height;
        if (!(u >= 0) || !(v >= 0) || u >= t->of.width || v >= t->of.height) continue;
        size_t at = (size_t)v * t->of.width + (size_t)u;
        t->sum[at] += (uint64_t)(light(t, i, 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2]) + 0.5);
        t->count[at]++;
    }
}

void thumbnail_finish(const struct thumbnail *t, struct manifest_thumbnail *out)
{
    *out = t->of;
    for (size_t i = 0; i < (size_t)out->width * out->height; i++)
        out->grey[i] = (uint8_t)(t->count[i] ? t->sum[i] / t->count[i] : 255);
}

void thumbnail_halve(struct manifest_thumbnail *t)
{
    uint32_t width = (t->width + 1) / 2, height = (t->height + 1) / 2;
    for (uint32_t y = 0; y < height; y++) /* what is written is never ahead of what is read */
        for (uint32_t x = 0; x < width; x++) {
            unsigned sum = 0, n = 0;
            for (uint32_t j = 2 * y; j < 2 * y + 2 && j < t->height; j++)
                for (uint32_t i = 2 * x; i < 2 * x + 2 && i < t->width; i++, n++)
                    sum += t->grey[j * t->width + i];
            t->grey[y * width + x] = (uint8_t)((sum + n / 2) / n);
        }
    t->width_mm *= 2.0 * width / t->width; /* the last sample may reach past the page */
    t->height_mm *= 2.0 * height / t->height;
    t->width = width;
    t->height = height;
}

void thumbnail_free(struct thumbnail *t)
{
    if (!t) return;
    free(t->sum);
    free(t->count);
    free(t->pixels);
    free(t->rgb);
    free(t);
}
