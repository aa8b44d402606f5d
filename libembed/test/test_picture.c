/* TIFF as a picture, averaging, stdin and limits. */
#include "artwork/picture.h"
#include "test/test_artwork_files.h"
#include <fcntl.h>

static struct recipe base = {.width = 70,
                             .height = 53,
                             .rows = 16,
                             .bits = 8,
                             .samples = 3,
                             .photometric = PHOTOMETRIC_RGB,
                             .compression = COMPRESSION_LZW,
                             .seed = 11};

static void read_ok(const char *path, const struct picture_options *o, struct picture *p)
{
    struct enn_error err;
    if (picture_read(path, o, p, &err)) fail_msg("%s", err.text);
}

static unsigned eight(const struct recipe *r, uint32_t x, uint32_t y, unsigned c)
{
    unsigned v = recipe_sample(r, x, y, c);
    return r->bits == 8 ? v : (v * 255u + 32767) / 65535;
}

static void rgb_and_grey(void **state)
{
    (void)state;
    for (int i = 0; i < 16; i++) {
        struct recipe r = base;
        r.bits = i & 1 ? 16 : 8, r.tiled = i >> 1 & 1, r.planar = i >> 2 & 1;
        if (i >> 3) r.samples = 1, r.photometric = r.tiled ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_MINISBLACK;
        struct picture p;
        recipe_make(&r, in_dir("p.tif"));
        read_ok(in_dir("p.tif"), NULL, &p);
        assert_true(p.width == r.width && p.height == r.height && p.dpi == 300);
        assert_string_equal(p.kind, "tiff");
        for (uint32_t y = 0; y < r.height; y++)
            for (uint32_t x = 0; x < r.width; x++)
                for (unsigned c = 0; c < 3; c++) {
                    unsigned want = eight(&r, x, y, r.samples == 1 ? 0 : c);
                    if (r.photometric == PHOTOMETRIC_MINISWHITE) want = 255 - want;
                    assert_int_equal(p.rgb[y * p.stride + 3 * x + c], want);
                }
        picture_clear(&p);
    }
}

/* C 100 %, K half: no red, green and blue half */
static void cmyk(void **state)
{
    (void)state;
    struct recipe r = base;
    r.samples = 4, r.photometric = PHOTOMETRIC_SEPARATED, r.seed = 0;
    struct picture p;
    recipe_make(&r, in_dir("p.tif"));
    read_ok(in_dir("p.tif"), NULL, &p);
    for (size_t i = 0; i < p.stride * p.height; i++) assert_int_equal(p.rgb[i], 255);
    picture_clear(&p);
    r.seed = 5;
    recipe_make(&r, in_dir("p.tif"));
    read_ok(in_dir("p.tif"), NULL, &p);
    for (uint32_t x = 0; x < r.width; x++)
        for (unsigned c = 0; c < 3; c++) {
            unsigned want =
                ((255 - recipe_sample(&r, x, 7, c)) * (255 - recipe_sample(&r, x, 7, 3)) + 127) / 255;
            assert_int_equal(p.rgb[7 * p.stride + 3 * x + c], want);
        }
    picture_clear(&p);
}

/* Palette goes through libtiff, strips and tiles, rows the right way up. */
static void palette(void **state)
{
    (void)state;
    uint16_t red[256], green[256], blue[256];
    for (int i = 0; i < 256; i++)
        red[i] = (uint16_t)(i * 257), green[i] = (uint16_t)((255 - i) * 257), blue[i] = 0x7f7f;
    for (int tiled = 0; tiled < 2; tiled++) {
        struct recipe r = base;
        r.samples = 1, r.photometric = PHOTOMETRIC_PALETTE, r.tiled = tiled;
        TIFF *t = recipe_open(&r, in_dir("p.tif"));
        recipe_tags(&r, t);
        TIFFSetField(t, TIFFTAG_COLORMAP, red, green, blue);
        recipe_samples(&r, t);
        TIFFClose(t);
        struct picture p;
        read_ok(in_dir("p.tif"), NULL, &p);
        for (uint32_t y = 0; y < r.height; y++)
            for (uint32_t x = 0; x < r.width; x++) {
                unsigned v = recipe_sample(&r, x, y, 0);
                const uint8_t *q = p.rgb + y * p.stride + 3 * x;
                assert_true(q[0] == v && q[1] == 255 - v && q[2] == 0x7f);
            }
        picture_clear(&p);
    }
}

static void plates(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        int white = i & 1, codec = i & 2 ? COMPRESSION_CCITTFAX4 : COMPRESSION_NONE;
        TIFF *t = TIFFOpen(in_dir("p.tif"), "w");
        uint8_t row[5];
        TIFFSetField(t, TIFFTAG_IMAGEWIDTH, 37);
        TIFFSetField(t, TIFFTAG_IMAGELENGTH, 20);
        TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
        TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
        TIFFSetField(t, TIFFTAG_PHOTOMETRIC, white ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_MINISBLACK);
        TIFFSetField(t, TIFFTAG_COMPRESSION, codec);
        TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 20);
        for (unsigned y = 0; y < 20; y++) {
            for (unsigned x = 0; x < 5; x++) row[x] = (uint8_t)(y * 53 + x * 91);
            TIFFWriteScanline(t, row, y, 0);
        }
        TIFFClose(t);
        struct picture p;
        read_ok(in_dir("p.tif"), NULL, &p);
        for (unsigned y = 0; y < 20; y++)
            for (unsigned x = 0; x < 37; x++) {
                int bit = (uint8_t)(y * 53 + x / 8 * 91) >> (7 - x % 8) & 1;
                assert_int_equal(p.rgb[y * p.stride + 3 * x], bit != white ? 255 : 0);
            }
        picture_clear(&p);
    }
}

static void averaged(void **state)
{
    (void)state;
    struct picture whole, half;
    struct picture_options o = picture_options_default();
    recipe_make(&base, in_dir("p.tif"));
    read_ok(in_dir("p.tif"), NULL, &whole);
    o.max_keep_pixels = 500; /* 70 x 53 = 3710: boxes of 3 x 3 */
    read_ok(in_dir("p.tif"), &o, &half);
    assert_true(half.reduced == 3 && half.width == 24 && half.height == 18);
    assert_true(half.full_width == 70 && half.full_height == 53);
    assert_true(half.dpi == 100);
    for (uint32_t y = 0; y < half.height; y++)
        for (uint32_t x = 0; x < half.width; x++)
            for (unsigned c = 0; c < 3; c++) {
                unsigned sum = 0, n = 0;
                for (uint32_t v = 3 * y; v < 3 * y + 3 && v < 53; v++)
                    for (uint32_t u = 3 * x; u < 3 * x + 3 && u < 70; u++)
                        sum += whole.rgb[v * whole.stride + 3 * u + c], n++;
                assert_int_equal(half.rgb[y * half.stride + 3 * x + c], (sum + n / 2) / n);
            }
    picture_clear(&whole);
    picture_clear(&half);
}

static void from_stdin(void **state)
{
    (void)state;
    struct picture p, q;
    int pipe_fd[2], saved = dup(STDIN_FILENO);
    size_t n;
    recipe_make(&base, in_dir("p.tif"));
    read_ok(in_dir("p.tif"), NULL, &q);
    uint8_t *file = load(in_dir("p.tif"), &n);
    for (int by_pipe = 0; by_pipe < 2; by_pipe++) {
        if (by_pipe) {
            assert_int_equal(pipe(pipe_fd), 0);
            assert_true(n < 60000); /* fits the pipe's buffer */
            assert_int_equal(write(pipe_fd[1], file, n), n);
            close(pipe_fd[1]);
        } else {
            pipe_fd[0] = open(in_dir("p.tif"), O_RDONLY);
        }
        dup2(pipe_fd[0], STDIN_FILENO);
        close(pipe_fd[0]);
        read_ok("-", NULL, &p);
        assert_int_equal(p.height, q.height);
        assert_memory_equal(p.rgb, q.rgb, p.stride * p.height);
        picture_clear(&p);
    }
    dup2(saved, STDIN_FILENO);
    close(saved);
    free(file);
    picture_clear(&q);
}

static void refused(void **state)
{
    (void)state;
    struct picture p;
    struct enn_error err;
    struct picture_options o = picture_options_default();
    recipe_make(&base, in_dir("p.tif"));
    o.limits.max_pixels = 3000;
    assert_int_equal(picture_read(in_dir("p.tif"), &o, &p, &err), ENN_LIMIT);
    o = picture_options_default();
    o.limits.max_memory = 10000;
    assert_int_equal(picture_read(in_dir("p.tif"), &o, &p, &err), ENN_LIMIT);
    assert_int_equal(picture_read(in_dir("missing.png"), NULL, &p, &err), ENN_IO);
    assert_int_equal(picture_read(test_dir, NULL, &p, &err), ENN_IO);
    save(in_dir("text"), "neither of them", 15);
    assert_int_equal(picture_read(in_dir("text"), NULL, &p, &err), ENN_FORMAT);
    assert_null(p.rgb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rgb_and_grey), cmocka_unit_test(cmyk),     cmocka_unit_test(palette),
        cmocka_unit_test(plates),       cmocka_unit_test(averaged), cmocka_unit_test(from_stdin),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
