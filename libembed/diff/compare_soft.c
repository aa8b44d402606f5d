/*
 * Comparing, pass 2 on resampled rasters: within what resampling may have made of a picture.
 *
 * A pixel agrees when its value lies among those of the other page around the same place, widened by a
 * little for rounding and by a share of the local contrast for filters that overshoot; and the other way
 * round, so that fine lines may neither appear nor vanish.  Where the mark is known its change is allowed on
 * top.
 */
#include "diff/pair.h"
#include <math.h>
#include <string.h>

static const float LAB = 2;          /* the same after a conversion between colour spaces */
static const float OVERSHOOT = 0.3f; /* share of the contrast within CONTEXT pixels */

static size_t planes(const struct compare *c)
{
    return c->pair->mode == PAIR_COLOUR ? 3 : (size_t)c->pair->after.pixels.samples_per_pixel;
}

static size_t side_floats(const struct compare *c)
{
    return ((size_t)c->cell_y + 2 * CONTEXT) * c->pair->width * planes(c);
}

size_t compare_soft_scratch(const struct compare *c)
{
    return 2 * side_floats(c);
}

static void to_planes(const struct compare_strip *s, const struct press_pixels *px,
                      const struct colour_table *t, const uint8_t *row, float *to)
{
    size_t pixel = (size_t)px->samples_per_pixel * (size_t)px->bits / 8, n = s->c->pair->width;
    if (s->c->pair->mode == PAIR_COLOUR) {
        for (size_t x = 0; x < n; x++)
            if (x && !memcmp(row + x * pixel, row + (x - 1) * pixel, pixel))
                memcpy(to + 3 * x, to + 3 * (x - 1), 3 * sizeof *to);
            else
                colour_lab(t, row + x * pixel, px->bits, to + 3 * x);
        return;
    }
    n *= (size_t)px->samples_per_pixel;
    for (size_t i = 0; i < n; i++)
        to[i] = px->bits == 16 ? (float)((const uint16_t *)(const void *)row)[i] / 257 : row[i];
}

struct range {
    float low, high;
};
static struct range around(const struct compare_strip *s, const float *side, uint32_t x, uint32_t y,
                           size_t plane, uint32_t reach)
{
    const struct pair *p = s->c->pair;
    size_t n = planes(s->c);
    uint32_t xa = x > reach ? x - reach : 0, xb = x + reach < p->width ? x + reach : p->width - 1;
    uint32_t ya = y >= s->first + reach ? y - reach : s->first,
             yb = y + reach < s->last ? y + reach : s->last - 1;
    struct range r = {1e9f, -1e9f};
    for (uint32_t j = ya; j <= yb; j++)
        for (uint32_t i = xa; i <= xb; i++) {
            float v = side[((size_t)(j - s->first) * p->width + i) * n + plane];
            r.low = fminf(r.low, v);
            r.high = fmaxf(r.high, v);
        }
    return r;
}

/* Range that a value may have, given the other page around it. */
static struct range allowed(const struct compare_strip *s, const float *side, uint32_t x, uint32_t y,
                            size_t plane)
{
    struct range near = around(s, side, x, y, plane, 1), far = around(s, side, x, y, plane, CONTEXT);
    float more = (s->c->pair->mode == PAIR_COLOUR ? LAB : s->c->pair->levels) + OVERSHOOT * (far.high - far.low);
    return (struct range){near.low - more, near.high + more};
}

/* What a mark may do here, in levels: its tile is not known to the last bit in resampled rows, its bounds
 * are. */
static struct range mark_change(const struct compare_strip *s, uint32_t x, size_t plane)
{
    const float REACH = 1.1f * INK_PEAK, WHITE = 1.1f * (INK_PEAK - INK_THETA);
    if (s->c->fit.kind == FIT_NONE || plane >= (size_t)press_channels(s->c->pair->after.pixels.colour))
        return (struct range){0, 0};
    float step = (float)s->row->step[x].d[plane] / INK_UNIT;
    if (s->row->kind[x] == INK_WHITE) return (struct range){fminf(0, WHITE * step), fmaxf(0, WHITE * step)};
    return (struct range){-REACH * fabsf(step), REACH * fabsf(step)};
}

static void put(struct compare_strip *s, uint32_t x, uint32_t y, const float *before, const float *after,
                const float *expected)
{
    const struct compare *c = s->c;
    const struct press_pixels *px = &c->pair->after.pixels;
    struct pixel_change d = {.strong = 1};
    if (c->pair->mode == PAIR_COLOUR) {
        memcpy(d.before, before, sizeof d.before);
        memcpy(d.after, after, sizeof d.after);
        memcpy(d.expected, expected, sizeof d.expected);
    } else {
        uint16_t v[3][ARTWORK_MAX_SAMPLES];
        int n = px->samples_per_pixel, own = press_channels(px->colour);
        for (int i = 0; i < n; i++) {
            v[0][i] = (uint16_t)(257 * before[i] + 0.5f);
            v[1][i] = (uint16_t)(257 * after[i] + 0.5f);
            v[2][i] = (uint16_t)(257 * fminf(255, fmaxf(0, expected[i])) + 0.5f);
            float off = fabsf(after[i] - expected[i]) / 255;
            if (i < REGION_INKS) d.ink[i] = off;
            if (i >= own) d.spot = fmaxf(d.spot, off);
        }
        colour_lab(c->colour_before, v[0], 16, d.before);
        colour_lab(c->colour_after, v[1], 16, d.after);
        colour_lab(c->colour_after, v[2], 16, d.expected);
    }
    compare_put(s, x, y, &d);
}

static void judge_pixel(struct compare_strip *s, const float *before, const float *after, uint32_t x,
                        uint32_t y)
{
    size_t n = planes(s->c), at = ((size_t)(y - s->first) * s->c->pair->width + x) * n;
    const float *b = before + at, *a = after + at;
    float close = s->c->pair->mode == PAIR_COLOUR ? LAB : s->c->pair->levels, expected[ARTWORK_MAX_SAMPLES];
    int quick = 1, agrees = 1;
    for (size_t i = 0; i < n; i++) quick &= fabsf(a[i] - b[i]) <= close;
    if (quick) return;
    s->differing++;
    for (size_t i = 0; i < n; i++) {
        struct range mark = mark_change(s, x, i);
        struct range r = allowed(s, before, x, y, i), back = allowed(s, after, x, y, i);
        r.low += mark.low, r.high += mark.high;
        back.low -= mark.high, back.high -= mark.low;
        expected[i] = fminf(r.high, fmaxf(r.low, a[i]));
        if (b[i] < back.low || b[i] > back.high) /* lost: off by as much as the other page misses it */
            expected[i] = b[i] < back.low ? a[i] - (back.low - b[i]) : a[i] + (b[i] - back.high);
        agrees &= expected[i] == a[i];
    }
    if (agrees)
        s->explained++;
    else
        put(s, x, y, b, a, expected);
}

void compare_soft(struct compare_strip *s)
{
    const struct compare *c = s->c;
    const struct align_window *w = &c->pair->window;
    size_t line = c->pair->width * planes(c);
    float *before = s->scratch, *after = s->scratch + side_floats(c);
    for (uint32_t y = s->first; y < s->last; y++) {
        to_planes(s, &c->pair->before.pixels, c->colour_before, s->before + (y - s->first) * s->before_bytes,
                  before + (y - s->first) * line);
        to_planes(s, &c->pair->after.pixels, c->colour_after, s->after + (y - s->first) * s->after_bytes,
                  after + (y - s->first) * line);
    }
    /* the outermost pixels are half of the other page's edge */
    uint32_t x0 = w->x0 + CONTEXT, x1 = w->x1 > x0 + CONTEXT ? w->x1 - CONTEXT : x0;
    for (uint32_t y = s->y0; y < s->y1; y++) {
        if (y < w->y0 + CONTEXT || y + CONTEXT >= w->y1) continue;
        if (c->fit.kind != FIT_NONE)
            marking_steps(&c->marking, y, s->before + (y - s->first) * s->before_bytes, s->row);
        for (uint32_t x = x0; x < x1; x++) judge_pixel(s, before, after, x, y);
    }
}
