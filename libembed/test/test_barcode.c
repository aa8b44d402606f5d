/*
 * Barcodes drawn by libzint into pages, found and read again: every kind, small, turned, light on
 * colour, across strips, beside type; places within half a millimetre; and nothing found where there
 * is nothing.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "press/barcode.h"
#include "test/sim.h"

#define DPI 300.0

static void page_new(struct sim_image *m, double width_mm, double height_mm, double dpi)
{
    assert_int_equal(sim_image_new(m, (uint32_t)(width_mm * dpi / 25.4), (uint32_t)(height_mm * dpi / 25.4),
                                   4, dpi / 25.4),
                     0);
}

static void search(const struct sim_image *m, int threads, uint32_t band, struct barcode_list *found)
{
    struct press_pixels px = {.colour = PRESS_CMYK, .bits = 8, .samples_per_pixel = 4};
    struct enn_limits limits = enn_limits_default();
    struct enn_error err;
    struct barcode_finder *f;
    int complete = 0;
    size_t row = (size_t)m->width * 4;
    memset(found, 0, sizeof *found);
    assert_int_equal(barcode_finder_new(&f, &px, m->width, m->height, m->ppmm * 25.4, m->ppmm * 25.4, threads,
                                        &limits, &err),
                     ENN_OK);
    for (uint32_t y = 0; y < m->height; y += band)
        barcode_finder_rows(f, m->data + y * row, row, m->height - y < band ? m->height - y : band);
    assert_int_equal(barcode_finder_end(f, found, &complete, &err), ENN_OK);
    assert_true(complete);
    barcode_finder_free(f);
}

static void print_all(const struct barcode_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        print_message("found %s '%s' at %.2f, %.2f, %.2f x %.2f mm, module %.3f\n",
                      barcode_title(l->item[i].kind), l->item[i].text, l->item[i].x, l->item[i].y,
                      l->item[i].width, l->item[i].height, l->item[i].module);
}

/* One code alone on a page of 60 x 50 mm. */
static void one(struct sim_code d, double dpi, enum barcode_kind kind, int gs1, const char *text)
{
    struct sim_image m;
    struct barcode_list found;
    double w, h, a = d.angle_deg * M_PI / 180;
    page_new(&m, 60, 50, dpi);
    d.x = 30, d.y = 25;
    d.ink[3] = 255;
    sim_draw_code(&m, &d, &w, &h);
    search(&m, 1, 64, &found);
    if (found.n != 1)
        print_message("%s at %.2f mm, %.0f degrees, %.0f dpi: %zu found\n", text, d.module, d.angle_deg, dpi,
                      found.n);
    print_all(&found);
    assert_int_equal(found.n, 1);
    const struct barcode *b = found.item;
    double bw = fabs(w * cos(a)) + fabs(h * sin(a)), bh = fabs(w * sin(a)) + fabs(h * cos(a));
    assert_int_equal(b->kind, kind);
    assert_int_equal(b->gs1, gs1);
    assert_string_equal(b->text, text);
    double slack = 0.6 + 0.05 * fmax(bw, bh);
    assert_true(fabs(b->x + b->width / 2 - 30) < slack && fabs(b->y + b->height / 2 - 25) < slack);
    assert_true(fabs(b->width - bw) < 2 * slack && fabs(b->height - bh) < 2 * slack);
    assert_true(fabs(b->module / d.module - 1) < 0.2);
    assert_int_equal(b->turned, fabs(fmod(d.angle_deg, 90)) > 2);
    barcode_list_clear(&found);
    sim_image_free(&m);
}

#define GS1_DATA "[01]09506000134352[17]281231[10]EN9459"
#define GS1_TEXT                                                                                             \
    "0109506000134352"                                                                                       \
    "17281231"                                                                                               \
    "10EN9459"

static void linear_kinds(void **state)
{
    (void)state;
    one((struct sim_code){.kind = SIM_EAN, .data = "950600013435", .module = 0.33, .height = 12}, DPI,
        BARCODE_KIND_EAN13, 0, "9506000134352");
    one((struct sim_code){.kind = SIM_EAN, .data = "9638507", .module = 0.33, .height = 12}, DPI,
        BARCODE_KIND_EAN8, 0, "96385074");
    one((struct sim_code){.kind = SIM_UPCA, .data = "03600029145", .module = 0.33, .height = 12}, DPI,
        BARCODE_KIND_UPCA, 0, "036000291452");
    one((struct sim_code){.kind = SIM_ITF14, .data = "1950600013435", .module = 0.4, .height = 20}, DPI,
        BARCODE_KIND_ITF14, 0, "19506000134359");
    one((struct sim_code){.kind = SIM_CODE128, .data = "EN-94590", .module = 0.33, .height = 12}, DPI,
        BARCODE_KIND_CODE128, 0, "EN-94590");
    one((struct sim_code){.kind = SIM_GS1_128, .data = GS1_DATA, .module = 0.17, .height = 12}, 600,
        BARCODE_KIND_CODE128, 1, GS1_TEXT);
    one((struct sim_code){.kind = SIM_CODE39, .data = "-1234562", .module = 0.25, .height = 10}, DPI,
        BARCODE_KIND_CODE39, 0, "-1234562");
    one((struct sim_code){.kind = SIM_DATABAR, .data = "0950600013435", .module = 0.33, .height = 12}, DPI,
        BARCODE_KIND_DATABAR, 1, "0109506000134352");
}

static void small_and_turned_matrix(void **state)
{
    (void)state;
    static const double angle[] = {0, 7, 30, 45, 90, 135, 201};
    for (size_t i = 0; i < sizeof angle / sizeof *angle; i++) {
        struct sim_code d = {.kind = SIM_GS1_DATAMATRIX, .data = GS1_DATA, .angle_deg = angle[i]};
        d.module = 0.25;
        one(d, DPI, BARCODE_KIND_DATAMATRIX, 1, GS1_TEXT); /* 5.5 mm */
        d.module = 0.4;
        one(d, DPI, BARCODE_KIND_DATAMATRIX, 1, GS1_TEXT);
        d = (struct sim_code){.kind = SIM_QR, .data = "https://enn.example/1", .angle_deg = angle[i]};
        d.module = 0.35;
        one(d, DPI, BARCODE_KIND_QR, 0, "https://enn.example/1");
    }
}

static void turned_linear(void **state)
{
    (void)state;
    static const double angle[] = {5, 20, 45, 90, 110, 160, 180, 270};
    for (size_t i = 0; i < sizeof angle / sizeof *angle; i++)
        one(
            (struct sim_code){
                .kind = SIM_EAN, .data = "950600013435", .module = 0.33, .height = 12, .angle_deg = angle[i]},
            DPI, BARCODE_KIND_EAN13, 0, "9506000134352");
}

static void other_resolutions(void **state)
{
    (void)state;
    static const double dpi[] = {250, 400, 600, 1200};
    for (size_t i = 0; i < 4; i++) {
        one((struct sim_code){.kind = SIM_GS1_DATAMATRIX, .data = GS1_DATA, .module = 0.33}, dpi[i],
            BARCODE_KIND_DATAMATRIX, 1, GS1_TEXT);
        one((struct sim_code){.kind = SIM_EAN, .data = "950600013435", .module = 0.33, .height = 12}, dpi[i],
            BARCODE_KIND_EAN13, 0, "9506000134352");
    }
    one((struct sim_code){.kind = SIM_GS1_DATAMATRIX, .data = GS1_DATA, .module = 1.5}, DPI,
        BARCODE_KIND_DATAMATRIX, 1, GS1_TEXT); /* 33 mm: the second level */
}

/* A tall page: codes at every height, and the same answer with threads and in other bands. */
static void across_strips(void **state)
{
    (void)state;
    struct sim_image m;
    struct barcode_list found, again;
    double w, h;
    page_new(&m, 60, 420, DPI);
    for (int i = 0; i < 8; i++) {
        char data[64];
        snprintf(data, sizeof data, "[01]09506000134352[10]LOT%d", i);
        struct sim_code d = {SIM_GS1_DATAMATRIX, data, 15, 23 + 51.0 * i, 0.5, 0, 0, {0, 0, 0, 255}};
        sim_draw_code(&m, &d, &w, &h);
        snprintf(data, sizeof data, "EN-1000%d", i);
        struct sim_code e = {SIM_CODE128, data, 40, 26 + 51.0 * i, 0.25, 24, 0, {255, 0, 0, 255}};
        sim_draw_code(&m, &e, &w, &h);
    }
    search(&m, 1, 97, &found);
    search(&m, 2, 31, &again);
    print_all(&found);
    assert_int_equal(found.n, 16);
    assert_int_equal(again.n, 16);
    for (size_t i = 0; i < 16; i++) {
        assert_string_equal(found.item[i].text, again.item[i].text);
        assert_true(found.item[i].y == again.item[i].y && found.item[i].height == again.item[i].height);
        if (found.item[i].kind == BARCODE_KIND_CODE128) assert_true(fabs(found.item[i].height - 24) < 1.2);
    }
    barcode_list_clear(&found);
    barcode_list_clear(&again);
    sim_image_free(&m);
}

/* What is no barcode is not taken for one: a picture, a carton's type. */
static void nothing_there(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++) {
        struct sim_image m;
        struct barcode_list found;
        assert_int_equal(sim_make_artwork(&m, SIM_PICTURE, 80, 60, DPI, seed), 0);
        const uint8_t black[4] = {0, 0, 0, 255};
        for (int line = 0; line < 12; line++)
            sim_text(&m, 2, 4 + 4.5 * line, 1 + 0.2 * line, 0.3, black,
                     "LOT NUMBER 1IL|||H 00100110 XMWHI 8888 |I|I");
        search(&m, 1, 64, &found);
        print_all(&found);
        assert_int_equal(found.n, 0);
        sim_image_free(&m);
    }
}

static void carton(void **state)
{
    (void)state;
    struct sim_image m;
    struct barcode_list found;
    assert_int_equal(sim_make_artwork(&m, SIM_CARTON, 100, 70, DPI, 1), 0);
    search(&m, 1, 64, &found);
    print_all(&found);
    assert_int_equal(found.n, 2);
    barcode_list_clear(&found);
    sim_image_free(&m);
}

/* 16 bits, RGB and a spot ink come to the same luminance. */
static void other_samples(void **state)
{
    (void)state;
    struct sim_image m;
    double w, h;
    page_new(&m, 40, 30, DPI);
    struct sim_code d = {SIM_QR, "ENN", 20, 15, 0.4, 0, 0, {0, 0, 0, 255}};
    sim_draw_code(&m, &d, &w, &h);
    size_t n = (size_t)m.width * m.height;
    uint16_t *deep = calloc(n * 5, 2);
    uint8_t *rgb = malloc(n * 3);
    for (size_t i = 0; i < n; i++) {
        deep[5 * i + 4] = (uint16_t)(m.data[4 * i + 3] * 257);
        memset(rgb + 3 * i, 255 - m.data[4 * i + 3], 3);
    }
    const struct {
        struct press_pixels px;
        const void *samples;
        size_t pixel;
    } way[] = {{{PRESS_CMYK, 16, 5, 1, 0, 0}, deep, 10}, {{PRESS_RGB, 8, 3, 0, 0, 0}, rgb, 3}};
    for (int i = 0; i < 2; i++) {
        struct barcode_finder *f;
        struct barcode_list found = {NULL, 0, 0};
        struct enn_limits limits = enn_limits_default();
        struct enn_error err;
        int complete;
        assert_int_equal(barcode_finder_new(&f, &way[i].px, m.width, m.height, DPI, DPI, 1, &limits, &err),
                         ENN_OK);
        barcode_finder_rows(f, way[i].samples, m.width * way[i].pixel, m.height);
        assert_int_equal(barcode_finder_end(f, &found, &complete, &err), ENN_OK);
        assert_int_equal(found.n, 1);
        assert_string_equal(found.item[0].text, "ENN");
        barcode_list_clear(&found);
        barcode_finder_free(f);
    }
    free(deep);
    free(rgb);
    sim_image_free(&m);
}

static void limits_and_tiny_pages(void **state)
{
    (void)state;
    struct press_pixels px = {.colour = PRESS_CMYK, .bits = 8, .samples_per_pixel = 4};
    struct enn_limits limits = {.max_pixels = 1u << 30, .max_memory = 1 << 20};
    struct enn_error err;
    struct barcode_finder *f;
    assert_int_equal(barcode_finder_new(&f, &px, 1000, 1000, DPI, DPI, 1, &limits, &err), ENN_LIMIT);
    limits = enn_limits_default();
    assert_int_equal(barcode_finder_new(&f, &px, 1000, 1000, 0, 0, 1, &limits, &err), ENN_USAGE);
    for (uint32_t side = 1; side < 40; side += 7) {
        struct barcode_list found = {NULL, 0, 0};
        uint8_t *white = calloc(side * side, 4);
        int complete;
        assert_int_equal(barcode_finder_new(&f, &px, side, side, 1200, 600, 0, &limits, &err), ENN_OK);
        barcode_finder_rows(f, white, side * 4, side);
        assert_int_equal(barcode_finder_end(f, &found, &complete, &err), ENN_OK);
        assert_int_equal(found.n, 0);
        barcode_finder_free(f);
        free(white);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_kinds),
        cmocka_unit_test(small_and_turned_matrix),
        cmocka_unit_test(turned_linear),
        cmocka_unit_test(other_resolutions),
        cmocka_unit_test(across_strips),
        cmocka_unit_test(nothing_there),
        cmocka_unit_test(carton),
        cmocka_unit_test(other_samples),
        cmocka_unit_test(limits_and_tiny_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
