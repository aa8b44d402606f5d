/*
 * Comparing, pass 2 on one raster: every sample that is neither what it was nor what the mark makes of it.
 */
#include "diff/pair.h"
#include "clones.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int32_t sample(const void *p, int bits, size_t i)
{
    return bits == 16 ? ((const uint16_t *)p)[i] : ((const uint8_t *)p)[i];
}

static void put(struct compare_strip *s, uint32_t x, uint32_t y, const uint8_t *before, const uint8_t *after,
                const uint8_t *expected, int strong)
{
    const struct compare *c = s->c;
    const struct press_pixels *px = &c->pair->after.pixels;
    struct pixel_change d = {.spot = 0, .strong = strong};
    int own = press_channels(px->colour);
    float full = px->bits == 16 ? 65535 : 255;
    for (int i = 0; i < px->samples_per_pixel; i++) {
        float off =
            (float)(sample(after, px->bits, (size_t)i) - sample(expected, px->bits, (size_t)i)) / full;
        if (i < REGION_INKS) d.ink[i] = fabsf(off);
        if (i >= own) d.spot = fmaxf(d.spot, fabsf(off));
    }
    colour_lab(c->colour_before, before, px->bits, d.before);
    colour_lab(c->colour_after, after, px->bits, d.after);
    colour_lab(c->colour_after, expected, px->bits, d.expected);
    compare_put(s, x, y, &d);
}

static int distance(const struct press_pixels *px, const uint8_t *a, const uint8_t *b)
{
    int sum = 0;
    for (int i = 0; i < px->samples_per_pixel; i++)
        sum += abs(sample(a, px->bits, (size_t)i) - sample(b, px->bits, (size_t)i));
    return sum;
}

/*
 * Where marks are exchanged, neither page is the one that was marked, and steps may jump from one colour to
 * the next. But both marks moved the pixel along one step, so what it was lies on the line through both
 * values.
 */
static int exchanged_along(const struct compare *c, const uint8_t *before, const int32_t d[4],
                           const struct marking_room *room, float *signal)
{
    static const float at[] = {1, -1, 0.5f, 2, -0.5f, 1.5f, -2, 3, -3};
    const struct press_pixels *px = &c->pair->after.pixels;
    int32_t most = px->bits == 16 ? 65535 : 255;
    int own = press_channels(px->colour);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        uint16_t v16[ARTWORK_MAX_SAMPLES];
        uint8_t v8[ARTWORK_MAX_SAMPLES], kind;
        struct ink_step step;
        for (int k = 0; k < px->samples_per_pixel && k < ARTWORK_MAX_SAMPLES; k++) {
            int32_t v =
                sample(before, px->bits, (size_t)k) + (k < own ? (int32_t)lrintf(at[i] * (float)d[k]) : 0);
            v = v < 0 ? 0 : v > most ? most : v;
            v16[k] = (uint16_t)v;
            v8[k] = (uint8_t)v;
        }
        ink_steps(c->marking.ink, px, px->bits == 16 ? (const void *)v16 : v8, 1, &step, &kind);
        if (marking_allows(&step, kind, d, (unsigned)own, px->bits, room, signal)) return 1;
    }
    return 0;
}

/* Where colours have just no room for the mark, it may have found some before the other mark moved them: the
 * steps of pixels nearby will do. */
static int exchanged_near(const struct compare_strip *s, uint32_t x, const int32_t d[4],
                          const struct marking_room *room, float *signal)
{
    const uint32_t NEAR = 8;
    const struct press_pixels *px = &s->c->pair->after.pixels;
    uint32_t from = x > NEAR ? x - NEAR : 0,
             to = x + NEAR < s->c->pair->width ? x + NEAR : s->c->pair->width - 1;
    if (s->row->kind[x] != INK_NONE) return 0;
    for (uint32_t i = from; i <= to; i++)
        if (marking_allows(&s->row->step[i], s->row->kind[i], d, (unsigned)press_channels(px->colour),
                           px->bits, room, signal))
            return 1;
    return 0;
}

/* An unknown strength splits the change otherwise over the inks; where marks are exchanged, the steps are those of
 * marked artwork. */
static struct marking_room room_of(const struct fit *f)
{
    if (f->kind == FIT_CHANGED) return (struct marking_room){2.3f, 3, 0.35f};
    if (f->sharp[0] == 2 && f->sharp[1] == 2) return (struct marking_room){1.1f, 0, 0};
    return (struct marking_room){f->reach, 2, f->reach > 1.5f ? 0.35f : 0};
}

/* What the mark could do to this pixel, whatever its message: 1 when it explains the change. */
static int bounded(struct compare_strip *s, uint32_t x, const uint8_t *before, const uint8_t *after,
                   float *signal)
{
    const struct compare *c = s->c;
    const struct press_pixels *px = &c->pair->after.pixels;
    int own = press_channels(px->colour), two = c->fit.kind == FIT_CHANGED;
    int32_t d[4] = {0};
    for (int i = 0; i < px->samples_per_pixel; i++) {
        int32_t off = sample(after, px->bits, (size_t)i) - sample(before, px->bits, (size_t)i);
        if (i < own)
            d[i] = off;
        else if (off)
            return 0;
    }
    const struct marking_room allowed = room_of(&c->fit), *room = &allowed;
    if (marking_allows(&s->row->step[x], s->row->kind[x], d, (unsigned)own, px->bits, room, signal)) return 1;
    if (!two) return 0;
    if (marking_is_tinted_paper(px, before) && marking_is_tinted_paper(px, after)) {
        *signal = 0;
        return 1;
    }
    return exchanged_along(c, before, d, room, signal) || exchanged_near(s, x, d, room, signal);
}

static void drift_add(struct compare_strip *s, uint32_t x, uint32_t y, float signal)
{
    const struct compare *c = s->c;
    struct drift *d = &s->drift[(size_t)(y / c->block_y) * s->drift_columns + x / c->block_x];
    if (s->row->kind[x] != INK_TINT) return; /* paper is only ever tinted */
    d->signal += signal;
    d->weight += 1;
}

/* A shifted page lacks an edge, without which the mark's mask comes out a little different. */
static int cut_off(const struct compare *c)
{
    const struct align_window *w = &c->pair->window;
    return w->x1 - w->x0 < c->pair->width || w->y1 - w->y0 < c->pair->height;
}

static void judge_pixel(struct compare_strip *s, uint32_t x, uint32_t y, const uint8_t *before,
                        const uint8_t *after, size_t pixel)
{
    const struct compare *c = s->c;
    const uint8_t *expected = before;
    float signal = 0;
    int strong = 1, any = c->fit.sharp[0] || c->fit.sharp[1],
        kind = s->row->kind ? s->row->kind[x] : INK_NONE;
    int sharp = kind == INK_NONE ? any : c->fit.sharp[kind == INK_WHITE ? TILE_PAPER : TILE_INK];
    if (c->fit.kind != FIT_NONE && sharp) {
        const uint8_t *marked = (const uint8_t *)s->row->marked + x * pixel;
        if (!memcmp(marked, after, pixel)) {
            s->explained++;
            return;
        }
        const struct press_pixels *px = &c->pair->after.pixels;
        if (distance(px, marked, after) < distance(px, before, after)) expected = marked;
        strong = !bounded(s, x, before, after, &signal);
        if (!strong && (sharp < 2 || cut_off(c))) {
            s->explained++;
            return;
        }
    } else if (c->fit.kind != FIT_NONE && bounded(s, x, before, after, &signal)) {
        if (!marking_is_tinted_paper(&c->pair->before.pixels, before)) drift_add(s, x, y, signal);
        s->explained++;
        return;
    }
    put(s, x, y, before, after, expected, strong);
}

/* ---- rows of 8-bit CMYK, most of whose pixels differ by a mark: the same answers, faster ---- */

enum { CMYK8 = 4 };

static int is_cmyk8(const struct press_pixels *px)
{
    return px->colour == PRESS_CMYK && px->bits == 8 && px->samples_per_pixel == CMYK8;
}

/* Whether a pixel differs, and whether it is as marked: MARKING_CHANGED, MARKING_MAY. */
CLONED static void match(const uint8_t *restrict before, const uint8_t *restrict after, const uint8_t *restrict marked,
                         size_t n, uint8_t *restrict found)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t was, is, may;
        memcpy(&was, before + CMYK8 * i, CMYK8);
        memcpy(&is, after + CMYK8 * i, CMYK8);
        memcpy(&may, marked + CMYK8 * i, CMYK8);
        found[i] = (uint8_t)((was != is ? MARKING_CHANGED : 0) + (is == may ? MARKING_MAY : 0));
    }
}

/* The pixels with MARKING_CHANGED among n, and those of them with MARKING_MAY. */
CLONED static void count(const uint8_t *found, size_t n, uint32_t *changed, uint32_t *may)
{
    uint32_t some = 0, both = 0;
    for (size_t i = 0; i < n; i++) {
        some += found[i] & MARKING_CHANGED;
        both += found[i] & found[i] >> 1 & 1;
    }
    *changed = some;
    *may = both;
}

/* As drift_add(), over the part of a block that a row crosses; what does not tell adds 0. */
static void drift_row(struct compare_strip *s, uint32_t y, uint32_t from, uint32_t to)
{
    struct drift *line = &s->drift[(size_t)(y / s->c->block_y) * s->drift_columns];
    uint32_t block = s->c->block_x;
    for (uint32_t x = from, end; x < to; x = end) {
        struct drift *d = &line[x / block];
        uint32_t tell = 0;
        double sum = d->signal;
        end = (x / block + 1) * block; /* width + block_x < 2^32 */
        if (end > to) end = to;
        for (uint32_t i = x; i < end; i++) {
            sum += s->row->signal[i];
            tell += s->row->found[i] / MARKING_TELLS;
        }
        d->signal = sum;
        d->weight += tell;
    }
}

/* 1: the row is done. */
static int compare_cmyk8(struct compare_strip *s, uint32_t y, const uint8_t *before, const uint8_t *after)
{
    const struct compare *c = s->c;
    const struct align_window *w = &c->pair->window;
    size_t at = (size_t)w->x0 * CMYK8, n = w->x1 - w->x0;
    uint8_t *found = s->row->found + w->x0;
    uint32_t changed, may;
    if (c->fit.kind != FIT_ADDED || !is_cmyk8(&c->pair->before.pixels) || !is_cmyk8(&c->pair->after.pixels)) return 0;
    if (c->fit.sharp[0] && c->fit.sharp[1]) {
        match(before + at, after + at, (const uint8_t *)s->row->marked + at, n, found);
    } else if (!c->fit.sharp[0] && !c->fit.sharp[1]) {
        struct marking_room room = room_of(&c->fit);
        marking_bounds_cmyk8(s->row, w->x0, w->x1, before, after, &room);
        drift_row(s, y, w->x0, w->x1);
    } else {
        return 0;
    }
    count(found, n, &changed, &may);
    s->differing += changed;
    s->explained += may;
    for (uint32_t x = w->x0; changed > may && x < w->x1; x++)
        if ((s->row->found[x] & (MARKING_CHANGED | MARKING_MAY)) == MARKING_CHANGED)
            judge_pixel(s, x, y, before + CMYK8 * (size_t)x, after + CMYK8 * (size_t)x, CMYK8);
    return 1;
}

void compare_exact(struct compare_strip *s)
{
    const struct compare *c = s->c;
    const struct align_window *w = &c->pair->window;
    size_t pixel = s->before_bytes / c->pair->width;
    for (uint32_t y = s->y0; y < s->y1; y++) {
        const uint8_t *before = s->before + (y - s->first) * s->before_bytes;
        const uint8_t *after = s->after + (y - s->first) * s->after_bytes;
        if (y < w->y0 || y >= w->y1) continue;
        if (!memcmp(before + w->x0 * pixel, after + w->x0 * pixel, (w->x1 - w->x0) * pixel)) continue;
        if (c->fit.kind != FIT_NONE && (c->fit.sharp[0] || c->fit.sharp[1]))
            marking_apply(&c->marking, y, before, s->row);
        else if (c->fit.kind != FIT_NONE)
            marking_colours(&c->marking, before, s->row);
        if (compare_cmyk8(s, y, before, after)) continue;
        for (uint32_t x = w->x0; x < w->x1; x++) {
            if (!memcmp(before + x * pixel, after + x * pixel, pixel)) continue;
            s->differing++;
            judge_pixel(s, x, y, before + x * pixel, after + x * pixel, pixel);
        }
    }
}
