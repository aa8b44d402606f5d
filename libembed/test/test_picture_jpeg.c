/* JPEG of every colour space against known colours, and damage. */
#include "artwork/picture.h"
#include "test/test_artwork_files.h"
#include <jpeglib.h>

enum { W = 50, H = 38 };

/* One flat colour; density 118 per cm. */
static void make(const char *path, J_COLOR_SPACE in, J_COLOR_SPACE stored, const uint8_t *colour,
                 int progressive)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr e;
    FILE *f = fopen(path, "wb");
    uint8_t row[W * 4];
    JSAMPROW rows[1] = {row};
    c.err = jpeg_std_error(&e);
    jpeg_create_compress(&c);
    jpeg_stdio_dest(&c, f);
    c.image_width = W, c.image_height = H, c.in_color_space = in;
    c.input_components = in == JCS_GRAYSCALE ? 1 : in == JCS_CMYK ? 4 : 3;
    jpeg_set_defaults(&c);
    jpeg_set_colorspace(&c, stored);
    jpeg_set_quality(&c, 95, TRUE);
    if (progressive) jpeg_simple_progression(&c);
    c.density_unit = 2, c.X_density = c.Y_density = 118;
    jpeg_start_compress(&c, TRUE);
    for (int i = 0; i < W * c.input_components; i++) row[i] = colour[i % c.input_components];
    while (c.next_scanline < H) jpeg_write_scanlines(&c, rows, 1);
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    fclose(f);
}

static void expect(const char *path, const struct picture_options *o, unsigned r, unsigned g, unsigned b,
                   int dpi)
{
    struct picture p;
    struct enn_error err;
    enum enn_status s = picture_read(path, o, &p, &err);
    if (s) fail_msg("%s", err.text);
    assert_true(p.width == W && p.height == H);
    assert_string_equal(p.kind, "jpeg");
    assert_int_equal((int)(p.dpi + 0.5), dpi);
    unsigned want[3] = {r, g, b};
    for (size_t i = 0; i < (size_t)W * H * 3; i++)
        if (abs((int)p.rgb[i] - (int)want[i % 3]) > 3) fail_msg("%zu: %u, not %u", i, p.rgb[i], want[i % 3]);
    picture_clear(&p);
}

static void every_colour_space(void **state)
{
    (void)state;
    const char *f = in_dir("j.jpg");
    for (int progressive = 0; progressive < 2; progressive++) {
        make(f, JCS_RGB, JCS_YCbCr, (const uint8_t[]){200, 100, 50}, progressive);
        expect(f, NULL, 200, 100, 50, 300);
        make(f, JCS_RGB, JCS_RGB, (const uint8_t[]){10, 100, 250}, progressive);
        expect(f, NULL, 10, 100, 250, 0); /* no JFIF marker, no density */
        make(f, JCS_GRAYSCALE, JCS_GRAYSCALE, (const uint8_t[]){77}, progressive);
        expect(f, NULL, 77, 77, 77, 300);
        /* libjpeg writes the Adobe marker: samples are complements of inks; 255,155,55,235 is C 0, M 100,
         * Y 200, K 20 */
        make(f, JCS_CMYK, JCS_CMYK, (const uint8_t[]){255, 155, 55, 235}, progressive);
        expect(f, NULL, 235, 143, 51, 0);
        make(f, JCS_CMYK, JCS_YCCK, (const uint8_t[]){255, 155, 55, 235}, progressive);
        expect(f, NULL, 235, 143, 51, 0);
    }
}

static enum enn_status convert(void *user, const struct artwork_page *page, const void *samples, uint32_t n,
                               uint8_t *rgb)
{
    const uint8_t *s = samples;
    if (page->colour != ARTWORK_CMYK || page->samples != 4 || page->bits != 8) return ENN_INTERNAL;
    for (uint32_t i = 0; i < n; i++)
        rgb[3 * i] = s[4 * i + 1], rgb[3 * i + 1] = s[4 * i + 2], rgb[3 * i + 2] = s[4 * i + 3];
    ++*(int *)user;
    return *(int *)user > 1000 ? ENN_NOMEM : ENN_OK;
}

static void cmyk_goes_through_the_caller(void **state)
{
    (void)state;
    int calls = 0;
    struct picture_options o = picture_options_default();
    o.to_rgb = convert, o.to_rgb_user = &calls;
    make(in_dir("j.jpg"), JCS_CMYK, JCS_CMYK, (const uint8_t[]){255, 155, 55, 235}, 0);
    expect(in_dir("j.jpg"), &o, 100, 200, 20, 0);
    assert_int_equal(calls, H);
    calls = 1000;
    struct picture p;
    struct enn_error err;
    assert_int_equal(picture_read(in_dir("j.jpg"), &o, &p, &err), ENN_NOMEM);
    assert_null(p.rgb);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    for (int progressive = 0; progressive < 2; progressive++) {
        size_t n;
        make(in_dir("j.jpg"), JCS_RGB, JCS_YCbCr, (const uint8_t[]){200, 100, 50}, progressive);
        uint8_t *file = load(in_dir("j.jpg"), &n);
        for (size_t cut = 0; cut + 3 < n; cut += 3) {
            struct picture p;
            struct enn_error err;
            save(in_dir("c.jpg"), file, cut);
            enum enn_status s = picture_read(in_dir("c.jpg"), NULL, &p, &err);
            if (s != ENN_FORMAT) fail_msg("progressive %d: cut at %zu of %zu: %d", progressive, cut, n, s);
            assert_null(p.rgb);
        }
        free(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_colour_space),
                                       cmocka_unit_test(cmyk_goes_through_the_caller),
                                       cmocka_unit_test(every_cut_is_refused)};
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
