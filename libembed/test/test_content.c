/* content_compare() on views of known geometry: what agrees, what differs, and what neither can be
 * said of. */
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
enum { THUMB_W = 180, THUMB_H = 240 };

/* Artwork number n at a place, light 0..255: blots of 2 to 8 mm; number 0 is blank. */
static double artwork(unsigned n, double x, double y)
{
    double light = 200;
    if (!n || x < 0 || y < 0 || x > WIDTH_MM || y > HEIGHT_MM) return light;
    for (uint64_t k = 0; k < 160; k++) {
        double cx = sim_uniform(n, 4 * k) * WIDTH_MM, cy = sim_uniform(n, 4 * k + 1) * HEIGHT_MM,
               r = 1 + 3 * sim_uniform(n, 4 * k + 2);
        if (hypot(x - cx, y - cy) < r) light = 255 * sim_uniform(n, 4 * k + 3);
    }
    return light;
}

static struct content_reference thumbnail(unsigned n)
{
    uint8_t *grey = malloc(THUMB_W * THUMB_H);
    assert_non_null(grey);
    for (int i = 0; i < THUMB_W * THUMB_H; i++)
        grey[i] = (uint8_t)artwork(n, (i % THUMB_W + 0.5) * WIDTH_MM / THUMB_W,
                                   (i / THUMB_W + 0.5) * HEIGHT_MM / THUMB_H);
    return (struct content_reference){grey, THUMB_W, THUMB_H, 0, 0, WIDTH_MM, HEIGHT_MM};
}

/* A view turned by a little, from x, y mm of the artwork on, 4 px/mm, under a lamp and with another
 * tone curve. */
struct view {
    struct rectify_picture pic;
    struct field f;
};
static const double TURN = 0.1, PPMM = 4;

static void place(double px, double py, double x, double y, double u[2])
{
    u[0] = x + (px * cos(TURN) + py * sin(TURN)) / PPMM;
    u[1] = y + (py * cos(TURN) - px * sin(TURN)) / PPMM;
}

/* tiles: what detect() cannot know is added to u. */
static struct view view_of(unsigned n, double x, double y, double side_mm, int tiles_x, int tiles_y,
                           double noise)
{
    uint32_t side = (uint32_t)(side_mm * PPMM);
    uint8_t *rgb = malloc((size_t)side * side * 3);
    assert_non_null(rgb);
    for (uint32_t j = 0; j < side; j++)
        for (uint32_t i = 0; i < side; i++) {
            double u[2], lamp = 0.6 + 0.4 * i / side;
            place(i + 0.5, j + 0.5, x, y, u);
            double light = 255 * pow(artwork(n, u[0], u[1]) / 255, 0.7) * lamp;
            light += noise * sim_normal(99, (uint64_t)j * side + i);
            uint8_t v = (uint8_t)fmax(0, fmin(255, light)), *p = rgb + 3 * ((size_t)j * side + i);
            p[0] = v, p[1] = v, p[2] = (uint8_t)(v * 3 / 4); /* a warm lamp */
        }
    struct view w = {{rgb, side, side, 3 * (size_t)side, 1}, {.spacing = 6.4 * PPMM}};
    w.f.columns = w.f.rows = (int)(side / w.f.spacing);
    w.f.nodes = calloc((size_t)w.f.columns * (size_t)w.f.rows, sizeof *w.f.nodes);
    for (int k = 0; k < w.f.columns * w.f.rows; k++) {
        struct node *q = &w.f.nodes[k];
        q->at.x = (k % w.f.columns + 0.5) * w.f.spacing;
        q->at.y = (k / w.f.columns + 0.5) * w.f.spacing;
        place(q->at.x + 0.5, q->at.y + 0.5, x, y, q->at.u);
        q->at.u[0] += tiles_x * TILE_MM;
        q->at.u[1] += tiles_y * TILE_MM;
        q->at.j[0][0] = q->at.j[1][1] = cos(TURN) / PPMM;
        q->at.j[0][1] = sin(TURN) / PPMM;
        q->at.j[1][0] = -sin(TURN) / PPMM;
        q->state = NODE_LOCKED;
    }
    return w;
}

static struct content compare(const struct view *w, const struct content_reference *ref)
{
    struct content c;
    assert_int_equal(content_compare(&w->pic, &w->f, ref, &c), 0);
    return c;
}

static void view_free(struct view *w)
{
    free((void *)w->pic.rgb);
    free(w->f.nodes);
}

static void the_same_agrees_and_is_placed(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(1);
    for (int k = 0; k < 4; k++) {
        struct view w = view_of(1, 10 + 6 * k, 20 + 9 * k, 55, k - 2, 3 * k - 1, 12);
        struct content c = compare(&w, &ref);
        if (c.answer != CONTENT_AGREES || c.agreement < 0.7 || c.tiles[0] != k - 2 || c.tiles[1] != 3 * k - 1)
            fail_msg("view %d: answer %d, %.2f, tiles %d %d", k, c.answer, c.agreement, c.tiles[0],
                     c.tiles[1]);
        view_free(&w);
    }
    free((void *)ref.grey);
}

static void another_differs(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(1);
    for (unsigned n = 2; n < 8; n++) {
        struct view w = view_of(n, 12, 25, 60, 0, 0, 12);
        struct content c = compare(&w, &ref);
        if (c.answer != CONTENT_DIFFERS || c.agreement > 0.3)
            fail_msg("artwork %u: answer %d, %.2f", n, c.answer, c.agreement);
        view_free(&w);
    }
    struct view blank = view_of(0, 12, 25, 60, 0, 0, 12); /* the mark alone, on a tint */
    assert_int_equal(compare(&blank, &ref).answer, CONTENT_DIFFERS);
    view_free(&blank);
    free((void *)ref.grey);
}

static void little_is_not_measurable(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(1), blank = thumbnail(0);
    struct view part = view_of(2, 30, 30, 25, 0, 0, 12), tint = view_of(0, 10, 10, 60, 0, 0, 12),
                whole = view_of(1, 10, 10, 60, 0, 0, 12);
    assert_int_equal(compare(&part, &ref).answer, CONTENT_NOT_MEASURABLE);
    assert_int_equal(compare(&tint, &blank).answer, CONTENT_NOT_MEASURABLE);
    struct content_reference odd = ref; /* as a hostile manifest might have them */
    odd.width_mm = 1e6;
    assert_int_equal(compare(&whole, &odd).answer, CONTENT_NOT_MEASURABLE);
    odd.width_mm = odd.height_mm = 1e-6;
    assert_int_equal(compare(&whole, &odd).answer, CONTENT_NOT_MEASURABLE);
    odd = ref;
    odd.x_mm = 1e6;
    assert_int_equal(compare(&whole, &odd).answer, CONTENT_NOT_MEASURABLE);
    odd = ref;
    odd.width = odd.height = 1;
    assert_int_equal(compare(&whole, &odd).answer, CONTENT_NOT_MEASURABLE);
    view_free(&part);
    view_free(&tint);
    view_free(&whole);
    free((void *)ref.grey);
    free((void *)blank.grey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_agrees_and_is_placed),
        cmocka_unit_test(another_differs),
        cmocka_unit_test(little_is_not_measurable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
