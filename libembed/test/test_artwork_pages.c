/* What must survive the copy besides samples, which pages are signed and why others are not. */
#include "artwork/artwork.h"
#include "test/test_artwork_files.h"
#include <sys/resource.h>

static enum enn_status invert(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    size_t row = *(size_t *)user;
    (void)page, (void)y;
    for (size_t i = 0; i < rows * row; i++) ((uint8_t *)samples)[i] ^= 0x55;
    return ENN_OK;
}

/* Noise from a fixed generator: does not compress at all. */
static enum enn_status noise(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    size_t row = *(size_t *)user;
    (void)page;
    for (size_t i = 0; i < rows * row; i++) {
        uint32_t h = (uint32_t)(y * row + i) * 2654435761u;
        h ^= h >> 15, h *= 0x2c1b3c6du, h ^= h >> 12;
        ((uint8_t *)samples)[i] = (uint8_t)(h >> 8);
    }
    return ENN_OK;
}

static enum enn_status give_up(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    (void)user, (void)page, (void)rows, (void)samples;
    return y < 20 ? ENN_OK : ENN_NOMEM;
}

static const struct recipe cmyk = {.width = 70,
                                   .height = 53,
                                   .rows = 8,
                                   .bits = 8,
                                   .samples = 4,
                                   .photometric = PHOTOMETRIC_SEPARATED,
                                   .compression = COMPRESSION_LZW,
                                   .seed = 7};

static struct artwork *open_ok(const char *path)
{
    struct artwork *a = NULL;
    struct enn_error err = {0};
    if (artwork_open(path, NULL, &a, &err)) print_error("%s\n", err.text);
    assert_non_null(a);
    return a;
}

static void rewrite_ok(const char *in, const char *out, artwork_filter_fn f, size_t row, int threads)
{
    struct artwork *a = open_ok(in);
    struct enn_error err = {0};
    artwork_set_threads(a, threads);
    enum enn_status s = artwork_rewrite(a, out, f, &row, NULL, &err);
    if (s) print_error("%s\n", err.text);
    assert_int_equal(s, ENN_OK);
    artwork_close(a);
}

static const TIFFFieldInfo own_tags[] = {
    {65000, TIFF_VARIABLE2, TIFF_VARIABLE2, TIFF_UNDEFINED, FIELD_CUSTOM, 1, 1, (char *)"PrivateBlob"},
    {65001, 1, 1, TIFF_LONG, FIELD_CUSTOM, 1, 0, (char *)"PrivateNumber"},
};

/* Page 1 CMYK with private tags, page 2 palette, page 3 grey with a thumbnail in a SubIFD, page 4 a
 * reduced copy. */
static void make_pages(const char *path)
{
    struct recipe grey = cmyk, small = cmyk;
    uint64_t none[1] = {0};
    uint16_t map[256];
    TIFF *t = recipe_open(&cmyk, path);
    TIFFMergeFieldInfo(t, own_tags, 2);
    recipe_tags(&cmyk, t);
    uint8_t blob[1000];
    for (int i = 0; i < 1000; i++) blob[i] = (uint8_t)(i * 7);
    TIFFSetField(t, 65000, 1000, blob);
    TIFFSetField(t, 65001, 4711);
    TIFFSetField(t, TIFFTAG_PHOTOSHOP, 12, "8BIM\4\4\0\0\0\0\0\0");
    TIFFSetField(t, TIFFTAG_XMLPACKET, 9, "<x:xmp/>\n");
    recipe_samples(&cmyk, t);
    TIFFWriteDirectory(t);
    grey.samples = 1, grey.photometric = PHOTOMETRIC_PALETTE;
    recipe_tags(&grey, t);
    for (int i = 0; i < 256; i++) map[i] = (uint16_t)(i * 257);
    TIFFSetField(t, TIFFTAG_COLORMAP, map, map, map);
    recipe_samples(&grey, t);
    TIFFWriteDirectory(t);
    grey.photometric = PHOTOMETRIC_MINISBLACK;
    recipe_tags(&grey, t);
    TIFFSetField(t, TIFFTAG_SUBIFD, 1, none);
    recipe_samples(&grey, t);
    TIFFWriteDirectory(t);
    small.width = 20, small.height = 20;
    recipe_tags(&small, t);
    recipe_samples(&small, t);
    TIFFWriteDirectory(t);
    recipe_tags(&small, t);
    TIFFSetField(t, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
    recipe_samples(&small, t);
    TIFFClose(t);
}

static void assert_page(const char *x, const char *y, uint16_t page, int same)
{
    size_t n, m;
    uint8_t *a = read_all(x, page, &n), *b = read_all(y, page, &m);
    assert_int_equal(n, m);
    assert_int_equal(memcmp(a, b, n) == 0, same);
    free(a);
    free(b);
}

static enum enn_status page_filter(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    unsigned *seen = user;
    size_t row = page == 0 ? 280 : 70;
    seen[page] += rows;
    return noise(&row, page, y, rows, samples);
}

static void other_pages_and_tags_stay(void **state)
{
    (void)state;
    const char *in = in_dir("in.tif"), *out = in_dir("out.tif");
    struct enn_error err = {0};
    unsigned seen[4] = {0};
    make_pages(in);
    struct artwork *a = open_ok(in);
    assert_int_equal(artwork_pages(a), 4);
    assert_int_equal(artwork_page(a, 0)->signable, 1);
    assert_string_equal(artwork_page(a, 1)->why, "colour is palette: convert it to RGB or CMYK first");
    assert_int_equal(artwork_page(a, 2)->signable, 1);
    assert_int_equal(artwork_page(a, 3)->reduced, 1);
    assert_int_equal(artwork_page(a, 3)->signable, 0);
    assert_int_equal(artwork_rewrite(a, out, page_filter, seen, NULL, &err), ENN_OK);
    artwork_close(a);
    assert_true(seen[0] == 53 && seen[1] == 0 && seen[2] == 53 && seen[3] == 0);
    assert_same_skeleton(in, out); /* Photoshop, XMP, private tags, SubIFD pointers: all entries */
    for (uint16_t p = 0; p < 4; p++) assert_page(in, out, p, p == 1 || p == 3);
    /* the thumbnail of page 3 */
    TIFF *x = TIFFOpen(in, "r"), *y = TIFFOpen(out, "r");
    uint16_t n = 0;
    uint64_t *at = NULL;
    uint8_t bx[1600], by[1600];
    assert_true(TIFFSetDirectory(x, 2) && TIFFSetDirectory(y, 2));
    assert_true(TIFFGetField(x, TIFFTAG_SUBIFD, &n, &at) && n == 1);
    uint64_t offset = at[0];
    assert_true(TIFFSetSubDirectory(x, offset) && TIFFSetSubDirectory(y, offset));
    for (uint32_t s = 0; s < 2; s++) {
        assert_int_equal(TIFFReadEncodedStrip(x, s, bx, -1), 640);
        assert_int_equal(TIFFReadEncodedStrip(y, s, by, -1), 640);
        assert_memory_equal(bx, by, 640);
    }
    TIFFClose(x);
    TIFFClose(y);
}

/* Blank paper becomes noise: strips grow, and byte counts of type SHORT no longer fit. */
static void growing_strips(void **state)
{
    (void)state;
    struct recipe r = cmyk;
    r.width = 300, r.height = 200, r.rows = 64, r.seed = 0;
    size_t row = 1200, n, m;
    for (int i = 0; i < 4; i++) {
        r.big = i & 1, r.compression = i & 2 ? COMPRESSION_ADOBE_DEFLATE : COMPRESSION_LZW;
        recipe_make(&r, in_dir("in.tif"));
        rewrite_ok(in_dir("in.tif"), in_dir("out.tif"), noise, row, 2);
        assert_same_skeleton(in_dir("in.tif"), in_dir("out.tif"));
        uint8_t *x = read_all(in_dir("out.tif"), 0, &n), *want = malloc(n);
        noise(&row, 0, 0, 200, want);
        assert_memory_equal(x, want, n);
        free(x);
        free(want);
        /* and back: the noise is gone, the file small again */
        rewrite_ok(in_dir("out.tif"), in_dir("back.tif"), noise, 0, 1);
        uint8_t *file = load(in_dir("back.tif"), &m);
        free(file);
        assert_true(m < n + n / 2);
    }
}

/* Other programs store byte counts as SHORT; when a strip outgrows that, the array moves and widens. */
static void short_byte_counts(void **state)
{
    (void)state;
    struct recipe r = cmyk;
    r.width = 300, r.height = 200, r.rows = 64, r.seed = 0, r.compression = COMPRESSION_ADOBE_DEFLATE;
    size_t row = 1200, n, size;
    recipe_make(&r, in_dir("in.tif"));
    uint8_t *file = load(in_dir("in.tif"), &size);
    uint64_t at = get_int(file + 4, 4, 0), entries = get_int(file + at, 2, 0);
    for (uint8_t *e = file + at + 2; entries--; e += 12) {
        if (get_int(e, 2, 0) != TIFFTAG_STRIPBYTECOUNTS || get_int(e + 2, 2, 0) == 3) continue;
        uint8_t *values = file + get_int(e + 8, 4, 0);
        assert_int_equal(get_int(e + 4, 4, 0), 4);
        e[2] = 3;
        for (int i = 1; i < 4; i++) memmove(values + 2 * i, values + 4 * i, 2);
    }
    save(in_dir("in.tif"), file, size);
    rewrite_ok(in_dir("in.tif"), in_dir("out.tif"), noise, row, 1);
    uint8_t *x = read_all(in_dir("out.tif"), 0, &n), *want = malloc(n);
    noise(&row, 0, 0, 200, want);
    assert_memory_equal(x, want, n);
    assert_same_skeleton(in_dir("in.tif"), in_dir("out.tif"));
    free(x);
    free(want);
    free(file);
}

/* One strip of 17 MiB goes through the codec row by row. */
static void long_strips(void **state)
{
    (void)state;
    struct recipe r = cmyk;
    r.width = 1500, r.height = 3000, r.rows = 2950;
    rewrite_ok((recipe_make(&r, in_dir("in.tif")), in_dir("in.tif")), in_dir("out.tif"), invert, 6000, 2);
    size_t n, m;
    uint8_t *x = read_all(in_dir("in.tif"), 0, &n), *y = read_all(in_dir("out.tif"), 0, &m);
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) x[i] ^= 0x55;
    assert_memory_equal(x, y, n);
    assert_same_skeleton(in_dir("in.tif"), in_dir("out.tif"));
    free(x);
    free(y);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    struct recipe r = cmyk;
    r.width = 600, r.height = 900, r.tiled = 1, r.rows = 32, r.planar = 1,
    r.compression = COMPRESSION_ADOBE_DEFLATE;
    recipe_make(&r, in_dir("in.tif"));
    rewrite_ok(in_dir("in.tif"), in_dir("one.tif"), invert, 2400, 1);
    rewrite_ok(in_dir("in.tif"), in_dir("four.tif"), invert, 2400, 4);
    size_t n, m;
    uint8_t *x = load(in_dir("one.tif"), &n), *y = load(in_dir("four.tif"), &m);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    free(x);
    free(y);
}

static void extra_samples_are_carried(void **state)
{
    (void)state;
    struct recipe r = cmyk;
    r.samples = 6, r.n_extra = 2, r.extra = EXTRASAMPLE_UNSPECIFIED, r.bits = 16, r.planar = 1;
    recipe_make(&r, in_dir("in.tif"));
    rewrite_ok(in_dir("in.tif"), in_dir("out.tif"), invert, 0, 2);
    assert_page(in_dir("in.tif"), in_dir("out.tif"), 0, 1);
    struct artwork *a = open_ok(in_dir("out.tif"));
    assert_int_equal(artwork_page(a, 0)->inks, 4);
    assert_int_equal(artwork_page(a, 0)->samples, 6);
    assert_string_equal(artwork_page(a, 0)->names[2], "Yellow");
    artwork_close(a);
}

/* Names of the inks, spots included: TIFFGetField gives them another way than TIFFSetField takes them. */
static void ink_names_are_read(void **state)
{
    (void)state;
    static const char names[] = "Cyan\0Magenta\0Yellow\0Black\0PANTONE 286 C";
    char path[] = "/tmp/enn-inks-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    uint8_t row[5 * 16] = {0};
    TIFF *t = TIFFOpen(path, "w");
    assert_non_null(t);
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, 16);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, 1);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 5);
    TIFFSetField(t, TIFFTAG_EXTRASAMPLES, 1, (uint16_t[]){EXTRASAMPLE_UNSPECIFIED});
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_SEPARATED);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_INKSET, INKSET_MULTIINK);
    TIFFSetField(t, TIFFTAG_NUMBEROFINKS, 5);
    TIFFSetField(t, TIFFTAG_INKNAMES, (uint16_t)sizeof names, names);
    assert_int_equal(TIFFWriteScanline(t, row, 0, 0), 1);
    TIFFClose(t);

    struct artwork *a;
    struct enn_error err;
    assert_int_equal(artwork_open(path, NULL, &a, &err), ENN_OK);
    const struct artwork_page *p = artwork_page(a, 0);
    assert_int_equal(p->colour, ARTWORK_CMYK);
    assert_string_equal(p->names[0], "Cyan");
    assert_string_equal(p->names[3], "Black");
    assert_string_equal(p->names[4], "PANTONE 286 C");
    artwork_close(a);
    unlink(path);
}

static void reason(const struct recipe *r, uint32_t tag, int value, enum enn_status status, const char *word)
{
    struct enn_error err = {0};
    const char *in = in_dir("in.tif"), *out = in_dir("no.tif");
    TIFF *t = recipe_open(r, in);
    recipe_tags(r, t);
    if (tag == TIFFTAG_DOTRANGE)
        TIFFSetField(t, tag, 255, 0);
    else if (tag)
        TIFFSetField(t, tag, value);
    recipe_samples(r, t);
    TIFFClose(t);
    struct artwork *a = open_ok(in);
    const struct artwork_page *p = artwork_page(a, 0);
    assert_int_equal(p->signable, 0);
    if (!strstr(p->why, word)) fail_msg("%s: %s", word, p->why);
    assert_int_equal(p->why_status, status);
    assert_int_equal(artwork_rewrite(a, out, noise, NULL, NULL, &err), status);
    assert_non_null(strstr(err.text, word));
    assert_int_not_equal(access(out, F_OK), 0);
    artwork_close(a);
}

static void reasons_name_the_property(void **state)
{
    (void)state;
    struct recipe r = cmyk;
    reason(&r, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_INT, ENN_UNSUPPORTED, "SampleFormat 2");
    reason(&r, TIFFTAG_DOTRANGE, 0, ENN_UNSUPPORTED, "DotRange is 255-0");
    r.compression = COMPRESSION_JPEG;
    reason(&r, 0, 0, ENN_UNSUPPORTED, "JPEG");
    r = cmyk, r.samples = 3, r.photometric = PHOTOMETRIC_ITULAB;
    reason(&r, 0, 0, ENN_UNSUPPORTED, "ITULab");
    r.photometric = PHOTOMETRIC_YCBCR;
    reason(&r, 0, 0, ENN_UNSUPPORTED, "YCbCr");
    r = cmyk, r.n_extra = 2, r.samples = 6, r.extra = EXTRASAMPLE_UNASSALPHA;
    reason(&r, 0, 0, ENN_UNSUPPORTED, "more than one alpha sample");
    r = cmyk, r.samples = 2, r.photometric = PHOTOMETRIC_RGB;
    reason(&r, 0, 0, ENN_UNSUPPORTED, "2 samples");
}

static enum enn_status near_paper(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    const uint8_t *p = samples;
    (void)y;
    for (size_t i = 0; i < (size_t)rows * 280; i++) *(unsigned *)user += p[i] > 103 || p[i] < 97;
    return ENN_OK;
}

static enum enn_status flat(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    (void)user, (void)page, (void)y;
    memset(samples, 100, (size_t)rows * 280);
    return ENN_OK;
}

static void jpeg_only_when_asked(void **state)
{
    (void)state;
    struct recipe r = cmyk;
    struct enn_error err = {0};
    struct artwork_rewrite_options o = {.jpeg_reencode = 1};
    unsigned wrong = 0;
    r.compression = COMPRESSION_JPEG;
    recipe_make(&r, in_dir("in.tif"));
    struct artwork *a = open_ok(in_dir("in.tif"));
    assert_int_equal(artwork_page(a, 0)->jpeg_signable, 1);
    assert_int_equal(artwork_rewrite(a, in_dir("out.tif"), flat, NULL, &o, &err), ENN_OK);
    artwork_close(a);
    assert_same_skeleton(in_dir("in.tif"), in_dir("out.tif"));
    a = open_ok(in_dir("out.tif"));
    assert_int_equal(artwork_read(a, 0, near_paper, &wrong, &err), ENN_OK);
    assert_int_equal(wrong, 0);
    artwork_close(a);
}

static void failures_leave_nothing(void **state)
{
    (void)state;
    struct enn_error err = {0};
    struct enn_limits limits = enn_limits_default();
    struct artwork *a;
    const char *in = in_dir("in.tif"), *out = in_dir("failed.tif");
    recipe_make(&cmyk, in);
    a = open_ok(in);
    assert_int_equal(artwork_rewrite(a, out, give_up, NULL, NULL, &err),
                     ENN_OK); /* one band: the filter sees y = 0 only */
    artwork_close(a);
    struct recipe r = cmyk;
    r.width = 40000, r.height = 60, r.seed = 0;
    recipe_make(&r, in);
    a = open_ok(in);
    assert_int_equal(artwork_rewrite(a, out, give_up, NULL, NULL, &err), ENN_NOMEM);
    assert_int_not_equal(access(out, F_OK), 0);
    assert_int_equal(artwork_rewrite(a, in, give_up, NULL, NULL, &err), ENN_USAGE); /* over itself */
    assert_int_equal(artwork_rewrite(a, in_dir("none/x.tif"), give_up, NULL, NULL, &err), ENN_IO);
    artwork_close(a);
    limits.max_pixels = 1000;
    assert_int_equal(artwork_open(in, &limits, &a, &err), ENN_LIMIT);
    limits = enn_limits_default();
    limits.max_memory = 1 << 20;
    assert_int_equal(artwork_open(in, &limits, &a, &err), ENN_OK);
    assert_int_equal(artwork_rewrite(a, out, noise, NULL, NULL, &err), ENN_LIMIT);
    assert_int_not_equal(access(out, F_OK), 0);
    artwork_close(a);
    assert_int_equal(artwork_open(in_dir("missing.tif"), NULL, &a, &err), ENN_IO);
    assert_int_equal(artwork_open(test_dir, NULL, &a, &err), ENN_IO);
    assert_null(a);
}

static enum enn_status nothing(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    (void)user, (void)page, (void)y, (void)rows, (void)samples;
    return ENN_OK;
}

static long peak_kib(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

/* 80 MB of samples, in short strips, in one compressed strip and in one uncompressed strip. */
static void memory_does_not_follow_the_image(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* freed memory is kept back */
#endif
    for (int i = 0; i < 3; i++) {
        struct recipe r = cmyk;
        uint8_t row[32000] = {0};
        r.width = 8000, r.height = 2500, r.rows = i ? 2500 : 16;
        r.compression = i == 2 ? COMPRESSION_NONE : COMPRESSION_ADOBE_DEFLATE;
        TIFF *t = recipe_open(&r, in_dir("in.tif"));
        recipe_tags(&r, t);
        TIFFWriteBufferSetup(t, NULL, 65536);
        for (uint32_t y = 0; y < r.height; y++) TIFFWriteScanline(t, row, y, 0);
        TIFFClose(t);
        long before = peak_kib();
        rewrite_ok(in_dir("in.tif"), in_dir("out.tif"), nothing, 0, 2);
        if (peak_kib() - before > 24 * 1024) fail_msg("%d: %ld KiB more", i, peak_kib() - before);
    }
    unlink(in_dir("in.tif"));
    unlink(in_dir("out.tif"));
}

static void silent(const char *module, const char *format, va_list ap)
{
    (void)module, (void)format, (void)ap;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_does_not_follow_the_image), /* first: the peak never goes down again */
        cmocka_unit_test(other_pages_and_tags_stay),
        cmocka_unit_test(growing_strips),
        cmocka_unit_test(short_byte_counts),
        cmocka_unit_test(long_strips),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(extra_samples_are_carried),
        cmocka_unit_test(ink_names_are_read),
        cmocka_unit_test(reasons_name_the_property),
        cmocka_unit_test(jpeg_only_when_asked),
        cmocka_unit_test(failures_leave_nothing),
    };
    TIFFSetWarningHandler(silent);
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
