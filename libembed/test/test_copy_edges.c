/*
 * The artwork's edges: of drawn captures with a known blur the bands must be those of the blur, wherever the capture lies; copies of
 * good prints must be told from them by edges, and nothing said where there are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "capture/copy.h"
#include "test/sim.h"

enum { WIDTH = 750, HEIGHT = 650, SPACING = 50 };
static const double PX_PER_MM = 26;

/* The capture's pixels to u: turned by angle, its corner at (x, y) mm. */
struct pose {
    double angle, x, y;
};

static void true_u(const struct pose *p, double x, double y, double u[2])
{
    double c = cos(p->angle) / PX_PER_MM, s = sin(p->angle) / PX_PER_MM;
    u[0] = p->x + c * x - s * y;
    u[1] = p->y + s * x + c * y;
}

static struct field field_of(const struct pose *p)
{
    struct field f = {.columns = WIDTH / SPACING, .rows = HEIGHT / SPACING, .spacing = SPACING};
    f.nodes = calloc((size_t)f.columns * (size_t)f.rows, sizeof *f.nodes);
    assert_non_null(f.nodes);
    for (int i = 0; i < f.columns * f.rows; i++) {
        struct node *n = &f.nodes[i];
        n->at.x = (i % f.columns + 0.5) * SPACING;
        n->at.y = (i / f.columns + 0.5) * SPACING;
        true_u(p, n->at.x, n->at.y, n->at.u);
        n->at.j[0][0] = n->at.j[1][1] = cos(p->angle) / PX_PER_MM;
        n->at.j[1][0] = sin(p->angle) / PX_PER_MM;
        n->at.j[0][1] = -n->at.j[1][0];
        n->state = NODE_LOCKED;
        n->gain = 1;
        f.locked++;
    }
    return f;
}

/* Discs and bars, blurred by a Gaussian of sigma mm: each edge is the error function across it.  sharpen: of a wider one, added. */
static double edge(double distance, double sigma, double sharpen)
{
    double wide = hypot(sigma, 0.25);
    if (fabs(distance) > 5 * (sharpen > 0 ? wide : sigma)) return distance < 0;
    double v = 0.5 * erfc(distance / sigma / sqrt(2));
    return sharpen > 0 ? v + sharpen * (v - 0.5 * erfc(distance / wide / sqrt(2))) : v;
}

static double lightness(double x, double y, double sigma, double sharpen)
{
    double shade = 0;
    for (int k = 0; k < 6; k++) {
        double dx = x - 5 - 8 * (k % 3), dy = y - 6 - 10 * (k / 3);
        if (dx * dx + dy * dy > 25) continue;
        shade += 0.12 * edge(hypot(dx, dy) - 3.1, sigma, sharpen);
        shade += 0.1 * edge(fabs(dx * cos(k) + dy * sin(k)) - 1.1, sigma, sharpen) *
                 edge(hypot(dx, dy) - 2.4, 0.6, 0);
    }
    return shade;
}

/* Its logarithm is what is drawn: light = 180 exp(-shade). */
static uint8_t *draw(const struct pose *p, double sigma, double sharpen, int plain, uint64_t seed)
{
    uint8_t *rgb = malloc((size_t)WIDTH * HEIGHT * 3);
    assert_non_null(rgb);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        double u[2];
        true_u(p, i % WIDTH, i / WIDTH, u);
        double light = 180 * exp(-(plain ? 0.2 : lightness(u[0], u[1], sigma, sharpen)));
        light += 4 * sin(2 * M_PI * 6.9 * (u[0] + 0.3 * u[1])) *
                 sin(2 * M_PI * 6.9 * (u[1] - 0.3 * u[0])); /* a screen */
        light += 6 * (sim_uniform(seed, (uint64_t)i) - 0.5);
        for (int k = 0; k < 3; k++) rgb[3 * i + k] = (uint8_t)lrint(light);
    }
    return rgb;
}

struct drawn {
    double sigma, sharpen;
    int plain;
    uint32_t page;
    double angle;
};

static void measure(const struct drawn *o, uint64_t seed, struct edges *out)
{
    /* the field's u is ahead of the artwork by whole tiles */
    struct pose at = {o->angle, -1 - (double)(seed % 3), -1.5 - (double)(seed % 2)}, seen = at;
    int ahead[2] = {(int)(seed % 4), -(int)(seed % 5)};
    uint8_t *rgb = draw(&at, o->sigma, o->sharpen, o->plain, seed);
    seen.x += ahead[0] * TILE_MM, seen.y += ahead[1] * TILE_MM;
    struct detection d = {.field = field_of(&seen), .factor = 1, .px_per_mm = PX_PER_MM};
    struct seal_found f = {.page = o->page ? o->page : 1, .shift = {-ahead[0], -ahead[1]}};
    struct cells_source src = {rgb, WIDTH, HEIGHT, 3 * WIDTH, CARRIER_YELLOW_BLUE, &d};
    assert_int_equal(edges_measure(&src, &f, out), 0);
    free(d.field.nodes);
    free(rgb);
}

enum { ENROLLED = 4 };
static const double CONTRAST[ENROLLED] = {0.05, 0.05, 0.05, 0.05};
static const double BLUR = 0.05;

struct prints {
    struct edges of[ENROLLED];
    struct edge_reference ref;
};

static struct prints *enrol(int plain)
{
    struct prints *p = calloc(1, sizeof *p);
    for (int i = 0; i < ENROLLED; i++)
        measure(&(struct drawn){.sigma = BLUR, .angle = 0.1 * i, .plain = plain}, (uint64_t)i, &p->of[i]);
    assert_int_equal(edges_enrol(p->of, CONTRAST, ENROLLED, &p->ref), 0);
    return p;
}

static void prints_free(struct prints *p)
{
    for (int i = 0; i < ENROLLED; i++) edges_clear(&p->of[i]);
    free(p);
}

static void compare(const struct prints *p, const struct drawn *o, uint64_t seed, struct edge_fit *fit)
{
    struct edges e;
    measure(o, seed, &e);
    assert_int_equal(edges_compare(&e, &p->ref, 0, fit), 0);
    edges_clear(&e);
}

static struct edge_judgement judge(const struct prints *p, const struct drawn *o, uint64_t seed)
{
    struct edge_fit fit;
    struct edge_judgement j;
    compare(p, o, seed, &fit);
    edges_judge(&fit, &p->ref, 1, 1, &j);
    return j;
}

/* Discs have their edges where they are, across the radius. */
static void edges_are_in_place(void **state)
{
    (void)state;
    struct prints *p = enrol(0);
    int on = 0, across = 0;
    for (uint32_t i = 0; i < p->ref.n; i++) {
        double x = p->ref.at[i].column * TILE_MM / EDGE_PER_TILE + TILE_MM / 12;
        double y = p->ref.at[i].row * TILE_MM / EDGE_PER_TILE + TILE_MM / 12;
        for (int k = 0; k < 6; k++) {
            double dx = x - 5 - 8 * (k % 3), dy = y - 6 - 10 * (k / 3);
            if (fabs(hypot(dx, dy) - 3.3) > 0.5) continue;
            double off = p->ref.at[i].direction * M_PI / EDGE_DIRECTIONS - atan2(dy, dx);
            on++;
            across += fabs(cos(off)) > cos(0.5);
        }
    }
    if (on < 40 || across < 0.9 * on) fail_msg("%d of %d across", across, on);
    prints_free(p);
}

/* What a blur leaves of the bands is its transfer function over that of the middle bands. */
static void bands_are_the_blur(void **state)
{
    (void)state;
    struct prints *p = enrol(0);
    assert_true(p->ref.n > 60);
    for (int blurred = 0; blurred < 2; blurred++) {
        double sigma = blurred ? 0.065 : BLUR, more = sigma * sigma - BLUR * BLUR;
        struct edge_fit fit;
        compare(p, &(struct drawn){.sigma = sigma, .angle = 0.7}, 9, &fit);
        assert_true(fit.cells > 40);
        for (int b = 0; b < EDGE_BANDS; b++) {
            double f = 0.8 + 0.4 * b,
                   want = -2 * M_PI * M_PI * more * (f * f - 3.28); /* mean of 1.6^2, 2^2 */
            if (b == 2 || b == 3 || (b == 6 && !(fit.deviation[b] > 0))) continue;
            if (!(fit.deviation[b] > 0) || fabs(fit.gain[b] - want) > 0.025 + 3 * fit.deviation[b])
                fail_msg("sigma %.3f, band %d: %.3f +- %.3f, not %.3f", sigma, b, fit.gain[b],
                         fit.deviation[b], want);
        }
    }
    prints_free(p);
}

static void copies_are_told(void **state)
{
    (void)state;
    struct prints *p = enrol(0);
    struct edge_judgement good = judge(p, &(struct drawn){.sigma = BLUR, .angle = -0.4}, 11);
    struct edge_judgement lost = judge(p, &(struct drawn){.sigma = 0.085, .angle = -0.3}, 12);
    struct edge_judgement sharp = judge(p, &(struct drawn){.sigma = BLUR, .sharpen = 0.6, .angle = 1}, 13);
    assert_true(good.lost_power > 3 && good.clean_power > 3);
    assert_true(fabs(good.lost) < 1.5 && fabs(good.clean) < 1.5);
    assert_true(lost.lost > 3.3 && lost.clean < 1);
    assert_true(sharp.clean > 3.3);
    /* a camera that the screen tells to be as much duller is excused, by half of it */
    struct edges e;
    struct edge_fit plain, dull;
    measure(&(struct drawn){.sigma = 0.06}, 14, &e);
    assert_int_equal(edges_compare(&e, &p->ref, 0, &plain), 0);
    assert_int_equal(edges_compare(&e, &p->ref, log(0.6), &dull), 0);
    assert_true(dull.gain[5] > plain.gain[5] + 0.02);
    edges_clear(&e);
    prints_free(p);
}

static void nothing_is_said_without_edges(void **state)
{
    (void)state;
    struct prints *p = enrol(1), *q = enrol(0);
    struct edge_fit fit;
    struct edge_judgement j;
    assert_true(p->ref.n < 8);
    compare(p, &(struct drawn){.plain = 1}, 21, &fit);
    assert_int_equal(fit.cells, 0);
    edges_judge(&fit, &p->ref, 1, 1, &j);
    assert_true(j.lost == 0 && j.clean == 0 && j.lost_power == 0 && j.clean_power == 0);
    compare(q, &(struct drawn){.sigma = BLUR, .page = 2}, 22, &fit); /* another page's edges are others */
    assert_int_equal(fit.cells, 0);
    prints_free(p);
    prints_free(q);
}

/* Several captures of a print: surer than one, less than as many prints. */
static void pooled(void **state)
{
    (void)state;
    struct edge_fit set[3], all;
    struct prints *p = enrol(0);
    struct edge_judgement one, three;
    for (uint64_t i = 0; i < 3; i++)
        compare(p, &(struct drawn){.sigma = 0.07, .angle = 0.5 * (double)i}, 30 + i, &set[i]);
    edges_pool(set, 1, &all);
    edges_judge(&set[0], &p->ref, 1, 1, &one);
    edges_judge(&all, &p->ref, 1, 1, &three);
    assert_float_equal(three.lost, one.lost, 1e-9);
    const struct edge_fit same[3] = {set[0], set[0], set[0]};
    edges_pool(same, 3, &all);
    assert_float_equal(all.deviation[4], set[0].deviation[4] * sqrt(5.0 / 9),
                       1e-9); /* a third is the reference's */
    edges_judge(&all, &p->ref, 3, 1, &three);
    assert_true(three.lost_power > 1.02 * one.lost_power && three.lost_power < 1.7 * one.lost_power);
    edges_pool(set, 3, &all);
    double mean = (set[0].gain[4] + set[1].gain[4] + set[2].gain[4]) / 3;
    assert_float_equal(all.gain[4], mean, 1e-9);
    prints_free(p);
}

static void outliers(void **state)
{
    (void)state;
    struct prints *p = enrol(0);
    double apart[ENROLLED];
    assert_int_equal(edges_apart(p->of, CONTRAST, ENROLLED, apart), 0);
    for (int i = 0; i < ENROLLED; i++) assert_true(apart[i] < COPY_APART);
    edges_clear(&p->of[1]);
    measure(&(struct drawn){.sigma = 0.09}, 41, &p->of[1]);
    assert_int_equal(edges_apart(p->of, CONTRAST, ENROLLED, apart), 0);
    assert_true(apart[1] > COPY_APART);
    for (int i = 0; i < ENROLLED; i++) assert_true(i == 1 || apart[i] < apart[1]);
    prints_free(p);
}

static struct copy_bands photo(void)
{
    struct copy_bands b = {.gain = {1.36, 1.22, 1.06, 0.94, 0.68, 0.52, 0.38, 0.27},
                           .norm = 0.02,
                           .px_per_mm = 31,
                           .screen = 0.03,
                           .lpi = {173.4, 173.4}};
    for (int k = 0; k < COPY_BANDS; k++) b.deviation[k] = 0.08;
    return b;
}

/* A mark that says too little by itself, and edges that do; where the captures cannot be compared they say nothing either. */
static void mark_and_edges(void **state)
{
    (void)state;
    const struct edge_judgement good = {0.2, 6, -0.3, 12}, copy = {5.5, 6, 0.3, 12}, sharp = {0.5, 6, 9, 12},
                                middle = {2.7, 6, 0, 12}, faint = {0.1, 0.5, 0.1, 0.6};
    struct copy_bands set[9], ref, x = photo();
    struct copy_judgement j;
    for (int i = 0; i < 9; i++) set[i] = photo();
    assert_int_equal(copy_enrol(COPY_PHOTO, set, 9, &ref), 1);
    copy_judge_edges(COPY_PHOTO, &x, &ref, NULL, &j);
    assert_int_equal(j.answer, COPY_INCONCLUSIVE);
    copy_judge_edges(COPY_PHOTO, &x, &ref, &faint, &j);
    assert_int_equal(j.answer, COPY_INCONCLUSIVE);
    copy_judge_edges(COPY_PHOTO, &x, &ref, &good, &j);
    assert_int_equal(j.answer, COPY_ORIGINAL);
    assert_true(j.power > 5);
    copy_judge_edges(COPY_PHOTO, &x, &ref, &copy, &j);
    assert_int_equal(j.answer, COPY_LOST);
    copy_judge_edges(COPY_PHOTO, &x, &ref, &sharp, &j);
    assert_int_equal(j.answer, COPY_CLEAN);
    copy_judge_edges(COPY_PHOTO, &x, &ref, &middle, &j);
    assert_int_equal(j.answer, COPY_INCONCLUSIVE);
    assert_int_equal(j.why, COPY_JUDGED);
    x.norm = 0.2; /* next to nothing of the mark: the edges alone */
    copy_judge_edges(COPY_PHOTO, &x, &ref, &copy, &j);
    assert_int_equal(j.answer, COPY_LOST);
    x = photo();
    x.lpi[0] = x.lpi[1] = 200;
    copy_judge_edges(COPY_PHOTO, &x, &ref, &copy, &j);
    assert_int_equal(j.why, COPY_OTHER_SCREEN);
    assert_int_equal(j.answer, COPY_INCONCLUSIVE);
    x = photo();
    x.px_per_mm = 50;
    copy_judge_edges(COPY_PHOTO, &x, &ref, &copy, &j);
    assert_int_equal(j.why, COPY_OTHER_RESOLUTION);
    const struct edge_judgement group[3] = {good, good, copy}; /* one of three is of a copy */
    enum copy_harmony h;
    assert_int_equal(copy_compare(COPY_PHOTO, set, 3, &ref, group, &h), 0);
    assert_int_equal(h, COPY_DIFFER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(edges_are_in_place),
                                       cmocka_unit_test(bands_are_the_blur),
                                       cmocka_unit_test(copies_are_told),
                                       cmocka_unit_test(nothing_is_said_without_edges),
                                       cmocka_unit_test(pooled),
                                       cmocka_unit_test(outliers),
                                       cmocka_unit_test(mark_and_edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
