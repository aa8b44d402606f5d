/* press/mask: codes, type and edges are protected to the pixel, the rest is open, and a page marked through
 * model and mask keeps its coverage. The page is drawn here: 70 x 60 mm with a tint, a vignette, type, a
 * linear and a 2-D code on white. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "press/ink.h"
#include "press/mask.h"

struct page {
    uint32_t w, h;
    double dpi_x, dpi_y;
    uint8_t *px;
}; /* CMYK, 8 bits */

static uint32_t next(uint32_t *r)
{
    return (*r = *r * 1664525 + 1013904223) >> 8;
}

static void box(struct page *p, double x, double y, double w, double h, int c, int m, int ye, int k)
{
    double sx = p->dpi_x / 25.4, sy = p->dpi_y / 25.4;
    for (uint32_t j = (uint32_t)(y * sy); j < p->h && j < (uint32_t)((y + h) * sy); j++)
        for (uint32_t i = (uint32_t)(x * sx); i < p->w && i < (uint32_t)((x + w) * sx); i++) {
            uint8_t *q = p->px + 4 * ((size_t)j * p->w + i);
            q[0] = (uint8_t)c;
            q[1] = (uint8_t)m;
            q[2] = (uint8_t)ye;
            q[3] = (uint8_t)k;
        }
}

enum { BARS_X = 45, BARS_Y = 34, BARS_W = 20, BARS_H = 12, CODE_X = 8, CODE_Y = 45, CODE_SIZE = 10 };

static struct page draw_page(double dpi_x, double dpi_y)
{
    struct page p = {(uint32_t)(70 * dpi_x / 25.4), (uint32_t)(60 * dpi_y / 25.4), dpi_x, dpi_y, NULL};
    uint32_t r = 5;
    p.px = calloc((size_t)p.w * p.h, 4);
    box(&p, 0, 0, 70, 15, 71, 26, 36, 0);
    box(&p, 40, 0, 30, 15, 255, 0, 0, 0);
    for (int i = 0; i < 60; i++) box(&p, 35 + 0.5 * i, 15, 0.5, 10, 20 + 2 * i, 40, 60 + i, 5);
    for (int line = 0; line < 3;
         line++) /* upright and level strokes of 0.25 mm, x-height 1.5 mm, pitch 2.5 mm */
        for (double x = 5; x < 30; x += 1.1) {
            box(&p, x, 20 + 2.5 * line, 0.25, 1.5, 0, 0, 0, 255);
            if (next(&r) & 1) box(&p, x, 20 + 2.5 * line, 0.8, 0.25, 0, 0, 0, 255);
            if (next(&r) & 1) box(&p, x, 20.6 + 2.5 * line, 0.8, 0.25, 0, 0, 0, 255);
            if (next(&r) & 1) box(&p, x + 0.6, 20 + 2.5 * line, 0.25, 1.5, 0, 0, 0, 255);
        }
    for (double x = BARS_X; x < BARS_X + BARS_W;) {
        double bar = 0.33 * (1 + next(&r) % 3), gap = 0.33 * (1 + next(&r) % 3);
        box(&p, x, BARS_Y, bar, BARS_H, 0, 0, 0, 255);
        x += bar + gap;
    }
    for (int j = 0; j < 20; j++)
        for (int i = 0; i < 20; i++)
            if (!i || j == 19 || next(&r) & 1)
                box(&p, CODE_X + 0.5 * i, CODE_Y + 0.5 * j, 0.5, 0.5, 180, 170, 170, 255);
    return p;
}

static const struct press_pixels cmyk8 = {PRESS_CMYK, 8, 4, 0, 0, 0};

static struct mask *mask_of(const struct page *p, uint32_t band)
{
    struct mask *m;
    struct enn_limits limits = {4000000000u, 1u << 30};
    assert_int_equal(mask_new(&m, &cmyk8, p->w, p->h, p->dpi_x, p->dpi_y, &limits, NULL), ENN_OK);
    for (uint32_t y = 0; y < p->h; y += band) {
        uint32_t n = p->h - y < band ? p->h - y : band;
        assert_int_equal(mask_feed(m, p->px + (size_t)y * p->w * 4, (size_t)p->w * 4, n, NULL), ENN_OK);
    }
    assert_int_equal(mask_finish(m, NULL), ENN_OK);
    return m;
}

/* Smallest and largest gain in a rectangle (mm). */
static void gain_range(const struct page *p, const struct mask *m, double x, double y, double w, double h,
                       int which, int range[2])
{
    uint8_t *tint = malloc(p->w), *white = malloc(p->w);
    range[0] = 256;
    range[1] = -1;
    for (uint32_t j = (uint32_t)(y * p->dpi_y / 25.4); j < (uint32_t)((y + h) * p->dpi_y / 25.4); j++) {
        mask_row(m, j, tint, white);
        for (uint32_t i = (uint32_t)(x * p->dpi_x / 25.4); i < (uint32_t)((x + w) * p->dpi_x / 25.4); i++) {
            int g = which ? white[i] : tint[i];
            if (g < range[0]) range[0] = g;
            if (g > range[1]) range[1] = g;
        }
    }
    free(tint);
    free(white);
}

static void check_page(double dpi_x, double dpi_y)
{
    struct page p = draw_page(dpi_x, dpi_y);
    struct mask *m = mask_of(&p, 16);
    int g[2];
    gain_range(&p, m, BARS_X - 3, BARS_Y - 1, BARS_W + 6, BARS_H + 2, 0,
               g); /* linear code, 3 mm left and right */
    assert_int_equal(g[1], 0);
    gain_range(&p, m, BARS_X - 3, BARS_Y - 1, BARS_W + 6, BARS_H + 2, 1, g);
    assert_int_equal(g[1], 0);
    gain_range(&p, m, CODE_X - 3, CODE_Y - 3, CODE_SIZE + 6, CODE_SIZE + 6, 0, g); /* 2-D code */
    assert_int_equal(g[1], 0);
    gain_range(&p, m, CODE_X - 3, CODE_Y - 3, CODE_SIZE + 6, CODE_SIZE + 6, 1, g);
    assert_int_equal(g[1], 0);
    for (int which = 0; which < 2; which++) {
        gain_range(&p, m, 5, 20, 25, 6.5, which, g); /* type, and the white in the paragraph */
        assert_int_equal(g[1], 0);
    }
    gain_range(&p, m, 4.1, 19.1, 26.5, 8.2, 1, g); /* and 0.9 mm of white around it */
    assert_int_equal(g[1], 0);
    gain_range(&p, m, 3, 3, 33, 9, 0, g); /* flat tint: three quarters of what texture gets */
    assert_true(g[0] >= 185 && g[1] <= 205);
    gain_range(&p, m, 42, 18, 20, 4, 0, g); /* vignette */
    assert_true(g[0] >= 155);
    gain_range(&p, m, 26, 33, 10, 22, 1, g); /* open white */
    assert_int_equal(g[0], 255);
    struct mask_areas a = mask_areas(m);
    assert_true(a.of[MASK_BARCODE] > 3.5 && a.of[MASK_TEXT] > 1.4 && a.of[MASK_WHITE] > 8 &&
                a.of[MASK_SOLID] > 3.5);
    assert_true(fabs(a.page - 42) < 0.3 && a.white_effective < a.of[MASK_WHITE] && a.white_share > 0.4);
    double sum = 0;
    for (int i = 0; i < MASK_N_CLASSES; i++) sum += a.of[i];
    assert_true(fabs(sum - a.page) < 1e-6);
    mask_free(m);
    free(p.px);
}

static void protects_and_opens_at_300_dpi(void **state)
{
    (void)state;
    check_page(300, 300);
}
static void protects_and_opens_at_600_dpi(void **state)
{
    (void)state;
    check_page(600, 600);
}
static void protects_and_opens_at_600_by_300_dpi(void **state)
{
    (void)state;
    check_page(600, 300);
}

static void bands_do_not_matter(void **state)
{
    (void)state;
    struct page p = draw_page(300, 300);
    struct mask *a = mask_of(&p, 1), *b = mask_of(&p, p.h);
    uint8_t *ga = malloc(4 * (size_t)p.w);
    for (uint32_t y = 0; y < p.h; y++) {
        mask_row(a, y, ga, ga + p.w);
        mask_row(b, y, ga + 2 * p.w, ga + 3 * p.w);
        assert_memory_equal(ga, ga + 2 * p.w, 2 * p.w);
    }
    free(ga);
    mask_free(a);
    mask_free(b);
    free(p.px);
}

static void gains_fade(void **state)
{
    (void)state;
    struct page p = draw_page(300, 300);
    struct mask *m = mask_of(&p, 64);
    uint8_t *row = malloc(4 * (size_t)p.w);
    memset(row, 0, 4 * (size_t)p.w);
    for (uint32_t y = 0; y < p.h; y++) {
        uint8_t *now = row + (y & 1) * 2 * p.w, *before = row + (~y & 1) * 2 * p.w;
        mask_row(m, y, now, now + p.w);
        for (uint32_t i = 0; i < 2 * p.w; i++) {
            if (i % p.w) assert_true(abs(now[i] - now[i - 1]) <= 55); /* 255 over a cell of 5 pixels */
            if (y) assert_true(abs(now[i] - before[i]) <= 55);
        }
    }
    free(row);
    mask_free(m);
    free(p.px);
}

static void caller_can_protect(void **state)
{
    (void)state;
    struct page p = draw_page(300, 300);
    struct mask *m;
    int g[2];
    struct enn_limits limits = {4000000000u, 1u << 30};
    assert_int_equal(mask_new(&m, &cmyk8, p.w, p.h, 300, 300, &limits, NULL), ENN_OK);
    mask_protect(m, 10, 4, 6, 5);
    mask_protect(m, -1e300, -5, 1, 1);
    mask_protect(m, NAN, 0, 1, 1);
    mask_protect(m, 1e300, 1e300, 1e300, 1e300);
    assert_int_equal(mask_feed(m, p.px, (size_t)p.w * 4, p.h, NULL), ENN_OK);
    assert_int_equal(mask_finish(m, NULL), ENN_OK);
    gain_range(&p, m, 10, 4, 6, 5, 0, g);
    assert_int_equal(g[1], 0);
    gain_range(&p, m, 20, 4, 6, 5, 0, g);
    assert_true(g[0] >= 185);
    mask_free(m);
    free(p.px);
}

/* Band-limited noise of unit rms, 0.65 - 2 cycles/mm, as 60 plane waves. */
static float noise(double x_mm, double y_mm, const double (*wave)[3])
{
    double s = 0;
    for (int i = 0; i < 60; i++) s += cos(wave[i][0] * x_mm + wave[i][1] * y_mm + wave[i][2]);
    s *= sqrt(2.0 / 60);
    return (float)fmax(-INK_PEAK, fmin(INK_PEAK, s));
}

static void marked_page_keeps_its_coverage(void **state)
{
    (void)state;
    struct page p = draw_page(200, 200);
    struct mask *m = mask_of(&p, 32);
    struct profile *profile;
    struct ink_model *model;
    assert_int_equal(profile_open(&profile, PRESS_CMYK, NULL, 0, NULL), ENN_OK);
    assert_int_equal(ink_model_new(&model, PRESS_CMYK, profile, 1, 0, NULL), ENN_OK);
    double wave[60][3], inked[4] = {0, 0, 0, 0}, tint = 0, peak = 0, moved = 0;
    uint32_t r = 9, n_white = 0, n_inked = 0;
    for (int i = 0; i < 60; i++) {
        double f = sqrt(0.4225 + 3.5775 * (next(&r) / 16777216.0)), a = 6.2831853 * (next(&r) / 16777216.0);
        wave[i][0] = 6.2831853 * f * cos(a);
        wave[i][1] = 6.2831853 * f * sin(a);
        wave[i][2] = 6.2831853 * (next(&r) / 16777216.0);
    }
    uint8_t *gain = malloc(3 * (size_t)p.w), *kind = gain + 2 * p.w;
    struct ink_step *step = malloc(p.w * sizeof *step);
    for (uint32_t y = 0; y < p.h; y++) {
        const uint8_t *row = p.px + (size_t)y * p.w * 4;
        mask_row(m, y, gain, gain + p.w);
        ink_steps(model, &cmyk8, row, p.w, step, kind);
        for (uint32_t x = 0; x < p.w; x++) {
            float s = noise((x + 0.5) * 25.4 / 200, (y + 0.5) * 25.4 / 200, (const double(*)[3])wave);
            if (kind[x] == INK_NONE) continue;
            float g = (kind[x] == INK_WHITE ? gain[p.w + x] : gain[x]) / 255.f;
            if (kind[x] == INK_WHITE) s = s > INK_THETA ? s - INK_THETA : 0;
            for (int c = 0; c < 4; c++) {
                float d = g * s * step[x].d[c] / INK_UNIT, v = (float)row[4 * x + c] + d;
                assert_true(v >= 0 && v <= 255);
                double rounded = rint(v) - row[4 * x + c];
                if (kind[x] == INK_WHITE) {
                    assert_true(c == 2 || rounded == 0);
                    if (c == 2 && gain[p.w + x] == 255) tint += rounded;
                    if (rounded > peak) peak = rounded;
                } else
                    inked[c] += rounded;
                moved += fabs(rounded);
            }
            n_white += kind[x] == INK_WHITE && gain[p.w + x] == 255;
            n_inked += kind[x] == INK_TINT;
        }
    }
    for (int c = 0; c < 4; c++) assert_true(fabs(inked[c] / n_inked / 2.55) < 0.1);
    assert_true(n_white > 10000 && tint / n_white / 2.55 < 1.0 && tint / n_white / 2.55 > 0.6);
    assert_true(peak / 2.55 <= 14.2 && moved > 100000);
    free(gain);
    free(step);
    mask_free(m);
    ink_model_free(model);
    profile_free(profile);
    free(p.px);
}

static void odd_sizes_and_misuse(void **state)
{
    (void)state;
    static const uint32_t size[][2] = {{1, 1}, {1, 4000}, {4000, 1}, {7, 3}, {5, 5}, {641, 11}};
    struct enn_limits limits = {4000000000u, 1u << 30}, small = {4000000000u, 1000};
    struct mask *m;
    for (size_t i = 0; i < sizeof size / sizeof *size; i++)
        for (int colour = PRESS_CMYK; colour <= PRESS_GREY_INK; colour++)
            for (int dpi = 20; dpi <= 20000; dpi *= 10) {
                struct press_pixels px = {(enum press_colour)colour, 16, 6, 1, 0, 0};
                size_t row = (size_t)size[i][0] * 12;
                uint8_t *data = malloc(row * size[i][1]), *gain = malloc(2 * (size_t)size[i][0]);
                for (size_t k = 0; k < row * size[i][1]; k++) data[k] = (uint8_t)(k * 2654435761u >> 13);
                assert_int_equal(mask_new(&m, &px, size[i][0], size[i][1], dpi, dpi, &limits, NULL), ENN_OK);
                assert_int_equal(mask_feed(m, data, row, size[i][1], NULL), ENN_OK);
                assert_int_equal(mask_feed(m, data, row, 1, NULL), ENN_USAGE);
                assert_int_equal(mask_finish(m, NULL), ENN_OK);
                mask_row(m, size[i][1] - 1, gain, gain + size[i][0]);
                mask_free(m);
                free(data);
                free(gain);
            }
    assert_int_equal(mask_new(&m, &cmyk8, 100, 100, 0, 300, &limits, NULL), ENN_USAGE);
    assert_int_equal(mask_new(&m, &cmyk8, 100, 100, NAN, 300, &limits, NULL), ENN_USAGE);
    assert_int_equal(mask_new(&m, &cmyk8, 0, 100, 300, 300, &limits, NULL), ENN_USAGE);
    assert_int_equal(mask_new(&m, &cmyk8, 4000000000u, 4000000000u, 300, 300, &limits, NULL), ENN_LIMIT);
    assert_int_equal(mask_new(&m, &cmyk8, 1000, 1000, 300, 300, &small, NULL), ENN_LIMIT);
    assert_int_equal(mask_new(&m, &cmyk8, 100, 100, 300, 300, &limits, NULL), ENN_OK);
    assert_int_equal(mask_finish(m, NULL), ENN_USAGE);
    mask_free(m);
}

/* S-CIELAB sees b* of colours with little blue best beside white: orange gets less there than far from it, a pink as light does not. */
static void little_blue_beside_white(void **state)
{
    (void)state;
    int g[2][2][2];
    for (int pink = 0; pink < 2; pink++) {
        struct page p = {(uint32_t)(120 * 150 / 25.4), (uint32_t)(40 * 150 / 25.4), 150, 150, NULL};
        p.px = calloc((size_t)p.w * p.h, 4);
        assert_non_null(p.px);
        box(&p, 30, 0, 90, 40, 0, pink ? 230 : 136, pink ? 30 : 235, 0);
        struct mask *m = mask_of(&p, 16);
        gain_range(&p, m, 36, 15, 2, 10, 0, g[pink][0]);
        gain_range(&p, m, 85, 15, 10, 10, 0, g[pink][1]);
        mask_free(m);
        free(p.px);
    }
    assert_true(g[0][0][1] * 4 < g[0][1][0] * 3); /* orange: a quarter less at least */
    assert_true(g[1][0][0] * 10 > g[1][1][0] * 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(little_blue_beside_white),
        cmocka_unit_test(protects_and_opens_at_300_dpi),
        cmocka_unit_test(protects_and_opens_at_600_dpi),
        cmocka_unit_test(protects_and_opens_at_600_by_300_dpi),
        cmocka_unit_test(bands_do_not_matter),
        cmocka_unit_test(gains_fade),
        cmocka_unit_test(caller_can_protect),
        cmocka_unit_test(marked_page_keeps_its_coverage),
        cmocka_unit_test(odd_sizes_and_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
