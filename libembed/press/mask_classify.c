/*
 * press: what the cells of the protection mask are.
 *
 * A cell is hard when it holds a sharp tone step and lies in line work: surroundings that are mostly flat.
 * (Photographs have steps too, but little is flat around them, and there the texture hides the mark.) Code windows
 * (mask_codes.c) in a crowd are a code. Type is hard cells in a crowd: strokes under about 1 mm leave few
 * cells without an edge. White is what is left of bare paper far enough from all of that.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "press/mask_cells.h"

#define LINE_WORK_FLAT  90 /* of 255: mean flat share of 5 x 5 cells from which steps are line work */
#define CODE_CROWD      60 /* mean over 5 x 5 cells of 100 (linear) or 255 (2-D) for each code window */
#define TEXT_CLOSING    2  /* cells */
#define QUIET_CELLS     7  /* 3 mm, 10 modules of 0.3 mm */
#define TEXT_CROWD      95 /* of 255: share of hard cells in 5 x 5 (an edge alone: 51 - 91) */
#define WHITE_FROM_TEXT 3  /* cells: 1.3 mm, more than the gap between lines of small type */
#define WHITE_FADE      3  /* cells over which white fades in */
#define PHOTO_EDGE_GAIN 190
#define FLAT_GAIN       195 /* the ink model's budget is for textured places: flat tints get 0.76 of it */
#define NEAR_RADIUS     7   /* 3 mm */
#define WIDE_RADIUS     50  /* 21 mm, the standard deviation of the negative lobe of S-CIELAB */
#define NEAR_LIGHT      6.0f
#define AMBIENT         0.25f
#define LITTLE_BLUE_Z    0.05f  /* Z of white 1: of solid yellow with half of magenta */
#define LITTLE_BLUE_LEFT 0.026f /* what the ink model reckons with: less 0.118 of what AMBIENT is more */

struct work {
    uint32_t nx, ny;
    size_t n;
    uint8_t *hard, *a, *b; /* maps of n */
    uint32_t *column;          /* nx sums */
};

static uint32_t clampi(int64_t v, uint32_t n)
{
    return v < 0 ? 0 : v >= (int64_t)n ? n - 1 : (uint32_t)v;
}

static void add_row(const struct work *w, const uint8_t *src, uint32_t j, int sign)
{
    const uint8_t *row = src + (size_t)j * w->nx;
    for (uint32_t i = 0; i < w->nx; i++) w->column[i] += (uint32_t)sign * row[i];
}

/* Mean (0..255) over the (2r+1)^2 surroundings of every cell, borders repeated. */
static void box_mean(const struct work *w, const uint8_t *src, uint8_t *dst, int radius)
{
    uint32_t side = 2 * (uint32_t)radius + 1, area = side * side;
    memset(w->column, 0, w->nx * sizeof *w->column);
    for (int d = -radius; d <= radius; d++) add_row(w, src, clampi(d, w->ny), 1);
    for (uint32_t j = 0; j < w->ny; j++) {
        uint32_t sum = 0;
        for (int d = -radius; d <= radius; d++) sum += w->column[clampi(d, w->nx)];
        for (uint32_t i = 0; i < w->nx; i++) {
            dst[(size_t)j * w->nx + i] = (uint8_t)(sum / area);
            sum += w->column[clampi((int64_t)i + radius + 1, w->nx)];
            sum -= w->column[clampi((int64_t)i - radius, w->nx)];
        }
        add_row(w, src, clampi((int64_t)j - radius, w->ny), -1);
        add_row(w, src, clampi((int64_t)j + radius + 1, w->ny), 1);
    }
}

static inline uint8_t lesser(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* here[i] = min(here[i], other[i - 1 .. i + 1] + 1), capped at 255; a loop the compiler turns into vector code. */
static void nearer_row(uint8_t *restrict here, const uint8_t *restrict other, uint32_t n)
{
    uint8_t first = lesser(other[0], other[n > 1]), last = lesser(other[n - 1], other[n > 1 ? n - 2 : 0]);
    here[0] = lesser(here[0], (uint8_t)(first + (first < 255)));
    for (uint32_t i = 1; i + 1 < n; i++) {
        uint8_t least = lesser(other[i], lesser(other[i - 1], other[i + 1]));
        here[i] = lesser(here[i], (uint8_t)(least + (least < 255)));
    }
    here[n - 1] = lesser(here[n - 1], (uint8_t)(last + (last < 255)));
}

/* Chessboard distance in cells (0..255) to the nearest cell whose map value is not 0, in place: two passes of A. Rosenfeld
 * and J. L. Pfaltz, "Sequential operations in digital picture processing", J. ACM 13, 1966. */
static void distance(const struct work *w, uint8_t *map)
{
    const uint32_t n = w->nx;
    for (size_t k = 0; k < w->n; k++) map[k] = map[k] ? 0 : 255;
    for (uint32_t j = 0; j < w->ny; j++) {
        uint8_t *here = map + (size_t)j * n;
        unsigned best = 255;
        if (j) nearer_row(here, here - n, n);
        for (uint32_t i = 0; i < n; i++) here[i] = (uint8_t)(best = best + 1 < here[i] ? best + 1 : here[i]);
    }
    for (uint32_t j = w->ny; j-- > 0;) {
        uint8_t *here = map + (size_t)j * n;
        unsigned best = 255;
        if (j + 1 < w->ny) nearer_row(here, here + n, n);
        for (uint32_t i = n; i-- > 0;) here[i] = (uint8_t)(best = best + 1 < here[i] ? best + 1 : here[i]);
    }
}

static void find_hard(const struct cell_map *map, struct work *w)
{
    box_mean(w, map->flat, w->b, 2);
    for (size_t k = 0; k < w->n; k++) w->hard[k] = map->flags[k] & CELL_HARD && w->b[k] >= LINE_WORK_FLAT ? 255 : 0;
}

static void find_codes(struct cell_map *map, struct work *w, int radius)
{
    for (size_t k = 0; k < w->n; k++) w->a[k] = code_finder_says(map->code[k], radius);
    box_mean(w, w->a, w->b, 2);
    for (size_t k = 0; k < w->n; k++) w->a[k] = w->a[k] && w->b[k] >= CODE_CROWD;
    distance(w, w->a);
    for (size_t k = 0; k < w->n; k++)
        if (w->a[k] <= radius + QUIET_CELLS && map->class[k] != MASK_USER) map->class[k] = MASK_BARCODE;
}

/* Type closed over gaps of up to two cells: counters, gaps between lines, modules of codes that were not
 * recognised. */
static void close_type(struct cell_map *map, struct work *w)
{
    for (size_t k = 0; k < w->n; k++) w->b[k] = map->class[k] == MASK_TEXT || map->class[k] == MASK_BARCODE;
    distance(w, w->b);
    for (size_t k = 0; k < w->n; k++) w->b[k] = w->b[k] > TEXT_CLOSING;
    distance(w, w->b);
    for (size_t k = 0; k < w->n; k++)
        if (w->b[k] > TEXT_CLOSING && map->class[k] != MASK_USER && map->class[k] != MASK_BARCODE)
            map->class[k] = MASK_TEXT;
}

static void find_type(struct cell_map *map, struct work *w)
{
    box_mean(w, w->hard, w->b, 2);
    for (size_t k = 0; k < w->n; k++) w->a[k] = w->hard[k] && w->b[k] >= TEXT_CROWD;
    distance(w, w->a);
    for (size_t k = 0; k < w->n; k++) {
        if (map->class[k] == MASK_USER || map->class[k] == MASK_BARCODE) continue;
        if (w->a[k] <= 1)
            map->class[k] = MASK_TEXT;
        else if (w->hard[k])
            map->class[k] = MASK_EDGE;
        else if (map->flags[k] & CELL_STUCK)
            map->class[k] = map->flags[k] & CELL_SPOT ? MASK_SPOT : MASK_SOLID;
        else if (map->flags[k] & CELL_NO_YELLOW)
            map->class[k] = MASK_PAPER;
        else
            map->class[k] = MASK_TINT;
    }
}

/* Cells bare or without yellow among their like, clear of type (map a holds the distance to it), that form patches of 5 x 5
 * cells at least (opening), with gains that rise over WHITE_FADE cells from their border. */
static void find_white(struct cell_map *map, struct work *w)
{
    for (size_t k = 0; k < w->n; k++)
        w->b[k] = !(map->class[k] == MASK_PAPER && map->flags[k] & CELL_ALL_NO_YELLOW && w->a[k] > WHITE_FROM_TEXT);
    memcpy(w->hard, w->b, w->n);
    distance(w, w->b); /* 0 outside the candidates */
    for (size_t k = 0; k < w->n; k++) w->a[k] = w->b[k] > 3;
    distance(w, w->a); /* <= 2: inside a patch of 7 x 7, less its rim */
    for (size_t k = 0; k < w->n; k++) {
        int white = !w->hard[k] && w->a[k] <= 2;
        if (white) map->class[k] = MASK_WHITE;
        w->b[k] = !white;
    }
    distance(w, w->b);
    for (size_t k = 0; k < w->n; k++)
        map->white[k] = (uint8_t)(w->b[k] >= WHITE_FADE ? 255 : w->b[k] * 255 / WHITE_FADE);
}

static float luminance(int tone)
{
    return powf((float)tone / 255, 2.2f);
}

/* What S-CIELAB's negative lobe leaves of the luminance `own` in surroundings of luminance `wide`
 * (ink_solve.c). */
static float lobe_left(float own, float wide)
{
    return fmaxf(own - 0.118f * fmaxf(0, wide - own), 0.009f);
}

/*
 * Dark colours among light ones. The ink model reckons with surroundings of luminance AMBIENT; where they are
 * lighter the gain falls with what the negative lobe leaves. Closer by, the chroma filters add the
 * neighbour's light to the channels of a dark colour unequally, with the same effect; there (3 mm) the gain
 * falls with the ratio of the tones. Colours with little blue, whatever their lightness, lose 0.19 of what the surroundings are
 * lighter out of their Z (0.118 times what Z has of the luminance channel), so that b* is steeper there than the ink model reckons with.
 */
static int among_light(int tone, int little_blue, int near, float wide)
{
    float own = luminance(tone), gain = 1;
    if (wide > AMBIENT) gain = lobe_left(own, wide) / lobe_left(own, AMBIENT);
    if (little_blue) {
        float z = LITTLE_BLUE_Z - 0.19f * (wide - own);
        gain = fminf(gain, powf(fmaxf(0.009f, fminf(z, LITTLE_BLUE_LEFT)) / LITTLE_BLUE_LEFT, 2.f / 3));
    }
    float over = ((float)near + 8) / ((float)tone + 8) - 1.5f;
    if (over > 0) gain /= 1 + NEAR_LIGHT * over;
    return (int)(255 * gain);
}

/*
 * Texture hides what a flat tint shows (contrast masking: G. E. Legge, J. M. Foley, J. Opt. Soc. Am. 70, 1980): the ink model's
 * budget is for textured places, flat ones get FLAT_GAIN of it. flat: mean share of pixels, 255 = all, beside which nothing
 * changes.
 */
static int behind_texture(int gain, int flat)
{
    return gain * (255 * 255 - flat * (255 - FLAT_GAIN)) / (255 * 255);
}

/* The gains take the place of the flat shares, what is shown that of the tones: neither is needed any more then. */
static void set_tint(struct cell_map *map, struct work *w, enum press_colour colour)
{
    uint8_t *flat_near = map->code;
    box_mean(w, map->flat, flat_near, NEAR_RADIUS);
    for (size_t k = 0; k < w->n; k++) w->a[k] = (uint8_t)(255 * luminance(map->tone[k]));
    box_mean(w, w->a, w->hard, WIDE_RADIUS);
    box_mean(w, map->tone, w->b, NEAR_RADIUS);
    for (size_t k = 0; k < w->n; k++) {
        int gain = behind_texture(map->flags[k] & CELL_SHARP ? PHOTO_EDGE_GAIN : 255, flat_near[k]);
        int dark = among_light(map->tone[k], map->flags[k] & CELL_LITTLE_BLUE, w->b[k], (float)w->hard[k] / 255);
        map->white[k] = (uint8_t)(map->white[k] * dark / 255);
        gain = gain * dark / 255;
        if (press_is_luminance(colour))
            gain = gain * (255 - map->flat[k] * 3 / 5) / 255; /* hides behind texture only */
        enum mask_class class = (enum mask_class)map->class[k];
        int open = class == MASK_TINT || class == MASK_SOLID || class == MASK_SPOT || class == MASK_PAPER ||
                   class == MASK_WHITE;
        map->flat[k] = (uint8_t)(open ? gain : 0);
        map->tone[k] = (uint8_t)((map->tone[k] & 254) | (map->flags[k] & CELL_TECHNICAL ? 1 : 0));
    }
}

int cell_map_classify(struct cell_map *map, enum press_colour colour)
{
    struct work w = {map->nx, map->ny, (size_t)map->nx * map->ny, NULL, NULL, NULL, NULL};
    w.hard = malloc(w.n);
    w.a = malloc(w.n);
    w.b = malloc(w.n);
    w.column = malloc(map->nx * sizeof *w.column);
    int ok = w.hard && w.a && w.b && w.column;
    if (ok) {
        find_codes(map, &w, CODE_RADIUS);
        find_codes(map, &w, COARSE_RADIUS);
        find_hard(map, &w);
        find_type(map, &w);
        close_type(map, &w);
        find_white(map, &w);
        set_tint(map, &w, colour);
    }
    free(w.hard);
    free(w.a);
    free(w.b);
    free(w.column);
    return ok;
}
