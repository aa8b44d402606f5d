/* Every layout of a TIFF is read, copied and changed: samples and all other bytes of the directories are
 * compared. */
#include "artwork/artwork.h"
#include "test/test_artwork_files.h"

static const int codecs[] = {COMPRESSION_NONE,          COMPRESSION_PACKBITS, COMPRESSION_LZW,
                             COMPRESSION_ADOBE_DEFLATE, COMPRESSION_ZSTD,     COMPRESSION_LZMA,
                             COMPRESSION_LERC};

struct work {
    const struct recipe *r;
    unsigned bump; /* this channel gets 1 more; none when >= samples */
    uint32_t next; /* row expected */
    int bad;
};

static enum enn_status change(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    struct work *w = user;
    const struct recipe *r = w->r;
    if (page != 0 || y != w->next) w->bad = 1;
    w->next = y + rows;
    for (size_t i = 0; i < (size_t)rows * r->width && w->bump < r->samples; i++) {
        if (r->bits == 8)
            ((uint8_t *)samples)[i * r->samples + w->bump]++;
        else
            ((uint16_t *)samples)[i * r->samples + w->bump]++;
    }
    return ENN_OK;
}

static enum enn_status compare(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct work *w = user;
    const struct recipe *r = w->r;
    if (y != w->next) w->bad = 1;
    w->next = y + rows;
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t x = 0; x < r->width; x++)
            for (unsigned c = 0; c < r->samples; c++) {
                size_t at = ((size_t)i * r->width + x) * r->samples + c;
                unsigned v = r->bits == 8 ? ((const uint8_t *)samples)[at] : ((const uint16_t *)samples)[at];
                unsigned want = recipe_sample(r, x, y + i, c), top = r->bits == 8 ? 255 : 65535;
                if (r->photometric == PHOTOMETRIC_MINISWHITE && c == 0) want = top - want;
                if (c == w->bump) want = (want + 1) & top;
                if (v != want) w->bad = 1;
            }
    return ENN_OK;
}

/* Reads, copies unchanged, copies with one channel changed; reads both back, by us and by libtiff. */
static void round_trip(const struct recipe *r, int threads)
{
    const char *in = in_dir("in.tif"), *out = in_dir("out.tif");
    struct enn_error err = {0};
    struct artwork *a, *b;
    recipe_make(r, in);
    assert_int_equal(artwork_open(in, NULL, &a, &err), ENN_OK);
    artwork_set_threads(a, threads);
    const struct artwork_page *p = artwork_page(a, 0);
    assert_string_equal(p->why, "");
    assert_true(p->readable && p->signable);
    assert_int_equal(p->width, r->width);
    assert_int_equal(p->samples, r->samples);
    assert_true(p->dpi_x == 300 && p->dpi_y == 300);
    assert_int_equal(p->icc_size, 11);
    struct work w = {.r = r, .bump = r->samples};
    assert_int_equal(artwork_read(a, 0, compare, &w, &err), ENN_OK);
    assert_int_equal(w.next, r->height);
    assert_int_equal(w.bad, 0);
    for (unsigned bump = 0; bump <= r->samples; bump += r->samples) {
        unsigned channel = bump              ? r->samples
                           : r->samples == 1 ? 0
                                             : r->samples - 2; /* last round: identity */
        w = (struct work){.r = r, .bump = channel};
        assert_int_equal(artwork_rewrite(a, out, change, &w, NULL, &err), ENN_OK);
        assert_true(w.next == r->height && !w.bad);
        assert_int_equal(artwork_open(out, NULL, &b, &err), ENN_OK);
        w = (struct work){.r = r, .bump = channel};
        assert_int_equal(artwork_read(b, 0, compare, &w, &err), ENN_OK);
        assert_int_equal(w.bad, 0);
        artwork_close(b);
        assert_same_skeleton(in, out);
    }
    artwork_close(a);
    size_t n, m;
    uint8_t *x = read_all(in, 0, &n), *y = read_all(out, 0, &m);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    free(x);
    free(y);
}

static void colours(struct recipe r, int threads)
{
    static const struct {
        int photometric;
        unsigned samples;
    } kinds[] = {{PHOTOMETRIC_SEPARATED, 4},
                 {PHOTOMETRIC_RGB, 3},
                 {PHOTOMETRIC_MINISBLACK, 1},
                 {PHOTOMETRIC_MINISWHITE, 1}};
    for (size_t k = 0; k < 4; k++) {
        r.photometric = kinds[k].photometric;
        r.samples = kinds[k].samples;
        round_trip(&r, threads);
    }
}

static void every_layout(void **state)
{
    int codec = *(const int *)*state;
    if (!TIFFIsCODECConfigured((uint16_t)codec)) skip();
    for (int i = 0; i < 64; i++) {
        struct recipe r = {.width = 70, .height = 37, .compression = codec, .seed = 1 + (uint32_t)i};
        r.bits = i & 1 ? 16 : 8;
        r.tiled = i >> 1 & 1;
        r.planar = i >> 2 & 1;
        r.big_endian = i >> 3 & 1;
        r.big = i >> 4 & 1;
        r.rows = r.tiled ? 16 : 10;
        /* All combinations with ENN_LONG; else all of three codecs, and of the others those of even
         * parity, in which any four of the properties meet in all ways.  LZMA sets up 90 MB for every
         * strip: no BigTIFF. */
        int few = codec != COMPRESSION_NONE && codec != COMPRESSION_LZW && codec != COMPRESSION_ADOBE_DEFLATE;
        int all = getenv("ENN_LONG") != NULL;
        if (few && !all && __builtin_popcount((unsigned)i) % 2) continue;
        if (codec == COMPRESSION_LZMA && !all && r.big) continue;
        int predicts =
            codec == COMPRESSION_LZW || codec == COMPRESSION_ADOBE_DEFLATE || codec == COMPRESSION_ZSTD;
        if (i >> 5 && !predicts) break;
        r.predictor = i >> 5 ? PREDICTOR_HORIZONTAL : 0;
        colours(r, i & 1 ? 3 : 1);
    }
}

/* Uncompressed samples are replaced in place: an identity copy is the same file. */
static void uncompressed_copy_is_identical(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct recipe r = {.width = 70,
                           .height = 53,
                           .rows = i & 1 ? 16 : 9,
                           .bits = i & 4 ? 16 : 8,
                           .samples = 4,
                           .photometric = PHOTOMETRIC_SEPARATED,
                           .compression = COMPRESSION_NONE,
                           .tiled = i & 1,
                           .planar = i >> 1 & 1,
                           .big_endian = 1,
                           .seed = 9};
        if (r.tiled) r.width = 64, r.height = 48;
        recipe_make(&r, in_dir("in.tif"));
        struct artwork *a;
        struct enn_error err;
        struct work w = {.r = &r, .bump = 4};
        assert_int_equal(artwork_open(in_dir("in.tif"), NULL, &a, &err), ENN_OK);
        assert_int_equal(artwork_rewrite(a, in_dir("out.tif"), change, &w, NULL, &err), ENN_OK);
        artwork_close(a);
        size_t n, m;
        uint8_t *x = load(in_dir("in.tif"), &n), *y = load(in_dir("out.tif"), &m);
        assert_int_equal(n, m);
        assert_memory_equal(x, y, n);
        free(x);
        free(y);
    }
}

static void both_bit_orders_and_one_strip(void **state)
{
    (void)state;
    static const int some[] = {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_PACKBITS};
    for (size_t k = 0; k < 3; k++)
        for (unsigned i = 0; i < 4; i++) {
            struct recipe r = {.width = 61,
                               .height = 40,
                               .rows = i & 1 ? 40 : 6,
                               .bits = i & 2 ? 16 : 8,
                               .compression = some[k],
                               .fill_order = FILLORDER_LSB2MSB,
                               .seed = 5};
            colours(r, 2);
            r.fill_order = 0;
            colours(r, 2);
        }
}

int main(void)
{
    struct CMUnitTest tests[sizeof codecs / sizeof *codecs + 2];
    static const char *const names[] = {"none", "packbits", "lzw", "deflate", "zstd", "lzma", "lerc"};
    size_t n = 0;
    for (; n < sizeof codecs / sizeof *codecs; n++)
        tests[n] = (struct CMUnitTest){names[n], every_layout, NULL, NULL, (void *)&codecs[n]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(uncompressed_copy_is_identical);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(both_bit_orders_and_one_strip);
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
