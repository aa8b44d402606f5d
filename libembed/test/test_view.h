/* Views of known geometry of drawn artwork, for the tests of what compares them with a thumbnail. */
#ifndef TEST_VIEW_H
#define TEST_VIEW_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "capture/content.h"
#include "test/sim.h"

#define WIDTH_MM  90.0
#define HEIGHT_MM 120.0
enum { THUMB_W = 180, THUMB_H = 240, BLOTS = 90 };

struct artwork {
    int n;
    double x[BLOTS], y[BLOTS], r[BLOTS], light[BLOTS];
};

/* Artwork number n: blots of 2 to 8 mm; number 0 is blank. */
static inline struct artwork artwork_of(unsigned n)
{
    struct artwork a = {.n = n ? BLOTS : 0};
    for (uint64_t k = 0; k < BLOTS; k++) {
        a.x[k] = sim_uniform(n, 4 * k) * WIDTH_MM;
        a.y[k] = sim_uniform(n, 4 * k + 1) * HEIGHT_MM;
        a.r[k] = 1 + 3 * sim_uniform(n, 4 * k + 2);
        a.light[k] = 255 * sim_uniform(n, 4 * k + 3);
    }
    return a;
}

static inline double light_at(const struct artwork *a, double x, double y)
{
    double light = 200;
    if (x < 0 || y < 0 || x > WIDTH_MM || y > HEIGHT_MM) return light;
    for (int k = 0; k < a->n; k++) {
        double dx = x - a->x[k], dy = y - a->y[k];
        if (dx * dx + dy * dy < a->r[k] * a->r[k]) light = a->light[k];
    }
    return light;
}

static inline struct content_reference thumbnail(unsigned n)
{
    struct artwork a = artwork_of(n);
    uint8_t *grey = malloc(THUMB_W * THUMB_H);
    assert_non_null(grey);
    for (int i = 0; i < THUMB_W * THUMB_H; i++) {
        double sum = 0;
        for (int k = 0; k < 9; k++)
            sum += light_at(&a, (i % THUMB_W + (k % 3 + 0.5) / 3) * WIDTH_MM / THUMB_W,
                            (i / THUMB_W + (k / 3 + 0.5) / 3) * HEIGHT_MM / THUMB_H);
        grey[i] = (uint8_t)(sum / 9);
    }
    return (struct content_reference){grey, THUMB_W, THUMB_H, 0, 0, WIDTH_MM, HEIGHT_MM};
}

struct view {
    struct rectify_picture pic;
    struct field f;
};

/* Turned by a little, from x, y mm of the artwork on, 6 px/mm, under a warm lamp and with another
 * tone curve. */
static const double TURN = 0.1, PPMM = 6;

static inline void view_place(double px, double py, double x, double y, double u[2])
{
    u[0] = x + (px * cos(TURN) + py * sin(TURN)) / PPMM;
    u[1] = y + (py * cos(TURN) - px * sin(TURN)) / PPMM;
}

/* tiles: what detect() cannot know is added to u. */
static inline struct view view_of(const struct artwork *a, double x, double y, double side_mm, int tiles_x,
                                  int tiles_y, double noise)
{
    uint32_t side = (uint32_t)(side_mm * PPMM);
    uint8_t *rgb = malloc((size_t)side * side * 3);
    assert_non_null(rgb);
    for (uint32_t j = 0; j < side; j++)
        for (uint32_t i = 0; i < side; i++) {
            double u[2], lamp = 0.6 + 0.4 * i / side;
            view_place(i + 0.5, j + 0.5, x, y, u);
            double light = 255 * pow(light_at(a, u[0], u[1]) / 255, 0.85) * lamp;
            light += noise * sim_normal(99, (uint64_t)j * side + i);
            uint8_t v = (uint8_t)fmax(0, fmin(255, light)), *p = rgb + 3 * ((size_t)j * side + i);
            p[0] = v, p[1] = v, p[2] = (uint8_t)(v * 3 / 4);
        }
    struct view w = {{rgb, side, side, 3 * (size_t)side, 1}, {.spacing = 6.4 * PPMM}};
    w.f.columns = w.f.rows = (int)(side / w.f.spacing);
    w.f.nodes = calloc((size_t)w.f.columns * (size_t)w.f.rows, sizeof *w.f.nodes);
    assert_non_null(w.f.nodes);
    for (int k = 0; k < w.f.columns * w.f.rows; k++) {
        struct node *q = &w.f.nodes[k];
        q->at.x = (k % w.f.columns + 0.5) * w.f.spacing;
        q->at.y = (k / w.f.columns + 0.5) * w.f.spacing;
        view_place(q->at.x + 0.5, q->at.y + 0.5, x, y, q->at.u);
        q->at.u[0] += tiles_x * TILE_MM;
        q->at.u[1] += tiles_y * TILE_MM;
        q->at.j[0][0] = q->at.j[1][1] = cos(TURN) / PPMM;
        q->at.j[0][1] = sin(TURN) / PPMM;
        q->at.j[1][0] = -sin(TURN) / PPMM;
        q->state = NODE_LOCKED;
    }
    return w;
}

static inline void view_free(struct view *w)
{
    free((void *)w->pic.rgb);
    free(w->f.nodes);
}
#endif
