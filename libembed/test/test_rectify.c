/* A capture of known geometry laid into artwork coordinates: colours and carrier come out where they
 * belong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "capture/rectify.h"

/* A tilted, turned view: plane samples to mm. */
static void true_u(double x, double y, double u[2])
{
    double a = x / 400 - 0.5, b = y / 300 - 0.5, w = 1 + 0.25 * a - 0.15 * b;
    u[0] = 60 + (90 * a + 14 * b) / w;
    u[1] = -31 + (-15 * a + 66 * b) / w;
}

static struct field field_of(int width, int height, double spacing)
{
    struct field f = {.columns = (int)(width / spacing), .rows = (int)(height / spacing), .spacing = spacing};
    f.nodes = calloc((size_t)f.columns * (size_t)f.rows, sizeof *f.nodes);
    assert_non_null(f.nodes);
    for (int i = 0; i < f.columns * f.rows; i++) {
        struct node *n = &f.nodes[i];
        double right[2], down[2];
        n->at.x = (i % f.columns + 0.5) * spacing;
        n->at.y = (i / f.columns + 0.5) * spacing;
        true_u(n->at.x, n->at.y, n->at.u);
        true_u(n->at.x + 1, n->at.y, right);
        true_u(n->at.x, n->at.y + 1, down);
        for (int k = 0; k < 2; k++) {
            n->at.j[k][0] = right[k] - n->at.u[k];
            n->at.j[k][1] = down[k] - n->at.u[k];
        }
        n->state = NODE_LOCKED;
        n->gain = 2;
        f.locked++;
    }
    return f;
}

static uint8_t red(double u)
{
    return (uint8_t)lrint(127 + 100 * sin(u / 7));
}
static uint8_t green(double v)
{
    return (uint8_t)lrint(127 + 100 * cos(v / 5));
}

/* Twice as many pixels as samples each way. */
static uint8_t *picture(uint32_t width, uint32_t height)
{
    uint8_t *rgb = malloc((size_t)width * height * 3);
    assert_non_null(rgb);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            double u[2];
            true_u((x + 0.5) / 2 - 0.5, (y + 0.5) / 2 - 0.5, u);
            uint8_t *p = rgb + 3 * ((size_t)y * width + x);
            p[0] = red(u[0]), p[1] = green(u[1]), p[2] = 77;
        }
    return rgb;
}

static void colours_are_in_place(void **state)
{
    (void)state;
    for (int per_tile = 24; per_tile <= 256; per_tile *= 3) { /* 256 would do: holes show at 216 */
        struct field f = field_of(400, 300, 26);
        uint8_t *rgb = picture(800, 600);
        struct rectify_picture pic = {rgb, 800, 600, 2400, 2};
        struct rectified r;
        assert_int_equal(rectify_rgb(&r, &pic, &f, per_tile, 1 << 28), RECTIFY_OK);
        int there = 0, holes = 0;
        for (int j = 1; j + 1 < r.rows; j++)
            for (int i = 1; i + 1 < r.columns; i++) {
                size_t at = (size_t)j * (size_t)r.columns + (size_t)i;
                double u = r.tile[0] * TILE_MM + (i + 0.5) * r.pitch_mm,
                       v = r.tile[1] * TILE_MM + (j + 0.5) * r.pitch_mm;
                if (!(r.weight[at] > 0)) {
                    holes += r.weight[at - 1] > 0 && r.weight[at + 1] > 0;
                    continue;
                }
                there++;
                /* the samples on the border of the view see part of their area only */
                if (!(r.weight[at - 1] > 0 && r.weight[at + 1] > 0 && r.weight[at - (size_t)r.columns] > 0 &&
                      r.weight[at + (size_t)r.columns] > 0))
                    continue;
                if (fabs(r.v[3 * at] - red(u)) > 9 || fabs(r.v[3 * at + 1] - green(v)) > 9 ||
                    r.v[3 * at + 2] != 77)
                    fail_msg("%d per tile, (%d, %d) at %.2f, %.2f mm: %.0f %.0f, not %d %d", per_tile, i, j,
                             u, v, (double)r.v[3 * at], (double)r.v[3 * at + 1], red(u), green(v));
            }
        double area = there * r.pitch_mm * r.pitch_mm;
        if (holes || area < 4400 || area > 5600)
            fail_msg("%d per tile: %.0f mm2, %d holes", per_tile, area, holes);
        rectified_free(&r);
        free(rgb);
        free(f.nodes);
    }
}

static void carrier_adds_up(void **state)
{
    (void)state;
    struct field f = field_of(400, 300, 26);
    struct plane p = {.width = 400, .height = 300, .factor = 1};
    size_t n = 400 * 300;
    p.v = malloc(n * sizeof *p.v);
    p.weight = malloc(n * sizeof *p.weight);
    for (size_t i = 0; i < n; i++) {
        double u[2];
        true_u((double)(i % 400), (double)(i / 400), u);
        p.v[i] = (float)cos(2 * M_PI * (12 * u[0] + 5 * u[1]) / TILE_MM);
        p.weight[i] = 0.5f;
    }
    for (int gains = 0; gains < 2; gains++) {
        struct rectified r;
        double sum = 0, power = 0, miss = 0;
        assert_int_equal(rectify_plane(&r, &p, &f, 256, gains, 1 << 28), RECTIFY_OK);
        for (int j = 0; j < r.rows; j++)
            for (int i = 0; i < r.columns; i++) {
                double a =
                    2 * M_PI * (12 * (i + 0.5) + 5 * (j + 0.5)) / 256; /* tile is whole tiles: it drops out */
                double s = cos(a), t = sin(a);
                size_t at = (size_t)j * (size_t)r.columns + (size_t)i;
                sum += r.v[at] * s;
                miss += r.v[at] * t;
                power += r.weight[at] * s * s;
            }
        /* g = 0.5 (x 2 with gains): sum = g n / 2, power = g^2 n / 2; across: bilinear cells, 0.007 mm */
        double g = gains ? 1 : 0.5;
        if (fabs(sum * g / power - 1) > 0.02 || fabs(miss) > 0.04 * sum || power < g * g * 40000)
            fail_msg("gains %d: in phase %.0f, across %.0f, power %.0f", gains, sum, miss, power);
        rectified_free(&r);
    }
    free(p.v);
    free(p.weight);
    free(f.nodes);
}

static void limits_hold(void **state)
{
    (void)state;
    struct field f = field_of(400, 300, 26);
    uint8_t *rgb = picture(800, 600);
    struct rectify_picture pic = {rgb, 800, 600, 2400, 2};
    struct rectified r;
    assert_int_equal(rectify_rgb(&r, &pic, &f, 256, 1 << 20), RECTIFY_TOO_LARGE);
    rectified_free(&r);
    f.nodes[3].at.u[0] = 1e9; /* a place that is none: its cells are left out */
    assert_int_equal(rectify_rgb(&r, &pic, &f, 24, 1 << 20), RECTIFY_OK);
    assert_true(r.columns < 200);
    rectified_free(&r);
    f.nodes[3].at.u[0] = NAN;
    assert_int_equal(rectify_rgb(&r, &pic, &f, 24, 1 << 20), RECTIFY_OK);
    rectified_free(&r);
    for (int i = 0; i < f.columns * f.rows; i++) f.nodes[i].state = NODE_UNKNOWN;
    assert_int_equal(rectify_rgb(&r, &pic, &f, 24, 1 << 20), RECTIFY_EMPTY);
    rectified_free(&r);
    free(rgb);
    free(f.nodes);
}

/* The right half was not locked: it is continued, three nodes far. */
static void the_border_is_continued(void **state)
{
    (void)state;
    struct field f = field_of(400, 300, 26);
    double worst = 0;
    int guessed = 0;
    for (int i = 0; i < f.columns * f.rows; i++)
        if (i % f.columns >= f.columns / 2)
            memset(&f.nodes[i].at.u, 0, sizeof f.nodes[i].at.u), f.nodes[i].state = NODE_UNKNOWN;
    assert_int_equal(rectify_extend(&f, 3), 0);
    for (int i = 0; i < f.columns * f.rows; i++) {
        const struct node *n = &f.nodes[i];
        int column = i % f.columns;
        double u[2];
        assert_int_equal(n->state, column < f.columns / 2       ? NODE_LOCKED
                                   : column < f.columns / 2 + 3 ? NODE_GUESSED
                                                                : NODE_UNKNOWN);
        true_u(n->at.x, n->at.y, u);
        if (n->state == NODE_GUESSED) {
            worst = fmax(worst, hypot(n->at.u[0] - u[0], n->at.u[1] - u[1]));
            guessed++;
        }
    }
    if (!(worst < 0.3) || guessed != 3 * f.rows) fail_msg("%d nodes, up to %.2f mm off", guessed, worst);
    free(f.nodes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_are_in_place),
        cmocka_unit_test(carrier_adds_up),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(the_border_is_continued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
