/* PNG of every kind against known pixels; PNG out and in again. */
#include "artwork/picture.h"
#include "test/test_artwork_files.h"
#include <png.h>

enum { W = 13, H = 11 };

/* The sample of depth `bits` at (x, y, c). */
static unsigned value(int bits, unsigned x, unsigned y, unsigned c)
{
    unsigned v = (x * 37 + y * 101 + c * 57) & ((1u << (bits > 8 ? 8 : bits)) - 1);
    return bits == 16 ? v << 8 | v : v;
}

static void make(const char *path, int type, int bits, int interlace)
{
    static const unsigned channels[] = {1, 0, 3, 1, 2, 0, 4};
    FILE *f = fopen(path, "wb");
    png_structp p = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop i = png_create_info_struct(p);
    png_color palette[256];
    png_byte alpha[4] = {0, 128, 255, 255}, rows[H][W * 8] = {{0}};
    png_init_io(p, f);
    png_set_IHDR(p, i, W, H, bits, type, interlace, 0, 0);
    for (int k = 0; k < 256; k++)
        palette[k] = (png_color){(png_byte)(k * 5), (png_byte)(255 - k), (png_byte)(k * 3)};
    if (type == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(p, i, palette, 1 << bits), png_set_tRNS(p, i, alpha, bits == 1 ? 2 : 4, NULL);
    png_set_pHYs(p, i, 11811, 11811, PNG_RESOLUTION_METER);
    png_write_info(p, i);
    for (unsigned y = 0; y < H; y++)
        for (unsigned x = 0; x < W; x++)
            for (unsigned c = 0, n = channels[type]; c < n; c++) {
                unsigned v = value(bits, x, y, c), at = x * n + c;
                if (bits == 16)
                    rows[y][2 * at] = (png_byte)(v >> 8), rows[y][2 * at + 1] = (png_byte)v;
                else
                    rows[y][at * (unsigned)bits / 8] |=
                        (png_byte)(v << (8 - (unsigned)bits - at * (unsigned)bits % 8));
            }
    png_bytep list[H];
    for (int y = 0; y < H; y++) list[y] = rows[y];
    png_write_image(p, list);
    png_write_end(p, NULL);
    png_destroy_write_struct(&p, &i);
    fclose(f);
}

static unsigned over_white(unsigned v, unsigned a)
{
    return (v * a + 255 * (255 - a) + 127) / 255;
}

static void expected(int type, int bits, unsigned x, unsigned y, unsigned rgb[3])
{
    unsigned top = (1u << (bits == 16 ? 8 : bits)) - 1, v[4], a = 255;
    for (unsigned c = 0; c < 4; c++) v[c] = (value(bits, x, y, c) & 0xff) * 255 / top;
    if (type == PNG_COLOR_TYPE_PALETTE) {
        unsigned k = value(bits, x, y, 0);
        rgb[0] = k * 5 & 255, rgb[1] = 255 - k, rgb[2] = k * 3 & 255;
        a = k == 0 ? 0 : k == 1 ? 128 : 255;
    } else {
        for (int c = 0; c < 3; c++) rgb[c] = type & PNG_COLOR_MASK_COLOR ? v[c] : v[0];
        if (type & PNG_COLOR_MASK_ALPHA) a = type & PNG_COLOR_MASK_COLOR ? v[3] : v[1];
    }
    for (int c = 0; c < 3; c++) rgb[c] = over_white(rgb[c], a);
}

static void every_kind(void **state)
{
    static const struct {
        int type, bits;
    } kinds[] = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1},
                 {3, 2}, {3, 4}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};
    (void)state;
    for (size_t k = 0; k < 2 * sizeof kinds / sizeof *kinds; k++) {
        int type = kinds[k / 2].type, bits = kinds[k / 2].bits;
        struct picture p;
        struct enn_error err;
        make(in_dir("k.png"), type, bits, k & 1);
        assert_int_equal(picture_read(in_dir("k.png"), NULL, &p, &err), ENN_OK);
        assert_true(p.width == W && p.height == H && p.stride == 3 * W && p.reduced == 1);
        assert_string_equal(p.kind, "png");
        assert_true(p.dpi > 299.9 && p.dpi < 300.1);
        for (unsigned y = 0; y < H; y++)
            for (unsigned x = 0; x < W; x++) {
                unsigned want[3];
                expected(type, bits, x, y, want);
                for (int c = 0; c < 3; c++)
                    if (p.rgb[y * p.stride + 3 * x + (unsigned)c] != want[c])
                        fail_msg("type %d, %d bits, interlaced %zu, (%u,%u,%d): %u, not %u", type, bits,
                                 k & 1, x, y, c, p.rgb[y * p.stride + 3 * x + (unsigned)c], want[c]);
            }
        picture_clear(&p);
    }
}

static void out_and_in(void **state)
{
    uint8_t rgb[7 * 5 * 3];
    struct picture p;
    struct enn_error err;
    (void)state;
    for (size_t i = 0; i < sizeof rgb; i++) rgb[i] = (uint8_t)(i * 31);
    assert_int_equal(picture_write_png(in_dir("o.png"), rgb, 7, 5, 150, &err), ENN_OK);
    assert_int_equal(picture_read(in_dir("o.png"), NULL, &p, &err), ENN_OK);
    assert_true(p.width == 7 && p.height == 5 && p.dpi > 149.9 && p.dpi < 150.1);
    assert_memory_equal(p.rgb, rgb, sizeof rgb);
    picture_clear(&p);
    assert_int_equal(picture_write_png(in_dir("none/o.png"), rgb, 7, 5, 0, &err), ENN_IO);
    assert_int_equal(picture_write_png(in_dir("z.png"), rgb, 0, 5, 0, &err), ENN_USAGE);
    assert_int_not_equal(access(in_dir("z.png"), F_OK), 0);
    /* A device that takes nothing, behind a link of our own: reported, and not unlinked. */
    if (access("/dev/full", W_OK)) return;
    assert_int_equal(symlink("/dev/full", in_dir("full.png")), 0);
    assert_int_equal(picture_write_png(in_dir("full.png"), rgb, 7, 5, 0, &err), ENN_IO);
    assert_int_equal(access(in_dir("full.png"), F_OK), 0);
}

static void every_cut_is_refused(void **state)
{
    size_t n;
    (void)state;
    make(in_dir("k.png"), 2, 8, 0);
    uint8_t *file = load(in_dir("k.png"), &n);
    for (size_t cut = 0; cut + 12 < n; cut++) { /* the last 12 bytes say only that this is the end */
        struct picture p;
        struct enn_error err;
        save(in_dir("c.png"), file, cut);
        if (picture_read(in_dir("c.png"), NULL, &p, &err) != ENN_FORMAT)
            fail_msg("cut at %zu of %zu", cut, n);
        assert_null(p.rgb);
    }
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind), cmocka_unit_test(out_and_in),
                                       cmocka_unit_test(every_cut_is_refused)};
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
