/* Memory does not grow with the page: bands by their bytes, the mask by its cells, the grid of the capacity
 * by its squares. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>
#include <cmocka.h>
#include "artwork/artwork.h"
#include "press/mask.h"
#include "survey.h"

static const struct press_pixels cmyk16 = {PRESS_CMYK, 16, 4, 0, 0, 0};

/* Squares of pixels at 300 dpi. */
static enum enn_status try_mask(uint32_t side, uint64_t max_memory)
{
    struct enn_limits limits = {4000000000u, max_memory};
    struct mask *m = NULL;
    enum enn_status st = mask_new(&m, &cmyk16, side, side, 300, 300, &limits, NULL);
    mask_free(m);
    return st;
}

static void masks_fit(void **state)
{
    (void)state;
    assert_int_equal(try_mask(10000, 40 << 20), ENN_OK); /* 100 megapixels: 4 million cells */
    assert_int_equal(try_mask(31622, 50 << 20), ENN_OK); /* 1,000: larger cells */
    assert_int_equal(try_mask(60000, 60 << 20), ENN_OK);
    assert_int_equal(try_mask(10000, 20 << 20), ENN_LIMIT);
}

static void grids_fit(void **state)
{
    (void)state;
    assert_true(survey_grid_mm(100, 70) == 1 && survey_grid_mm(1000, 1000) == 1);
    for (double side = 100; side < 27000; side *= 1.1) {
        double mm = survey_grid_mm(side, side), cells = side / mm * (side / mm), whole = 25 / mm;
        assert_true(cells * (5 + 2 * sizeof(double)) < 30e6);
        assert_true(whole == floor(whole));
    }
}

/* What is said of an even tint does not depend on the grid. */
static void grids_agree(void **state)
{
    (void)state;
    enum { SIDE = 1600 };
    static const double mm[] = {1, 2.5, 5, 12.5, 25};
    struct enn_limits limits = {4000000000u, 1u << 30};
    struct artwork_page page = {.width = SIDE, .height = SIDE, .bits = 16, .samples = 4, .inks = 4};
    uint16_t *row = malloc(SIDE * 4 * sizeof *row);
    struct mask *m;
    for (int i = 0; i < 4 * SIDE; i++) row[i] = 20000;
    assert_int_equal(mask_new(&m, &cmyk16, SIDE, SIDE, 100, 100, &limits, NULL), ENN_OK);
    for (int y = 0; y < SIDE; y++) assert_int_equal(mask_feed(m, row, SIDE * 8, 1, NULL), ENN_OK);
    assert_int_equal(mask_finish(m, NULL), ENN_OK);
    double first[2] = {0, 0};
    for (size_t i = 0; i < sizeof mm / sizeof *mm; i++) {
        struct survey s = {
            .page = &page, .pixels = cmyk16, .dpi_x = 100, .dpi_y = 100, .mask = m, .grid_mm = mm[i]};
        s.grid_columns = s.grid_rows = (uint32_t)(SIDE * 0.254 / mm[i]);
        size_t n = (size_t)s.grid_columns * s.grid_rows;
        s.grid_effect = malloc(n * sizeof *s.grid_effect);
        s.grid_kind = malloc(n);
        for (size_t k = 0; k < n; k++) s.grid_effect[k] = 0.004f, s.grid_kind[k] = INK_TINT;
        assert_int_equal(survey_predict(&s, NULL), ENN_OK);
        const struct enn_capacity *c = &s.without_white;
        if (!i) first[0] = c->window25_20, first[1] = c->panel_10;
        assert_true(first[0] > 0 && fabs(c->window25_20 / first[0] - 1) < 0.01);
        assert_true(fabs(c->panel_10 / first[1] - 1) < 0.05); /* squares that the edge cuts are left out */
        free(s.grid_effect);
        free(s.grid_kind);
    }
    mask_free(m);
    free(row);
}

enum { WIDE = 60000, HIGH = 40, THREADS = 2 };

static void write_wide(const char *path)
{
    TIFF *t = TIFFOpen(path, "w");
    uint16_t *row = calloc(WIDE * 4, sizeof *row);
    assert_true(t && row);
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, WIDE);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, HIGH);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 16);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 4);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_SEPARATED);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
    TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 1);
    for (uint32_t y = 0; y < HIGH; y++) assert_int_equal(TIFFWriteScanline(t, row, y, 0), 1);
    TIFFClose(t);
    free(row);
}

static enum enn_status band_bytes(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    uint64_t *most = user, bytes = (uint64_t)rows * WIDE * 8;
    (void)y, (void)samples;
    if (bytes > *most) *most = bytes;
    return ENN_OK;
}

static void bands_fit(void **state)
{
    (void)state;
    char path[] = "/tmp/enn-large-XXXXXX";
    struct artwork *a;
    uint64_t most = 0;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_wide(path);
    assert_int_equal(artwork_open(path, NULL, &a, NULL), ENN_OK);
    artwork_set_threads(a, THREADS);
    assert_int_equal(artwork_read(a, 0, band_bytes, &most, NULL), ENN_OK);
    assert_in_range(most, (1 << 20) * THREADS, (2 << 20) * THREADS);
    artwork_close(a);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(masks_fit), cmocka_unit_test(grids_fit),
                                       cmocka_unit_test(grids_agree), cmocka_unit_test(bands_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
