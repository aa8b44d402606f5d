/*
 * Lines too thin to print: straight, upright or level, of at most 0.11 mm, at least 2 mm long.
 *
 * A pixel is in the middle of a thin line when the pixels at a fixed distance on both sides are much
 * lighter than it is, or much darker. Rows of such pixels side by side make a level line, columns of
 * them an upright one. The distance is chosen so that a line of 0.11 mm is the widest that passes:
 * one pixel at 300 dpi, five at 1200. It counts in line work only, as the survey's mask tells:
 * photographs have thin lights and shadows, too.
 */
#include "preflight.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double WIDEST_MM = 0.11, SHORTEST_MM = 2.0;
enum { STEP = 60, MAX_SEGMENTS = 4096 }; /* tone step at the edges, of 255 */

struct segment {
    uint32_t x, y, width, height;
};

struct thin_lines {
    uint32_t width, reach_x, reach_y, level_px, upright_px;
    uint64_t rows;
    uint8_t *ring;    /* 2 reach_y + 1 rows */
    uint32_t *run[2]; /* of every column: length so far of a dark and of a light upright line */
    struct segment segment[MAX_SEGMENTS];
    uint32_t n; /* may pass MAX_SEGMENTS */
};

/* Pixels d so that a line of 2 d - 1 is no wider than WIDEST_MM. */
static uint32_t reach(double dpi)
{
    double px = WIDEST_MM * dpi / 25.4;
    return (uint32_t)fmax(1, floor((px + 1) / 2));
}

struct thin_lines *thin_lines_new(uint32_t width, double dpi_x, double dpi_y)
{
    struct thin_lines *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    t->width = width;
    t->reach_x = reach(dpi_x);
    t->reach_y = reach(dpi_y);
    t->level_px = (uint32_t)ceil(SHORTEST_MM * dpi_x / 25.4);
    t->upright_px = (uint32_t)ceil(SHORTEST_MM * dpi_y / 25.4);
    t->ring = malloc((size_t)width * (2 * t->reach_y + 1));
    t->run[0] = calloc(width, sizeof(uint32_t));
    t->run[1] = calloc(width, sizeof(uint32_t));
    if (t->ring && t->run[0] && t->run[1]) return t;
    thin_lines_free(t);
    return NULL;
}

void thin_lines_free(struct thin_lines *t)
{
    if (!t) return;
    free(t->ring);
    free(t->run[0]);
    free(t->run[1]);
    free(t);
}

static int touch(const struct segment *a, const struct segment *b, uint32_t slack)
{
    return a->x <= b->x + b->width + slack && b->x <= a->x + a->width + slack &&
           a->y <= b->y + b->height + slack && b->y <= a->y + a->height + slack;
}

/* A line of several pixels is seen in each of them: kept once. */
static void add(struct thin_lines *t, struct segment s)
{
    uint32_t known = t->n < MAX_SEGMENTS ? t->n : MAX_SEGMENTS;
    for (uint32_t i = known, seen = 0; i-- > 0 && seen < 64; seen++) {
        struct segment *o = &t->segment[i];
        if ((o->width > o->height) != (s.width > s.height) || !touch(o, &s, 1)) continue;
        uint32_t x1 = o->x + o->width > s.x + s.width ? o->x + o->width : s.x + s.width,
                 y1 = o->y + o->height > s.y + s.height ? o->y + o->height : s.y + s.height;
        o->x = o->x < s.x ? o->x : s.x;
        o->y = o->y < s.y ? o->y : s.y;
        o->width = x1 - o->x;
        o->height = y1 - o->y;
        return;
    }
    if (t->n < MAX_SEGMENTS) t->segment[t->n] = s;
    t->n++;
}

/* 0: no, 1: dark between light, 2: light between dark. */
static int thin(int v, int a, int b)
{
    if (v + STEP <= (a < b ? a : b)) return 1;
    return v - STEP >= (a > b ? a : b) ? 2 : 0;
}

static void level_lines(struct thin_lines *t, const uint8_t *above, const uint8_t *row, const uint8_t *below,
                        uint32_t y)
{
    uint32_t run = 0;
    int kind = 0;
    for (uint32_t x = 0; x <= t->width; x++) {
        int k = x < t->width ? thin(row[x], above[x], below[x]) : 0;
        if (k == kind) {
            run++;
            continue;
        }
        if (kind && run >= t->level_px) add(t, (struct segment){x - run, y, run, 1});
        kind = k;
        run = 1;
    }
}

static void upright_lines(struct thin_lines *t, const uint8_t *row, uint32_t y)
{
    for (uint32_t x = t->reach_x; x + t->reach_x < t->width; x++) {
        int k = row ? thin(row[x], row[x - t->reach_x], row[x + t->reach_x]) : 0;
        for (int i = 0; i < 2; i++) {
            uint32_t *run = &t->run[i][x];
            if (k == i + 1) {
                ++*run;
            } else if (*run) {
                if (*run >= t->upright_px) add(t, (struct segment){x, y - *run, 1, *run});
                *run = 0;
            }
        }
    }
}

void thin_lines_row(struct thin_lines *t, const uint8_t *luma)
{
    uint64_t depth = 2 * (uint64_t)t->reach_y + 1, y = t->rows++;
    memcpy(t->ring + (y % depth) * t->width, luma, t->width);
    upright_lines(t, luma, (uint32_t)y);
    if (y + 1 < depth) return;
    uint64_t middle = y - t->reach_y;
    level_lines(t, t->ring + ((y + 1 - depth) % depth) * t->width, t->ring + (middle % depth) * t->width,
                luma, (uint32_t)middle);
}

static int in_a_code(const struct survey *s, const struct preflight_place *p)
{
    for (size_t i = 0; i < s->codes.n; i++) {
        const struct barcode *b = &s->codes.item[i];
        double slack = b->module + 0.2;
        if (p->x + p->width > b->x - slack && p->x < b->x + b->width + slack &&
            p->y + p->height > b->y - slack && p->y < b->y + b->height + slack)
            return 1;
    }
    return 0;
}

/* In a photograph, where there is no line work around, a thin light or shadow is no hairline. */
static int in_line_work(const struct survey *s, const struct preflight_place *p)
{
    uint32_t nx, ny;
    double cell_x, cell_y;
    mask_size(s->mask, &nx, &ny, &cell_x, &cell_y);
    uint32_t i = (uint32_t)((p->x + p->width / 2) / cell_x), j = (uint32_t)((p->y + p->height / 2) / cell_y);
    if (i >= nx || j >= ny) return 0;
    enum mask_class class = mask_class_at(s->mask, i, j);
    return class == MASK_EDGE || class == MASK_TEXT;
}

void thin_lines_end(struct thin_lines *t, const struct survey *s, struct preflight *p)
{
    double mm_x = 25.4 / s->dpi_x, mm_y = 25.4 / s->dpi_y;
    upright_lines(t, NULL, (uint32_t)t->rows);
    for (uint32_t i = 0; i < t->n && i < MAX_SEGMENTS; i++) {
        const struct segment *g = &t->segment[i];
        struct preflight_place place = {g->x * mm_x, g->y * mm_y, g->width * mm_x, g->height * mm_y, 0};
        place.value = fmax(place.width, place.height);
        if (in_a_code(s, &place) || !in_line_work(s, &place)) continue;
        if (p->n_lines < PREFLIGHT_PLACES) p->line[p->n_lines] = place;
        p->n_lines++;
    }
    if (t->n > MAX_SEGMENTS) p->n_lines += t->n - MAX_SEGMENTS;
}
