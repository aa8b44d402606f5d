/*
 * How a barcode would scan: symbol contrast and quiet zone, from its reflectance in red light.
 *
 * Scanners shine at 630 - 680 nm; the red channel of the colour in linear light stands for their
 * reflectance, paper = 1. Contrast is that of ISO/IEC 15416 and 15415: the light parts less the dark
 * ones (here the 95th and 5th percentile of the symbol). The quiet zone is the clear space on the
 * narrowest side, up to what the symbology asks for: left and right of a linear code, all around a
 * matrix code. Space beyond the edge of the page is not counted.
 */
#include "preflight.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SIDE = 2048, LEVELS = 256 };

struct code_view {
    uint32_t x0, y0, x1, y1, step; /* px of the page; every step-th pixel is looked at */
    uint32_t width, height, filled;
    double mm_x, mm_y; /* per pixel that is looked at */
    uint8_t *red;      /* reflectance in 255ths */
    uint8_t *rgb;      /* a row */
};

struct code_view *code_view_new(const struct survey *s, const struct barcode *b)
{
    struct code_view *v = calloc(1, sizeof *v);
    if (!v) return NULL;
    double zone = b->quiet_needed + 2 * b->module + 0.2, px_x = s->dpi_x / 25.4, px_y = s->dpi_y / 25.4;
    v->x0 = (uint32_t)fmax(0, (b->x - zone) * px_x);
    v->y0 = (uint32_t)fmax(0, (b->y - zone) * px_y);
    v->x1 = (uint32_t)fmin(s->page->width, fmax(0, ceil((b->x + b->width + zone) * px_x)));
    v->y1 = (uint32_t)fmin(s->page->height, fmax(0, ceil((b->y + b->height + zone) * px_y)));
    uint32_t w = v->x1 > v->x0 ? v->x1 - v->x0 : 0, h = v->y1 > v->y0 ? v->y1 - v->y0 : 0,
             longest = w > h ? w : h;
    v->step = longest / MAX_SIDE + 1;
    v->width = w / v->step;
    v->mm_x = v->step / px_x;
    v->mm_y = v->step / px_y;
    v->height = h / v->step;
    v->red = calloc((size_t)v->width * v->height + 1, 1);
    v->rgb = malloc((size_t)w * 3 + 1);
    if (v->red && v->rgb) return v;
    code_view_free(v);
    return NULL;
}

void code_view_free(struct code_view *v)
{
    if (!v) return;
    free(v->red);
    free(v->rgb);
    free(v);
}

/* sRGB to linear light (IEC 61966-2-1). */
static uint8_t linear(uint8_t v)
{
    double t = v / 255.0;
    t = t <= 0.04045 ? t / 12.92 : pow((t + 0.055) / 1.055, 2.4);
    return (uint8_t)(255 * t + 0.5);
}

void code_view_row(struct code_view *v, const struct survey *s, uint32_t y, const void *row)
{
    if (y < v->y0 || y >= v->y1 || (y - v->y0) % v->step || v->filled >= v->height) return;
    size_t pixel = (size_t)s->page->samples * s->pixels.bits / 8;
    profile_to_rgb8(s->profile, &s->pixels, (const uint8_t *)row + v->x0 * pixel, v->x1 - v->x0, v->rgb);
    uint8_t *to = v->red + (size_t)v->filled++ * v->width;
    for (uint32_t i = 0; i < v->width; i++) to[i] = linear(v->rgb[3 * (size_t)i * v->step]);
}

/* Part of the view that the symbol covers, in its pixels. */
struct part {
    int x0, x1, y0, y1;
};

static int clamped(double x, uint32_t n)
{
    return x < 0 ? 0 : x > n ? (int)n : (int)x;
}

static int at(const struct code_view *v, int x, int y)
{
    return v->red[(size_t)y * v->width + (size_t)x];
}

/* Reflectance below which a share of the symbol's pixels lies. */
static int percentile(const struct code_view *v, const struct part *p, double share)
{
    uint32_t count[LEVELS] = {0};
    double n = 0, sum = 0;
    for (int y = p->y0; y < p->y1; y++)
        for (int x = p->x0; x < p->x1; x++) count[at(v, x, y)]++, n++;
    for (int i = 0; i < LEVELS; i++)
        if ((sum += count[i]) >= share * n) return i;
    return LEVELS - 1;
}

/* Clear pixels from the symbol's edge outwards along x (dx) or y (dy), in the middle part of the side;
 * slack: pixels of the symbol's own soft edge that are passed over. */
static int clear_space(const struct code_view *v, const struct part *p, int dx, int dy, int dark, int slack)
{
    int least = 1 << 30, along0 = dx ? p->y0 : p->x0, along1 = dx ? p->y1 : p->x1,
        margin = (along1 - along0) / 10;
    for (int k = along0 + margin; k < along1 - margin; k++) {
        int x = dx ? (dx > 0 ? p->x1 : p->x0 - 1) : k, y = dy ? (dy > 0 ? p->y1 : p->y0 - 1) : k, n = 0;
        for (; x >= 0 && y >= 0 && x < (int)v->width && y < (int)v->height; x += dx, y += dy, n++)
            if (at(v, x, y) < dark && n >= slack) break;
        if (n < least) least = n;
    }
    return least;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

/* Of a code that stands upright or lies; bars along y unless `lying`. */
static double quiet_zone(const struct code_view *v, const struct barcode *b, const struct part *p, int dark,
                         int lying)
{
    int matrix = barcode_is_matrix(b->kind), slack_x = (int)(b->module / v->mm_x / 2) + 1,
        slack_y = (int)(b->module / v->mm_y / 2) + 1;
    double quiet = b->quiet_needed;
    if (matrix || !lying) {
        quiet = least(quiet, clear_space(v, p, -1, 0, dark, slack_x) * v->mm_x);
        quiet = least(quiet, clear_space(v, p, 1, 0, dark, slack_x) * v->mm_x);
    }
    if (matrix || lying) {
        quiet = least(quiet, clear_space(v, p, 0, -1, dark, slack_y) * v->mm_y);
        quiet = least(quiet, clear_space(v, p, 0, 1, dark, slack_y) * v->mm_y);
    }
    return quiet;
}

void code_view_judge(const struct code_view *v, const struct barcode *b, struct enn_barcode *to)
{
    struct part p = {clamped(b->x / v->mm_x - v->x0 / (double)v->step, v->width),
                     clamped((b->x + b->width) / v->mm_x - v->x0 / (double)v->step, v->width),
                     clamped(b->y / v->mm_y - v->y0 / (double)v->step, v->height),
                     clamped((b->y + b->height) / v->mm_y - v->y0 / (double)v->step, v->height)};
    if (v->filled < v->height || p.x1 - p.x0 < 8 || p.y1 - p.y0 < 4) return;
    int light = percentile(v, &p, 0.95), low = percentile(v, &p, 0.05);
    to->contrast = (light - low) / 255.0;
    if (b->turned || b->quiet_needed <= 0 || light - low < 10) return;
    struct grey inside = {NULL, (uint32_t)(p.x1 - p.x0), (uint32_t)(p.y1 - p.y0)};
    inside.px = malloc((size_t)inside.width * inside.height);
    if (!inside.px) return; /* not measured */
    for (uint32_t y = 0; y < inside.height; y++)
        memcpy(inside.px + (size_t)y * inside.width, v->red + (size_t)(p.y0 + (int)y) * v->width + p.x0,
               inside.width);
    double coherence, angle = barcode_direction(&inside, &coherence);
    free(inside.px);
    to->quiet_mm = quiet_zone(v, b, &p, (light + low) / 2, fabs(angle) > M_PI / 4);
}
