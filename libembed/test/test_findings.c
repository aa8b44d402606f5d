/* Findings of the report that the shell test cli_inspect.sh cannot make files for; each with a file that
 * lacks it. */
#include "test/test_artwork_files.h"
#include "test/sim.h"
#include "enn.h"
#include <math.h>

/* A page of `samples` inks, 8 bits, all `value`, with a weak texture. */
static const char *page(const char *name, unsigned samples, uint8_t value, double dpi_x, double dpi_y)
{
    enum { W = 400, H = 300 };
    const char *path = in_dir(name);
    uint8_t row[W * 8];
    TIFF *t = TIFFOpen(path, "w");
    assert_non_null(t);
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, W);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, H);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, samples);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_SEPARATED);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, H);
    if (dpi_x > 0) {
        TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
        TIFFSetField(t, TIFFTAG_XRESOLUTION, dpi_x);
        TIFFSetField(t, TIFFTAG_YRESOLUTION, dpi_y);
    }
    if (samples == 5) {
        static const uint16_t unspecified = 0;
        TIFFSetField(t, TIFFTAG_EXTRASAMPLES, 1, &unspecified);
    }
    for (uint32_t y = 0; y < H; y++) {
        for (uint32_t x = 0; x < W * samples; x++)
            row[x] = (uint8_t)(value ? value + sim_random(y, x) % 4 : 0);
        assert_int_equal(TIFFWriteScanline(t, row, y, 0), 1);
    }
    TIFFClose(t);
    return path;
}

static void set_field(const char *path, uint32_t tag, const void *names, unsigned n)
{
    TIFF *t = TIFFOpen(path, "r+");
    assert_non_null(t);
    if (tag == TIFFTAG_INKNAMES) TIFFSetField(t, tag, n, (const char *)names);
    if (tag == TIFFTAG_EXTRASAMPLES) TIFFSetField(t, tag, n, (const uint16_t *)names);
    assert_int_equal(TIFFRewriteDirectory(t), 1);
    TIFFClose(t);
}

/* The first finding of this kind, or NULL. */
static const struct enn_finding *found(const char *path, enum enn_finding_id id)
{
    static struct enn_finding kept;
    struct enn_inspect_options o = enn_inspect_options_default();
    struct enn_inspection in;
    struct enn_error e = {0};
    const struct enn_finding *f = NULL;
    assert_int_equal(enn_inspect_file(NULL, &o, path, &in, &e), ENN_OK);
    for (uint32_t i = 0; i < in.n_findings && !f; i++)
        if (in.findings[i].id == id) {
            kept = in.findings[i];
            f = &kept;
        }
    enn_inspection_clear(&in);
    return f;
}

static void resolutions(void **state)
{
    (void)state;
    const char *plain = page("plain.tif", 4, 90, 300, 300), *none = page("none.tif", 4, 90, 0, 0),
               *unequal = page("unequal.tif", 4, 90, 300, 400);
    assert_null(found(plain, ENN_FINDING_NO_RESOLUTION));
    assert_null(found(plain, ENN_FINDING_UNEQUAL_RESOLUTION));
    assert_non_null(found(none, ENN_FINDING_NO_RESOLUTION));
    const struct enn_finding *f = found(unequal, ENN_FINDING_UNEQUAL_RESOLUTION);
    assert_non_null(f);
    assert_int_equal(f->level, ENN_WARNING);
    assert_string_equal(f->text, "300 dpi across, 400 dpi down");
}

static void inks_and_transparency(void **state)
{
    static const char varnish[] = "Cyan\0Magenta\0Yellow\0Black\0Gloss varnish",
                      brand[] = "Cyan\0Magenta\0Yellow\0Black\0PANTONE 185 C";
    static const uint16_t alpha = EXTRASAMPLE_UNASSALPHA;
    (void)state;
    const char *technical = page("technical.tif", 5, 90, 300, 300);
    set_field(technical, TIFFTAG_INKNAMES, varnish, sizeof varnish);
    assert_non_null(found(technical, ENN_FINDING_TECHNICAL_INK));
    assert_null(found(technical, ENN_FINDING_SPOT_INK));
    assert_null(found(technical, ENN_FINDING_ALPHA));
    const char *spot = page("spot.tif", 5, 90, 300, 300);
    set_field(spot, TIFFTAG_INKNAMES, brand, sizeof brand);
    assert_null(found(spot, ENN_FINDING_TECHNICAL_INK));
    const struct enn_finding *f = found(spot, ENN_FINDING_SPOT_INK);
    assert_non_null(f);
    assert_non_null(strstr(f->text, "PANTONE 185 C"));
    const char *clear = page("alpha.tif", 5, 90, 300, 300);
    set_field(clear, TIFFTAG_EXTRASAMPLES, &alpha, 1);
    assert_non_null(found(clear, ENN_FINDING_ALPHA));
}

static void paper(void **state)
{
    (void)state;
    assert_null(found(page("inked.tif", 4, 90, 300, 300), ENN_FINDING_WHITE_SHARE));
    assert_non_null(found(page("bare.tif", 4, 0, 300, 300), ENN_FINDING_WHITE_SHARE));
}

/* Type of 1.7 mm with strokes of 0.2 mm, left open in two inks, in black alone, and as positive type. */
static const char *type_in(const char *name, const uint8_t ground[4], const uint8_t ink[4], double weight)
{
    struct sim_image m;
    const char *path = in_dir(name);
    assert_int_equal(sim_image_new(&m, 600, 400, 4, 300 / 25.4), 0);
    for (size_t i = 0; i < (size_t)600 * 400; i++) memcpy(m.data + 4 * i, ground, 4);
    sim_text(&m, 10, 15, 1.7, weight, ink, "REVERSED TYPE 123");
    assert_int_equal(sim_tiff_write(path, &m), 0);
    sim_image_free(&m);
    return path;
}

static void reversed_type(void **state)
{
    static const uint8_t paper_white[4] = {0, 0, 0, 0}, two[4] = {230, 200, 0, 0}, black[4] = {0, 0, 0, 255};
    (void)state;
    const struct enn_finding *f = found(type_in("two.tif", two, paper_white, 0.2), ENN_FINDING_REVERSED_TYPE);
    assert_non_null(f);
    assert_int_equal(f->level, ENN_WARNING);
    assert_true(f->placed && f->x > 8 && f->x < 12 && f->y > 12 && f->y < 17 && f->width > 15 &&
                f->height < 5);
    assert_null(found(type_in("black.tif", black, paper_white, 0.2), ENN_FINDING_REVERSED_TYPE));
    assert_null(found(type_in("positive.tif", paper_white, two, 0.2), ENN_FINDING_REVERSED_TYPE));
    assert_null(found(type_in("bold.tif", two, paper_white, 0.6), ENN_FINDING_REVERSED_TYPE));
}

/* Blocks of random modules: more places that look like a code than are searched.  ENN_LONG=1: seconds go by
 * until they are too many. */
static void too_many_places(void **state)
{
    enum { SIDE = 1181, BLOCK = 40, PITCH = 60, MODULE = 2 };
    struct sim_image m;
    (void)state;
    if (!getenv("ENN_LONG")) skip();
    assert_int_equal(sim_image_new(&m, SIDE, SIDE, 4, 150 / 25.4), 0);
    for (uint32_t y = 0; y < SIDE; y++)
        for (uint32_t x = 0; x < SIDE; x++) {
            int in = x % PITCH < BLOCK && y % PITCH < BLOCK;
            uint32_t a = x / PITCH * BLOCK + x % PITCH / MODULE, b = y / PITCH * BLOCK + y % PITCH / MODULE;
            uint8_t ink[4] = {0, 0, 0, (uint8_t)(in && (sim_random(b, a) & 1) ? 255 : 0)};
            memcpy(m.data + 4 * ((size_t)y * SIDE + x), ink, 4);
        }
    const char *path = in_dir("many.tif");
    assert_int_equal(sim_tiff_write(path, &m), 0);
    sim_image_free(&m);
    assert_non_null(found(path, ENN_FINDING_BARCODE_UNSEARCHED));
    assert_null(found(page("few.tif", 4, 90, 300, 300), ENN_FINDING_BARCODE_UNSEARCHED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolutions),   cmocka_unit_test(inks_and_transparency), cmocka_unit_test(paper),
        cmocka_unit_test(reversed_type), cmocka_unit_test(too_many_places),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
