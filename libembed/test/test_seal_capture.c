/*
 * The seal as read: a picture is made of the signal itself (blue moved by it, noise, turned and scaled), the message is
 * read, and the seal looked for.  What must hold: found where it is and nowhere else, by its key and no other, with a p
 * that chance keeps to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "capture/seal.h"
#include "mark/sealrows.h"
#include "test/test_tile.h"
#include "trust/sealkey.h"

static const uint8_t ANCHOR[1][32] = {{7, 7, 7}};
static const struct seal_stream KEY = {.key = {1, 2, 3}}, OTHER = {.key = {3, 2, 1}};

struct scene {
    double px_per_mm, turn;         /* rad */
    double x_mm, y_mm;              /* on the artwork, of the picture's top-left corner */
    int width, height;              /* px */
    const struct seal_stream *seal; /* NULL: none */
    struct {
        double x, y, width, height;
    } hole;       /* mm: here the message is without the seal */
    double noise; /* levels */
};

static struct tile *tile_sealed(int sealed)
{
    struct payload p = {.lot_id = {1, 2, 3, 4, 5}};
    uint8_t message[PAYLOAD_BYTES];
    payload_pack(&p, message);
    return tile_of_share(ANCHOR[0], message, sealed ? 1 - SEAL_SHARE : 1);
}

static uint32_t state32 = 1;
static double noise(double amplitude) /* about normal */
{
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        state32 = state32 * 1664525u + 1013904223u;
        sum += (state32 >> 8) / 16777216.0 - 0.5;
    }
    return sum * amplitude * 1.7;
}

/* Blue falls where the signal is positive. */
static uint8_t *draw(const struct scene *s)
{
    uint8_t *rgb = malloc(3 * (size_t)s->width * (size_t)s->height);
    struct tile *t = tile_sealed(s->seal != NULL);
    struct seal_rows *rows = seal_rows_new(0, 1 << 28);
    int16_t *a = malloc(2 * (size_t)s->width), *b = malloc(2 * (size_t)s->width);
    double dx = cos(s->turn) / s->px_per_mm, dy = sin(s->turn) / s->px_per_mm;
    state32 = 1;
    if (s->seal) seal_rows_page(rows, seal_stream_bits, s->seal);
    for (int y = 0; y < s->height; y++) {
        double x0 = s->x_mm - y * dy, y0 = s->y_mm + y * dx;
        tile_line(t, TILE_INK, x0, y0, dx, dy, (size_t)s->width, a);
        memcpy(b, a, 2 * (size_t)s->width);
        if (s->seal) assert_int_equal(seal_line(rows, x0, y0, dx, dy, (size_t)s->width, a, NULL), 0);
        for (int x = 0; x < s->width; x++) {
            double u = x0 + x * dx - s->hole.x, v = y0 + x * dy - s->hole.y;
            int hole = u >= 0 && v >= 0 && u < s->hole.width && v < s->hole.height;
            double signal = (hole ? b[x] : a[x]) / (double)TILE_UNIT;
            uint8_t *p = rgb + 3 * ((size_t)y * (size_t)s->width + (size_t)x);
            double grey = noise(s->noise);
            p[0] = (uint8_t)lrint(190 + grey + noise(s->noise));
            p[1] = (uint8_t)lrint(180 + grey + noise(s->noise));
            p[2] = (uint8_t)lrint(150 - 6 * signal + grey + noise(s->noise));
        }
    }
    free(a), free(b), free(t);
    seal_rows_free(rows);
    return rgb;
}

struct looked {
    struct detection d;
    uint8_t *rgb;
    struct seal_request r;
};

static void look(struct looked *l, const struct scene *s)
{
    l->rgb = draw(s);
    struct detect_request r = {.rgb = l->rgb,
                               .width = (uint32_t)s->width,
                               .height = (uint32_t)s->height,
                               .stride = 3 * (size_t)s->width,
                               .anchors = ANCHOR,
                               .n_anchors = 1,
                               .p_false = 1e-9,
                               .effort = 1,
                               .whole = 1};
    assert_int_equal(detect(&r, &l->d), 0);
    assert_true(l->d.read);
    l->r = (struct seal_request){.source = {l->rgb, r.width, r.height, r.stride, CARRIER_YELLOW_BLUE, &l->d},
                                 .anchor = ANCHOR[0]};
}

static void end(struct looked *l)
{
    detection_clear(&l->d);
    free(l->rgb);
}

static struct seal_found find(struct looked *l, const struct seal_page *pages, int n)
{
    struct seal_found f;
    l->r.pages = pages;
    l->r.n_pages = n;
    assert_int_equal(seal_detect(&l->r, &f), SEAL_OK);
    return f;
}

static const struct scene PLAIN = {.px_per_mm = 9,
                                   .turn = 0.4,
                                   .x_mm = 61,
                                   .y_mm = 23,
                                   .width = 560,
                                   .height = 520,
                                   .seal = &KEY,
                                   .noise = 5};

/* Where u of the picture's top-left corner lies. */
static void corner(const struct detection *d, double u[2])
{
    const struct node *best = NULL;
    for (int i = 0; i < d->field.columns * d->field.rows; i++) {
        const struct node *n = &d->field.nodes[i];
        if (n->state == NODE_LOCKED && (!best || n->at.x + n->at.y < best->at.x + best->at.y)) best = n;
    }
    assert_non_null(best);
    for (int k = 0; k < 2; k++)
        u[k] = best->at.u[k] - best->at.j[k][0] * best->at.x - best->at.j[k][1] * best->at.y;
}

static void found_where_it_is(void **state)
{
    (void)state;
    struct looked l;
    const struct seal_page pages[] = {{1, 9, 8, seal_stream_bits, &OTHER}, {2, 9, 8, seal_stream_bits, &KEY}};
    look(&l, &PLAIN);
    struct seal_found f = find(&l, pages, 2);
    double u[2];
    corner(&l.d, u);
    assert_true(f.present);
    assert_true(f.p < 1e-30);
    assert_int_equal(f.page, 2);
    assert_true(fabs(u[0] + f.shift[0] * TILE_MM - PLAIN.x_mm) < 0.6);
    assert_true(fabs(u[1] + f.shift[1] * TILE_MM - PLAIN.y_mm) < 0.6);
    assert_true(fabs(f.z - f.expected) < 4); /* it is as strong as the message says */
    for (int i = 0; i < f.n_views; i++) assert_true(f.views[i].z > f.views[i].expected - 4.5);
    seal_found_clear(&f);
    end(&l);
}

/* A mark with the message alone, or with another lot's seal: there is none, though it would have shown. */
static void missed_where_it_is_not(void **state)
{
    (void)state;
    struct scene s = PLAIN;
    const struct seal_page page = {1, 9, 8, seal_stream_bits, &KEY};
    for (int k = 0; k < 2; k++) {
        struct looked l;
        s.seal = k ? &OTHER : NULL;
        look(&l, &s);
        struct seal_found f = find(&l, &page, 1);
        assert_false(f.present);
        assert_true(f.p > 1e-3);
        assert_true(f.possible > 12);
        assert_true(f.z < 0.4 * f.possible);
        seal_found_clear(&f);
        end(&l);
    }
}

/* Random keys: z is that of coins, and p no smaller than what chance gives. */
static void chance(void **state)
{
    (void)state;
    enum { KEYS = 100 };
    struct looked l;
    double squares = 0, least = 1;
    look(&l, &PLAIN);
    for (int i = 0; i < KEYS; i++) {
        struct seal_stream s = {.key = {(uint8_t)i, (uint8_t)(i >> 8), 99}};
        const struct seal_page page = {1, 3, 3, seal_stream_bits, &s};
        struct seal_found f = find(&l, &page, 1);
        least = fmin(least, f.p);
        squares += f.n_views > 3 ? f.views[0].z * f.views[0].z : 1;
        assert_false(f.present);
        seal_found_clear(&f);
    }
    assert_true(least > 1e-4); /* Hoeffding's bound is above chance by some factor */
    assert_true(squares / KEYS > 0.6 && squares / KEYS < 2.5);
    end(&l);
}

/* The message printed again without the seal over one cell: that cell has none, the others have it. */
static void patch_without(void **state)
{
    (void)state;
    struct scene s = PLAIN;
    struct looked l;
    int patched = 0, whole = 0;
    s.turn = 0;
    s.hole.x = 4 * TILE_MM, s.hole.y = 2 * TILE_MM, s.hole.width = s.hole.height = TILE_MM;
    const struct seal_page page = {1, 9, 8, seal_stream_bits, &KEY};
    look(&l, &s);
    struct seal_found f = find(&l, &page, 1);
    assert_true(f.present);
    for (int i = 0; i < f.n_views; i++) {
        const struct seal_view *v = &f.views[i];
        if (v->share < 0.4 || v->expected < 5) continue;
        if (v->column == 4 && v->row == 2) {
            assert_true(v->z < 3);
            patched++;
        } else {
            assert_true(v->z > 3);
            whole++;
        }
    }
    assert_int_equal(patched, 1);
    assert_true(whole >= 3);
    seal_found_clear(&f);
    end(&l);
}

static void limits(void **state)
{
    (void)state;
    struct looked l;
    struct seal_found f;
    look(&l, &PLAIN);
    struct seal_page page = {1, 300, 300, seal_stream_bits, &KEY};
    l.r.pages = &page;
    l.r.n_pages = 1;
    assert_int_equal(seal_detect(&l.r, &f), SEAL_TOO_LARGE);
    seal_found_clear(&f);
    page.columns = 0;
    assert_int_equal(seal_detect(&l.r, &f), SEAL_NOTHING);
    seal_found_clear(&f);
    page =
        (struct seal_page){1, 1, 1, seal_stream_bits, &KEY}; /* the artwork is smaller than what is in view */
    assert_int_equal(seal_detect(&l.r, &f), SEAL_OK);
    assert_false(f.present);
    seal_found_clear(&f);
    end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_where_it_is),
        cmocka_unit_test(missed_where_it_is_not),
        cmocka_unit_test(chance),
        cmocka_unit_test(patch_without),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
